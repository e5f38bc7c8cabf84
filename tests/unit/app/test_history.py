"""How channels move: what a rollback takes back stays back, and what somebody chooses comes."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from onward.app.releases import channels, history, moving, snapshots
from onward.app.releases.quarantine import quarantined_by, shown_in
from onward.base.codec import encode
from onward.base.errors import RefusedError, UnknownNameError
from onward.model.records import AssetContent, Move
from tests.unit.app.recorded import Recorded, Values, content


class Team(Recorded):
    """People and pipelines that move one channel."""

    channel = channels.MAIN

    def release(self, values: Values, note: str | None = None) -> history.Moved:
        return history.release(self.opened, self.channel, note, run=self.run(values))

    def merge(self, values: Values) -> history.Moved | history.Held:
        """What a pipeline does with the results of a merge."""
        return history.release(self.opened, self.channel, automatic=True, run=self.run(values))

    def goes(self, values: Values) -> int:
        """The number of the automatic release that is not held."""
        answer = self.merge(values)
        assert isinstance(answer, history.Moved), answer
        return answer.move.number

    def held(self, values: Values) -> list[str]:
        """The assets that hold the automatic release."""
        before = self.opened.store.records.moves(self.channel)
        answer = self.merge(values)
        assert isinstance(answer, history.Held), answer
        assert self.opened.store.records.moves(self.channel) == before
        return [one.asset for one in answer.assets]

    def back(self, to: int | None = None, *assets: str, note: str | None = None) -> history.Moved:
        return history.rollback(self.opened, self.channel, to, note, assets=assets)

    def quarantined(self) -> list[AssetContent]:
        return [AssetContent(one.asset, one.content) for one in channels.quarantined(self.opened, self.channel)]


def of(**contents: str | None) -> list[AssetContent]:
    return [AssetContent(name, None if value is None else content(value)) for name, value in contents.items()]


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    team = Team(tmp_path)
    with team.opened:
        yield team


def test_a_rollback_stays_through_the_merges_that_follow(team: Team) -> None:
    team.release({"rate": "good", "rows": "1"})
    team.release({"rate": "bad", "rows": "1"})
    assert team.back().move.quarantined == (AssetContent("rate", content("bad")),)
    for rows in ("1", "2", "3"):
        assert team.held({"rate": "bad", "rows": rows}) == ["rate"]
    stands = channels.standing(team.opened)
    assert stands is not None
    assert stands.number == 1


def test_readers_lose_all_that_they_have_only_where_somebody_says_why(team: Team) -> None:
    assert team.release({}).move.number == 1  # nobody had anything
    assert team.release({"rate": "good"}).move.number == 2
    with pytest.raises(RefusedError, match="readers have 1 result of `main@2`"):
        team.release({})
    with pytest.raises(RefusedError):
        team.merge({})
    with pytest.raises(RefusedError):  # a note that a build gives is nobody's word
        history.release(team.opened, team.channel, "merged", automatic=True, run=team.run({}))
    assert team.release({}, "the team is gone").move.number == 3
    assert team.goes({}) == 3  # it is this already
    assert team.goes({"rate": "new"}) == 4


def test_what_was_mended_goes_out_and_what_was_taken_back_stays_quarantined(team: Team) -> None:
    team.release({"rate": "good"})
    team.release({"rate": "bad"})
    team.back()
    assert team.goes({"rate": "mended"}) == 3
    assert team.goes({"rate": "later"}) == 4
    assert team.held({"rate": "bad"}) == ["rate"], "a value that returns to what was taken back"
    assert team.goes({"rate": "good"}) == 5


def test_every_result_that_differs_is_quarantined_and_none_that_is_equal(team: Team) -> None:
    team.release({"rate": "good", "rows": "1", "same": "x"})
    team.release({"rate": "bad", "rows": "2", "same": "x"})
    team.back()
    assert team.quarantined() == of(rate="bad", rows="2")
    assert team.held({"rate": "mended", "rows": "2", "same": "x"}) == ["rows"]
    assert team.goes({"rate": "mended", "rows": "3", "same": "x"}) == 3


def test_a_result_that_came_with_what_was_taken_back_is_quarantined(team: Team) -> None:
    team.release({"rate": "good"})
    team.release({"rate": "good", "new": "n"})
    team.back()
    assert team.held({"rate": "good", "new": "n"}) == ["new"]
    assert team.goes({"rate": "good", "new": "m"}) == 3


def test_a_result_that_was_taken_away_is_not_taken_away_again(team: Team) -> None:
    team.release({"rate": "good", "old": "o"})
    team.release({"rate": "good"})
    team.back()
    assert team.quarantined() == of(old=None)
    answer = team.merge({"rate": "later"})
    assert isinstance(answer, history.Held)
    assert answer.assets[0].reason.startswith("it is missing again, as in main@2, rolled back ")
    assert team.goes({"rate": "later", "old": "any"}) == 3


def test_a_release_by_hand_lifts_what_it_holds_and_nothing_else(team: Team) -> None:
    team.release({"rate": "good", "rows": "1"})
    team.release({"rate": "bad", "rows": "2"})
    team.back()
    moved = team.release({"rate": "mended", "rows": "2"})
    assert moved.move.lifted == (AssetContent("rows", content("2")),)
    assert team.quarantined() == of(rate="bad")
    assert team.goes({"rate": "again", "rows": "2"}) == 4
    assert team.held({"rate": "bad", "rows": "2"}) == ["rate"]


def test_several_rollbacks_in_a_row_quarantine_each_what_it_takes_back(team: Team) -> None:
    for rate in ("one", "two", "three"):
        team.release({"rate": rate})
    team.back()
    team.back()
    assert set(team.quarantined()) == {*of(rate="two"), *of(rate="three")}
    assert team.held({"rate": "two"}) == ["rate"]
    assert team.held({"rate": "three"}) == ["rate"]
    assert team.goes({"rate": "four"}) == 4


def test_who_goes_back_further_quarantines_what_readers_had(team: Team) -> None:
    for rate in ("one", "two", "three"):
        team.release({"rate": rate})
    team.back(1)
    assert team.quarantined() == of(rate="three")


def test_a_rollback_to_a_later_release_takes_nothing_back_and_lifts_what_it_shows(team: Team) -> None:
    team.release({"rate": "one"})
    team.release({"rate": "two"})
    team.back()
    forth = team.back(2)
    assert forth.move.quarantined == ()
    assert team.quarantined() == []
    assert team.goes({"rate": "one"}) == 3


def test_a_rollback_to_what_another_one_took_back_lifts_it(team: Team) -> None:
    team.release({"rate": "one"})
    team.release({"rate": "two"})
    team.back()
    team.goes({"rate": "three"})
    team.back(2)
    assert team.quarantined() == of(rate="three")
    assert team.goes({"rate": "two", "new": "n"}) == 4


def test_a_rollback_for_some_assets_quarantines_only_these(team: Team) -> None:
    team.release({"rate": "good", "rows": "1"})
    team.release({"rate": "bad", "rows": "2"})
    team.back(None, "rate", note="the month was wrong")
    assert team.quarantined() == of(rate="bad")
    assert team.goes({"rate": "mended", "rows": "2"}) == 3


def test_a_quarantine_can_be_narrowed_afterwards(team: Team) -> None:
    team.release({"rate": "good", "rows": "1"})
    team.release({"rate": "bad", "rows": "2"})
    team.back()
    narrowed = team.back(1, "rate")
    assert (narrowed.move.kind, narrowed.move.number, narrowed.previous) == ("rollback", 1, 1)
    assert team.quarantined() == of(rate="bad")
    assert team.back(1, "rate").was_there
    assert team.back(1).was_there
    assert team.held({"rate": "bad", "rows": "2"}) == ["rate"]
    assert team.goes({"rate": "mended", "rows": "2"}) == 3


def test_narrowing_leaves_what_earlier_rollbacks_took_back(team: Team) -> None:
    team.release({"rate": "one", "rows": "1"})
    team.release({"rate": "two", "rows": "1"})
    team.back()
    team.goes({"rate": "three", "rows": "2"})
    team.back()
    team.back(1, "rows")
    assert team.quarantined() == of(rate="two", rows="2")


def test_an_asset_that_is_not_taken_back_is_refused_and_nothing_changes(team: Team) -> None:
    team.release({"rate": "good", "same": "x"})
    team.release({"rate": "bad", "same": "x"})
    with pytest.raises(RefusedError, match="`same` is not taken back by going from main@2 to main@1"):
        team.back(None, "same")
    with pytest.raises(UnknownNameError, match="`rat`"):
        team.back(None, "rat")
    assert len(team.opened.store.records.moves("main")) == 2
    team.back()
    with pytest.raises(RefusedError, match="by going from main@1 to main@2"):
        team.back(2, "rate")


def test_where_no_result_differs_nothing_is_quarantined(team: Team) -> None:
    history.release(team.opened, run=team.run({"rate": "one"}, basis="text"))
    history.release(team.opened, run=team.run({"rate": "one"}, basis="other text"))
    assert team.back().move.quarantined == ()
    assert team.goes({"rate": "one"}) == 3


def test_what_readers_see_is_never_quarantined_for_them(team: Team) -> None:
    """An automatic release of what the channel stands at is neither held nor made."""
    team.release({"rate": "one"})
    team.release({"rate": "two"})
    team.back()
    team.release({"rate": "two"})
    answer = team.merge({"rate": "two"})
    assert isinstance(answer, history.Moved)
    assert answer.was_there


def test_a_hold_says_who_took_it_back_when_and_why(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "user_name", lambda: "grace")
    team.release({"rate": "good"})
    team.release({"rate": "bad"})
    move = team.back(note="the month was wrong").move
    assert (move.by, move.note, move.previous, move.number) == ("grace", "the month was wrong", 2, 1)
    answer = team.merge({"rate": "bad"})
    assert isinstance(answer, history.Held)
    assert (answer.channel, answer.standing, answer.assets[0].rollback) == ("main", move, move)
    day = move.at[:10]
    assert answer.assets[0].reason == (
        f"it is again what it was in main@2, rolled back by grace on {day}: the month was wrong"
    )


def test_what_is_gone_from_the_store_does_not_keep_readers_there(team: Team) -> None:
    team.release({"rate": "good"})
    bad = team.release({"rate": "bad"})
    for record in (f"snapshots/{bad.move.snapshot}", f"runs/{bad.move.run}"):
        (team.opened.store.root / record).unlink()
    assert team.back().move.quarantined == ()


def test_of_a_run_alone_it_is_known_what_is_taken_back(team: Team) -> None:
    team.release({"rate": "good"})
    bad = team.release({"rate": "bad"})
    (team.opened.store.root / "snapshots" / bad.move.snapshot).unlink()
    assert team.back().move.quarantined == tuple(of(rate="bad"))


def test_an_incomplete_run_is_not_released_whoever_asks(team: Team) -> None:
    with pytest.raises(RefusedError):
        history.release(team.opened, run=team.run({"rate": "one"}, complete=False), automatic=True)
    assert team.opened.store.records.moves("main") == []


def test_a_closed_channel_is_unknown_and_its_log_stays(team: Team) -> None:
    team.channel = "preview/topic"
    team.release({"rate": "one"})
    team.release({"rate": "two"})
    closed = history.close(team.opened, "preview/topic", "merged")
    assert (closed.move.kind, closed.move.number, closed.previous, closed.move.note) == ("close", 2, 2, "merged")
    assert channels.open_channels(team.opened) == []
    assert channels.standing(team.opened, "preview/topic") is None
    for call in (team.back, lambda: history.close(team.opened, "preview/topic")):
        with pytest.raises(UnknownNameError):
            call()
    with pytest.raises(UnknownNameError):
        snapshots.resolve(team.opened, "preview/topic")
    assert snapshots.resolve(team.opened, "preview/topic@1").artifacts["rate"].content == content("one")


def test_a_release_opens_a_closed_channel_again(team: Team) -> None:
    team.channel = "preview/topic"
    team.release({"rate": "one"})
    history.close(team.opened, "preview/topic")
    opened = team.release({"rate": "one"})
    assert (opened.move.number, opened.previous, opened.was_there) == (2, None, False)
    with pytest.raises(RefusedError, match="nothing before release 2"):
        team.back()
    assert team.back(1).move.number == 1


def test_main_is_not_closed(team: Team) -> None:
    team.release({"rate": "one"})
    with pytest.raises(RefusedError):
        history.close(team.opened, "main")
    assert channels.open_channels(team.opened) == ["main"]


def test_each_channel_has_a_quarantine_of_its_own(team: Team) -> None:
    team.release({"rate": "one"})
    team.release({"rate": "two"})
    team.back()
    team.channel = "preview/topic"
    assert team.goes({"rate": "two"}) == 1
    assert team.quarantined() == []


def test_a_pipeline_that_loses_the_race_judges_again(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its look at the log and its move somebody rolls back: then it is held."""
    team.release({"rate": "good"})
    team.release({"rate": "bad"})
    records = team.opened.store.records
    append = records.append

    def late(move: Move) -> bool:
        monkeypatch.undo()
        team.back()
        return append(move)

    monkeypatch.setattr(records, "append", late)
    assert isinstance(team.merge({"rate": "bad", "rows": "1"}), history.Held)


def a_pipeline(root: Path, machine: str) -> None:
    """Every other merge brings a mistake that was taken back before."""
    team = Team(root, machine)
    with team.opened:
        for count in range(8):
            team.merge({"rate": "bad" if count % 2 else f"{machine}{count}", "rows": f"{machine}{count}"})


def who_takes_back_what_comes(root: Path) -> None:
    team = Team(root, "-back")
    with team.opened:
        for _ in range(4):
            with contextlib.suppress(RefusedError):  # nothing before
                team.back()


def test_of_many_pipelines_that_end_at_once_each_sees_what_the_others_did(team: Team) -> None:
    """Whatever the order in which they come: each move follows from the log before it."""
    root = team.opened.place.root
    team.release({"rate": "one", "rows": "1"})
    team.release({"rate": "bad", "rows": "1"})
    team.back()
    context = multiprocessing.get_context("fork")
    rivals = [context.Process(target=a_pipeline, args=(root, f"-m{number}")) for number in range(3)]
    rivals.append(context.Process(target=who_takes_back_what_comes, args=(root,)))
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join(120)
        assert rival.exitcode == 0

    log = team.opened.store.records.moves("main")
    assert [move.sequence for move in log] == list(range(1, len(log) + 1))
    released = [move for move in log if move.kind == "release"]
    assert [move.number for move in released] == list(range(1, len(released) + 1))
    assert len(released) > 3 * 4, "what is no mistake goes out"
    for place, move in enumerate(log[1:], 1):
        assert move.previous == log[place - 1].number
        contents = {name: one.content for name, one in channels.run_of(team.opened, move).artifacts.items()}
        if move.automatic:
            assert shown_in(contents, quarantined_by(log[:place])) == []
            assert contents["rate"] != content("bad")


def test_what_readers_saw_and_until_when_is_in_the_entries(team: Team) -> None:
    team.release({"rate": "one"})
    team.goes({"rate": "two"})
    team.back()
    newest, second, first = channels.entries(team.opened)
    assert (newest.is_current, newest.until, newest.move.previous) == (True, None, 2)
    assert (second.is_current, second.until, second.move.automatic) == (False, newest.move.at, True)
    assert (first.until, first.move.automatic, first.run is not None) == (second.move.at, False, True)


def test_a_log_from_before_quarantines_is_read(team: Team) -> None:
    moved = team.release({"rate": "one"}).move
    fields = msgspec.to_builtins(moved)
    for name in ("previous", "automatic", "quarantined", "lifted"):
        del fields[name]
    (team.opened.store.root / "channels/main/00000001").write_bytes(encode(fields))
    team.release({"rate": "two"})
    assert team.back().move.quarantined == tuple(of(rate="two"))
    assert team.held({"rate": "two"}) == ["rate"]


def test_the_only_release_is_taken_back_by_none_and_what_helps_is_said(team: Team) -> None:
    team.release({"rate": "bad"})
    with pytest.raises(RefusedError, match="nothing before release 1") as told:
        team.back()
    assert told.value.hint == "it is the only release: mend what is wrong, run, then release"
    team.release({"rate": "good"})
    team.back()
    with pytest.raises(RefusedError) as told:
        team.back()
    assert "`--to N`" in (told.value.hint or "")
