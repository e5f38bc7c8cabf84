"""What the Python processes of a step say of themselves, in a file of its outbox: a line for each time.

What the first one says in the end goes through its pipe.
"""

from __future__ import annotations

import os
from typing import Any, Dict, List

from onward.runtime.own_json import dumps, loads

PYTHON = "python.jsonl"
"""The file's name."""


def append(outbox: str, account: Dict[str, Any]) -> None:
    """Adds a line; where the outbox is gone, nobody asks any more.

    Raises:
        OSError: there is no room for it.
    """
    content = (dumps(account) + "\n").encode()
    try:
        descriptor = os.open(os.path.join(outbox, PYTHON), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except FileNotFoundError:
        return
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)


def said(outbox: str) -> List[Dict[str, Any]]:
    """All that was told; a line that found no room is `unread`."""
    try:
        with open(os.path.join(outbox, PYTHON), "rb") as file:
            return [account_in(line) for line in file]
    except OSError:
        return []


def account_in(line: bytes) -> Dict[str, Any]:
    """What a Python process said of itself; `unread` where the code that ran in it has spoilt that."""
    try:
        account = loads(line)
    except ValueError:
        account = None
    return account if isinstance(account, dict) else {"unread": True}
