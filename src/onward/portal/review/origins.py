"""What made for changes, by axis: data, code, parameters, environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from onward.app.changes.causes import CODE, DATA, ENVIRONMENT, PARAMETERS, Cause, told_together
from onward.app.comparing.diff import AssetDiff
from onward.base.text import plural
from onward.portal import html, words
from onward.portal.anchors import link

_AXES = {DATA: "Data", CODE: "Code", PARAMETERS: "Parameters", ENVIRONMENT: "Environment"}
_MOST_NAMED = 3
"""Results that are named; more are counted."""
_MOST_TOLD = 4
"""Causes of an axis that are open; the others are a click away."""


def of_all(changed: Sequence[AssetDiff], to: Callable[[str], html.Markup] = link) -> html.Markup | None:
    """What made for all changes, what reaches most first, each with the results that it reaches, as `to` links them."""
    reached: dict[Cause, list[str]] = {}
    for asset in changed:
        for cause in asset.causes:
            reached.setdefault(cause, []).append(asset.name)
    together: dict[tuple[str, ...], list[Cause]] = {}
    for cause, names in reached.items():
        together.setdefault(tuple(names), []).append(cause)
    told: dict[str, list[html.Markup]] = {axis: [] for axis in _AXES}
    for names, causes in sorted(together.items(), key=lambda item: -len(item[0])):
        for axis, lines in told.items():
            said = told_together(sorted(cause for cause in causes if cause.axis == axis))
            lines += [html.p(words.spoken(each), html.span(" → ", _reach(names, to), class_="reach")) for each in said]
    return _by_axis(told, anchor="causes")


def of_one(asset: AssetDiff) -> html.Markup | None:
    """What made for one change."""
    told = {
        axis: [
            html.p(words.spoken(said)) for said in told_together([each for each in asset.causes if each.axis == axis])
        ]
        for axis in _AXES
    }
    return _by_axis(told)


def same_as(asset: AssetDiff) -> html.Markup:
    """The way to an earlier result that the same causes made to change."""
    return html.p("The same cause as ", link(asset.name, asset.title), class_="note")


def _reach(names: Sequence[str], to: Callable[[str], html.Markup]) -> html.Child:
    if len(names) > _MOST_NAMED:
        return plural(len(names), "result")
    return [[", " if place else None, to(name)] for place, name in enumerate(names)]


def _by_axis(told: dict[str, list[html.Markup]], anchor: str | None = None) -> html.Markup | None:
    rows = [html.div(html.dt(_AXES[axis]), html.dd(_folded(lines))) for axis, lines in told.items() if lines]
    return html.dl(rows, class_="origins", id=anchor) if rows else None


def _folded(lines: Sequence[html.Markup]) -> html.Child:
    first, rest = lines[:_MOST_TOLD], lines[_MOST_TOLD:]
    return [first, html.details(html.summary(f"{len(rest):,} more"), rest) if rest else None]
