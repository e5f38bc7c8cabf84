"""`status` and `why`: the decisions of a run, told and not carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onward.app.plan import decisions, evaluate
from onward.app.reading import Reading, read
from onward.app.run import relevant_findings
from onward.app.targets import resolve_asset, select_steps
from onward.app.wiring import Opened
from onward.base.errors import UnknownNameError, UsageError
from onward.base.text import listed
from onward.engine.why import chain
from onward.model.decision import Decision, Reason
from onward.model.workspace import Finding

STATES = ("current", "stale", "may be stale", "never made", "failed")


@dataclass(frozen=True)
class StepState:
    """One step as `status` shows it; `failed` is what went wrong, where the state is that."""

    name: str
    state: str
    decision: Decision
    failed: str | None = None

    @property
    def reasons(self) -> list[str]:
        return [str(reason) for reason in self.decision.reasons]


@dataclass(frozen=True)
class StatusReport:
    """The state of the steps that were asked for; `held_by` are the findings that touch them."""

    reading: Reading
    steps: list[StepState]
    held_by: tuple[Finding, ...] = ()

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
    reading = read(opened.place, opened.index, {}, opened.standing.discovered())
    selection = select_steps(reading, targets, folder)
    evaluation = evaluate(opened, reading)
    states = []
    for name, decision in decisions(evaluation, selection, reading.graph.blocked()):
        if name in selection.named and reading.graph.steps[name].check is None:
            state = _state(opened, decision)
            failed = opened.standing.failed[name] if state == "failed" else None
            states.append(StepState(name, state, decision, failed))
    opened.index.save()
    return StatusReport(reading, states, tuple(relevant_findings(reading, selection)))


def _state(opened: Opened, decision: Decision) -> str:
    if decision.action == "keep":
        return "current"
    if decision.step in opened.standing.failed and decision.action in ("run", "blocked"):
        return "failed"
    if decision.step not in opened.standing.results:
        return "never made" if decision.action != "restore" else "stale"
    return "may be stale" if decision.action == "await" else "stale"


@dataclass(frozen=True)
class WhyReport:
    """Why a step would run, or would not; `chain` leads from it back to what was edited."""

    name: str
    decision: Decision
    chain: list[tuple[str, Reason]]
    failed: str | None
    widened: tuple[tuple[str, str, int], ...]
    """Code that counts as a whole because it could not be told apart: what, why, line."""


def why(opened: Opened, target: str, folder: str = "") -> WhyReport:
    """Why `target` (an asset, a step, a check, what else names one step) would be run, kept or restored.

    Raises:
        UnknownNameError: nothing is called so.
        UsageError: it names several steps.
    """
    reading = read(opened.place, opened.index, {}, opened.standing.discovered())
    graph = reading.graph
    name = _one_step(reading, target, folder)
    selection = select_steps(reading, [name])
    evaluation = evaluate(opened, reading)
    decided = dict(decisions(evaluation, selection, graph.blocked()))
    step = graph.steps[name]
    widened = ()
    if step.file.endswith((".py", ".ipynb")):
        symbol = step.symbol
        widened = tuple((item.what, item.why, item.line) for item in reading.linked(step.file, symbol).widened)
    opened.index.save()
    return WhyReport(name, decided[name], chain(name, graph, decided), opened.standing.failed.get(name), widened)


def _one_step(reading: Reading, target: str, folder: str) -> str:
    """The step that a word names: by an asset's name or the end of it, else as any TARGET."""
    graph = reading.graph
    try:
        word = resolve_asset([*graph.maker, *graph.steps], target)
    except UnknownNameError:
        named = select_steps(reading, [target], folder).named
        steps = sorted(name for name in named if graph.steps[name].check is None)
        if len(steps) != 1:
            names = listed(steps) or "nothing that can be read"
            raise UsageError(f"`{target}` names {names}", hint="choose one step or asset") from None
        return steps[0]
    return graph.maker.get(word, word)
