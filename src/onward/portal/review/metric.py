"""A metric: before and after, how far it moved, and its course over the releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onward.app.comparing.diff import CHANGED, AssetDiff, DiffReport
from onward.app.releases.channels import MAIN
from onward.base import numbers
from onward.portal import drawing, html, words

_FEWEST_POINTS = 3
"""Two are before and after, which are said already."""


def is_moved(detail: Mapping[str, Any]) -> bool:
    """Whether it is a number's detail."""
    return "delta" in detail and "before" in detail and "after" in detail


def in_short(detail: Mapping[str, Any]) -> html.Markup:
    """`12.5 → 11.9 min −0.6 (−4.8 %)`."""
    before, after = _values(detail)
    return html.text(
        html.span(before, class_="before"), " → ", html.strong(after), html.span(_delta(detail), class_="delta")
    )


def sentence(detail: Mapping[str, Any]) -> html.Markup:
    """The two numbers, large; of one that is new it alone."""
    before, after = _values(detail)
    if detail["before"] is None and "before_text" not in detail:
        return html.p(html.strong(after), class_="moved-number")
    return html.p(
        html.span(before, class_="before"),
        html.span("→", class_="arrow"),
        html.strong(after),
        html.span(_delta(detail), class_="delta"),
        class_="moved-number",
    )


def course(report: DiffReport, asset: AssetDiff) -> html.Markup | None:
    """Where the number has been over the releases."""
    points = _points(report, asset.detail) if asset.change == CHANGED else []
    if len(points) < _FEWEST_POINTS:
        return None
    picture = drawing.course(points, asset.detail.get("unit"), f"{asset.title or asset.name} over the releases")
    return html.div(picture, html.p("Over the releases", class_="note"), class_="course-frame") if picture else None


def _values(detail: Mapping[str, Any]) -> tuple[html.Child, html.Child]:
    """Both values as people read them, the unit at the second one, or at both where it is another one now."""
    if detail["delta"] is not None:
        before, after = numbers.told_apart(detail["before"], detail["after"])
    else:
        before, after = (detail.get(f"{side}_text") or numbers.number(detail[side]) for side in ("before", "after"))
    unit = detail.get("unit")
    old_unit = detail.get("unit_before") or "(no unit)" if "unit_before" in detail else None
    new_unit = unit or ("(no unit)" if "unit_before" in detail else None)
    return _with_unit(before, old_unit), _with_unit(after, new_unit)


def _with_unit(said: str, unit: str | None) -> html.Child:
    return [said, html.span(words.NO_BREAK, unit, class_="unit")] if unit else said


def _delta(detail: Mapping[str, Any]) -> str | None:
    if detail["delta"] is None or "unit_before" in detail:
        return None
    if detail.get("unit") in numbers.SHARES:
        return words.difference(detail["before"], detail["after"], detail["unit"])
    return numbers.change(detail["delta"], detail["before"]).replace(" %", words.NO_BREAK + "%")


def _points(report: DiffReport, detail: Mapping[str, Any]) -> list[drawing.Point]:
    """The releases up to what is looked at, and that itself where it is none."""
    releases = [point["release"] for point in detail.get("course", ())]
    before, after = _release(report.a, releases), _release(report.b, releases)
    points = [
        drawing.Point(
            str(point["release"]), f"Release {point['release']}", point["value"], is_before=point["release"] == before
        )
        for point in detail.get("course", ())
        if after is None or point["release"] <= after
    ]
    return points if after is not None else [*points, drawing.Point(report.b, report.b, detail["after"])]


def _release(word: str, releases: list[int]) -> int | None:
    """The release of the channel `main` that a word means, if it means one of them."""
    channel, at, number = word.partition("@")
    if channel != MAIN or not releases:
        return None
    found = int(number) if number.isdigit() else None if at else releases[-1]
    return found if found in releases else None
