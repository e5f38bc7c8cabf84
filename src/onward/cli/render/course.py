"""The course of a metric, for a terminal: a small chart, and the step at which it moved most."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import click

from onward.app.releases.course import KNOWN, MEASURED, NOT_MEASURED, SKIPPED, Point
from onward.app.reproducing.bisect import BisectReport, Step
from onward.app.reproducing.largest_step import delta
from onward.base.numbers import alike, change, told_apart
from onward.base.text import listed, plural

_WIDTH = 24
_MOST_COMMITS = 4
_MOST_ROWS = 30


def print_point(point: Point) -> None:
    """One point, as soon as it is measured, on standard error."""
    value = alike(point.value)[0] if point.value is not None else "cannot be measured"
    click.echo(f"  {point.label}  {value}  {click.style(_said_of(point), dim=True)}", err=True)


def print_course(report: BisectReport) -> None:
    """The chart, the step, and what was not measured."""
    before, after = report.points[0].value, report.points[-1].value
    unit = f" {report.unit}" if report.unit else ""
    moved = f": {' → '.join(told_apart(before, after))}{unit}" if before is not None and after is not None else ""
    click.echo(click.style(f"{report.name}  {report.a} → {report.b}{moved}", bold=True))
    for line in _chart(report):
        click.echo(line)
    for line in _step(report, report.step):
        click.echo(line)
    click.echo(_counted(report))


def _chart(report: BisectReport) -> Iterator[str]:
    points = report.points
    values = [point.value for point in points if point.value is not None]
    written = iter(alike(*values))
    texts = [next(written) if point.value is not None else "" for point in points]
    shown = _shown(report)
    label_width = max(len(points[place].label) for place in shown)
    value_width = max(len(texts[place]) for place in shown)
    for place, before in zip(shown, [-1, *shown], strict=False):
        left_out = points[before + 1 : place]
        if left_out:
            yield click.style(f"  {'⋮':<{label_width}}  {_left_out(left_out)}", dim=True)
        point = points[place]
        drawn = _drawn(point.value, values) if point.value is not None else _undrawn(point)
        said = f"{_said_of(point)}{_moved(report, place)}"
        yield f"  {point.label:<{label_width}}  {texts[place]:>{value_width}}  {drawn}  {said}".rstrip()


def _shown(report: BisectReport) -> list[int]:
    """The places that are drawn: both ends, and of a long course the points where it moved most."""
    points = report.points
    told = [place for place, point in enumerate(points) if point.outcome != NOT_MEASURED]
    if len(told) > _MOST_ROWS:
        measured = [place for place in told if points[place].value is not None]
        steps = sorted(itertools.pairwise(measured), key=lambda gap: abs(delta(points[gap[0]], points[gap[1]])))
        told = [place for gap in steps[-(_MOST_ROWS // 2) :] for place in gap]
    return sorted({0, *told, len(points) - 1})


def _left_out(points: Sequence[Point]) -> str:
    """What is not drawn between two rows."""
    unmeasured = sum(point.outcome == NOT_MEASURED for point in points)
    others = len(points) - unmeasured
    parts = [f"{plural(unmeasured, 'commit')} not measured"] if unmeasured else []
    parts += [f"{others} more, where it moved less"] if others else []
    return ", ".join(parts)


def _drawn(value: float, values: list[float]) -> str:
    """Where a value lies between the smallest and the largest."""
    low, high = min(values), max(values)
    share = (value - low) / (high - low) if low < high < float("inf") else 0.0
    place = round(share * (_WIDTH - 1)) if share == share else 0  # noqa: PLR0124 - NaN, of an infinity
    return ("·" * place + "●").ljust(_WIDTH)


def _undrawn(point: Point) -> str:
    """In the place of a value: whether it could not be had, or was not asked for."""
    is_open = point.outcome == NOT_MEASURED
    return click.style(("not measured" if is_open else "✗").ljust(_WIDTH), fg=None if is_open else "red", dim=is_open)


def _said_of(point: Point) -> str:
    if point.problem is not None:
        return point.problem
    subject = point.commit.subject if point.commit is not None else ""
    if not point.is_between:
        return subject
    is_same = point.data is not None and point.commit is not None and point.data.origin.commit == point.commit.name
    return "as committed, in the environment of now" if is_same else f"{subject} (on the data of before)"


def _moved(report: BisectReport, place: int) -> str:
    step = report.step
    if step is None or place != step.after:
        return ""
    before = report.points[step.before].value
    assert before is not None
    return click.style(f"  ◀ {change(step.delta, before, report.unit)}", fg="yellow", bold=True)


def _step(report: BisectReport, step: Step | None) -> Iterator[str]:
    if not report.ok:
        for point in (report.points[0], report.points[-1]):
            if point.problem is not None:
                yield click.style(f"`{point.label}` cannot be measured: {point.problem}", fg="red")
        return
    if step is None:
        yield "it did not move between what was measured"
        return
    commits = [f"{commit.name[:10]} {commit.subject}".rstrip() for commit in report.commits]
    first, last = report.points[step.before].label, report.points[step.after].label
    if len(commits) == 1:
        yield f"it moved most with {click.style(commits[0], bold=True)}"
    elif commits:
        yield f"it moved most with one of {listed(commits, _MOST_COMMITS)}"
    else:
        sides = f"{click.style(first, bold=True)} to {click.style(last, bold=True)}"
        yield f"it moved most from {sides}, of the same commit"
    yield f"  {step.summary}"


def _counted(report: BisectReport) -> str:
    counts = report.counts
    parts = [f"{plural(counts[KNOWN], 'run')} used", f"{counts[MEASURED]} measured"]
    parts += [f"{counts[SKIPPED]} skipped"] if counts[SKIPPED] else []
    if not counts[NOT_MEASURED] or not report.ok:
        return ", ".join(parts)
    return f"{', '.join(parts)}, {counts[NOT_MEASURED]} not: moves there that cancel each other show with `--all`"
