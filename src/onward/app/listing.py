"""`list`: what the workspace holds, read from its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onward.app.reading import Reading, read
from onward.app.targets import Selection, select_steps
from onward.app.wiring import Opened
from onward.model.workspace import Finding


@dataclass(frozen=True)
class Listing:
    """The workspace and the part of it that was asked for."""

    reading: Reading
    selection: Selection
    kinds: dict[str, str | None]
    """Each asset's kind; None until it is known."""
    findings: tuple[Finding, ...]


def listing(opened: Opened, targets: Sequence[str] = (), folder: str = "") -> Listing:
    """What there is. Runs nothing and imports no user code.

    Raises:
        UnknownNameError: a target names nothing.
    """
    reading = read(opened.place, opened.index, {}, opened.standing.discovered())
    selection = select_steps(reading, targets, folder)
    known: dict[str, str | None] = {}
    for step in reading.graph.steps.values():
        trace = opened.standing.trace(step.name)
        for output in step.outputs:
            known[output.asset] = output.kind
        for asset, artifact in (trace.artifacts if trace is not None and step.check is None else {}).items():
            known[asset] = artifact.kind
    opened.index.save()
    return Listing(reading, selection, known, reading.graph.findings)
