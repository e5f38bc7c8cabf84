"""What the difference between two metrics says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onward.diffs.metric import MetricDiff
from onward.model.artifact import Artifact
from onward.model.difference import Difference, DiffOptions, Tolerance
from onward.model.ports import Side


def metric(value: Any, unit: str | None = None, kind: str = "float", **facts: Any) -> Side:
    facts = {"value": value, "type": kind, "unit": unit, **facts}
    return Side(Artifact("metric", repr(facts), "b", "application/json", 1, facts=facts), lambda _: Path())


def compared(before: Side, after: Side) -> Difference:
    found = MetricDiff().compare(before, after, DiffOptions())
    assert found is not None
    return found


def test_how_far_it_has_moved_is_told_in_its_unit_and_by_what_it_was() -> None:
    found = compared(metric(12.5, "min"), metric(11.9, "min"))
    assert found.summary == "12.5 → 11.9 min (−0.6, −4.8 %)"
    assert found.detail["delta"] == pytest.approx(-0.6)
    assert found.detail["relative"] == pytest.approx(-0.048)


def test_two_numbers_that_look_alike_are_told_apart() -> None:
    assert compared(metric(0.123456789), metric(0.123456780)).summary.startswith("0.12345679 → 0.12345678 (")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (metric(0), metric(3), "0 → 3 (+3)"),
        (metric(-2.0), metric(2.0), "−2 → 2 (+4)"),
        (metric(23.1, "%"), metric(11.8, "%"), "23.1 → 11.8 % (−11.3 points)"),
        (metric(4, "percent", "int"), metric(5, "percent", "int"), "4 → 5 percent (+1 point)"),
        (metric(True, kind="bool"), metric(False, kind="bool"), "Yes → No"),
        (metric(1.5), metric(None, text="nan"), "1.5 → nan"),
        (metric(2, "min"), metric(120, "s"), "2 min → 120 s"),
        (metric(2, kind="int"), metric(2.0), "2, of type float now and not int"),
        (metric(1_000_000, "USD", "int"), metric(1_000_001, "USD", "int"), "1,000,000 → 1,000,001 USD (+1, +0.0001 %)"),
    ],
)
def test_what_is_no_plain_change_has_words_of_its_own(before: Side, after: Side, words: str) -> None:
    assert compared(before, after).summary == words


@pytest.mark.parametrize(
    ("before", "after", "tolerance", "words"),
    [
        (metric(12.5, "min"), metric(12.6, "min"), Tolerance(0.1), "0.1 min"),
        (metric(12.5, "min"), metric(12.4, "min"), Tolerance(0.1), "0.1 min"),
        (metric(-200.0), metric(-202.0), Tolerance(0.01, is_share=True), "1 %"),
        (metric(3, kind="int"), metric(4, kind="int"), Tolerance(1.0), "1"),
    ],
)
def test_what_its_tolerance_allows_is_said_and_not_hidden(
    before: Side, after: Side, tolerance: Tolerance, words: str
) -> None:
    found = MetricDiff().compare(before, after, DiffOptions(metric=tolerance))
    assert found is not None
    assert found.is_tolerated
    assert not found.means_nothing, "it is no noise: it has moved"
    assert found.summary == f"{compared(before, after).summary}, within its tolerance of {words}"
    assert found.detail["delta"]


@pytest.mark.parametrize(
    ("before", "after", "tolerance"),
    [
        (metric(12.5, "min"), metric(12.61, "min"), Tolerance(0.1)),
        (metric(12.5, "min"), metric(12.39, "min"), Tolerance(0.1)),
        (metric(200.0), metric(202.1), Tolerance(0.01, is_share=True)),
        (metric(0.0), metric(0.001), Tolerance(0.5, is_share=True)),
        (metric(12.5, "min"), metric(12.6, "s"), Tolerance(1.0)),
        (metric(2, kind="int"), metric(2.0), Tolerance(1.0)),
        (metric(1.5), metric(None, text="nan"), Tolerance(10.0)),
        (metric(True, kind="bool"), metric(False, kind="bool"), Tolerance(10.0)),
    ],
)
def test_what_goes_beyond_its_tolerance_or_is_no_move_has_changed(
    before: Side, after: Side, tolerance: Tolerance
) -> None:
    found = MetricDiff().compare(before, after, DiffOptions(metric=tolerance))
    assert found is not None
    assert not found.is_tolerated
    assert found.summary == compared(before, after).summary


def test_json_has_a_number_or_null_and_the_text_beside_it() -> None:
    detail = compared(metric(1.5), metric(None, text="nan")).detail
    assert (detail["before"], detail["after"], detail["after_text"], detail["delta"]) == (1.5, None, "nan", None)
