"""Two executed notebooks, cell by cell: prose, code, and what the cells show."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, NamedTuple

from onward.base.errors import MissingLibraryError
from onward.base.text import listed, plural
from onward.diffs.lines import Lines, compare_lines, hunks_of
from onward.diffs.markup import shown_in
from onward.diffs.noise import steady_markup, steady_text
from onward.diffs.pixels import compare_pictures
from onward.diffs.specification import compare_specifications, is_specification, specification_in
from onward.diffs.words import came_and_went, joined, moved_numbers, shortened
from onward.model.difference import Difference, DiffOptions, Picture

TEXT, TABLE, PICTURE, FIGURE, PAGE, ERROR = "text", "table", "picture", "figure", "html", "error"
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_TEXTS = ("text/markdown", "text/latex", "application/json", "text/plain")
_SVG = "image/svg+xml"


class Output(NamedTuple):
    """What a cell shows: what it is, its media type, and a text, the bytes of a picture, or a specification."""

    what: str
    media: str
    value: Any


class Cell(NamedTuple):
    """One cell of a notebook; `manner` is what of its metadata decides how it is shown."""

    kind: str
    source: str
    outputs: list[Output]
    manner: str


class Part(NamedTuple):
    """What changed of a cell: its `prose`, its `code`, or what it shows.

    Attributes:
        numbers: those that moved, in texts and tables.
    """

    what: str
    summary: str
    numbers: Sequence[tuple[str, str]] = ()
    hunks: Sequence[dict[str, Any]] = ()
    pictures: tuple[Picture, ...] = ()
    share: float = 1.0


@dataclass
class _Changed:
    """A cell that came, went or changed; its number on either side, from 1."""

    kind: str
    before: int | None
    after: int | None
    parts: list[Part] = field(default_factory=list)

    @property
    def change(self) -> str:
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def cells_of(text: str) -> list[Cell] | None:
    """The cells of a notebook; None where a text is none."""
    try:
        raw = json.loads(text.removeprefix("\ufeff"))
        if not isinstance(raw, dict) or "nbformat" not in raw:
            return None
        return [_cell(cell) for cell in raw["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _cell(raw: dict[str, Any]) -> Cell:
    outputs = [_output(output) for output in raw.get("outputs", ())]
    metadata = raw.get("metadata") or {}
    manner = [metadata.get(word) or None for word in ("tags", "jupyter", "raw_mimetype", "format")]
    told = json.dumps([manner, raw.get("attachments") or None], sort_keys=True)
    return Cell(str(raw["cell_type"]), _joined(raw.get("source")), _settled(outputs), told)


def _joined(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _settled(outputs: Sequence[Output | None]) -> list[Output]:
    """Outputs that are shown, texts that follow each other as one: in how many pieces they came is chance."""
    found: list[Output] = []
    for output in outputs:
        if output is None:
            continue
        if found and output.media == found[-1].media == "stream":
            output = Output(TEXT, "stream", found.pop().value + output.value)
        found.append(output)
    return found


def _output(raw: dict[str, Any]) -> Output | None:
    if raw["output_type"] == "stream":
        return Output(TEXT, "stream", _joined(raw.get("text")))
    if raw["output_type"] == "error":
        return Output(ERROR, ERROR, steady_text(f"{raw.get('ename')}: {raw.get('evalue')}"))
    data = raw.get("data", {})
    for media, value in data.items():
        if is_specification(media) and isinstance(value, dict):
            return Output(FIGURE, media, value)
    if "text/html" in data:
        page = _joined(data["text/html"])
        specification = specification_in(page)
        if specification is not None:
            return Output(FIGURE, "text/html", specification)
        return Output(TABLE if "<table" in page.lower() else PAGE, "text/html", page)
    if _SVG in data:
        return Output(PICTURE, _SVG, _joined(data[_SVG]).encode("utf-8", "replace"))
    for media in _PICTURES:
        if media in data:
            return Output(PICTURE, media, _decoded(_joined(data[media])))
    for media in _TEXTS:
        if media in data:
            value = data[media]
            is_text = isinstance(value, (str, list)) and media != "application/json"
            return Output(TEXT, media, _joined(value) if is_text else json.dumps(value, sort_keys=True, indent=1))
    return None


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded)
    except (binascii.Error, ValueError):
        return encoded.encode("utf-8", "replace")


# Cells


def compare_notebooks(before: Sequence[Cell], after: Sequence[Cell], options: DiffOptions) -> Difference:
    """What differs between two notebooks, cell by cell; cells are matched by their source."""
    changed = _changed_cells(before, after, options)
    detail = {
        "form": "notebook",
        "cells": {"before": len(before), "after": len(after)}
        | {how: sum(cell.change == how for cell in changed) for how in ("added", "removed", "changed")},
        "sample": [_told(cell) for cell in changed[: 2 * options.samples]],
    }
    if not changed:
        words = "the same cells; nothing differs but times, counts, addresses or random names"
        return Difference(words, detail, 0.0, means_nothing=True)
    pictured = [part for cell in changed for part in cell.parts if part.pictures]
    pictures = max(pictured, key=lambda part: part.share).pictures if pictured else ()
    share = len(changed) / max(1, len(before), len(after))
    return Difference(_summary(changed), detail, min(1.0, share), pictures=pictures)


def _changed_cells(before: Sequence[Cell], after: Sequence[Cell], options: DiffOptions) -> list[_Changed]:
    lines = compare_lines(*([f"{cell.kind}\n{cell.source}" for cell in cells] for cells in (before, after)))
    changed = []
    for old, new in _pairs(lines):
        cell = after[new] if new is not None else before[old or 0]
        found = _Changed(cell.kind, None if old is None else old + 1, None if new is None else new + 1)
        if old is not None and new is not None:
            found.parts = _parts(before[old], after[new], options)
        if found.parts or found.change != "changed":
            changed.append(found)
    return changed


def _pairs(lines: Lines) -> list[tuple[int | None, int | None]]:
    """Which cell is which, those whose source is the same among them, in the order of the later notebook."""
    if lines.places is None:
        return [(at, at) for at in range(min(len(lines.before), len(lines.after)))]
    gone, come = {old for old, _ in lines.places}, {new for _, new in lines.places}
    same = zip(
        (at for at in range(len(lines.before)) if at not in gone),
        (at for at in range(len(lines.after)) if at not in come),
        strict=True,
    )
    pairs = [*lines.places, *same]
    ends = {old: new for old, new in pairs if old is not None and new is not None}

    def order(pair: tuple[int | None, int | None]) -> tuple[int, int]:
        old, new = pair
        if new is not None:
            return new, 1
        # One that went stands where the next one is that stayed.
        return next((ends[at] for at in range(old or 0, len(lines.before)) if at in ends), len(lines.after)), 0

    return sorted(pairs, key=order)


def _parts(old: Cell, new: Cell, options: DiffOptions) -> list[Part]:
    parts = []
    if old.source != new.source:
        lines = compare_lines(old.source.splitlines(), new.source.splitlines())
        numbers = lines.numbers() if new.kind != "code" else []
        told = joined(_counted("line", lines), moved_numbers(numbers))
        parts.append(Part("code" if new.kind == "code" else "prose", told, numbers, hunks_of(lines, options.samples)))
    if old.manner != new.manner:
        parts.append(Part("manner", "its tags or attachments changed"))
    for first, second in zip_longest(old.outputs, new.outputs):
        found = _compare_outputs(first, second, options)
        if found is not None:
            parts.append(found)
    return parts


def _counted(noun: str, lines: Lines) -> str:
    return came_and_went(noun, added=lines.added, removed=lines.removed, changed=lines.changed) or "written otherwise"


# Outputs


def _compare_outputs(old: Output | None, new: Output | None, options: DiffOptions) -> Part | None:
    """What changed of an output; None where nothing did that means anything."""
    if old is None or new is None:
        shown = new or old
        assert shown is not None, "one of the two is there"
        return Part(shown.what, f"{shown.what} {'came in' if old is None else 'went'}")
    if old.what != new.what:
        return Part(new.what, f"shows {new.what} now, and showed {old.what}")
    if new.what == PICTURE:
        return _pictures(old, new)
    if new.what == FIGURE:
        return _figures(old, new, options)
    if new.what == ERROR:
        told = f"{shortened(old.value, 80)} → {shortened(new.value, 80)}"
        return Part(ERROR, told) if old.value != new.value else None
    return _texts(old, new, options)


def _pictures(old: Output, new: Output) -> Part | None:
    if old.value == new.value:
        return None
    if new.media == old.media == _SVG:
        first, second = (steady_markup(output.value.decode("utf-8", "replace")) for output in (old, new))
        shown = Picture("before", _SVG, old.value), Picture("after", _SVG, new.value)
        return Part(PICTURE, "picture changed", pictures=shown) if first != second else None
    try:
        found = compare_pictures(old.value, new.value, (old.media, new.media))
    except MissingLibraryError:
        # The words of a notebook are worth being told without its pictures.
        found = None
    if found is None:
        return Part(PICTURE, "picture changed")
    if found.means_nothing:
        return None
    return Part(PICTURE, f"picture: {found.summary}", pictures=found.pictures, share=found.share)


def _figures(old: Output, new: Output, options: DiffOptions) -> Part | None:
    found = compare_specifications(old.value, new.value, options)
    if found is None:
        return Part(FIGURE, "figure changed") if old.value != new.value else None
    return None if found.means_nothing else Part(FIGURE, f"figure: {found.summary}", share=found.share)


def _texts(old: Output, new: Output, options: DiffOptions) -> Part | None:
    """What changed of a text, of the rows of a table, or of the words of a page."""
    blocks = [_blocks(output) for output in (old, new)]
    if blocks[0] == blocks[1]:
        if new.media != "text/html" or steady_markup(old.value) == steady_markup(new.value):
            return None
        return Part(new.what, "its words are the same; how it looks changed")
    lines = compare_lines(*blocks)
    numbers = lines.numbers()
    noun = "row" if new.what == TABLE else "line"
    told = moved_numbers(numbers) if numbers and lines.changed == 1 else ""
    told = told or joined(_counted(noun, lines), moved_numbers(numbers))
    return Part(new.what, told, numbers, hunks_of(lines, options.samples))


def _blocks(output: Output) -> list[str]:
    text = steady_text(output.value)
    shown = shown_in(text) if output.media == "text/html" else None
    return shown.blocks if shown is not None else text.splitlines()


# What is told


def _told(cell: _Changed) -> dict[str, Any]:
    parts = [
        {"what": part.what, "summary": part.summary}
        | ({"numbers": [list(pair) for pair in part.numbers[:20]]} if part.numbers else {})
        | ({"hunks": list(part.hunks)} if part.hunks else {})
        for part in cell.parts
    ]
    return {"kind": cell.kind, "change": cell.change, "before": cell.before, "after": cell.after, "parts": parts}


def _summary(changed: Sequence[_Changed]) -> str:
    """What the cells show first, then their code and prose, then those that came and went."""
    shown = [(cell, part) for cell in changed for part in cell.parts if part.what not in ("code", "prose")]
    told = [f"cell {cell.after}: {part.summary}" for cell, part in shown]
    parts = [listed(told, 2)] if told else []
    for what in ("code", "prose"):
        touched = [cell for cell in changed if any(part.what == what for part in cell.parts)]
        if touched:
            numbers = [pair for cell in touched for part in cell.parts if part.what == what for pair in part.numbers]
            parts.append(joined(f"{what} of {plural(len(touched), 'cell')} changed", moved_numbers(numbers)))
    counts = {how: sum(cell.change == how for cell in changed) for how in ("added", "removed")}
    came = came_and_went("cell", **counts)
    return "; ".join([*parts, *([came] if came else [])])
