"""Random histories of a channel against a small model of what its readers may see.

The model knows nothing of logs: it keeps what readers see, and the contents that were taken back from them and that
nobody has chosen since. What it holds the channel to: an automatic release never shows one of these, whatever came
between; what somebody chooses is shown; and what is shown is never among them.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from onward.app.releases import channels, history
from onward.app.wiring import Opened
from onward.base.errors import OnwardError, RefusedError, UnknownNameError
from onward.model.artifact import Artifact
from onward.model.records import Move, Origin, Run, Snapshot, SnapshotEntry

ASSETS = ("p/a", "p/b", "p/c")
CHANNEL = "preview/topic"
Values = dict[str, str]


class Records:
    """The records of a store, as far as a channel needs them, in memory."""

    def __init__(self) -> None:
        self.log: list[Move] = []
        self._runs: dict[str, Run] = {}
        self._snapshots: dict[str, Snapshot] = {}

    def put(self, values: Values) -> Run:
        name = f"{len(self._runs) + 1}"
        artifacts = {asset: Artifact("metric", value, value, "application/json", 1) for asset, value in values.items()}
        entries = {asset: SnapshotEntry("metric", value) for asset, value in values.items()}
        self._snapshots[f"s{name}"] = Snapshot(1, entries, {})
        self._runs[name] = Run(1, name, "", 0.0, name, f"s{name}", True, (), Origin(), "", "", {}, {}, artifacts)
        return self._runs[name]

    def run(self, name: str) -> Run | None:
        return self._runs.get(name)

    def run_digest(self, name: str) -> str | None:
        return name if name in self._runs else None

    def snapshot(self, digest: str) -> Snapshot | None:
        return self._snapshots.get(digest)

    def channels(self) -> list[str]:
        return [CHANNEL] if self.log else []

    def moves(self, channel: str) -> list[Move]:
        return list(self.log) if channel == CHANNEL else []

    def append(self, move: Move) -> bool:
        assert move.sequence == len(self.log) + 1
        self.log.append(move)
        return True


class Model:
    """What readers see, and what was taken back from them."""

    def __init__(self) -> None:
        self.shown: Values | None = None
        self.number = 0
        self.released: dict[int, Values] = {}
        self.taken_back: set[tuple[str, str | None]] = set()

    def may_show(self, values: Values) -> bool:
        return not self.taken_back & pairs(values)

    def would_lose_all(self, values: Values) -> bool:
        return bool(self.shown) and not values

    def release(self, values: Values) -> None:
        self.number = len(self.released) + 1
        self.released[self.number] = values
        self._choose(values)

    def go_to(self, number: int, only: set[str]) -> None:
        assert self.shown is not None
        target = self.released[number]
        left = {(asset, value) for asset, value in pairs(self.shown) - pairs(target) if not only or asset in only}
        is_back = number < self.number
        self.number = number
        self._choose(target)
        self.taken_back |= left if is_back else set()

    def _choose(self, values: Values) -> None:
        self.shown = values
        self.taken_back -= pairs(values)


def pairs(values: Values) -> set[tuple[str, str | None]]:
    """Each asset with its value; None: it is not there."""
    return {(asset, values.get(asset)) for asset in ASSETS}


VALUES = st.dictionaries(st.sampled_from(ASSETS), st.sampled_from("xyz"))
ACTIONS = st.one_of(
    st.tuples(st.just("by hand"), VALUES),
    st.tuples(st.just("automatic"), VALUES),
    st.tuples(st.just("again"), st.integers(1, 9)),
    st.tuples(st.just("back"), st.just(None)),
    st.tuples(st.just("to"), st.integers(1, 9), st.sets(st.sampled_from(ASSETS), max_size=1)),
    st.tuples(st.just("close"), st.just(None)),
)


class World:
    """A channel and its model side by side."""

    def __init__(self) -> None:
        self.records = Records()
        self.opened = cast(Opened, SimpleNamespace(store=SimpleNamespace(records=self.records)))
        self.model = Model()

    def act(self, action: str, *words: Any) -> None:
        before = list(self.records.log)
        {
            "by hand": self._by_hand,
            "automatic": self._automatic,
            "again": self._again,
            "back": self._back,
            "to": self._to,
            "close": self._close,
        }[action](*words)
        assert self.records.log[: len(before)] == before, "a log is only ever added to"
        self._compare()

    def _by_hand(self, values: Values) -> None:
        run = self.records.put(values)
        if self.model.would_lose_all(values):
            with pytest.raises(RefusedError):
                history.release(self.opened, CHANNEL, run=run)
        history.release(self.opened, CHANNEL, "why", run=run)
        self.model.release(values)

    def _automatic(self, values: Values) -> None:
        if self.model.would_lose_all(values):
            with pytest.raises(RefusedError):
                history.release(self.opened, CHANNEL, "why", automatic=True, run=self.records.put(values))
            return
        answer = history.release(self.opened, CHANNEL, automatic=True, run=self.records.put(values))
        held = {(one.asset, one.content) for one in answer.assets} if isinstance(answer, history.Held) else set()
        assert held == self.model.taken_back & pairs(values)
        assert self.model.may_show(values) == isinstance(answer, history.Moved)
        if self.model.may_show(values):
            self.model.release(values)

    def _again(self, number: int) -> None:
        """A pipeline comes again with the results of an old release: a merge that changed nothing, or a revert."""
        if number in self.model.released:
            self._automatic(self.model.released[number])

    def _back(self, _: None) -> None:
        try:
            moved = history.rollback(self.opened, CHANNEL)
        except UnknownNameError:
            assert self.model.shown is None
            return
        except RefusedError:  # nothing before
            return
        self.model.go_to(moved.move.number, set())

    def _to(self, number: int, only: set[str]) -> None:
        try:
            moved = history.rollback(self.opened, CHANNEL, number, assets=only)
        except OnwardError:
            self._expect_refusal(number, only)
            return
        if moved.was_there:
            assert number == self.model.number
        elif number == self.model.number:
            self._expect_narrowed(moved.move, only)
        else:
            self.model.go_to(number, only)

    def _expect_refusal(self, number: int, only: set[str]) -> None:
        """Only where the channel or the release does not exist, or an asset is named that is not taken back."""
        shown, target = self.model.shown, self.model.released.get(number)
        if shown is None or target is None or number >= self.model.number:
            return
        assert any(shown.get(asset) == target.get(asset) for asset in only)

    def _expect_narrowed(self, move: Move, only: set[str]) -> None:
        lifted = {(one.asset, one.content) for one in move.lifted}
        assert only
        assert lifted <= self.model.taken_back
        assert not {asset for asset, _ in lifted} & only
        self.model.taken_back -= lifted

    def _close(self, _: None) -> None:
        if self.model.shown is None:
            with pytest.raises(UnknownNameError):
                history.close(self.opened, CHANNEL)
            return
        history.close(self.opened, CHANNEL)
        self.model.shown, self.model.number = None, 0

    def _compare(self) -> None:
        model, stands = self.model, channels.standing(self.opened, CHANNEL)
        held = {(one.asset, one.content) for one in channels.quarantined(self.opened, CHANNEL)}
        assert held == model.taken_back
        assert (stands is None) == (model.shown is None)
        if stands is not None and model.shown is not None:
            run = channels.run_of(self.opened, stands)
            assert {asset: artifact.content for asset, artifact in run.artifacts.items()} == model.shown
            assert stands.number == model.number
            assert not held & pairs(model.shown), "what readers see is quarantined from none of them"
        numbers = [move.number for move in self.records.log if move.kind == "release"]
        assert numbers == list(range(1, len(numbers) + 1)), "a number is never used again"


BAD = {"p/a": "y"}
GOOD = {"p/a": "x"}


@settings(max_examples=400)
@example([("by hand", GOOD), ("by hand", BAD), ("back", None), *[("automatic", BAD)] * 3, ("automatic", GOOD)])
@example([("by hand", GOOD), ("by hand", BAD), ("back", None), ("close", None), ("automatic", BAD)])
@example([("by hand", GOOD), ("by hand", BAD), ("back", None), ("to", 2, set()), ("automatic", GOOD)])
@given(st.lists(ACTIONS, max_size=30))
def test_what_was_taken_back_never_comes_again_by_itself(actions: list[tuple[Any, ...]]) -> None:
    world = World()
    for action in actions:
        world.act(*action)


def test_the_model_finds_a_channel_that_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for action in (("by hand", GOOD), ("by hand", BAD), ("back", None)):
        world.act(*action)
    monkeypatch.setattr(history, "quarantined_by", lambda _: [])
    with pytest.raises(AssertionError):
        world.act("automatic", BAD)
