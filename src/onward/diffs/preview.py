"""What people see of a result that only the later side has: first rows, a value, a picture, the first paragraphs.

Told in the fields of its kind's difference, as if it came in where nothing was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from onward.base.errors import MissingLibraryError
from onward.diffs.document import beginning
from onward.diffs.figure import drawn
from onward.diffs.table.alone import table_that_came
from onward.diffs.text import read_text
from onward.model.artifact import DOCUMENT, FIGURE, FILE, METRIC, TABLE
from onward.model.difference import Difference, DiffOptions, Picture
from onward.model.ports import Side

_MOST_LINES = 12
_MOST_LETTERS = 400
_LARGEST_TEXT = 1 << 20


def preview(side: Side, options: DiffOptions) -> Difference | None:
    """What is seen of an artifact; None where there is nothing to see, as of a model, or its bytes tell nothing."""
    look = _KINDS.get(side.artifact.kind)
    try:
        return look(side, options) if look is not None else None
    except MissingLibraryError:
        return None  # what came in is told all the same


def _metric(side: Side, options: DiffOptions) -> Difference:
    del options
    facts = side.artifact.facts
    detail = {"before": None, "after": facts.get("value"), "unit": facts.get("unit"), "delta": None, "relative": None}
    return _new(detail | ({"after_text": facts["text"]} if "text" in facts else {}))


def _figure(side: Side, options: DiffOptions) -> Difference | None:
    del options
    picture = drawn(side)
    return _new({}, picture) if picture is not None else None


def _document(side: Side, options: DiffOptions) -> Difference | None:
    del options
    found = beginning(side)
    if found is None:
        return None
    paragraphs, picture = found
    return _new({"form": "page", "paragraphs": _all_new(paragraphs), "hunks": _hunks(paragraphs)}, picture)


def _file(side: Side, options: DiffOptions) -> Difference | None:
    artifact = side.artifact
    if artifact.is_tree:
        names = [part.name for part in artifact.parts]
        return _new({"parts": {"added": {"count": len(names), "names": names[: options.samples]}}})
    picture = drawn(side)
    if picture is not None:
        return _new({}, picture)
    text = read_text(side) if artifact.size <= _LARGEST_TEXT else None
    lines = text.splitlines() if text is not None else []
    return _new({"form": "text", "lines": _all_new(lines), "hunks": _hunks(lines)}) if lines else None


def _all_new(texts: Sequence[str]) -> dict[str, int]:
    return {"before": 0, "after": len(texts), "added": len(texts), "removed": 0, "changed": 0}


def _hunks(texts: Sequence[str]) -> list[dict[str, Any]]:
    """The first lines or paragraphs, as a unified diff has those that came in."""
    first = [text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]} …" for text in texts[:_MOST_LINES]]
    return [{"before": 0, "after": 1, "lines": [{"sign": "+", "words": [[text, True]]} for text in first]}]


def _new(detail: dict[str, Any], picture: Picture | None = None) -> Difference:
    return Difference("new", detail, 1.0, pictures=(picture,) if picture is not None else ())


_KINDS: dict[str, Callable[[Side, DiffOptions], Difference | None]] = {
    TABLE: table_that_came,
    METRIC: _metric,
    FIGURE: _figure,
    DOCUMENT: _document,
    FILE: _file,
}
