"""Scopes: who vouches for a result, and whose results a run believes.

A trace is believed as it stands: nobody can tell from it whether its step really ran. So each run writes under one
scope and reads few, and who may write where is for the rights of the shared store to hold up. The main pipeline reads
nobody but itself: what readers see cannot come from a branch, a laptop or a fork (CVE-2025-36852 is that mistake).
"""

from __future__ import annotations

import re

from onward.base.errors import UsageError

LOCAL, TEAM, MAIN = "local", "team", "main"
"""What never leaves the machine; what people and own branches make; what the pipeline of the main branch makes."""
_FORK = re.compile(r"pr/[0-9]+\Z")


def reads(scope: str) -> tuple[str, ...]:
    """The scopes whose traces a run in `scope` believes, its own first.

    Raises:
        UsageError: there is no such scope.
    """
    if scope == MAIN:
        return (MAIN,)
    if scope == TEAM:
        return (TEAM, MAIN, LOCAL)
    if scope == LOCAL:
        # Where no store is shared any more, what was fetched or sent before is as good as it was.
        return (LOCAL, TEAM, MAIN)
    if is_fork(scope):
        return (scope, MAIN)
    raise UsageError(f"no scope is called `{scope}`", hint="a scope is `local`, `team`, `main` or `pr/<number>`")


def shared_reads(scope: str) -> tuple[str, ...]:
    """Those of the scopes that a run believes whose traces lie in a shared store."""
    return tuple(read for read in reads(scope) if read != LOCAL)


def is_fork(scope: str) -> bool:
    """Whether a scope is that of a pull request from a fork, which nobody else reads."""
    return _FORK.match(scope) is not None


def default(*, is_shared: bool) -> str:
    """The scope of people's runs."""
    return TEAM if is_shared else LOCAL
