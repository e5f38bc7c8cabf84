"""Files: by what is in them where their first bytes say what they are, else by their bytes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path

from onward.base.errors import MissingLibraryError
from onward.base.text import plural, size
from onward.diffs.noise import steady_pdf
from onward.diffs.notebook import cells_of, compare_notebooks
from onward.diffs.packed import compare_archives
from onward.diffs.pixels import compare_pictures
from onward.diffs.registry import TREE, kinds
from onward.diffs.text import LARGEST, compare_texts, read_text
from onward.model.artifact import FILE, TABLE
from onward.model.difference import Difference, DiffOptions, Picture
from onward.model.ports import Side

_LARGEST_PDF = 128 << 20
_LARGEST_SHOWN = 8 << 20
"""Bytes of a drawing up to which both sides are shown."""
_BLOCK = 1 << 16
_SVG = "image/svg+xml"


class FileDiff:
    """`detail`: `form`, `bytes`, and what the form has to say; see docs/reference/differences.md."""

    name = FILE

    def compare(self, before: Side, after: Side, options: DiffOptions) -> Difference:
        """What differs; any bytes can be compared, if only as such."""
        if before.artifact.is_tree and after.artifact.is_tree:
            found = kinds()[TREE].compare(before, after, options)
            assert found is not None, "parts can be compared whatever they hold"
            return found
        if before.artifact.is_tree or after.artifact.is_tree:
            words = ("a folder", "a file") if before.artifact.is_tree else ("a file", "a folder")
            return Difference(f"is {words[1]} now, and was {words[0]}", {"form": "bytes"}, 1.0)
        form = form_of(before.file())
        look = _BY_FORM.get(form) if form == form_of(after.file()) else None
        found = look(before, after, options) if look is not None else None
        return found or _texts(before, after, options) or _bytes(before, after)


def form_of(path: Path) -> str:
    """What the first bytes of a file say that it is; empty for what they leave open."""
    with path.open("rb") as file:
        start = file.read(16)
    for form, beginnings in _BEGINNINGS.items():
        if start.startswith(beginnings):
            return form
    return "picture" if start[:4] == b"RIFF" and start[8:12] == b"WEBP" else ""


_BEGINNINGS = {
    "pdf": (b"%PDF-",),
    "archive": (b"PK\x03\x04",),
    "picture": (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"),
    "gzip": (b"\x1f\x8b",),
    "parquet": (b"PAR1",),
}


def _archives(before: Side, after: Side, options: DiffOptions) -> Difference | None:
    return compare_archives(before.file(), after.file(), options)


def _pdfs(before: Side, after: Side, _: DiffOptions) -> Difference | None:
    if max(before.artifact.size, after.artifact.size) > _LARGEST_PDF:
        return None
    old, new = (steady_pdf(side.file().read_bytes()) for side in (before, after))
    if old == new:
        words = "differs in nothing but its dates and ids"
        return Difference(words, {"form": "pdf"}, 0.0, means_nothing=True)
    pages = [content.count(b"/Type /Page") - content.count(b"/Type /Pages") for content in (old, new)]
    told = f"{plural(pages[1], 'page')}, and was {pages[0]}" if pages[0] != pages[1] else "what its pages show changed"
    detail = {"form": "pdf", "pages": {"before": pages[0], "after": pages[1]}, **_sizes(before, after)}
    return Difference(told, detail, 1.0)


def _pictures(before: Side, after: Side, _: DiffOptions) -> Difference | None:
    media = before.artifact.media, after.artifact.media
    try:
        found = compare_pictures(before.file().read_bytes(), after.file().read_bytes(), media)
    except MissingLibraryError:
        # A picture among the files is no reason to say nothing of all the others.
        return None
    if found is None:
        return None
    detail = {"form": "picture", **found.detail, **_sizes(before, after)}
    return Difference(found.summary, detail, found.share, found.means_nothing, found.pictures)


def _gzips(before: Side, after: Side, options: DiffOptions) -> Difference | None:
    """What differs in what is packed: a file of gzip says when it was."""
    try:
        if _is_equal_unpacked(before.file(), after.file()):
            return Difference("the same content, packed at another time", {"form": "gzip"}, 0.0, means_nothing=True)
        texts = [_unpacked_text(side.file()) for side in (before, after)]
    except (OSError, EOFError, zlib.error):
        return None
    if texts[0] is None or texts[1] is None:
        return None
    return compare_texts(texts[0], texts[1], after.artifact.media, options)


def _is_equal_unpacked(before: Path, after: Path) -> bool:
    with gzip.open(before) as old, gzip.open(after) as new:
        while True:
            first, second = old.read(_BLOCK), new.read(_BLOCK)
            if first != second:
                return False
            if not first:
                return True


def _unpacked_text(path: Path) -> str | None:
    with gzip.open(path) as file:
        content = file.read(LARGEST + 1)
    try:
        return content.decode("utf-8") if len(content) <= LARGEST and b"\0" not in content else None
    except UnicodeDecodeError:
        return None


def _tables(before: Side, after: Side, options: DiffOptions) -> Difference | None:
    try:
        return kinds()[TABLE].compare(before, after, options)
    except MissingLibraryError:
        return None


_BY_FORM: dict[str, Callable[[Side, Side, DiffOptions], Difference | None]] = {
    "archive": _archives,
    "pdf": _pdfs,
    "picture": _pictures,
    "gzip": _gzips,
    "parquet": _tables,
}


def _texts(before: Side, after: Side, options: DiffOptions) -> Difference | None:
    old, new = read_text(before), read_text(after)
    if old is None or new is None:
        return None
    cells = cells_of(old), cells_of(new)
    if cells[0] is not None and cells[1] is not None:
        return compare_notebooks(cells[0], cells[1], options)
    found = compare_texts(old, new, after.artifact.media, options)
    if found.means_nothing or after.artifact.media != _SVG or max(len(old), len(new)) > _LARGEST_SHOWN:
        return found
    pictures = Picture("before", _SVG, old.encode()), Picture("after", _SVG, new.encode())
    return Difference(found.summary, found.detail, found.share, pictures=pictures)


def _bytes(before: Side, after: Side) -> Difference:
    """Sizes, and where the first byte is that differs."""
    old, new = before.file(), after.file()
    sizes = old.stat().st_size, new.stat().st_size
    first, differing = _differing_blocks(old, new)
    detail = {"form": "bytes", **_sizes(before, after), "offset": first}
    if first is None:
        return Difference("the same bytes", detail, 0.0, means_nothing=True)
    where = f"differs from byte {first:,} on"
    told = where if sizes[0] == sizes[1] else f"{size(sizes[1])}, and was {size(sizes[0])}; {where}"
    return Difference(told, detail, min(1.0, differing * _BLOCK / max(*sizes, _BLOCK)))


def _differing_blocks(before: Path, after: Path) -> tuple[int | None, int]:
    """The place of the first byte that differs, from 0, and how many blocks differ."""
    first, differing, place = None, 0, 0
    with before.open("rb") as old, after.open("rb") as new:
        while True:
            blocks = old.read(_BLOCK), new.read(_BLOCK)
            if not any(blocks):
                return first, differing
            if blocks[0] != blocks[1]:
                differing += 1
                if first is None:
                    both = zip(*blocks, strict=False)
                    shorter = min(map(len, blocks))
                    first = place + next((at for at, (left, right) in enumerate(both) if left != right), shorter)
            place += _BLOCK


def _sizes(before: Side, after: Side) -> dict[str, dict[str, int]]:
    return {"bytes": {"before": before.file().stat().st_size, "after": after.file().stat().st_size}}
