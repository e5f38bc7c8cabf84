"""Which row of one table stands beside which of the other: by a key, else by place."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from onward.diffs.table.database import Database, names, quoted
from onward.model.artifact import Artifact

_MOST_KEY_COLUMNS = 3
_HEAD = 20_000
"""Rows that are looked at first: nearly all that is no key shows in them."""
_MOST_TRIES = 60
"""Sets of columns that are tried on all rows."""
_MOSTLY = 0.5
"""The share of rows from which on those that stand at the same places are compared there, and only the rest joined."""
_DENSE = 64
"""Bits for a row at most, in which each number of a key that is one has its own."""
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_NO_KEY = ("FLOAT", "DOUBLE", "BOOLEAN", "BLOB")
_NESTED = ("STRUCT", "MAP", "UNION", "[", "JSON")


@dataclass(frozen=True)
class Pairing:
    """How rows are paired.

    Attributes:
        key: the columns whose values name a row; empty where rows are paired by their place.
        is_by_place: row 1 with row 1. With a key: both sides hold the same keys in the same order.
        is_mostly_placed: with a key, most rows stand at the same places on both sides.
    """

    key: tuple[str, ...]
    is_by_place: bool
    is_mostly_placed: bool = False

    @property
    def is_placed(self) -> str:
        """Whether the rows that stand at one place have the same key, which every row has."""
        return " and ".join(f"a.{quoted(column)} is not distinct from b.{quoted(column)}" for column in self.key)

    def join(self, before: str = "a", after: str = "b") -> str:
        """The join of `a` and `b`, or of other rows under these names."""
        if self.is_by_place:
            return f"{before} positional join {after}"
        return f"{before} full join {after} on " + " and ".join(
            f"a.{quoted(column)} = b.{quoted(column)}" for column in self.key
        )

    def is_added(self) -> str:
        """Whether a joined row is of `b` alone."""
        return "false" if self.is_by_place else f"a.{quoted(self.key[0])} is null"

    def is_removed(self) -> str:
        return "false" if self.is_by_place else f"b.{quoted(self.key[0])} is null"


def pairing(
    database: Database, declared: Sequence[str], before: Artifact, after: Artifact, rows: tuple[int, int]
) -> Pairing | None:
    """How the rows of the two tables are paired; None where they cannot be: without a key, and of other number.

    Args:
        declared: the key that the asset declares; one that is not unique on both sides names no row.
        before, after: the artifacts, whose columns' digests may say that the keys stand in the same order.
        rows: of the two tables.
    """
    same = {(column.name, column.content) for column in before.columns}
    same &= {(column.name, column.content) for column in after.columns}
    alike = {name for name, _ in same} if rows[0] == rows[1] else set()
    is_there = bool(declared) and set(declared) <= database.before.keys() & database.after.keys()
    if is_there and _is_unique(database, "a", declared, rows[0]):
        paired = _by_key(database, tuple(declared), rows, alike)
        if paired.is_by_place or _is_unique(database, "b", declared, rows[1]):
            return paired
    key = _found(database, rows)
    if key:
        return _by_key(database, key, rows, alike)
    return Pairing((), True) if rows[0] == rows[1] else None


def _by_key(database: Database, key: tuple[str, ...], rows: tuple[int, int], alike: set[str]) -> Pairing:
    """How rows are paired by a key, by how many of them stand at the same places; all, where it is `alike`."""
    if set(key) <= alike:
        return Pairing(key, True)
    placed = Pairing(key, False, is_mostly_placed=True)
    (count,) = database.row(f"select count(*) from a positional join b where {placed.is_placed}")
    if count == rows[0] == rows[1]:
        return Pairing(key, True)
    return placed if count >= _MOSTLY * max(rows) else Pairing(key, False)


def _found(database: Database, rows: tuple[int, int]) -> tuple[str, ...]:
    """The smallest set of up to three columns that is unique on both sides, the one with most shared values first."""
    if 0 in rows:
        return ()
    columns = [
        column for column, kind in database.before.items() if _can_be_key(kind) and database.after.get(column) == kind
    ]
    if not columns:
        return ()
    heads = {view: _head(database, view, columns) for view in "ab"}
    tries = 0
    for size in range(1, _MOST_KEY_COLUMNS + 1):
        unique: list[tuple[str, ...]] = []
        for candidate in itertools.combinations(columns, size):
            if any(_repeats(heads[view], [columns.index(column) for column in candidate]) for view in "ab"):
                continue
            tries += 1
            if tries > _MOST_TRIES:
                break
            if _is_key(database, candidate, rows):
                unique.append(candidate)
        if unique:
            return max(unique, key=lambda candidate: _shared(database, candidate)) if len(unique) > 1 else unique[0]
    return ()


def _can_be_key(kind: str) -> bool:
    return kind not in _NO_KEY and not any(word in kind for word in _NESTED)


def _head(database: Database, view: str, columns: Sequence[str]) -> list[tuple[object, ...]]:
    """The first rows, each value as its hash: whatever its type, it costs the same."""
    hashes = [f"case when {quoted(column)} is not null then hash({quoted(column)}) end" for column in columns]
    return database.rows(f"select {', '.join(hashes)} from (from {view} limit {_HEAD})")


def _repeats(rows: Iterable[tuple[object, ...]], places: Sequence[int]) -> bool:
    """Whether two rows hold the same at these places, or one holds nothing there."""
    seen: set[tuple[object, ...]] = set()
    for row in rows:
        value = tuple(row[place] for place in places)
        if value in seen or None in value:
            return True
        seen.add(value)
    return False


def _is_key(database: Database, columns: Sequence[str], rows: tuple[int, int]) -> bool:
    """Whether columns name each row of both tables."""
    return all(_is_unique(database, view, columns, count) for view, count in zip("ab", rows, strict=True))


def _is_unique(database: Database, view: str, columns: Sequence[str], rows: int) -> bool:
    """Whether columns name each row of a table. Whole numbers that lie close together are marked in a field of bits,
    which is several times quicker than to group by them."""
    types = database.before if view == "a" else database.after
    if len(columns) == 1 and types[columns[0]] in _WHOLE and rows:
        name = quoted(columns[0])
        least, greatest, there = database.row(f"select min({name}), max({name}), count({name}) from {view}")
        if there < rows or greatest - least + 1 < rows:
            return False
        if greatest - least < _DENSE * rows:
            marked = f"bitstring_agg({name}, {least}, {greatest})"
            return database.row(f"select bit_count({marked}) from {view}") == (rows,)
    query = f"select count(*) from (select distinct {names(columns)} from {view} where {_all_there(columns)})"
    return database.row(query) == (rows,)


def _all_there(columns: Sequence[str]) -> str:
    return " and ".join(f"{quoted(column)} is not null" for column in columns)


def _shared(database: Database, columns: Sequence[str]) -> int:
    """How many rows of the one table find their like in the other."""
    (count,) = database.row(
        f"select count(*) from (select {names(columns)} from a intersect select {names(columns)} from b)"
    )
    return int(count)
