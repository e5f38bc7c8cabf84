"""The Python face: what the command line does, for a caller in Python.

import onward
with onward.Workspace("analyses") as workspace:
    report = workspace.run("delays")
    workspace.release(note="March is in")
    workspace.site("public")
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, overload

from onward.app import init as making
from onward.app.comparing.diff import DiffReport, choose, diff
from onward.app.doctor import Diagnosis, doctor
from onward.app.explaining import graphs
from onward.app.explaining.listing import Listing, listing
from onward.app.explaining.show import Log, Shown, get, logs, show
from onward.app.explaining.status import StatusReport, status
from onward.app.explaining.why import WhyReport, why
from onward.app.releases import channels, history, receipts, snapshots
from onward.app.releases.quarantine import Quarantined
from onward.app.reproducing.bisect import BisectReport, bisect
from onward.app.reproducing.reproduce import ReproduceReport, reproduce
from onward.app.running.plan import PlanReport, plan
from onward.app.running.remake import remake
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened, open_workspace
from onward.ci.build import find_build, find_change, scope_of
from onward.ci.pipeline import Built, Pipeline
from onward.ci.review import Review, review
from onward.ci.surroundings import surroundings
from onward.model.delivery import FAILED, Receipt
from onward.model.ports import Watcher
from onward.model.records import Run
from onward.portal import delivery
from onward.portal.publish import write_review, write_site
from onward.portal.review.markdown import markdown as as_markdown

Answer = TypeVar("Answer", history.Moved, history.Moved | history.Held)


class Workspace:
    """One workspace, opened for as long as it is used.

    Every method does what the command of its name does and raises `OnwardError` where that would end with a
    status of 2 or more. A failing step or a broken check is no exception: look at the report.
    """

    def __init__(self, path: str | Path = ".", *, watcher: Watcher | None = None) -> None:
        """
        Args:
            path: a folder in the workspace.
            watcher: told what happens while steps run; None: nobody is.

        Raises:
            WorkspaceError: there is no such folder.
        """
        self._opened: Opened = open_workspace(Path(path), writes=True)
        self._watcher: Watcher = watcher or Silence()

    @staticmethod
    def init(path: str | Path, *, demo: bool = False) -> Workspace:
        """Makes a folder a workspace (or the demonstration) and opens it."""
        return Workspace(making.init(Path(path), with_demo=demo)[0])

    @property
    def root(self) -> Path:
        """The workspace's root."""
        return self._opened.place.root

    def run(
        self,
        *targets: str,
        jobs: int | None = None,
        keep_going: bool = False,
        force: tuple[str, ...] = (),
        parameters: Mapping[str, Any] | None = None,
        overwrite: tuple[str, ...] = (),
        time_limit_s: float | None = None,
        strict: bool = False,
        twice: bool = False,
    ) -> RunReport:
        """Brings targets (all, without one) up to date."""
        options = RunOptions(targets, jobs, keep_going, force, parameters or {}, overwrite, time_limit_s, strict, twice)
        return run(self._opened, options, self._watcher)

    def plan(
        self, *targets: str, force: tuple[str, ...] = (), parameters: Mapping[str, Any] | None = None
    ) -> PlanReport:
        """What `run` would do."""
        return plan(self._opened, RunOptions(targets, force=force, settings=parameters or {}))

    def list(self, *targets: str) -> Listing:
        """What the workspace holds."""
        return listing(self._opened, targets)

    def status(self, *targets: str) -> StatusReport:
        """What is current and what is stale."""
        return status(self._opened, targets)

    def why(self, target: str) -> WhyReport:
        """Why something would run."""
        return why(self._opened, target)

    def show(self, asset: str, *, at: str | None = None) -> Shown:
        """An asset and what it rests on."""
        return show(self._opened, asset, at, self._remake)

    def get(self, asset: str, *, at: str | None = None, out: str | Path | None = None, form: str | None = None) -> Path:
        """Writes an asset to a file; returns its path."""
        return get(self._opened, asset, at, Path(out) if out is not None else None, form, self._remake)[1]

    def logs(self, step: str, *, run_id: str | None = None) -> Log:
        """What a step printed."""
        return logs(self._opened, step, run_id)

    def graph(self, *targets: str) -> dict[str, Any]:
        """Nodes and edges."""
        return graphs.graph(self._opened, targets)

    def diff(self, *words: str, html: str | Path | None = None, markdown: str | Path | None = None) -> DiffReport:
        """What differs between two snapshots (what readers have and the working tree, without a word).

        Args:
            html: where to write it as a page to look at.
            markdown: where to write it for a pull request.
        """
        report = diff(self._opened, choose(self._opened, words, lambda: self.run(keep_going=True).run))
        if html is not None:
            write_review(self._opened, report, Path(html))
        if markdown is not None:
            Path(markdown).write_text(as_markdown(report), "utf-8")
        return report

    def bisect(self, metric: str, a: str, b: str, *, every_commit: bool = False) -> BisectReport:
        """Finds the step at which a metric moved most between two states."""
        return bisect(
            self._opened,
            metric,
            a,
            b,
            work=lambda: self.run(keep_going=True).run,
            watcher=lambda: self._watcher,
            everything=every_commit,
        )

    def reproduce(self, release: str, *, keep: str | Path | None = None, install: bool = True) -> ReproduceReport:
        """Makes an old release again from its basis, in a folder of its own, and compares the results."""
        folder = Path(keep) if keep is not None else None
        return reproduce(self._opened, release, self._watcher, keep=folder, installs=install)

    def review(self, *, base: str | None = None) -> Review:
        """What the change in the working tree does, held against where its branch began (or `base`)."""
        build = find_change(self.root, os.environ)
        return review(self._opened, build, self._watcher, revision=base)

    def ci(self, *, base: str | None = None, channel: str = channels.MAIN, schedule: bool = False) -> Built:
        """The whole pipeline of a change; `channel` is what a build of the main branch moves."""
        build = find_build(self.root, os.environ)
        with (
            surroundings(build.service, os.environ),
            open_workspace(self.root, writes=True, scope=scope_of(build)) as opened,
        ):
            pipeline = Pipeline(opened, build, self._watcher)
            return pipeline.go(revision=base, channel=channel, is_nightly=schedule)

    def snapshots(self) -> Sequence[Run]:
        """All runs, newest first."""
        return snapshots.runs(self._opened)

    def releases(self) -> Sequence[channels.Entry]:
        """All moves of all channels, newest first: each with its run, and whether the channel stands there now."""
        return channels.entries(self._opened)

    def quarantined(self, channel: str = channels.MAIN) -> Sequence[Quarantined]:
        """What rollbacks took back, and no automatic release brings again."""
        return channels.quarantined(self._opened, channel)

    def doctor(self) -> Sequence[Diagnosis]:
        """What is well, and what is not with what mends it."""
        return doctor(self._opened)

    @overload
    def release(
        self,
        channel: str = channels.MAIN,
        *,
        note: str | None = None,
        automatic: Literal[False] = False,
        new: bool = False,
    ) -> history.Moved: ...

    @overload
    def release(
        self, channel: str = channels.MAIN, *, note: str | None = None, automatic: bool, new: bool = False
    ) -> history.Moved | history.Held: ...

    def release(
        self, channel: str = channels.MAIN, *, note: str | None = None, automatic: bool = False, new: bool = False
    ) -> history.Moved | history.Held:
        """Moves a channel to the last run; `automatic` where nobody looked at it, so that it may be held.

        `new` opens a channel although another is called almost the same.
        """
        return self._brought(history.release(self._opened, channel, note, automatic=automatic, new=new))

    def rollback(
        self,
        channel: str = channels.MAIN,
        *,
        to: int | None = None,
        note: str | None = None,
        assets: Collection[str] = (),
    ) -> history.Moved:
        """Moves a channel back, and quarantines what it takes back (of `assets`, where some are named)."""
        return self._brought(history.rollback(self._opened, channel, to, note, assets=assets))

    def close_channel(self, channel: str, *, note: str | None = None) -> history.Moved:
        """Closes a channel that nobody reads any more."""
        return self._brought(history.close(self._opened, channel, note))

    def site(self, out: str | Path | None = None, *, channel: str = channels.MAIN, at: str | None = None) -> Path:
        """Writes a release (or a snapshot) as a site; returns the path of its first page."""
        return write_site(self._opened, Path(out) if out is not None else None, channel, at, self._remake)

    def publish(self, *, take_over: bool = False) -> Sequence[Receipt]:
        """Brings where the channels stand to the places of the settings, as far as it is not there yet."""
        return delivery.publish(self._opened, self._watcher, takes_over=take_over)

    def receipts(self) -> Sequence[Receipt]:
        """What came of bringing each channel to each place the last time."""
        return receipts.kept(self._opened)

    def close(self) -> None:
        """Writes what was worked out to the index."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _brought(self, answer: Answer) -> Answer:
        """A move, once the site has followed it to its places; what failed there is told, and no exception."""
        if isinstance(answer, history.Moved):
            for receipt in delivery.bring(self._opened, answer.move.channel, self._watcher):
                if receipt.outcome == FAILED:
                    self._watcher.say(f"{receipt.place} does not show {receipt.channel}: {receipt.message}")
        return answer

    def _remake(self, asset: str) -> None:
        remake(self._opened, asset, self._watcher)


class Silence:
    """A watcher that nobody looks at."""

    is_live = False

    def begin(self, steps: int, expected_s: Mapping[str, float]) -> None:
        del steps, expected_s

    def started(self, step: str) -> None:
        del step

    def waiting(self, step: str) -> None:
        del step

    def ended(self, step: str, outcome: str, seconds: float) -> None:
        del step, outcome, seconds

    def say(self, message: str) -> None:
        del message

    def tick(self) -> None:
        return

    def close(self) -> None:
        return
