"""Words for people."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.base import text


def test_the_nearest_names_come_best_first() -> None:
    known = ["sales_clean", "sales_raw", "weather"]
    assert text.nearest("sales_clen", known)[0] == "sales_clean"
    assert "weather" not in text.nearest("sales_clen", known)
    assert text.nearest("qqq", known) == []


def test_a_project_left_out_is_found() -> None:
    assert text.nearest("orders", ["delays/carriers", "sales/orders"]) == ["sales/orders"]
    assert text.nearest("ordres", ["delays/carriers", "sales/orders"]) == ["sales/orders"]


def test_the_case_of_letters_does_not_hide_a_name() -> None:
    assert text.nearest("Orders", ["orders"]) == ["orders"]


@given(st.text(max_size=10), st.lists(st.text(max_size=10), max_size=8), st.integers(1, 4))
def test_suggestions_are_known_names_each_once_and_few(word: str, known: list[str], limit: int) -> None:
    found = text.nearest(word, known, limit)
    assert set(found) <= set(known)
    assert len(found) == len(set(found)) <= limit


def test_plurals() -> None:
    assert text.plural(1, "step") == "1 step"
    assert text.plural(0, "step") == "0 steps"
    assert text.plural(1234, "step") == "1,234 steps"
    assert text.plural(2, "entry", "entries") == "2 entries"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 ms"),
        (0.0124, "12 ms"),
        (0.0994, "99 ms"),
        (0.0996, "0.1 s"),
        (1.44, "1.4 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert text.duration(seconds) == words


@given(st.floats(0, 10**7))
def test_no_duration_has_sixty_of_a_unit(seconds: float) -> None:
    assert not re.search(r"\b60\b|\b60\.0|\b1000 ms", text.duration(seconds).replace("60 h", ""))


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1250, "1.2 kB"),
        (999_600, "1.0 MB"),
        (3 * 10**12, "3000.0 GB"),
    ],
)
def test_sizes(count: int, words: str) -> None:
    assert text.size(count) == words


def test_lists_are_cut_with_a_count_of_the_rest() -> None:
    assert text.listed([]) == ""
    assert text.listed("abc") == "a, b, c"
    assert text.listed("abcdefg", 5) == "a, b, c, d, e and 2 more"


@pytest.mark.parametrize(
    ("word", "meant", "is_slip"),
    [
        ("mian", "main", True),
        ("mani", "main", True),
        ("mai", "main", False),  # of three letters, anything is near
        ("maain", "main", True),
        ("moin", "main", True),
        ("Main", "main", True),
        ("weekly/taem", "weekly/team", True),
        ("plain", "main", False),
        ("weekend", "weekly", False),
        ("v1", "v2", False),
        ("year2025", "year2026", False),
        ("weekly2", "weekly", False),
        ("team-a", "team-b", False),
        ("weekly/team", "weekly", False),
    ],
)
def test_one_slip_of_the_hand_is_told_from_another_name(word: str, meant: str, is_slip: bool) -> None:
    assert text.is_slip(word, meant) == is_slip
