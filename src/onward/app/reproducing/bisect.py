"""`bisect`: the step at which a metric moved most, between two states.

Runs that are there cost nothing. Where two that are next to each other lie apart, the commits between them are laid out
and measured, as far as they may hold a step larger than the largest that is known. A metric need not move one way
alone: what was not measured may hide moves that cancel each other, and is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from onward.app.changes.causes import Cause, Causes
from onward.app.changes.git_history import Commit
from onward.app.comparing.diff import Comparison
from onward.app.environments.environment import workspace_python
from onward.app.reading import catalogue
from onward.app.reading.current import read_current
from onward.app.releases.course import OUTCOMES, Course, End, Point, end_of, number_of, value_of
from onward.app.reproducing.checkout import Checkout, checked_out
from onward.app.reproducing.largest_step import delta, largest_step
from onward.app.reproducing.rests_on import RestsOn, traces_of
from onward.app.running.run import RunReport, run_to_the_end
from onward.app.running.targets import resolve_asset
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened
from onward.base import paths
from onward.base.codec import digest_of
from onward.base.digest import Digest
from onward.base.errors import MachineError, OnwardError, StoreError, UnknownNameError, WorkspaceError
from onward.base.text import listed
from onward.model.artifact import METRIC, Artifact
from onward.model.ports import Watcher
from onward.model.records import Run

_MOST_METRICS = 12
_MOST_LOST = 2
"""Files that are named where a commit cannot be measured for want of them."""


@dataclass(frozen=True)
class Step:
    """The step at which the metric moved most.

    Attributes:
        before, after: the places of its two points in the course; what lies between could not be measured.
        summary: what it did to the metric, and what made for it, in one sentence.
        causes: what of the two bases reaches the metric.
    """

    before: int
    after: int
    delta: float
    summary: str
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class BisectReport:
    """Where a metric moved.

    Attributes:
        name, unit: the metric.
        a, b: what was asked for.
        points: the course, from one end to the other.
        step: None where it did not move, or an end could not be measured.
    """

    name: str
    unit: str | None
    a: str
    b: str
    points: tuple[Point, ...]
    step: Step | None
    seconds: float

    @property
    def ok(self) -> bool:
        """Both ends could be measured."""
        return self.points[0].problem is None and self.points[-1].problem is None

    @property
    def commits(self) -> list[Commit]:
        """The commits among which the step is; none where it is between two states of one commit."""
        if self.step is None:
            return []
        before = self.points[self.step.before].commit
        inside = [point.commit for point in self.points[self.step.before + 1 : self.step.after + 1]]
        return list(dict.fromkeys(commit for commit in inside if commit is not None and commit != before))

    @property
    def counts(self) -> dict[str, int]:
        outcomes = [point.outcome for point in self.points]
        return {outcome: outcomes.count(outcome) for outcome in OUTCOMES}


def bisect(
    opened: Opened,
    metric: str,
    a: str,
    b: str,
    *,
    work: Callable[[], Run],
    watcher: Callable[[], Watcher],
    told: Callable[[Point], None] = lambda _: None,
    everything: bool = False,
) -> BisectReport:
    """Finds the step at which a metric moved most from `a` to `b`.

    Args:
        opened: the workspace.
        metric: its name.
        a, b: SNAPSHOT words, or git revisions.
        work: brings the working tree up to date and returns that run.
        watcher: makes what is told of one run.
        told: told of every point that was measured, or could not be.
        everything: measure every commit.

    Raises:
        UnknownNameError: a word means nothing, or an end has no such metric.
        UsageError: `b` does not come after `a`.
        MachineError: there is no Python to measure commits with.
    """
    begun = time.monotonic()
    first, last = end_of(opened, a, work), end_of(opened, b, work)
    name = _metric_named(opened, metric, first, last)
    points = Course(opened, name, first, last, _environment(opened)).points()
    with checked_out(opened) as checkout:
        measuring = _Measuring(opened, name, checkout, watcher, told)
        found = largest_step(points, measuring.measure, everything=everything)
    step = _told_step(opened, name, points, *found) if found is not None else None
    unit = next((point.run.artifacts[name].facts.get("unit") for point in points if point.run is not None), None)
    return BisectReport(name, unit, a, b, tuple(points), step, time.monotonic() - begun)


def _metric_named(opened: Opened, word: str, first: End, last: End) -> str:
    """The whole name of a metric that both ends hold, as far as they have been run."""
    runs = [end.run for end in (last, first) if end.run is not None]
    if runs:
        artifacts = {name: artifact for run in runs for name, artifact in run.artifacts.items()}
        name = _metric_of(artifacts, word)
    else:
        reading = read_current(opened)
        name = resolve_asset(reading.graph.maker, word, noun="metric")
    for end in (first, last):
        if end.run is not None and value_of(end.run, name) is None:
            artifact = end.run.artifacts.get(name)
            if artifact is not None and artifact.kind == METRIC and number_of(artifact) is None:
                message = f"`{name}` is no number in `{end.word}`"
            else:
                message = f"`{end.word}` has no metric `{name}`"
            raise UnknownNameError(message, hint="choose another state: `onward snapshots` lists them")
    return name


def _metric_of(artifacts: Mapping[str, Artifact], word: str) -> str:
    """The whole name of the metric that a word means.

    Raises:
        UnknownNameError: it means none; where it means something else, that is told.
    """
    metrics = sorted(name for name, artifact in artifacts.items() if artifact.kind == METRIC)
    try:
        return resolve_asset(metrics, word, noun="metric")
    except UnknownNameError as error:
        with suppress(UnknownNameError):
            other = resolve_asset(artifacts, word)
            error.message += f": `{other}` is a {artifacts[other].kind}"
            error.hint = f"the metrics are {listed(metrics, _MOST_METRICS)}" if metrics else "there is no metric"
        raise


def _environment(opened: Opened) -> Digest | None:
    """What is installed now, as runs record it; None where there is no Python."""
    reading = read_current(opened)
    try:
        python = reading.python or workspace_python(opened.place, reading.settings)
    except MachineError:
        return None
    return digest_of(python.facts)


class _Measuring:
    """Lays commits out and runs what the metric needs of them."""

    def __init__(
        self,
        opened: Opened,
        metric: str,
        checkout: Checkout,
        watcher: Callable[[], Watcher],
        told: Callable[[Point], None],
    ) -> None:
        self._opened = opened
        self._metric = metric
        self._checkout = checkout
        self._watcher = watcher
        self._told = told

    def measure(self, point: Point) -> None:
        """Fills in a point's run and value, or why it has none.

        Raises:
            StoreError: the store lets us down.
            KeyboardInterrupt: it was stopped by hand.
        """
        assert point.commit is not None, "what is no commit is a run"
        try:
            there = self._checkout.go_to(point.commit.name, point.data)
            report = self._run(there, point)
        except StoreError:
            raise
        except (WorkspaceError, MachineError) as error:
            point.problem = _words(error)
        else:
            self._take(point, report, there)
        self._told(point)

    def _run(self, there: Opened, point: Point) -> RunReport:
        try:
            return run_to_the_end(there, self._options(point), self._watcher())
        except UnknownNameError as error:
            raise WorkspaceError("; ".join([error.message, *_hiding(there)])) from error

    def _options(self, point: Point) -> RunOptions:
        basis = self._opened.store.records.basis(point.data.basis) if point.data is not None else None
        return RunOptions(
            targets=(self._metric,),
            keep_going=True,
            checks=False,
            as_of=basis.as_of if basis is not None else None,
            is_recorded=False,
        )

    def _take(self, point: Point, report: RunReport, there: Opened) -> None:
        value = value_of(report.run, self._metric)
        lost = [each for each in self._checkout.lost if value is None or self._may_have_missed(report.run, each.path)]
        if value is not None and not lost:
            point.run, point.value = report.run, value
            return
        ends = [record for record in report.steps.values() if record.error is not None]
        ends.sort(key=lambda record: record.outcome != "failed")
        said = [_why(ends[0].error or {})] if ends else self._why_none(report.run, there) if value is None else []
        point.problem = "; ".join([*said, *(each.words for each in lost[:_MOST_LOST])])

    def _why_none(self, run: Run, there: Opened) -> list[str]:
        """Why a run in which nothing failed has no value."""
        if self._metric in run.artifacts:
            return [f"`{self._metric}` is no number"]
        return [f"no step makes `{self._metric}`", *_hiding(there)]

    def _may_have_missed(self, run: Run, path: str) -> bool:
        """Whether the metric rests on a folder or a glob that the file would have been in."""
        kept = catalogue.load(self._opened.store, run.catalogue)
        rests_on = RestsOn(traces_of(self._opened, run), kept)
        maker = next(step for step, record in run.steps.items() if self._metric in record.assets)
        for name in {name for step in rests_on.steps(maker) for name in rests_on.files(step)}:
            if paths.is_glob(name) and paths.glob_pattern(name).match(path):
                return True
            if paths.folder_of(path) in (name.rstrip("/"), paths.folder_of(name)):
                return True
        return False


def _hiding(opened: Opened) -> list[str]:
    """What keeps steps of a workspace from being read, the first of it: one that is not found may be among these."""
    findings = read_current(opened, discovered={}).graph.findings
    return [f"{finding.message} ({finding.location()})" for finding in findings if finding.hides_steps][:1]


def _why(error: Mapping[str, Any]) -> str:
    """How a step failed, in one line."""
    message = str(error.get("message") or error.get("type")).partition("\n")[0]
    return f"{message} ({error['file']}:{error.get('line') or 1})" if error.get("file") else message


def _told_step(opened: Opened, metric: str, points: Sequence[Point], first: int, last: int) -> Step:
    """A step with what made for it."""
    before, after = points[first], points[last]
    assert before.run is not None
    assert after.run is not None
    summary = Comparison(opened, before.run, after.run).asset(metric).summary
    maker = next(step for step, record in after.run.steps.items() if metric in record.assets)
    causes = tuple(Causes(opened, before.run, after.run).of(maker))
    return Step(first, last, delta(before, after), summary, causes)


def _words(error: OnwardError) -> str:
    findings: Sequence[Any] = error.findings
    return str(findings[0].message) if findings else error.message
