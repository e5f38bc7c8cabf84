"""The kinds by name. Built-in ones are found by entry point, like anyone's."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from onward.base.errors import InternalError
from onward.model.ports import StepKind

GROUPS = ("onward.steps", "onward.checks")


@cache
def kinds() -> dict[str, StepKind]:
    """All kinds that are installed, by name."""
    found: dict[str, StepKind] = {}
    for group in GROUPS:
        for entry in sorted(entry_points(group=group), key=lambda point: point.name):
            found[entry.name] = entry.load()()
    if not found:
        raise InternalError("no kind of step is registered", hint="install onward again: its entry points are gone")
    return found
