"""Documents: notebooks cell by cell, Markdown and HTML by the paragraphs that are read, with the numbers that moved."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from markdown_it import MarkdownIt

from onward.base.errors import MissingLibraryError
from onward.base.text import listed
from onward.diffs.lines import compare_lines, hunks_of
from onward.diffs.markup import Shown, content_of, shown_in
from onward.diffs.noise import steady_markup, steady_text
from onward.diffs.notebook import Cell, cells_of, compare_notebooks
from onward.diffs.pixels import compare_pictures
from onward.diffs.text import read_text
from onward.diffs.words import came_and_went, joined, moved_numbers
from onward.model.artifact import DOCUMENT, EXECUTED_MEDIA, FILE, Artifact, Part
from onward.model.difference import Difference, DiffOptions, Picture
from onward.model.ports import Side

_HTML, _MARKDOWN = "text/html", "text/markdown"
_LOOKS = 0.01
"""How much of a document differs where its words are the same."""


class DocumentDiff:
    """`detail`: of a notebook `cells` and `sample`, of others `paragraphs`, `numbers`, `hunks` and `pictures`.

    See docs/reference/differences.md.
    """

    name = DOCUMENT

    def compare(self, before: Side, after: Side, options: DiffOptions) -> Difference | None:
        notebooks = [_notebook(side) for side in (before, after)]
        if notebooks[0] is not None and notebooks[1] is not None:
            found = compare_notebooks(notebooks[0], notebooks[1], options)
            return found if not found.means_nothing else _beside_cells(before, after, found, options)
        old, new = _page(before), _page(after)
        if old is None or new is None:
            return None
        return _compare_pages(old, new, options)


def beginning(side: Side) -> tuple[list[str], Picture | None] | None:
    """The paragraphs of a document that stands alone, and its first picture; None where it cannot be read."""
    page = _page(side)
    shown = shown_in(page) if page is not None else None
    if shown is None:
        return None
    pictures = (content_of(address) for address in shown.pictures)
    first = next((found for found in pictures if found is not None and found[0].startswith("image/")), None)
    return shown.blocks, Picture("after", *first) if first is not None else None


def _beside_cells(before: Side, after: Side, found: Difference, options: DiffOptions) -> Difference:
    """What else differs of two notebooks whose cells are the same: the title, or what is shown from elsewhere."""
    titles = [side.artifact.facts.get("title") for side in (before, after)]
    if titles[0] != titles[1]:
        return Difference(f"title {titles[0]} → {titles[1]}", found.detail, _LOOKS)
    old, new = _page(before), _page(after)
    page = _compare_pages(old, new, options) if old is not None and new is not None else None
    return page if page is not None and not page.means_nothing else found


def _notebook(side: Side) -> list[Cell] | None:
    part = _part(side, EXECUTED_MEDIA)
    text = read_text(part) if part is not None else None
    return cells_of(text) if text is not None else None


def _page(side: Side) -> str | None:
    """A document as HTML; None where it is none that can be read."""
    html, markdown = _part(side, _HTML), _part(side, _MARKDOWN)
    if html is not None:
        return read_text(html)
    text = read_text(markdown) if markdown is not None else None
    return MarkdownIt("commonmark").enable("table").render(text) if text is not None else None


def _part(side: Side, media: str) -> Side | None:
    """The file of a document of this media type, where it has one."""
    if not side.artifact.is_tree:
        return side if side.artifact.media == media else None
    found = next((part for part in side.artifact.parts if part.media == media), None)
    return Side(_file(found), side.path) if found is not None else None


def _file(part: Part) -> Artifact:
    return Artifact(FILE, part.bytes, part.bytes, part.media, part.size)


def _compare_pages(before: str, after: str, options: DiffOptions) -> Difference | None:
    old, new = shown_in(steady_text(before)), shown_in(steady_text(after))
    if old is None or new is None:
        return None
    lines = compare_lines(old.blocks, new.blocks)
    counts = {"added": lines.added, "removed": lines.removed, "changed": lines.changed}
    numbers = lines.numbers()
    pictures = _compare_pictures(old, new)
    detail = {
        "form": "page",
        "paragraphs": {"before": len(old.blocks), "after": len(new.blocks), **counts},
        "numbers": [list(pair) for pair in numbers[: 2 * options.samples]],
        "hunks": hunks_of(lines, options.samples),
        "pictures": [told for _, told in pictures[: options.samples]],
    }
    told = [joined(came_and_went("paragraph", **counts), moved_numbers(numbers))] if old.blocks != new.blocks else []
    if pictures:
        words = listed([f"picture {each['number']}: {each['summary']}" for _, each in pictures], 2)
        told.append(words)
    if told:
        shown = next((found.pictures for found, _ in pictures if found is not None), ())
        return Difference(
            "; ".join(filter(None, told)) or "rearranged", detail, max(lines.share, _LOOKS), pictures=shown
        )
    if _source(before) == _source(after):
        words = "differs in nothing but random names, times, comments or layout of its source"
        return Difference(words, detail, 0.0, means_nothing=True)
    return Difference("its words are the same; how it looks or its figures changed", detail, _LOOKS)


def _source(page: str) -> str:
    return steady_markup(steady_text(page))


def _compare_pictures(old: Shown, new: Shown) -> list[tuple[Difference | None, dict[str, Any]]]:
    """The pictures of a page that differ, by their numbers from 1."""
    found: list[tuple[Difference | None, dict[str, Any]]] = []
    for number, (first, second) in enumerate(zip_longest(old.pictures, new.pictures), start=1):
        if first == second:
            continue
        difference = _compare_picture(first, second)
        if difference is not None and difference.means_nothing:
            continue
        words = "came in" if first is None else "went" if second is None else "changed"
        summary = difference.summary if difference is not None else words
        found.append((difference, {"number": number, "summary": summary}))
    return found


def _compare_picture(before: str | None, after: str | None) -> Difference | None:
    """What differs between two pictures that stand in their addresses; None where that cannot be said."""
    old, new = content_of(before or ""), content_of(after or "")
    if old is None or new is None:
        return None
    try:
        return compare_pictures(old[1], new[1], (old[0], new[0]))
    except MissingLibraryError:
        return None
