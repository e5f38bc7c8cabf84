"""The schedule: every course that a run can take, and the few whose order matters in particular."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from onward.engine.schedule import ENDED, Schedule
from onward.model.decision import Decision
from onward.model.event import (
    AnyEvent,
    Await,
    Busy,
    Command,
    Decided,
    Failed,
    Freed,
    Interrupted,
    Look,
    Lost,
    Made,
    Skip,
    Start,
    Suspended,
    Unit,
)


def unit(name: str) -> Unit:
    return Unit(name)


def decision(name: str, action: str) -> Decision:
    return Decision(name, action, "key of " + name)


def schedule_of(
    graph: Mapping[str, Iterable[str]],
    wanted: Iterable[str] | None = None,
    *,
    slots: int = 2,
    keep_going: bool = False,
    blocked: Mapping[str, str] | None = None,
    seconds: Mapping[str, float] | None = None,
    learned: Mapping[str, Iterable[str]] | None = None,
    stood_in_for: Iterable[str] = (),
) -> Schedule:
    return Schedule(
        {unit(name): [unit(need) for need in needs] for name, needs in graph.items()},
        [unit(name) for name in (graph if wanted is None else wanted)],
        slots=slots,
        keep_going=keep_going,
        stood_in_for=map(unit, stood_in_for),
        blocked={unit(name): reason for name, reason in (blocked or {}).items()},
        seconds={unit(name): spent for name, spent in (seconds or {}).items()},
        learned={unit(name): map(unit, needs) for name, needs in (learned or {}).items()},
    )


class Course:
    """A run in which every look says `run` unless told otherwise, and steps end when the test says so."""

    def __init__(self, schedule: Schedule, kept: Iterable[str] = ()) -> None:
        self.schedule = schedule
        self.kept = set(kept)
        self.started: list[str] = []
        self.skipped: dict[str, str] = {}
        self._take(schedule.begin())

    def tell(self, event: AnyEvent) -> None:
        self._take(self.schedule.handle(event))

    def made(self, *names: str) -> None:
        for name in names:
            self.tell(Made(unit(name)))

    def _take(self, commands: Iterable[Command]) -> None:
        todo = list(commands)
        self.schedule.check_invariants()
        for command in todo:
            match command:
                case Look(unit=looked):
                    action = "keep" if looked.step in self.kept else "run"
                    todo += self.schedule.handle(Decided(looked, decision(looked.step, action)))
                    self.schedule.check_invariants()
                case Start(unit=begun):
                    self.started.append(begun.step)
                case Skip(unit=left, because=because):
                    assert left.step not in self.skipped, "skipped twice"
                    self.skipped[left.step] = because
                case Await():
                    pass

    def state(self, name: str) -> str:
        return self.schedule.state[unit(name)]


CHAIN = {"a": [], "b": ["a"], "c": ["b"]}
FORK = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "alone": []}


def test_a_step_starts_only_when_what_it_needs_is_made() -> None:
    course = Course(schedule_of(CHAIN))
    assert course.started == ["a"]
    course.made("a")
    assert course.started == ["a", "b"]
    course.made("b", "c")
    assert course.schedule.is_over
    assert course.started == ["a", "b", "c"]


def test_what_is_kept_starts_nothing_and_lets_others_go_on() -> None:
    course = Course(schedule_of(CHAIN), kept=["a", "b"])
    assert course.started == ["c"]
    assert (course.state("a"), course.state("b")) == ("kept", "kept")


def test_only_wanted_steps_run() -> None:
    course = Course(schedule_of(FORK, ["a", "b"]))
    course.made("a", "b")
    assert course.schedule.is_over
    assert course.started == ["a", "b"]


def test_no_more_run_at_once_than_there_are_slots() -> None:
    course = Course(schedule_of({name: [] for name in "abcde"}, slots=2))
    assert course.started == ["a", "b"]
    course.made("b")
    assert course.started == ["a", "b", "c"]


def test_the_longest_chain_goes_first_and_names_break_ties() -> None:
    graph = {"a": [], "b": [], "z": [], "after": ["z"]}
    course = Course(schedule_of(graph, slots=1, seconds={"after": 60.0}))
    course.made("z", "after", "a", "b")
    assert course.started == ["z", "after", "a", "b"]


def test_the_first_failure_starts_nothing_more() -> None:
    course = Course(schedule_of(FORK, slots=1))
    course.tell(Failed(unit("a")))
    assert course.started == ["a"]
    assert course.schedule.is_over
    assert course.skipped == {"b": "a", "c": "a", "d": "b", "alone": ""}


def test_what_runs_beside_the_first_failure_ends_and_counts() -> None:
    course = Course(schedule_of(FORK, slots=2))
    assert course.started == ["a", "alone"]
    course.tell(Failed(unit("a")))
    assert not course.schedule.is_over
    course.made("alone")
    assert course.schedule.is_over
    assert course.state("alone") == "made"


def test_keeping_going_runs_what_does_not_depend_on_the_failure() -> None:
    course = Course(schedule_of(FORK, slots=1, keep_going=True))
    course.tell(Failed(unit("a")))
    course.made("alone")
    assert course.started == ["a", "alone"]
    assert course.skipped == {"b": "a", "c": "a", "d": "b"}
    assert course.schedule.is_over


def test_readers_of_a_tracked_file_go_on_after_its_maker_failed() -> None:
    course = Course(schedule_of(CHAIN, keep_going=True))
    course.tell(Failed(unit("a"), fallback=True))
    course.made("b", "c")
    assert course.state("a") == "failed"
    assert course.started == ["a", "b", "c"]


def test_readers_of_a_tracked_file_go_on_after_its_maker_was_skipped() -> None:
    course = Course(schedule_of(CHAIN, keep_going=True, stood_in_for="b"))
    course.tell(Failed(unit("a")))
    course.made("c")
    assert course.skipped["b"] == "a"
    assert "c" in course.started
    assert course.schedule.is_over


def test_readers_of_a_tracked_file_go_on_where_its_maker_cannot_run() -> None:
    course = Course(schedule_of(CHAIN, keep_going=True, blocked={"b": "a finding"}, stood_in_for="b"))
    course.made("a", "c")
    assert course.skipped == {"b": "a finding"}


def test_where_nothing_more_is_started_a_tracked_file_starts_nothing_either() -> None:
    course = Course(schedule_of(CHAIN, keep_going=False, stood_in_for="b"))
    course.tell(Failed(unit("a")))
    assert course.started == ["a"]
    assert course.schedule.is_over


def test_the_failure_of_a_maker_of_a_tracked_file_starts_nothing_more_either() -> None:
    schedule = schedule_of({"a": [], "b": [], "c": []}, slots=1)
    course = Course(schedule)
    assert course.started == ["a"]
    course.tell(Failed(unit("a"), fallback=True))
    assert course.started == ["a"]
    assert schedule.is_over


def test_a_reader_of_the_asset_itself_is_skipped_where_its_maker_failed() -> None:
    schedule = schedule_of(CHAIN, keep_going=True)
    schedule.begin()
    schedule.handle(Decided(unit("a"), decision("a", "run")))
    assert schedule.handle(Failed(unit("a"), fallback=True)) == [Look(unit("b"))]
    commands = schedule.handle(Decided(unit("b"), decision("b", "blocked")))
    assert commands == [Skip(unit("b"), "a"), Skip(unit("c"), "b")]
    assert schedule.is_over


def test_a_blocked_step_takes_along_what_needs_it_each_with_its_own_reason() -> None:
    course = Course(schedule_of(FORK, keep_going=True, blocked={"b": "b is unclear", "d": "d is unclear"}))
    assert course.skipped == {"b": "b is unclear", "d": "d is unclear"}
    course.made("a", "c", "alone")
    assert course.schedule.is_over


def test_a_suspended_step_waits_for_what_it_asked_for_with_all_that_this_needs() -> None:
    course = Course(schedule_of({"a": [], "b": ["a"], "late": []}, ["late"]))
    course.tell(Suspended(unit("late"), (unit("b"),)))
    assert course.started == ["late", "a"]
    course.made("a", "b")
    assert course.started == ["late", "a", "b", "late"]
    course.made("late")
    assert course.schedule.is_over


def test_a_suspended_step_that_asks_for_what_is_made_starts_again_at_once() -> None:
    course = Course(schedule_of({"a": [], "late": []}))
    course.made("a")
    course.tell(Suspended(unit("late"), (unit("a"),)))
    assert course.started == ["a", "late", "late"]


def test_a_suspended_step_never_waits_for_one_that_needs_it() -> None:
    course = Course(schedule_of({"late": [], "after": ["late"]}))
    course.tell(Suspended(unit("late"), (unit("after"), unit("late"))))
    assert course.started == ["late", "late"]


def test_what_was_learned_of_a_step_gives_way_to_what_another_asks_of_it_now() -> None:
    graph = {"a": [], "between": ["a"], "b": ["between", "other"], "other": []}
    course = Course(schedule_of(graph, learned={"between": ["a"], "b": ["other"]}, slots=1))
    assert course.started == ["a"]
    course.tell(Suspended(unit("a"), (unit("b"),)))
    course.made("other", "between", "b", "a")
    assert course.started == ["a", "other", "between", "b", "a"], "what closes no circle still holds"
    assert course.schedule.is_over


def test_a_step_is_looked_at_without_what_an_earlier_run_alone_has_shown_that_it_needs() -> None:
    graph = {"maker": [], "other": [], "reader": ["maker", "other"], "after": ["reader"]}
    course = Course(schedule_of(graph, learned={"reader": ["maker"]}, keep_going=True))
    course.tell(Failed(unit("maker")))
    assert course.started == ["maker", "other"], "the other need still holds"
    course.made("other", "reader", "after")
    assert course.started == ["maker", "other", "reader", "after"]
    assert course.skipped == {}
    assert course.schedule.is_over


def test_a_step_that_needs_what_failed_all_the_same_is_skipped_as_its_needs_are() -> None:
    graph = {"maker": [], "reader": ["maker"], "after": ["reader"]}
    schedule = schedule_of(graph, learned={"reader": ["maker"]}, keep_going=True)
    schedule.begin()
    schedule.handle(Decided(unit("maker"), decision("maker", "run")))
    assert schedule.handle(Failed(unit("maker"))) == [Look(unit("reader"))]
    skips = schedule.handle(Decided(unit("reader"), decision("reader", "blocked")))
    assert skips == [Skip(unit("reader"), "maker"), Skip(unit("after"), "reader")]
    assert schedule.is_over


def test_a_step_that_asks_again_for_what_failed_is_skipped() -> None:
    graph = {"maker": [], "reader": ["maker"]}
    course = Course(schedule_of(graph, learned={"reader": ["maker"]}, keep_going=True))
    course.tell(Failed(unit("maker")))
    course.tell(Suspended(unit("reader"), (unit("maker"),)))
    assert course.skipped == {"reader": "maker"}
    assert course.schedule.is_over


def test_the_first_failure_starts_no_step_that_may_do_without_it_either() -> None:
    graph = {"maker": [], "reader": ["maker"]}
    course = Course(schedule_of(graph, learned={"reader": ["maker"]}))
    course.tell(Failed(unit("maker")))
    assert course.started == ["maker"]
    assert course.skipped.keys() == {"reader"}
    assert course.schedule.is_over


def test_a_step_is_skipped_where_one_of_its_needs_failed_of_which_its_code_tells() -> None:
    graph = {"maker": [], "other": [], "reader": ["maker", "other"]}
    course = Course(schedule_of(graph, learned={"reader": ["maker"]}, keep_going=True))
    course.tell(Failed(unit("maker")))
    course.tell(Failed(unit("other")))
    assert course.skipped == {"reader": "other"}
    assert course.schedule.is_over


def test_an_interrupt_ends_a_chain_of_thousands_that_was_learned() -> None:
    names = [f"s{number:05d}" for number in range(5000)]
    graph = {name: names[at - 1 : at] if at else [] for at, name in enumerate(names)}
    course = Course(schedule_of(graph, learned=graph))
    course.tell(Interrupted())
    course.made(names[0])
    assert course.schedule.state[unit(names[-1])] == "skipped"
    assert course.schedule.is_over


def test_a_step_that_will_ask_for_another_is_not_started_before_it() -> None:
    schedule = schedule_of({"a": [], "late": []}, ["late"])
    (look,) = schedule.begin()
    commands = schedule.handle(Suspended(look.unit, (unit("a"),)))
    assert commands == [Look(unit("a"))]


@pytest.mark.parametrize("blocked", ["a", "b"])
def test_a_suspended_step_that_asks_for_what_cannot_be_made_is_skipped(blocked: str) -> None:
    graph = {"a": [], "b": ["a"], "late": []}
    course = Course(schedule_of(graph, ["late"], keep_going=True, blocked={blocked: "unclear"}))
    course.tell(Suspended(unit("late"), (unit("b"),)))
    assert course.skipped["late"] == "b"
    course.made(*course.started[1:])
    assert course.schedule.is_over


def test_a_suspended_step_that_asks_for_something_above_which_a_step_has_failed_is_skipped() -> None:
    course = Course(schedule_of({"a": [], "b": ["a"], "late": []}, ["a", "late"], keep_going=True))
    course.tell(Failed(unit("a")))
    course.tell(Suspended(unit("late"), (unit("b"),)))
    assert course.skipped == {"b": "a", "late": "b"}
    assert course.schedule.is_over


def test_a_step_that_another_run_makes_gives_its_slot_away_and_is_looked_at_again() -> None:
    course = Course(schedule_of({"a": [], "b": []}, slots=1))
    course.tell(Busy(unit("a")))
    assert course.started == ["a", "b"]
    course.kept.add("a")
    course.tell(Freed(unit("a")))
    assert course.state("a") == "kept"


def test_damaged_bytes_send_their_maker_back_and_the_reader_waits() -> None:
    course = Course(schedule_of(CHAIN), kept=["a", "b"])
    course.kept.clear()
    course.tell(Lost(unit("c"), unit("b")))
    assert course.started == ["c", "b"]
    course.made("b", "c")
    assert course.started == ["c", "b", "c"]
    assert course.schedule.is_over


def test_what_is_queued_waits_again_for_a_maker_that_was_sent_back() -> None:
    graph = {"a": [], "b": ["a"], "c": ["a"]}
    course = Course(schedule_of(graph, slots=1), kept=["a"])
    assert course.started == ["b"]
    course.kept.clear()
    course.tell(Lost(unit("b"), unit("a")))
    assert course.started == ["b", "a"], "c reads what was lost, so it may not start before it is there again"
    course.made("a", "b", "c")
    assert course.started == ["b", "a", "b", "c"]


def test_two_readers_that_find_the_same_damage_send_the_maker_back_once() -> None:
    graph = {"a": [], "b": ["a"], "c": ["a"]}
    course = Course(schedule_of(graph, slots=2), kept=["a"])
    course.kept.clear()
    course.tell(Lost(unit("b"), unit("a")))
    course.tell(Lost(unit("c"), unit("a")))
    assert course.started == ["b", "c", "a"]
    course.made("a", "b", "c")
    assert course.schedule.is_over


def test_a_lost_input_that_cannot_be_made_again_skips_the_reader() -> None:
    course = Course(schedule_of(CHAIN, keep_going=True), kept=["a", "b"])
    course.kept.clear()
    course.tell(Lost(unit("c"), unit("b")))
    course.tell(Failed(unit("b")))
    assert course.skipped == {"c": "b"}
    assert course.schedule.is_over


def test_an_interrupt_lets_what_runs_end_and_starts_nothing_more() -> None:
    course = Course(schedule_of(FORK, slots=1))
    course.tell(Interrupted())
    assert course.skipped.keys() == {"b", "c", "d", "alone"}
    course.made("a")
    assert course.schedule.is_over


def test_a_late_answer_about_a_skipped_step_changes_nothing() -> None:
    schedule = schedule_of({"a": [], "b": []}, slots=2)
    assert schedule.begin() == [Look(unit("a")), Look(unit("b"))]
    schedule.handle(Failed(unit("a")))
    assert schedule.handle(Decided(unit("b"), decision("b", "keep"))) == [], "what can be kept still is"
    assert schedule.state[unit("b")] == "kept"
    for event in (Made(unit("a")), Freed(unit("a")), Decided(unit("a"), decision("a", "run"))):
        assert schedule.handle(event) == []
    assert schedule.state[unit("a")] == "failed"


def test_a_chain_of_thousands_may_fail_at_its_start() -> None:
    names = [f"s{number:05d}" for number in range(5000)]
    graph = {name: names[at - 1 : at] if at else [] for at, name in enumerate(names)}
    course = Course(schedule_of(graph, keep_going=True))
    course.tell(Failed(unit(names[0])))
    assert course.schedule.state[unit(names[-1])] == "skipped"
    assert course.schedule.is_over


def test_a_suspended_step_may_ask_for_the_end_of_a_chain_of_thousands() -> None:
    names = [f"s{number:05d}" for number in range(5000)]
    graph = {name: names[at - 1 : at] if at else [] for at, name in enumerate(names)} | {"late": []}
    course = Course(schedule_of(graph, ["late"]))
    course.tell(Suspended(unit("late"), (unit(names[-1]),)))
    assert course.started == ["late", names[0]]


NAMES = "abcdefgh"


class Courses(RuleBasedStateMachine):
    """Random graphs under random events, with a model that knows only what it was told to do."""

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        count = data.draw(st.integers(1, len(NAMES)), "units")
        names = NAMES[:count]
        self.graph = {
            name: data.draw(st.lists(st.sampled_from(names[:at]), unique=True, max_size=3)) if at else []
            for at, name in enumerate(names)
        }
        wanted = set(data.draw(st.lists(st.sampled_from(names), min_size=1), "wanted"))
        for name in reversed(names):
            if name in wanted:
                wanted.update(self.graph[name])
        blocked = data.draw(st.sets(st.sampled_from(names), max_size=1), "blocked")
        self.learned = {
            name: data.draw(st.sets(st.sampled_from(needs)), f"learned of {name}") if needs else set()
            for name, needs in self.graph.items()
        }
        self.slots = data.draw(st.integers(1, 3), "slots")
        self.keep_going = data.draw(st.booleans(), "keep_going")
        self.schedule = schedule_of(
            self.graph,
            wanted,
            slots=self.slots,
            keep_going=self.keep_going,
            blocked=dict.fromkeys(blocked, "unclear"),
            seconds=dict.fromkeys(data.draw(st.sets(st.sampled_from(names))), 5.0),
            learned=self.learned,
        )
        self.blocked = blocked
        self.looks: list[Unit] = []
        self.running: list[Unit] = []
        self.awaited: list[Unit] = []
        self.good: set[str] = set()
        self.stopped = False
        self.patience = 6  # suspensions, losses and rivals that this run still has in store
        self.take(self.schedule.begin())

    def take(self, commands: Iterable[Command]) -> None:
        for command in commands:
            match command:
                case Look(unit=looked):
                    self.looks.append(looked)
                case Start(unit=begun):
                    assert not self.stopped, f"{begun} was started after the run was stopped"
                    assert begun not in self.running
                    assert begun.step not in self.blocked
                    needs = set(self.graph[begun.step]) - self.learned[begun.step]
                    assert self.good.issuperset(needs), f"{begun} was started before its needs"
                    self.running.append(begun)
                case Await(unit=awaited):
                    self.awaited.append(awaited)
                case Skip(unit=left):
                    assert self.schedule.state[left] == "skipped"
        assert len(self.running) <= self.slots

    def tell(self, event: AnyEvent) -> None:
        self.take(self.schedule.handle(event))

    def pick(self, data: st.DataObject, units: list[Unit]) -> Unit:
        return units.pop(data.draw(st.integers(0, len(units) - 1)))

    @precondition(lambda self: self.looks)
    @rule(data=st.data(), action=st.sampled_from(["keep", "restore", "run", "run", "unreadable"]))
    def look(self, data: st.DataObject, action: str) -> None:
        looked = self.pick(data, self.looks)
        still_open = self.schedule.state[looked] == "looking"
        if action == "unreadable":
            if still_open and not self.keep_going:
                self.stopped = True
            self.tell(Failed(looked))
            return
        if still_open and action != "run":
            self.good.add(looked.step)
        self.tell(Decided(looked, decision(looked.step, action)))

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def make(self, data: st.DataObject) -> None:
        made = self.pick(data, self.running)
        self.good.add(made.step)
        self.tell(Made(made))

    @precondition(lambda self: self.running)
    @rule(data=st.data(), fallback=st.booleans())
    def fail(self, data: st.DataObject, fallback: bool) -> None:
        failed = self.pick(data, self.running)
        self.stopped = self.stopped or not self.keep_going
        if fallback:
            self.good.add(failed.step)
        commands = self.schedule.handle(Failed(failed, fallback))
        assert self.keep_going or not any(isinstance(command, Start) for command in commands)
        self.take(commands)

    @precondition(lambda self: (self.running or self.looks) and self.patience)
    @rule(data=st.data())
    def suspend(self, data: st.DataObject) -> None:
        self.patience -= 1
        suspended = self.pick(
            data, data.draw(st.sampled_from([units for units in (self.running, self.looks) if units]))
        )
        needs = data.draw(st.lists(st.sampled_from(sorted(self.graph)), min_size=1, max_size=2, unique=True))
        self.tell(Suspended(suspended, tuple(unit(need) for need in needs)))

    @precondition(lambda self: self.patience and any(self.graph[begun.step] for begun in self.running))
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        self.patience -= 1
        readers = [begun for begun in self.running if self.graph[begun.step]]
        reader = data.draw(st.sampled_from(readers))
        maker = data.draw(st.sampled_from(self.graph[reader.step]))
        self.running.remove(reader)
        # A tracked file that stands in for a failed maker is no object that could be damaged.
        if self.schedule.state[unit(maker)] in ("kept", "restored", "made"):
            self.good.discard(maker)
        self.tell(Lost(reader, unit(maker)))

    @precondition(lambda self: self.running and self.patience)
    @rule(data=st.data())
    def meet_a_rival(self, data: st.DataObject) -> None:
        self.patience -= 1
        self.tell(Busy(self.pick(data, self.running)))

    @precondition(lambda self: self.awaited)
    @rule(data=st.data())
    def rival_lets_go(self, data: st.DataObject) -> None:
        self.tell(Freed(self.pick(data, self.awaited)))

    @precondition(lambda self: not self.looks and not self.running and not self.awaited)
    @rule(data=st.data())
    def answer_too_late(self, data: st.DataObject) -> None:
        late = unit(data.draw(st.sampled_from(sorted(self.graph))))
        before = dict(self.schedule.state)
        for event in (
            Decided(late, decision(late.step, "run")),
            Made(late),
            Failed(late),
            Freed(late),
            Busy(late),
        ):
            assert self.schedule.handle(event) == []
        assert self.schedule.state == before

    @precondition(lambda self: self.patience == 3)
    @rule()
    def interrupt(self) -> None:
        self.patience -= 1
        self.stopped = True
        self.tell(Interrupted())

    @invariant()
    def promises_hold(self) -> None:
        if hasattr(self, "schedule"):
            self.schedule.check_invariants()

    def teardown(self) -> None:
        """However far it came: answering what is open ends the run, and every wanted unit has ended."""
        if not hasattr(self, "schedule"):
            return
        for _ in range(500):
            if self.schedule.is_over:
                break
            if self.looks:
                looked = self.looks.pop(0)
                self.tell(Decided(looked, decision(looked.step, "run")))
            elif self.running:
                made = self.running.pop(0)
                self.good.add(made.step)
                self.tell(Made(made))
            else:
                assert len(self.awaited) > 0, "nothing is open, and the run is not over"
                self.tell(Freed(self.awaited.pop(0)))
            self.schedule.check_invariants()
        assert self.schedule.is_over
        assert set(self.schedule.state.values()) <= set(ENDED)
        assert not self.running


Courses.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestCourses = Courses.TestCase
