"""A run, round by round: once through the schedule, and again where steps were found to feed each other files too late.

What a step writes by paths that its code does not spell out is known when it has run. A step that had looked at such a
path before, or that failed for want of it, runs again in the next round, which knows the edge; all else is kept.
"""

from __future__ import annotations

import msgspec

from onward.app.changes.edits import trace_edits
from onward.app.changes.past import Past
from onward.app.environments import environment
from onward.app.observing.observe import Observer
from onward.app.observing.originals import Originals
from onward.app.running import late
from onward.app.running.evaluate import Evaluation
from onward.app.running.findings import check_findings
from onward.app.running.left_over import left_over
from onward.app.running.loop import Loop
from onward.app.running.outcomes import Outcomes
from onward.app.running.pickled import Pickled
from onward.app.running.targets import Selection, paths_to_overwrite, read_for, select_steps
from onward.app.settings.options import RunOptions
from onward.app.standing import StandingResult, discovered_in
from onward.app.wiring import Opened
from onward.model.ports import Watcher
from onward.model.records import CheckRecord, StepRecord
from onward.model.trace import Trace
from onward.model.workspace import Discovered

_MOST_ROUNDS = 8
"""Steps that keep changing what each other read are let be after so many: they are current for no state of it."""


class Rounds:
    """The rounds of one run, and what they have come to.

    Attributes:
        reading, evaluation: as of the last round, with all that was found out.
        once: candidates that are taken for steps this once.
        steps, checks: how each has ended; of a step that was made in one round and kept in the next, how it was made.
        results, failures, seconds: by step.
    """

    def __init__(self, opened: Opened, options: RunOptions, watcher: Watcher, as_of: str) -> None:
        """
        Raises:
            GraphError: findings that the targets need mended (without `keep_going`).
            UnknownNameError: a target, or a parameter that is set, does not exist.
        """
        self._opened = opened
        self._options = options
        self._watcher = watcher
        self._as_of = as_of
        self.reading, self.once = read_for(opened, options)
        self.selection = self._select()
        self._blocked = check_findings(self.reading, self.selection, keep_going=options.keep_going)
        self._overwrite = paths_to_overwrite(self.reading, opened.standing, options.overwrite, options.folder)
        self._forced = select_steps(self.reading, options.force, options.folder).named if options.force else frozenset()
        self.evaluation = self._evaluate()
        self.interrupted = False
        self.steps: dict[str, StepRecord] = {}
        self.checks: dict[str, CheckRecord] = {}
        self.results: dict[str, StandingResult] = {}
        self.failures: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self._attempts: dict[str, Discovered] = {}

    def go(self) -> None:
        """Runs until no step has looked at anything too early, and the last one's files are in the tree."""
        self._go()
        graph, before = self.reading.graph, self._opened.standing.results
        for told in left_over(self._opened.place, graph, before, self.results):
            self._watcher.say(told)

    def _go(self) -> None:
        for number in range(1, _MOST_ROUNDS + 1):
            loop = Loop(self._opened, self.evaluation, self._options, self._watcher, self._as_of, self._overwrite)
            try:
                loop.go(self.selection, self._blocked)
            finally:
                loop.close()
            self._take_over(loop)
            outdated = {} if self.interrupted else late.outdated(self.evaluation, loop.outcomes)
            has_found_out = self._has_found_out(loop.outcomes)
            is_in_order = not late.wrote_in_no_order(self.reading.graph, loop.outcomes)
            if outdated or has_found_out:
                self._look_again()
            if not outdated and (is_in_order or not has_found_out):
                return
            for name, path in sorted(outdated.items()):
                then = "runs again" if number < _MOST_ROUNDS else "is left so: these steps change each other's files"
                self._watcher.say(f"{name} looked at `{path}` before another step wrote it, and {then}")

    def _select(self) -> Selection:
        options = self._options
        return select_steps(self.reading, options.targets, options.folder, checks=options.checks)

    def _evaluate(self) -> Evaluation:
        opened, reading = self._opened, self.reading
        python = reading.python or environment.workspace_python(opened.place, reading.settings)
        observer = Observer(opened.place.root, opened.index, self._as_of, python.distributions, opened.variables())
        pickled = Pickled(opened.place.root, reading, observer, opened.index)
        originals = Originals(opened.place, opened.store, opened.standing, observer)
        past, forced = Past(opened, reading), self._forced
        return Evaluation(reading, python, opened.store, opened.standing, observer, pickled, originals, past, forced)

    def _look_again(self) -> None:
        """The workspace as it is now known."""
        self.reading, _ = read_for(self._opened, self._options, self._attempts)
        self.selection = self._select()
        self._blocked = check_findings(self.reading, self.selection, keep_going=True)
        self._forced -= self.results.keys()
        self.evaluation = self._evaluate()

    def _take_over(self, loop: Loop) -> None:
        ended = loop.outcomes
        reasons = {name: loop.decisions[name].reasons for name in ended.steps if name in loop.decisions}
        edits = trace_edits(self._opened, self.reading, reasons)
        for name, record in ended.steps.items():
            before = self.steps.get(name)
            if record.outcome in ("failed", "skipped"):
                self.results.pop(name, None)
            if before is None or record.outcome != "kept" or before.outcome in ("failed", "skipped"):
                self.steps[name] = msgspec.structs.replace(record, edits=edits[name]) if name in edits else record
        self.checks.update(ended.checks)
        self.results.update(ended.results)
        self.seconds.update(ended.seconds)
        self.failures = {**self.failures, **ended.failures}
        self._attempts |= ended.attempts
        for name in ended.results:
            self.failures.pop(name, None)
            self._attempts.pop(name, None)
        self._opened.standing.results.update(ended.results)
        self.interrupted = loop.interrupted

    def _has_found_out(self, ended: Outcomes) -> bool:
        """Whether a result shows more of what its step reads and writes, or less, than was known before."""
        return any(self._shows_other(name, result.trace) for name, result in ended.results.items())

    def _shows_other(self, name: str, trace: Trace) -> bool:
        step, seen = self.reading.graph.steps[name], discovered_in(trace)
        if step.check is not None:
            return False
        known = {output.path for output in step.outputs if output.is_seen}
        return (
            not set(seen.writes).issubset(step.writes)
            or not known.issubset(seen.writes)
            or not set(seen.reads).issubset((*step.all_reads, *step.revisits))
            or not set(step.seen_reads).issubset(seen.reads)
        )
