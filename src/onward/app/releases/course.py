"""The course of a metric from one state to another: the runs there are between, and the commits that have none.

Commits are those of the first-parent line, in its order; runs of one commit, and of none, are in the order of time.
Runs of edited code that no commit holds are left out, unless they are an end or a release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from onward.app.changes.git_history import Commit, GitHistory
from onward.app.releases import snapshots
from onward.app.releases.channels import MAIN, numbers
from onward.app.wiring import Opened
from onward.base.digest import Digest
from onward.base.errors import UnknownNameError, UsageError
from onward.base.shell import shell_line
from onward.base.text import listed
from onward.model.artifact import METRIC, Artifact
from onward.model.records import CODE_AXIS, DATA_AXIS, Run

KNOWN, MEASURED, NOT_MEASURED, SKIPPED = "known", "measured", "not measured", "skipped"
OUTCOMES = (KNOWN, MEASURED, NOT_MEASURED, SKIPPED)
_SHORT = 10


@dataclass
class Point:
    """One state of the workspace on the way, and the metric in it.

    Attributes:
        label: what people call it: `main@3`, a commit's short name, a snapshot's.
        commit: its commit, where it has one.
        data: the run whose data serves where the state is laid out; of a point that has none, and needs making.
        run: what holds the metric; None until it is measured.
        value: the metric.
        was_known: the run was there before.
        problem: why the metric cannot be had of it.
        is_between: it is a commit that has a run too, laid out with the data of the run before, in the environment of
            now: it tells what the code did from what else did.
    """

    label: str
    commit: Commit | None
    data: Run | None = None
    run: Run | None = None
    value: float | None = None
    was_known: bool = False
    problem: str | None = None
    is_between: bool = False

    @property
    def outcome(self) -> str:
        """How the metric was had: one of `OUTCOMES`."""
        if self.problem is not None:
            return SKIPPED
        if self.value is None:
            return NOT_MEASURED
        return KNOWN if self.was_known else MEASURED

    @property
    def is_open(self) -> bool:
        """Whether it can still be measured."""
        return self.outcome == NOT_MEASURED


@dataclass(frozen=True)
class End:
    """One of the two states that were asked for: a run, or a commit that has none."""

    word: str
    run: Run | None
    commit: str | None


def end_of(opened: Opened, word: str, work: Callable[[], Run]) -> End:
    """What a word means.

    Raises:
        UnknownNameError: it means neither a snapshot nor a revision.
    """
    try:
        run = snapshots.resolve(opened, word, work)
    except UnknownNameError:
        commit = GitHistory(opened.place.root, opened.place.git).commit(word.removeprefix("git:"))
        if commit is None or word in (MAIN, "latest", *opened.store.records.channels()):
            raise  # a channel without a release is not taken for the branch of that name
        return End(word, None, commit)
    return End(word, run, run.origin.commit)


def value_of(run: Run, metric: str) -> float | None:
    """The metric in a run; None where it is not there, or is no number."""
    artifact = run.artifacts.get(metric)
    if artifact is None or artifact.kind != METRIC:
        return None
    return number_of(artifact)


def number_of(artifact: Artifact) -> float | None:
    """A metric as a number that can be compared; None for a text, and for what is not a number."""
    try:
        value = float(artifact.facts["text"] if artifact.facts.get("value") is None else artifact.facts["value"])
    except (KeyError, TypeError, ValueError):
        return None
    return value if value == value else None  # noqa: PLR0124 - NaN alone is not equal to itself


class Course:
    """Finds the points between two ends."""

    def __init__(self, opened: Opened, metric: str, first: End, last: End, environment: Digest | None) -> None:
        """
        Args:
            metric: its whole name.
            first, last: the ends.
            environment: what is installed now, where commits are measured.
        """
        self._opened = opened
        self._metric = metric
        self._first, self._last = first, last
        self._environment = environment
        self._history = GitHistory(opened.place.root, opened.place.git)
        self._releases = numbers(opened)

    def points(self) -> list[Point]:
        """The points from one end to the other.

        Raises:
            UsageError: the second end does not come after the first.
        """
        first, last = (self._history.commit(end.commit) if end.commit else None for end in (self._first, self._last))
        if first is None or last is None:
            return self._by_time()  # of no commit, or of one that has gone: what was rewritten may be pruned
        return list(self._along(self._line(first, last)))

    def _line(self, first: str, last: str) -> list[Commit]:
        if self._history.is_ancestor(first, last):
            return self._history.line(first, last)
        if self._history.is_ancestor(last, first):
            raise self._swapped()
        a, b, base = self._first.word, self._last.word, self._history.fork(first, last)
        hint = shell_line("onward", "bisect", self._metric, base, b) if base is not None else None
        if self._history.is_shallow():
            hint = "bring the whole history: `git fetch --unshallow`"
        raise UsageError(f"`{b}` does not build upon `{a}`", hint=hint)

    def _by_time(self) -> list[Point]:
        first, last = self._first.run, self._last.run
        if first is None or last is None:
            raise UsageError("a revision and a run of no commit have no order", hint="name two runs, or two revisions")
        if first.id > last.id:
            raise self._swapped()
        return list(self._known([run for run in self._runs() if first.id <= run.id <= last.id], None))

    def _along(self, line: Sequence[Commit]) -> Iterator[Point]:
        by_commit: dict[str | None, list[Run]] = {}
        for run in self._runs():
            by_commit.setdefault(run.origin.commit, []).append(run)
        before: Run | None = None
        last: Commit | None = None
        for commit in line:
            if last is not None and before is not None and not self._is_now(before):
                yield Point(_short(last), last, data=before, is_between=True)
            runs = by_commit.get(commit.name)
            if runs is None:
                yield Point(_short(commit), commit, data=before or self._any_data(line, by_commit))
                last = None
                continue
            if before is not None and not (self._is_now(runs[0]) and self._has_data_of(before, runs[0])):
                yield Point(_short(commit), commit, data=before, is_between=True)
            yield from self._known(runs, commit)
            before, last = runs[-1], commit

    def _known(self, runs: Iterable[Run], commit: Commit | None) -> Iterator[Point]:
        """The points that runs are; those that show the same result again are left out."""
        shown = None
        for run in runs:
            names = self._releases.get(run.id, [])
            result = self._result(run)
            if result != shown or names or self._is_end(run):
                yield Point(
                    listed(names) or _label(run), commit, run=run, value=value_of(run, self._metric), was_known=True
                )
            shown = result

    def _result(self, run: Run) -> Digest | None:
        """What made the metric in a run."""
        return next((record.trace for record in run.steps.values() if self._metric in record.assets), None)

    # Which runs are on the way.

    def _runs(self) -> Iterator[Run]:
        """The runs that hold the metric, with the parameters that the files give, of code that their commit holds."""
        first, last = self._first.run, self._last.run
        for run in sorted(self._all_runs(), key=lambda run: run.id):
            is_early = first is not None and run.origin.commit == first.origin.commit and run.id < first.id
            is_late = last is not None and run.origin.commit == last.origin.commit and run.id > last.id
            if is_early or is_late or value_of(run, self._metric) is None:
                continue
            if self._is_end(run) or run.id in self._releases or (not run.settings and self._is_of_its_commit(run)):
                yield run

    def _all_runs(self) -> Iterable[Run]:
        """The runs that are here, and the releases between the ends that other machines have made."""
        records = self._opened.store.records
        here = {run.id: run for run in records.runs()}
        first, last = (end.run.id if end.run is not None else None for end in (self._first, self._last))
        for identity in self._releases:
            is_between = (first is None or first <= identity) and (last is None or identity <= last)
            run = records.run(identity) if is_between and identity not in here else None
            if run is not None:
                here[identity] = run
        return here.values()

    def _is_end(self, run: Run) -> bool:
        return any(end.run is not None and end.run.id == run.id for end in (self._first, self._last))

    def _is_of_its_commit(self, run: Run) -> bool:
        """Whether the code of a run is that of its commit, whatever data was new."""
        if not run.origin.dirty or run.origin.commit is None:
            return True
        basis = self._opened.store.records.basis(run.basis)
        if basis is None:
            return False
        code = {path: state.digest for path, state in basis.files.items() if state.axis == CODE_AXIS}
        return all(self._history.digests(run.origin.commit, code).get(path) == code[path] for path in code)

    def _has_data_of(self, first: Run, second: Run) -> bool:
        """Whether two runs differ by nothing but what git holds of their commits, and by the environment."""
        bases = [self._opened.store.records.basis(run.basis) for run in (first, second)]
        if len({basis.as_of for basis in bases if basis is not None}) != 1 or first.settings != second.settings:
            return False
        return self._data(first) == self._data(second) or self._untracked(first) == self._untracked(second)

    def _is_now(self, run: Run) -> bool:
        """Whether its commit, laid out with its data, would be just this run."""
        return run.environment == self._environment and not run.origin.dirty

    def _data(self, run: Run) -> Mapping[str, Digest]:
        basis = self._opened.store.records.basis(run.basis)
        files = basis.files.items() if basis is not None else ()
        return {path: state.digest for path, state in files if state.axis == DATA_AXIS}

    def _untracked(self, run: Run) -> Mapping[str, Digest]:
        """The data of a run that git does not have. Cost: asks git for the files of its commit."""
        tracked = self._history.files(run.origin.commit) if run.origin.commit is not None else {}
        return {path: digest for path, digest in self._data(run).items() if path not in tracked}

    def _any_data(self, line: Sequence[Commit], by_commit: Mapping[str | None, list[Run]]) -> Run | None:
        """The run whose data serves where none came before: the first that follows, else the last of this worktree."""
        following = next((by_commit[commit.name][0] for commit in line if commit.name in by_commit), None)
        standing = self._opened.standing.run
        return following or (self._opened.store.records.run(standing) if standing is not None else None)

    def _swapped(self) -> UsageError:
        a, b = self._first.word, self._last.word
        return UsageError(f"`{a}` comes after `{b}`", hint=shell_line("onward", "bisect", self._metric, b, a))


def _short(commit: Commit) -> str:
    return commit.name[:_SHORT]


def _label(run: Run) -> str:
    """What a run without a release is called: by its commit, a `+` behind it where the tree had changes."""
    if run.origin.commit is None:
        return run.snapshot[:_SHORT]
    return run.origin.commit[:_SHORT] + ("+" if run.origin.dirty else "")
