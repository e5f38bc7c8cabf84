"""Reading what the content points to: whole, or as much as a page shows of it."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from onward.base.errors import StoreError
from onward.portal.content import File

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def read(file: File, limit: int | None = None) -> bytes:
    """The file's bytes, or its first `limit` ones.

    Raises:
        StoreError: they cannot be read.
    """
    try:
        if isinstance(file.source, Path):
            with file.source.open("rb") as opened:
                return opened.read() if limit is None else opened.read(limit)
        return file.source()[:limit]
    except OSError as error:
        raise unreadable(file, error) from error


def unreadable(file: File, error: OSError) -> StoreError:
    """The error for content that is named but not there."""
    return StoreError(
        f"the content of `{file.name}` cannot be read: {error.strerror or error}",
        hint="run `onward run` to make it again",
    )


def read_text(file: File) -> str:
    """The file's text; bytes that are no UTF-8 are replaced.

    Raises:
        StoreError: it cannot be read.
    """
    return read(file).decode("utf-8-sig", "replace")


def dimensions(file: File) -> tuple[int, int] | None:
    """Width and height of a PNG or SVG in CSS pixels, so that the page keeps its room; None if unknown."""
    head = read(file, 4096)
    if head.startswith(_PNG_HEAD) and len(head) >= 24:
        return struct.unpack(">II", head[16:24])
    if file.media != "image/svg+xml":
        return None
    tag = re.search(rb"<svg\b[^>]*>", head)
    if tag is None:
        return None
    sides = [_side(tag.group(), name) for name in (b"width", b"height")]
    if sides[0] and sides[1]:
        return sides[0], sides[1]
    box = re.search(rb"viewBox\s*=\s*[\"']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)", tag.group())
    return (round(float(box.group(1))), round(float(box.group(2)))) if box else None


def _side(tag: bytes, name: bytes) -> int | None:
    """A side of an SVG in pixels; points are 4/3 of one (CSS Values 4, section 6.2)."""
    found = re.search(rb"\b" + name + rb"\s*=\s*[\"']\s*(\d+(?:\.\d+)?)\s*(px|pt|)\s*[\"']", tag)
    if found is None:
        return None
    return max(1, round(float(found.group(1)) * (4 / 3 if found.group(2) == b"pt" else 1)))
