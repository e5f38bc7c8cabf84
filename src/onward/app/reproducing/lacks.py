"""What an old result rests on and cannot be had again: lost files, another environment, what a server said then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from onward.app.changes.causes import DATA, ENVIRONMENT
from onward.app.environments.environment import WorkspacePython
from onward.app.reading.catalogue import Catalogue
from onward.app.reproducing.laid_out import LaidOut
from onward.app.reproducing.rests_on import RestsOn
from onward.app.settings.variables import Variables
from onward.model.records import CODE_AXIS, Environment, Run
from onward.model.trace import INSTALLED_KINDS, UNPINNED, Trace

OUTSIDE = "outside"
"""The axis of what lies outside of the workspace: servers, other machines, files elsewhere."""


@dataclass(frozen=True, order=True)
class Lack:
    """One thing that results rest on and that could not be had again.

    Attributes:
        axis: `data`, `code`, `environment` or `outside`.
        what: the thing, by name: a path, a distribution, a variable, a step.
        words: what is the matter with it.
    """

    axis: str
    what: str
    words: str


def environment_changes(before: Environment, now: Environment) -> list[Lack]:
    """Every difference between two environments: the Python and its machine first, then distributions by name."""
    kinds = (
        ("python", "Python", before.python, now.python),
        ("implementation", "the implementation of Python", before.implementation, now.implementation),
        ("platform", "the platform", before.platform, now.platform),
    )
    found = [Lack(ENVIRONMENT, what, f"{said} {old} → {new}") for what, said, old, new in kinds if old != new]
    for name in sorted(before.distributions.keys() | now.distributions.keys()):
        old_version, new_version = before.distributions.get(name), now.distributions.get(name)
        if old_version is None:
            found.append(Lack(ENVIRONMENT, name, f"{name} {new_version} came"))
        elif new_version is None:
            found.append(Lack(ENVIRONMENT, name, f"{name} {old_version} is missing"))
        elif old_version != new_version:
            found.append(Lack(ENVIRONMENT, name, f"{name} {old_version} → {new_version}"))
    return found


@dataclass
class Lacks:
    """The lacks of one run, step by step, followed up through what a step was made of.

    Attributes:
        run: the old run.
        traces: its results, by step.
        catalogue: what the workspace said of itself then.
        laid_out: what of its files could be had.
        environment: what has changed of its environment.
        python: the Python that it is made again in.
        variables: as they are now, in the workspace that has the run.
    """

    run: Run
    traces: Mapping[str, Trace]
    catalogue: Catalogue | None
    laid_out: LaidOut
    environment: list[Lack]
    python: WorkspacePython
    variables: Variables
    _known: dict[str, frozenset[Lack]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rests_on = RestsOn(self.traces, self.catalogue)
        self._lost = {lost.path: Lack(lost.state.axis, lost.path, lost.words) for lost in self.laid_out.lost}
        steps = self.catalogue.steps if self.catalogue is not None else ()
        self._files = {entry.name: entry.file for entry in steps}
        self._versions = {lack.what: lack for lack in self.environment}

    def of(self, step: str) -> list[Lack]:
        """What the result of a step lacks, its own and that of all that it was made of."""
        return sorted({lack for each in self._rests_on.steps(step) for lack in self._of_itself(each)})

    def _of_itself(self, step: str) -> frozenset[Lack]:
        if step not in self._known:
            self._known[step] = frozenset(self._own(step, self.traces[step]))
        return self._known[step]

    def _own(self, step: str, trace: Trace) -> Iterable[Lack]:
        yield from self._lost_files(step)
        for name in self.laid_out.listings.get(step, ()):
            yield Lack(DATA, name, f"it is not known any more which files there were: `{name}`")
        if UNPINNED in trace.marks:
            for words in trace.because.get(UNPINNED) or ("it rests on something outside of the workspace",):
                yield Lack(OUTSIDE, step, words)
        for what in ("python", "implementation", "platform"):
            if what in self._versions:
                yield self._versions[what]
        for seen in trace.observations:
            if seen.kind in INSTALLED_KINDS and self.python.distributions.seen(seen) != seen.digest:
                yield from self._installed(seen.kind, seen.name)
            elif seen.kind == "variable" and self.variables.digest(seen.name) != seen.digest:
                yield Lack(ENVIRONMENT, seen.name, f"the variable `{seen.name}` is set otherwise")

    def _lost_files(self, step: str) -> Iterable[Lack]:
        read = self._rests_on.files(step)
        for path, lack in self._lost.items():
            # Which steps a lost file of code served is not known without its text.
            is_code = lack.axis == CODE_AXIS and path not in self._files.values()
            if path in read or is_code or self._files.get(step) == path:
                yield lack

    def _installed(self, kind: str, name: str) -> Iterable[Lack]:
        others = [lack for what, lack in self._versions.items() if what not in ("python", "implementation", "platform")]
        if kind == "distribution":
            yield self._versions.get(name, Lack(ENVIRONMENT, name, f"{name} is another build"))
        else:
            yield from others or [Lack(ENVIRONMENT, "packages", "what is installed is of other builds")]
