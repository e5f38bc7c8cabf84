"""A run that is killed: its process gets a signal that nobody can catch, as soon as it has told of so many steps."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_TOLD = re.compile(r"\s*\S+ (\S+/\S+)  (\w+)")


def run_and_kill(folder: Path, steps: int, jobs: int = 2) -> dict[str, str]:
    """Starts a run in a folder and kills it.

    Args:
        folder: the workspace's.
        jobs: how many steps run at once.
        steps: after how many steps that have ended; a run that has fewer ends by itself.

    Returns:
        The outcomes that it has told of.
    """
    told: dict[str, str] = {}
    program = "from onward.cli.entry import main; main()"
    command = [sys.executable, "-c", program, "run", "--keep-going", "-j", str(jobs)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        for line in run.stderr if steps else ():
            found = _TOLD.match(line)
            if found:
                told[found[1]] = found[2]
            if len(told) == steps:
                break
        run.kill()
    return told
