"""A Python process that a step's Python has started to share its work (`runtime.sharing`), before it does anything."""

from __future__ import annotations

import multiprocessing.util
import os
from typing import Optional

from onward.runtime import programs, sharing
from onward.runtime.watch import accounts, variables


def begin(outbox: Optional[str]) -> None:
    """Makes the variables of this process what those of the step are, and notes what is read of them.

    Args:
        outbox: as in `sharing`.
    """
    for handed in [name for name in os.environ if name.startswith(sharing.PREFIX)]:
        name, value = handed[len(sharing.PREFIX) :], os.environ.pop(handed)
        os.environ[name] = value
        programs.hide(name, value)
    programs.own.update(os.environ.pop(sharing.OWN, "").split("="))
    sharing.outbox = outbox
    sharing.settle_multiprocessing(multiprocessing.util)
    if outbox is not None:
        seen = variables.Variables()
        seen.tell = lambda account: accounts.append(outbox, account)
        seen.watch()
