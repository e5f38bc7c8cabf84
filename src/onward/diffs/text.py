"""Texts: by lines and words; JSON by its values; HTML and SVG without random names and what is not shown."""

from __future__ import annotations

import json
from typing import Any

from onward.base.text import plural
from onward.diffs.lines import compare_lines, hunks_of
from onward.diffs.noise import steady_markup, steady_text
from onward.diffs.values import Values, compare_values
from onward.diffs.words import came_and_went, joined, moved_numbers
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import Side

LARGEST = 32 << 20
"""Bytes of a text on one side that is compared as one; a larger file is compared by its bytes."""
_LINES = "application/x-ndjson"
_MARKUP_MEDIA = ("text/html", "image/svg+xml", "application/xhtml+xml")
_MARKUP = ("<!doctype html", "<html", "<svg", "<?xml", "<div", "<style", "<table", "<head", "<body")


class TextDiff:
    """`detail`: `form`; of lines `lines` and `hunks`, of JSON `values` and `sample` (docs/reference/differences.md)."""

    name = "text"

    def compare(self, before: Side, after: Side, options: DiffOptions) -> Difference | None:
        old, new = read_text(before), read_text(after)
        if old is None or new is None:
            return None
        return compare_texts(old, new, after.artifact.media, options)


def read_text(side: Side) -> str | None:
    """The text of a blob; None where it is none, or too large to be held."""
    path = side.file()
    if path.stat().st_size > LARGEST:
        return None
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def compare_texts(before: str, after: str, media: str, options: DiffOptions) -> Difference:
    """What differs between two texts of a media type."""
    found = _compare_json(before, after, media, options)
    if found is not None:
        return found
    if _settled(before) == _settled(after):
        return _nothing("text", "the same text with other line ends")
    is_markup = media in _MARKUP_MEDIA or all(map(_begins_as_markup, (before, after)))
    texts = [steady_text(_settled(text)) for text in (before, after)]
    old, new = ((steady_markup(text) if is_markup else text).splitlines() for text in texts)
    form = "markup" if is_markup else "text"
    if old == new:
        names = "random names, times or comments" if is_markup else "addresses or times"
        return _nothing(form, f"differs in nothing but {names}")
    lines = compare_lines(old, new)
    told = came_and_went("line", added=lines.added, removed=lines.removed, changed=lines.changed)
    detail = {
        "form": form,
        "lines": {
            "before": len(old),
            "after": len(new),
            "added": lines.added,
            "removed": lines.removed,
            "changed": lines.changed,
        },
        "hunks": hunks_of(lines, options.samples),
    }
    summary = joined(told, moved_numbers(lines.numbers())) or "the same lines in another order"
    return Difference(summary, detail, max(lines.share, 1e-6))


def _begins_as_markup(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n")[:20].lower().startswith(_MARKUP)


def _settled(text: str) -> str:
    """A text without the mark that it begins with, and with one sort of line ends."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").removesuffix("\n")


def _nothing(form: str, summary: str) -> Difference:
    return Difference(summary, {"form": form}, 0.0, means_nothing=True)


# JSON


def _compare_json(before: str, after: str, media: str, options: DiffOptions) -> Difference | None:
    """What differs between two values of JSON, or of JSON a line; None where one of the texts is neither."""
    try:
        old, new = _values(before, media), _values(after, media)
        return _told_values(compare_values(old, new, options.tolerance), options)
    except (ValueError, RecursionError):
        return None


def _values(text: str, media: str) -> Any:
    """The values of a text.

    Raises:
        ValueError: it is no JSON, or says two things under one name.
    """
    text = text.removeprefix("\ufeff")
    if media == _LINES:
        return [_value(line) for line in text.splitlines() if line.strip()]
    if text.lstrip()[:1] not in ("{", "["):
        raise ValueError("a single value is a text as good as any")
    return _value(text)


def _value(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_named)


def _named(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _told_values(values: Values, options: DiffOptions) -> Difference:
    counts = {"added": values.added, "removed": values.removed, "changed": values.changed}
    detail = {
        "form": "json",
        "values": {"compared": values.compared, **counts},
        "sample": values.sample(options.samples),
    }
    if not values.touched:
        return Difference("the same values, written otherwise", detail, 0.0, means_nothing=True)
    if values.is_rounding:
        words = f"{plural(values.changed, 'value')} differ{'s' if values.changed == 1 else ''} by rounding alone"
        return Difference(words, detail | {"tolerance": options.tolerance}, 0.0, means_nothing=True)
    return Difference(values.summary(), detail, max(values.share, 1e-6))
