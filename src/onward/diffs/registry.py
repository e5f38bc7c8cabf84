"""The kinds of differences by name. Built-in ones are found by entry point, like anyone's."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from onward.model.artifact import FILE, Artifact
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import DiffKind, Side

GROUP = "onward.diffs"
TEXT, TREE = "text", "tree"
_TEXT_MEDIA = ("application/json", "application/x-ndjson", "application/xml", "application/toml", "application/yaml")


@cache
def kinds() -> dict[str, DiffKind]:
    """All kinds that are installed, by name."""
    return {entry.name: entry.load()() for entry in entry_points(group=GROUP)}


def kind_for(before: Artifact, after: Artifact) -> DiffKind:
    """What compares two artifacts: by their kind where they share one, else by their bytes."""
    names = {_name_of(before), _name_of(after)}
    return kinds()[names.pop()] if len(names) == 1 and names <= kinds().keys() else kinds()[FILE]


def compare_files(before: Side, after: Side, options: DiffOptions) -> Difference:
    """What differs between two files, by what is in them; as bytes where they are not what they seem."""
    found = kind_for(before.artifact, after.artifact).compare(before, after, options)
    found = found or kinds()[FILE].compare(before, after, options)
    assert found is not None, "any bytes can be compared as bytes"
    return found


def _name_of(artifact: Artifact) -> str:
    if artifact.kind != FILE:
        return artifact.kind
    if artifact.is_tree:
        return TREE
    return TEXT if artifact.media.startswith("text/") or artifact.media in _TEXT_MEDIA else FILE
