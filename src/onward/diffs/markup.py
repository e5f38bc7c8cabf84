"""What of HTML is read: its words, block by block, and its pictures."""

from __future__ import annotations

import base64
import binascii
import re
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "details", "div", "dl", "dt",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav",
    "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "title", "tr", "ul",
}  # fmt: skip
_CELLS = {"td", "th"}
_UNREAD = {"script", "style", "template"}
_DATA = re.compile(r"data:([\w/+.-]+)((?:;[\w=.-]+)*),(.*)", re.DOTALL)


class Shown(NamedTuple):
    """What is read of a page.

    Attributes:
        blocks: paragraphs, headings, rows of tables (their cells with ` | ` between), in order.
        pictures: the addresses of its pictures, in order.
    """

    blocks: list[str]
    pictures: list[str]


def shown_in(html: str) -> Shown | None:
    """What is read of HTML; None where it is so broken that it cannot be followed."""
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except AssertionError:
        # What `html.parser` says of a declaration that it cannot follow.
        return None
    reader.end_block()
    return reader.shown


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown = Shown([], [])
        self._words: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._unread += 1
        elif tag in _BLOCKS:
            self.end_block()
        elif tag in _CELLS and "".join(self._words).strip():
            self._words.append(" | ")
        elif tag == "img":
            self.shown.pictures.append(dict(attrs).get("src") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        elif tag in _BLOCKS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self._words.append(data)

    def end_block(self) -> None:
        text = " ".join("".join(self._words).split())
        if text:
            self.shown.blocks.append(text)
        self._words.clear()


def content_of(address: str) -> tuple[str, bytes] | None:
    """The media type and the bytes of a picture that stands in its address itself; None of any other."""
    found = _DATA.fullmatch(address)
    if found is None:
        return None
    try:
        is_base64 = ";base64" in found[2]
        return found[1], base64.b64decode(found[3]) if is_base64 else unquote_to_bytes(found[3])
    except (binascii.Error, ValueError):
        return None
