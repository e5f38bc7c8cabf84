"""A text: the places where lines differ, word by word; and of JSON the values that do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from onward.base import numbers
from onward.portal import html, shell

_LINES = {"-": "gone", "+": "come", " ": "same"}
_CHANGES = {"added": "+", "removed": "−", "changed": "~"}


def has_hunks(detail: Mapping[str, Any]) -> bool:
    """Whether it says where lines differ."""
    return bool(detail.get("hunks"))


def hunks(found: Sequence[Mapping[str, Any]], noun: str = "line") -> html.Markup:
    """The lines, as a unified diff has them, with what differs within a line marked. `noun` is what is counted."""
    return html.div([_hunk(each, noun) for each in found], class_="hunks")


def _hunk(hunk: Mapping[str, Any], noun: str) -> html.Markup:
    return html.div(
        html.p(f"{noun} {hunk['after']:,}", class_="note") if hunk["after"] > 1 else None,
        html.pre([_line(each) for each in hunk["lines"]], tabindex="0", role="region", aria_label="Lines that differ"),
        class_="hunk",
    )


def _line(line: Mapping[str, Any]) -> html.Markup:
    sign = line["sign"]
    is_whole = all(differs for _, differs in line["words"])
    mark = {"-": html.del_, "+": html.ins}.get(sign)
    said = [mark(part) if differs and mark is not None and not is_whole else part for part, differs in line["words"]]
    return html.span(html.span(sign.replace("-", "−"), class_="sign"), said, "\n", class_=f"line {_LINES[sign]}")


def has_values(detail: Mapping[str, Any]) -> bool:
    """Whether it says which values differ, by their paths."""
    return bool(detail.get("sample")) and all("path" in each for each in detail["sample"])


def values(detail: Mapping[str, Any]) -> html.Markup:
    """Each value by its path, before and after."""
    rows = [
        html.tr(
            html.td(
                html.span(_CHANGES[each["change"]], aria_hidden="true", class_=f"change-sign {each['change']}"),
                html.span(each["change"], class_="unseen"),
                class_="short",
            ),
            html.th(html.code(html.breakable(each["path"])), scope="row"),
            html.td(html.del_(before) if before is not None else None),
            html.td(html.ins(after) if after is not None else None),
        )
        for each in detail["sample"]
        for before, after in [_sides(each)]
    ]
    head = [html.th(name, scope="col") for name in ("Value", "Before", "After")]
    table = html.table(
        html.thead(html.tr(html.th(html.span("What happened", class_="unseen"), scope="col"), head)),
        html.tbody(rows),
        class_="plain values",
    )
    return shell.scroller(table, "Values that differ")


def _sides(change: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Both values as they are written; of two numbers as many digits as it takes to see that they differ."""
    if _is_number(change.get("before")) and _is_number(change.get("after")):
        return numbers.told_apart(change["before"], change["after"])
    before, after = (_value(change[side]) if side in change else None for side in ("before", "after"))
    return before, after


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else html.json_text(value)
