"""A table: its columns with their distributions, and its rows.

Some rows stand in the page. Up to 5,000 are embedded as JSON beside them, which the script sorts,
filters and pages through; all of them are in the files to download.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

import msgspec

from onward.base import numbers
from onward.base.text import plural
from onward.portal import content, drawing, html, shell, words

PLAIN_ROWS = 50
_MOST_DECIMALS = 4
_INSTANTS = re.compile("datetime|timestamp", re.IGNORECASE)  # in the names that libraries give to types
_SHORT = 32  # letters
_EXACT_IN_SCRIPTS = 2**53


class _Form(msgspec.Struct, frozen=True):
    """How a column's values are written; `decimals` is None where they are written as they are."""

    numeric: bool
    decimals: int | None
    short: bool
    """No value of it needs a second line."""
    grouped: bool
    """Its thousands stand apart."""


def rows(preview: content.TablePreview) -> html.Markup:
    """The rows: plain ones for all readers, and the browser of rows for those with scripts."""
    if not preview.rows:
        return shell.block("Rows", html.p("This table has no rows.", class_="note"), anchor="rows")
    head = _plain_rows(preview.columns, preview.head[: content.MAX_EMBEDDED_ROWS])
    forms = _forms(preview.columns, head)
    among = _among(preview, len(head))
    embedded = {"columns": forms, "rows": head, "among": among, "page": PLAIN_ROWS}
    return shell.block(
        "Rows",
        html.div(
            _tools(f"1–{min(len(head), PLAIN_ROWS)} of {plural(len(head), 'row')}{among}"),
            html.div(
                _plain_table(preview.columns, head[:PLAIN_ROWS], forms),
                class_="scroller rows",
                role="region",
                aria_label="Rows of the table",
                tabindex="0",
            ),
            _pager() if len(head) > PLAIN_ROWS else None,
            html.p(f"All {numbers.number(preview.rows)} rows are in the files to download.", class_="note")
            if among
            else None,
            html.embedded_json(embedded, data_rows=True) if head else None,
            data_table=True,
        ),
        anchor="rows",
    )


def _tools(counted: str) -> html.Markup:
    return html.div(
        html.label(
            "Only rows that hold ",
            html.input_(type="search", autocomplete="off", spellcheck="false", data_filter=True),
            class_="scripted-only",
        ),
        html.p(counted, class_="note", role="status", data_row_count=True),
        class_="table-tools",
    )


def _among(preview: content.TablePreview, embedded: int) -> str:
    """Which of all rows those in the page are; nothing where they are all."""
    if preview.every > 1:
        return f", every {words.ordinal(preview.every)} of {numbers.number(preview.rows)}"
    return f", the first of {numbers.number(preview.rows)}" if preview.rows > embedded else ""


def plain_table(
    columns: Sequence[content.Column], some_rows: Sequence[Sequence[Any]], caption: str = ""
) -> html.Markup:
    """Rows as the page of a table writes them, for wherever else some are shown."""
    plain = _plain_rows(columns, some_rows)
    return _plain_table(columns, plain, _forms(columns, plain), caption)


def _plain_table(
    columns: Sequence[content.Column], plain: list[tuple[Any, ...]], forms: list[_Form], caption: str = ""
) -> html.Markup:
    heads = [
        html.th(html.span(column.name, class_="sorter"), scope="col", class_="number" if form.numeric else None)
        for column, form in zip(columns, forms, strict=True)
    ]
    body = [html.tr([_cell(value, form) for value, form in zip(row, forms, strict=False)]) for row in plain]
    return html.table(
        html.caption(caption) if caption else None,
        html.thead(html.tr(heads)),
        html.tbody(body),
        class_="plain data",
    )


def _pager() -> html.Markup:
    return html.div(
        html.button("Previous", type="button", data_previous=True),
        html.button("Next", type="button", data_next=True),
        class_="pager scripted-only",
    )


def _plain_rows(columns: Sequence[content.Column], some_rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    return [tuple(_plain(value, column) for value, column in zip(row, columns, strict=False)) for row in some_rows]


def _plain(value: Any, column: content.Column) -> Any:
    """A cell's value as JSON and script can hold it without loss; what they cannot hold becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return words.moment(value) if _INSTANTS.search(column.type) else html.speakable(value)
    if isinstance(value, int):
        return value if abs(value) <= _EXACT_IN_SCRIPTS else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else numbers.number(value)
    if isinstance(value, Decimal | date | time):
        return words.moment(words.value_text(value))
    return html.json_text(value)  # a list or a struct


def _forms(columns: Sequence[content.Column], plain: list[tuple[Any, ...]]) -> list[_Form]:
    return [_form(column, [row[place] for row in plain if place < len(row)]) for place, column in enumerate(columns)]


def _form(column: content.Column, values: list[Any]) -> _Form:
    known = [value for value in values if value is not None]
    numeric = bool(known) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)
    decimals = _decimals(known) if numeric else None
    longest = max((len(value) for value in known if isinstance(value, str)), default=0)
    grouped = numeric and words.is_grouped(column.name, [*known, column.min, column.max])
    return _Form(numeric, decimals, short=longest <= _SHORT, grouped=grouped)


def _decimals(values: list[Any]) -> int | None:
    """How many digits behind the point a column needs; None where its numbers are too large or small."""
    most = 0
    for value in values:
        if not isinstance(value, float):
            continue
        written = repr(value)
        if "e" in written or (value and abs(value) < 10**-_MOST_DECIMALS):
            return None
        most = max(most, len(written.partition(".")[2].rstrip("0")))
    return min(most, _MOST_DECIMALS)


def cell_text(value: Any, decimals: int | None, *, grouped: bool) -> str:
    """A cell as it is read; `site.js` writes the same."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return words.value_text(value)
    grouping = "," if grouped else ""
    if decimals is None:
        return repr(value).replace("-", numbers.MINUS, 1) if value < 0 else repr(value)
    written = f"{value:{grouping}.{decimals}f}"
    return numbers.MINUS + written[1:] if written.startswith("-") else written


def _cell(value: Any, form: _Form) -> html.Markup:
    looks = (
        "missing" if value is None else "",
        "number" if form.numeric else "",
        "short" if form.short else "",
    )
    said = "–" if value is None else cell_text(value, form.decimals, grouped=form.grouped)
    return html.td(said, class_=" ".join(look for look in looks if look) or None)


def columns(preview: content.TablePreview) -> html.Markup | None:
    """What is known of each column over all rows."""
    if not preview.columns:
        return None
    heads = ("Column", "Type", "Distribution", "Least", "Mean", "Greatest", "Distinct", "Missing")
    numbers = heads[3:]
    table = html.table(
        html.thead(
            html.tr([html.th(head, scope="col", class_="number" if head in numbers else None) for head in heads])
        ),
        html.tbody([_column(column, preview.rows) for column in preview.columns]),
        class_="plain columns-table",
    )
    return shell.block(
        "Columns",
        shell.scroller(table, "Columns of the table"),
        anchor="columns",
        note=plural(len(preview.columns), "column"),
    )


def _column(column: content.Column, row_count: int) -> html.Markup:
    picture = drawing.histogram(column) or drawing.shares(column, row_count)
    grouped = words.column_is_grouped(column)
    return html.tr(
        html.th(html.breakable(column.name), scope="row"),
        html.td(html.code(column.type)),
        html.td(picture),
        [
            html.td(None if value is None else words.bound(value, grouped=grouped), class_="number")
            for value in (column.min, column.mean, column.max)
        ],
        html.td(_distinct(column.distinct), class_="number"),
        _missing(column.missing, row_count),
    )


def _distinct(count: int | None) -> str | None:
    if count is None:
        return None
    return numbers.number(count) + ("+" if count >= content.MAX_DISTINCT else "")


def _missing(count: int | None, row_count: int) -> html.Markup:
    if count is None:
        return html.td()
    if not count:
        return html.td("none", class_="number missing")
    share = count / row_count if row_count else 0.0
    said = "< 0.1" if share < 0.001 else f"{share * 100:.1f}".removesuffix(".0")
    return html.td(
        numbers.number(count),
        html.small(f"{said}{words.NO_BREAK}%"),
        class_="number",
        title="rows without a value",
    )
