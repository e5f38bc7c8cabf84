"""The last result of each step in this worktree: what `kept` means, and what `show` shows.

Derived from the runs, kept so that they need not be read; a lost or damaged file costs look-ups and no result.
"""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

import msgspec

from onward.base.digest import Digest
from onward.model.trace import Trace
from onward.model.workspace import Discovered
from onward.store.disk import Disk
from onward.store.layout import LOCAL_SCOPE

STANDING_FORMAT = 1


class StandingResult(msgspec.Struct, frozen=True):
    """A step's last good result: its trace, and the trace's name in the store."""

    name: Digest
    trace: Trace


class Standing(msgspec.Struct):
    """By step. `failed` holds steps whose last run failed, with the key that failed and the message.

    `run` is the last run's id; None before the first. `scope` is that of the last run: it vouches for all of them.
    """

    format: int = STANDING_FORMAT
    run: str | None = None
    results: dict[str, StandingResult] = {}
    failed: dict[str, str] = {}
    seconds: dict[str, float] = {}
    scope: str = LOCAL_SCOPE

    def trace(self, step: str) -> Trace | None:
        """The step's last good result."""
        result = self.results.get(step)
        return None if result is None else result.trace

    def discovered(self) -> dict[str, Discovered]:
        """By step, what its last good result was seen to rest on and to write beyond what its code says."""
        found = {step: discovered_in(result.trace) for step, result in self.results.items()}
        return {step: seen for step, seen in found.items() if seen != _NOTHING}


_NOTHING = Discovered()


def discovered_in(trace: Trace) -> Discovered:
    """What a result was seen to load, to read and to write; what its code says is among it, and does no harm."""
    inside = [seen for seen in trace.observations if not seen.name.startswith("/")]
    return Discovered(
        tuple(seen.name for seen in inside if seen.kind == "asset"),
        tuple(dict.fromkeys(seen.name for seen in inside if seen.kind in ("file", "listing"))),
        tuple(seen.name for seen in inside if seen.kind in ("absent", "there")),
        tuple(path for artifact in trace.artifacts.values() if (path := artifact.path) is not None),
    )


def load(path: Path, scopes: Container[str] | None = (LOCAL_SCOPE,)) -> Standing:
    """The standing results of a worktree; none where the file is missing, damaged or of another format.

    Results of a scope that is not among `scopes` (None: all are) are none either: how long steps took is all that is
    taken over.
    """
    try:
        standing = msgspec.msgpack.decode(path.read_bytes(), type=Standing)
    except (OSError, msgspec.DecodeError):
        return Standing()
    if standing.format != STANDING_FORMAT:
        return Standing()
    return standing if scopes is None or standing.scope in scopes else Standing(seconds=standing.seconds)


def save(path: Path, standing: Standing, disk: Disk) -> None:
    disk.replace(path, msgspec.msgpack.encode(standing))
