"""The dry run: what `run` would do, decided as `run` decides it, with nothing run and nothing written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from onward.app.changes.edits import trace_edits
from onward.app.changes.past import Past
from onward.app.environments import environment
from onward.app.observing.observe import Observer
from onward.app.observing.originals import Originals
from onward.app.observing.outputs import stood_in_for
from onward.app.reading.whole import Reading
from onward.app.running.evaluate import Evaluation, MissingSourceError
from onward.app.running.findings import check_findings
from onward.app.running.pickled import Pickled
from onward.app.running.targets import Selection, paths_to_overwrite, read_for, select_steps
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened
from onward.base import clock
from onward.model.decision import Decision, Reason
from onward.model.records import TracedEdit
from onward.model.workspace import Finding

OUTCOMES = ("would-make", "would-restore", "may-make", "kept", "would-skip")


@dataclass(frozen=True)
class Planned:
    """What would happen to one step (or check)."""

    outcome: str
    decision: Decision
    edits: tuple[TracedEdit, ...] = ()
    """Where those of its reasons come from that are edits of code."""

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(str(reason) for reason in self.decision.reasons)

    @property
    def is_only_rendered(self) -> bool:
        """Whether it would be made without its code: its document rendered again from kept outputs."""
        return self.decision.outputs_from is not None


@dataclass(frozen=True)
class PlanReport:
    """The plan of a run. `steps` has no checks, `checks` has nothing else; both in the order of the graph."""

    reading: Reading
    evaluation: Evaluation
    selection: Selection
    steps: dict[str, Planned]
    checks: dict[str, Planned]
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def counts(self) -> dict[str, int]:
        counted = dict.fromkeys(OUTCOMES, 0)
        for planned in self.steps.values():
            counted[planned.outcome] += 1
        return counted


def plan(opened: Opened, options: RunOptions) -> PlanReport:
    """What `run` with these options would do.

    Raises:
        GraphError, UnknownNameError, MachineError: as `run` does.
    """
    begun = time.monotonic()
    reading, _ = read_for(opened, options)
    selection = select_steps(reading, options.targets, options.folder)
    blocked = check_findings(reading, selection, keep_going=options.keep_going)
    paths_to_overwrite(reading, opened.standing, options.overwrite, options.folder)
    evaluation = evaluate(opened, reading, options)
    steps: dict[str, Planned] = {}
    checks: dict[str, Planned] = {}
    decided = dict(decisions(evaluation, selection, blocked))
    edits = trace_edits(opened, reading, {name: decision.reasons for name, decision in decided.items()})
    for name, decision in decided.items():
        planned = Planned(_outcome(decision, opened), decision, edits.get(name, ()))
        (steps if reading.graph.steps[name].check is None else checks)[name] = planned
    opened.index.save()
    return PlanReport(reading, evaluation, selection, steps, checks, reading.graph.findings, time.monotonic() - begun)


def evaluate(opened: Opened, reading: Reading, options: RunOptions | None = None) -> Evaluation:
    """A view of the workspace as it is now."""
    forced: frozenset[str] = frozenset()
    if options is not None and options.force:
        forced = select_steps(reading, options.force, options.folder).named
    as_of = f"{clock.now():%Y-%m-%d}"
    python = reading.python or environment.workspace_python(opened.place, reading.settings)
    observer = Observer(opened.place.root, opened.index, as_of, python.distributions, opened.variables())
    pickled = Pickled(opened.place.root, reading, observer, opened.index)
    originals = Originals(opened.place, opened.store, opened.standing, observer)
    past = Past(opened, reading)
    return Evaluation(reading, python, opened.store, opened.standing, observer, pickled, originals, past, forced)


def decisions(
    evaluation: Evaluation, selection: Selection, blocked: dict[str, Finding]
) -> Iterator[tuple[str, Decision]]:
    """Each step of a selection, in the order of the graph, with what is to be done as far as that is known."""
    graph = evaluation.reading.graph
    for name in graph.order:
        if name not in selection.needed:
            continue
        decision = _decision(evaluation, name, blocked)
        if decision.action in ("keep", "restore"):
            assert decision.trace is not None
            evaluation.settle(name, decision.trace)
        elif decision.outputs_from is not None:
            evaluation.settle_saves(name, decision.outputs_from)
        elif decision.action == "blocked":
            evaluation.failed.add(name)
        yield name, decision


def _decision(evaluation: Evaluation, name: str, blocked: dict[str, Finding]) -> Decision:
    finding = blocked.get(name)
    if finding is not None:
        return Decision(name, "blocked", None, None, (Reason("step", name, change=f"cannot run: {finding.message}"),))
    graph = evaluation.reading.graph
    said = set(graph.upstream[name]) - graph.learned_upstream(name)
    failed = [upstream for upstream in graph.upstream[name] if upstream in evaluation.failed & said]
    stood_in = stood_in_for(graph, evaluation.reading.place, failed)
    needed = [upstream for upstream in failed if upstream not in stood_in]
    if needed:
        return Decision(name, "blocked", None, None, (Reason("step", needed[0], change="cannot be made"),))
    try:
        return evaluation.decide(name)
    except MissingSourceError as error:
        return Decision(name, "blocked", None, None, (Reason("input", str(error), change=""),))


def _outcome(decision: Decision, opened: Opened) -> str:
    match decision.action:
        case "keep":
            return "kept"
        case "restore":
            return "would-restore"
        case "blocked":
            return "would-skip"
        case "run":
            return "would-make"
    # It waits for an input. With no trace under any key, no input can make it anything but run.
    # Another machine may have a trace of a step that was never made here.
    return "may-make" if opened.store.is_shared or opened.store.traces.has_seen(decision.step) else "would-make"
