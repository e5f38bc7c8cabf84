"""`status`: the decisions of a run, told and not carried out, and how far they reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from onward.app.changes.edits import trace_edits
from onward.app.changes.rereading import READS_OTHERWISE
from onward.app.explaining.marks import Marks, marks_of_step
from onward.app.explaining.reach import Reach, reach_of
from onward.app.reading.current import read_current
from onward.app.reading.whole import Reading
from onward.app.running.findings import relevant_findings
from onward.app.running.plan import decisions, evaluate
from onward.app.running.targets import select_steps
from onward.app.wiring import Opened
from onward.model.decision import Decision
from onward.model.records import TracedEdit
from onward.model.workspace import Finding

STATES = ("current", "stale", "may be stale", "never made", "failed")


@dataclass(frozen=True)
class StepState:
    """One step as `status` shows it; `failed` is what went wrong, where the state is that."""

    name: str
    state: str
    decision: Decision
    failed: str | None = None
    edits: tuple[TracedEdit, ...] = ()
    """Where those of its reasons come from that are edits of code."""
    marks: Marks = field(default_factory=dict)
    """Those of its last result."""

    @property
    def reasons(self) -> list[str]:
        return [str(reason) for reason in self.decision.reasons]


@dataclass(frozen=True)
class StatusReport:
    """The state of the steps that were asked for; `held_by` are the findings that touch them.

    `reach` is of those that would run, or may.
    """

    reading: Reading
    steps: list[StepState]
    reach: Reach
    held_by: tuple[Finding, ...] = ()

    @property
    def is_read_otherwise(self) -> bool:
        """Whether nothing makes steps run, or may, but that another onward had read their code."""
        decisions = [step.decision for step in self.steps]
        kinds = {each.kind for made in decisions for each in made.reasons if each.what not in made.awaits}
        return kinds == {READS_OTHERWISE[0]}

    @property
    def counts(self) -> dict[str, int]:
        counted = dict.fromkeys(STATES, 0)
        for step in self.steps:
            counted[step.state] += 1
        return counted


def status(opened: Opened, targets: Sequence[str] = (), folder: str = "") -> StatusReport:
    """How the steps stand. Runs nothing and imports no user code; checks are left to `run`.

    Raises:
        UnknownNameError: a target names nothing.
    """
    reading = read_current(opened)
    selection = select_steps(reading, targets, folder)
    evaluation = evaluate(opened, reading)
    decided = {
        name: decision
        for name, decision in decisions(evaluation, selection, reading.graph.blocked())
        if name in selection.named and reading.graph.steps[name].check is None
    }
    edits = trace_edits(opened, reading, {name: decision.reasons for name, decision in decided.items()})
    states = []
    for name, decision in decided.items():
        state = _state(opened, decision)
        failed = opened.standing.failed[name] if state == "failed" else None
        states.append(
            StepState(name, state, decision, failed, edits.get(name, ()), marks_of_step(opened.standing.trace(name)))
        )
    reach = reach_of(opened, reading, [name for name, made in decided.items() if made.action in ("run", "await")])
    opened.index.save()
    return StatusReport(reading, states, reach, tuple(relevant_findings(reading, selection)))


def _state(opened: Opened, decision: Decision) -> str:
    if decision.action == "keep":
        return "current"
    if decision.step in opened.standing.failed and decision.action in ("run", "blocked"):
        return "failed"
    if decision.step not in opened.standing.results:
        return "never made" if decision.action != "restore" else "stale"
    return "may be stale" if decision.action == "await" else "stale"
