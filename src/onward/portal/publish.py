"""`site`: which run is shown, where the site goes, and that it is written; and the page of a `diff`."""

from __future__ import annotations

from pathlib import Path

from onward.app.comparing.diff import DiffReport
from onward.app.reading import catalogue
from onward.app.releases import channels, snapshots
from onward.app.wiring import Opened
from onward.base.errors import RefusedError, UnknownNameError
from onward.model.records import Move, Run
from onward.portal.gather import Remake, gather
from onward.portal.review.page import page
from onward.portal.site import write

SITE_FOLDER = "site"


def write_site(
    opened: Opened,
    out: Path | None,
    channel: str = channels.MAIN,
    at: str | None = None,
    remake: Remake | None = None,
) -> Path:
    """Writes a release, or any snapshot, as a static site; returns the path of its first page.

    Args:
        opened: the workspace.
        out: the folder; None: `.onward/site`, which git does not see.
        channel: the channel whose present release is shown, without `at`.
        at: a SNAPSHOT.
        remake: makes an asset again whose bytes are damaged.

    Raises:
        UnknownNameError: the channel has no release, or the snapshot does not exist.
        RefusedError: `out` holds something that is no site of onward's.
    """
    run, move = _shown(opened, channel, at)
    target = out if out is not None else opened.place.local / SITE_FOLDER
    if target.resolve() == opened.place.root.resolve():
        raise RefusedError("the site cannot take the place of the workspace", hint="choose a folder with `--out DIR`")
    write(gather(opened, run, move, remake), target)
    return target / "index.html"


def write_review(opened: Opened, report: DiffReport, file: Path) -> None:
    """Writes what differs between two snapshots as a page of its own, which needs nothing beside it."""
    kept = catalogue.load(opened.store, report.run_b.catalogue)
    workspace = kept.title or kept.name if kept is not None else opened.place.root.name
    file.write_text(page(report, workspace), "utf-8")


def _shown(opened: Opened, channel: str, at: str | None) -> tuple[Run, Move | None]:
    if at is not None:
        run = snapshots.resolve(opened, at)
        return run, _move_to(opened, at)
    move = channels.standing(opened, channel)
    if move is None and opened.store.records.moves(channel):
        raise channels.unknown_channel(opened, channel)
    if move is None:
        raise UnknownNameError(
            f"the channel `{channel}` has no release yet",
            hint="make one with `onward release`, or write the last snapshot with `onward site --at latest`",
        )
    return channels.run_of(opened, move), move


def _move_to(opened: Opened, word: str) -> Move | None:
    """The release that the word names; a snapshot that was asked for by its digest is shown as such."""
    channel, at, number = word.rpartition("@")
    if at and number.isdigit() and channel in opened.store.records.channels():
        return channels.release_move(opened, channel, int(number))
    return channels.standing(opened, word) if word in opened.store.records.channels() else None
