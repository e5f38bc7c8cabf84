"""Command lines: what of them counts, and which of their words can be paths. Nothing is expanded or run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

_EXACT = ("'", '"', "\\", "`", "<<", "${")
"""Where one of these stands, blanks may be part of a word; without them they only part words."""


def normal_form(run: str | Sequence[str]) -> list[str]:
    """What counts of a command line: its words; its text as it is, where blanks may be part of words.

    A text for the shell and a list of arguments never have the same form.
    """
    if not isinstance(run, str):
        return ["arguments", *run]
    text = run.strip()
    if any(mark in text for mark in _EXACT):
        return ["text", text]
    return ["text", "\n".join(" ".join(line.split()) for line in text.splitlines())]


def path_words(run: str | Sequence[str]) -> list[str]:
    """The words that can be paths, first to last; of `--option=path` what follows the sign."""
    words = list(run) if not isinstance(run, str) else _words(run)
    found = []
    for word in words:
        option, equals, value = word.partition("=")
        found.append(value if equals and option.startswith("-") else word)
    return list(dict.fromkeys(word for word in found if word and not word.startswith("-")))


def _words(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:  # a quotation that does not end, which the shell will say
        return text.split()
