"""Instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.base import clock

INSTANTS = st.datetimes(datetime(1000, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@given(INSTANTS)
def test_an_instant_survives_being_written(instant: datetime) -> None:
    assert clock.instant_of(clock.text_of(instant)) == instant


@given(INSTANTS, INSTANTS)
def test_texts_sort_in_the_order_of_time(one: datetime, other: datetime) -> None:
    assert (clock.text_of(one) < clock.text_of(other)) == (one < other)


def test_an_instant_of_another_zone_is_written_in_utc() -> None:
    local = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=5)))
    assert clock.text_of(local) == "2026-11-22T07:00:00.000000Z"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (0, "just now"),
        (44, "just now"),
        (45, "1 minute ago"),
        (180, "3 minutes ago"),
        (3569, "59 minutes ago"),
        (3570, "1 hour ago"),
        (3 * 3600, "3 hours ago"),
        (24 * 3600, "yesterday"),
        (3 * 86400, "3 days ago"),
        (100 * 86400, "on 2026-08-14"),
    ],
)
def test_how_long_ago(seconds: int, words: str) -> None:
    assert clock.ago(NOW - timedelta(seconds=seconds), NOW) == words


@given(st.integers(0, 10**8))
def test_how_long_ago_is_never_nothing(seconds: int) -> None:
    assert not clock.ago(NOW - timedelta(seconds=seconds), NOW).startswith("0 ")
