"""Code with line numbers, lightly coloured.

The colouring is by four kinds of words (comment, text, keyword, number) found with one pattern for each
language; it never changes a letter, and a language that it does not know is shown plainly.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from onward.portal import html
from onward.portal.content import Excerpt

_PYTHON_KEYWORDS = "|".join(keyword.kwlist)
_SQL_KEYWORDS = (
    "all|and|any|as|asc|between|by|case|cast|create|cross|desc|distinct|else|end|except|exists|false|filter|"
    "first|from|full|group|having|in|inner|intersect|interval|into|is|join|lateral|left|like|limit|not|null|"
    "nulls|offset|on|or|order|outer|over|partition|pivot|qualify|right|select|semi|then|true|union|unnest|"
    "using|values|when|where|window|with"
)
_NUMBER = r"(?P<number>\b(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)\b)"

_PATTERNS = {
    "python": re.compile(
        r"(?P<comment>\#[^\n]*)"
        r"|(?P<string>(?:\b[rRbBuUfFtT]{1,2})?(?:\"\"\"[\s\S]*?(?:\"\"\"|\Z)|'''[\s\S]*?(?:'''|\Z)"
        r"|\"(?:\\.|[^\"\\\n])*(?:\"|$)|'(?:\\.|[^'\\\n])*(?:'|$)))"
        rf"|(?P<keyword>\b(?:{_PYTHON_KEYWORDS})\b|^[ \t]*@[\w.]+)"
        rf"|{_NUMBER}",
        re.MULTILINE,
    ),
    "sql": re.compile(
        r"(?P<comment>--[^\n]*|/\*[\s\S]*?(?:\*/|\Z))"
        r"|(?P<string>'(?:''|[^'])*(?:'|\Z)|\"(?:\"\"|[^\"\n])*(?:\"|$))"
        rf"|(?P<keyword>\b(?:{_SQL_KEYWORDS})\b)"
        rf"|{_NUMBER}",
        re.MULTILINE | re.IGNORECASE,
    ),
    "r": re.compile(
        r"(?P<comment>\#[^\n]*)"
        r"|(?P<string>\"(?:\\[\s\S]|[^\"\\])*(?:\"|\Z)|'(?:\\[\s\S]|[^'\\])*(?:'|\Z))"
        r"|(?P<keyword>\b(?:if|else|for|while|repeat|function|next|break|in|TRUE|FALSE|NULL|NA|Inf|NaN)\b)"
        rf"|{_NUMBER}",
        re.MULTILINE,
    ),
}


def listing(excerpt: Excerpt) -> html.Markup:
    """The excerpt's lines, numbered as in its file; the numbers are drawn, so copying leaves them out."""
    code = excerpt.text.rstrip("\n").replace("\r\n", "\n").replace("\t", "    ")
    lines = [
        html.span([html.span(part, class_=kind) if kind else part for kind, part in line], "\n", class_="line")
        for line in _lines(code, excerpt.language)
    ]
    return html.div(
        html.pre(html.code(lines), style=f"counter-reset: line {max(excerpt.line, 1) - 1}"),
        class_="listing scroller",
        role="region",
        aria_label=f"Code of {excerpt.symbol or excerpt.path}",
        tabindex="0",
    )


def _lines(code: str, language: str) -> Iterator[list[tuple[str, str]]]:
    """The lines of `code` as pairs (kind of word or empty, text)."""
    line: list[tuple[str, str]] = []
    for kind, part in _words(code, language):
        first, *others = part.split("\n")
        line.append((kind, first))
        for rest in others:
            yield line
            line = [(kind, rest)]
    yield line


def _words(code: str, language: str) -> Iterator[tuple[str, str]]:
    pattern = _PATTERNS.get(language)
    position = 0
    for match in pattern.finditer(code) if pattern else ():
        if match.start() > position:
            yield "", code[position : match.start()]
        yield match.lastgroup or "", match.group()
        position = match.end()
    yield "", code[position:]
