"""What `onward run` can be asked for."""

from __future__ import annotations

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
    folder: str = ""
    """Where the words were typed, relative to the root."""
