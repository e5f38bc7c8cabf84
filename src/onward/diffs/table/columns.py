"""What changed in each column that both tables have, and how far."""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from onward.diffs.table.database import Database, quoted

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_FLOATS = ("FLOAT", "DOUBLE")
_BINS = 20
_MOST_VALUES = 10
_MOST_SUMMARISED = 60
"""Columns whose distributions are taken."""


@dataclass(frozen=True)
class Column:
    """A column that both tables have. `before` is its name in the old one, where it was renamed."""

    name: str
    before: str
    type: str
    type_before: str

    @property
    def is_float(self) -> bool:
        return self.type in _FLOATS and self.type_before in _FLOATS

    @property
    def is_number(self) -> bool:
        return all(
            kind in (*_INTEGERS, *_FLOATS) or kind.startswith("DECIMAL") for kind in (self.type, self.type_before)
        )

    @property
    def is_comparable(self) -> bool:
        """Whether its values can be held against each other as they are; else their texts are."""
        return self.type == self.type_before or self.is_number

    @property
    def differs(self) -> str:
        """Whether the values of a joined row, in columns `a` and `b` of it, differ."""
        old, new = f"a.{quoted(self.before)}", f"b.{quoted(self.name)}"
        return (
            f"{old} is distinct from {new}" if self.is_comparable else f"{old}::varchar is distinct from {new}::varchar"
        )


@dataclass
class Changes:
    """What changed of a column in the rows that both tables have.

    Attributes:
        changed: rows.
        rising, falling: of a number, the rows in which it grew or shrank.
        small: rows in which it differs by less than the tolerance.
        greatest, mean: how far a number has moved where it did, without its sign.
    """

    changed: int
    rising: int = 0
    falling: int = 0
    small: int = 0
    greatest: float | None = None
    mean: float | None = None

    def is_noise(self, compared: int) -> bool:
        """Whether it is rounding: small wherever it differs, and not to one side in most of the rows."""
        return 0 < self.changed == self.small and 2 * max(self.rising, self.falling) <= compared


def counts(database: Database, columns: Sequence[Column]) -> tuple[tuple[int, int, int], list[int]]:
    """The rows of `differing` that were added, removed and changed; and by column, those in which it changed."""
    rows = [f"count(*) filter (how = '{how}')" for how in ("added", "removed", "changed")]
    changed = [f"count(*) filter (how = 'changed' and a{at} is distinct from b{at})" for at in range(len(columns))]
    added, removed, both, *by_column = database.row(f"select {', '.join(rows + changed)} from differing")
    return (added, removed, both), by_column


def changes_of(
    database: Database, columns: Sequence[Column], changed: Sequence[int], tolerance: float
) -> dict[str, Changes]:
    """By column that changed in some of the rows, how: from `differing`, in which it is `a<n>` and `b<n>`."""
    found = {column.name: Changes(count) for column, count in zip(columns, changed, strict=True) if count}
    measured = [(at, column) for at, column in enumerate(columns) if column.name in found and column.is_number]
    if not measured:
        return found
    measures = [measure for at, column in measured for measure in _measures(column, f"a{at}", f"b{at}", tolerance)]
    row = database.row(f"select {', '.join(measures)} from differing where how = 'changed'")
    for place, (at, column) in enumerate(measured):
        rising, falling, small, greatest, mean = row[place * 5 : place * 5 + 5]
        found[column.name] = Changes(changed[at], rising, falling, small, finite(greatest), finite(mean))
    return found


def _measures(column: Column, old: str, new: str, tolerance: float) -> list[str]:
    far = f"({new}::double - {old}::double)"
    measured = f"{old} is distinct from {new} and {old} is not null and {new} is not null and isfinite({far})"
    scale = f"greatest(abs({old}::double), abs({new}::double))"
    is_small = f"{measured} and abs({far}) <= {tolerance!r} * {scale}" if column.is_float else "false"
    return [
        f"count(*) filter ({measured} and {far} > 0)",
        f"count(*) filter ({measured} and {far} < 0)",
        f"count(*) filter ({is_small})",
        f"max(abs({far})) filter ({measured})",
        f"avg(abs({far})) filter ({measured})",
    ]


def summaries(database: Database, columns: Sequence[Column]) -> dict[str, dict[str, Any]]:
    """By column, its distribution before and after: of a number its least, mean and greatest value and a histogram
    over shared bins, of anything else its most frequent values. Cost: one scan of both tables for the figures of all
    columns, and one for each histogram or set of values."""
    told = list(columns[:_MOST_SUMMARISED])
    if not told:
        return {}
    sides = {side: _figures(database, view, told) for side, view in (("before", "a"), ("after", "b"))}
    found = {}
    for column in told:
        of_column: dict[str, Any] = {side: sides[side][column.name] for side in sides}
        add = _add_histograms if column.is_number else _add_frequent
        add(database, column, of_column)
        found[column.name] = of_column
    return found


def _figures(database: Database, view: str, columns: Sequence[Column]) -> dict[str, dict[str, Any]]:
    """By column, of a number its least, mean and greatest value, of anything else how many values there are; of both
    how many are missing."""
    wanted = [_wanted(column, view) for column in columns]
    row = database.row(f"select {', '.join(wanted)} from {view}")
    found: dict[str, dict[str, Any]] = {}
    for at, column in enumerate(columns):
        first, mean, greatest, missing = row[4 * at : 4 * at + 4]
        if column.is_number and any(bound is not None and not math.isfinite(bound) for bound in (first, greatest)):
            # Only here, for a look at each value costs as much as all the rest.
            is_finite = f"filter (where {_is_finite(column, view)})"
            first, mean, greatest, missing = database.row(f"select {_wanted(column, view, is_finite)} from {view}")
        if column.is_number:
            found[column.name] = {"min": finite(first), "mean": finite(mean), "max": finite(greatest)}
        else:
            found[column.name] = {"distinct": first}
        found[column.name]["missing"] = missing
    return found


def _wanted(column: Column, view: str, which: str = "") -> str:
    """The four figures of a column, of a number over the values that a filter leaves."""
    name = _name(column, view)
    if not column.is_number:
        return f"approx_count_distinct({name}), null, null, count(*) - count({name})"
    value = f"{name}::double"
    return f"min({value}) {which}, avg({value}) {which}, max({value}) {which}, count(*) - count({name}) {which}"


def _is_finite(column: Column, view: str) -> str:
    """Whether a value of a column of numbers is there and can be reckoned with."""
    kind = column.type_before if view == "a" else column.type
    return f"isfinite({_name(column, view)})" if kind in _FLOATS else f"{_name(column, view)} is not null"


def _name(column: Column, view: str) -> str:
    return quoted(column.before if view == "a" else column.name)


def _add_histograms(database: Database, column: Column, told: dict[str, Any]) -> None:
    bounds = [told[side][bound] for side in ("before", "after") for bound in ("min", "max")]
    known = [bound for bound in bounds if bound is not None]
    if not known:
        return
    low, high = min(known), max(known)
    width = (high - low) / _BINS
    if not 0 < width < math.inf:
        return
    told["bins"] = [low + width * at for at in range(_BINS)] + [high]
    for side, view in (("before", "a"), ("after", "b")):
        place = f"least({_BINS - 1}, floor(({_name(column, view)}::double - ({low!r})) / {width!r})::int)"
        counts = dict(
            database.rows(
                f"select {place} as place, count(*) from {view} where {_is_finite(column, view)} group by place"
            )
        )
        told[side]["histogram"] = [counts.get(at, 0) for at in range(_BINS)]


def _add_frequent(database: Database, column: Column, told: dict[str, Any]) -> None:
    counts = [
        f"select {quoted(name)} as value, count(*) as {side} from {view} group by all"
        for side, view, name in (("old", "a", column.before), ("new", "b", column.name))
    ]
    if not column.is_comparable:
        counts = [query.replace(" as value", "::varchar as value") for query in counts]
    frequent = database.rows(
        f"select value::varchar, coalesce(old, 0), coalesce(new, 0) from ({counts[0]}) o full join ({counts[1]}) n "
        f"using (value) order by greatest(coalesce(old, 0), coalesce(new, 0)) desc, value limit {_MOST_VALUES}"
    )
    told["values"] = [{"value": value, "before": old, "after": new} for value, old, new in frequent]


def finite(value: Any) -> float | None:
    """A number as JSON can say it; None for what it cannot."""
    return float(value) if value is not None and math.isfinite(value) else None


def shown(value: str, kind: str) -> str:
    """A value as it is fetched: DuckDB gives instants with a zone only to whoever has a library for zones."""
    return f"{value}::varchar" if "TIME ZONE" in kind else value


def plain(value: Any) -> Any:
    """A value of a cell as JSON can say it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, datetime.timedelta)):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value)
