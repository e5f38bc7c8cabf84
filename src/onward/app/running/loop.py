"""The loop of a run: carries out the schedule's commands and tells it what happened in the world.

Bytes go into the store before the trace that names them. Whatever the user's code does ends as an outcome; only
what stops onward's own work is raised.
"""

from __future__ import annotations

import select
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from onward.app.observing import seen, unstable
from onward.app.observing.collect import Result, keep_overwritten
from onward.app.observing.outputs import EditedByHandError, TreeOutputs, files_taken_of, stood_in_for
from onward.app.running import strict
from onward.app.running.asked import AskedFor, circle
from onward.app.running.children import Children
from onward.app.running.evaluate import Evaluation, MissingSourceError
from onward.app.running.files import StepFiles
from onward.app.running.outcomes import INTERRUPTED, Outcomes, error_of
from onward.app.running.recording import Recording
from onward.app.running.targets import Selection
from onward.app.running.tasks import DamagedInputError, task_of
from onward.app.running.tracing import FirstRun, Running, Tracing
from onward.app.settings.options import RunOptions
from onward.app.standing import StandingResult
from onward.app.wiring import Opened
from onward.base.digest import Digest
from onward.base.errors import Location, MachineError
from onward.base.text import duration
from onward.engine.decide import holds
from onward.engine.schedule import ENDED, Schedule
from onward.model.decision import Decision
from onward.model.event import (
    AnyEvent,
    Await,
    Busy,
    Command,
    Decided,
    Ending,
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
from onward.model.ports import Executor, Watcher
from onward.model.trace import Trace
from onward.model.workspace import Finding, Step
from onward.store.disk import disk_full
from onward.store.locks import KeyLocks

_POLL_S = 0.05
_DISK_FULL = "DiskFull"
"""The error of a step that itself went well, but what it made, or what it touched, could not be written down."""


class Loop:
    """Carries out the schedule's commands."""

    def __init__(
        self,
        opened: Opened,
        evaluation: Evaluation,
        options: RunOptions,
        watcher: Watcher,
        as_of: str,
        overwrite: Sequence[str] = (),
    ) -> None:
        self._opened = opened
        self._store = opened.store
        self._evaluation = evaluation
        self._graph = evaluation.reading.graph
        self._options = options
        self._watcher = watcher
        self._as_of = as_of
        self._locks = KeyLocks(opened.place.locks)
        self._outputs = TreeOutputs(opened.place, opened.store, evaluation.observer, overwrite)
        self._children = Children(opened)
        self._tracing = Tracing(opened, evaluation, self._outputs, options, as_of)
        self._running: dict[tuple[int, int], Running] = {}
        self._awaited: dict[Unit, Digest] = {}
        self._decisions: dict[str, Decision] = {}
        self._stood_in_for: set[str] = set()
        self._interrupts = 0
        self._has_said_weak = False
        """It was told that the kernel cannot be asked here."""
        self.interrupted = False
        self.outcomes = Outcomes(self._graph, opened.place, watcher)
        self._asked = AskedFor(evaluation)
        self._recording = Recording(opened, evaluation, watcher)
        self._files = StepFiles(
            opened.place, opened.standing, evaluation, self._outputs, self.outcomes.results, watcher
        )

    @property
    def decisions(self) -> Mapping[str, Decision]:
        """What was decided of each step that was looked at."""
        return self._decisions

    def go(self, selection: Selection, blocked: Mapping[str, Finding]) -> None:
        """Runs the schedule to its end."""
        self._files.note_killed(self._children.sweep())
        self._files.take_back_unfinished()
        seconds = {Unit(name): spent for name, spent in self._opened.standing.seconds.items()}
        self._stood_in_for = stood_in_for(self._graph, self._opened.place, selection.needed)
        self._schedule = Schedule(
            {Unit(name): [Unit(need) for need in self._graph.upstream[name]] for name in self._graph.order},
            [Unit(name) for name in selection.needed],
            slots=self._options.slots,
            keep_going=self._options.keep_going,
            blocked={Unit(name): finding.message for name, finding in blocked.items()},
            seconds=seconds,
            learned={Unit(name): map(Unit, self._graph.learned_upstream(name)) for name in self._graph.order},
            stood_in_for=map(Unit, self._stood_in_for),
        )
        expected = {name: spent for name, spent in self._opened.standing.seconds.items() if name in selection.needed}
        self._watcher.begin(len(selection.needed), expected)
        is_main = threading.current_thread() is threading.main_thread()
        previous = signal.signal(signal.SIGINT, self._on_interrupt) if is_main else None
        try:
            self._pump(self._schedule.begin())
            while not self._schedule.is_over:
                self._pump(self._wait())
        finally:
            if previous is not None:
                signal.signal(signal.SIGINT, previous)
        # Also where that came as the last step ended: whoever goes on with what the run came to must not.
        self.interrupted = self._interrupts > 0
        for name in selection.needed:  # no step of the selection is left unsaid
            if not self.outcomes.has_ended(name):
                self._skipped(Unit(name), "")

    def close(self) -> None:
        """Ends what is left and lets every lock go."""
        self._children.close()
        self._locks.release_all()
        self._watcher.close()
        self._children.remove_outboxes()

    # Commands.

    def _pump(self, commands: Sequence[Command]) -> None:
        """Carries out commands, and those that follow from them, first come first served."""
        todo = list(commands)
        position = 0
        while position < len(todo):
            command = todo[position]
            position += 1
            for event in self._carry_out(command):
                todo += self._schedule.handle(event)

    def _carry_out(self, command: Command) -> Sequence[AnyEvent]:
        match command:
            case Look(unit=unit):
                with self._placing_errors(unit):
                    return self._look(unit)
            case Start(unit=unit, decision=decision):
                with self._placing_errors(unit):
                    return self._start(unit, decision)
            case Await(unit=unit):
                key = self._decisions[unit.step].key
                assert key is not None
                self._awaited[unit] = key
                self._watcher.waiting(unit.step)
                return ()
            case Skip(unit=unit, because=because):
                self._skipped(unit, because)
                return ()

    @contextmanager
    def _placing_errors(self, unit: Unit) -> Iterator[None]:
        """Says of what stops onward's own work at which step that was."""
        try:
            yield
        except MachineError as error:
            step = self._graph.steps[unit.step]
            error.where = error.where or Location(step.file, step.line, name=step.name)
            raise

    def _look(self, unit: Unit) -> Sequence[AnyEvent]:
        name = unit.step
        try:
            decision = self._evaluation.decide(name)
            self._decisions[name] = decision
            if decision.action in ("keep", "restore"):
                assert decision.trace is not None
                put_back = self._files.put_back(name, decision.trace)
                if put_back:
                    self._watcher.say(f"{name}: put back {', '.join(put_back)}")
                self._settle(name, decision, decision.trace)
        except (MissingSourceError, EditedByHandError) as error:
            return self._fail(unit, error_of(type(error).__name__.removesuffix("Error"), str(error)), None)
        if decision.action == "await":
            return [Suspended(unit, tuple(Unit(self._graph.maker[asset]) for asset in decision.awaits))]
        return [Decided(unit, decision)]

    def _settle(self, name: str, decision: Decision, trace: Trace) -> None:
        """Takes a trace over as the step's result of this run."""
        self._evaluation.settle(name, trace)
        outcome = {"keep": "kept", "restore": "restored"}[decision.action]
        held = self._opened.standing.results.get(name)
        is_held = held is not None and held.trace is trace
        result = held if held is not None and is_held else StandingResult(self._trace_name(trace), trace)
        self.outcomes.good(outcome, decision, result, 0.0)

    def _trace_name(self, trace: Trace) -> Digest:
        return next(name for name, found in self._store.traces.find(trace.key) if found == trace)

    def _start(self, unit: Unit, decision: Decision) -> Sequence[AnyEvent]:
        name = unit.step
        key = decision.key
        assert key is not None
        if not self._locks.acquire(key):
            return [Busy(unit)]
        if name not in self._evaluation.forced and self._was_made_meanwhile(key, decision):
            self._locks.release(key)
            return [Busy(unit)]
        missing = self._asked.still_missing(name)
        if missing is not None:
            self._locks.release(key)
            return self._cannot_be_had(unit, missing)
        try:
            self._launch(unit, decision, key)
        except EditedByHandError as error:
            self._locks.release(key)
            return self._fail(unit, error_of("EditedByHand", str(error)), None)
        except DamagedInputError as error:
            self._outputs.let_go(name)
            self._locks.release(key)
            return self._lost(unit, error.asset)
        return ()

    def _cannot_be_had(self, unit: Unit, asset: str) -> Sequence[AnyEvent]:
        """Ends a step that has asked for an asset which is not made, and will not be without it."""
        maker = self._graph.maker[asset]
        if maker not in self._evaluation.failed:
            return self._fail(unit, circle(unit.step, asset), None)
        self._skipped(unit, maker)
        return [Failed(unit)]

    def _launch(self, unit: Unit, decision: Decision, key: Digest, first: FirstRun | None = None) -> None:
        """Starts the child of a step whose key is locked.

        Raises:
            EditedByHandError: a file in its way was edited by hand.
            DamagedInputError: an input is damaged.
        """
        name = unit.step
        step = self._graph.steps[name]
        outbox = self._children.outbox()
        states, stamps = self._files.prepare(step)
        task = task_of(step, self._evaluation, self._opened.place, outbox, self._as_of)
        self._asked.hand(task, name, outbox)
        self._hand_kept(task, step, decision)
        task["kept_before"] = stamps
        if self._options.strict:
            strict.hand_policy(task, step, self._evaluation)
        executor = self._children.executor(self._evaluation.python)
        observer = self._evaluation.observer
        seen = [observation for path in step.observed_paths() for observation in observer.observe(path, step.writes)]
        sources = self._source_states(step)
        limit = self._options.time_limit_s or step.time_limit_s
        now = time.monotonic()
        identity = executor.start(task)
        deadline = now + limit if limit else None
        self._running[id(executor), identity] = Running(
            unit, outbox, decision, key, identity, executor, deadline, seen, sources, states, now, first=first
        )
        self._watcher.started(name)

    def _hand_kept(self, task: dict[str, Any], step: Step, decision: Decision) -> None:
        """For a step that is only rendered again: the files of the result, and those of the tree put back."""
        if decision.outputs_from is None:
            return
        kept = self._evaluation.executed_document(decision.outputs_from)
        if kept is not None:
            self._files.put_back_own(step.name, decision.outputs_from)
            task["kept"] = str(kept)

    def _source_states(self, step: Step) -> dict[str, Digest | None]:
        return {
            binding.target: self._evaluation.observer.source(self._graph.sources[binding.target])
            for binding in step.bindings
            if binding.form == "source"
        }

    def _was_made_meanwhile(self, key: Digest, decision: Decision) -> bool:
        """Whether another run has made it between our look and our lock."""
        if decision.reasons and decision.reasons[0].change == "lost its result":
            return False
        found = self._evaluation.candidates(key, None)
        world = self._evaluation.world(found)
        return any(holds(trace, world) for trace in found)

    def _lost(self, unit: Unit, asset: str) -> Sequence[AnyEvent]:
        """An input's bytes are damaged: its maker runs again, then this step."""
        maker = self._graph.maker[asset]
        artifact = self._evaluation.artifacts.get(asset)
        if artifact is not None:
            self._evaluation.lost.update(artifact.addresses())
        self._watcher.say(f"the stored `{asset}` is damaged and is made again")
        self.outcomes.lost(maker)
        self._evaluation.unsettle(maker)
        return [Lost(unit, Unit(maker))]

    # Events from the world.

    def _wait(self) -> list[Command]:
        """Waits until something happens and says what the schedule makes of it."""
        commands: list[Command] = []
        executors = {running.executor.events: running.executor for running in self._running.values()}
        if not executors and not self._awaited:
            if self._interrupts:
                return self._schedule.handle(Interrupted())
            raise MachineError("nothing runs and nothing can be started", hint="run again; what was finished is kept")
        ready, _, _ = select.select(list(executors), [], [], self._patience())
        self._watcher.tick()
        # Before the endings: a step may have died by the very signal that stops the run.
        if self._interrupts and not self.interrupted:
            commands += self._stop()
        for descriptor in ready:
            for ending in executors[descriptor].endings():
                for event in self._ended(executors[descriptor], ending):
                    commands += self._schedule.handle(event)
        for unit in [unit for unit, key in self._awaited.items() if self._is_free(key)]:
            del self._awaited[unit]
            self._evaluation.observer.forget()
            commands += self._schedule.handle(Freed(unit))
        self._kill_late()
        return commands

    def _stop(self) -> list[Command]:
        """Ends what is running; how each step ended is heard of as always."""
        self.interrupted = True
        self._watcher.say("stopping: what is running is ended, what was finished is kept")
        for running in self._running.values():
            running.executor.kill(running.identity)
        return self._schedule.handle(Interrupted())

    def _patience(self) -> float | None:
        if self._awaited:
            return _POLL_S
        if any(running.deadline for running in self._running.values()) or self._watcher.is_live:
            return 0.1
        return 1.0

    def _is_free(self, key: Digest) -> bool:
        if not self._locks.acquire(key):
            return False
        self._locks.release(key)
        return True

    def _kill_late(self) -> None:
        for running in self._running.values():
            if running.deadline is not None and not running.late and time.monotonic() > running.deadline:
                running.late = True
                running.executor.kill(running.identity)

    def _on_interrupt(self, number: int, frame: object) -> None:
        del number, frame
        self._interrupts += 1
        if self._interrupts > 1:
            raise KeyboardInterrupt

    def _ended(self, executor: Executor, ending: Ending) -> Sequence[AnyEvent]:
        running = self._running.pop((id(executor), ending.identity))
        try:
            with self._placing_errors(running.unit):
                events = self._take_result(running, ending)
        finally:
            if all(other.key != running.key for other in self._running.values()):  # it does not run a second time
                self._locks.release(running.key)
        self._children.done_with(running.outbox)
        return events

    def _take_result(self, running: Running, ending: Ending) -> Sequence[AnyEvent]:
        result = Result(running.outbox, ending.result)
        step = self._graph.steps[running.unit.step]
        if result.error is not None and result.error["type"] == _DISK_FULL:
            raise disk_full(f"what came out of `{step.name}` cannot be kept")
        if result.watched is not None:
            running.states |= self._outputs.keep_copies(result.watched.kept)
            self._files.note_found(step.name, result.watched, running.states)
        else:
            keep_overwritten(running.outbox, self._store.objects)
        if running.first is not None:
            return self._take_second(running, running.first, ending, result)
        verdict = self._verdict(step, result)
        if verdict is not None:
            log = result.log(self._store.objects)
            return self._fail(running.unit, verdict, log, ending, running.states)
        if result.ok and not running.late:
            changed = self._tracing.changed_meanwhile(running, step, result)
            if changed is None:
                try:
                    trace = self._trace_of(running, ending, step, result)
                except seen.ChangedError as error:
                    changed = error.path
                else:
                    missed = self._evaluation.missed(trace)
                    if missed is not None:
                        skipped = error_of("Skipped", f"it read what `{missed}` makes, which was not made")
                        return self._fail(running.unit, skipped, trace.log, ending, running.states)
                    if result.is_executed and self._options.twice and self._starts_again(running, trace):
                        return []
                    self._keep(running, trace, is_executed=result.is_executed)
                    self._files.finished(step.name)
                    return [Made(running.unit)]
            self.outcomes.attempted(step.name, result, changed)
            message = f"`{changed}` changed while the step ran, so its result belongs to no state of it"
            failure = error_of("InputChanged", message, "run again")
            return self._fail(running.unit, failure, result.log(self._store.objects), ending, running.states)
        if result.needs and not running.late:
            self._files.give_up(step.name, running.states)
            return [Suspended(running.unit, self._asked.note(step.name, result.needs))]
        log = result.log(self._store.objects)
        if self.interrupted:
            return self._fail(running.unit, error_of(INTERRUPTED, "the run was stopped"), log, ending, running.states)
        error = result.error if result.is_there and not running.late else None
        self.outcomes.attempted(step.name, result)
        return self._fail(running.unit, error or self._death(running, ending), log, ending, running.states)

    def _trace_of(self, running: Running, ending: Ending, step: Step, result: Result) -> Trace:
        if not result.is_executed:
            return self._tracing.rendered(running, step, result)
        return self._tracing.trace(running, ending, step, result, self._asked.targets(step.name))

    # Second runs.

    def _starts_again(self, running: Running, trace: Trace) -> bool:
        """Starts a step that was made a second time, on the files as they were; False where that cannot be."""
        if self._interrupts:
            return False
        before = {path: running.states.get(path) for path in trace.files()}
        self._outputs.bring_back(before)
        first = FirstRun(trace, time.monotonic() - running.started)
        try:
            self._launch(running.unit, running.decision, running.key, first)
        except (EditedByHandError, DamagedInputError) as error:
            self._watcher.say(f"{trace.step} cannot be run a second time: {error}")
            self._outputs.bring_back(trace.files())
            return False
        return True

    def _take_second(self, running: Running, first: FirstRun, ending: Ending, result: Result) -> Sequence[AnyEvent]:
        """Holds a second run against the first one, which serves whatever comes of the second."""
        name = running.unit.step
        trace = first.trace
        told, second = self._differences(running, trace, ending, result)
        left = seen.written_paths(result.watched, str(self._opened.place.root)) if result.watched is not None else []
        left += second.files() if second is not None else []
        self._outputs.bring_back({**{path: running.states.get(path) for path in left}, **trace.files()})
        if told:
            trace = unstable.marked(trace, told, second)
            self._watcher.say(f"{name} is unstable: {'; '.join(told)}")
        self._keep(running, trace, seconds=first.seconds)
        return [Made(running.unit)]

    def _differences(
        self, running: Running, first: Trace, ending: Ending, result: Result
    ) -> tuple[list[str], Trace | None]:
        """What a second run did otherwise, in words, and its trace where it went well."""
        step = self._graph.steps[first.step]
        if self.interrupted:
            return [], None
        if result.needs:
            return [f"it asked for {', '.join(result.needs)} the second time alone"], None
        error = self._verdict(step, result)
        if error is None and (running.late or not result.ok):
            error = (result.error if not running.late else None) or self._death(running, ending)
        if error is not None:
            return [f"it failed the second time: {error['message'].partition(chr(10))[0]}"], None
        changed = self._tracing.changed_meanwhile(running, step, result)
        if changed is None:
            try:
                second = self._trace_of(running, ending, step, result)
            except seen.ChangedError as raised:
                changed = raised.path
            else:
                return unstable.differences(first, second), second
        self._watcher.say(f"{first.step} ran a second time while `{changed}` changed, which shows nothing")
        return [], None

    def _verdict(self, step: Step, result: Result) -> dict[str, Any] | None:
        """The failure of a step that did what it may not, with `--strict`, whatever it has made of the refusal."""
        if not self._options.strict or result.needs or self.interrupted:
            return None
        watched = result.watched
        if watched is None:
            lost = result.ok and result.is_executed
            return error_of("WatchLost", "what it did could not be recorded", "run again") if lost else None
        if watched.means == "audit" and not self._has_said_weak:
            self._has_said_weak = True
            self._watcher.say(f"--strict holds for what Python itself does, and for nothing else: {watched.reasons[0]}")
        return (
            strict.verdict(step, watched.refused, result.error, self._evaluation.reading) if watched.refused else None
        )

    def _death(self, running: Running, ending: Ending) -> dict[str, Any]:
        """What can be said of a step that left no account of itself."""
        if running.late:
            spent = duration(ending.wall_s)
            return error_of(
                "TimeLimit",
                f"it was ended after {spent}: its time limit was reached",
                "raise `time_limit` in `onward.toml`, or make the step quicker",
            )
        if ending.signal:
            name = signal.Signals(ending.signal).name
            hint = "if nobody killed it, the machine may have run out of memory" if name == "SIGKILL" else None
            return error_of("Killed", f"its process was killed by {name}", hint)
        return error_of("Exited", f"its process ended with exit status {ending.status} and left no result")

    def _keep(self, running: Running, trace: Trace, *, is_executed: bool = True, seconds: float | None = None) -> None:
        """Records a trace, and settles the step with what serves."""
        result = self._recording.record(trace)
        self._evaluation.settle(trace.step, result.trace)
        spent = time.monotonic() - running.started if seconds is None else seconds
        self.outcomes.good("made", running.decision, result, spent, is_executed=is_executed)

    # Endings that are not good.

    def _fail(
        self,
        unit: Unit,
        error: dict[str, Any],
        log: Digest | None,
        ending: Ending | None = None,
        states: dict[str, str | None] | None = None,
    ) -> Sequence[AnyEvent]:
        """Writes a failure down. Readers of tracked files that it should have written may go on."""
        name = unit.step
        self._evaluation.failed.add(name)
        if states is not None:
            self._files.give_up(name, states)
        tracked = self._outputs.restore_tracked(states) if states else []
        fallback = bool(tracked) and set(tracked) >= files_taken_of(self._graph, name)
        if fallback:
            self._evaluation.stood_in_for.add(name)
            self._watcher.say(f"{name} failed; those who read {', '.join(tracked)} go on with the tracked file")
        self.outcomes.failed(name, error, log, self._decisions.get(name), ending)
        is_final = not self.outcomes.is_for_want(name, error) or not self._may_still_come(name)
        if not is_final:
            self._watcher.say(f"{name} looked for what another step may be about to write; the others go on")
        return [Failed(unit, fallback, is_final)]

    def _may_still_come(self, name: str) -> bool:
        """Whether a step has yet to end of which nobody knows what it writes: it was never made before."""
        return any(
            unit.step != name and state not in ENDED and not self._store.traces.has_seen(unit.step)
            for unit, state in self._schedule.state.items()
        )

    def _skipped(self, unit: Unit, because: str) -> None:
        name = unit.step
        self._evaluation.failed.add(name)
        if because and name in self._stood_in_for and self._graph.steps[name].check is None:
            self._evaluation.stood_in_for.add(name)
            files = ", ".join(sorted(files_taken_of(self._graph, name)))
            self._watcher.say(f"{name} is skipped; those who read {files} go on with the tracked file")
        self.outcomes.skipped(name, because)
