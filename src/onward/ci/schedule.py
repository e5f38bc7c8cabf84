"""`ci --schedule`: the nightly build. It asks again what no change of a file tells of, and says what it left out.

A step that reached a server, or read outside of the workspace, is made again, for only that tells whether it still
holds. Steps that ask for the date are made again by themselves on another day. All else is what its inputs give, today
as before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onward.app.reading.whole import read
from onward.app.releases import channels
from onward.app.wiring import Opened
from onward.base.text import listed, plural
from onward.ci.review import Review
from onward.model.trace import UNPINNED

_MOST_NAMED = 10


@dataclass(frozen=True)
class Night:
    """What a nightly build looked at, and what it did not.

    Attributes:
        asked: steps that were made again although no input changed.
        made: steps that ran, those included.
        moved: results that are not what readers had.
        unchecked: results that readers have and no check looks at.
    """

    asked: tuple[str, ...]
    made: tuple[str, ...]
    moved: tuple[str, ...]
    unchecked: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """In words."""
        if not self.made:
            yield "nothing was looked at, because nothing changed: no code, no data, and no day that a step asks for"
        else:
            asked = f", {len(self.asked)} of them because they reach a server or read elsewhere" if self.asked else ""
            moved = f"{plural(len(self.moved), 'result')} moved: {listed(self.moved, _MOST_NAMED)}"
            yield f"{plural(len(self.made), 'step')} ran{asked}; {moved if self.moved else 'no result moved'}"
        if self.unchecked:
            count = plural(len(self.unchecked), "published result")
            yield f"no check looks at {count}: {listed(self.unchecked, _MOST_NAMED)}"


def to_ask_again(opened: Opened, channel: str) -> list[str]:
    """The steps whose results readers of a channel have and whose inputs cannot be pinned."""
    standing = channels.standing(opened, channel)
    if standing is None:
        return []
    steps = read(opened.place, opened.index, {}, opened.standing.discovered()).graph.steps
    before = channels.run_of(opened, standing).steps
    return [name for name, record in before.items() if UNPINNED in record.marks and name in steps]


def night(asked: list[str], found: Review) -> Night:
    """What a nightly build looked at, by what it asked for and what came of it."""
    made = [name for name, record in found.report.steps.items() if record.outcome in ("made", "failed")]
    moved = [asset.name for asset in found.difference.assets if asset.change != "equal"]
    checked = {check.asset for check in found.report.run.checks.values()}
    published = found.base.run.artifacts if found.base.run is not None else found.report.run.artifacts
    return Night(tuple(asked), tuple(made), tuple(moved), tuple(sorted(set(published) - checked)))
