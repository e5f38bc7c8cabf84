"""What `onward run` can be asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RunOptions:
    """What `onward run` was asked for."""

    targets: Sequence[str] = ()
    jobs: int | None = None
    keep_going: bool = False
    force: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    overwrite: Sequence[str] = ()
    time_limit_s: float | None = None
    strict: bool = False
    """Refuse steps what they do not declare."""
    twice: bool = False
    """Run what is made a second time."""
    folder: str = ""
    """Where the words were typed, relative to the root."""
    checks: bool = True
    """Whether the checks of the targets, and of what they need, come along."""
    as_of: str | None = None
    """The date that `today()` gives; None for the day of the run."""
    is_recorded: bool = True
    """Whether the run becomes one of the workspace's; else only what it makes is kept, for whoever needs the same."""

    @property
    def slots(self) -> int:
        """How many steps run at once: unless said, one more than cores, so that none waits while a result is kept."""
        return self.jobs or _cores() + 1


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
