"""The environment of a build while it lasts: where the shared store's credentials are put, and git's.

Steps get none of it: `app.variables` leaves out what tells one build from the next, and what these names hold.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from onward.app.settings.variables import CREDENTIALS, credentials_in
from onward.base.errors import UsageError
from onward.hosts.registry import hosts

_COUNT = "GIT_CONFIG_COUNT"


@contextmanager
def surroundings(service: str, variables: Mapping[str, str]) -> Iterator[None]:
    """Sets the variables that the store and git look for, and takes them back in the end.

    Args:
        service: the service of the build.
        variables: the environment of the build.

    Raises:
        UsageError: the variable with the credentials holds something else; what, is not said.
    """
    text = variables.get(CREDENTIALS, "")
    credentials = credentials_in(text)
    if credentials is None:
        raise UsageError(
            f"`{CREDENTIALS}` is of the wrong form",
            hint="give it lines like `AWS_ACCESS_KEY_ID=...`, one for each variable that the shared store asks for",
        )
    host = hosts().get(service)
    wanted = {**credentials, **_for_git(host.git_settings(variables) if host is not None else ())}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _for_git(settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Settings of git as variables, after those that are there: they stand in no file, and on no command line that
    others can see."""
    if not settings:
        return {}
    count = os.environ.get(_COUNT, "")
    first = int(count) if count.isdigit() else 0
    numbered = {_COUNT: str(first + len(settings))}
    for number, (name, value) in enumerate(settings, first):
        numbered |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return numbered
