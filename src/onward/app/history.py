"""Channels: their logs, and how they move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onward.app.releasable import releasable
from onward.app.wiring import Opened
from onward.base import clock
from onward.base.errors import RefusedError, StoreError, UnknownNameError, UsageError, unknown_name
from onward.base.text import listed
from onward.model.records import RECORD_FORMAT, Move, Run

MAIN = "main"
_TRIES = 20


def run_of(opened: Opened, move: Move) -> Run:
    run = opened.store.records.run(move.run)
    if run is None:
        raise StoreError(
            f"the run `{move.run}` that the channel `{move.channel}` points at is gone or damaged",
            hint="move the channel: `onward run`, then `onward release`; or `onward rollback --to N`",
        )
    return run


def release_move(opened: Opened, channel: str, number: int) -> Move:
    """The move by which a channel reached a release for the first time.

    Raises:
        UnknownNameError: it never had that number.
    """
    moves = opened.store.records.moves(channel)
    for move in moves:
        if move.kind == "release" and move.number == number:
            return move
    known = sorted({move.number for move in moves})
    raise UnknownNameError(
        f"the channel `{channel}` has no release {number}",
        hint=f"its releases are {listed([str(known_number) for known_number in known], 12)}" if known else None,
    )


def numbers(opened: Opened) -> dict[str, list[str]]:
    """By run, the releases that it is: `main@3`."""
    found: dict[str, list[str]] = {}
    for channel in opened.store.records.channels():
        for move in opened.store.records.moves(channel):
            if move.kind == "release":
                found.setdefault(move.run, []).append(f"{channel}@{move.number}")
    return found


def moves(opened: Opened) -> list[tuple[Move, Run | None, bool]]:
    """All moves of all channels, newest first: with its run, and whether the channel stands there now."""
    found = []
    for channel in opened.store.records.channels():
        log = opened.store.records.moves(channel)
        found += [(move, opened.store.records.run(move.run), move is log[-1]) for move in log]
    return sorted(found, key=lambda row: (row[0].at, row[0].sequence), reverse=True)


# Moving a channel.


@dataclass(frozen=True)
class Moved:
    """What a release or a rollback did: where the channel stands.

    Attributes:
        move: the move by which it came there.
        previous: the number that it stood at before.
        was_there: it stood there already, and was not moved.
    """

    move: Move
    previous: int | None
    was_there: bool = False


def release(opened: Opened, channel: str = MAIN, note: str | None = None) -> Moved:
    """Moves a channel forward to the last run, unless it stands at a release that is just that.

    Raises:
        UsageError: no channel can be called so.
        RefusedError: that run is incomplete, has a broken check, was made with `--set`, or the tree has moved on.
    """
    _check_channel(channel)
    run = releasable(opened)

    def forward(moves: list[Move]) -> Move:
        standing = _standing_release(opened, channel, moves)
        if standing is not None and note in (None, standing.note) and _shows_nothing_new(opened, standing, run):
            return standing
        number = max((move.number for move in moves), default=0) + 1
        return _move(channel, moves, "release", number, run, note)

    return _append(opened, channel, forward)


def _standing_release(opened: Opened, channel: str, moves: list[Move]) -> Move | None:
    """The release that a channel points at, be it by a rollback."""
    return release_move(opened, channel, moves[-1].number) if moves else None


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


def _check_channel(channel: str) -> None:
    """A channel's name is no other word for a snapshot, and is a path below no other place than its own."""
    parts = channel.split("/")
    is_path = all(part.strip() == part and part not in ("", ".", "..") for part in parts)
    is_word = channel not in ("latest", "work") and not channel.startswith(("git:", "-"))
    if not is_path or not is_word or "@" in channel or not channel.isprintable():
        raise UsageError(f"no channel can be called `{channel}`", hint="choose a name like `main` or `weekly/team`")


def rollback(opened: Opened, channel: str = MAIN, to: int | None = None) -> Moved:
    """Moves a channel back: to what it pointed at before, or to release `to`.

    Raises:
        UnknownNameError: the channel, or the release, does not exist.
        RefusedError: there is nothing before.
    """
    moves = opened.store.records.moves(channel)
    if not moves:
        known = opened.store.records.channels()
        raise unknown_name("channel", channel, known, hint="make a release with `onward release`")

    def back(moves: list[Move]) -> Move:
        target = release_move(opened, channel, to) if to is not None else _before(channel, moves)
        return _move(channel, moves, "rollback", target.number, run_of(opened, target), None)

    return _append(opened, channel, back)


def _before(channel: str, moves: list[Move]) -> Move:
    """The release that the channel pointed at before the one that it points at now.

    A chain of rollbacks goes further and further back, so they are undone like a stack; one to a release that it went
    back from goes forward, and stands above the one that it left.
    """
    stack: list[Move] = []
    for move in moves:
        if move.kind == "release":
            stack.append(move)
            continue
        if any(passed.number == move.number for passed in stack):
            while stack[-1].number != move.number:
                stack.pop()
        else:
            stack.append(move)
    if len(stack) < 2:
        raise RefusedError(
            f"the channel `{channel}` has nothing before release {stack[-1].number}",
            hint="choose a release with `--to N`; `onward releases` lists them",
        )
    return stack[-2]


def _move(channel: str, moves: list[Move], kind: str, number: int, run: Run, note: str | None) -> Move:
    return Move(
        format=RECORD_FORMAT,
        channel=channel,
        sequence=(moves[-1].sequence if moves else 0) + 1,
        kind=kind,
        number=number,
        run=run.id,
        snapshot=run.snapshot,
        at=clock.text_of(clock.now()),
        by=run.origin.user,
        note=note,
    )


def _append(opened: Opened, channel: str, make: Callable[[list[Move]], Move]) -> Moved:
    for _ in range(_TRIES):
        moves = opened.store.records.moves(channel)
        move = make(moves)
        if move in moves:
            return Moved(move, move.number, was_there=True)
        if opened.store.records.append(move):
            return Moved(move, moves[-1].number if moves else None)
    raise StoreError(f"others keep moving the channel `{channel}`", hint="try again")
