"""Errors: one tree, one code each, exit statuses by family."""

from __future__ import annotations

import pytest

from onward.base import errors
from onward.base.errors import Location, OnwardError


def family(parent: type[OnwardError]) -> list[type[OnwardError]]:
    """A class of the tree in `base.errors` and all below it."""
    inside = [kind for kind in parent.__subclasses__() if kind.__module__ == errors.__name__]
    return [parent, *(member for kind in inside for member in family(kind))]


ALL = family(OnwardError)


def test_every_class_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in ALL]
    assert len(set(codes)) == len(codes) == len({name for name in vars(errors) if name.endswith("Error")})


@pytest.mark.parametrize(
    ("root", "status"),
    [
        (errors.WorkspaceError, 2),
        (errors.RefusedError, 3),
        (errors.MachineError, 4),
        (errors.InternalError, 70),
    ],
)
def test_a_family_shares_its_exit_status(root: type[OnwardError], status: int) -> None:
    assert {kind.status for kind in family(root)} == {status}


def test_every_class_belongs_to_a_family() -> None:
    roots = (errors.WorkspaceError, errors.RefusedError, errors.MachineError, errors.InternalError)
    assert [kind for kind in ALL[1:] if not issubclass(kind, roots)] == []


@pytest.mark.parametrize("kind", ALL)
def test_an_error_says_what_where_and_what_to_do(kind: type[OnwardError]) -> None:
    error = kind("it is wrong", Location("a.py", 3), "mend it")
    assert str(error) == "it is wrong"
    assert error.describe() == {"code": kind.code, "message": "it is wrong", "where": "a.py:3", "hint": "mend it"}
    with pytest.raises(OnwardError, match="it is wrong"):
        raise error


def test_what_there_is_nothing_to_say_of_is_left_out() -> None:
    assert OnwardError("it is wrong").describe() == {
        "code": "error", "message": "it is wrong", "where": None, "hint": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Location("a.py"), "a.py"),
        (Location("a.py", 3), "a.py:3"),
        (Location("a.py", 3, 7), "a.py:3:7"),
        (Location("a.py", 3, name="`x`"), "a.py:3, `x`"),
        (Location(name="`x`"), "`x`"),
        (Location(), ""),
    ],
)
def test_places(place: Location, words: str) -> None:
    assert str(place) == words


def test_an_unknown_name_comes_with_the_nearest_and_a_hint() -> None:
    error = errors.unknown_name("asset", "ordrs", ["orders", "weather"])
    assert str(error) == "no asset is called `ordrs`"
    assert error.hint == "write `orders`"
    assert list(error.facts) == [("close to", "orders")]


def test_an_unknown_name_far_from_all_has_no_hint_but_one_that_is_given() -> None:
    assert errors.unknown_name("asset", "qqq", ["orders"]).hint is None
    assert errors.unknown_name("asset", "qqq", ["orders"], hint="look").hint == "look"


def test_two_errors_that_say_the_same_are_two() -> None:
    assert OnwardError("x") != OnwardError("x")
