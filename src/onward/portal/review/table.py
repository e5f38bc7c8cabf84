"""A table: rows that came, went and changed, its columns with how far they moved, and some of the rows themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onward.base import numbers
from onward.base.text import plural
from onward.portal import drawing, html, shell, words

Told = Mapping[str, Any]
"""A part of a detail."""

_MOST_COLUMNS = 6
"""Columns whose change is open; the others are a click away."""
_MOST_ROWS = 4
"""Rows of each sort that are open."""
_MOST_SAMPLED = 14
"""Columns of the rows."""
_MOST_FREQUENT = 4
_RARE = 0.01
"""A share of the rows: where no value has as much of them, the values are names of rows, and say nothing together."""
_SIGNS = {"changed": "~", "added": "+", "removed": "−"}


def is_told(detail: Told) -> bool:
    """Whether it is a table's detail."""
    return all(name in detail for name in ("rows", "schema", "columns"))


def shown(detail: Told) -> html.Markup:
    """All that is known of the change."""
    return html.div(_rows(detail), _schema(detail["schema"]), _columns(detail), _sample(detail), class_="table-change")


def _rows(detail: Told) -> html.Markup:
    rows = detail["rows"]
    before, after = numbers.number(rows["before"]), numbers.number(rows["after"])
    counted = [
        (_SIGNS["added"], "came in", rows["added"], "added"),
        (_SIGNS["removed"], "went", rows["removed"], "removed"),
        (_SIGNS["changed"], "changed", rows["changed"], "changed"),
    ]
    how = detail.get("paired", "")
    key = [[", " if place else None, html.code(name)] for place, name in enumerate(detail.get("key") or ())]
    return html.p(
        html.span(
            f"{before} → " if before != after else None, html.strong(after), " row" if rows["after"] == 1 else " rows"
        ),
        [
            html.span(html.span(sign, aria_hidden="true", class_=f"change-sign {kind}"), f"{count:,} {verb}")
            for sign, verb, count, kind in counted
            if count
        ],
        html.span("rows paired by ", key) if key else html.span(f"rows paired {how}") if how else None,
        class_="meta",
    )


def _schema(schema: Told) -> html.Markup | None:
    told = [
        *((name, "new", kind) for name, kind in schema.get("added", {}).items()),
        *((name, "gone", kind) for name, kind in schema.get("removed", {}).items()),
        *((each["before"], "called otherwise", each["after"]) for each in schema.get("renamed", {}).values()),
    ]
    items = [html.li(html.code(html.breakable(name)), f" is {how}: ", html.code(kind)) for name, how, kind in told]
    items += [
        html.li(html.code(html.breakable(name)), ": ", html.del_(each["before"]), " → ", html.ins(each["after"]))
        for name, each in schema.get("retyped", {}).items()
    ]
    return html.ul(items, class_="schema") if items else None


# Columns.


def _columns(detail: Told) -> html.Markup | None:
    columns = sorted(detail["columns"], key=lambda column: (-column.get("changed", 0), -_shift(column, detail["rows"])))
    if not columns:
        return None
    first, rest = columns[:_MOST_COLUMNS], columns[_MOST_COLUMNS:]
    return html.div(
        html.p(
            html.span(html.span(class_="swatch before"), "before"),
            html.span(html.span(class_="swatch after"), "after"),
            html.span("as shares of all rows"),
            class_="legend",
        ),
        _columns_table(first, detail["rows"]),
        html.details(
            html.summary(plural(len(rest), "more column", "more columns")), _columns_table(rest, detail["rows"])
        )
        if rest
        else None,
    )


def _columns_table(columns: Sequence[Told], rows: Told) -> html.Markup:
    has_changed = any(column.get("changed") for column in columns)
    head = html.tr(
        html.th("Column", scope="col"),
        [html.th("Rows changed", scope="col", class_="number"), html.th("How far", scope="col")]
        if has_changed
        else None,
        html.th("Before → after", scope="col"),
        html.th("Distribution", scope="col"),
    )
    body = [
        html.tr(
            html.th(html.breakable(column["name"]), scope="row"),
            [html.td(_changed(column), class_="number"), html.td(_how_far(column))] if has_changed else None,
            html.td(_before_after(column)),
            html.td(_distribution(column, rows)),
        )
        for column in columns
    ]
    table = html.table(html.thead(head), html.tbody(body), class_="plain changed-columns")
    return shell.scroller(table, "Columns that changed")


def _changed(column: Told) -> html.Child:
    changed = column.get("changed", 0)
    if not changed:
        return "–"
    ways = [f"{sign} {column[way]:,}" for sign, way in (("↑", "rising"), ("↓", "falling")) if column.get(way)]
    return [f"{changed:,}", html.small(words.NO_BREAK.join(" ".join(ways).split(" "))) if ways else None]


def _how_far(column: Told) -> html.Child:
    if column.get("rounding"):
        return "rounding alone"
    if column.get("mean") is None:
        return None
    mean, greatest = numbers.number(column["mean"]), numbers.number(column["greatest"])
    if mean == greatest:
        return f"by {mean}"
    return [f"by {mean} on average", html.small(f"{greatest} at most")]


def _before_after(column: Told) -> html.Child:
    """How the mean moved, or of what is no number how many values there are; and what is missing."""
    old, new = column.get("before") or {}, column.get("after") or {}
    told: list[html.Child] = []
    if old.get("mean") is not None or new.get("mean") is not None:
        told.append(["mean ", _arrow(old.get("mean"), new.get("mean"))])
    if "distinct" in old and "distinct" in new:
        counts = old["distinct"], new["distinct"]
        about = "about " if max(counts) >= words.GROUPED_FROM else ""  # so many are estimated
        told.append([about, _arrow(*counts), " value" if counts == (1, 1) else " values"])
    if (old.get("missing") or 0) != (new.get("missing") or 0):
        told.append(html.small(_arrow(old.get("missing"), new.get("missing")), " missing"))
    return told


def _arrow(before: Any, after: Any) -> html.Markup:
    if before == after:
        return html.text(numbers.number(after))
    if numbers.numeric(before) is not None and numbers.numeric(after) is not None:
        before, after = numbers.told_apart(before, after)
    return html.text(html.span(numbers.number(before), class_="before"), " → ", html.strong(numbers.number(after)))


def _distribution(column: Told, rows: Told) -> html.Child:
    old, new = column.get("before") or {}, column.get("after") or {}
    if old.get("histogram") and new.get("histogram"):
        low, high = numbers.number(column["bins"][0]), numbers.number(column["bins"][-1])
        picture = drawing.histograms(column["name"], old["histogram"], new["histogram"], (low, high))
        return html.div(picture, html.span(html.span(low), html.span(high), class_="ends"), class_="spread")
    values = column.get("values") or []
    longest = max((_share(each, rows, side) for each in values for side in ("before", "after")), default=0.0)
    if longest < _RARE:
        return None
    return html.ul([_frequent(value, rows, longest) for value in values[:_MOST_FREQUENT]], class_="frequent")


def _frequent(value: Told, rows: Told, longest: float) -> html.Markup:
    """A value with its share of all rows before and after, as bars; the longest one takes the whole room."""
    before, after = _share(value, rows, "before"), _share(value, rows, "after")
    said = words.bound(value["value"], grouped=False) if value["value"] is not None else "missing"
    return html.li(
        html.span(said, class_="value"),
        html.span(
            html.span(style=f"--share: {before / longest:.4f}", class_="before"),
            html.span(style=f"--share: {after / longest:.4f}", class_="after"),
            aria_hidden="true",
            class_="bars",
        ),
        html.span(_shares_said(before, after), class_="share"),
        title=f"{value['before']:,} → {value['after']:,} rows",
    )


def _shares_said(before: float, after: float) -> str:
    first, second = (f"{share * 100:.1f}" for share in (before, after))
    percent = f"{words.NO_BREAK}%"
    return f"{second}{percent}" if first == second else f"{first} → {second}{percent}"


def _share(value: Told, rows: Told, side: str) -> float:
    return min(1.0, value[side] / rows[side]) if rows[side] else 0.0


def _shift(column: Told, rows: Told) -> float:
    """How much of the rows would have to be of another value for the two distributions to be equal, 0 to 1."""
    old, new = column.get("before") or {}, column.get("after") or {}
    if old.get("histogram") and new.get("histogram"):
        first, second = ([count / (sum(each) or 1) for count in each] for each in (old["histogram"], new["histogram"]))
        return sum(abs(left - right) for left, right in zip(first, second, strict=True)) / 2
    return sum(abs(_share(v, rows, "before") - _share(v, rows, "after")) for v in column.get("values") or ()) / 2


# Rows.


def _sample(detail: Told) -> html.Markup | None:
    sample: Sequence[Told] = detail.get("sample") or ()
    if not sample:
        return None
    keys = list(detail.get("key") or ())
    order = {column["name"]: -column.get("changed", 0) for column in detail["columns"]}
    names = list(dict.fromkeys(name for row in sample for side in ("before", "after") for name in row.get(side, {})))
    names.sort(key=lambda name: order.get(name, 1))
    left_out, names = len(names[_MOST_SAMPLED:]), names[:_MOST_SAMPLED]
    by_sort = [(how, [row for row in sample if row["change"] == how]) for how in _SIGNS]
    open_rows = [row for _, rows in by_sort for row in rows[:_MOST_ROWS]]
    folded = [row for _, rows in by_sort for row in rows[_MOST_ROWS:]]
    return html.div(
        html.h4("Some of the rows"),
        _sample_table(open_rows, keys, names),
        html.details(html.summary(plural(len(folded), "more row")), _sample_table(folded, keys, names))
        if folded
        else None,
        html.p(f"{plural(left_out, 'column')} left out.", class_="note") if left_out else None,
        class_="sample",
    )


def _sample_table(rows: Sequence[Told], keys: Sequence[str], names: Sequence[str]) -> html.Markup:
    columns = {name: _SampleColumn.of(name, _values(rows, name)) for name in (*keys, *names)}
    head = html.tr(
        html.th(html.span("What happened", class_="unseen"), scope="col"),
        [html.th(name, scope="col", class_=column.css) for name, column in columns.items()],
    )
    body = [
        html.tr(
            html.td(
                html.span(_SIGNS[row["change"]], aria_hidden="true", class_=f"change-sign {row['change']}"),
                html.span(row["change"], class_="unseen"),
                class_="short",
            ),
            [html.th(columns[name].said(row["key"].get(name)), scope="row", class_=columns[name].css) for name in keys],
            [_changed_cell(row, name, columns[name]) for name in names],
            class_=row["change"],
        )
        for row in rows
    ]
    table = html.table(html.thead(head), html.tbody(body), class_="plain data")
    return shell.scroller(table, "Rows that came, went and changed")


def _values(rows: Sequence[Told], name: str) -> list[Any]:
    sides = [row.get(side) or {} for row in rows for side in ("key", "before", "after")]
    return [side[name] for side in sides if side.get(name) is not None]


@dataclass(frozen=True)
class _SampleColumn:
    """How a column of the sample is written. `is_grouped`: thousands stand apart."""

    is_number: bool
    is_grouped: bool

    @staticmethod
    def of(name: str, values: Sequence[Any]) -> _SampleColumn:
        return _SampleColumn(all(map(_is_number, values)), words.is_grouped(name, values))

    @property
    def css(self) -> str | None:
        return "number" if self.is_number else None

    def said(self, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            return html.json_text(value)
        return words.bound(value, grouped=self.is_grouped)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _changed_cell(row: Told, name: str, column: _SampleColumn) -> html.Markup:
    """A cell as it was and as it is; empty where it is the same on both sides."""
    sides = {side: row[side][name] for side in ("before", "after") if name in row.get(side, {})}
    if len(sides) < 2:
        return html.td([column.said(value) for value in sides.values()], class_=column.css)
    before, after = column.said(sides["before"]), column.said(sides["after"])
    if column.is_number and not column.is_grouped:
        before, after = numbers.told_apart(sides["before"], sides["after"])
    return html.td(html.del_(before), " → ", html.ins(after), class_=f"{column.css or ''} differs".strip())
