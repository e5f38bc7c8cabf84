"""The schedule: a state machine, events in and commands out.

States of a unit, and what moves it on:

    waiting   until every unit that it needs has ended
    looking   the loop was told to look; it answers with Decided (or Failed, or Suspended)
    queued    decided to run; starts when a slot is free
    running   Made, Failed, Suspended, Busy or Lost ends it
    busy      another run is making it; Freed sends it back to looking
    ended     `kept`, `restored`, `made`, `failed` or `skipped`; Lost alone sends a unit back from here

Invariants, held after every event (`check_invariants` in tests): a unit leaves `waiting` only when all that
it needs has ended well, and what an earlier run alone has shown that it needs has ended; no more units run than there
are slots; after the first failure that is final, without `keep_going`, and after an interrupt, nothing more is started;
an ended unit stays ended, unless its bytes are lost: then it is looked at again, and what has not started yet waits for
it again. An answer to a question that is no longer open, such as a decision about a unit that was skipped meanwhile,
changes nothing. A crash leaves nothing behind: the schedule is never stored, the next run makes a new one from the
traces.

Long chains first: of the units that could start, the one with the longest recorded time to the end of the
graph goes first; names break ties, so that equal runs take equal courses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from onward.model.decision import Decision
from onward.model.event import (
    AnyEvent,
    Await,
    Busy,
    Command,
    Decided,
    Event,
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

ENDED = ("kept", "restored", "made", "failed", "skipped")
_ENDED_WELL = ("kept", "restored", "made")
_NOT_STARTED = ("waiting", "looking", "queued")
_ANSWERS_TO: dict[type[Event], tuple[str, ...]] = {
    Decided: ("looking",),
    Made: ("running",),
    Failed: ("looking", "running"),
    Suspended: ("looking", "running"),
    Lost: ("running",),
    Busy: ("running",),
    Freed: ("busy",),
}
"""The states in which each event means something."""


class Schedule:
    """One run's course over a graph of units."""

    def __init__(
        self,
        upstream: Mapping[Unit, Iterable[Unit]],
        wanted: Iterable[Unit],
        *,
        slots: int,
        keep_going: bool,
        blocked: Mapping[Unit, str] | None = None,
        seconds: Mapping[Unit, float] | None = None,
        learned: Mapping[Unit, Iterable[Unit]] | None = None,
        stood_in_for: Iterable[Unit] = (),
    ) -> None:
        """
        Args:
            upstream: all units of the graph with what each needs, in an order in which needs come first.
            wanted: the units to bring up to date; closed under `upstream`.
            slots: how many may run at once.
            keep_going: go on with what does not depend on a failure.
            blocked: units that cannot run, with the reason.
            seconds: how long units took before.
            learned: those of `upstream` that an earlier run alone has shown; a need that this one shows overrules them,
                and a unit is looked at without those that ended badly, for it may need them no more.
            stood_in_for: units whose followers can go on with tracked files, should they be skipped.
        """
        self._upstream: dict[Unit, set[Unit]] = {unit: set(needs) for unit, needs in upstream.items()}
        self._downstream: dict[Unit, list[Unit]] = {unit: [] for unit in self._upstream}
        for unit, needs in self._upstream.items():
            for need in needs:
                self._downstream[need].append(unit)
        self._slots = slots
        self._keep_going = keep_going
        self._blocked = dict(blocked or {})
        self._stopped = False
        self._seconds = dict(seconds or {})
        self._learned = {unit: set(needs) for unit, needs in (learned or {}).items()}
        self._done_without: dict[Unit, set[Unit]] = {}
        """Learned needs that ended badly."""
        self._rank = self._ranks()
        self._queue: list[tuple[float, Unit]] = []
        self._decision: dict[Unit, Decision] = {}
        self._fallback: set[Unit] = set()
        self._stood_in_for = frozenset(stood_in_for)
        self._lost_once: set[Unit] = set()
        self.state: dict[Unit, str] = {}
        self._open_needs: dict[Unit, int] = {}
        self._wanted = set(wanted)
        self._running = 0
        self._ended = 0

    @property
    def is_over(self) -> bool:
        """Whether every wanted unit has ended."""
        return self._ended == len(self._wanted)

    def begin(self) -> list[Command]:
        """The first commands."""
        commands: list[Command] = []
        for unit in self._upstream:
            if unit in self._wanted:
                self._enter(unit)
        for unit in sorted(self._wanted & self._blocked.keys()):
            commands += self._end_badly(unit, "skipped", self._blocked[unit])
        ready = [unit for unit, state in self.state.items() if state == "waiting" and not self._open_needs[unit]]
        for unit in sorted(ready, key=self._by_urgency):
            commands += self._look(unit)
        return commands

    def handle(self, event: AnyEvent) -> list[Command]:
        """What is to be done after `event`."""
        if isinstance(event, Interrupted):
            return self._stop()
        unit = event.unit
        if self.state.get(unit) not in _ANSWERS_TO[type(event)]:
            return []
        match event:
            case Decided(decision=decision):
                return self._decided(unit, decision)
            case Made():
                return self._end_well(unit, "made")
            case Failed(fallback=fallback, is_final=is_final):
                return self._failed(unit, fallback, is_final)
            case Suspended(needs=needs):
                return self._suspended(unit, needs)
            case Lost(maker=maker):
                return self._lost(unit, maker)
            case Busy():
                self._move(unit, "busy")
                return [Await(unit), *self._fill()]
            case Freed():
                return self._await_needs(unit)
        raise AssertionError(f"an event that the schedule does not know: {event}")

    def _move(self, unit: Unit, state: str) -> None:
        """The one place where a state changes, so that the counts are always those of the states."""
        before = self.state.get(unit)
        self._running += (state == "running") - (before == "running")
        self._ended += (state in ENDED) - (before in ENDED)
        self.state[unit] = state

    def _enter(self, unit: Unit) -> None:
        self._move(unit, "waiting")
        self._open_needs[unit] = sum(not self._has_ended_well(need) for need in self._upstream[unit])

    def _has_ended_well(self, unit: Unit) -> bool:
        return self.state.get(unit) in _ENDED_WELL or unit in self._fallback

    def _has_ended_badly(self, unit: Unit) -> bool:
        return self.state.get(unit) in ("failed", "skipped") and unit not in self._fallback

    def _await_needs(self, unit: Unit) -> list[Command]:
        """Lets a unit wait: it goes on at once where nothing is open, and ends where a need ended badly."""
        self._enter(unit)
        if unit in self._blocked:
            return self._end_badly(unit, "skipped", self._blocked[unit])
        bad = {need for need in self._upstream[unit] if self._has_ended_badly(need)}
        for need in bad & self._learned.get(unit, set()):
            self._do_without(unit, need)
        bad &= self._upstream[unit]
        if bad:
            return self._end_badly(unit, "skipped", min(bad).step)
        return [] if self._open_needs[unit] else self._look(unit)

    def _look(self, unit: Unit) -> list[Command]:
        if self._stopped:
            return self._end_badly(unit, "skipped", "")
        self._move(unit, "looking")
        return [Look(unit)]

    def _decided(self, unit: Unit, decision: Decision) -> list[Command]:
        if decision.action == "keep":
            return self._end_well(unit, "kept")
        if decision.action == "restore":
            return self._end_well(unit, "restored")
        if decision.action == "blocked":
            # Readers of the tracked file go on from a failure, and this one takes the asset itself; or it was looked
            # at without what an earlier run has shown, and does need it.
            without = self._done_without.get(unit, set())
            failed = sorted(without) or [need for need in sorted(self._upstream[unit]) if need in self._fallback]
            told = [need.step for need in failed] + [each.what for each in decision.reasons if each.kind == "step"]
            return self._end_badly(unit, "skipped", told[0] if told else "")
        if self._stopped:
            return self._end_badly(unit, "skipped", "")
        assert decision.action == "run", f"{unit} has all that it needs, and still: {decision.action}"
        self._move(unit, "queued")
        self._decision[unit] = decision
        heappush(self._queue, self._by_urgency(unit))
        return self._fill()

    def _fill(self) -> list[Command]:
        """Starts what fits into the free slots."""
        commands: list[Command] = []
        while self._queue and self._running < self._slots and not self._stopped:
            _, unit = heappop(self._queue)
            if self.state[unit] == "queued":
                self._move(unit, "running")
                commands.append(Start(unit, self._decision[unit]))
        return commands

    def _end_well(self, unit: Unit, state: str) -> list[Command]:
        # The free slot waits for what the looks bring: it may head a longer chain than what is queued.
        return self._let_followers_on(unit, state) or self._fill()

    def _let_followers_on(self, unit: Unit, state: str) -> list[Command]:
        self._move(unit, state)
        commands: list[Command] = []
        for follower in sorted(self._downstream[unit], key=self._by_urgency):
            if self.state.get(follower) == "waiting":
                self._open_needs[follower] -= 1
                if self._open_needs[follower] == 0:
                    commands += self._look(follower)
        return commands

    def _failed(self, unit: Unit, fallback: bool, is_final: bool) -> list[Command]:
        if fallback:
            self._fallback.add(unit)
            commands = self._let_followers_on(unit, "failed")
        else:
            commands = self._end_badly(unit, "failed", "")
        if is_final and not self._keep_going:
            return commands + self._stop()
        return commands + self._fill()

    def _end_badly(self, unit: Unit, state: str, because: str) -> list[Command]:
        """Ends a unit, and as skipped all that cannot go on without it; who may need it no more is looked at."""
        commands: list[Command] = []
        todo = [(unit, state, because)]
        while todo:
            current, ending, reason = todo.pop()
            if self.state.get(current) in ENDED:
                continue  # two ways lead to it
            self._move(current, ending)
            if ending == "skipped":
                commands.append(Skip(current, reason))
                if reason and current in self._stood_in_for:
                    self._fallback.add(current)
                    commands += self._let_followers_on(current, ending)
                    continue
            for follower in self._downstream[current][::-1]:
                if self._may_do_without(follower, current):
                    self._do_without(follower, current)
                    commands += [] if self._open_needs[follower] else self._look(follower)
                elif self.state.get(follower) in _NOT_STARTED:
                    todo.append((follower, "skipped", self._blocked.get(follower, current.step)))
        return commands

    def _may_do_without(self, unit: Unit, need: Unit) -> bool:
        return self.state.get(unit) == "waiting" and need in self._learned.get(unit, ()) and not self._stopped

    def _do_without(self, unit: Unit, need: Unit) -> None:
        """Takes a learned need that ended badly away from a waiting unit."""
        self._forget(unit, need)
        self._open_needs[unit] -= 1
        self._done_without.setdefault(unit, set()).add(need)

    def _forget(self, unit: Unit, need: Unit) -> None:
        self._learned[unit].discard(need)
        self._upstream[unit].discard(need)
        self._downstream[need].remove(unit)

    def _stop(self) -> list[Command]:
        """Starts nothing more: what waits is skipped, what is being looked at may still be kept."""
        self._stopped = True
        commands: list[Command] = []
        for unit in [unit for unit, state in self.state.items() if state in ("waiting", "queued", "busy")]:
            commands += self._end_badly(unit, "skipped", "")
        return commands

    def _suspended(self, unit: Unit, needs: tuple[Unit, ...]) -> list[Command]:
        """Adds what it turned out to need, and what that needs in turn; then it waits again."""
        commands: list[Command] = []
        for need in needs:
            commands += self._forget_learned(unit, need)
            if need in self._upstream and not self._leads_to(unit, need):
                if need not in self._upstream[unit]:
                    self._upstream[unit].add(need)
                    self._downstream[need].append(unit)
                commands += self._want(need)
        return [*commands, *self._await_needs(unit), *self._fill()]

    def _forget_learned(self, unit: Unit, need: Unit) -> list[Command]:
        """Takes away what was learned of units on the way from `need` up to `unit`, which would close a circle."""
        commands: list[Command] = []
        for current in sorted(self._needed_by(need)):
            for old in sorted(self._learned.get(current, ())):
                if self._leads_to(unit, old):
                    self._forget(current, old)
                    if self.state.get(current) == "waiting":
                        commands += self._await_needs(current)
        return commands

    def _lost(self, unit: Unit, maker: Unit) -> list[Command]:
        """Sends the maker of a damaged input back; whoever has not started waits for it again."""
        commands: list[Command] = []
        if self._has_ended_well(maker):
            self._lost_once.add(maker)
            self._move(maker, "waiting")
            for follower in self._downstream[maker]:
                if self.state.get(follower) in _NOT_STARTED:
                    self._enter(follower)
            commands += self._await_needs(maker)
        return [*commands, *self._await_needs(unit), *self._fill()]

    def _want(self, unit: Unit) -> list[Command]:
        """Takes a unit, and what it needs, among those that are brought up to date."""
        fresh: list[Unit] = []
        todo = [unit]
        while todo:
            current = todo.pop()
            if current not in self._wanted:
                self._wanted.add(current)
                fresh.append(current)
                todo.extend(sorted(self._upstream[current]))
        for current in fresh:
            self._enter(current)
        commands: list[Command] = []
        for current in reversed(fresh):
            if self.state[current] == "waiting":
                commands += self._await_needs(current)
        return commands

    def _leads_to(self, unit: Unit, need: Unit) -> bool:
        """Whether `need` itself needs `unit`: waiting for it would never end."""
        return unit in self._needed_by(need)

    def _needed_by(self, unit: Unit) -> set[Unit]:
        """A unit with all that it needs."""
        todo, seen = [unit], set()
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo.extend(self._upstream.get(current, ()))
        return seen

    def _by_urgency(self, unit: Unit) -> tuple[float, Unit]:
        """Sorts the head of the longest chain to the front."""
        return -self._rank[unit], unit

    def _ranks(self) -> dict[Unit, float]:
        """Seconds from the start of each unit to the end of the longest chain that hangs on it."""
        ranks: dict[Unit, float] = {}
        for unit in reversed(list(self._upstream)):
            after = max((ranks.get(follower, 0.0) for follower in self._downstream[unit]), default=0.0)
            ranks[unit] = after + self._seconds.get(unit, 1.0)
        return ranks

    def check_invariants(self) -> None:
        """Raises AssertionError where a promise of the module's docstring does not hold."""
        running = [unit for unit, state in self.state.items() if state == "running"]
        assert len(running) == self._running <= self._slots, running
        assert self._ended == sum(state in ENDED for state in self.state.values())
        assert self.state.keys() == self._wanted
        for unit, state in self.state.items():
            needs = self._upstream[unit]
            open_needs = [need for need in needs if not self._has_ended_well(need)]
            if state == "waiting":
                assert self._open_needs[unit] == len(open_needs) > 0, (unit, open_needs)
                assert not any(self._has_ended_badly(need) for need in needs), (unit, open_needs)
            elif state in ("looking", "queued"):
                assert not open_needs, (unit, open_needs)
            elif state not in ("failed", "skipped"):
                # It took its inputs before they were lost.
                assert self._lost_once.issuperset(open_needs), (unit, open_needs)
