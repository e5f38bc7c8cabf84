"""Small pictures as inline SVG: a column's distribution and a metric's course.

They take their colours from the page (`currentColor` and classes), so they follow its light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence

from onward.base import numbers
from onward.portal import html, words
from onward.portal.content import Column, HistoryPoint

_HISTOGRAM_WIDTH, _HISTOGRAM_HEIGHT = 120, 28
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


def course(points: Sequence[HistoryPoint], unit: str | None, title: str) -> html.Markup | None:
    """A metric over releases as a line with a point each; None where fewer than two values are numbers."""
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
    marks = [
        html.g(
            html.svg_title(f"Release {point.number}: {words.with_unit(point.value, unit)}"),
            html.circle(cx=_short(x), cy=_short(y), r=5 if point is measured[-1][0] else 3),
            class_="now" if point is measured[-1][0] else None,
        )
        for (point, _), (x, y) in zip(measured, places, strict=True)
    ]
    return html.svg(
        html.svg_title(f"{title} over {len(measured)} releases"),
        _scale(low, high),
        html.polyline(points=" ".join(f"{_short(x)},{_short(y)}" for x, y in places), class_="course-line"),
        marks,
        _release_labels([(x, point.number) for (point, _), (x, _) in zip(measured, places, strict=True)]),
        viewBox=f"0 0 {_CHART_WIDTH} {_CHART_HEIGHT}",
        width=_CHART_WIDTH,
        height=_CHART_HEIGHT,
        role="img",
        class_="course",
    )


def sparkline(points: Sequence[HistoryPoint]) -> html.Markup | None:
    """A metric's course in the size of a word; the number beside it says what matters."""
    values = [value for point in points if (value := numbers.numeric(point.value)) is not None]
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


def _release_labels(places: list[tuple[float, int]]) -> list[html.Markup]:
    """The first and the last release below the line, and between them as many as have room."""
    every = max(1, -(-len(places) // 8))
    shown = [place for index, place in enumerate(places) if (len(places) - 1 - index) % every == 0]
    return [html.svg_text(str(number), x=_short(x), y=_CHART_HEIGHT - 8, text_anchor="middle") for x, number in shown]


def _short(number: float) -> str:
    """A coordinate with one digit behind the point, the same on every machine."""
    return f"{number:.1f}".rstrip("0").rstrip(".")
