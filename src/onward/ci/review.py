"""`review`: what a change does to the results, and whether it may go on; the same before a push as in the CI.

The tree is brought up to date, strictly, and held against its base; the gates are judged; the page is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onward.app.comparing.diff import Compared, DiffReport, diff
from onward.app.releases.channels import MAIN, quarantined
from onward.app.releases.quarantine import by_rollback, contents_of, shown_in
from onward.app.running.run import RunReport, run_to_the_end
from onward.app.running.targets import resolve_asset
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened
from onward.base.errors import RefusedError, unknown_name
from onward.base.text import plural
from onward.ci import approvals
from onward.ci.base import Base, find_base
from onward.ci.build import main_branch
from onward.ci.gates import WAITING, Gatekeeper, Verdict, Yes, idle_gates, rules_of
from onward.ci.owners import stale_owners
from onward.ci.repository import Repository
from onward.ci.untouched import Untouched, untouched
from onward.model.hosting import Build
from onward.model.ports import Watcher
from onward.model.records import Run
from onward.portal.publish import write_review

PAGE = "review.html"
_MOST_COMMITS = 100
"""Of the commits since the last release, how many are asked for the request that they came by."""


@dataclass(frozen=True)
class Failure:
    """A step that failed: its message in one line, and the file and line where it went wrong."""

    step: str
    message: str
    where: str | None

    def __str__(self) -> str:
        return f"step `{self.step}` failed{f' ({self.where})' if self.where else ''}: {self.message}"


@dataclass
class Review:
    """A change, run and held against its base.

    Attributes:
        build: which build it is of.
        base: what it is held against.
        report: how the run went.
        difference: what it does to the results.
        gates: every change that waits or waited for somebody's yes.
        untouched: what was not run.
        page: the file with the review.
        notes: what has to be known beside it.
        stale_owners: the file of code owners, where it says other than the settings.
    """

    build: Build
    base: Base
    report: RunReport
    difference: DiffReport
    gates: list[Verdict]
    untouched: Untouched
    page: Path
    notes: list[str] = field(default_factory=list)
    stale_owners: str | None = None

    @property
    def waiting(self) -> list[Verdict]:
        """The changes that nobody who may has said yes to."""
        return [verdict for verdict in self.gates if verdict.outcome == WAITING]

    @property
    def ok(self) -> bool:
        """No step, no check and no gate stands against it."""
        return self.report.ok and not self.waiting and self.stale_owners is None

    @property
    def failures(self) -> list[Failure]:
        """The steps that failed; those that need them are skipped and not told."""
        failed = [(name, record) for name, record in self.report.steps.items() if record.outcome == "failed"]
        return [_failure(name, record.error or {}) for name, record in failed]

    @property
    def yes(self) -> list[Yes]:
        """Every yes by which a gate opened."""
        return [yes for verdict in self.gates for yes in verdict.yes]


def _failure(step: str, error: Mapping[str, Any]) -> Failure:
    file, line = error.get("file"), error.get("line")
    where = None if file is None else f"{file}:{line}" if line is not None else str(file)
    return Failure(step, str(error.get("message", "")).partition("\n")[0], where)


def review(
    opened: Opened,
    build: Build,
    watcher: Watcher,
    *,
    revision: str | None = None,
    reviews: approvals.Reviews | None = None,
    force: Sequence[str] = (),
    channel: str = MAIN,
) -> Review:
    """Runs what a change affects and holds it against its base.

    Args:
        opened: the workspace.
        build: which build it is.
        watcher: told what happens.
        revision: what to hold it against instead of its base.
        reviews: what was said on the host; None: nothing is asked there.
        force: steps that run although nothing changed.
        channel: the channel that a build of the main branch moves.

    Raises:
        OnwardError: as for `run` and `diff`.
    """
    root = opened.place.root
    main = main_branch(root)
    onto = build.target or main
    base = find_base(opened, build, onto, revision, watcher, channel)
    report = run_to_the_end(opened, RunOptions(keep_going=True, strict=True, force=force), watcher)
    word = build.branch or (build.commit or "work")[:12]
    difference = diff(opened, Compared(base.word, word, base.run, report.run, ()))
    known = frozenset(base.run.artifacts if base.run is not None else ())
    keeper = Gatekeeper(rules_of(opened, base.run), rules_of(opened, report.run), known)
    # A file that a stranger brings along is no yes before one of us has merged it.
    kept = approvals.kept(root) if not build.is_fork else approvals.Kept((), ())
    said = [*kept.said, *_said_on_host(root, build, main, base, reviews, keeper)]
    page = opened.place.local / PAGE
    write_review(opened, difference, page)
    notes = [*base.notes, *_merge_note(root, build, onto), *_rolled_back_notes(opened, build, report.run)]
    notes += [*kept.notes, *idle_gates(keeper.after, report.run.artifacts, report.reading.graph.maker)]
    return Review(
        build,
        base,
        report,
        difference,
        keeper.judge(difference, said),
        untouched(report, base.run),
        page,
        notes,
        stale_owners(root, report.reading.rules),
    )


def approve(opened: Opened, found: Review, assets: Sequence[str]) -> list[Path]:
    """Writes the yes of whoever works here to what assets become; returns the files, which are to be committed.

    Raises:
        UnknownNameError: no such asset waits at a gate.
        RefusedError: who works here does not own it, or git was not told who that is.
    """
    if not assets:
        return []
    person = Repository(opened.place.root).person()
    if not person:
        raise RefusedError("git does not know who you are", hint='type `git config user.email "you@example.org"`')
    at_gates = {verdict.asset: verdict for verdict in found.gates}
    if not at_gates:
        raise unknown_name("change that waits for a yes", assets[0], (), hint="no change waits for a yes")
    assets = [resolve_asset(sorted(at_gates), asset, noun="change that waits for a yes") for asset in assets]
    for asset in assets:
        owners = at_gates[asset].owners
        if not owners.holds(person):
            raise RefusedError(
                f"`{asset}` is not yours to approve: its owner is {owners.text}, and you are {person}",
                hint="ask them to type this, or to approve the request on the host",
            )
    return [
        approvals.keep(opened.place.root, Yes(asset, at_gates[asset].change, person, "typed"), at_gates[asset].summary)
        for asset in assets
    ]


def _said_on_host(
    root: Path, build: Build, main: str, base: Base, reviews: approvals.Reviews | None, keeper: Gatekeeper
) -> list[Yes]:
    """Every yes that was said on the host."""
    if reviews is None or build.commit is None:
        return []
    if build.request is not None:
        shown = reviews.shown(build.request)
        return reviews.of_request(build.request, build.commit, shown, keeper.owners_of)
    if build.is_main and base.commit is not None:
        commits = Repository(root).commits_between(base.commit, build.commit, main, _MOST_COMMITS)
        return reviews.of_merged(commits, keeper.owners_of)
    return []


def _rolled_back_notes(opened: Opened, build: Build, run: Run) -> list[str]:
    """What a rollback took back from readers and is in a branch still: merged, it would be held."""
    if build.is_main:  # its release is held, and that is told
        return []
    held = shown_in(contents_of(run), quarantined(opened))
    return [f"once merged, this is held from readers of `{MAIN}`: {line}" for line in by_rollback(held)]


def _merge_note(root: Path, build: Build, onto: str) -> list[str]:
    """Whether what is judged is what a merge would give now."""
    behind = 0 if build.is_main else Repository(root).behind(onto)
    if not behind:
        return []
    known = "by now" if build.is_merged else "beside this branch"
    return [f"`{onto}` has {plural(behind, 'commit')} more {known}: its own build judges both together"]
