"""What was taken back and must not come again by itself: worked out from the moves of a channel alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from onward.base import clock
from onward.base.digest import Digest
from onward.base.text import listed
from onward.model.records import AssetContent, Move, Run

_MOST_NAMED = 8
Contents = Mapping[str, Digest]
"""By asset, its content."""


@dataclass(frozen=True)
class Quarantined:
    """A content of an asset that no automatic release brings to readers.

    Attributes:
        content: None: that the asset is not there at all.
        rollback: what took it back: who, when and why.
    """

    asset: str
    content: Digest | None
    rollback: Move

    @property
    def reason(self) -> str:
        """Why it is held, as a sentence."""
        again = "it is missing again, as" if self.content is None else "it is again what it was"
        return f"{again} in {rolled_back(self.rollback)}"


def rolled_back(move: Move) -> str:
    """What a rollback took back, by whom, when and why: `main@2, rolled back by ada on 2026-11-26: a slip`."""
    who = f" by {move.by}" if move.by else ""
    why = f": {move.note}" if move.note else ""
    return f"{move.channel}@{move.previous}, rolled back{who} on {clock.instant_of(move.at):%Y-%m-%d}{why}"


def by_rollback(quarantined: Iterable[Quarantined]) -> list[str]:
    """What is quarantined, on a line for each rollback that did it."""
    grouped: dict[tuple[str, int], list[Quarantined]] = {}
    for one in quarantined:
        grouped.setdefault((one.rollback.channel, one.rollback.sequence), []).append(one)
    return [
        f"{listed(map(_named, some), _MOST_NAMED)}: as in {rolled_back(some[0].rollback)}" for some in grouped.values()
    ]


def _named(one: Quarantined) -> str:
    return one.asset if one.content is not None else f"{one.asset} (missing)"


def quarantined_by(moves: Iterable[Move]) -> list[Quarantined]:
    """What is quarantined at the end of a log, by asset."""
    held: dict[AssetContent, Move] = {}
    for move in moves:
        for one in move.lifted:
            held.pop(one, None)
        held |= dict.fromkeys(move.quarantined, move)
    found = [Quarantined(one.asset, one.content, move) for one, move in held.items()]
    return sorted(found, key=lambda one: (one.asset, one.content or ""))


def contents_of(run: Run) -> Contents:
    """What a run came to."""
    return {asset: artifact.content for asset, artifact in run.artifacts.items()}


def shown_in(contents: Contents, quarantined: Iterable[Quarantined]) -> list[Quarantined]:
    """What of the quarantined is in a snapshot with these contents."""
    return [one for one in quarantined if contents.get(one.asset) == one.content]


def taken_back(left: Contents, target: Contents) -> list[AssetContent]:
    """What going from one snapshot back to another takes back: of each asset that differs, what it was."""
    names = sorted(left.keys() | target.keys())
    return [AssetContent(name, left.get(name)) for name in names if left.get(name) != target.get(name)]
