"""What a build did not run, and why that is right: the other half of an honest log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onward.app.running.run import RunReport
from onward.base.text import plural
from onward.ci.base import Base
from onward.model.records import Run, StepRecord

_RAN = ("made", "failed", "skipped")


@dataclass(frozen=True)
class Untouched:
    """What was not run, by project.

    Attributes:
        projects: how many there are.
        same: those of which nothing that they rest on differs from the base.
        restored: those that rest on something else than at the base, and whose results somebody had made before.
        steps: how many steps were not run.
    """

    projects: int
    same: tuple[str, ...]
    restored: tuple[str, ...]
    steps: int

    def lines(self, base: Base) -> Iterator[str]:
        """In words."""
        of = f"of {plural(self.projects, 'project')}"
        if self.same:
            since = f" since {base.word}" if base.run is not None else ""
            yield f"not run: {len(self.same)} {of}: nothing that they rest on changed{since}"
        if self.restored:
            yield f"not run: {len(self.restored)} {of}: their results had been made of just this before"
        if self.projects and not self.same and not self.restored:
            all_of_them = "the one project" if self.projects == 1 else f"every one of {self.projects} projects"
            yield f"of {all_of_them} something was run"


def untouched(report: RunReport, base: Run | None) -> Untouched:
    """What a run did not run, held against its base."""
    by_project: dict[str, list[str]] = {}
    graph = report.reading.graph
    for name in report.steps:
        by_project.setdefault(graph.steps[name].project, []).append(name)
    same, restored = [], []
    for project, names in sorted(by_project.items()):
        if any(report.steps[name].outcome in _RAN for name in names):
            continue
        unchanged = base is None or all(_is_same(report.steps[name], base.steps.get(name)) for name in names)
        (same if unchanged else restored).append(project)
    not_run = sum(record.outcome not in _RAN for record in report.steps.values())
    return Untouched(len(by_project), tuple(same), tuple(restored), not_run)


def _is_same(now: StepRecord, before: StepRecord | None) -> bool:
    """Whether a step rests on the same: one key is equal inputs, and a trace is kept only where what it saw is true."""
    return before is not None and (now.key, now.trace) == (before.key, before.trace)
