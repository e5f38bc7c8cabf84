"""The program as tests call it: in this process, which is quick, or as a process of its own, where that matters."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onward.cli.main import run

PROGRAM = (sys.executable, "-c", "from onward.cli.entry import main; main()")


@dataclass(frozen=True)
class Answer:
    """What a command line gave: exit status, standard output, standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output."""
        answer: dict[str, Any] = json.loads(self.out)
        return answer

    @property
    def text(self) -> str:
        """All that a person sees."""
        return self.out + self.err

    def outcomes(self) -> dict[str, str]:
        """How each step of a run ended, by name."""
        return {step["name"]: step["outcome"] for step in self.json["steps"]}


def onward(root: Path, *words: str) -> Answer:
    """The command line in this process, working in `root`."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(["-C", str(root), *words])
    return Answer(status, out.getvalue(), err.getvalue())


def started(folder: Path, *words: str, **variables: str) -> subprocess.Popen[str]:
    """The program in a process group of its own, in `folder`."""
    return subprocess.Popen(
        [*PROGRAM, *words],
        cwd=folder,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str], timeout_s: float = 60.0) -> Answer:
    """What a started program gave in the end."""
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return Answer(process.returncode, out, err)


def in_process(folder: Path, *words: str, **variables: str) -> Answer:
    """The program in a process of its own, to its end."""
    return ended(started(folder, *words, **variables))
