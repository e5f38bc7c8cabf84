"""A small builder of HTML and SVG: an element is a function, and text is escaped unless it is marked safe.

    p("1 < 2, ", a("more", href="more.html"), class_="note")

Knows nothing of pages. What goes in as `str` is text and comes out escaped; only `Markup`, which these
functions alone make, goes in as it is. An attribute's trailing underscore is dropped and every other
one becomes a hyphen; `None` and `False` leave the attribute out, `True` writes its bare name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from typing import Any, TypeAlias

from onward.base.codec import encode


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child: TypeAlias = "str | Markup | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | float | bool | None"

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


def text(*children: Child) -> Markup:
    """`children`, escaped where they are plain text and joined."""
    return Markup("".join(_pieces(children)))


def _pieces(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            yield child
        elif isinstance(child, str):
            yield escape(speakable(child), quote=False)
        else:
            yield from _pieces(child)


def speakable(raw: str) -> str:
    """`raw` without what no HTML file can hold: lone surrogates and control characters."""
    if raw.isprintable():
        return raw
    return "".join(
        "�" if "\ud800" <= letter <= "\udfff" or (letter < " " and letter not in "\n\t\r") else letter for letter in raw
    )


def breakable(name: str) -> Markup:
    """A name that a browser breaks after its underscores and dots, before it breaks a word."""
    first, *others = re.split(r"(?<=[_./-])(?=.)", name)
    return text(first, [[Markup("<wbr>"), part] for part in others])


def json_text(value: Any) -> str:
    """`value` as JSON for people to read; what JSON has no form for is its text."""
    return speakable(json.dumps(value, ensure_ascii=False, default=str))


def _attributes(attributes: dict[str, Attribute]) -> str:
    written = []
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        name = name.rstrip("_").replace("_", "-")
        written.append(f" {name}" if value is True else f' {name}="{escape(speakable(str(value)))}"')
    return "".join(written)


class Tag:
    """An element's function: `Tag("p")("text", class_="note")`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *children: Child, **attributes: Attribute) -> Markup:
        opening = f"<{self.name}{_attributes(attributes)}>"
        if self.name in _VOID:
            return Markup(opening)
        return Markup(f"{opening}{''.join(_pieces(children))}</{self.name}>")


def embedded_json(value: Any, **attributes: Attribute) -> Markup:
    """`value` as JSON inside a script element that no browser runs.

    `<`, `>` and `&` are written as JSON escapes, so that no text in it can end the element.
    """
    written = encode(value).decode()
    for letter in "<>&\u2028\u2029":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(f'<script type="application/json"{_attributes(attributes)}>{written}</script>')


def inline_script(code: str) -> Markup:
    """`code` of onward's own as a script element; `code` must not hold `</`.

    Raises:
        ValueError: it does.
    """
    if "</" in code:
        raise ValueError("a script that holds `</` would end its own element")
    return Markup(f"<script>{code}</script>")


def inline_style(sheet: str) -> Markup:
    """`sheet` of onward's own as a style element; it must not hold `</`.

    Raises:
        ValueError: it does.
    """
    if "</" in sheet:
        raise ValueError("a style sheet that holds `</` would end its own element")
    return Markup(f"<style>{sheet}</style>")


def document(head: Markup, body: Markup, language: str = "en") -> str:
    """A whole HTML page."""
    return f'<!doctype html>\n<html lang="{language}">\n<head>{head}</head>\n{body}\n</html>\n'


a, abbr, article, aside, b, body, caption, circle = (
    Tag(name) for name in ("a", "abbr", "article", "aside", "b", "body", "caption", "circle")
)
button, code, col, colgroup, data, dd, details, div, dl, dt, em = (
    Tag(name) for name in ("button", "code", "col", "colgroup", "data", "dd", "details", "div", "dl", "dt", "em")
)
figcaption, figure, footer, g, h1, h2, h3, h4, header, hr = (
    Tag(name) for name in ("figcaption", "figure", "footer", "g", "h1", "h2", "h3", "h4", "header", "hr")
)
iframe, img, input_, label, li, line, link, main, meta, nav, noscript, ol = (
    Tag(name)
    for name in (
        "iframe", "img", "input", "label", "li", "line", "link", "main", "meta", "nav", "noscript", "ol",
    )
)  # fmt: skip
p, path, polyline, pre, rect, script, section, small, span, strong, summary, svg = (
    Tag(name)
    for name in (
        "p", "path", "polyline", "pre", "rect", "script", "section", "small", "span", "strong", "summary",
        "svg",
    )
)  # fmt: skip
del_, fieldset, form, ins, legend = (Tag(name) for name in ("del", "fieldset", "form", "ins", "legend"))
optgroup, option, select = (Tag(name) for name in ("optgroup", "option", "select"))
svg_text, svg_title, table, tbody, td, th, thead, time, title, tr, ul = (
    Tag(name) for name in ("text", "title", "table", "tbody", "td", "th", "thead", "time", "title", "tr", "ul")
)
