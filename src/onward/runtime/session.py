"""What `load`, `save`, `metric` and `today` mean while a step runs.

A session is made from the step's task: where its inputs lie, and the folder (outbox) that takes what it makes.
Everything is told to the outbox at once, so that a notebook's kernel and the process that drives it agree.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from onward.runtime import values
from onward.runtime.own_files import own_open, own_read
from onward.runtime.own_json import dumps, load, loads
from onward.runtime.values import sources

if TYPE_CHECKING:
    import datetime

_TOLD = ("needs", "today", "saves")


class Suspend(BaseException):
    """Leaves a step that asked for an asset which has to be made first. No `except Exception` holds it up."""


class Session:
    """One step's run, as its code sees it."""

    def __init__(self, task: Dict[str, Any]) -> None:
        self._task = task
        self._outbox: str = task["outbox"]

    def load(self, name: str, wanted: str = "") -> Any:
        """The value of an input.

        Raises:
            Suspend: the name was not known as an input when the step started.
            LookupError: nothing in the workspace is called so.
        """
        handed = self._task["inputs"].get(name)
        if handed is None:
            for absent in self._task.get("absent", ()):
                if absent["name"] == name:
                    close = absent.get("close") or []
                    known = f"; close to it: {', '.join(close)}" if close else ""
                    raise LookupError(f"nothing is called `{name}`{known}")
            self._tell("needs", {"name": name})
            raise Suspend(name)
        return open_input(handed, wanted or handed.get("wanted", ""), self.preferred())

    def save(
        self,
        name: str,
        value: Any,
        *,
        kind: Optional[str] = None,
        unit: Optional[str] = None,
        title: Optional[str] = None,
    ) -> None:
        """Writes a value into the outbox as an asset of the project.

        Raises:
            DiskFull: the outbox has no room for it.
        """
        if not re.fullmatch(r"[^/\0]+", name):
            raise ValueError(f"an asset's name is a word without `/`, not {name!r}")
        try:
            written = values.write(value, self._outbox, f"save-{name}", kind=kind, unit=unit)
            if title is not None:
                written["facts"]["title"] = title
            self._tell("saves", {"name": name, "written": written})
        except Exception as error:
            if values.is_disk_full(error):
                raise values.DiskFull(f"`{name}` could not be saved: {error}") from error
            raise

    def today(self) -> datetime.date:
        """The as-of date; that it was asked for is told."""
        import datetime

        self._tell("today", {})
        return datetime.date.fromisoformat(self._task["as_of"])

    def preferred(self) -> str:
        """The frame library that the step's code has imported, or that its file names, where that is just one."""
        return preferred_library() or self._task.get("prefer", "")

    def _tell(self, what: str, facts: Dict[str, Any]) -> None:
        line = (dumps(facts) + "\n").encode()
        place = os.path.join(self._outbox, f"{what}.jsonl")
        descriptor = own_open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            while line:  # a disk that is about to be full takes a part
                line = line[os.write(descriptor, line) :]
        finally:
            os.close(descriptor)


def preferred_library() -> str:
    """The frame library that this process has imported, if it is just one of the two."""
    have = [library for library in ("polars", "pandas") if library in sys.modules]
    return have[0] if len(have) == 1 else ""


def open_input(handed: Dict[str, Any], wanted: str, prefer: str) -> Any:
    """The value of an input as it was handed over: an artifact's files, or a source's."""
    if handed["form"] == "nothing":
        raise LookupError(f"`{handed['name']}` was not made by its step")
    if handed["form"] == "artifact":
        return values.read(
            handed["path"],
            kind=handed["kind"],
            media=handed["media"],
            wanted=wanted,
            facts=handed["facts"],
            files=handed.get("files"),
        )
    paths = handed["paths"]
    return sources.read_source(
        handed["where"] if wanted in ("pathlib.Path", "Path") else paths if len(paths) != 1 else paths[0],
        form=handed["source_form"],
        wanted=wanted,
        table=handed.get("table"),
        prefer=prefer,
    )


def told(outbox: str) -> Dict[str, List[Any]]:
    """What sessions told the outbox, in order: under `needs`, `today` and `saves`, where there is anything."""
    found = {}
    for what in _TOLD:
        try:
            *lines, _ = own_read(os.path.join(outbox, f"{what}.jsonl")).decode().split("\n")
        except FileNotFoundError:
            continue
        found[what] = [loads(line) for line in lines]
    return found


_current: Optional[Session] = None


def begin(task: Dict[str, Any]) -> Session:
    """Makes this process a step's run."""
    global _current  # one process runs one step
    _current = Session(task)
    return _current


def current() -> Optional[Session]:
    """The session of this process: begun in it, or handed to a kernel by its environment; None in live work."""
    if _current is None and "ONWARD_TASK" in os.environ:
        with open(os.environ["ONWARD_TASK"], encoding="utf-8") as file:
            return begin(load(file))
    return _current
