"""What a build is held against: on the main branch what readers have, on any other the state where it began."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from onward.app.comparing.diff import NOTHING
from onward.app.releases import channels, snapshots
from onward.app.running.run import run_to_the_end
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened, open_workspace
from onward.base.errors import OnwardError, UnknownNameError
from onward.ci.build import GIT
from onward.ci.repository import Repository
from onward.model.hosting import Build
from onward.model.ports import Watcher
from onward.model.records import Run

_VENV = ".venv"


@dataclass(frozen=True)
class Base:
    """What a build is held against.

    Attributes:
        word: what it is, for people.
        run: None for the empty snapshot.
        commit: where the branch began; on the main branch the commit that readers have.
        notes: what has to be known of it.
    """

    word: str
    run: Run | None
    commit: str | None
    notes: tuple[str, ...] = ()


def find_base(
    opened: Opened, build: Build, onto: str, revision: str | None, watcher: Watcher, channel: str = channels.MAIN
) -> Base:
    """The base of a build.

    A branch's is the commit at which it left the branch that it is to be merged into: its run where there is one; else
    its results are made now, in a folder of their own, which costs little where the store has them.

    Args:
        opened: the workspace.
        build: which build it is.
        onto: the branch that the change is to be merged into: mostly the main one.
        revision: a SNAPSHOT or a revision of git to take instead.
        watcher: told what happens where the base has to be made.
        channel: the channel that a build of the main branch moves.

    Raises:
        UnknownNameError: `revision` means nothing.
    """
    repository = Repository(opened.place.root)
    if revision is not None:
        return _asked_for(opened, repository, revision, watcher)
    if build.is_main:
        return _of_readers(opened, channel)
    commit = repository.fork_point(onto, is_fresh=build.service == GIT)
    if commit is None:
        found = _of_readers(opened)
        note = f"git cannot tell where this branch left `{onto}`, so it is held against {_words_of(found)}"
        return Base(found.word, found.run, found.commit, (note,))
    return _of_commit(opened, repository, commit, watcher)


def _asked_for(opened: Opened, repository: Repository, revision: str, watcher: Watcher) -> Base:
    try:
        found = snapshots.resolve(opened, revision)
    except UnknownNameError:
        commit = repository.commit(revision)
        if commit is None:
            raise
        return _of_commit(opened, repository, commit, watcher)
    return Base(revision, found, found.origin.commit)


def _of_readers(opened: Opened, channel: str = channels.MAIN) -> Base:
    """What readers of a channel have, or nothing."""
    standing = channels.standing(opened, channel)
    if standing is None:
        return Base(NOTHING, None, None)
    found = channels.run_of(opened, standing)
    return Base(f"{channel}@{standing.number}", found, found.origin.commit)


def _of_commit(opened: Opened, repository: Repository, commit: str, watcher: Watcher) -> Base:
    word = commit[:12]
    try:
        return Base(word, snapshots.resolve(opened, f"git:{commit}"), commit)
    except UnknownNameError:
        pass
    watcher.say(f"no run of {word} is known: its results are made now, or restored where the store has them")
    try:
        with repository.checked_out(commit) as tree:
            return Base(word, _made(opened, tree, watcher), commit)
    except OnwardError as error:
        found = _of_readers(opened)
        note = f"the results of {word}, where the branch began, cannot be made ({error}); it is held against "
        return Base(found.word, found.run, found.commit, (note + _words_of(found),))


def _made(opened: Opened, tree: Path, watcher: Watcher) -> Run:
    """The run of another tree of this repository, in the environment of this one."""
    environment = opened.place.root / _VENV
    if environment.is_dir() and not (tree / _VENV).exists():
        (tree / _VENV).symlink_to(environment, target_is_directory=True)
    with open_workspace(tree, writes=True, scope=opened.scope) as other:
        return run_to_the_end(other, RunOptions(keep_going=True), watcher).run


def _words_of(base: Base) -> str:
    return "nothing" if base.run is None else f"what readers have (`{base.word}`)"
