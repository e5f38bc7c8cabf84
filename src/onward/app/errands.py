"""Small tasks for the workspace's own Python outside of a run: previews and conversions of what is stored.

Values are opened only there, where the libraries of the user's are, never in onward's own process.
"""

from __future__ import annotations

import os
import secrets
import select
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onward
from onward.app.environments.environment import WorkspacePython, runtime_path
from onward.app.observing.collect import said
from onward.app.settings.place import Place
from onward.app.workers import Workers
from onward.base.errors import MachineError, MissingLibraryError

Job = dict[str, Any]


def carry_out(place: Place, python: WorkspacePython, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """The answers to `jobs` (see `onward.runtime.conversion`), in their order.

    Raises:
        MissingLibraryError: the workspace's Python lacks a library for it.
        MachineError: the child died.
    """
    if not jobs:
        return []
    outbox = _outbox(place)
    root = str(place.root)
    task = {
        "step": "errand", "kind": "errand", "driver": "onward.runtime.conversion", "file": "", "folder": str(outbox),
        "root": root, "roots": [], "outside": list(python.outside), "bytecode": str(place.bytecode),
        "outbox": str(outbox), "variables": {}, "passed": [], "inputs": {}, "as_of": "", "jobs": list(jobs),
    }  # fmt: skip
    workers = Workers(python.executable, runtime_path(python, place, Path(onward.__file__).parent))
    try:
        workers.start(task)
        while not (endings := workers.endings()):
            select.select([workers.events], [], [])
        result = said(endings[0].result)
    finally:
        workers.close()
        shutil.rmtree(outbox, ignore_errors=True)
    if "answers" not in result:
        error = result.get("error") or {"type": "", "message": "the process ended without an answer"}
        form = MissingLibraryError if error["type"] == "MissingLibrary" else MachineError
        raise form(error["message"], hint=error.get("hint"))
    return list(result["answers"])


def _outbox(place: Place) -> Path:
    """A folder for one errand: among temporary files where the workspace cannot be written, for one may still look."""
    outbox = place.outboxes / f"errand-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        outbox.mkdir(parents=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="onward-errand-"))
    return outbox
