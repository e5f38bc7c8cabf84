"""Who is at work."""

from __future__ import annotations

import getpass


def user_name() -> str:
    """The user's name; empty where the system does not know one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
