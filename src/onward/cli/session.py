"""What every command shares: where it works, whether it prints JSON, and how it opens the workspace."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from onward.app.wiring import Opened

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(frozen=True)
class Session:
    """One command's surroundings."""

    start: Path
    as_json: bool

    def open(self, *, writes: bool = False, may_only_read: bool = False, scope: str | None = None) -> Opened:
        """The workspace, opened; `scope` says who vouches for what is made there."""
        opened: Opened = _wiring().open_workspace(self.start, writes=writes, may_only_read=may_only_read, scope=scope)
        opened.say = lambda message: click.echo(f"note: {message}", err=True)
        return opened

    @property
    def handed_on(self) -> dict[str, Any]:
        """What a command with commands of its own hands on to them."""
        return {"folder": str(self.start), "as_json": self.as_json}

    def folder_in(self, opened: Opened) -> str:
        """Where the words were typed, relative to the root."""
        folder = self.start.resolve().relative_to(opened.place.root.resolve()).as_posix()
        return "" if folder == "." else folder

    def print_json(self, answer: dict[str, Any]) -> None:
        """The answer as the one object on standard output."""
        click.echo(json.dumps({"schema": 1, **answer}, ensure_ascii=False))


def session_options(function: Decorated) -> Decorated:
    """`-C` and `--json`, which may stand before and after the command's name."""
    folder = click.option("-C", "folder", metavar="DIR", help="Work in the workspace that holds DIR.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    return as_json(folder(function))


def session_of(ctx: click.Context, folder: str | None, as_json: bool) -> Session:
    """The session that the program's options and the command's own make together."""
    outer = ctx.obj or {}
    start = Path(folder or outer.get("folder") or _current_folder())
    return Session(start, as_json or bool(outer.get("as_json")))


@contextmanager
def written_to(out: Path | None, option: str = "--out") -> Iterator[None]:
    """Around what writes to a path that was typed: what the system says against it becomes an error that names it.

    Args:
        option: where it was typed.

    Raises:
        MachineError: nothing can be written there.
    """
    try:
        yield
    except OSError as error:
        from onward.base.errors import MachineError

        place = f"`{out}`" if out is not None else "the current folder"
        raise MachineError(
            f"cannot write to {place}: {error.strerror or error}", hint=f"choose another place with `{option}`"
        ) from error


def _current_folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError as error:
        from onward.base.errors import WorkspaceError

        raise WorkspaceError(
            "the current folder has been removed", hint="go to another, or name one with `-C DIR`"
        ) from error


def is_plain() -> bool:
    """Whether the surroundings ask for plain lines: no colours, nothing drawn over."""
    return bool(os.environ.get("NO_COLOR") or os.environ.get("CI")) or os.environ.get("TERM") == "dumb"


def is_terminal() -> bool:
    """Whether progress may be drawn: standard error is a terminal and nobody asked for plain lines."""
    return sys.stderr.isatty() and not is_plain()


def _wiring() -> Any:
    """The store and its libraries, loaded when a command opens a workspace and not before."""
    return importlib.import_module("onward.app.wiring")


def complete_target(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names for the shell's completion: projects and assets that begin with what is typed."""
    del parameter
    from onward.app.explaining.listing import listing
    from onward.base.errors import OnwardError

    outer = (ctx.parent.params if ctx.parent else {}) | ctx.params
    try:
        with _wiring().open_workspace(Path(outer.get("folder") or os.getcwd())) as opened:
            listed = listing(opened)
    except OnwardError:
        return []  # no names to offer; the command itself will say what is wrong
    names = [project.name for project in listed.reading.projects] + list(listed.reading.graph.maker)
    return sorted(name for name in names if name.startswith(incomplete))
