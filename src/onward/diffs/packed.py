"""Documents that are archives (xlsx, docx, pptx, ODF, any zip): by their parts, and by the words and cells in them."""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from blake3 import blake3

from onward.base.text import listed
from onward.diffs.lines import compare_lines, hunks_of
from onward.diffs.values import compare_values
from onward.diffs.words import came_and_went, joined, moved_numbers
from onward.model.difference import Difference, DiffOptions

_ABOUT = ("docProps/core.xml", "meta.xml")
"""Who wrote it with what, and when; nothing that its reader sees."""
_LARGEST = 2 << 30
"""Bytes of all parts, unpacked, up to which they are read."""
_LARGEST_XML = 16 << 20
"""Bytes of the parts that are looked into for words and cells."""
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BROKEN = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, KeyError, IndexError,
    struct.error, zlib.error, ElementTree.ParseError, AttributeError,
)  # fmt: skip
"""What `zipfile` and `ElementTree` raise for archives that are broken, locked, or no such document."""


def compare_archives(before: Path, after: Path, options: DiffOptions) -> Difference | None:
    """What differs between two archives; None where one of them cannot be opened, or is too large."""
    try:
        with zipfile.ZipFile(before) as old, zipfile.ZipFile(after) as new:
            return _compare(old, new, options)
    except _BROKEN:
        return None


def _compare(old: zipfile.ZipFile, new: zipfile.ZipFile, options: DiffOptions) -> Difference | None:
    if any(sum(part.file_size for part in archive.infolist()) > _LARGEST for archive in (old, new)):
        return None
    parts = _parts(old), _parts(new)
    added = [name for name in parts[1] if name not in parts[0]]
    removed = [name for name in parts[0] if name not in parts[1]]
    changed = [name for name in parts[1] if name in parts[0] and parts[0][name] != parts[1][name]]
    names = {"added": added, "removed": removed, "changed": changed}
    detail: dict[str, Any] = {
        "form": "archive",
        "parts": {how: {"count": len(found), "names": found[: options.samples]} for how, found in names.items()},
    }
    if not (added or removed or changed):
        return Difference("the same parts, packed at another time", detail, 0.0, means_nothing=True)
    counts = came_and_went("part", added=len(added), removed=len(removed), changed=len(changed))
    summary = joined(counts, listed([f"`{name}`" for name in (*changed, *added, *removed)], 3))
    share = (len(added) + len(removed) + len(changed)) / max(1, len(parts[0] | parts[1]))
    for look in (_cells_that_differ, _words_that_differ):
        found = look(old, new, options)
        if found is not None:
            return Difference(found[0] or f"what it says is the same; {summary}", detail | found[1], share)
    return Difference(summary, detail, share)


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Digests of an archive's parts by name, less what only says who wrote it and when."""
    found: dict[str, str] = {}
    for part in archive.infolist():
        if part.filename in _ABOUT or part.is_dir():
            continue
        with archive.open(part) as file:
            told = blake3(found.get(part.filename, "").encode())
            while block := file.read(1 << 20):
                told.update(block)
        found[part.filename] = told.hexdigest()
    return found


Told = tuple[str, dict[str, Any]]
"""A sentence, empty where nothing differs, and the fields of `detail`."""


def _cells_that_differ(old: zipfile.ZipFile, new: zipfile.ZipFile, options: DiffOptions) -> Told | None:
    """What differs in the cells of two workbooks; None where these are none."""
    before, after = _sheets(old), _sheets(new)
    if before is None or after is None:
        return None
    found = compare_values(before, after, options.tolerance)
    counts = {"added": found.added, "removed": found.removed, "changed": found.changed}
    return found.summary("cell") if found.touched else "", {"cells": counts, "sample": found.sample(options.samples)}


def _sheets(archive: zipfile.ZipFile) -> dict[str, Any] | None:
    """The cells of a workbook by the name of their sheet and their place (`Delays!B7`); None where it is none."""
    if "xl/workbook.xml" not in archive.namelist():
        return None
    relations = {
        item.get("Id"): posixpath.normpath(posixpath.join("/xl", item.get("Target", "")))[1:]
        for item in _xml(archive, "xl/_rels/workbook.xml.rels")
    }
    texts: list[str] = []
    if "xl/sharedStrings.xml" in archive.namelist():
        texts = [
            "".join(each.text or "" for each in item.iter(f"{_SHEET}t"))
            for item in _xml(archive, "xl/sharedStrings.xml")
        ]
    found: dict[str, Any] = {}
    for sheet in _xml(archive, "xl/workbook.xml").iter(f"{_SHEET}sheet"):
        part = relations.get(sheet.get(_RELATION, ""), "")
        if part in archive.namelist():
            cells = _cells(_xml(archive, part), texts)
            found |= {f"{sheet.get('name', part)}!{place}": value for place, value in cells}
    return found


def _cells(sheet: ElementTree.Element, texts: list[str]) -> Iterator[tuple[str, Any]]:
    for cell in sheet.iter(f"{_SHEET}c"):
        place, kind = cell.get("r", ""), cell.get("t", "n")
        formula, value = cell.findtext(f"{_SHEET}f"), cell.findtext(f"{_SHEET}v")
        if kind == "inlineStr":
            yield place, "".join(each.text or "" for each in cell.iter(f"{_SHEET}t"))
        elif value is None:
            if formula is not None:
                yield place, f"={formula}"
        elif kind == "s":
            yield place, texts[int(value)]
        else:
            yield place, float(value) if kind == "n" else value


def _words_that_differ(old: zipfile.ZipFile, new: zipfile.ZipFile, options: DiffOptions) -> Told | None:
    """What differs in the paragraphs of two texts or presentations; None where these are neither."""
    paragraphs = [list(_paragraphs(archive)) for archive in (old, new)]
    if not all(paragraphs):
        return None
    lines = compare_lines(*paragraphs)
    counts = {"added": lines.added, "removed": lines.removed, "changed": lines.changed}
    told = came_and_went("paragraph", **counts)
    return joined(told, moved_numbers(lines.numbers())), {
        "paragraphs": counts,
        "hunks": hunks_of(lines, options.samples),
    }


def _paragraphs(archive: zipfile.ZipFile) -> Iterator[str]:
    names = set(archive.namelist())
    slides = sorted((name for name in names if re.fullmatch(r"ppt/slides/slide\d+\.xml", name)), key=_slide_number)
    for name, space in [("word/document.xml", _WORD), *((slide, _DRAWING) for slide in slides)]:
        if name in names:
            for paragraph in _xml(archive, name).iter(f"{space}p"):
                text = "".join(each.text or "" for each in paragraph.iter(f"{space}t"))
                if text.strip():
                    yield text


def _slide_number(name: str) -> int:
    return int(re.sub(r"\D", "", name))


def _xml(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    """A part as XML.

    Raises:
        ValueError: it is too large to be held.
    """
    if archive.getinfo(name).file_size > _LARGEST_XML:
        raise ValueError(f"{name} is too large")
    return ElementTree.fromstring(archive.read(name))
