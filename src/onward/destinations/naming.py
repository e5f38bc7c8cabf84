"""Names of places as people may see them."""

from __future__ import annotations

import re


def without_secrets(text: str) -> str:
    """A text without the user names and passwords, and the queries, of the addresses in it."""
    text = re.sub(r"(\w+://)[^/\s@'\"]*@", r"\1", text)
    return re.sub(r"(\w+://[^\s?'\"]*)\?[^\s#'\"]*", r"\1", text)
