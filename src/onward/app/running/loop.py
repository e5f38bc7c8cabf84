"""The loop of a run: carries out the schedule's commands and tells it what happened in the world.

Bytes go into the store before the trace that names them. Whatever the user's code does ends as an outcome; only
what stops onward's own work is raised.
"""

from __future__ import annotations

import os
import secrets
import select
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

import onward
from onward.app.environments import environment
from onward.app.observing import seen, unstable
from onward.app.observing.collect import Result, emptied, keep_overwritten, remove, sweep
from onward.app.observing.originals import NOTHING, found_in
from onward.app.observing.outputs import EditedByHandError, TreeOutputs, files_taken_of, stood_in_for
from onward.app.observing.watched import Watched
from onward.app.running import basis as bases
from onward.app.running import strict
from onward.app.running.evaluate import Evaluation, MissingSourceError, is_of_own_file
from onward.app.running.targets import Selection, resolve_asset
from onward.app.running.tasks import DamagedInputError, absent, handed, task_of
from onward.app.running.tracing import FirstRun, Running, Tracing
from onward.app.settings.options import RunOptions
from onward.app.standing import StandingResult
from onward.app.wiring import Opened
from onward.base import paths
from onward.base.digest import Digest
from onward.base.errors import Location, MachineError, UnknownNameError
from onward.base.text import duration, listed
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
from onward.model.records import CheckRecord, Origin, StepRecord
from onward.model.trace import UNPINNED, UNSTABLE, CheckOutcome, Trace, Usage
from onward.model.workspace import Binding, Discovered, Finding, Step
from onward.store.disk import disk_full
from onward.store.locks import KeyLocks

_POLL_S = 0.05
_INTERRUPTED = "Interrupted"
"""The error of a step that did not fail: it was ended with the run."""
_DISK_FULL = "DiskFull"
"""The error of a step that itself went well, but what it made, or what it touched, could not be written down."""


@dataclass
class _Extra:
    """What a step asked for beyond what its code shows: targets by the word used; words that mean nothing."""

    targets: dict[str, str] = field(default_factory=dict)
    absent: list[dict[str, Any]] = field(default_factory=list)


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
        self._executors: dict[str, Executor] = {}
        self._tracing = Tracing(opened, evaluation, self._outputs, options, as_of)
        self._running: dict[tuple[int, int], Running] = {}
        self._awaited: dict[Unit, Digest] = {}
        self._extra: dict[str, _Extra] = {}
        self._decisions: dict[str, Decision] = {}
        self._stood_in_for: set[str] = set()
        self._origin: Origin | None = None
        self._interrupts = 0
        self._has_said_weak = False
        """It was told that the kernel cannot be asked here."""
        self._outboxes: Path | None = None
        self._free_outboxes: list[Path] = []
        self.attempts: dict[str, Discovered] = {}
        """What steps that failed had been seen to do."""
        self.interrupted = False
        self.steps: dict[str, StepRecord] = {}
        self.checks: dict[str, CheckRecord] = {}
        self.results: dict[str, StandingResult] = {}
        self.failures: dict[str, str] = {}
        self.seconds: dict[str, float] = {}

    @property
    def decisions(self) -> Mapping[str, Decision]:
        """What was decided of each step that was looked at."""
        return self._decisions

    def go(self, selection: Selection, blocked: Mapping[str, Finding]) -> None:
        """Runs the schedule to its end."""
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
        for name in selection.needed:
            self._note_unrun(name)

    def close(self) -> None:
        """Ends what is left and lets every lock go."""
        for executor in self._executors.values():
            executor.close()
        self._locks.release_all()
        self._watcher.close()
        if self._outboxes is not None:
            remove(self._outboxes, self._store.objects)

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
                put_back = self._put_back(name, decision.trace)
                if put_back:
                    self._watcher.say(f"{name}: put back {', '.join(put_back)}")
                self._settle(name, decision, decision.trace)
        except (MissingSourceError, EditedByHandError) as error:
            return self._fail(unit, _error(type(error).__name__.removesuffix("Error"), str(error)), None)
        if decision.action == "await":
            return [Suspended(unit, tuple(Unit(self._graph.maker[asset]) for asset in decision.awaits))]
        return [Decided(unit, decision)]

    def _put_back(self, name: str, trace: Trace) -> list[str]:
        """Brings the files that a step wrote back to what they were, and those that it found written and left so."""
        put_back = self._outputs.put_back(trace, self._own_files(name, trace))
        written = {artifact.path for artifact in trace.artifacts.values()}
        for path, earlier in self._written_before(name).items():
            if path not in written:
                put_back += self._outputs.put_back(self.results[earlier].trace, {path})
        self._outputs.let_go(name)
        return put_back

    def _written_before(self, name: str) -> dict[str, str]:
        """The files that a step writes after another one of this run, each with the last of these."""
        writers = {path: self._evaluation.writer_before(name, path) for path in self._graph.steps[name].writes}
        return {path: writer for path, writer in writers.items() if writer in self.results}

    def _own_files(self, name: str, trace: Trace) -> set[str]:
        """The files of a result that stay in the tree as the step wrote them.

        A file of two writers is the later one's. One that the step reads and changes is put back over what steps have
        left alone: what else is there is somebody's edit, and as good.
        """
        maker, revisits = self._graph.maker, self._graph.steps[name].revisits
        own = {artifact.path for asset, artifact in trace.artifacts.items() if maker.get(asset, name) == name}
        left = self._evaluation.is_left_by_steps
        return {path for path in own if path is not None and (path not in revisits or left(path))}

    def _settle(self, name: str, decision: Decision, trace: Trace) -> None:
        """Takes a trace over as the step's result of this run."""
        self._evaluation.settle(name, trace)
        outcome = {"keep": "kept", "restore": "restored"}[decision.action]
        held = self._opened.standing.results.get(name)
        is_held = held is not None and held.trace is trace
        result = held if held is not None and is_held else StandingResult(self._trace_name(trace), trace)
        self._note(name, outcome, decision, result, trace.usage.wall_s if outcome == "made" else 0.0)

    def _trace_name(self, trace: Trace) -> Digest:
        return next(name for name, found in self._store.traces.find(trace.key) if found == trace)

    def _note(
        self,
        name: str,
        outcome: str,
        decision: Decision,
        result: StandingResult,
        seconds: float,
        *,
        is_executed: bool = True,
    ) -> None:
        """Writes a good result down: for a check what it found, else the step's record."""
        trace = result.trace
        self.results[name] = result
        self.seconds[name] = trace.usage.wall_s
        step = self._graph.steps[name]
        if step.check is not None:
            found = trace.check or CheckOutcome("broken", "the check left no verdict")
            self.checks[name] = CheckRecord(
                step.check.asset, step.check.severity, found.outcome, found.message, found.rows, trace.key, result.name
            )
            self._watcher.ended(name, outcome if found.outcome == "passed" else found.outcome, seconds)
            return
        self.steps[name] = StepRecord(
            outcome=outcome,
            seconds=round(seconds, 3),
            reasons=tuple(str(reason) for reason in decision.reasons),
            key=trace.key,
            trace=result.name,
            assets={asset: artifact.content for asset, artifact in sorted(trace.artifacts.items())},
            marks=trace.marks,
            log=trace.log,
            usage=trace.usage,
            executed=is_executed,
            because=trace.because,
        )
        self._watcher.ended(name, outcome if is_executed else "re-rendered", seconds)

    def _start(self, unit: Unit, decision: Decision) -> Sequence[AnyEvent]:
        name = unit.step
        key = decision.key
        assert key is not None
        if not self._locks.acquire(key):
            return [Busy(unit)]
        if name not in self._evaluation.forced and self._was_made_meanwhile(key, decision):
            self._locks.release(key)
            return [Busy(unit)]
        waits_for = self._load_that_waits_for(name)
        if waits_for is not None:
            self._locks.release(key)
            return self._fail(unit, self._not_made(name, waits_for), None)
        try:
            self._launch(unit, decision, key)
        except EditedByHandError as error:
            self._locks.release(key)
            return self._fail(unit, _error("EditedByHand", str(error)), None)
        except DamagedInputError as error:
            self._outputs.let_go(name)
            self._locks.release(key)
            return self._lost(unit, error.asset)
        return ()

    def _load_that_waits_for(self, name: str) -> str | None:
        """An asset that the step was seen to ask for, and that is still not made now that the step is to start."""
        asked = self._extra.get(name, _Extra()).targets.values()
        maker, settled = self._graph.maker, self._evaluation.settled
        return next((asset for asset in asked if asset in maker and maker[asset] not in settled), None)

    def _not_made(self, name: str, asset: str) -> dict[str, Any]:
        if self._graph.maker[asset] in self._evaluation.failed:
            return _error("Skipped", f"it needs `{asset}`, which was not made")
        message = f"it loads `{asset}`, and what makes that needs something of `{name}` first"
        return _error("Circle", message, "let one of the two do without the other")

    def _launch(self, unit: Unit, decision: Decision, key: Digest, first: FirstRun | None = None) -> None:
        """Starts the child of a step whose key is locked.

        Raises:
            EditedByHandError: a file in its way was edited by hand.
            DamagedInputError: an input is damaged.
        """
        name = unit.step
        step = self._graph.steps[name]
        outbox = self._new_outbox()
        earlier = self._written_before(name)
        for path, writer in earlier.items():
            self._outputs.put_back(self.results[writer].trace, {path})
        originals = self._originals(name, earlier)
        stamps = self._stamps(step.writes)
        states = self._outputs.before_run(step, self._opened.standing.trace(name)) | originals
        self._outputs.bring_back(originals)
        if originals:
            files = listed([f"`{path}`" for path in originals], 3)
            self._watcher.say(f"{name} begins with {files} as before any step wrote there; what it held is kept")
        task = task_of(step, self._evaluation, self._opened.place, outbox, self._as_of)
        self._hand_extra(task, name, outbox)
        self._hand_kept(task, step, decision)
        task["kept_before"] = stamps | self._stamps(originals)
        if self._options.strict:
            strict.hand_policy(task, step, self._evaluation)
        executor = self._executor()
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

    def _stamps(self, among: Iterable[str]) -> dict[str, list[int] | None]:
        """By the absolute paths of files of the tree what shows whether one has changed: size, mtime and inode."""
        stamps: dict[str, list[int] | None] = {}
        for path in among:
            absolute = f"{self._opened.place.root}/{path}"
            try:
                found = os.lstat(absolute)
            except OSError:
                stamps[absolute] = None
            else:
                stamps[absolute] = [found.st_size, found.st_mtime_ns, found.st_ino]
        return stamps

    def _originals(self, name: str, earlier: Collection[str]) -> dict[str, str | None]:
        """The files that a step goes on with and that steps have changed, with what a clean run would find there.

        A file that the step was seen to write anew stays, should the step fail.
        """
        originals = self._evaluation.originals
        previous = self._opened.standing.trace(name)
        changed: dict[str, str | None] = {}
        for path in set(self._graph.steps[name].writes) - set(earlier):
            if previous is not None and found_in(previous, path) is None:
                continue
            there = self._evaluation.observer.file(path)
            is_typed = previous is None and there is not None and self._outputs.is_only_here(name, path)
            original = there if is_typed and there is not None else self._evaluation.found(name, path)
            originals.note(path, original)
            if (there or NOTHING) != original:
                changed[path] = original or None
        return changed

    def _note_found(self, running: Running, watched: Watched) -> None:
        """Remembers what files held that a step has changed, whatever came of it."""
        root = f"{self._opened.place.root}/"
        existed = {written.path.removeprefix(root): written.existed for written in watched.written}
        for path in seen.written_paths(watched, str(self._opened.place.root)):
            found = running.states.get(path) or NOTHING
            if found or not existed[path]:
                self._evaluation.note_found(running.unit.step, path, found)

    def _hand_extra(self, task: dict[str, Any], name: str, outbox: Path) -> None:
        """Adds what the step asked for in an earlier attempt of this run."""
        extra = self._extra.get(name)
        if extra is None:
            return
        for word, target in extra.targets.items():
            form = "asset" if target in self._graph.maker else "source"
            task["inputs"][word] = handed(Binding(word, target, form), self._evaluation, outbox)
        task["absent"] = extra.absent

    def _hand_kept(self, task: dict[str, Any], step: Step, decision: Decision) -> None:
        """For a step that is only rendered again: the files of the result, and those of the tree put back."""
        if decision.outputs_from is None:
            return
        kept = self._evaluation.executed_document(decision.outputs_from)
        if kept is not None:
            kept_trace = decision.outputs_from
            self._outputs.put_back(kept_trace, self._own_files(step.name, kept_trace))
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
        for table in (self.steps, self.checks, self.results):
            table.pop(maker, None)
        self._evaluation.unsettle(maker)
        return [Lost(unit, Unit(maker))]

    def _new_outbox(self) -> Path:
        if self._outboxes is None:
            sweep(self._opened.place.outboxes, self._store.objects)
            self._outboxes = self._opened.place.outboxes / f"run-{os.getpid()}-{secrets.token_hex(4)}"
            self._store.disk.make_folder(self._outboxes)
        if self._free_outboxes:
            return self._free_outboxes.pop()
        outbox = self._outboxes / secrets.token_hex(6)
        self._store.disk.make_folder(outbox)
        return outbox

    def _executor(self) -> Executor:
        python = self._evaluation.python
        name = str(python.executable)
        if name not in self._executors:
            package = Path(onward.__file__).parent
            runtime = environment.runtime_path(python, self._opened.place, package)
            self._executors[name] = self._opened.executor(python.executable, runtime)
        return self._executors[name]

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
        for descriptor in ready:
            for ending in executors[descriptor].endings():
                for event in self._ended(executors[descriptor], ending):
                    commands += self._schedule.handle(event)
        for unit in [unit for unit, key in self._awaited.items() if self._is_free(key)]:
            del self._awaited[unit]
            self._evaluation.observer.forget()
            commands += self._schedule.handle(Freed(unit))
        self._kill_late()
        if self._interrupts and not self.interrupted:
            self.interrupted = True
            self._watcher.say("stopping: what is running is ended, what was finished is kept")
            commands += self._schedule.handle(Interrupted())
            for running in self._running.values():
                running.executor.kill(running.identity)
        return commands

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
        self._free_outboxes.append(emptied(running.outbox))
        return events

    def _take_result(self, running: Running, ending: Ending) -> Sequence[AnyEvent]:
        result = Result(running.outbox, ending.result)
        step = self._graph.steps[running.unit.step]
        if result.error is not None and result.error["type"] == _DISK_FULL:
            raise disk_full(f"what came out of `{step.name}` cannot be kept")
        if result.watched is not None:
            running.states |= self._outputs.keep_copies(result.watched.kept)
            self._note_found(running, result.watched)
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
                        skipped = _error("Skipped", f"it read what `{missed}` makes, which was not made")
                        return self._fail(running.unit, skipped, trace.log, ending, running.states)
                    if result.is_executed and self._options.twice and self._starts_again(running, trace):
                        return []
                    self._keep(running, trace, is_executed=result.is_executed)
                    self._outputs.let_go(step.name)
                    return [Made(running.unit)]
            self._note_attempt(step, result, changed)
            message = f"`{changed}` changed while the step ran, so its result belongs to no state of it"
            failure = _error("InputChanged", message, "run again")
            return self._fail(running.unit, failure, result.log(self._store.objects), ending, running.states)
        if result.needs and not running.late:
            self._outputs.give_up(step.name, running.states)
            return self._suspend(running.unit, result.needs)
        log = result.log(self._store.objects)
        if self.interrupted:
            return self._fail(running.unit, _error(_INTERRUPTED, "the run was stopped"), log, ending, running.states)
        error = result.error if result.is_there and not running.late else None
        self._note_attempt(step, result)
        return self._fail(running.unit, error or self._death(running, ending), log, ending, running.states)

    def _trace_of(self, running: Running, ending: Ending, step: Step, result: Result) -> Trace:
        if not result.is_executed:
            return self._tracing.rendered(running, step, result)
        asked_for = self._extra.get(step.name, _Extra()).targets.values()
        return self._tracing.trace(running, ending, step, result, asked_for)

    # Second runs.

    def _starts_again(self, running: Running, trace: Trace) -> bool:
        """Starts a step that was made a second time, on the files as they were; False where that cannot be."""
        if self._interrupts:
            return False
        before = {path: running.states.get(path) for path in _paths_of(trace)}
        self._outputs.bring_back(before)
        first = FirstRun(trace, time.monotonic() - running.started)
        try:
            self._launch(running.unit, running.decision, running.key, first)
        except (EditedByHandError, DamagedInputError) as error:
            self._watcher.say(f"{trace.step} cannot be run a second time: {error}")
            self._outputs.bring_back(_paths_of(trace))
            return False
        return True

    def _take_second(self, running: Running, first: FirstRun, ending: Ending, result: Result) -> Sequence[AnyEvent]:
        """Holds a second run against the first one, which serves whatever comes of the second."""
        name = running.unit.step
        trace = first.trace
        told, second = self._differences(running, trace, ending, result)
        left = seen.written_paths(result.watched, str(self._opened.place.root)) if result.watched is not None else []
        left += _paths_of(second) if second is not None else []
        self._outputs.bring_back({**{path: running.states.get(path) for path in left}, **_paths_of(trace)})
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
            return _error("WatchLost", "what it did could not be recorded", "run again") if lost else None
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
            return _error(
                "TimeLimit",
                f"it was ended after {spent}: its time limit was reached",
                "raise `time_limit` in `onward.toml`, or make the step quicker",
            )
        if ending.signal:
            name = signal.Signals(ending.signal).name
            hint = "if nobody killed it, the machine may have run out of memory" if name == "SIGKILL" else None
            return _error("Killed", f"its process was killed by {name}", hint)
        return _error("Exited", f"its process ended with exit status {ending.status} and left no result")

    def _keep(self, running: Running, trace: Trace, *, is_executed: bool = True, seconds: float | None = None) -> None:
        """Records a trace; where its fingerprint is known already, what came out then serves.

        Of a result whose inputs could not be pinned, the fingerprint does not tell all: what came out last serves.
        """
        twin = self._twin(trace)
        if twin is not None:
            name, first = twin
            told = unstable.differences(first, trace)
            if told and UNPINNED in trace.marks:
                name, first = self._record(trace), trace
            elif told:
                serving = msgspec.structs.replace(trace, artifacts=first.artifacts, check=first.check)
                trace = unstable.marked(serving, told, trace)
                self._watcher.say(f"{trace.step} is unstable: {'; '.join(told)}")
            if UNSTABLE in trace.marks:
                name = self._record(trace)
            else:
                trace = first
                self._store.traces.share(name, first)  # its bytes may be what the shared store has lost
        else:
            name = self._record(trace)
        self._evaluation.settle(trace.step, trace)
        spent = time.monotonic() - running.started if seconds is None else seconds
        self._note(trace.step, "made", running.decision, StandingResult(name, trace), spent, is_executed=is_executed)

    def _record(self, trace: Trace) -> Digest:
        if self._origin is None:
            self._origin = bases.origin(self._opened.place, bases.written_files(self._evaluation.reading))
        origin = self._origin
        builder: dict[str, object] = {"onward": onward.__version__, "commit": origin.commit, "dirty": origin.dirty}
        return self._store.traces.record(trace, builder)

    def _twin(self, trace: Trace) -> tuple[Digest, Trace] | None:
        """The usable trace of this very fingerprint that serves: the first one; of unpinned results the newest."""
        known = self._store.traces.find(trace.key)
        for name, found in reversed(known) if UNPINNED in trace.marks else known:
            if found.observations == trace.observations and self._store.objects.has_all(found.addresses()):
                return name, found
        return None

    # Endings that are not good.

    def _suspend(self, unit: Unit, needs: Sequence[str]) -> Sequence[AnyEvent]:
        """A name that the code's reading did not show: what makes it comes first, then the step starts again."""
        step = self._graph.steps[unit.step]
        extra = self._extra.setdefault(unit.step, _Extra())
        makers = []
        for name in needs:
            try:
                target = resolve_asset([*self._graph.maker, *self._graph.sources], name, step.project)
            except UnknownNameError:
                extra.absent.append(absent(name, self._evaluation, step.project))
                continue
            extra.targets[name] = target
            if target in self._graph.maker:
                makers.append(Unit(self._graph.maker[target]))
        return [Suspended(unit, tuple(makers))]

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
        step = self._graph.steps[name]
        error = _placed(error, step, str(self._opened.place.root))
        self._evaluation.failed.add(name)
        if states is not None:
            self._outputs.give_up(name, states)
        tracked = self._outputs.restore_tracked(states) if states else []
        fallback = bool(tracked) and set(tracked) >= files_taken_of(self._graph, name)
        if fallback:
            self._evaluation.stood_in_for.add(name)
            self._watcher.say(f"{name} failed; those who read {', '.join(tracked)} go on with the tracked file")
        decision = self._decisions.get(name)
        usage = Usage(ending.wall_s, ending.cpu_s, ending.peak_bytes) if ending is not None else None
        seconds = ending.wall_s if ending is not None else 0.0
        if error["type"] != _INTERRUPTED:
            self.failures[name] = error["message"]
        if step.check is not None:
            self.checks[name] = CheckRecord(step.check.asset, step.check.severity, "not run", error["message"])
        else:
            reasons = tuple(str(reason) for reason in decision.reasons) if decision else ()
            self.steps[name] = StepRecord("failed", round(seconds, 3), reasons, error=error, log=log, usage=usage)
        self._watcher.ended(name, "failed", seconds)
        is_final = not self._is_for_want(name, error) or not self._may_still_come(name)
        if not is_final:
            self._watcher.say(f"{name} looked for what another step may be about to write; the others go on")
        return [Failed(unit, fallback, is_final)]

    def _note_attempt(self, step: Step, result: Result, changed: str = "") -> None:
        """Remembers what a step did that failed: another one may be about to write what it looked for."""
        found = Discovered() if result.watched is None else seen.discovered(result.watched, self._opened.place.root)
        if changed:
            found = msgspec.structs.replace(found, reads=(*found.reads, changed))
        if found.reads or found.asked or found.writes:
            self.attempts[step.name] = found

    def _is_for_want(self, name: str, error: Mapping[str, Any]) -> bool:
        """Whether a step may have failed for want of a file: it changed, was not there, or a folder was listed."""
        attempt = self.attempts.get(name, Discovered())
        told = f"{error['message']}\n{error['traceback']}"
        own = self._graph.steps[name].file.rpartition("/")[2]
        names = {path.rpartition("/")[2] for path in attempt.asked}
        # Cells have names like files, `report.ipynb, cell 2`, and Python looks whether there is one.
        is_told = any(each in told for each in names if not each.startswith(own))
        return error["type"] == "InputChanged" or is_told or any(path.endswith("/") for path in attempt.reads)

    def _may_still_come(self, name: str) -> bool:
        """Whether a step has yet to end of which nobody knows what it writes: it was never made before."""
        return any(
            unit.step != name and state not in ENDED and not self._store.traces.has_seen(unit.step)
            for unit, state in self._schedule.state.items()
        )

    # What was found out too late.

    def wrote_in_no_order(self) -> bool:
        """Whether a file has several writers of which none was known to be the last, so that it may be another's."""
        upstream = self._graph.upstream
        return any(
            len(names) > 1 and not any(names <= {last, *upstream[last]} for last in names)
            for names in self._writers().values()
        )

    def _writers(self) -> dict[str, set[str]]:
        """The steps that have written each file of the tree."""
        writers: dict[str, set[str]] = defaultdict(set)
        for name, result in self.results.items():
            for path in _paths_of(result.trace):
                writers[path].add(name)
        return writers

    def outdated(self) -> dict[str, str]:
        """The steps that looked at a path before another step of this run wrote it, with that path."""
        writers = self._writers()
        for name, attempt in self.attempts.items():
            for path in attempt.writes:
                writers[path].add(name)
        for name in self._evaluation.failed - self._evaluation.stood_in_for:
            for output in self._graph.steps[name].outputs:
                if output.path is not None:
                    writers[output.path].add(name)
        if not writers:
            return {}
        self._evaluation.observer.forget()
        found: dict[str, str] = {}
        for name, result in self.results.items():
            trace = result.trace
            looked_for = [
                seen.name for seen in trace.observations if seen.kind in ("file", "absent", "there", "listing")
            ]
            path = self._found_too_early(trace) or self._came_later(name, looked_for, writers)
            if path is None:
                continue
            if self._evaluation.missed(trace) is not None or not holds(trace, self._evaluation.world([trace])):
                found[name] = path
        for name in self.failures.keys() & self.attempts.keys():
            path = self._came_later(name, (*self.attempts[name].reads, *self.attempts[name].asked), writers)
            if path is not None:
                found[name] = path
        return found

    def _found_too_early(self, trace: Trace) -> str | None:
        """A file in which a step has found something else than it would now, before it changed it."""
        own = [each for each in trace.observations if each.kind == "absent" and is_of_own_file(each, [trace])]
        own += [each for each in trace.observations if each.kind == "found"]
        changed = {each.name: each.digest for each in own}
        return next((path for path in changed if self._evaluation.found(trace.step, path) != changed[path]), None)

    def _came_later(self, name: str, looked_for: Iterable[str], writers: Mapping[str, set[str]]) -> str | None:
        """A path that a step looked at and whose writer it did not wait for."""
        earlier = {name, *self._graph.upstream[name]}
        for each in looked_for:
            if not earlier.issuperset(writers.get(each, ())):
                return each
            if each.endswith("/") or paths.is_glob(each):
                for path, found in writers.items():
                    if not earlier.issuperset(found) and paths.covers(each, path):
                        return path
        return None

    def _skipped(self, unit: Unit, because: str) -> None:
        name = unit.step
        step = self._graph.steps[name]
        self._evaluation.failed.add(name)
        if step.check is not None:
            message = f"`{because}` was not made" if because in self._graph.steps else because or None
            self.checks[name] = CheckRecord(step.check.asset, step.check.severity, "not run", message)
            return
        said = None
        if because:
            needed = because in self._graph.steps
            said = _error("Skipped", f"it needs `{because}`, which was not made" if needed else because)
            if name in self._stood_in_for:
                self._evaluation.stood_in_for.add(name)
                files = ", ".join(sorted(files_taken_of(self._graph, name)))
                self._watcher.say(f"{name} is skipped; those who read {files} go on with the tracked file")
        self.steps[name] = StepRecord("skipped", error=said)
        self._watcher.ended(name, "skipped", 0.0)

    def _note_unrun(self, name: str) -> None:
        """No step of the selection is left unsaid."""
        if name not in self.steps and name not in self.checks:
            self._skipped(Unit(name), "")


def _paths_of(trace: Trace) -> dict[str, Digest]:
    """The files of the tree that a step wrote, with their bytes."""
    return {artifact.path: artifact.bytes for artifact in trace.artifacts.values() if artifact.path is not None}


def _error(kind: str, message: str, hint: str | None = None) -> dict[str, Any]:
    return {"type": kind, "message": message, "traceback": "", "file": None, "line": None, "hint": hint}


def _placed(error: dict[str, Any], step: Step, root: str) -> dict[str, Any]:
    """The error with paths of the workspace, for records hold no absolute one; at the step, where it knows no place."""
    placed = {
        field: said.replace(f"{root}/", "") if isinstance(said, str) and root != "/" else said
        for field, said in error.items()
    }
    return placed if placed.get("file") else {**placed, "file": step.file, "line": step.line}
