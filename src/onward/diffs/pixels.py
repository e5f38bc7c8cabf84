"""Two pictures by their pixels: how many moved, where, and a picture of that."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import Any

from onward.base.errors import MissingLibraryError
from onward.base.numbers import number
from onward.model.difference import Difference, Picture

_UNSEEN = 2
"""Levels of 255 that nobody sees: pixels that differ by no more have not moved."""
_MOST_PIXELS = 25_000_000
"""Of a picture that is compared; of a larger one both sides together would need too much memory."""
_MOVED_COLOUR = (216, 27, 96)
_FADED = 0.7
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Pixels:
    """What differs between two pictures.

    Attributes:
        sizes: width and height of both.
        moved: pixels that differ by what can be seen.
        total: of both pictures laid over each other.
        greatest: the greatest difference of a colour, of 255.
        box: left, top, right and bottom of where they moved.
        picture: the later one, faded, with what moved in colour: PNG; empty where nothing did.
    """

    sizes: tuple[tuple[int, int], tuple[int, int]]
    moved: int
    total: int
    greatest: int
    box: tuple[int, int, int, int] | None
    picture: bytes

    @property
    def share(self) -> float:
        return self.moved / self.total

    @property
    def where(self) -> str:
        """In which part of the picture, in words."""
        if self.box is None:
            return ""
        width, height = (max(sides) for sides in zip(*self.sizes, strict=True))
        across = _third(self.box[0], self.box[2], width, ("left", "middle", "right"))
        down = _third(self.box[1], self.box[3], height, ("top", "middle", "bottom"))
        if not across and not down:
            return "all over"
        if across == down:
            return "in the middle"
        return "at the " + " ".join(word for word in (down, across) if word and (word != "middle" or not across))

    @property
    def summary(self) -> str:
        (old_width, old_height), (width, height) = self.sizes
        if not self.moved:
            return "no pixel differs by what can be seen" if self.greatest else "the same pixels"
        told = f"{_per_cent(self.share)} of the pixels moved, {self.where}"
        if self.sizes[0] != self.sizes[1]:
            told = f"{width} × {height} pixels, and was {old_width} × {old_height}; {told}"
        return told

    def detail(self) -> dict[str, Any]:
        """As docs/reference/differences.md has it."""
        pixels = {
            "moved": self.moved,
            "total": self.total,
            "share": self.share,
            "greatest": self.greatest,
            "box": list(self.box) if self.box is not None else None,
            "where": self.where,
        }
        return {"size": {"before": list(self.sizes[0]), "after": list(self.sizes[1])}, "pixels": pixels}


def _third(start: int, end: int, length: int, words: tuple[str, str, str]) -> str:
    """In which third of a length a stretch has its middle; nothing where it takes most of it."""
    if end - start > 2 * length / 3:
        return ""
    return words[min(2, int(3 * (start + end) / 2 / length))]


def _per_cent(share: float) -> str:
    return "less than 0.1 %" if share < 0.001 else f"{number(round(share * 100, 1))} %"


def is_same_png(before: bytes, after: bytes) -> bool:
    """Whether two PNGs show the same, whatever is written beside it and however tightly they are packed."""
    old, new = _png_digest(before), _png_digest(after)
    return old is not None and old == new


def _png_digest(content: bytes) -> bytes | None:
    """A digest of what a PNG shows: its header, palette, transparency and rows; None where it is broken.

    Source: PNG specification, third edition, 5.3 (chunks) and 10.1 (the data is one zlib stream).
    """
    if not content.startswith(_PNG):
        return None
    told, place, rows = hashlib.sha256(), len(_PNG), zlib.decompressobj()
    try:
        while place + 8 <= len(content):
            size, kind = struct.unpack_from(">I4s", content, place)
            body = content[place + 8 : place + 8 + size]
            if kind in (b"IHDR", b"PLTE", b"tRNS"):
                told.update(kind + body)
            while kind == b"IDAT" and body:
                told.update(rows.decompress(body, 1 << 20))
                body = rows.unconsumed_tail
            place += size + 12
    except (struct.error, zlib.error):
        return None
    return told.digest() if rows.eof else None


def compare_pixels(before: bytes, after: bytes) -> Pixels | None:
    """What differs between two pictures; None where one of them is none, or too large.

    Raises:
        MissingLibraryError: Pillow is not installed.
    """
    try:
        from PIL import Image, ImageChops
    except ImportError as error:
        raise MissingLibraryError(
            "comparing pictures needs Pillow, which is not installed", hint="pip install 'onward[figures]'"
        ) from error
    old, new = _opened(before), _opened(after)
    if old is None or new is None:
        return None
    sizes = (old.size, new.size)
    size = max(old.width, new.width), max(old.height, new.height)
    if size[0] * size[1] > _MOST_PIXELS:
        return None
    old, new = _laid_on(old, size), _laid_on(new, size)
    # Colours weigh as much as they show: below full transparency all are alike.
    bands = zip(old.convert("RGBa").split(), new.convert("RGBa").split(), strict=True)
    most: Any = Image.new("L", size)
    for first, second in bands:
        most = ImageChops.lighter(most, ImageChops.difference(first, second))
    counts = most.histogram()
    greatest = max((level for level, count in enumerate(counts) if count), default=0)
    moved = sum(counts[_UNSEEN + 1 :])
    mask = most.point([0] * (_UNSEEN + 1) + [255] * (255 - _UNSEEN))
    picture = _faded(new, mask) if moved else b""
    return Pixels(sizes, moved, size[0] * size[1], greatest, mask.getbbox(), picture)


def _opened(content: bytes) -> Any:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Pillow warns of what is too large here as well.
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(content))
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            return picture.convert("RGBA")
    except Exception:  # noqa: BLE001 - Pillow's readers raise whatever broken bytes lead them to
        return None


def _laid_on(picture: Any, size: tuple[int, int]) -> Any:
    from PIL import Image

    if picture.size == size:
        return picture
    canvas = Image.new("RGBA", size)
    canvas.paste(picture, (0, 0))
    return canvas


def _faded(picture: Any, mask: Any) -> bytes:
    """A picture in light grey, with what moved in colour."""
    from PIL import Image

    shown = Image.new("RGB", picture.size, "white")
    shown.paste(picture, mask=picture.getchannel("A"))
    shown = Image.blend(shown.convert("L").convert("RGB"), Image.new("RGB", picture.size, "white"), _FADED)
    shown.paste(_MOVED_COLOUR, mask=mask)
    written = io.BytesIO()
    shown.save(written, "PNG")
    return written.getvalue()


def compare_pictures(before: bytes, after: bytes, media: tuple[str, str]) -> Difference | None:
    """What differs between two pictures, with both beside it and what moved; None as for `compare_pixels`.

    Raises:
        MissingLibraryError: Pillow is needed, and not installed.
    """
    if is_same_png(before, after):
        return Difference("the same pixels, packed or named otherwise", {}, 0.0, means_nothing=True)
    found = compare_pixels(before, after)
    if found is None:
        return None
    if not found.moved:
        return Difference(found.summary, found.detail(), 0.0, means_nothing=True)
    sides = Picture("before", media[0], before), Picture("after", media[1], after)
    return Difference(
        found.summary, found.detail(), found.share, False, (*sides, Picture("moved", "image/png", found.picture))
    )
