"""How far edits reach before anything is run: how many steps, how long these took, what is published of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from onward.app.reading.whole import Reading
from onward.app.releases.channels import MAIN, standing
from onward.app.wiring import Opened
from onward.base.errors import StoreError
from onward.model.records import Move, Run

_KINDS = ("metric", "table", "document", "figure", "model", "file")
"""The kinds of assets, what is quoted first."""


@dataclass(frozen=True)
class Published:
    """An asset that the release of a channel holds."""

    asset: str
    kind: str


@dataclass(frozen=True)
class Reach:
    """What a run of some steps, checks left out, would touch.

    Attributes:
        steps: they, in the order of the graph.
        seconds: how long they took when they last ran, as far as that is known.
        untimed: how many of them never ran.
        release: the release that readers have, as `main@3`; None before the first.
        published: what it holds of these steps: metrics first, then tables and documents.
    """

    steps: tuple[str, ...] = ()
    seconds: float = 0.0
    untimed: int = 0
    release: str | None = None
    published: tuple[Published, ...] = ()


def reach_of(opened: Opened, reading: Reading, steps: Iterable[str]) -> Reach:
    """The reach of steps that would run. Cost: reads the run that the channel `main` points at, if there are any."""
    wanted = set(steps)
    names = tuple(name for name in reading.graph.order if name in wanted and reading.graph.steps[name].check is None)
    if not names:
        return Reach()
    known = opened.standing.seconds
    seconds = sum(known[name] for name in names if name in known)
    move, run = _released(opened)
    found = list(_published(opened, reading, names, run))
    found.sort(key=lambda each: (_KINDS.index(each.kind), each.asset))
    release = f"{MAIN}@{move.number}" if move is not None else None
    return Reach(names, seconds, sum(name not in known for name in names), release, tuple(found))


def _released(opened: Opened) -> tuple[Move | None, Run | None]:
    try:
        move = standing(opened)
    except StoreError:  # a log that is damaged: what asks for the release itself says so, and `doctor`
        return None, None
    return move, opened.store.records.run(move.run) if move is not None else None


def _published(opened: Opened, reading: Reading, steps: Iterable[str], run: Run | None) -> Iterable[Published]:
    if run is None:
        return
    for name in steps:
        trace = opened.standing.trace(name)
        assets = {*reading.graph.steps[name].assets, *(trace.artifacts if trace is not None else ())}
        for asset in assets & run.artifacts.keys():
            kind = run.artifacts[asset].kind
            if kind in _KINDS:
                yield Published(asset, kind)
