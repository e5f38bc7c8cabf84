"""Which build this is: the service's variables say it, else git; and whose word its results are then."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from onward.app.settings import place as places
from onward.app.settings import scope as scopes
from onward.app.settings.config import read_settings
from onward.app.settings.root import LOCAL_FOLDER
from onward.base.errors import RefusedError, UsageError
from onward.ci.repository import Repository
from onward.hosts.registry import hosts
from onward.model.hosting import Build

GIT = "git"
"""The service of a build that no service is known to run."""
_BRANCH = "ONWARD_BRANCH"
"""Says the branch on a CI service that is not known here and checks out a commit without one."""


def find_build(start: Path, variables: Mapping[str, str]) -> Build:
    """The build that runs in the workspace that holds a folder.

    Raises:
        UsageError: there is no git repository.
        MachineError: git does not work there.
        RefusedError: it would run the code of strangers with our rights, or believe results that a commit brings along.
    """
    place = places.find(start)
    if place.git is None:
        raise UsageError(
            f"`{place.root}` is no git repository, so there is no change to look at",
            hint="type `git init`, or use `onward run` and `onward release`",
        )
    repository = Repository(place.root)
    repository.check()
    if repository.has_committed(LOCAL_FOLDER):
        raise RefusedError(
            f"`{LOCAL_FOLDER}` is committed: whoever did that says what the results are, and nobody makes them",
            hint=f"take it out: `git rm -r --cached {LOCAL_FOLDER}`, and commit that",
        )
    main = main_branch(place.root)
    for host in hosts().values():
        build = host.build(variables, main)
        if build is not None:
            _check_is_main(build, repository, main)
            return build
    branch = variables.get(_BRANCH) or repository.branch()
    return Build(GIT, branch, repository.commit("HEAD"), is_main=branch == main)


def _check_is_main(build: Build, repository: Repository, main: str) -> None:
    """Sees that what the service calls the main branch's build is of the main branch's files: a workflow that starts on
    a remark runs as one, and may have checked out the code of a stranger."""
    head = repository.commit("HEAD")
    if not build.is_main or head == build.commit or (head is not None and repository.is_on(head, main)):
        return
    raise RefusedError(
        f"this is a build of `{main}`, and the commit that is checked out ({(head or 'none')[:12]}) is not on `{main}`",
        hint="let the workflow check out what it builds; `onward ci init` writes one that does",
    )


def find_change(start: Path, variables: Mapping[str, str]) -> Build:
    """The change in the workspace that holds a folder, as it would be pushed to a branch of its own."""
    return msgspec.structs.replace(find_build(start, variables), is_main=False)


def main_branch(root: Path) -> str:
    """The main branch of the workspace at a root."""
    try:
        content = (root / places.CONFIG_NAME).read_bytes()
    except OSError:
        content = b""
    settings, _ = read_settings(content, places.CONFIG_NAME, is_root=True)
    return Repository(root).main_branch(settings.main)


def is_main_pipeline(start: Path, variables: Mapping[str, str]) -> bool:
    """Whether this is the pipeline of the main branch, on a CI service and not on somebody's machine.

    Raises:
        RefusedError: it would run the code of strangers with our rights.
    """
    if places.find(start).git is None:
        return False
    build = find_build(start, variables)
    is_on_service = build.service != GIT or bool(variables.get("CI"))
    return is_on_service and scope_of(build) == scopes.MAIN


def scope_of(build: Build) -> str:
    """Whose word the build's results are: readers see those of `main` alone, and nobody those of a stranger."""
    if build.is_main:
        return scopes.MAIN
    return f"pr/{build.request}" if build.is_fork else scopes.TEAM
