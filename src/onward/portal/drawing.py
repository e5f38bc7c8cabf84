"""Small pictures as inline SVG: a column's distribution, alone or before and after, and a metric's course.

They take their colours from the page (`currentColor` and classes), so they follow its light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from onward.base import numbers
from onward.portal import html, words
from onward.portal.content import Column

_HISTOGRAM_WIDTH, _HISTOGRAM_HEIGHT = 120, 28
_PAIR_WIDTH, _PAIR_HEIGHT = 200, 44
_CHART_WIDTH, _CHART_HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 18, 30


def histogram(column: Column) -> html.Markup | None:
    """A column's distribution as bars of equal width; None where there are no bins."""
    bins = column.histogram
    if not bins:
        return None
    highest = max(count for _, _, count in bins) or 1
    step = _HISTOGRAM_WIDTH / len(bins)
    gap = 1 if step > 3 else 0
    bars = []
    for place, (_, _, count) in enumerate(bins):
        if not count:
            continue
        height = max(1.0, count / highest * (_HISTOGRAM_HEIGHT - 1))
        bars.append(
            html.rect(
                x=_short(place * step),
                y=_short(_HISTOGRAM_HEIGHT - height),
                width=_short(step - gap),
                height=_short(height),
            )
        )
    grouped = words.column_is_grouped(column)
    low, high = words.bound(bins[0][0], grouped=grouped), words.bound(bins[-1][1], grouped=grouped)
    return html.svg(
        html.svg_title(f"Distribution of {column.name} from {low} to {high}"),
        bars,
        viewBox=f"0 0 {_HISTOGRAM_WIDTH} {_HISTOGRAM_HEIGHT}",
        width=_HISTOGRAM_WIDTH,
        height=_HISTOGRAM_HEIGHT,
        role="img",
        class_="histogram",
    )


def histograms(name: str, before: Sequence[int], after: Sequence[int], ends: tuple[str, str]) -> html.Markup:
    """Two distributions over the same bins, each as shares of its own rows: `after` as bars, `before` as a line.

    Args:
        name: of the column.
        ends: the lower end of the first bin and the upper end of the last one, in words.
    """
    old, new = _of_all(before), _of_all(after)
    highest = max(*old, *new) or 1.0
    step = _PAIR_WIDTH / len(new)
    old_tops, new_tops = ([1 + (1 - share / highest) * (_PAIR_HEIGHT - 2) for share in side] for side in (old, new))
    bars = [
        html.rect(x=_short(place * step), y=_short(top), width=_short(step - 1), height=_short(_PAIR_HEIGHT - top))
        for place, (top, share) in enumerate(zip(new_tops, new, strict=True))
        if share
    ]
    outline = "".join(
        f"{'L' if place else 'M'}{_short(place * step)},{_short(top)}H{_short((place + 1) * step)}"
        for place, top in enumerate(old_tops)
    )
    return html.svg(
        html.svg_title(f"Distribution of {name} from {ends[0]} to {ends[1]}, before and after"),
        html.g(bars, class_="after"),
        html.path(d=outline, class_="before"),
        viewBox=f"0 0 {_PAIR_WIDTH} {_PAIR_HEIGHT}",
        width=_PAIR_WIDTH,
        height=_PAIR_HEIGHT,
        role="img",
        class_="histograms",
    )


def _of_all(counts: Sequence[int]) -> list[float]:
    total = sum(counts) or 1
    return [count / total for count in counts]


def shares(column: Column, rows: int) -> html.Markup | None:
    """The most frequent values of a column with their share of all rows, as bars behind words."""
    if not column.top or not rows:
        return None
    return html.ul(
        [
            html.li(
                html.span(words.bound(value, grouped=False) if value is not None else "missing", class_="value"),
                html.span(f"{min(count / rows, 1):.0%}".replace("%", words.NO_BREAK + "%"), class_="share"),
                style=f"--share: {min(count / rows, 1):.3f}",
                title=f"{numbers.number(count)} rows",
            )
            for value, count in column.top[:3]
        ],
        class_="shares",
    )


@dataclass(frozen=True)
class Point:
    """One value of a course. `tick` stands below it, `name` is what it is called in words."""

    tick: str
    name: str
    value: Any
    is_before: bool = False
    """It is what the last one is held against."""


def course(points: Sequence[Point], unit: str | None, described: str) -> html.Markup | None:
    """A metric's values as a line with a point each; None where fewer than two of them are numbers."""
    measured = [(point, value) for point in points if (value := numbers.numeric(point.value)) is not None]
    if len(measured) < 2:
        return None
    low, high = min(value for _, value in measured), max(value for _, value in measured)
    spread = (high - low) or abs(high) or 1.0
    inner_width, inner_height = _CHART_WIDTH - _LEFT - _RIGHT, _CHART_HEIGHT - _TOP - _BOTTOM
    places = [
        (
            _LEFT + inner_width * index / (len(measured) - 1),
            _TOP + inner_height * (0.5 if high == low else (high - value) / spread),
        )
        for index, (_, value) in enumerate(measured)
    ]
    now = measured[-1][0]
    marks = [
        html.g(
            html.svg_title(f"{point.name}: {words.with_unit(point.value, unit)}"),
            html.circle(cx=_short(x), cy=_short(y), r=5 if point is now or point.is_before else 3),
            class_="now" if point is now else "before" if point.is_before else None,
        )
        for (point, _), (x, y) in zip(measured, places, strict=True)
    ]
    return html.svg(
        html.svg_title(described),
        _scale(low, high),
        html.polyline(points=" ".join(f"{_short(x)},{_short(y)}" for x, y in places), class_="course-line"),
        marks,
        _ticks([(x, point.tick) for (point, _), (x, _) in zip(measured, places, strict=True)]),
        viewBox=f"0 0 {_CHART_WIDTH} {_CHART_HEIGHT}",
        width=_CHART_WIDTH,
        height=_CHART_HEIGHT,
        role="img",
        class_="course",
    )


def sparkline(course: Sequence[Any]) -> html.Markup | None:
    """A metric's course in the size of a word; the number beside it says what matters."""
    values = [value for each in course if (value := numbers.numeric(each)) is not None]
    if len(values) < 3:
        return None
    low, high = min(values), max(values)
    places = [
        (
            2 + 60 * index / (len(values) - 1),
            2 + 16 * (0.5 if high == low else (high - value) / (high - low)),
        )
        for index, value in enumerate(values)
    ]
    return html.svg(
        html.polyline(points=" ".join(f"{_short(x)},{_short(y)}" for x, y in places), class_="course-line"),
        html.circle(cx=_short(places[-1][0]), cy=_short(places[-1][1]), r=2),
        viewBox="0 0 64 20",
        width=64,
        height=20,
        aria_hidden="true",
        class_="sparkline",
    )


def _scale(low: float, high: float) -> list[html.Markup]:
    lines = []
    ends = zip(numbers.alike(high, low), (_TOP, _CHART_HEIGHT - _BOTTOM), strict=True) if high != low else ()
    for said, y in ends:
        lines.append(html.line(x1=_LEFT, x2=_CHART_WIDTH - _RIGHT, y1=y, y2=y, class_="rule"))
        lines.append(html.svg_text(said, x=_LEFT - 12, y=y + 4, text_anchor="end"))
    return lines


def _ticks(places: list[tuple[float, str]]) -> list[html.Markup]:
    """The first and the last name below the line, and between them as many as have room."""
    every = max(1, -(-len(places) // 8))
    shown = [place for index, place in enumerate(places) if (len(places) - 1 - index) % every == 0]
    return [html.svg_text(tick, x=_short(x), y=_CHART_HEIGHT - 8, text_anchor="middle") for x, tick in shown]


def _short(number: float) -> str:
    """A coordinate with one digit behind the point, the same on every machine."""
    return f"{number:.1f}".rstrip("0").rstrip(".")
