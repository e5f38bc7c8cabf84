"""What a build of a CI service is of, and what a host of code is told and asked about a change."""

from __future__ import annotations

from typing import Any

import msgspec

from onward.base.digest import Digest


class Build(msgspec.Struct, frozen=True):
    """What one build is of.

    Attributes:
        service: the CI service: the name of a host, or `git` where none is known.
        branch: the branch that was pushed, or that asks to be merged; None for a tag, or a commit without a branch.
        commit: what was pushed: where the service has merged it with its target first, the commit before that.
        is_main: it is the main branch's own build, so what it makes may reach readers.
        request: the number of the pull or merge request.
        target: the branch that the request is to be merged into.
        is_fork: the request comes from a repository of somebody else, who has no rights here.
        is_merged: the tree is the one that merging would give.
        repository: as the host's interface names it.
        server: the address of the host's interface.
        page: the address of the build, for people.
        artifacts: the address where people find the build's files.
    """

    service: str
    branch: str | None
    commit: str | None
    is_main: bool
    request: int | None = None
    target: str | None = None
    is_fork: bool = False
    is_merged: bool = False
    repository: str | None = None
    server: str | None = None
    page: str | None = None
    artifacts: str | None = None


class ContentChange(msgspec.Struct, frozen=True, array_like=True):
    """One asset's content before and after a change; None where it was or is not there."""

    before: Digest | None
    after: Digest | None


class Shown(msgspec.Struct, frozen=True):
    """What a review showed its readers.

    Attributes:
        head: the commit that was looked at.
        changes: by asset, from which content to which it goes.
        since: by asset, when that was shown first.
    """

    head: str
    changes: dict[str, ContentChange] = {}
    since: dict[str, str] = {}


class Comment(msgspec.Struct, frozen=True):
    """The one comment below a request, as the host has it."""

    text: str
    page: str | None = None


class Approval(msgspec.Struct, frozen=True):
    """Somebody's yes to a head of a request.

    Attributes:
        by: the name that the host knows somebody by, without `@`.
        at: when it was said.
        is_collaborator: the host knows them as one who works on the repository, and not as a passer-by.
    """

    by: str
    head: str
    at: str
    is_collaborator: bool


class Request(msgspec.Struct, frozen=True):
    """A request whose commits have been merged: its number, and the head that it was merged at."""

    number: int
    head: str


class Verdict(msgspec.Struct, frozen=True):
    """How a build ended, in a word for the host and in one for people."""

    ok: bool
    words: str


Answer = Any
"""What a host answers, decoded from JSON."""
