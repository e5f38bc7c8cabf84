"""Tables: rows by key, and what changed in which column."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from onward.base.numbers import change, told_apart
from onward.base.text import listed, plural
from onward.diffs.table.columns import Changes, Column, changes_of, counts, plain, shown, summaries
from onward.diffs.table.database import Database, names, open_tables, quoted
from onward.diffs.table.pairing import Pairing, pairing
from onward.model.artifact import TABLE, Artifact
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import Side

_ALIKE = 0.9
"""The share of equal values from which on a column that went is one that came under another name."""


_FEW = 0.01
"""The share of rows below which those that came and went make no column's distribution another one."""


@dataclass
class _Found:
    """What two tables have and have not in common.

    Attributes:
        rows: of both tables.
        are_columns_moved: those that both have stand in another order.
        added, removed: columns that only one has.
        columns: those of both.
        pairing: how rows are paired; None where only whole rows can be counted.
        rows_added, rows_removed, rows_changed: rows.
        changes: of the columns whose values differ somewhere.
        noise: the columns whose differences are rounding.
    """

    rows: tuple[int, int]
    are_columns_moved: bool
    added: dict[str, str]
    removed: dict[str, str]
    columns: list[Column]
    pairing: Pairing | None
    rows_added: int = 0
    rows_removed: int = 0
    rows_changed: int = 0
    changes: dict[str, Changes] = field(default_factory=dict)
    noise: dict[str, Changes] = field(default_factory=dict)

    @property
    def renamed(self) -> dict[str, str]:
        return {column.name: column.before for column in self.columns if column.name != column.before}

    @property
    def retyped(self) -> dict[str, tuple[str, str]]:
        return {
            column.name: (column.type_before, column.type)
            for column in self.columns
            if column.type != column.type_before
        }

    @property
    def has_other_columns(self) -> bool:
        return bool(self.added or self.removed or self.renamed or self.retyped)

    @property
    def touched(self) -> int:
        """Rows that came, went or changed."""
        return self.rows_added + self.rows_removed + self.rows_changed


class TableDiff:
    """`detail`: `rows`, `key`, `schema`, `columns`, `sample`, as docs/reference/differences.md describes them."""

    name = TABLE

    def compare(self, before: Side, after: Side, options: DiffOptions) -> Difference | None:
        with tempfile.TemporaryDirectory(prefix="onward-diff-") as folder:
            database = open_tables(before, after, folder)
            if database is None:
                return None
            try:
                return _compare(database, before.artifact, after.artifact, options)
            finally:
                database.close()


def _compare(database: Database, before: Artifact, after: Artifact, options: DiffOptions) -> Difference:
    found = _pair(database, before, after, options)
    if found.pairing is None:
        _count_whole_rows(database, found)
        sample: list[dict[str, Any]] = []
    else:
        differing = _differing(found, before, after)
        _gather(database, found.pairing, differing)
        _measure(database, found, differing, options.tolerance)
        sample = _sample(database, found, found.pairing, differing, options.samples)
    moved = found.rows_added + found.rows_removed
    has_moved = moved > 0 if found.pairing is None else moved >= _FEW * max(found.rows)
    key = found.pairing.key if found.pairing is not None else ()
    told = [
        column for column in found.columns if column.name in found.changes or (has_moved and column.name not in key)
    ]
    distributions = summaries(database, told)
    means_nothing = not found.has_other_columns and found.touched == 0 and bool(found.noise)
    share = 1.0 if found.has_other_columns else found.touched / max(1, *found.rows)
    return Difference(
        _summary(found, distributions), _detail(found, distributions, sample, options), min(1.0, share), means_nothing
    )


# Which row and which column stand beside which.


def _pair(database: Database, before: Artifact, after: Artifact, options: DiffOptions) -> _Found:
    rows = (database.row("select count(*) from a")[0], database.row("select count(*) from b")[0])
    old, new = database.before, database.after
    columns = [Column(name, name, kind, old[name]) for name, kind in new.items() if name in old]
    removed = {name: kind for name, kind in old.items() if name not in new}
    added = {name: kind for name, kind in new.items() if name not in old}
    paired = pairing(database, options.key, before, after, rows)
    are_moved = [name for name in old if name in new] != [name for name in new if name in old]
    found = _Found(rows, are_moved, added, removed, columns, paired)
    if paired is not None:
        _find_renamed(database, found, paired)
    return found


def _find_renamed(database: Database, found: _Found, paired: Pairing) -> None:
    """Takes a column that went and one that came for the same one where nearly all values are equal."""
    pairs = [(old, new) for old, kind in found.removed.items() for new, other in found.added.items() if kind == other]
    if not pairs:
        return
    equal = [f"count(*) filter (a.{quoted(old)} is not distinct from b.{quoted(new)})" for old, new in pairs]
    is_in_both = f"not ({paired.is_added()}) and not ({paired.is_removed()})"
    total, *counts = database.row(f"select count(*), {', '.join(equal)} from {paired.join()} where {is_in_both}")
    for count, (old, new) in sorted(zip(counts, pairs, strict=True), reverse=True):
        if total and count / total >= _ALIKE and old in found.removed and new in found.added:
            found.columns.append(Column(new, old, found.added.pop(new), found.removed.pop(old)))


def _differing(found: _Found, before: Artifact, after: Artifact) -> list[Column]:
    """The columns that may differ in paired rows. Where rows stand at the same places, equal digests say that one
    does not."""
    assert found.pairing is not None
    compared = [column for column in found.columns if column.name not in found.pairing.key]
    if not found.pairing.is_by_place:
        return compared
    old = {column.name: column.content for column in before.columns}
    new = {column.name: column.content for column in after.columns}
    return [column for column in compared if column.before not in old or old[column.before] != new.get(column.name)]


# What differs.


def _gather(database: Database, paired: Pairing, columns: Sequence[Column]) -> None:
    """Keeps every row that came, went or changed as `differing`: `how` it differs, its key as `k<n>`, and its values
    before and after as `a<n>` and `b<n>`."""
    if paired.is_mostly_placed:
        _gather_by_place(database, paired, columns)
        return
    is_added, is_removed = paired.is_added(), paired.is_removed()
    views = "a" if paired.is_by_place else "ab"
    key = [
        f"coalesce({', '.join(f'{view}.{quoted(name)}' for view in views)}) as k{at}"
        for at, name in enumerate(paired.key)
    ]
    differs = " or ".join([is_added, is_removed, *(column.differs for column in columns)])
    kept = ", ".join([_how(is_added, is_removed), *key, *_values(columns)])
    database.do(f"create temp table differing as select {kept} from {paired.join()} where {differs}")


def _gather_by_place(database: Database, paired: Pairing, columns: Sequence[Column]) -> None:
    """Compares the rows that stand beside their like there, in one scan of both tables, and joins only the others."""
    named = [f"{view}.{quoted(name)} as k{view}{at}" for view in "ab" for at, name in enumerate(paired.key)]
    kept = ", ".join([f"{paired.is_placed} as is_placed", *named, *_values(columns)])
    differs = " or ".join([f"not ({paired.is_placed})", *(column.differs for column in columns)])
    database.do(f"create temp table beside as select {kept} from a positional join b where {differs}")

    keys = [(f"ka{at}", f"kb{at}") for at in range(len(paired.key))]
    values = [(f"a{at}", f"b{at}") for at in range(len(columns))]
    before, after = (  # beyond the end of the shorter table there is no key
        f"(select {', '.join(pair[side] for pair in keys + values)} from beside "
        f"where not is_placed and {keys[0][side]} is not null)"
        for side in (0, 1)
    )
    is_added, is_removed = f"{keys[0][0]} is null", f"{keys[0][1]} is null"
    sides = [value for pair in values for value in pair]
    kept = ", ".join(
        [
            _how(is_added, is_removed),
            *(f"coalesce({old}, {new}) as k{at}" for at, (old, new) in enumerate(keys)),
            *sides,
        ]
    )
    is_same_key = " and ".join(f"{old} = {new}" for old, new in keys)
    differs = " or ".join([is_added, is_removed, *(f"{old} is distinct from {new}" for old, new in values)])
    joined = f"{before} full join {after} on {is_same_key}"
    database.do(f"create temp table apart as select {kept} from {joined} where {differs}")

    kept = ", ".join(["'changed' as how", *(f"{old} as k{at}" for at, (old, _) in enumerate(keys)), *sides])
    database.do(f"create temp view differing as select {kept} from beside where is_placed union all from apart")


def _how(is_added: str, is_removed: str) -> str:
    return f"case when {is_added} then 'added' when {is_removed} then 'removed' else 'changed' end as how"


def _values(columns: Sequence[Column]) -> list[str]:
    """The values of a joined row before and after, as texts where they cannot be held against each other."""
    return [
        f"{side}.{quoted(name)}{'' if column.is_comparable else '::varchar'} as {side}{at}"
        for at, column in enumerate(columns)
        for side, name in (("a", column.before), ("b", column.name))
    ]


def _measure(database: Database, found: _Found, columns: Sequence[Column], tolerance: float) -> None:
    """Counts the rows that differ, finds out how far each column moved, and leaves rounding aside."""
    rows, changed = counts(database, columns)
    found.rows_added, found.rows_removed, found.rows_changed = rows
    compared = min(found.rows[0] - found.rows_removed, found.rows[1] - found.rows_added)
    changes = changes_of(database, columns, changed, tolerance)
    found.noise = {name: told for name, told in changes.items() if told.is_noise(compared)}
    found.changes = {name: told for name, told in changes.items() if name not in found.noise}
    if found.noise:
        differs = _differs(columns, found.changes)
        (found.rows_changed,) = database.row(f"select count(*) from differing where how = 'changed' and ({differs})")


def _differs(columns: Sequence[Column], counted: Sequence[str] | dict[str, Changes]) -> str:
    """Whether a row of `differing` differs in one of the columns that are counted."""
    tests = [f"a{at} is distinct from b{at}" for at, column in enumerate(columns) if column.name in counted]
    return " or ".join(tests) or "false"


def _count_whole_rows(database: Database, found: _Found) -> None:
    """Without a key, a row that is not there as it was has gone, and another one has come."""
    old = names([column.before for column in found.columns])
    new = names([column.name for column in found.columns])
    if not found.columns:
        found.rows_removed, found.rows_added = found.rows
        return
    (found.rows_removed,) = database.row(f"select count(*) from (select {old} from a except all select {new} from b)")
    (found.rows_added,) = database.row(f"select count(*) from (select {new} from b except all select {old} from a)")


def _sample(
    database: Database, found: _Found, paired: Pairing, columns: Sequence[Column], limit: int
) -> list[dict[str, Any]]:
    """Some rows of each sort, in the order of the key: its values, and those that came, went or changed."""
    key = [f"k{at}" for at in range(len(paired.key))]
    fetched = [shown(name, database.before[column]) for name, column in zip(key, paired.key, strict=True)]
    for at, column in enumerate(columns):
        fetched += [shown(f"a{at}", column.type_before), shown(f"b{at}", column.type)]
    order = f"order by {', '.join(key)}" if key else ""
    rows = []
    for how, count in (("changed", found.rows_changed), ("added", found.rows_added), ("removed", found.rows_removed)):
        if not count:
            continue
        is_counted = _differs(columns, found.changes) if how == "changed" else "true"
        which = f"from differing where how = '{how}' and ({is_counted}) {order} limit {limit}"
        query = f"select {', '.join(fetched) or '1'} {which}"
        rows += [_sampled(how, row, paired, columns) for row in database.rows(query)]
    return rows


def _sampled(how: str, row: tuple[Any, ...], paired: Pairing, columns: Sequence[Column]) -> dict[str, Any]:
    told: dict[str, Any] = {"change": how, "key": dict(zip(paired.key, map(plain, row), strict=False))}
    values = row[len(paired.key) :]
    sides: dict[str, dict[str, Any]] = {"before": {}, "after": {}}
    for at, column in enumerate(columns):
        old, new = plain(values[2 * at]), plain(values[2 * at + 1])
        if how != "changed" or old != new:
            sides["before"][column.before] = old
            sides["after"][column.name] = new
    wanted = {"changed": ("before", "after"), "added": ("after",), "removed": ("before",)}[how]
    return told | {side: sides[side] for side in wanted}


# What is told.


def _detail(
    found: _Found, distributions: dict[str, dict[str, Any]], sample: list[dict[str, Any]], options: DiffOptions
) -> dict[str, Any]:
    columns = []
    for column in found.columns:
        told = found.changes.get(column.name) or found.noise.get(column.name)
        if told is None and column.name not in distributions:
            continue
        entry: dict[str, Any] = {"name": column.name, "changed": told.changed if told is not None else 0}
        if told is not None and column.is_number:
            entry |= {"rising": told.rising, "falling": told.falling, "greatest": told.greatest, "mean": told.mean}
        if column.name in found.noise:
            entry["rounding"] = True
        columns.append(entry | distributions.get(column.name, {}))
    return {
        "rows": {
            "before": found.rows[0],
            "after": found.rows[1],
            "added": found.rows_added,
            "removed": found.rows_removed,
            "changed": found.rows_changed,
        },
        "key": list(found.pairing.key) if found.pairing is not None else [],
        "paired": "by key" if found.pairing and found.pairing.key else "by place" if found.pairing else "as whole rows",
        "tolerance": options.tolerance,
        "schema": {
            "added": found.added,
            "removed": found.removed,
            "retyped": {name: {"before": old, "after": new} for name, (old, new) in found.retyped.items()},
            "renamed": {name: {"before": old, "after": name} for name, old in found.renamed.items()},
        },
        "columns": columns,
        "sample": sample,
    }


def _summary(found: _Found, distributions: dict[str, dict[str, Any]]) -> str:
    parts = [*_about_columns(found), *_about_rows(found)]
    if found.noise and not found.touched:
        told = ", ".join(f"`{name}`" for name in found.noise)
        parts.append(f"{told} {'differs' if len(found.noise) == 1 else 'differ'} by rounding alone")
    if not parts and found.are_columns_moved:
        parts.append("the columns stand in another order")
    if not parts:
        parts.append(f"the same {plural(found.rows[1], 'row')} in another order")
    mean = _mean(found, distributions)
    return "; ".join([", ".join(parts), *([mean] if mean else [])])


def _about_rows(found: _Found) -> list[str]:
    parts = []
    if found.rows_added:
        parts.append(f"{plural(found.rows_added, 'row')} came in")
    if found.rows_removed:
        went = "went" if found.rows_added else f"{plural(found.rows_removed, 'row')} went"
        parts.append(f"{found.rows_removed:,} {went}" if found.rows_added else went)
    if found.rows_changed:
        where = listed([f"`{name}`" for name in found.changes], 3)
        noun = plural(found.rows_changed, "row") if not parts else f"{found.rows_changed:,}"
        parts.append(f"{noun} changed in {where}")
    return parts


def _about_columns(found: _Found) -> list[str]:
    parts = [f"`{old}` is called `{name}` now" for name, old in found.renamed.items()]
    for word, which in (("is new", found.added), ("is gone", found.removed)):
        if which:
            parts.append(
                f"{listed([f'`{name}`' for name in which], 3)} {word if len(which) == 1 else 'are' + word[2:]}"
            )
    if found.retyped:
        words = [f"`{name}` is {new.lower()} and was {old.lower()}" for name, (old, new) in found.retyped.items()]
        parts.append(listed(words, 2))
    return parts


def _mean(found: _Found, distributions: dict[str, dict[str, Any]]) -> str | None:
    """How the mean of the one number moved that changed most, where there is one."""
    changed = sorted(found.changes.items(), key=lambda item: -item[1].changed)
    for name, _ in changed[:1]:
        told = distributions.get(name, {})
        old, new = told.get("before", {}).get("mean"), told.get("after", {}).get("mean")
        if old is not None and new is not None and old != new:
            before, after = told_apart(old, new)
            return f"mean `{name}` {before} → {after} ({change(new - old, old)})"
    return None
