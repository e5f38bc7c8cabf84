"""What the moves of a channel did to what its readers see, and what open previews would do: for the site's content.

The newest releases are told in detail, with what was compared; of the earlier ones it is told which results differ, and
of numbers what they were, for which nothing has to be opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from onward.app.changes.causes import tree_of
from onward.app.comparing.compared import Differences, PictureFile, differences, differing
from onward.app.comparing.diff import CHANGED, EQUAL, REMOVED, Compared, among_releases, report
from onward.app.releases.quarantine import quarantined_by
from onward.app.wiring import Opened
from onward.base import clock
from onward.model.artifact import METRIC, Artifact
from onward.model.records import Move, Run
from onward.portal import content as site

MOST_MOVES = 60
"""Moves that are told at all, where no more are told in detail."""
PREVIEWS = "preview/"


@dataclass(frozen=True)
class Naming:
    """What the results are called, and where they belong: as the shown run has it, also for what was earlier."""

    titles: Mapping[str, str]
    projects: Mapping[str, str]
    """By asset, of the shown run."""
    known: Sequence[str]
    """The projects."""

    def project_of(self, asset: str) -> str:
        """The project of an asset that may be gone: the longest name of one that its own name begins with."""
        if asset in self.projects:
            return self.projects[asset]
        fitting = [name for name in self.known if asset.startswith(f"{name}/")]
        return max(fitting, key=len, default=asset.partition("/")[0])


class Timeline:
    """A channel's moves up to the shown one.

    Args:
        log: the channel's moves up to that one, oldest first.
        shown: the number of the shown release, which is among the moves however old it is.
        run_of: the run of a move; None where it is gone.
        detailed: how many of the newest releases are told in detail.
    """

    def __init__(
        self,
        opened: Opened,
        log: Sequence[Move],
        shown: int,
        run_of: Callable[[Move], Run | None],
        naming: Naming,
        detailed: int,
    ) -> None:
        self._opened = opened
        # Read once for all comparisons, and only if one is made.
        self._tree = cache(partial(tree_of, opened))
        self._log = log
        self._shown = shown
        self._run_of = run_of
        self._naming = naming
        self._quarantined = quarantined_by(log)
        releases = [move.number for move in log if move.kind == site.RELEASE]
        self._detailed = set(releases[-detailed:]) if detailed else set()
        self._first = len(log) - max(MOST_MOVES, detailed)

    def moves(self) -> list[site.Move]:
        """The moves, newest first."""
        found = []
        before: Move | None = None
        for place, move in enumerate(self._log):
            if move.kind not in (site.RELEASE, site.ROLLBACK):
                before = None
                continue
            is_shown = (move.kind, move.number) == (site.RELEASE, self._shown)
            if is_shown or place >= self._first:
                found.append(self._move(before, move))
            if before is None or move.number != before.number:  # one that narrows a quarantine shows nothing else
                before = move
        return found[::-1]

    def preview(self, move: Move, run: Run, shown: Move, readers_have: Run) -> site.Preview:
        """A preview, held against what readers have."""
        told = Compared(f"{shown.channel}@{shown.number}", move.channel, readers_have, run, ())
        return site.Preview(
            channel=move.channel,
            number=move.number,
            at=clock.instant_of(move.at),
            by=move.by,
            note=move.note or "",
            commit=run.origin.commit,
            comparison=self._comparison(told, shown.number),
        )

    def _move(self, before: Move | None, move: Move) -> site.Move:
        old = self._run_of(before) if before is not None else None
        new = self._run_of(move)
        is_known = new is not None and (before is None or old is not None)
        is_detailed = move.kind == site.RELEASE and move.number in self._detailed
        comparison = None
        if before is not None and old is not None and new is not None and is_detailed:
            words = f"{before.channel}@{before.number}", f"{move.channel}@{move.number}"
            comparison = self._comparison(Compared(*words, old, new, ()), move.number)
        return site.Move(
            kind=move.kind,
            sequence=move.sequence,
            number=move.number,
            before=before.number if before is not None else None,
            since=clock.instant_of(before.at) if before is not None else None,
            at=clock.instant_of(move.at),
            by=move.by,
            note=move.note or "",
            commit=new.origin.commit if new is not None else None,
            automatic=move.automatic,
            quarantined=tuple(one.asset for one in self._quarantined if one.rollback.sequence == move.sequence),
            lifted=tuple(one.asset for one in move.lifted),
            changes=tuple(self._changes(old, new, comparison)) if new is not None and is_known else (),
            comparison=comparison,
        )

    def _comparison(self, told: Compared, number: int) -> site.Comparison:
        """What differs, with where its numbers had been up to a release."""
        found = differences(self._opened, told.run_a, told.run_b, self._tree)
        course = [(each, run) for each, run in self._course if each <= number]
        assets = [among_releases(asset, course, None) for asset in found.assets if asset.change != EQUAL]
        named = {*(asset.name for asset in assets), *(check.asset for check in found.checks)}
        gone = sum(asset.change == REMOVED for asset in assets)
        return site.Comparison(
            report=report(told, assets, found.checks),
            equal=len(told.run_b.artifacts) - len(assets) + gone,
            pictures=_pictures(found, [asset.name for asset in assets]),
            projects={name: self._naming.project_of(name) for name in sorted(named)},
        )

    @property
    def _course(self) -> list[tuple[int, Run]]:
        runs = [(move.number, self._run_of(move)) for move in self._log if move.kind == site.RELEASE]
        return [(number, run) for number, run in runs[-MOST_MOVES:] if run is not None]

    def _changes(self, before: Run | None, after: Run, comparison: site.Comparison | None) -> list[site.Change]:
        """The results that differ: as they were compared, else by their contents alone."""
        if comparison is not None:
            told = {asset.name: asset for asset in comparison.report.assets}
            hows = {name: asset.change for name, asset in sorted(told.items())}
        else:
            told, hows = {}, differing(before, after)
        changes = []
        for name, how in hows.items():
            old = before.artifacts.get(name) if before is not None else None
            new = after.artifacts.get(name)
            artifact = new or old
            assert artifact is not None
            asset = told.get(name)
            changes.append(
                site.Change(
                    name=name,
                    kind=artifact.kind,
                    how=how,
                    project=self._naming.project_of(name),
                    title=self._naming.titles.get(name) or (asset.title if asset is not None else None) or "",
                    unit=artifact.facts.get("unit"),
                    before=_facts(old),
                    after=_facts(new),
                    summary=asset.effect if asset is not None and how == CHANGED else "",
                )
            )
        return changes


def _facts(artifact: Artifact | None) -> dict[str, object]:
    """What of an artifact can be told without opening it."""
    if artifact is None:
        return {}
    rows = {"rows": artifact.facts["rows"]} if "rows" in artifact.facts else {}
    return rows | ({"value": artifact.number} if artifact.kind == METRIC else {})


def _pictures(found: Differences, names: Sequence[str]) -> dict[str, tuple[site.File, ...]]:
    return {
        name: tuple(_picture(picture) for picture in found.pictures[name]) for name in names if found.pictures[name]
    }


def _picture(picture: PictureFile) -> site.File:
    return site.File(name=picture.name, media=picture.media, size=picture.size, source=picture.path)
