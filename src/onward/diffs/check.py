"""Checks: how one ended before and after, and which rows offend it now and did not before."""

from __future__ import annotations

from typing import Any

from onward.base.digest import Digest
from onward.base.text import plural
from onward.diffs.table.alone import table_that_came, table_that_went
from onward.diffs.table.kind import TableDiff
from onward.diffs.words import came_and_went
from onward.model.artifact import TABLE, Artifact
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import Side
from onward.model.records import CheckRecord

CHECK = "check"
BROKEN = "broken"


def verdict(record: CheckRecord | None, rows: Artifact | None) -> Artifact:
    """How a check ended as an artifact; that of one that was not there has no outcome.

    Args:
        rows: those that offend it, where they are kept.
    """
    facts = {
        "outcome": record.outcome if record is not None else None,
        "rows": record.rows if record is not None else None,
        "has_rows": rows is not None,
    }
    if rows is None:
        return Artifact(CHECK, Digest(""), Digest(""), "", 0, facts=facts)
    return Artifact(CHECK, rows.content, rows.bytes, rows.media, rows.size, facts=facts, columns=rows.columns)


class VerdictDiff:
    """`detail`: `before` and `after` (outcomes), `rows`, and `offending`, which is that of a table."""

    name = CHECK

    def compare(self, before: Side, after: Side, options: DiffOptions) -> Difference | None:
        old, new = before.artifact.facts, after.artifact.facts
        offending = _offending(before, after, options)
        detail = {
            "before": old["outcome"],
            "after": new["outcome"],
            "rows": {"before": old["rows"], "after": new["rows"]},
            "offending": offending.detail if offending is not None else None,
        }
        if old["outcome"] != new["outcome"]:
            return Difference(_words(old, new), detail, 1.0)
        is_same = offending is None or offending.means_nothing
        if is_same and old["rows"] == new["rows"]:
            return Difference(f"{new['outcome']} as before", detail, 0.0, means_nothing=True)
        share = offending.share if offending is not None else 1.0
        return Difference(_still(old, new, offending), detail, max(share, 1e-6))


def _words(old: dict[str, Any], new: dict[str, Any]) -> str:
    """`passed → broken on 3 rows`."""
    if new["outcome"] is None:
        return "gone"
    words = f"new, {new['outcome']}" if old["outcome"] is None else f"{old['outcome']} → {new['outcome']}"
    return f"{words} on {plural(new['rows'], 'row')}" if new["rows"] else words


def _still(old: dict[str, Any], new: dict[str, Any], offending: Difference | None) -> str:
    """`still broken, on other rows: 3 → 4 rows, 2 came in, 1 went`."""
    parts = []
    if old["rows"] != new["rows"] and old["rows"] is not None and new["rows"] is not None:
        parts.append(f"{old['rows']:,} → {plural(new['rows'], 'row')}")
    if offending is not None and "rows" in offending.detail:
        rows = offending.detail["rows"]
        told = came_and_went("row", **{how: rows[how] for how in ("added", "removed", "changed")})
        parts += [told] if told else []
    return f"still {new['outcome']}, on other rows" + (f": {', '.join(parts)}" if parts else "")


def _offending(before: Side, after: Side, options: DiffOptions) -> Difference | None:
    """What differs between the rows that offend; None where they are the same, or those of a side are not kept."""
    old, new = (side.artifact.facts for side in (before, after))
    has_old, has_new = old["has_rows"], new["has_rows"]
    if (old["rows"] and not has_old) or (new["rows"] and not has_new):
        return None
    if has_old and has_new:
        if before.artifact.content == after.artifact.content:
            return None
        return TableDiff().compare(_table(before), _table(after), options)
    if has_new:
        return table_that_came(_table(after), options)
    return table_that_went(_table(before), options) if has_old else None


def _table(side: Side) -> Side:
    held = side.artifact
    rows = Artifact(TABLE, held.content, held.bytes, held.media, held.size, columns=held.columns)
    return Side(rows, side.path)
