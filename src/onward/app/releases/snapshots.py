"""Snapshots: which there are, and what a SNAPSHOT word means."""

from __future__ import annotations

from collections.abc import Callable

from onward.app.changes.git_history import GitHistory
from onward.app.releases.channels import MAIN, open_channels, release_move, run_of, standing, unknown_channel
from onward.app.wiring import Opened
from onward.base.errors import UnknownNameError, unknown_name
from onward.base.text import listed
from onward.model.records import Run

_PREFIX_LENGTH = 6
_NEWEST = 20
"""Releases whose runs are looked through for that of a commit, each of which may have to be fetched."""


def runs(opened: Opened) -> list[Run]:
    """All runs, newest first."""
    return opened.store.records.runs()[::-1]


def latest(opened: Opened) -> Run:
    """The last run of this worktree.

    Raises:
        UnknownNameError: nothing was run yet.
    """
    run = opened.store.records.run(opened.standing.run) if opened.standing.run else None
    if run is None:
        raise UnknownNameError("there is no snapshot yet", hint="make one with `onward run`")
    return run


def resolve(opened: Opened, word: str, work: Callable[[], Run] | None = None) -> Run:
    """The run that a SNAPSHOT word means.

    In this order: `latest`, `work`, a channel, a release (`main@3`), a digest or a prefix of one, a git revision.

    Args:
        opened: the workspace.
        word: the word.
        work: brings the working tree up to date and returns that run.

    Raises:
        UnknownNameError: it means nothing.
    """
    if word == "latest":
        return latest(opened)
    if word == "work" and work is not None:
        return work()
    records = opened.store.records
    stands = standing(opened, word) if word in records.channels() else None
    if stands is not None:
        return run_of(opened, stands)
    channel, at, number = word.rpartition("@")
    if at and number.isdigit() and channel in records.channels():
        return run_of(opened, release_move(opened, channel, int(number)))
    if word == MAIN:
        raise UnknownNameError("the channel `main` has no release yet", hint="make one with `onward release`")
    revision = word.removeprefix("git:")
    if revision == word and len(word) >= _PREFIX_LENGTH:
        found = [run for run in runs(opened) if run.snapshot.startswith(word) or run.id == word]
        if len({run.snapshot for run in found}) > 1:
            names = listed(sorted({run.snapshot[:12] for run in found}))
            raise UnknownNameError(f"`{word}` begins several snapshots: {names}", hint="write more digits")
        if found:
            return found[0]
    return _of_revision(opened, revision, word)


def _of_revision(opened: Opened, revision: str, word: str) -> Run:
    commit = GitHistory(opened.place.root, opened.place.git).commit(revision)
    if commit is not None:
        at_commit = [run for run in runs(opened) if _is_of(run, commit)]
        at_commit.sort(key=lambda run: run.complete, reverse=True)
        found = at_commit[0] if at_commit else _released_at(opened, commit)
        if found is not None:
            return found
        raise UnknownNameError(
            f"the revision `{revision}` has no snapshot", hint=f"check it out and type `onward run` ({commit[:12]})"
        )
    if word in opened.store.records.channels():
        raise unknown_channel(opened, word)
    known = [*open_channels(opened), "latest", "work", *(run.snapshot[:12] for run in runs(opened))]
    raise unknown_name("snapshot", word, known, hint="list them with `onward snapshots`")


def _is_of(run: Run, commit: str) -> bool:
    return run.origin.commit == commit and not run.origin.dirty


def _released_at(opened: Opened, commit: str) -> Run | None:
    """The run of a commit among the newest releases: a machine that shares a store may have made none of them."""
    released = [move.run for move in opened.store.records.moves(MAIN) if move.kind == "release"]
    runs = map(opened.store.records.run, reversed(released[-_NEWEST:]))
    return next((run for run in runs if run is not None and _is_of(run, commit)), None)
