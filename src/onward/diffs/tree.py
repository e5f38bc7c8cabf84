"""Folders: which parts came, went and changed, and each that changed by what is in it."""

from __future__ import annotations

from typing import Any

from onward.base.text import listed
from onward.diffs.registry import TREE, compare_files
from onward.diffs.words import came_and_went, joined
from onward.model.artifact import FILE, Artifact, Part
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import Side

_MOST_COMPARED = 200
"""Parts that changed of which each is compared by what is in it; those beyond are counted as changed."""


class TreeDiff:
    """`detail`: `parts` and `changed`; see docs/reference/differences.md."""

    name = TREE

    def compare(self, before: Side, after: Side, options: DiffOptions) -> Difference | None:
        if not before.artifact.is_tree or not after.artifact.is_tree:
            return None
        old = {part.name: part for part in before.artifact.parts}
        new = {part.name: part for part in after.artifact.parts}
        added = [name for name in new if name not in old]
        removed = [name for name in old if name not in new]
        differing = [name for name in new if name in old and new[name].bytes != old[name].bytes]
        found = {
            name: compare_files(_as_file(before, old[name]), _as_file(after, new[name]), options)
            for name in differing[:_MOST_COMPARED]
        }
        noise = [name for name, told in found.items() if told.means_nothing]
        changed = [name for name in differing if name not in noise]
        parts = {
            how: {"count": len(names), "names": names[: options.samples]}
            for how, names in (("added", added), ("removed", removed), ("changed", changed), ("noise", noise))
        }
        told = {name: found[name] for name in changed if name in found}
        detail = {"parts": parts, "changed": [_told(name, told[name]) for name in list(told)[: options.samples]]}
        touched = len(added) + len(removed) + len(changed)
        if not touched:
            words = "differs in nothing but times and random names" if noise else "the same parts"
            return Difference(words, detail, 0.0, means_nothing=True)
        counts = came_and_went("file", added=len(added), removed=len(removed), changed=len(changed))
        share = touched / len(old | new)
        if touched == len(told) == 1:
            ((name, only),) = told.items()
            return Difference(f"`{name}`: {only.summary}", detail, share * only.share, pictures=only.pictures)
        names = listed([f"`{name}`" for name in (*changed, *added, *removed)], 3)
        return Difference(joined(counts, names), detail, share)


def _as_file(side: Side, part: Part) -> Side:
    """A part of a tree as an artifact of its own."""
    return Side(Artifact(FILE, part.bytes, part.bytes, part.media, part.size), side.path)


def _told(name: str, found: Difference) -> dict[str, Any]:
    return {"name": name, "summary": found.summary, "share": found.share, "detail": found.detail}
