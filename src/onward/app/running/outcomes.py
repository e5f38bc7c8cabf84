"""How each step of a round has ended: written down for the record, and told to who watches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from onward.app.observing import seen
from onward.app.observing.collect import Result
from onward.app.settings.place import Place
from onward.app.standing import StandingResult
from onward.base.digest import Digest
from onward.engine.graph import Graph
from onward.model.decision import Decision
from onward.model.event import Ending
from onward.model.ports import Watcher
from onward.model.records import CheckRecord, StepRecord
from onward.model.trace import CheckOutcome, Usage
from onward.model.workspace import Discovered, Step

INTERRUPTED = "Interrupted"
"""The error of a step that did not fail: it was ended with the run."""


def error_of(kind: str, message: str, hint: str | None = None) -> dict[str, Any]:
    """An error that no code of the user's has raised."""
    return {"type": kind, "message": message, "traceback": "", "file": None, "line": None, "hint": hint}


class Outcomes:
    """The steps and the checks of one round that have ended.

    Attributes:
        steps, checks: their records.
        results, seconds: of those that have a result, with how long that once took to make.
        failures: what those say that failed and were not merely stopped with the run.
        attempts: what steps that failed had been seen to do.
    """

    def __init__(self, graph: Graph, place: Place, watcher: Watcher) -> None:
        self._graph = graph
        self._place = place
        self._watcher = watcher
        self.steps: dict[str, StepRecord] = {}
        self.checks: dict[str, CheckRecord] = {}
        self.results: dict[str, StandingResult] = {}
        self.failures: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.attempts: dict[str, Discovered] = {}

    def has_ended(self, name: str) -> bool:
        return name in self.steps or name in self.checks

    def good(
        self,
        outcome: str,
        decision: Decision,
        result: StandingResult,
        seconds: float,
        *,
        is_executed: bool = True,
    ) -> None:
        """Writes a good result down: for a check what it found, else the step's record."""
        trace = result.trace
        name = trace.step
        self.results[name] = result
        self.seconds[name] = trace.usage.wall_s
        step = self._graph.steps[name]
        if step.check is not None:
            found = trace.check or CheckOutcome("broken", "the check left no verdict")
            self.checks[name] = CheckRecord(
                step.check.asset, step.check.severity, found.outcome, found.message, found.rows, trace.key, result.name
            )
            # That a check which did not run is broken still is no news.
            is_news = outcome == "made" and found.outcome != "passed"
            self._watcher.ended(name, found.outcome if is_news else outcome, seconds)
            return
        self.steps[name] = StepRecord(
            outcome=outcome,
            seconds=round(seconds, 3),
            reasons=_told(decision),
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

    def failed(
        self, name: str, error: Mapping[str, Any], log: Digest | None, decision: Decision | None, ending: Ending | None
    ) -> None:
        """Writes a failure down."""
        step = self._graph.steps[name]
        placed = _placed(error, step, str(self._place.root))
        seconds = ending.wall_s if ending is not None else 0.0
        if error["type"] != INTERRUPTED:
            self.failures[name] = placed["message"]
        if step.check is not None:
            self.checks[name] = CheckRecord(step.check.asset, step.check.severity, "not run", placed["message"])
        else:
            usage = Usage(ending.wall_s, ending.cpu_s, ending.peak_bytes) if ending is not None else None
            self.steps[name] = StepRecord(
                "failed", round(seconds, 3), _told(decision), error=placed, log=log, usage=usage
            )
        self._watcher.ended(name, "failed", seconds)

    def skipped(self, name: str, because: str) -> None:
        """Writes down what was not started. `because` is the step that it needs, or says why; empty: nothing to say."""
        step = self._graph.steps[name]
        is_step = because in self._graph.steps
        if step.check is not None:
            message = f"`{because}` was not made" if is_step else because or None
            self.checks[name] = CheckRecord(step.check.asset, step.check.severity, "not run", message)
            return
        said = f"it needs `{because}`, which was not made" if is_step else because
        self.steps[name] = StepRecord("skipped", error=error_of("Skipped", said) if said else None)
        self._watcher.ended(name, "skipped", 0.0)

    def lost(self, name: str) -> None:
        """Takes an outcome back: what had been made is damaged, and is made again."""
        for table in (self.steps, self.checks, self.results):
            table.pop(name, None)

    def attempted(self, name: str, result: Result, changed: str = "") -> None:
        """Remembers what a step did that failed: another one may be about to write what it looked for."""
        found = Discovered() if result.watched is None else seen.discovered(result.watched, self._place.root)
        if changed:
            found = msgspec.structs.replace(found, reads=(*found.reads, changed))
        if found.reads or found.asked or found.writes:
            self.attempts[name] = found

    def is_for_want(self, name: str, error: Mapping[str, Any]) -> bool:
        """Whether a step may have failed for want of a file: it changed, was not there, or a folder was listed."""
        attempt = self.attempts.get(name, Discovered())
        step = self._graph.steps[name]
        placed = _placed(error, step, str(self._place.root))
        told = f"{placed['message']}\n{placed['traceback']}"
        own = step.file.rpartition("/")[2]
        names = {path.rpartition("/")[2] for path in attempt.asked}
        # Cells have names like files, `report.ipynb, cell 2`, and Python looks whether there is one.
        is_told = any(each in told for each in names if not each.startswith(own))
        return error["type"] == "InputChanged" or is_told or any(path.endswith("/") for path in attempt.reads)


def _told(decision: Decision | None) -> tuple[str, ...]:
    return tuple(str(reason) for reason in decision.reasons) if decision is not None else ()


def _placed(error: Mapping[str, Any], step: Step, root: str) -> dict[str, Any]:
    """The error with paths of the workspace, for records hold no absolute one; at the step, where it knows no place."""
    placed = {
        field: said.replace(f"{root}/", "") if isinstance(said, str) and root != "/" else said
        for field, said in error.items()
    }
    return placed if placed.get("file") else {**placed, "file": step.file, "line": step.line}
