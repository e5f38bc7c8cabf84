"""`diff`: two snapshots compared, artifact by artifact, with what each change means and where it comes from."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from onward.app.changes.causes import ANOTHER_READING, Cause, Causes, told_together
from onward.app.environments.environment import WorkspacePython, workspace_python
from onward.app.errands import carry_out
from onward.app.reading import catalogue
from onward.app.reading.current import read_current
from onward.app.reading.whole import Reading
from onward.app.releases import channels, snapshots
from onward.app.running.targets import select_steps
from onward.app.wiring import Opened
from onward.base import paths
from onward.base.digest import Digest
from onward.base.errors import MachineError, UnknownNameError
from onward.base.numbers import number
from onward.base.text import listed, nearest, plural
from onward.diffs.check import BROKEN, VerdictDiff, verdict
from onward.diffs.model import job as model_job
from onward.diffs.preview import preview
from onward.diffs.registry import kind_for, kinds
from onward.model.artifact import FILE, METRIC, MODEL, PARQUET_MEDIA, TABLE, Artifact
from onward.model.difference import Difference, DiffOptions, Picture
from onward.model.ports import Side
from onward.model.records import CheckRecord, Run

NOTHING = "nothing"
"""The empty snapshot, in words."""
EQUAL, CHANGED, ADDED, REMOVED = "equal", "changed", "added", "removed"
CHANGES = (CHANGED, EQUAL, ADDED, REMOVED)
UNTOUCHED, MADE_AGAIN, NOISE, TOLERATED = "untouched", "made again", "noise", "within tolerance"
HOW_EQUAL = (UNTOUCHED, MADE_AGAIN, NOISE, TOLERATED)
_FIRST = ("metric", "document", "figure", "table", "model", "file")
"""Kinds, what people look at first."""
MOST_CAUSES = 2
"""Causes that a sentence names; more are counted."""
_FEW_RELEASES = 4
_FAR = 3.0
"""Times the usual move from one release to the next: from there on a metric is far from its course."""


@dataclass(frozen=True)
class AssetDiff:
    """One asset of two snapshots.

    Attributes:
        change: `equal`, `changed`, `added` or `removed`.
        summary: what it means, in one sentence, without the name.
        detail: as docs/reference/differences.md has it for the kind.
        causes: what of the two bases reaches it.
        how_equal: of an equal one `untouched` (nothing that it rests on differs: the same result serves both),
            `made again` (it does, and the same came out), `noise` (only what means nothing differs) or
            `within tolerance` (a metric moved by no more than it declares to tolerate); else None.
        is_published: readers of the channel `main` have it.
        is_checked: a check looks at it.
        is_unusual: a metric that moved much farther than it does from one release to the next.
        share: how much of it differs, 0 to 1.
    """

    name: str
    kind: str
    change: str
    summary: str
    detail: dict[str, Any]
    causes: tuple[Cause, ...] = ()
    how_equal: str | None = None
    title: str | None = None
    is_published: bool = False
    is_checked: bool = False
    is_unusual: bool = False
    share: float = 0.0
    pictures: tuple[Picture, ...] = ()
    before: Artifact | None = None
    after: Artifact | None = None

    @property
    def effect(self) -> str:
        """The sentence without where the change comes from."""
        return self.summary.removesuffix(_origin(self.causes))


@dataclass(frozen=True)
class CheckDiff:
    """A check that ended otherwise, that other rows offend, or that is new or gone.

    Attributes:
        before, after: outcomes; None where it was not there.
        rows: how many offend it now.
        summary: what it means, in one sentence, without the name.
        detail: as docs/reference/differences.md has it for a check.
    """

    name: str
    asset: str
    severity: str
    before: str | None
    after: str | None
    rows: int | None
    message: str | None
    summary: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DiffReport:
    """Two snapshots compared.

    Attributes:
        a, b: what was compared, in the words that it was asked for.
        run_a: None for the empty snapshot.
        assets: what matters most first; equal ones last.
        still_broken: checks that were broken before and are now, by the same rows.
    """

    a: str
    b: str
    run_a: Run | None
    run_b: Run
    assets: tuple[AssetDiff, ...]
    checks: tuple[CheckDiff, ...]
    still_broken: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        counted = dict.fromkeys(CHANGES, 0)
        for asset in self.assets:
            counted[asset.change] += 1
        return counted

    @property
    def how_equal(self) -> dict[str, int]:
        """Of the equal ones, how many are untouched, were made again, differ by noise alone or within tolerance."""
        counted = dict.fromkeys(HOW_EQUAL, 0)
        for asset in self.assets:
            if asset.how_equal is not None:
                counted[asset.how_equal] += 1
        return counted

    @property
    def told(self) -> list[AssetDiff]:
        """Those of which people are told: what changed, then what moved within its tolerance."""
        return [asset for asset in self.assets if asset.change != EQUAL or asset.how_equal == TOLERATED]

    @property
    def read_otherwise(self) -> list[str]:
        """The equal ones that were made again for nothing but that another onward read their code."""
        return [
            asset.name for asset in self.assets if asset.how_equal == MADE_AGAIN and asset.causes == (ANOTHER_READING,)
        ]

    @property
    def differs(self) -> bool:
        return any(asset.change != EQUAL for asset in self.assets) or bool(self.checks)


@dataclass(frozen=True)
class Compared:
    """What the words of a command line ask for: two snapshots, by word, and targets."""

    a: str
    b: str
    run_a: Run | None
    run_b: Run
    targets: tuple[str, ...]


def choose(opened: Opened, words: Sequence[str], work: Callable[[], Run], folder: str = "") -> Compared:
    """The two snapshots and the targets that words mean; the first word that is no snapshot begins the targets.

    What is not said is the release that the channel `main` points at, and the working tree. Without any word, and
    before the first release, the working tree is held against the empty snapshot.

    Args:
        work: brings the working tree up to date and returns that run.
        folder: where the words were typed, for targets that are paths.

    Raises:
        UnknownNameError: a word means no snapshot, and cannot mean anything else; or `main` has no release.
            Where the working tree would have to be run, also that a target names nothing.
    """
    found: list[tuple[str, Run | None]] = []
    rest = list(words)
    while rest and len(found) < 2 and _is_snapshot(opened, rest[0]):
        found.append((rest[0], snapshots.resolve(opened, rest.pop(0), work)))
    if not found and not words and channels.standing(opened) is None:
        found.append((NOTHING, None))
    elif not found:
        found.append((channels.MAIN, snapshots.resolve(opened, channels.MAIN)))
    if len(found) == 1:
        _refuse_unknown(opened, rest, found[0][1], folder)
        found.append(("work", work()))
    (a, run_a), (b, run_b) = found
    assert run_b is not None
    return Compared(a, b, run_a, run_b, tuple(rest))


def _is_snapshot(opened: Opened, word: str) -> bool:
    """Whether a word means a snapshot, or can mean nothing else, so that an error about it is one about snapshots."""
    if word in ("latest", "work", channels.MAIN) or "@" in word or word.startswith("git:"):
        return True
    try:
        snapshots.resolve(opened, word)
    except UnknownNameError:
        return False
    return True


def _refuse_unknown(opened: Opened, targets: Sequence[str], before: Run | None, folder: str) -> None:
    """Refuses a target that names nothing before anything is run for it; the first may be a mistyped snapshot."""
    if not targets:
        return
    reading = read_current(opened)
    if any(step.open for step in reading.graph.steps.values()):
        return  # there are names that only the run shows
    known = before.artifacts if before is not None else {}
    for target in targets:
        if any(_fits(name, target) for name in known):
            continue
        try:
            select_steps(reading, [target], folder)
        except UnknownNameError as error:
            close = nearest(target, channels.open_channels(opened), 1) if target == targets[0] else []
            if not close or error.facts:
                raise
            hint = f"for the snapshot write `{close[0]}`; for what there is `onward list`"
            raise replace(error, hint=hint, facts=[("close to", close[0])]) from error


def diff(opened: Opened, compared: Compared, folder: str = "") -> DiffReport:
    """What differs between two snapshots.

    Args:
        folder: where the words were typed, for targets that are paths.

    Raises:
        UnknownNameError: a target names nothing.
        MissingLibraryError: a library of onward's own is missing for it.
    """
    comparison = Comparison(opened, compared.run_a, compared.run_b)
    names = _named(opened, compared, comparison.names, folder)
    releases, published = _released(opened)
    assets = [among_releases(comparison.asset(name), releases, published) for name in names]
    checks = [found for found in comparison.checks() if found.asset in names]
    still_broken = [check for check in comparison.still_broken() if compared.run_b.checks[check].asset in names]
    return report(compared, assets, checks, still_broken)


def report(
    compared: Compared, assets: Iterable[AssetDiff], checks: Iterable[CheckDiff], still_broken: Iterable[str] = ()
) -> DiffReport:
    """What was found, what matters most first."""
    ordered = tuple(sorted(assets, key=_by_importance))
    sides = compared.a, compared.b, compared.run_a, compared.run_b
    return DiffReport(*sides, ordered, tuple(checks), tuple(still_broken))


def among_releases(asset: AssetDiff, releases: Sequence[tuple[int, Run]], published: Run | None) -> AssetDiff:
    """What differs between two snapshots, with what the releases of a channel know of it.

    Args:
        asset: as `Comparison` tells it.
        releases: the oldest first, by number: where a metric has been.
        published: what readers have.
    """
    seen = replace(asset, is_published=published is not None and asset.name in published.artifacts)
    if asset.kind != METRIC or asset.change != CHANGED:
        return seen
    held = [(number, run.artifacts[asset.name]) for number, run in releases if asset.name in run.artifacts]
    course = [{"release": number, "value": artifact.facts.get("value")} for number, artifact in held]
    is_unusual = _is_far([point["value"] for point in course], asset.detail.get("delta"))
    return replace(seen, is_unusual=is_unusual, detail={**asset.detail, "course": course})


def _by_importance(asset: AssetDiff) -> tuple[Any, ...]:
    """What is far from its course first, then what readers have, numbers before tables; equal ones last, after those
    that moved within their tolerance."""
    kind = _FIRST.index(asset.kind) if asset.kind in _FIRST else len(_FIRST)
    matters = (not asset.is_unusual, not asset.is_published, kind, not asset.is_checked)
    return asset.change == EQUAL, asset.how_equal != TOLERATED, *matters, -asset.share, asset.name


def _named(opened: Opened, compared: Compared, known: set[str], folder: str) -> set[str]:
    """The assets that targets name: as everywhere, and by the names of those that only one of the snapshots holds."""
    if not compared.targets:
        return known
    reading = read_current(opened)
    named: set[str] = set()
    for target in compared.targets:
        found = {name for name in known if _fits(name, target)}
        if not found:
            steps = select_steps(reading, [target], folder).named
            found = {asset for step in steps for asset in reading.graph.steps[step].assets if asset in known}
        named |= found
    return named


def _fits(name: str, target: str) -> bool:
    if paths.is_glob(target):
        return bool(paths.glob_pattern(target).match(name))
    return target == name or name.startswith(f"{target}/") or name.endswith(f"/{target}")


class Comparison:
    """Two runs, with what is asked of them again and again. What it tells depends on these two and on nothing else.

    Attributes:
        names: every asset of either.
        lost: of those that were asked for, the ones that could not be compared, for bytes are gone from the store.
    """

    def __init__(
        self, opened: Opened, before: Run | None, after: Run, read_tree: Callable[[], Reading] | None = None
    ) -> None:
        self._opened = opened
        self._before: Mapping[str, Artifact] = before.artifacts if before is not None else {}
        self._after = after.artifacts
        self._run_a, self._run_b = before, after
        self._causes = Causes(opened, before, after, read_tree)
        self._makers = {asset: step for step, record in after.steps.items() for asset in record.assets}
        self._entries = {entry.name: entry for entry in self._catalogue(before) + self._catalogue(after)}
        told = catalogue.load(opened.store, after.catalogue)
        self._tolerances = told.tolerances if told is not None else {}
        self._checked = {check.asset for check in after.checks.values()}
        self.names = {*self._before, *self._after}
        self.lost: set[str] = set()

    def asset(self, name: str) -> AssetDiff:
        """What became of one asset."""
        before, after = self._before.get(name), self._after.get(name)
        if before is None and after is not None:
            seen = preview(Side(after, self._file), DiffOptions()) if self._is_whole(after) else None
            detail, pictures = (seen.detail, seen.pictures) if seen is not None else ({}, ())
            return self._told(name, ADDED, _at_first_sight(after), detail, share=1.0, pictures=pictures)
        if after is None:
            return self._told(name, REMOVED, self._why_gone(name), {}, share=1.0)
        assert before is not None
        if before.content == after.content or self._differs_in_reading(name, before, after):
            return self._equal(name)
        return self._compared(name, before, after)

    def _differs_in_reading(self, name: str, before: Artifact, after: Artifact) -> bool:
        """Whether two contents differ in nothing but how code is read that the same bytes name, as a pickle does."""
        return before.bytes == after.bytes and self._causes.is_read_otherwise(self._makers[name])

    def _equal(self, name: str) -> AssetDiff:
        """What became of an asset that is equal."""
        maker = self._makers[name]
        if self._causes.is_untouched(maker):
            return self._told(name, EQUAL, "nothing that it rests on differs", {}, how_equal=UNTOUCHED)
        causes = (ANOTHER_READING,) if self._causes.is_read_otherwise(maker) else ()
        words = _sentence("made again, and equal", causes)
        return self._told(name, EQUAL, words, {}, how_equal=MADE_AGAIN, causes=causes)

    def checks(self) -> list[CheckDiff]:
        """The checks that ended otherwise than before, or that other rows offend."""
        found = []
        for name, told in self._of_checks.items():
            first, second = self._checks_before.get(name), self._run_b.checks.get(name)
            said = second or first
            assert said is not None
            if told.means_nothing:
                continue
            outcomes = (first.outcome if first else None, second.outcome if second else None)
            rows = second.rows if second is not None else None
            message = second.message if second is not None else None
            found.append(
                CheckDiff(name, said.asset, said.severity, *outcomes, rows, message, told.summary, told.detail)
            )
        return found

    def still_broken(self) -> list[str]:
        """The checks that are broken as before, by the same rows."""
        same = [name for name, told in self._of_checks.items() if told.means_nothing]
        return [name for name in same if name in self._run_b.checks and self._run_b.checks[name].outcome == BROKEN]

    @cached_property
    def _of_checks(self) -> dict[str, Difference]:
        old, new = self._checks_before, self._run_b.checks
        return {name: self._verdicts(name, old.get(name), new.get(name)) for name in sorted(old.keys() | new.keys())}

    @property
    def _checks_before(self) -> Mapping[str, CheckRecord]:
        return self._run_a.checks if self._run_a is not None else {}

    def _verdicts(self, name: str, before: CheckRecord | None, after: CheckRecord | None) -> Difference:
        """What differs between how a check ended in the one run and in the other."""
        old, new = (Side(verdict(record, self._offending(name, record)), self._file) for record in (before, after))
        found = VerdictDiff().compare(old, new, DiffOptions())
        assert found is not None, "an outcome needs no bytes"
        return found

    def _offending(self, name: str, record: CheckRecord | None) -> Artifact | None:
        """The rows that offend a check, where they are kept."""
        if record is None or record.key is None or record.trace is None:
            return None
        trace = self._opened.store.traces.get(record.key, record.trace)
        rows = trace.artifacts.get(name) if trace is not None else None
        return rows if rows is not None and self._is_whole(rows) else None

    def _compared(self, name: str, before: Artifact, after: Artifact) -> AssetDiff:
        found = self._difference(name, before, after)
        if found.means_nothing:
            return self._told(name, EQUAL, found.summary, found.detail, how_equal=NOISE)
        causes = tuple(self._causes.of(self._makers[name]))
        return self._told(
            name,
            EQUAL if found.is_tolerated else CHANGED,
            _sentence(found.summary, causes),
            found.detail,
            how_equal=TOLERATED if found.is_tolerated else None,
            causes=causes,
            share=found.share,
            pictures=found.pictures,
        )

    def _difference(self, name: str, before: Artifact, after: Artifact) -> Difference:
        lost = [side for side, artifact in (("before", before), ("after", after)) if not self._is_whole(artifact)]
        if lost:
            self.lost.add(name)
            return Difference(f"changed; its bytes are no longer in the store ({' and '.join(lost)})", {}, 1.0)
        if before.kind != after.kind:
            return Difference(f"is a {after.kind} now, and was a {before.kind}", {}, 1.0)
        entry = self._entries.get(name)
        sides = Side(before, self._file), Side(after, self._file)
        looked_into = self._look_into(name, *sides) if after.kind == MODEL else None
        options = DiffOptions(
            key=entry.key if entry is not None else (), metric=self._tolerances.get(name), opened=looked_into
        )
        found = kind_for(before, after).compare(*sides, options) or kinds()[FILE].compare(*sides, options)
        assert found is not None, "any bytes can be compared as bytes"
        return found

    def _look_into(self, name: str, before: Side, after: Side) -> dict[str, Any] | None:
        """What the workspace's Python says of two models, which nobody else may open; None where it cannot be asked."""
        job = model_job(before, after, self._table_for(name))
        if job is None:
            return None
        try:
            (answer,) = carry_out(self._opened.place, self._python, [job])
        except MachineError:
            return None
        return answer

    def _table_for(self, name: str) -> Path | None:
        """A table for both versions of a model to predict: the largest that its step takes, else that a step takes
        beside the model."""
        maker = self._makers[name]
        for step in [maker, *(step for step in self._takes if name in self._takes[step])]:
            taken = [self._after[asset] for asset in self._takes.get(step, ()) if asset in self._after]
            tables = [artifact for artifact in taken if artifact.kind == TABLE and artifact.media == PARQUET_MEDIA]
            tables = [artifact for artifact in tables if self._is_whole(artifact)]
            if tables:
                return self._file(max(tables, key=lambda artifact: artifact.facts.get("rows", 0)).bytes)
        return None

    @cached_property
    def _takes(self) -> dict[str, list[str]]:
        """By step, the assets that it takes."""
        kept = catalogue.load(self._opened.store, self._run_b.catalogue)
        return {step.name: [target for target, _ in step.takes] for step in kept.steps} if kept is not None else {}

    @cached_property
    def _python(self) -> WorkspacePython:
        settings = read_current(self._opened).settings
        return workspace_python(self._opened.place, settings)

    def _is_whole(self, artifact: Artifact) -> bool:
        return all(self._opened.store.objects.is_whole(address) for address in artifact.addresses())

    def _file(self, address: Digest) -> Path:
        path = self._opened.store.objects.path(address)
        assert path is not None, "it was whole a moment ago"
        return path

    def _told(self, name: str, change: str, summary: str, detail: dict[str, Any], **more: Any) -> AssetDiff:
        before, after = self._before.get(name), self._after.get(name)
        artifact = after or before
        assert artifact is not None
        entry = self._entries.get(name)
        return AssetDiff(
            name,
            artifact.kind,
            change,
            summary,
            detail,
            title=entry.title if entry is not None else None,
            is_checked=name in self._checked,
            before=before,
            after=after,
            **more,
        )

    def _why_gone(self, name: str) -> str:
        """A result may be missing because nothing makes it any more, or because its step did not get that far."""
        assert self._run_a is not None
        maker = next((step for step, record in self._run_a.steps.items() if name in record.assets), None)
        record = self._run_b.steps.get(maker) if maker is not None else None
        if record is None or record.outcome not in ("failed", "skipped"):
            return "no longer made"
        message = str((record.error or {}).get("message", "")).partition("\n")[0]
        return f"not made: its step {'failed' if record.outcome == 'failed' else 'was skipped'}: {message}".rstrip(": ")

    def _catalogue(self, run: Run | None) -> list[catalogue.AssetEntry]:
        kept = catalogue.load(self._opened.store, run.catalogue) if run is not None else None
        return list(kept.assets) if kept is not None else []


def _released(opened: Opened) -> tuple[list[tuple[int, Run]], Run | None]:
    """The releases of the channel `main`, the oldest first, by number, and the run that it points at."""
    records = opened.store.records
    moves = records.moves(channels.MAIN)
    runs = [(move.number, records.run(move.run)) for move in moves if move.kind == "release"]
    return [(number, run) for number, run in runs if run is not None], records.run(moves[-1].run) if moves else None


def _is_far(course: Sequence[Any], delta: float | None) -> bool:
    """Whether a metric moved much farther than it usually does from one release to the next."""
    values = [float(value) for value in course if isinstance(value, (int, float))]
    if delta is None or len(values) < _FEW_RELEASES:
        return False
    steps = [abs(second - first) for first, second in itertools.pairwise(values)]
    return abs(delta) > _FAR * statistics.median(steps)


def _at_first_sight(artifact: Artifact) -> str:
    """What an asset is that was not there before."""
    facts = artifact.facts
    if artifact.kind == METRIC:
        value = facts.get("text") if facts.get("value") is None else number(facts["value"])
        return f"new: {value} {facts.get('unit') or ''}".rstrip()
    return f"new: {plural(facts['rows'], 'row')}" if "rows" in facts else "new"


def _sentence(summary: str, causes: Sequence[Cause]) -> str:
    """What a change is, and where it comes from."""
    return summary + _origin(causes)


def _origin(causes: Sequence[Cause]) -> str:
    return f": {listed(told_together(causes), MOST_CAUSES)}" if causes else ""
