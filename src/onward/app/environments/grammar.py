"""The grammar of the workspace's Python: in this process where the two Pythons read alike, else in a child of it.

The child is started when the first text is to be read, and lives as long as one reading of the workspace does.
"""

from __future__ import annotations

import ast
import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onward
from onward.app.environments.environment import WorkspacePython
from onward.base.errors import MachineError
from onward.languages.python import neutral, parse
from onward.model.code import Problem
from onward.model.ports import Grammar

_CELLS, _COMPILES = 1, 2
_PROGRAM = Path(onward.__file__).parent / "runtime" / "grammar.py"


class ChildGrammar:
    """The grammar of another Python, asked in a process of it."""

    def __init__(self, python: Path, name: str) -> None:
        self.name = name
        self._python = python
        self._process: subprocess.Popen[bytes] | None = None

    def parse(self, content: bytes, *, cells: bool = False, compiles: bool = True) -> ast.Module | Problem:
        """As `Grammar.parse` says. A text at which that Python dies is one that it refuses."""
        process = self._process or self._start()
        flags = (_CELLS if cells else 0) | (_COMPILES if compiles else 0)
        told = _ask(process, bytes([flags]) + len(content).to_bytes(8, "big") + content)
        if told is None:
            self.close()
            return Problem(f"{self.name} ends as it reads this")
        return neutral.tree(told)

    def close(self) -> None:
        """Ends the child, where one was started."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # it is gone already
                    pipe.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [str(self._python), "-I", "-S", str(_PROGRAM)]
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise MachineError(f"cannot start `{self._python}`: {error.strerror}") from error
        self._process = process
        if _ask(process, bytes(9)) is None:
            self.close()
            raise MachineError(
                f"the Python `{self._python}` does not read code",
                hint="mend the environment, or name another in `onward.toml`: `[environment]` `python = ...`",
            )
        return process


def _ask(process: subprocess.Popen[bytes], request: bytes) -> dict[str, Any] | None:
    """The answer to one request; None where the child is gone."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(request)
        process.stdin.flush()
    except OSError:
        return None
    head = process.stdout.read(8)
    size = int.from_bytes(head, "big")
    text = process.stdout.read(size)
    return json.loads(text) if len(head) == 8 and len(text) == size else None


@contextlib.contextmanager
def grammar_of(python: WorkspacePython | None) -> Iterator[Grammar]:
    """The grammar that the workspace's code is written in; this Python's, where the workspace has none."""
    name = parse.OWN.name
    if python is not None:
        name = parse.grammar_name(python.facts.implementation, python.facts.python)
    if python is None or name == parse.OWN.name:
        yield parse.OWN
        return
    child = ChildGrammar(python.executable, name)
    try:
        yield child
    finally:
        child.close()
