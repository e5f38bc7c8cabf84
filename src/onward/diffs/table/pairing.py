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

    def join(self) -> str:
        """The join of `a` and `b`."""
        if self.is_by_place:
            return "a positional join b"
        return "a full join b on " + " and ".join(f"a.{quoted(name)} = b.{quoted(name)}" for name in self.key)

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
    if declared and set(declared) <= database.before.keys() & database.after.keys():
        paired = _by_key(database, tuple(declared), rows, alike)
        if paired is not None:
            return paired
    return _found(database, rows, alike) or (Pairing((), True) if rows[0] == rows[1] else None)


def _by_key(database: Database, key: tuple[str, ...], rows: tuple[int, int], alike: set[str]) -> Pairing | None:
    """How rows are paired by a key; None where it does not name each row of both tables. Keys that are `alike` are
    looked at on one side."""
    placed, *rising = _standing(database, key, "a" if set(key) <= alike else "ab")
    is_by_place = placed == rows[0] == rows[1]
    for at, view in enumerate("a" if is_by_place else "ab"):  # of two that are alike, one is proved
        if rising[at] < rows[at] and not _is_unique(database, view, key, rows[at]):
            return None
    return Pairing(key, is_by_place, is_mostly_placed=not is_by_place and placed >= _MOSTLY * max(rows))


def _standing(database: Database, key: tuple[str, ...], views: str) -> tuple[int, ...]:
    """How the keys of one or two tables stand, seen in one scan: at how many places all have the same one; and of each
    table, in how many rows it is there and greater than the one before. Where it is so in all, none stands twice."""
    width = len(key)
    columns = ", ".join(f"{view}.{quoted(name)} as {view}{at}" for view in views for at, name in enumerate(key))
    last = ", ".join(f"lag({_whole(view, width)}) over () as last_{view}" for view in views)
    is_same = " and ".join(f"{views[0]}{at} is not distinct from {views[-1]}{at}" for at in range(width))
    tests = [is_same, *(_rises(view, width) for view in views)]
    return database.row(
        f"select {', '.join(f'count(*) filter ({test})' for test in tests)} "
        f"from (select *, {last} from (select {columns} from {' positional join '.join(views)}))"
    )


def _whole(view: str, width: int) -> str:
    """A key of so many columns as one value."""
    parts = [f"{view}{at}" for at in range(width)]
    return parts[0] if width == 1 else f"row({', '.join(parts)})"


def _rises(view: str, width: int) -> str:
    """Whether a row has a key, and one that is greater than that of the row before."""
    is_there = [f"{view}{at} is not null" for at in range(width)]
    return " and ".join([*is_there, f"(last_{view} is null or {_whole(view, width)} > last_{view})"])


def _found(database: Database, rows: tuple[int, int], alike: set[str]) -> Pairing | None:
    """By the smallest set of up to three columns that is unique on both sides; of several, with most shared values."""
    if 0 in rows:
        return None
    columns = [
        column for column, kind in database.before.items() if _can_be_key(kind) and database.after.get(column) == kind
    ]
    if not columns:
        return None
    heads = {view: _head(database, view, columns) for view in "ab"}
    tries = 0
    for size in range(1, _MOST_KEY_COLUMNS + 1):
        found: list[Pairing] = []
        for candidate in itertools.combinations(columns, size):
            if any(_repeats(heads[view], [columns.index(column) for column in candidate]) for view in "ab"):
                continue
            tries += 1
            if tries > _MOST_TRIES:
                break
            paired = _by_key(database, candidate, rows, alike)
            if paired is not None:
                found.append(paired)
        if found:
            return max(found, key=lambda paired: _shared(database, paired, rows)) if len(found) > 1 else found[0]
    return None


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


def _shared(database: Database, paired: Pairing, rows: tuple[int, int]) -> int:
    """How many rows of the one table find their like in the other."""
    if paired.is_by_place:
        return rows[0]
    key = names(paired.key)
    (count,) = database.row(f"select count(*) from (select {key} from a intersect select {key} from b)")
    return int(count)
