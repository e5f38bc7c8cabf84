"""`rollback` and `close`: readers go back, or away. Loads little: who takes something back is in a hurry."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

from onward.app.releases.channels import MAIN, release_move, run_of
from onward.app.releases.moving import Moved, append, next_move, noted, standing_at
from onward.app.releases.quarantine import Contents, contents_of, quarantined_by, shown_in, taken_back
from onward.app.wiring import Opened
from onward.base import paths
from onward.base.errors import RefusedError, unknown_name
from onward.base.text import listed
from onward.model.records import Move


def rollback(
    opened: Opened,
    channel: str = MAIN,
    to: int | None = None,
    note: str | None = None,
    *,
    assets: Collection[str] = (),
) -> Moved:
    """Moves a channel back: to what it pointed at before, or to release `to`.

    What it takes back is quarantined: of each asset that differs, the content that its readers had. What they see
    again is quarantined no longer, for somebody chose it. A move to a later release takes nothing back; one to where
    a rollback left the channel can only narrow what that one quarantined.

    Args:
        opened: the workspace.
        channel: the channel.
        to: a release.
        note: why.
        assets: names or globs of those whose contents are quarantined; without any, all that are taken back.

    Raises:
        UnknownNameError: the channel, the release or an asset does not exist.
        RefusedError: there is nothing before, or one of the assets is not taken back.
    """

    def back(moves: Sequence[Move]) -> Move | Moved:
        before = standing_at(opened, channel, moves)
        target = release_move(opened, channel, to) if to is not None else _before(channel, moves)
        if target.number == before.number:
            return _narrowed(channel, moves, before, assets, note)
        run_of(opened, target)
        left, shown = _contents_at(opened, before), _contents_at(opened, target) or {}
        taken = taken_back(left, shown) if left is not None and target.number < before.number else []
        if assets:
            way = f"going from {channel}@{before.number} to {channel}@{target.number}"
            named = _named(assets, {one.asset for one in taken}, shown, way)
            taken = [one for one in taken if one.asset in named]
        lifted = noted(shown_in(shown, quarantined_by(moves)))
        to_release = (target.number, target.run, target.snapshot)
        return next_move(channel, moves, "rollback", to_release, note, quarantined=tuple(taken), lifted=lifted)

    return append(opened, channel, back)


def _before(channel: str, moves: Sequence[Move]) -> Move:
    """The release that the channel pointed at before the one that it points at now.

    A chain of rollbacks goes further and further back, so they are undone like a stack; one to a release that it went
    back from goes forward, and stands above the one that it left. A channel that was closed begins anew.
    """
    stack: list[Move] = []
    for move in moves:
        if move.kind == "close":
            stack.clear()
        elif move.kind == "release":
            stack.append(move)
        elif any(passed.number == move.number for passed in stack):
            while stack[-1].number != move.number:
                stack.pop()
        else:
            stack.append(move)
    if len(stack) < 2:
        is_only = len({move.number for move in moves}) == 1
        raise RefusedError(
            f"the channel `{channel}` has nothing before release {stack[-1].number}",
            hint="it is the only release: mend what is wrong, run, then release"
            if is_only
            else "choose a release with `--to N`; `onward releases` lists them",
        )
    return stack[-2]


def _narrowed(
    channel: str, moves: Sequence[Move], standing: Move, assets: Collection[str], note: str | None
) -> Move | Moved:
    """Stays where the last rollback went, and lifts what it took back of all but some assets."""
    there = itertools.takewhile(lambda move: (move.kind, move.number) == ("rollback", standing.number), moves[::-1])
    places = {move.sequence for move in there}
    if assets and not places:
        raise RefusedError(
            f"the channel `{channel}` is at release {standing.number} already, and no rollback led there",
            hint="`--for` narrows what a rollback quarantines; `onward releases` lists what is",
        )
    held = [one for one in quarantined_by(moves) if one.rollback.sequence in places]
    named = _named(assets, {one.asset for one in held}, (), f"the rollback to {channel}@{standing.number}")
    lifted = [one for one in held if one.asset not in named] if assets else []
    if not lifted:
        return Moved(standing, standing.number, was_there=True)
    here = (standing.number, standing.run, standing.snapshot)
    return next_move(channel, moves, "rollback", here, note, lifted=noted(lifted))


def _named(words: Collection[str], taken: Collection[str], known: Collection[str], way: str) -> set[str]:
    """The assets among those that are `taken` back which words name: a name, one without its project, or a glob.

    Raises:
        UnknownNameError: a word names none of them, and none of the `known` ones either.
        RefusedError: it names one that is not taken back.
    """
    named: set[str] = set()
    for word in words:
        pattern = paths.glob_pattern(word) if paths.is_glob(word) else None
        found = {name for name in taken if name == word or (pattern is not None and pattern.match(name))}
        found = found or {name for name in taken if name.endswith(f"/{word}")}
        if not found:
            hint = f"what is taken back: {listed(sorted(taken))}" if taken else "nothing is taken back"
            if not any(name == word or name.endswith(f"/{word}") for name in known):
                raise unknown_name("asset that is taken back", word, sorted(taken), hint=hint)
            raise RefusedError(f"`{word}` is not taken back by {way}", hint=hint)
        named |= found
    return named


def _contents_at(opened: Opened, move: Move) -> Contents | None:
    """What readers see by a move; None where that is gone from the store, which must not keep them from leaving it."""
    snapshot = opened.store.records.snapshot(move.snapshot)
    if snapshot is not None:
        return {asset: entry.content for asset, entry in snapshot.artifacts.items()}
    run = opened.store.records.run(move.run)
    return contents_of(run) if run is not None else None


def close(opened: Opened, channel: str, note: str | None = None) -> Moved:
    """Closes a channel: nobody reads it any more, and it is unknown until a release opens it again. Its log stays.

    Raises:
        UnknownNameError: it has no release, or is closed already.
        RefusedError: it is `main`.
    """
    if channel == MAIN:
        raise RefusedError(
            f"the channel `{MAIN}` cannot be closed: that is where readers look",
            hint="close a channel like `preview/topic`; `onward rollback` takes a release back",
        )

    def away(moves: Sequence[Move]) -> Move:
        before = standing_at(opened, channel, moves)
        return next_move(channel, moves, "close", (before.number, before.run, before.snapshot), note)

    return append(opened, channel, away)
