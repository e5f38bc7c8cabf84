"""Command lines for people to paste."""

from __future__ import annotations

import shlex


def shell_line(*words: str) -> str:
    """The words as a shell takes them: names of notebooks hold spaces and `&`."""
    return shlex.join(words)
