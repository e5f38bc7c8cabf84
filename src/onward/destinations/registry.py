"""The kinds of places by name. Built-in ones are found by entry point, like anyone's."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from onward.base.errors import UsageError
from onward.base.text import nearest
from onward.destinations.naming import without_secrets
from onward.model.ports import Destination

GROUP = "onward.destinations"
EXAMPLES = '`"folder:/srv/site"`, `"git:gh-pages"`, `"s3://bucket/prefix"`'


@cache
def kinds() -> dict[str, Callable[[str, Path, Path], Destination]]:
    """What makes a destination of each installed kind, from what stands behind the kind, the root, and a cache."""
    return {entry.name: entry.load() for entry in entry_points(group=GROUP)}


@cache
def names() -> frozenset[str]:
    """The names of the installed kinds; loads none of them."""
    return frozenset(entry_points(group=GROUP).names)


def check_kind(place: str) -> None:
    """Sees to it that the kind of a place is an installed one.

    Raises:
        UsageError: there is no such kind.
    """
    kind, mark, address = place.partition(":")
    if not mark or not address or kind not in names():
        close = nearest(kind, sorted(names()), 1) if mark else []
        hint = f"write `{close[0]}:...`" if close else f"write one like {EXAMPLES}"
        raise UsageError(f"`{without_secrets(place)}` is no place for a site", hint=hint)


def destination_for(place: str, root: Path, cache_folder: Path) -> Destination:
    """The destination that a place of `publish` means.

    Args:
        place: a kind, `:`, and an address of that kind.
        root: the workspace's root.
        cache_folder: where a kind may put what is under way.

    Raises:
        UsageError: there is no such kind, or its address means nothing.
        RefusedError: it is a place where no site can be.
    """
    check_kind(place)
    kind, _, address = place.partition(":")
    return kinds()[kind](address, root, cache_folder)
