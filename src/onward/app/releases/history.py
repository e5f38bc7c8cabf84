"""How channels move: the release forward, and with it the other verbs. Nothing is computed, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, overload

import msgspec

from onward.app.releases.channels import MAIN, check_name, check_new, last_standing, release_move
from onward.app.releases.moving import Held, Moved, Overtaken, append, next_move, noted
from onward.app.releases.quarantine import contents_of, quarantined_by, shown_in
from onward.app.releases.releasable import check_run, releasable
from onward.app.releases.rollback import close, rollback
from onward.app.wiring import Opened
from onward.base.errors import RefusedError
from onward.base.text import plural
from onward.model.records import Approved, Move, Run

__all__ = ["Held", "Moved", "Overtaken", "close", "release", "rollback"]


@overload
def release(
    opened: Opened,
    channel: str = MAIN,
    note: str | None = None,
    *,
    automatic: Literal[False] = False,
    run: Run | None = None,
    new: bool = False,
) -> Moved: ...


@overload
def release(
    opened: Opened,
    channel: str = MAIN,
    note: str | None = None,
    *,
    automatic: bool,
    run: Run | None = None,
    new: bool = False,
) -> Moved | Held: ...


@overload
def release(
    opened: Opened,
    channel: str = MAIN,
    note: str | None = None,
    *,
    automatic: Literal[True],
    run: Run,
    new: bool = False,
    is_later: Callable[[Run], bool],
    approved: Sequence[Approved] = (),
) -> Moved | Held | Overtaken: ...


def release(
    opened: Opened,
    channel: str = MAIN,
    note: str | None = None,
    *,
    automatic: bool = False,
    run: Run | None = None,
    new: bool = False,
    is_later: Callable[[Run], bool] | None = None,
    approved: Sequence[Approved] = (),
) -> Moved | Held | Overtaken:
    """Moves a channel forward to a run, unless it stands at a release that is just that.

    Args:
        opened: the workspace.
        channel: the channel; one that is new or closed is opened.
        note: a word to its readers.
        automatic: nobody looked at it first. Such a release is held where it holds what a rollback quarantined; one
            by hand lets that in again.
        run: the run, whatever the files are now; None: the last one, which must be of the files as they are.
        new: the channel may be a new one, also where its name looks like that of another, mistyped.
        is_later: tells of a released run whether it is later than this one, for then the channel stays: whether readers
            have that run, or somebody has taken it back and with it all that is older.
        approved: what waited for somebody's yes and got it.

    Raises:
        UsageError: no channel can be called so.
        RefusedError: the run is incomplete, has a broken check, was made with `--set`, or the files have changed; or
            it has no result, readers have some, and no note says why they are to lose them; or the channel would be
            new, and another is called almost the same.
    """
    check_name(channel)
    if not new:
        check_new(opened, channel)
    if run is None:
        run = releasable(opened)
    check_run(run)
    contents = contents_of(run)

    def is_overtaken_by(move: Move) -> bool:
        moved_to = opened.store.records.run(move.run) if is_later is not None else None
        return is_later is not None and moved_to is not None and is_later(moved_to)

    def forward(moves: Sequence[Move]) -> Move | Moved | Held | Overtaken:
        before = last_standing(moves)
        if before is not None and is_overtaken_by(before):
            return Overtaken(channel, before)
        released = release_move(opened, channel, before.number) if before is not None else None
        if released is not None and note in (None, released.note) and _shows_nothing_new(opened, released, run):
            return Moved(released, released.number, was_there=True)
        newest = max((move for move in moves if move.kind == "release"), key=lambda move: move.number, default=None)
        if newest is not None and is_overtaken_by(newest):
            return Overtaken(channel, newest)
        shown = shown_in(contents, quarantined_by(moves))
        if released is not None and not run.artifacts and (automatic or note is None):
            _check_loss(opened, released, automatic=automatic)
        if automatic and shown:
            return Held(channel, before, tuple(shown))
        number = max((move.number for move in moves), default=0) + 1
        to_run = (number, run.id, run.snapshot)
        move = next_move(channel, moves, "release", to_run, note, automatic=automatic, lifted=noted(shown))
        return msgspec.structs.replace(move, approved=tuple(approved))

    return append(opened, channel, forward)


def _check_loss(opened: Opened, release: Move, *, automatic: bool) -> None:
    """Before readers are given nothing: a checkout of a part, or of the wrong branch, looks like a team that gave up.

    Raises:
        RefusedError: they have something.
    """
    released = opened.store.records.run(release.run)
    if released is None or released.artifacts:
        has = plural(len(released.artifacts), "result") if released is not None else "results"
        by_hand = "release it by hand" if automatic else "say why"
        raise RefusedError(
            f"there is no result to release, and readers have {has} of `{release.channel}@{release.number}`",
            hint=f"see that the whole repository is here; if they are to have none, {by_hand} with `--note TEXT`",
        )


def _shows_nothing_new(opened: Opened, release: Move, run: Run) -> bool:
    """Whether a run is what readers have already: its results, what these rest on, and all that is said of them.

    The commit is a label on the basis, so a later one is nothing new; but the release of a tree that no commit held
    is made again under its commit.
    """
    released = opened.store.records.run(release.run)
    if released is None:
        return False
    before, now = released.origin, run.origin
    has_label = before.commit is not None and not before.dirty
    is_same_label = (before.commit, before.dirty) == (now.commit, now.dirty)
    is_same = (released.snapshot, released.basis, released.catalogue) == (run.snapshot, run.basis, run.catalogue)
    return is_same and (has_label or is_same_label)
