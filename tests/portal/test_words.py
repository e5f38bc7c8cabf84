"""Numbers, instants and changes as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.base import numbers
from onward.portal import words
from onward.portal.content import Change
from tests.portal.reader import read


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (336_776, "336,776"),
        (12.5384, "12.54"),
        (0.0123456, "0.01235"),
        (-4, "−4"),
        (-0.5, "−0.5"),
        (1234567.8, "1,234,568"),
        (99999.5, "100,000"),
        (0.0, "0"),
        (2.0, "2"),
        (1.2e-12, "1.2e−12"),
        (float("nan"), "not a number"),
        (float("-inf"), "−∞"),
        (True, "Yes"),
        (None, "–"),
        ("12.50", "12.50"),
    ],
)
def test_a_number_is_said_for_people(value: Any, said: str) -> None:
    assert numbers.number(value) == said


@given(st.floats(min_value=-1e300, max_value=1e300))
def test_what_is_said_of_a_number_is_near_it(value: float) -> None:
    said = float(numbers.number(value).replace(",", "").replace(numbers.MINUS, "-"))
    assert said == pytest.approx(value, rel=6e-3)


@given(st.integers())
def test_a_whole_number_is_said_exactly(value: int) -> None:
    assert int(numbers.number(value).replace(",", "").replace(numbers.MINUS, "-")) == value


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (12.03, 12.5384, "+0.51 min (+4.2 %)"),
        (10, 8, "−2 min (−20 %)"),
        (0, 3, "+3 min"),
        (3, 3, None),
        ("a", 3, None),
        (None, 3, None),
        (1.0, 1.0000001, "+1e−07 min (+0.00001 %)"),
    ],
)
def test_a_difference_is_as_fine_as_its_numbers(before: Any, after: Any, said: str | None) -> None:
    found = words.difference(before, after, "min")
    assert (found or "").replace(words.NO_BREAK, " ") == (said or "")


@pytest.mark.parametrize(
    ("before", "after", "unit", "said"),
    [
        (2.7, 2.5, "%", "−0.2 points"),
        (10, 11, "%", "+1 point"),
        (-1, -2, "min", "−1 min"),
        (1, -2, "min", "−3 min"),
        (-1, 2, "min", "+3 min"),
        (2, 1, "min", "−1 min (−50 %)"),
    ],
)
def test_a_percentage_is_told_only_where_it_means_one_thing(before: Any, after: Any, unit: str, said: str) -> None:
    found = words.difference(before, after, unit)
    assert found is not None
    assert found.replace(words.NO_BREAK, " ") == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((13.7, 13.0), ["13.7", "13.0"]),
        ((0.741, 0.73), ["0.741", "0.730"]),
        ((3, 4), ["3", "4"]),
        ((3, 4.5), ["3", "4.5"]),
        ((1e-9, 1.5), ["1e−09", "1.5"]),
        (("a", 1.5), ["a", "1.5"]),
    ],
)
def test_numbers_side_by_side_have_equally_many_digits(values: tuple[Any, ...], said: list[str]) -> None:
    assert numbers.alike(*values) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2013-12-31T00:00:00", "2013-12-31"),
        ("2013-12-31T05:10:00.000000Z", "2013-12-31 05:10:00"),
        ("The Tower 12.0:0", "The Tower 12.0:0"),
        (2013, "2013"),
        (12_000, "12000"),
        (1301.0, "1301"),
        ("x" * 60, "x" * 39 + "…"),
    ],
)
def test_the_end_of_a_range_is_short(value: Any, said: str) -> None:
    assert words.bound(value, grouped=False) == said


@pytest.mark.parametrize(
    ("name", "values", "apart"),
    [
        ("year", [1999, 2024], False),
        ("hhmm", [517, 2359], False),
        ("revenue", [812.5, 9876.5], False),
        ("revenue", [812.5, 15_342.25], True),
        ("change", [-20_000, 3], True),
        ("distance", [None, "far", True, 12_000], True),
        ("order_id", [100_234, 100_237], False),
        ("ID", [100_234], False),
        ("customerId", [100_234], False),
        ("zip", [10_001], False),
        ("paid", [100_234], True),
        ("grid", [100_234], True),
    ],
)
def test_thousands_stand_apart_where_numbers_are_large_and_count_something(
    name: str, values: list[Any], apart: bool
) -> None:
    assert words.is_grouped(name, values) is apart
    assert words.bound(2845, grouped=apart) == ("2,845" if apart else "2845")


@pytest.mark.parametrize(
    ("count", "said"), [(2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (1_113, "1,113th")]
)
def test_an_ordinal_has_its_ending(count: int, said: str) -> None:
    assert words.ordinal(count) == said


def test_an_instant_is_written_in_full_for_those_without_scripts() -> None:
    moment = read(words.instant(datetime(2026, 11, 2, 6, 5, tzinfo=UTC)))
    assert moment.text == "2 November 2026, 06:05 UTC"
    assert moment.elements[0].attributes["datetime"] == "2026-11-02T06:05:00Z"


def test_backticks_become_code_and_nothing_else_becomes_markup() -> None:
    assert words.spoken("`a<b` changed & more") == "<code>a&lt;b</code> changed &amp; more"
    assert words.spoken("one ` alone <b>") == "one ` alone &lt;b&gt;"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change(name="a", kind="metric", how="added", after={"value": 3}, unit="€"), "new: 3 €"),
        (Change(name="a", kind="table", how="added", after={"rows": 3}), "new: 3 rows"),
        (Change(name="a", kind="table", how="removed"), "no longer made"),
        (Change(name="a", kind="file", how="changed"), "changed"),
        (Change(name="a", kind="file", how="changed", summary="2 lines"), "2 lines"),
        (
            Change(name="a", kind="table", how="changed", before={"rows": 10}, after={"rows": 12}, summary="x"),
            "10 rows → 12 rows+2 rows (+20 %)",
        ),
        (
            Change(name="a", kind="metric", how="changed", before={"value": 13.7}, after={"value": 13.0}, unit="min"),
            "13.7 min → 13.0 min−0.7 min (−5.1 %)",
        ),
        (
            Change(name="a", kind="table", how="changed", before={"rows": 9}, after={"rows": 9}, summary="y"),
            "y",
        ),
    ],
)
def test_a_change_is_said_in_the_assets_own_units(change: Change, said: str) -> None:
    assert read(words.change_sentence(change)).text.replace(words.NO_BREAK, " ") == said
