"""Finds the largest step along a course of points, measuring few of them.

Of a gap between two measured points it is known only how far it goes in all. Were the metric to move one way alone, no
step in it could be larger than that: so gaps are split, the widest first, until none is wider than the largest step.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from onward.app.releases.course import Point

Gap = tuple[int, int]
"""Two places of a course that are measured, with none between them that is."""


def largest_step(points: Sequence[Point], measure: Callable[[Point], None], *, everything: bool = False) -> Gap | None:
    """The places of the two points between which the metric moved most; None where it did not, or an end is unknown.

    Args:
        points: in their order; two at least, unless both ends are one.
        measure: gives an open point its value, or its problem.
        everything: measure every point.
    """
    for end in (points[0], points[-1]):
        if end.is_open:
            measure(end)
        if end.problem is not None:
            return None
    while (place := _next(points, everything=everything)) is not None:
        measure(points[place])
    steps = [gap for gap in _gaps(points) if not _inside(points, gap)]
    largest = max(steps, key=lambda gap: _width(points, gap), default=None)
    return largest if largest is not None and _width(points, largest) > 0 else None


def delta(before: Point, after: Point) -> float:
    """How far the metric moved from one measured point to another."""
    assert before.value is not None
    assert after.value is not None
    return 0.0 if before.value == after.value else after.value - before.value


def _next(points: Sequence[Point], *, everything: bool) -> int | None:
    """The place to measure next: the middle of the widest gap that may hold a larger step than is known."""
    gaps = [(gap, inside) for gap in _gaps(points) if (inside := _inside(points, gap))]
    if everything:
        return min((inside[0] for _, inside in gaps), default=None)
    known = max((_width(points, gap) for gap in _gaps(points) if not _inside(points, gap)), default=0.0)
    wide = [(gap, inside) for gap, inside in gaps if _width(points, gap) > known]
    if not wide:
        return None
    (first, last), inside = max(wide, key=lambda each: _width(points, each[0]))
    return min(inside, key=lambda place: abs(2 * place - first - last))


def _gaps(points: Sequence[Point]) -> list[Gap]:
    measured = [place for place, point in enumerate(points) if point.value is not None]
    return list(itertools.pairwise(measured))


def _inside(points: Sequence[Point], gap: Gap) -> list[int]:
    """The places in a gap that can be measured."""
    return [place for place in range(gap[0] + 1, gap[1]) if points[place].is_open]


def _width(points: Sequence[Point], gap: Gap) -> float:
    return abs(delta(points[gap[0]], points[gap[1]]))
