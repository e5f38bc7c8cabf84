"""A model: what it predicts otherwise on the same rows, then its parameters and what it has learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from onward.base import numbers
from onward.portal import html, shell, words
from onward.portal.review import text

_HEADINGS = (("parameters", "Parameters"), ("learned", "What it has learned"))


def is_told(detail: Mapping[str, Any]) -> bool:
    """Whether it is a model's detail."""
    return "predictions" in detail or "errors" in detail


def shown(detail: Mapping[str, Any]) -> html.Markup:
    """All that is known of the change."""
    learned = [(heading, detail.get(part) or {}) for part, heading in _HEADINGS]
    return html.div(
        [
            html.p(f"The one {side} cannot be opened: ", html.code(why), class_="note")
            for side, why in (detail.get("errors") or {}).items()
        ],
        _class(detail.get("class") or {}),
        _predictions(detail["predictions"]) if "predictions" in detail else None,
        [[html.h4(heading), text.values(found)] for heading, found in learned if text.has_values(found)],
        class_="model-change",
    )


def _class(sides: Mapping[str, Any]) -> html.Markup | None:
    if sides.get("before") == sides.get("after"):
        return None
    return html.p("class ", html.del_(str(sides["before"])), " → ", html.ins(str(sides["after"])))


def _predictions(told: Mapping[str, Any] | None) -> html.Child:
    if told is None:
        return html.p("Nothing was predicted: there is no table to predict on.", class_="note")
    if "error" in told:
        return html.p("Nothing could be predicted: ", html.code(told["error"]), class_="note")
    return [
        html.p(
            html.span(html.strong(f"{told['changed']:,}"), f" of {told['rows']:,} predictions changed"),
            [html.span(f"{sign} {told[way]:,}") for sign, way in (("↑", "rising"), ("↓", "falling")) if told.get(way)],
            html.span(f"by {numbers.number(told['mean'])} on average, {numbers.number(told['greatest'])} at most")
            if told.get("mean") is not None
            else None,
            html.span(f"{told['small']:,} by rounding") if told.get("small") else None,
            html.span(f"the first rows of {told['of']:,}") if told["of"] > told["rows"] else None,
            class_="meta",
        ),
        _moves(told.get("moves") or ()),
        _examples(told.get("examples") or ()),
    ]


def _moves(moves: Sequence[Sequence[Any]]) -> html.Markup | None:
    """Which class became which, how often."""
    if not moves:
        return None
    rows = [
        html.tr(
            html.td(html.del_(_said(before)), " → ", html.ins(_said(after))),
            html.td(f"{count:,}", class_="number"),
        )
        for before, after, count in moves
    ]
    head = html.tr(html.th("Prediction", scope="col"), html.th("Rows", scope="col", class_="number"))
    return shell.scroller(_table(head, rows), "Predictions that changed")


def _examples(examples: Sequence[Mapping[str, Any]]) -> html.Child:
    if not examples:
        return None
    rows = [
        html.tr(
            html.th(f"row {each['row'] + 1:,}", scope="row"),
            html.td(_arrow(each["before"], each["after"]), class_="number"),
        )
        for each in examples
    ]
    head = html.tr(html.th("Row", scope="col"), html.th("Prediction", scope="col", class_="number"))
    return html.details(
        html.summary("Some of the predictions"), shell.scroller(_table(head, rows), "Some of the predictions")
    )


def _table(head: html.Markup, rows: Sequence[html.Markup]) -> html.Markup:
    return html.div(html.table(html.thead(head), html.tbody(rows), class_="plain data"), class_="sample")


def _arrow(before: Any, after: Any) -> html.Markup:
    first, second = _said(before), _said(after)
    if numbers.numeric(before) is not None and numbers.numeric(after) is not None:
        first, second = numbers.told_apart(before, after)
    return html.text(html.del_(first), " → ", html.ins(second))


def _said(value: Any) -> str:
    return words.bound(value, grouped=True) if value is not None else "nothing"
