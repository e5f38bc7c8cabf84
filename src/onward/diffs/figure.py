"""Figures: by their specification where they have one, else by their picture."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from onward.base.text import listed
from onward.diffs.pixels import compare_pictures
from onward.diffs.registry import compare_files
from onward.diffs.specification import compare_specifications, is_specification
from onward.diffs.text import LARGEST, read_text
from onward.diffs.words import shortened
from onward.model.artifact import FIGURE, FILE, Artifact, Part
from onward.model.difference import Difference, DiffOptions, Picture
from onward.model.ports import Side

_SVG = "image/svg+xml"
_PIXELS = ("image/png", "image/jpeg", "image/webp", "image/gif")
_LARGEST_SHOWN = 16 << 20
"""Bytes of a picture that is shown beside the other."""
_DRAWN_TEXT = re.compile(r"<!-- (?!Created with)(.*?) -->")
"""matplotlib draws texts as shapes, and says beside each what it is."""


class FigureDiff:
    """`detail`: of a specification `looks` and `points`, of a picture `size`, `pixels` and `words`.

    See docs/reference/differences.md.
    """

    name = FIGURE

    def compare(self, before: Side, after: Side, options: DiffOptions) -> Difference | None:
        """What differs; None where the two have no form in common.

        Raises:
            MissingLibraryError: only their pixels could tell, and Pillow is not installed.
        """
        old, new = _parts(before), _parts(after)
        found = _by_specification(old, new, options) or _by_pixels(old, new)
        return found or _by_file(old, new, options)


def drawn(side: Side) -> Picture | None:
    """What a figure that stands alone looks like; None where no form of it is a picture, or it is too large."""
    parts = _parts(side)
    media = next((each for each in (_SVG, *_PIXELS) if each in parts), None)
    if media is None or parts[media].artifact.size > _LARGEST_SHOWN:
        return None
    return Picture("after", media, parts[media].file().read_bytes())


def _parts(side: Side) -> dict[str, Side]:
    """The files of a figure by their media types, each as an artifact of its own."""
    artifact = side.artifact
    parts = artifact.parts if artifact.is_tree else (Part("", artifact.bytes, artifact.media, artifact.size),)
    return {part.media: Side(_file(part), side.path) for part in parts}


def _file(part: Part) -> Artifact:
    return Artifact(FILE, part.bytes, part.bytes, part.media, part.size)


def _shared(old: dict[str, Side], new: dict[str, Side], wanted: Callable[[str], bool]) -> str | None:
    """The first media type of those wanted that both have."""
    return next((media for media in old if media in new and wanted(media)), None)


def _by_specification(old: dict[str, Side], new: dict[str, Side], options: DiffOptions) -> Difference | None:
    media = _shared(old, new, is_specification)
    if media is None:
        return None
    found = compare_specifications(_value(old[media]), _value(new[media]), options)
    if found is None or found.means_nothing:
        return found
    pictures = _both_shown(old, new)
    return Difference(found.summary, found.detail, found.share, pictures=pictures)


def _value(side: Side) -> Any:
    text = read_text(side)
    try:
        return json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None


def _both_shown(old: dict[str, Side], new: dict[str, Side]) -> tuple[Picture, ...]:
    media = _shared(old, new, lambda media: media == _SVG or media in _PIXELS)
    if media is None or max(side.artifact.size for side in (old[media], new[media])) > _LARGEST_SHOWN:
        return ()
    sides = (("before", old[media]), ("after", new[media]))
    return tuple(Picture(name, media, side.file().read_bytes()) for name, side in sides)


def _by_pixels(old: dict[str, Side], new: dict[str, Side]) -> Difference | None:
    media = _shared(old, new, lambda media: media in _PIXELS)
    if media is None or max(side.artifact.size for side in (old[media], new[media])) > LARGEST:
        return None
    found = compare_pictures(old[media].file().read_bytes(), new[media].file().read_bytes(), (media, media))
    if found is None:
        return None
    words = _drawn_words(old, new)
    detail = {"form": "picture", **found.detail, **({"words": words} if words else {})}
    summary = found.summary
    if words and not found.means_nothing:
        summary = f"{_said(words)}; {summary}"
    return Difference(summary, detail, found.share, found.means_nothing, found.pictures)


def _drawn_words(old: dict[str, Side], new: dict[str, Side]) -> dict[str, list[str]]:
    """The texts of a figure of matplotlib that came and went; empty where none did or nobody says."""
    texts = [read_text(side[_SVG]) if _SVG in side else None for side in (old, new)]
    before, after = (Counter(_DRAWN_TEXT.findall(text or "")) for text in texts)
    if not before or not after or before == after:
        return {}
    return {"added": [*(after - before)][:50], "removed": [*(before - after)][:50]}


def _said(words: dict[str, list[str]]) -> str:
    """What of its texts differs: its words, or, where these are the same, the numbers on its axes."""
    gone, come = (words[how] for how in ("removed", "added"))
    read_gone, read_come = ([shortened(word, 60) for word in side if not _is_tick(word)] for side in (gone, come))
    if read_gone and read_come:
        return f"{listed(read_gone, 3)} → {listed(read_come, 3)}"
    if read_gone or read_come:
        return f"{listed(read_come, 3)} came in" if read_come else f"{listed(read_gone, 3)} went"
    if gone and come:
        return f"labels {listed(gone, 3)} → {listed(come, 3)}"
    return f"labels {listed(come, 3)} came in" if come else f"labels {listed(gone, 3)} went"


def _is_tick(word: str) -> bool:
    """Whether a text is a number or a day, such as stand on axes."""
    return not any(letter.isalpha() for letter in word)


def _by_file(old: dict[str, Side], new: dict[str, Side], options: DiffOptions) -> Difference | None:
    """What differs in a drawing that is not made of pixels, such as SVG or PDF."""
    media = _shared(old, new, lambda _: True)
    return compare_files(old[media], new[media], options) if media is not None else None
