"""Names of places as people may see them, and what the system says of one."""

from __future__ import annotations

import errno
import re

from onward.base.errors import PlaceError


def without_secrets(text: str) -> str:
    """A text without the user names and passwords, and the queries, of the addresses in it."""
    text = re.sub(r"(\w+://)[^/\s@'\"]*@", r"\1", text)
    return re.sub(r"(\w+://[^\s?'\"]*)\?[^\s#'\"]*", r"\1", text)


def place_error(name: str, error: OSError) -> PlaceError:
    """What the system refused where the site was to be brought to a place of this name."""
    path = f" (`{error.filename}`)" if error.filename else ""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return PlaceError(
        f"`{name}` cannot be written: {error.strerror or error}{path}",
        hint=f"{'make room there' if is_full else 'mend that'}, then `onward publish`",
    )
