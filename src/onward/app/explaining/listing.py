"""`list`: what the workspace holds, read from its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onward.app.explaining.marks import Marks, marks_of_asset
from onward.app.reading.current import read_current
from onward.app.reading.whole import Reading
from onward.app.running.targets import Selection, select_steps
from onward.app.wiring import Opened
from onward.model.workspace import Finding


@dataclass(frozen=True)
class Listing:
    """The workspace and the part of it that was asked for."""

    reading: Reading
    selection: Selection
    kinds: dict[str, str | None]
    """Each asset's kind; None until it is known."""
    marks: dict[str, Marks]
    """Each asset's marks."""
    outcomes: dict[str, str]
    """How each check ended when it last ran: `passed`, `broken`, or `not run`."""
    findings: tuple[Finding, ...]


def listing(opened: Opened, targets: Sequence[str] = (), folder: str = "") -> Listing:
    """What there is. Runs nothing and imports no user code.

    Raises:
        UnknownNameError: a target names nothing.
    """
    reading = read_current(opened)
    selection = select_steps(reading, targets, folder)
    known: dict[str, str | None] = {}
    marks: dict[str, Marks] = {}
    outcomes: dict[str, str] = {}
    checked = {step.check.asset for step in reading.graph.steps.values() if step.check is not None}
    for step in reading.graph.steps.values():
        trace = opened.standing.trace(step.name)
        if step.check is not None:
            verdict = trace.check if trace is not None else None
            outcomes[step.name] = verdict.outcome if verdict is not None else "not run"
        for output in step.outputs:
            known[output.asset] = output.kind
        for asset, artifact in (trace.artifacts if trace is not None and step.check is None else {}).items():
            known[asset] = artifact.kind
        for asset in step.assets:
            if reading.graph.maker[asset] == step.name:
                marks[asset] = marks_of_asset(trace, is_checked=asset in checked)
    opened.index.save()
    return Listing(reading, selection, known, marks, outcomes, reading.graph.findings)
