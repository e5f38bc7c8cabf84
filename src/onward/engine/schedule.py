"""The schedule: a state machine, events in and commands out.

States of a unit, and what moves it on:

    waiting   until every unit that it needs has ended
    looking   the loop was told to look; it answers with Decided (or Failed)
    queued    decided to run; starts when a slot is free
    running   Made, Failed, Suspended, Busy or Lost ends it
    busy      another run is making it; Freed sends it back to looking
    ended     `kept`, `restored`, `made`, `failed` or `skipped`; Lost alone sends a unit back from here

Invariants, held after every event (`check_invariants` in tests): a unit leaves `waiting` only when all that it
needs has ended well; no more units run than there are slots; after the first failure without `keep_going`, and
after an interrupt, nothing more is started; an ended unit stays ended, unless its bytes are lost. A crash leaves nothing behind: the
schedule is never stored, the next run makes a new one from the traces.

Long chains first: of the units that could start, the one with the longest recorded time to the end of the graph
goes first; names break ties, so that equal runs take equal courses.
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
    ) -> None:
        """
        Args:
            upstream: all units of the graph with what each needs, in an order in which needs come first.
            wanted: the units to bring up to date; closed under `upstream`.
            slots: how many may run at once.
            keep_going: go on with what does not depend on a failure.
            blocked: units that cannot run, with the reason.
            seconds: how long units took before.
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
        self._rank = self._ranks()
        self._queue: list[tuple[float, Unit]] = []
        self._decision: dict[Unit, Decision] = {}
        self._fallback: set[Unit] = set()
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
        ready = [unit for unit in self._upstream if self.state.get(unit) == "waiting" and not self._open_needs[unit]]
        for unit in ready:
            if self.state[unit] == "waiting":
                commands += self._look(unit)
        return commands

    def handle(self, event: AnyEvent) -> list[Command]:
        """What is to be done after `event`."""
        if isinstance(event, Interrupted):
            return self._stop()
        unit = event.unit
        if self.state.get(unit) in ENDED:
            return []
        match event:
            case Decided(decision=decision):
                return self._decided(unit, decision)
            case Made():
                return self._end_well(unit, "made")
            case Failed(fallback=fallback):
                return self._failed(unit, fallback)
            case Suspended(needs=needs):
                return self._suspended(unit, needs)
            case Lost(maker=maker):
                return self._lost(unit, maker)
            case Busy():
                self._move(unit, "busy")
                return [Await(unit), *self._fill()]
            case Freed():
                return self._look(unit)
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
        if self._stopped:
            return self._end_badly(unit, "skipped", "")
        self._move(unit, "queued")
        self._decision[unit] = decision
        heappush(self._queue, (-self._rank.get(unit, 0.0), unit))
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
        self._move(unit, state)
        commands: list[Command] = []
        for follower in self._downstream[unit]:
            if self.state.get(follower) == "waiting":
                self._open_needs[follower] -= 1
                if self._open_needs[follower] == 0:
                    commands += self._look(follower)
        return commands + self._fill()

    def _failed(self, unit: Unit, fallback: bool) -> list[Command]:
        if fallback:
            self._fallback.add(unit)
            commands = self._end_well(unit, "failed")
        else:
            commands = self._end_badly(unit, "failed", "")
        if not self._keep_going:
            return commands + self._stop()
        return commands + self._fill()

    def _end_badly(self, unit: Unit, state: str, because: str) -> list[Command]:
        self._move(unit, state)
        commands: list[Command] = [Skip(unit, because)] if state == "skipped" else []
        for follower in self._downstream[unit]:
            if self.state.get(follower) in ("waiting", "looking", "queued"):
                commands += self._end_badly(follower, "skipped", unit.step)
        return commands

    def _stop(self) -> list[Command]:
        """Starts nothing more; what has not been decided is skipped, what could still be kept is looked at."""
        self._stopped = True
        commands: list[Command] = []
        for unit in [unit for unit, state in self.state.items() if state in ("waiting", "queued", "busy")]:
            if self.state[unit] not in ENDED:
                commands += self._end_badly(unit, "skipped", "")
        return commands

    def _suspended(self, unit: Unit, needs: tuple[Unit, ...]) -> list[Command]:
        """Adds what it turned out to need, and what that needs in turn; then it waits again."""
        commands: list[Command] = []
        for need in needs:
            if need in self._upstream and not self._leads_to(unit, need):
                if need not in self._upstream[unit]:
                    self._upstream[unit].add(need)
                    self._downstream[need].append(unit)
                commands += self._want(need)
        self._enter(unit)
        bad = [
            need
            for need in self._upstream[unit]
            if self.state.get(need) in ("failed", "skipped") and not self._has_ended_well(need)
        ]
        if bad:
            return commands + self._end_badly(unit, "skipped", bad[0].step) + self._fill()
        if self._open_needs[unit] == 0:
            commands += self._look(unit)
        return commands + self._fill()

    def _lost(self, unit: Unit, maker: Unit) -> list[Command]:
        """Sends the maker of a damaged input back to be looked at; the unit waits for it again."""
        self._move(maker, "waiting")
        self._open_needs[maker] = 0
        self._enter(unit)
        return [*self._look(maker), *self._fill()]

    def _want(self, unit: Unit) -> list[Command]:
        if unit in self._wanted:
            return []
        self._wanted.add(unit)
        commands: list[Command] = []
        for need in sorted(self._upstream[unit]):
            commands += self._want(need)
        if unit in self._blocked:
            self._enter(unit)
            return commands + self._end_badly(unit, "skipped", self._blocked[unit])
        self._enter(unit)
        if self._open_needs[unit] == 0:
            commands += self._look(unit)
        return commands

    def _leads_to(self, unit: Unit, need: Unit) -> bool:
        """Whether `need` itself needs `unit`: waiting for it would never end."""
        todo, seen = [need], set()
        while todo:
            current = todo.pop()
            if current == unit:
                return True
            if current not in seen:
                seen.add(current)
                todo.extend(self._upstream[current])
        return False

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
        for unit, state in self.state.items():
            if state in ("looking", "queued", "running", *_ENDED_WELL):
                for need in self._upstream[unit]:
                    assert self._has_ended_well(need), (unit, need, self.state.get(need))
