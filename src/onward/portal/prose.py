"""Markdown and docstrings as HTML, with nothing in them that reaches out.

HTML inside Markdown stays text. A picture is shown only where it is embedded, since a site must not
call on servers; a link that would lead nowhere in the site is written as its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from onward.portal import html

_OUTWARD = ("https://", "http://", "mailto:")
_LOWEST_HEADING = 6


def markdown(source: str, *, heading: str = "", level: int = 3) -> html.Markup:
    """`source` as HTML, its first headings of `level`; one at its head that repeats `heading` is left out."""
    renderer = _renderer()
    environment: dict[str, Any] = {"level": level}
    tokens = renderer.parse(source, environment)
    if _is_heading(tokens, heading):
        tokens = tokens[3:]
    return html.Markup(html.speakable(renderer.renderer.render(tokens, renderer.options, environment)))


def _is_heading(tokens: Sequence[Token], words: str) -> bool:
    """Whether the text begins with a heading that says just `words`."""
    if len(tokens) < 3 or tokens[0].type != "heading_open":
        return False
    return tokens[1].content.strip().casefold() == words.strip().casefold()


def docstring(doc: str) -> html.Markup:
    """A docstring: Markdown too, which plain sentences are."""
    return markdown(doc.strip())


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    renderer.core.ruler.push("tame", _tame)
    return renderer


def _tame(state: Any) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) - 1 + state.env['level'], _LOWEST_HEADING)}"
        if token.type == "inline":
            token.children = _tamed(token.children or [])


def _tamed(tokens: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    dropped: list[bool] = []  # for each link that is open: is it written as its words alone?
    for token in tokens:
        if token.type == "link_open":
            dropped.append(not str(token.attrGet("href") or "").lower().startswith(_OUTWARD))
            token.attrSet("rel", "noopener noreferrer")
        elif token.type == "image" and not str(token.attrGet("src") or "").startswith("data:image/"):
            kept.append(Token("text", "", 0, content=token.content))
            continue
        if token.type not in ("link_open", "link_close") or not dropped[-1]:
            kept.append(token)
        if token.type == "link_close":
            dropped.pop()
    return kept
