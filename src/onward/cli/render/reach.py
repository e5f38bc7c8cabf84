"""How far edits reach, as text and as JSON."""

from __future__ import annotations

from typing import Any

from onward.app.explaining.reach import Reach
from onward.base.text import duration, listed, plural

_MOST_NAMED = 5


def reach_json(reach: Reach) -> dict[str, Any]:
    """The reach as command-line.md has it."""
    return {
        "steps": list(reach.steps),
        "seconds": round(reach.seconds, 3),
        "untimed": reach.untimed,
        "release": reach.release,
        "published": [{"asset": found.asset, "kind": found.kind} for found in reach.published],
    }


def reach_line(reach: Reach, whose: str) -> str:
    """`<whose> 6 steps, which took 12 s last time`, and what is published of them."""
    took = ""
    if reach.untimed < len(reach.steps):
        took = f", which took {duration(reach.seconds)} last time"
        took += f" ({reach.untimed} of them never ran)" if reach.untimed else ""
    said = f"{whose} {plural(len(reach.steps), 'step')}{took}"
    if reach.published:
        named = listed([f"{found.asset} ({found.kind})" for found in reach.published], _MOST_NAMED)
        said += f"\npublished in {reach.release}, and may change: {named}"
    return said
