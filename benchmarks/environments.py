"""Tools that get an environment of their own, because what they bring along is much and could not stand beside ours.

Each is installed once, in the version that is named here, with pip and so with whatever index this machine has set
for it. Knows nothing of how a tool is used.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import variables

PLACE = Path(__file__).resolve().parents[1] / ".dev" / "benchmarks"
VERSIONS = {"datacompy": "1.1.0", "dvc": "3.67.1", "snakemake": "9.27.1"}


class NotInstalledError(Exception):
    """A tool could not be installed here; the message says why."""


def program(tool: str, place: Path = PLACE) -> Path:
    """Where a tool's program is once it is installed."""
    return _folder(tool, place) / "bin" / tool


def python(tool: str, place: Path = PLACE) -> Path:
    """The Python that can import a tool once it is installed."""
    return _folder(tool, place) / "bin" / "python"


def _folder(tool: str, place: Path) -> Path:
    return place / f"{tool}-{VERSIONS[tool]}"


def install(tool: str, place: Path = PLACE) -> None:
    """Makes a tool's environment where there is none yet; one that was not finished is made anew.

    Raises:
        NotInstalledError: Python makes no environments here, or pip does not get the tool.
    """
    wanted = f"{tool}=={VERSIONS[tool]}"
    folder = _folder(tool, place)
    finished = folder / "finished"
    if finished.exists():
        return
    print(f"installing {wanted} into {folder}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    _call(sys.executable, "-m", "venv", str(folder))
    _call(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted)
    finished.touch()


def _call(*command: str) -> None:
    done = subprocess.run(command, env=variables(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise NotInstalledError(f"`{' '.join(command[1:])}` ended with {done.returncode}: {said[-1] if said else ''}")
