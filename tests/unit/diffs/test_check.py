"""What the difference between two verdicts of a check says."""

from __future__ import annotations

from pathlib import Path

import pytest

from onward.diffs.check import VerdictDiff, verdict
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import Side
from onward.model.records import CheckRecord
from tests.unit.diffs.tables import table


def ended(outcome: str | None, rows: int | None = None) -> Side:
    """A check that ended so, and keeps no rows; None: there is none."""
    record = CheckRecord("p/a", "error", outcome, None, rows) if outcome is not None else None
    return Side(verdict(record, None), lambda _: Path())


def broken(offending: Side, rows: int) -> Side:
    """A broken check with the rows that offend it."""
    return Side(verdict(CheckRecord("p/a", "error", "broken", None, rows), offending.artifact), offending.path)


def compared(before: Side, after: Side) -> Difference:
    found = VerdictDiff().compare(before, after, DiffOptions())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (ended("passed", 0), ended("broken", 3), "passed → broken on 3 rows"),
        (ended("broken", 3), ended("passed", 0), "broken → passed"),
        (ended(None), ended("broken", 1), "new, broken on 1 row"),
        (ended(None), ended("passed"), "new, passed"),
        (ended("broken", 3), ended(None), "gone"),
        (ended("passed"), ended("not run"), "passed → not run"),
        (ended("broken", 3), ended("broken", 4), "still broken, on other rows: 3 → 4 rows"),
    ],
)
def test_how_it_ended_otherwise_is_told(before: Side, after: Side, words: str) -> None:
    assert compared(before, after).summary == words


@pytest.mark.parametrize("outcome", ["passed", "broken", "not run"])
def test_one_that_ended_as_before_is_no_difference(outcome: str) -> None:
    assert compared(ended(outcome, 2), ended(outcome, 2)).means_nothing


def test_rows_that_offend_it_now_are_told_from_those_that_did_before(tmp_path: Path) -> None:
    old = broken(table(tmp_path, "a", "select * from (values (1, -5), (2, -6)) t(id, delay)"), 2)
    new = broken(table(tmp_path, "b", "select * from (values (2, -6), (3, -7), (4, -8)) t(id, delay)"), 3)
    found = compared(old, new)
    assert found.summary == "still broken, on other rows: 2 → 3 rows, 2 rows came in, 1 went"
    sample = found.detail["offending"]["sample"]
    assert [(row["change"], row["key"]["id"]) for row in sample] == [("added", 3), ("added", 4), ("removed", 1)]
    assert compared(old, old).means_nothing


def test_rows_that_are_not_kept_are_not_taken_for_none(tmp_path: Path) -> None:
    rows = broken(table(tmp_path, "a", "select range as id from range(3)"), 3)
    assert compared(ended("broken", 3), rows).means_nothing
    assert compared(rows, ended("broken", 3)).means_nothing
    found = compared(ended("broken", 2), rows)
    assert found.summary == "still broken, on other rows: 2 → 3 rows"
    assert found.detail["offending"] is None


def test_the_rows_of_one_that_broke_and_of_one_that_was_mended_are_shown(tmp_path: Path) -> None:
    rows = broken(table(tmp_path, "a", "select range as id, 'x' as name from range(30)"), 30)
    passed = ended("passed", 0)
    for before, after, how, side in ((passed, rows, "added", "after"), (rows, passed, "removed", "before")):
        offending = compared(before, after).detail["offending"]
        assert offending["rows"][how] == 30
        assert len(offending["sample"]) == 10
        assert offending["sample"][1] == {"change": how, "key": {}, side: {"id": 1, "name": "x"}}
