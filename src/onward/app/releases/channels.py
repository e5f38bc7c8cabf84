"""Channels as their logs tell: where they stand, what their releases are, what is quarantined. Moves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onward.app.releases.quarantine import Quarantined, quarantined_by
from onward.app.wiring import Opened
from onward.base.errors import RefusedError, StoreError, UnknownNameError, UsageError, unknown_name
from onward.base.text import is_slip, listed, nearest
from onward.model.records import Move, Run
from onward.store.layout import LONGEST_NAME, folder_name
from onward.store.shared.area import PREVIEWS

MAIN = "main"


@dataclass(frozen=True)
class Entry:
    """A move, with what its run and the other moves say of it.

    Attributes:
        run: None where it is gone or damaged.
        is_current: the channel stands there now.
        left: the move that had led to what readers saw until this one; None where they saw nothing.
        until: when readers ceased to see what this move led to; None where they have not, or saw nothing.
    """

    move: Move
    run: Run | None
    is_current: bool
    left: Move | None
    until: str | None


def entries(opened: Opened) -> list[Entry]:
    """All moves of all channels, newest first."""
    found = []
    for channel in opened.store.records.channels():
        log = opened.store.records.moves(channel)
        shown: Move | None = None
        for place, move in enumerate(log):
            is_current = move is last_standing(log)
            until = _end_of(move, log[place + 1 :])
            found.append(Entry(move, opened.store.records.run(move.run), is_current, shown, until))
            if shown is None or _leaves(move, shown):
                shown = move if move.kind != "close" else None
    return sorted(found, key=lambda entry: (entry.move.at, entry.move.sequence), reverse=True)


def _leaves(move: Move, shown: Move) -> bool:
    """Whether readers see something else after a move: one that narrows a quarantine shows what was shown before."""
    return move.kind == "close" or move.number != shown.number


def _end_of(move: Move, later: Sequence[Move]) -> str | None:
    return next((after.at for after in later if _leaves(after, move)), None) if move.kind != "close" else None


def open_channels(opened: Opened) -> list[str]:
    """The channels that stand at a release and were not closed; one whose log is damaged may be, and is among them."""
    found = []
    for channel in opened.store.records.channels():
        try:
            is_open = standing(opened, channel) is not None
        except StoreError:
            is_open = True
        if is_open:
            found.append(channel)
    return found


def standing(opened: Opened, channel: str = MAIN) -> Move | None:
    """The move by which a channel came to where it stands; None where it has no release yet, or was closed.

    Raises:
        StoreError: its log is damaged.
    """
    return last_standing(opened.store.records.moves(channel))


def last_standing(moves: Sequence[Move]) -> Move | None:
    """The same, of a log."""
    return moves[-1] if moves and moves[-1].kind != "close" else None


def unknown_channel(opened: Opened, channel: str) -> UnknownNameError:
    """The error for a channel that stands nowhere, which says so where it was closed."""
    moves = opened.store.records.moves(channel)
    if not moves:
        known = open_channels(opened)
        hint = None if nearest(channel, known, 1) else "make a release with `onward release`"
        return unknown_name("channel", channel, known, hint=hint)
    last = f"{channel}@{moves[-1].number}"
    return UnknownNameError(
        f"the channel `{channel}` is closed",
        hint=f"its releases are there by their numbers, the last as `{last}`; a new release opens it again",
    )


def quarantined(opened: Opened, channel: str = MAIN) -> list[Quarantined]:
    """What rollbacks took back from a channel's readers, and no automatic release brings again."""
    return quarantined_by(opened.store.records.moves(channel))


def numbers(opened: Opened) -> dict[str, list[str]]:
    """By run, the releases that it is: `main@3`."""
    found: dict[str, list[str]] = {}
    for channel in opened.store.records.channels():
        for move in opened.store.records.moves(channel):
            if move.kind == "release":
                found.setdefault(move.run, []).append(f"{channel}@{move.number}")
    return found


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


def run_of(opened: Opened, move: Move) -> Run:
    """The run that a move points at.

    Raises:
        StoreError: it is gone or damaged.
    """
    run = opened.store.records.run(move.run)
    if run is None:
        raise StoreError(
            f"the run `{move.run}` that the channel `{move.channel}` points at is gone or damaged",
            hint="move the channel: `onward run`, then `onward release`; or `onward rollback --to N`",
        )
    return run


def check_new(opened: Opened, channel: str) -> None:
    """Sees to it that a channel is there, or is not called almost like one that is: a new one has no readers.

    Previews are called like branches, which may be alike.

    Raises:
        RefusedError: it would be new, and looks mistyped.
    """
    if channel.startswith(PREVIEWS) or opened.store.records.moves(channel):
        return
    meant = [name for name in open_channels(opened) if not name.startswith(PREVIEWS) and is_slip(channel, name)]
    if meant:
        raise RefusedError(
            f"there is no channel `{channel}` yet, and there is `{meant[0]}`",
            hint=f"write `--channel {meant[0]}`; if it is to be a channel of its own, add `--new`",
        )


def check_name(channel: str) -> None:
    """A channel's name is no other word for a snapshot, is a path below no other place than its own, and is a file's.

    Raises:
        UsageError: no channel can be called so.
    """
    parts = channel.split("/")
    is_path = all(part.strip() == part and part not in ("", ".", "..") for part in parts)
    is_word = channel not in ("latest", "work") and not channel.startswith(("git:", "-"))
    if not is_path or not is_word or "@" in channel or not channel.isprintable():
        raise UsageError(f"no channel can be called `{channel}`", hint="choose a name like `main` or `weekly/team`")
    if len(folder_name(channel)) > LONGEST_NAME:
        raise UsageError(f"the name of the channel `{channel[:40]}...` is too long", hint="choose a shorter one")
