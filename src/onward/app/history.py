"""How channels move: a release forward, a rollback, and a closing. Nothing is computed, and nothing is lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, overload

from onward.app.basis import user_name
from onward.app.channels import MAIN, check_name, last_standing, open_channels, release_move, run_of
from onward.app.quarantine import Contents, Quarantined, quarantined_by, shown_in, taken_back
from onward.app.releasable import check_run, releasable
from onward.app.wiring import Opened
from onward.base import clock
from onward.base.digest import Digest
from onward.base.errors import RefusedError, StoreError, unknown_name
from onward.base.text import listed
from onward.model.records import RECORD_FORMAT, AssetContent, Move, Run

_TRIES = 20
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


# Forward.


@overload
def release(
    opened: Opened,
    channel: str = MAIN,
    note: str | None = None,
    *,
    automatic: Literal[False] = False,
    run: Run | None = None,
) -> Moved: ...


@overload
def release(
    opened: Opened, channel: str = MAIN, note: str | None = None, *, automatic: bool, run: Run | None = None
) -> Moved | Held: ...


def release(
    opened: Opened, channel: str = MAIN, note: str | None = None, *, automatic: bool = False, run: Run | None = None
) -> Moved | Held:
    """Moves a channel forward to a run, unless it stands at a release that is just that.

    Args:
        opened: the workspace.
        channel: the channel; one that is new or closed is opened.
        note: a word to its readers.
        automatic: nobody looked at it first. Such a release is held where it holds what a rollback quarantined; one
            by hand lets that in again.
        run: the run, whatever the files are now; None: the last one, which must be of the files as they are.

    Raises:
        UsageError: no channel can be called so.
        RefusedError: the run is incomplete, has a broken check, was made with `--set`, or the files have changed.
    """
    check_name(channel)
    if run is None:
        run = releasable(opened)
    check_run(run)
    contents = {asset: artifact.content for asset, artifact in run.artifacts.items()}

    def forward(moves: Sequence[Move]) -> Move | Moved | Held:
        before = last_standing(moves)
        released = release_move(opened, channel, before.number) if before is not None else None
        if released is not None and note in (None, released.note) and _shows_nothing_new(opened, released, run):
            return Moved(released, released.number, was_there=True)
        shown = shown_in(contents, quarantined_by(moves))
        if automatic and shown:
            return Held(channel, before, tuple(shown))
        number = max((move.number for move in moves), default=0) + 1
        return _move(
            channel, moves, "release", (number, run.id, run.snapshot), note, automatic=automatic, lifted=_lifted(shown)
        )

    return _append(opened, channel, forward)


def _shows_nothing_new(opened: Opened, release: Move, run: Run) -> bool:
    """Whether a run is what readers have already: its results, what these rest on, and all that is said of them.

    The commit is a label on the basis, so a later one is nothing new; but the release of a tree that no commit held
    is made again under its commit.
    """
    released = opened.store.records.run(release.run)
    if released is None:
        return False
    before, now = released.origin, run.origin
    has_label = before.commit is not None and not before.dirty
    is_same_label = (before.commit, before.dirty) == (now.commit, now.dirty)
    is_same = (released.snapshot, released.basis, released.catalogue) == (run.snapshot, run.basis, run.catalogue)
    return is_same and (has_label or is_same_label)


# Back.


def rollback(
    opened: Opened,
    channel: str = MAIN,
    to: int | None = None,
    note: str | None = None,
    *,
    assets: Collection[str] = (),
) -> Moved:
    """Moves a channel back: to what it pointed at before, or to release `to`.

    What it takes back is quarantined: of each asset that differs, the content that its readers had. What they see
    again is quarantined no longer, for somebody chose it. A move to a later release takes nothing back; one to where
    a rollback left the channel can only narrow what that one quarantined.

    Args:
        opened: the workspace.
        channel: the channel.
        to: a release.
        note: why.
        assets: those whose contents are quarantined; without any, all that are taken back.

    Raises:
        UnknownNameError: the channel, the release or an asset does not exist.
        RefusedError: there is nothing before, or one of the assets is not taken back.
    """

    def back(moves: Sequence[Move]) -> Move | Moved:
        before = _standing_at(opened, channel, moves)
        target = release_move(opened, channel, to) if to is not None else _before(channel, moves)
        if target.number == before.number:
            return _narrowed(channel, moves, before, assets, note)
        run_of(opened, target)
        left, shown = _contents_at(opened, before), _contents_at(opened, target) or {}
        taken = taken_back(left, shown) if left is not None and target.number < before.number else []
        if assets:
            _check_assets(assets, taken, shown, f"going from {channel}@{before.number} to {channel}@{target.number}")
            taken = [one for one in taken if one.asset in assets]
        lifted = _lifted(shown_in(shown, quarantined_by(moves)))
        to_release = (target.number, target.run, target.snapshot)
        return _move(channel, moves, "rollback", to_release, note, quarantined=tuple(taken), lifted=lifted)

    return _append(opened, channel, back)


def _before(channel: str, moves: Sequence[Move]) -> Move:
    """The release that the channel pointed at before the one that it points at now.

    A chain of rollbacks goes further and further back, so they are undone like a stack; one to a release that it went
    back from goes forward, and stands above the one that it left. A channel that was closed begins anew.
    """
    stack: list[Move] = []
    for move in moves:
        if move.kind == "close":
            stack.clear()
        elif move.kind == "release":
            stack.append(move)
        elif any(passed.number == move.number for passed in stack):
            while stack[-1].number != move.number:
                stack.pop()
        else:
            stack.append(move)
    if len(stack) < 2:
        raise RefusedError(
            f"the channel `{channel}` has nothing before release {stack[-1].number}",
            hint="choose a release with `--to N`; `onward releases` lists them",
        )
    return stack[-2]


def _narrowed(
    channel: str, moves: Sequence[Move], standing: Move, assets: Collection[str], note: str | None
) -> Move | Moved:
    """Stays where the last rollback went, and lifts what it took back of all but some assets."""
    there = itertools.takewhile(lambda move: (move.kind, move.number) == ("rollback", standing.number), moves[::-1])
    places = {move.sequence for move in there}
    held = [one for one in quarantined_by(moves) if one.rollback.sequence in places]
    if assets:
        taken = [AssetContent(one.asset, one.content) for one in held]
        _check_assets(assets, taken, (), f"the rollback to {channel}@{standing.number}")
    lifted = [one for one in held if assets and one.asset not in assets]
    if not lifted:
        return Moved(standing, standing.number, was_there=True)
    here = (standing.number, standing.run, standing.snapshot)
    return _move(channel, moves, "rollback", here, note, lifted=_lifted(lifted))


def _check_assets(assets: Collection[str], back: Collection[AssetContent], known: Collection[str], what: str) -> None:
    """Refuses names of assets that are not among what is taken back."""
    taken = {one.asset for one in back}
    for name in sorted(set(assets) - taken):
        differing = f"what is taken back: {listed(sorted(taken))}" if taken else "nothing is taken back"
        if name not in known:
            raise unknown_name("asset that is taken back", name, sorted(taken), hint=differing)
        raise RefusedError(f"`{name}` is not taken back by {what}", hint=differing)


def _contents_at(opened: Opened, move: Move) -> Contents | None:
    """What readers see by a move; None where that is gone from the store, which must not keep them from leaving it."""
    snapshot = opened.store.records.snapshot(move.snapshot)
    if snapshot is not None:
        return {asset: entry.content for asset, entry in snapshot.artifacts.items()}
    run = opened.store.records.run(move.run)
    return {asset: artifact.content for asset, artifact in run.artifacts.items()} if run is not None else None


# Away.


def close(opened: Opened, channel: str, note: str | None = None) -> Moved:
    """Closes a channel: nobody reads it any more, and it is unknown until a release opens it again. Its log stays.

    Raises:
        UnknownNameError: it has no release, or is closed already.
        RefusedError: it is `main`.
    """
    if channel == MAIN:
        raise RefusedError(
            f"the channel `{MAIN}` cannot be closed: that is where readers look",
            hint="close a channel like `preview/topic`; `onward rollback` takes a release back",
        )

    def away(moves: Sequence[Move]) -> Move:
        before = _standing_at(opened, channel, moves)
        return _move(channel, moves, "close", (before.number, before.run, before.snapshot), note)

    return _append(opened, channel, away)


# Every move.


def _standing_at(opened: Opened, channel: str, moves: Sequence[Move]) -> Move:
    standing = last_standing(moves)
    if standing is None:
        raise unknown_name("channel", channel, open_channels(opened), hint="make a release with `onward release`")
    return standing


def _move(
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


def _lifted(quarantined: Sequence[Quarantined]) -> tuple[AssetContent, ...]:
    return tuple(AssetContent(one.asset, one.content) for one in quarantined)


def _append(opened: Opened, channel: str, make: Callable[[Sequence[Move]], Move | Moved | Answer]) -> Moved | Answer:
    """Adds to a channel's log the move that `make` takes for right, and asks it again where another was first."""
    for _ in range(_TRIES):
        moves = opened.store.records.moves(channel)
        move = make(moves)
        if not isinstance(move, Move):
            return move
        if opened.store.records.append(move):
            return Moved(move, move.previous)
    raise StoreError(f"others keep moving the channel `{channel}`", hint="try again")
