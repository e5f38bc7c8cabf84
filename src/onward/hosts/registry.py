"""The hosts by name."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from onward.model.ports import Host


@cache
def hosts() -> dict[str, Host]:
    """Every host that is installed: those built in take the road that anyone's would."""
    return {entry.name: entry.load()() for entry in sorted(entry_points(group="onward.hosts"))}
