"""Gates: which changes wait for somebody's yes, and whether it was said.

A gate stands in an `onward.toml`. Those of the base hold beside those of the change, so that no change opens the gate
that it has to pass. A yes is one owner's, to one asset, from one content to another: whatever comes out otherwise later
needs another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from onward.app.comparing.diff import ADDED, EQUAL, REMOVED, TOLERATED, AssetDiff, DiffReport
from onward.app.reading import projects
from onward.app.reading.projects import ProjectRules
from onward.app.settings import place as places
from onward.app.settings.config import read_settings
from onward.app.wiring import Opened
from onward.base import paths
from onward.base.digest import Digest
from onward.base.errors import StoreError
from onward.base.numbers import number
from onward.base.text import nearest
from onward.model.artifact import METRIC, Artifact
from onward.model.difference import DEFAULT_TOLERANCE, Tolerance
from onward.model.hosting import ContentChange
from onward.model.records import Run
from onward.model.workspace import Settings

_ADDRESS = re.compile(r"(?<![\w.])@[\w.-]+(?:/[\w.-]+)*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
APPROVED, WAITING = "approved", "waiting"


@dataclass(frozen=True)
class Owners:
    """Who owns a project.

    Attributes:
        text: as the setting has it.
        addresses: what of it a host knows somebody by: `@ada`, `@acme/data`, `ada@example.org`.
    """

    text: str | None

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(_ADDRESS.findall(self.text or ""))

    def holds(self, person: str) -> bool:
        """Whether somebody is one of them: by name (`Ada <ada@example.org>`), mail address or `@name`. Without any
        owner, everybody is."""
        if self.text is None:
            return True
        name = person.partition("<")[0].strip()
        wanted = {address.lower() for address in self.addresses} | {self.text.lower()}
        said = {name.lower(), person.lower(), *(address.lower() for address in _ADDRESS.findall(person))}
        return bool(wanted & (said - {""}))

    @property
    def teams(self) -> tuple[str, ...]:
        return tuple(address[1:] for address in self.addresses if address.startswith("@") and "/" in address)


@dataclass(frozen=True)
class Yes:
    """Somebody's yes to what an asset becomes."""

    asset: str
    change: ContentChange
    by: str
    how: str
    """Where it was said: `approvals/...`, or a request of the host."""
    is_owners: bool = False
    """The host has vouched for it that they own the asset."""


@dataclass(frozen=True)
class Verdict:
    """One change at one gate.

    Attributes:
        why: the gate, in words.
        outcome: `approved` or `waiting`.
        yes: who let it pass.
        owners: who could.
        refused: why a yes that was said is none for it.
    """

    asset: str
    why: str
    outcome: str
    change: ContentChange
    summary: str
    owners: Owners
    yes: tuple[Yes, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class GateRules:
    """What all `onward.toml`s of one state of the workspace say of gates and owners.

    Attributes:
        approve: patterns of whole names.
        moves: such patterns, with how far metrics may move.
        owners: by project, with the root's for whoever has none.
    """

    approve: tuple[str, ...] = ()
    moves: tuple[tuple[str, Tolerance], ...] = ()
    owners: Mapping[str, str | None] = field(default_factory=dict)

    def has_project_of(self, asset: str) -> bool:
        """Whether the project of an asset has an `onward.toml`."""
        return self._project_of(asset) is not None

    def owners_of(self, asset: str) -> Owners:
        """Who owns the project of an asset."""
        return Owners(self.owners.get(self._project_of(asset) or ""))

    def _project_of(self, asset: str) -> str | None:
        project = asset
        while project:
            project = project.rpartition("/")[0]
            if project and project in self.owners:
                return project
        return None


def rules_of(opened: Opened, run: Run | None) -> GateRules:
    """The gates of the files that a run rests on; none of the empty snapshot.

    Raises:
        StoreError: the store has lost them. No gate opens because nobody knows that it is there.
    """
    if run is None:
        return GateRules()
    basis = opened.store.records.basis(run.basis)
    if basis is None:
        raise _lost(run, "what it rests on")
    configured: dict[str, Settings] = {}
    for path, state in basis.files.items():
        folder, _, name = path.rpartition("/")
        if name == places.CONFIG_NAME:
            content = opened.store.objects.read(state.digest)
            if content is None:
                raise _lost(run, f"`{path}`")
            configured[folder], _ = read_settings(content, path, is_root=not folder)
    return rules_in(projects.rules(configured, basis.files))


def _lost(run: Run, what: str) -> StoreError:
    return StoreError(
        f"nobody can tell which gates hold: of the run `{run.id}` the store has lost {what}",
        hint="`onward run` and then `onward release --note TEXT` by hand release without a look at gates",
    )


def rules_in(found: ProjectRules) -> GateRules:
    """The gates of the projects of a workspace."""
    approve: list[str] = []
    moves: list[tuple[str, Tolerance]] = []
    owners: dict[str, str | None] = {}
    root = found.root_settings
    for folder, settings in found.configured.items():
        name = found.name_of(folder)
        approve += [_whole(pattern, name, folder) for pattern in settings.gates.approve]
        moves += [(_whole(pattern, name, folder), limit) for pattern, limit in settings.gates.moves.items()]
        owners[name] = settings.owner or root.owner
    return GateRules(tuple(approve), tuple(moves), owners | {"": root.owner})


def _whole(pattern: str, project: str, folder: str) -> str:
    """A pattern of whole names: a project's file speaks of its own assets, the root's of everybody's."""
    if folder and not pattern.startswith(f"{project}/"):
        return f"{project}/{pattern}"
    return pattern if "/" in pattern or pattern == "**" else f"{project}/{pattern}"


@dataclass(frozen=True)
class Gatekeeper:
    """Judges a change by the gates of what is there and by its own.

    Attributes:
        before: the gates and owners of what is there; its owners go before those that the change names.
        after: those of the change.
        known: the assets that are there.
    """

    before: GateRules
    after: GateRules
    known: frozenset[str]

    def owners_of(self, asset: str) -> Owners:
        """Who may say yes to a change of an asset."""
        was_there = asset in self.known or self.before.has_project_of(asset)
        return (self.before if was_there else self.after).owners_of(asset)

    def judge(self, difference: DiffReport, said: Sequence[Yes]) -> list[Verdict]:
        """Every change that stands at a gate, and whether it may pass.

        Args:
            difference: what changes, against what is there.
            said: every yes that is known, to whatever.
        """
        if difference.run_a is None:
            return []  # nobody has seen anything that could change
        return [
            self._verdict(asset, why, said)
            for asset in difference.assets
            if _is_moved(asset) and (why := self._gate_of(asset)) is not None
        ]

    def _gate_of(self, asset: AssetDiff) -> str | None:
        """Why a change needs a yes; None where it needs none."""
        if any(_fits(asset.name, pattern) for pattern in (*self.before.approve, *self.after.approve)):
            verb = {ADDED: "new", REMOVED: "gone"}.get(asset.change, "changed")
            return f"{verb}, and to be approved by its owner"
        before, after = asset.before, asset.after
        if before is None or before.kind != METRIC:
            return None
        limits = [limit for pattern, limit in (*self.before.moves, *self.after.moves) if _fits(asset.name, pattern)]
        if limits and (after is None or after.kind != METRIC):
            return f"{'gone' if after is None else 'no metric any more'}, and held to {_limit_words(limits[0], before)}"
        if limits and _unit(before) != _unit(after):
            return f"in another unit, and held to {_limit_words(limits[0], before)}"
        passed = next((limit for limit in limits if _is_beyond(asset, limit)), None)
        return f"moved by more than {_limit_words(passed, before)}" if passed is not None else None

    def _verdict(self, asset: AssetDiff, why: str, said: Sequence[Yes]) -> Verdict:
        change = change_of(asset)
        own = [yes for yes in said if yes.asset == asset.name]
        owners = self.owners_of(asset.name)
        way = _way(change, [yes for yes in own if yes.is_owners or owners.holds(yes.by)])
        outcome = APPROVED if way is not None else WAITING
        refused = [] if way is not None else [_refusal(yes, change) for yes in own]
        return Verdict(asset.name, why, outcome, change, asset.effect, owners, way or (), tuple(refused))


def _is_moved(asset: AssetDiff) -> bool:
    """Whether an asset is not what it was. What a tolerance lets pass in a difference has moved all the same: no
    change opens its own gate by tolerating more."""
    return asset.change != EQUAL or asset.how_equal == TOLERATED


def _refusal(yes: Yes, change: ContentChange) -> str:
    """Why a yes is none for a change."""
    reason = "does not own it" if yes.change == change else "said so of other contents"
    return f"{yes.by} {reason} ({yes.how})"


def _is_beyond(asset: AssetDiff, limit: Tolerance) -> bool:
    """Whether a metric moved farther than it may; one of which that cannot be told did."""
    delta, before = asset.detail.get("delta"), asset.detail.get("before")
    if not isinstance(delta, (int, float)) or not isinstance(before, (int, float)):
        return True
    most = limit.amount * abs(before) if limit.is_share else limit.amount
    # NaN is beyond everything, and 12.6 - 12.5 is a little more than 0.1.
    return not abs(delta) <= most * (1 + DEFAULT_TOLERANCE)


def _limit_words(limit: Tolerance, metric: Artifact) -> str:
    if limit.is_share:
        return f"{number(limit.amount * 100)} %"
    return f"{number(limit.amount)} {_unit(metric) or ''}".rstrip()


def _unit(metric: Artifact | None) -> str | None:
    return metric.facts.get("unit") if metric is not None else None


def idle_gates(rules: GateRules, made: Mapping[str, Artifact], expected: Iterable[str]) -> Iterator[str]:
    """What has to be said of each gate at which nothing can ever wait: mostly, somebody has mistyped a name.

    Args:
        rules: the gates.
        made: the results by name.
        expected: all names that there are, those included whose steps failed.
    """
    names = sorted({*made, *expected})
    for pattern in rules.approve:
        if not any(_fits(name, pattern) for name in names):
            yield _idle(pattern, "result", names)
    numbers = [name for name in names if name not in made or made[name].kind == METRIC]
    for pattern, _ in rules.moves:
        if not any(_fits(name, pattern) for name in numbers):
            yield _idle(pattern, "metric", numbers)


def _idle(pattern: str, what: str, names: Sequence[str]) -> str:
    close = nearest(pattern, names, 1) if not paths.is_glob(pattern) else []
    return f"the gate `{pattern}` fits no {what}" + (f": did you mean `{close[0]}`?" if close else "")


def _fits(name: str, pattern: str) -> bool:
    return name == pattern or (paths.is_glob(pattern) and paths.glob_pattern(pattern).match(name) is not None)


def change_of(asset: AssetDiff) -> ContentChange:
    """From which content to which an asset goes."""
    return ContentChange(
        asset.before.content if asset.before is not None else None,
        asset.after.content if asset.after is not None else None,
    )


def _way(change: ContentChange, said: Sequence[Yes]) -> tuple[Yes, ...] | None:
    """Every yes on a way from one content to the other: several requests may lie between two releases."""
    known: dict[Digest | None, tuple[Yes, ...]] = {change.before: ()}
    waiting = [change.before]
    while waiting:
        content = waiting.pop(0)
        for yes in _from(content, said):
            if yes.change.after not in known:
                known[yes.change.after] = (*known[content], yes)
                waiting.append(yes.change.after)
    return known.get(change.after) if change.before != change.after else None


def _from(content: Digest | None, said: Iterable[Yes]) -> Iterator[Yes]:
    return (yes for yes in said if yes.change.before == content)
