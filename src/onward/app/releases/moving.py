"""The one way in which a channel's log grows: a move is made for the log as it is, and added where it still is so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from onward.app.releases.channels import last_standing, unknown_channel
from onward.app.releases.quarantine import Quarantined
from onward.app.wiring import Opened
from onward.base import clock
from onward.base.digest import Digest
from onward.base.errors import StoreError
from onward.base.user import user_name
from onward.model.records import RECORD_FORMAT, AssetContent, Move

_TRIES = 100
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Moved:
    """What a release, a rollback or a closing did: where the channel stands.

    Attributes:
        move: the move by which it came there.
        previous: the number that it stood at before.
        was_there: it stood there already, and was not moved.
    """

    move: Move
    previous: int | None
    was_there: bool = False


@dataclass(frozen=True)
class Held:
    """An automatic release that was not made, for it holds what a rollback took back. Nothing has changed.

    Attributes:
        standing: the move by which the channel came to where it stands; None where it stands nowhere.
        assets: what holds it, each with the rollback that quarantined it.
    """

    channel: str
    standing: Move | None
    assets: tuple[Quarantined, ...]


@dataclass(frozen=True)
class Overtaken:
    """An automatic release that was not made, for something later has been released. Nothing has changed.

    Attributes:
        by: the move that released what is later.
    """

    channel: str
    by: Move


def standing_at(opened: Opened, channel: str, moves: Sequence[Move]) -> Move:
    """The move by which a channel with this log came to where it stands.

    Raises:
        UnknownNameError: it stands nowhere.
    """
    standing = last_standing(moves)
    if standing is None:
        raise unknown_channel(opened, channel)
    return standing


def next_move(
    channel: str,
    moves: Sequence[Move],
    kind: str,
    target: tuple[int, str, Digest],
    note: str | None,
    *,
    automatic: bool = False,
    quarantined: tuple[AssetContent, ...] = (),
    lifted: tuple[AssetContent, ...] = (),
) -> Move:
    """The next move of a channel, to a release: its number, run and snapshot."""
    before = last_standing(moves)
    number, run, snapshot = target
    return Move(
        format=RECORD_FORMAT,
        channel=channel,
        sequence=(moves[-1].sequence if moves else 0) + 1,
        kind=kind,
        number=number,
        run=run,
        snapshot=snapshot,
        at=clock.text_of(clock.now()),
        by=user_name(),
        note=note,
        previous=before.number if before is not None else None,
        automatic=automatic,
        quarantined=quarantined,
        lifted=lifted,
    )


def noted(quarantined: Sequence[Quarantined]) -> tuple[AssetContent, ...]:
    """What is quarantined, as a move notes it."""
    return tuple(AssetContent(one.asset, one.content) for one in quarantined)


def append(opened: Opened, channel: str, make: Callable[[Sequence[Move]], Move | Moved | Answer]) -> Moved | Answer:
    """Adds to a channel's log the move that `make` takes for right, and asks it again where another was first.

    Whatever else `make` answers than a move is the answer, and the log stays as it is.

    Raises:
        StoreError: others are always first.
    """
    for _ in range(_TRIES):
        moves = opened.store.records.moves(channel)
        move = make(moves)
        if not isinstance(move, Move):
            return move
        move = msgspec.structs.replace(move, record=opened.store.records.run_digest(move.run))
        if opened.store.records.append(move):
            return Moved(move, move.previous)
    raise StoreError(f"others keep moving the channel `{channel}`", hint="try again")
