"""The first line of a query that says something else than another text does: neither layout nor comments count."""

from __future__ import annotations

import re
from itertools import zip_longest

_TOKEN = re.compile(
    r"(?P<skipped>\s+|--[^\n]*|/\*.*?\*/)|[eE]?'(?:[^'\\]|\\.|'')*'|\"(?:[^\"]|\"\")*\"|\$(\w*)\$.*?\$\2\$|\w+|.",
    re.DOTALL,
)


def first_changed(before: str, after: str) -> int:
    """The line of the first word of `after`, from 1, that differs; the last where something was cut at the end."""
    old, new = _words(before), _words(after)
    for was, word in zip_longest(old, new):
        if word is None:
            return new[-1][1] if new else 1
        if was is None or was[0] != word[0]:
            return word[1]
    return 1


def _words(text: str) -> list[tuple[str, int]]:
    """The words of a text that count, in lower case outside of quotes, each with its line."""
    words = []
    line = 1
    for found in _TOKEN.finditer(text):
        if found["skipped"] is None:
            word = found[0]
            words.append((word if word[0] in "'\"$" else word.lower(), line))
        line += found[0].count("\n")
    return words
