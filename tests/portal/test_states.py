"""Which of its contents a result had in which release, told from the records alone."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from onward.model.artifact import Artifact
from onward.model.records import Move, Origin, Run
from onward.portal import content as nouns
from onward.portal.content import Asset, Released, SiteContent, State
from onward.portal.index import SiteIndex
from onward.portal.states import States

AT = datetime(2026, 11, 22, tzinfo=UTC)


def run(**contents: str) -> Run:
    artifacts = {name: Artifact("file", content, "b", "text/plain", 1) for name, content in contents.items()}
    return Run(
        format=1, id="r", at="", seconds=0, basis="", snapshot="", complete=True, missing=(), origin=Origin(),
        catalogue="", environment="", steps={}, checks={}, artifacts=artifacts,
    )  # fmt: skip


def log(*moves: str) -> list[Move]:
    """`1 2 <1 3`: releases by number, and rollbacks to one; `x` closes the channel."""
    found = []
    for sequence, word in enumerate(moves, start=1):
        kind = "close" if word == "x" else "rollback" if word.startswith("<") else "release"
        number = 0 if kind == "close" else int(word.strip("<"))
        at, note = "2026-11-22T00:00:00.000000Z", f"note {number}"
        found.append(Move(1, "main", sequence, kind, number, run=str(number), snapshot="", at=at, note=note))
    return found


def states(moves: list[Move], **runs: Run) -> States:
    return States(moves, lambda move: runs.get(f"r{move.run}"))


def test_a_state_begins_where_the_content_is_another_one() -> None:
    told = states(log("1", "2", "3"), r1=run(a="x", b="x"), r2=run(a="x", b="y"), r3=run(a="z", b="x"))
    assert told.of("a") == (State(1, 1), State(3, 2))
    assert told.of("b") == (State(1, 1), State(2, 2), State(3, 1)), "a content that comes again is the same one"


def test_where_a_result_is_not_there_is_a_state_too() -> None:
    told = states(log("1", "2", "3", "4"), r1=run(), r2=run(a="x"), r3=run(), r4=run(a="x"))
    assert told.of("a") == (State(2, 1), State(3, 0), State(4, 1))
    assert told.of("gone") == ()


def test_a_release_whose_record_is_gone_is_not_among_them() -> None:
    told = states(log("1", "2", "3"), r1=run(a="x"), r3=run(a="y"))
    assert [each.number for each in told.released] == [1, 3]
    assert told.of("a") == (State(1, 1), State(3, 2))


@pytest.mark.parametrize(
    ("moves", "taken_back"),
    [
        ("1 2 3", []),
        ("1 2 <1", [2]),
        ("1 2 <1 3", [2]),
        ("1 2 3 <1", [3]),
        ("1 2 <1 <2", []),
        ("1 2 <1 <1", [2]),
        ("1 2 x 3", []),
    ],
)
def test_what_was_taken_back_is_known_unless_it_was_brought_again(moves: str, taken_back: list[int]) -> None:
    every = {f"r{number}": run(a="x") for number in (1, 2, 3)}
    told = states(log(*moves.split()), **every)
    assert [each.number for each in told.released if each.is_taken_back] == taken_back


def index(*told: State, shown: int = 4, taken_back: tuple[int, ...] = (), released: str = "1234") -> SiteIndex:
    numbers = [int(number) for number in released]
    site = SiteContent(
        workspace="acme",
        release=nouns.Release(channel="main", number=shown, at=AT),
        released=tuple(Released(number=each, at=AT, is_taken_back=each in taken_back) for each in numbers),
        assets=(Asset(name="a/x", project="a", kind="file", states=told),),
    )
    return SiteIndex(site, style="s", review_style="r", script="j", released=numbers)


def before(site: SiteIndex) -> int | None:
    return site.before(site.assets["a/x"])


def test_a_result_stands_beside_the_last_release_in_which_it_was_another() -> None:
    assert before(index(State(1, 1), State(3, 2))) == 2
    assert before(index(State(1, 1), State(4, 2))) == 3
    assert before(index(State(1, 1), State(2, 2), State(3, 1))) == 2


def test_nothing_stands_beside_a_release_that_was_taken_back_unless_somebody_asks_for_it() -> None:
    assert before(index(State(1, 1), State(3, 2), State(4, 3), taken_back=(3,))) == 2
    assert before(index(State(1, 1), State(3, 2), State(4, 1), taken_back=(3,))) == 2, "it was never another one"


def test_what_never_changed_stands_beside_the_release_before() -> None:
    assert before(index(State(1, 1))) == 3
    assert before(index(State(2, 1), shown=3)) == 2


def test_what_is_new_stands_beside_nothing() -> None:
    assert before(index(State(4, 1))) is None
    assert before(index(State(1, 1), shown=1, released="1")) is None


def test_after_a_rollback_the_releases_after_it_are_no_earlier_ones() -> None:
    assert before(index(State(1, 1), State(2, 2), State(3, 3), shown=2, taken_back=(3, 4))) == 1


def test_a_site_without_releases_of_their_own_address_holds_nothing_beside_anything() -> None:
    site = index(State(1, 1), State(3, 2))
    alone = SiteIndex(msgspec.structs.replace(site.site), style="s", review_style="r", script="j")
    assert alone.beside is None
    assert before(alone) is None
