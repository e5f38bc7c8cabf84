"""Whether somebody edited code whose digest differs, or whether another onward took that digest.

Digests of code have formats, and what an onward of one format says of some code cannot be compared with what one of
another format says. So code of then is read again, by this onward, and held against the code of now: where the two say
the same, nobody edited it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import onward
from onward.app.changes.edits import Placed
from onward.app.changes.past import CodeState
from onward.app.reading.code import reading_format
from onward.app.settings.place import CONFIG_NAME
from onward.base import paths
from onward.steps.registry import kinds

Builder = Mapping[str, Any]
"""Who made a result, as its envelope says."""

READS_OTHERWISE = "onward", "reads the code", "in another way now"
"""As the kind of a reason, what it is about, and what happened."""
NOT_EDITED = " (nobody edited it)"
_PYTHON = (".py", ".ipynb")


def this_onward(kind: str) -> Builder:
    """What this onward says of itself with a result that it makes of a step of some kind."""
    return {"onward": onward.__version__, "reads": reading_format(kinds()[kind].format)}


def read_alike(first: Builder, second: Builder) -> bool:
    """Whether the digests of code of two results can be compared.

    An onward that does not say how it reads is another one than any that does.
    """
    if "reads" in first or "reads" in second:
        return first.get("reads") == second.get("reads")
    return first.get("onward") == second.get("onward")


def is_edited(step: Placed, kind: str, name: str, before: CodeState, after: CodeState) -> bool:
    """Whether a piece of a step's code differs between two states, both as this onward reads them.

    Args:
        kind, name: as in the trace of a result, or in a reason.
    """
    if kind == "step":
        return _differ_in_code(before, after) or any(
            _said(path, before) != _said(path, after) for path in _declaring(step)
        )
    if kind == "pickled" or name.endswith(" (pickled code)"):
        return _differ_in_code(before, after)
    if step.file.endswith(_PYTHON) and all(step.file in state.links.tables for state in (before, after)):
        then, now = (state.links.closure(step.file, step.symbol).symbols for state in (before, after))
        if name in then or name in now:
            return then.get(name) != now.get(name)
    path = name.partition(" (")[0].partition(":")[0]
    said = _said(path, before), _said(path, after)
    return said[0] != said[1] if any(said) else _differ_in_code(before, after)


def _differ_in_code(before: CodeState, after: CodeState) -> bool:
    """Whether any file of code that the earlier results rest on is another one now."""
    return any(before.read(path) != after.read(path) for path in _with_other_digests(before, after))


def _with_other_digests(before: CodeState, after: CodeState) -> Iterator[str]:
    now = after.links.digests
    return (path for path, digest in before.links.digests.items() if now.get(path) != digest)


def _said(path: str, state: CodeState) -> object:
    """What of a file counts that is no Python: of a query its meaning, of a notebook all but what its cells printed."""
    table = state.links.tables.get(path)
    if table is not None and table.query is not None:
        return table.query.digest
    return table.notebook if table is not None and table.notebook is not None else state.read(path)


def _declaring(step: Placed) -> Iterator[str]:
    """The files that say what a step is: its own, and the settings above it."""
    yield step.file
    folder: str | None = paths.folder_of(step.file)
    while folder is not None:
        yield f"{folder}/{CONFIG_NAME}" if folder else CONFIG_NAME
        folder = paths.folder_of(folder) if folder else None
