"""How channels move: the answers of `release`, `rollback`, `close` and `releases`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from onward.app.releases.channels import MAIN
from onward.app.releases.moving import Held, Moved
from onward.app.releases.quarantine import Quarantined, by_rollback
from onward.base.shell import shell_line
from onward.base.text import listed
from onward.model.records import Approved, AssetContent, Move


def moved_json(moved: Moved) -> dict[str, Any]:
    """A move as command-line.md has it."""
    move = moved.move
    return {
        "channel": move.channel,
        "number": move.number,
        "snapshot": move.snapshot,
        "previous": moved.previous,
        "run": move.run,
        "moved": not moved.was_there,
        "held": [],
        "quarantined": [] if moved.was_there else contents_json(move.quarantined),
        "lifted": [] if moved.was_there else contents_json(move.lifted),
    }


def held_json(held: Held) -> dict[str, Any]:
    """The same, of a release that was held: where the channel stays, and why."""
    stays = held.standing
    return {
        "channel": held.channel,
        "number": stays.number if stays is not None else None,
        "snapshot": stays.snapshot if stays is not None else None,
        "previous": stays.number if stays is not None else None,
        "run": stays.run if stays is not None else None,
        "moved": False,
        "held": [{"asset": one.asset, "reason": one.reason} for one in held.assets],
        "quarantined": [],
        "lifted": [],
    }


def held_lines(held: Held) -> list[str]:
    """That a release was held, why, and what can be done."""
    stays = f"{held.channel}@{held.standing.number} stays" if held.standing is not None else "nothing was released"
    ways = f"`{shell_line('onward', 'release', *_channel(held.channel))}` lets it in again"
    if held.standing is not None and all(one.rollback.number == held.standing.number for one in held.assets):
        to = ("--to", str(held.standing.number), "--for", "ASSET")
        ways += f"; `{shell_line('onward', 'rollback', *_channel(held.channel), *to)}` keeps back only ASSET"
    return [
        f"held: {stays}, for this holds what was rolled back",
        *(f"  {line}" for line in by_rollback(held.assets)),
        ways,
    ]


def quarantine_lines(move: Move) -> list[str]:
    """What a move took back, and what it let in again."""
    lines = []
    if move.quarantined:
        lines.append(f"quarantined, so that no automatic release brings it again: {listed(_names(move.quarantined))}")
    elif move.kind == "rollback" and move.previous is not None and move.number < move.previous:
        lines.append("nothing is quarantined: the next automatic release is not held")
    if move.lifted:
        lines.append(f"quarantined no longer: {listed(_names(move.lifted))}")
    return lines


def contents_json(contents: Iterable[AssetContent]) -> list[dict[str, Any]]:
    """Contents of assets; null: that it is not there."""
    return [{"asset": one.asset, "content": one.content} for one in contents]


def approved_json(yes: Approved) -> dict[str, Any]:
    """Somebody's yes that a release keeps."""
    return {"asset": yes.asset, "before": yes.before, "after": yes.after, "by": yes.by, "how": yes.how}


def quarantined_json(channel: str, one: Quarantined) -> dict[str, Any]:
    """What is quarantined in a channel, with what did it."""
    move = one.rollback
    return {
        "channel": channel,
        "asset": one.asset,
        "content": one.content,
        "release": f"{channel}@{move.previous}",
        "at": move.at,
        "by": move.by,
        "note": move.note,
        "reason": one.reason,
    }


def _names(contents: Iterable[AssetContent]) -> list[str]:
    return [one.asset for one in contents]


def _channel(name: str) -> tuple[str, ...]:
    """The option that names a channel, where one is needed."""
    return () if name == MAIN else ("--channel", name)
