"""The errors of onward, all of them under one class.

An error says what is wrong, where, and what to do. It carries facts, never a rendered page: the faces
(command line, site) decide how it looks. What the domain expects, such as a step that fails, is an
outcome and no exception; what is raised here stops onward's own work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from onward.base.text import nearest


@dataclass(frozen=True, slots=True)
class Location:
    """A place in the workspace. `path` is relative to its root; `line` and `column` count from 1."""

    path: str | None = None
    line: int | None = None
    column: int | None = None
    name: str | None = None
    """The step, asset, setting or symbol that the place belongs to."""

    def __str__(self) -> str:
        place = self.path or ""
        if self.line is not None:
            place += f":{self.line}"
        if self.column is not None:
            place += f":{self.column}"
        if self.name is None:
            return place
        return f"{place}, {self.name}" if place else self.name


@dataclass(eq=False)
class OnwardError(Exception):
    """What stops onward's own work.

    Attributes:
        message: one line in lower case that makes sense alone and names the thing.
        where: the place that has to change, where there is one.
        hint: one thing to type or to change.
        facts: labelled details, in the order in which they are shown.
        findings: all the mistakes of which this error is the first, itself included.
    """

    message: str
    where: Location | None = None
    hint: str | None = None
    facts: Sequence[tuple[str, str]] = ()
    findings: Sequence[object] = field(default=())

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 70

    def __str__(self) -> str:
        return self.message

    def describe(self) -> dict[str, object]:
        """The error as `--json` prints it, without `findings`."""
        return {
            "code": self.code,
            "message": self.message,
            "where": None if self.where is None else str(self.where),
            "hint": self.hint,
        }


class WorkspaceError(OnwardError):
    """The workspace, or what was typed, says something that cannot be."""

    code = "workspace"
    status = 2


class ConfigError(WorkspaceError):
    """A setting is unknown, missing or of the wrong form."""

    code = "config"


class SourceError(WorkspaceError):
    """A source is missing, or cannot be read as what it claims to be."""

    code = "source"


class GraphError(WorkspaceError):
    """The graph has findings that the chosen targets need mended."""

    code = "graph"


class UnknownNameError(WorkspaceError):
    """A name that was typed means nothing here; carries the nearest known ones."""

    code = "unknown-name"


class UsageError(WorkspaceError):
    """The words of the command line do not fit the command."""

    code = "usage"


class RefusedError(OnwardError):
    """Something was asked for that onward will not do; nothing has changed."""

    code = "refused"
    status = 3


class MachineError(OnwardError):
    """The machine lacks something: a tool, a library, rights, space."""

    code = "machine"
    status = 4


class MissingLibraryError(MachineError):
    """A Python library is missing; the hint is the line that installs it."""

    code = "missing-library"


class BucketError(MachineError):
    """A bucket, or a shared folder, cannot be reached, read or written."""

    code = "bucket"


class StoreError(MachineError):
    """The store cannot be read or written, or has another format."""

    code = "store"


class PlaceError(MachineError):
    """A place that the site is brought to cannot be reached, read or written."""

    code = "place"


class HostError(MachineError):
    """The host of the code cannot be asked, or refuses; never holds a token."""

    code = "host"


class InternalError(OnwardError):
    """A promise of onward's own is broken."""

    code = "internal"
    status = 70


def unknown_name(noun: str, name: str, known: Sequence[str], *, hint: str | None = None) -> UnknownNameError:
    """The error for a name that means nothing, with the nearest of `known`."""
    close = nearest(name, known)
    facts = [("close to", ", ".join(close))] if close else []
    if hint is None and close:
        hint = f"write `{close[0]}`"
    return UnknownNameError(f"no {noun} is called `{name}`", hint=hint, facts=facts)
