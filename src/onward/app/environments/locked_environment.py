"""An environment made anew from the lock of a laid-out basis, by uv, in the folder where the basis lies."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from onward.app.environments.locks import REQUIREMENTS, UV_LOCK
from onward.model.workspace import Settings

_PATIENCE_S = 3600
_VENV = ".venv"


def lock_of(files: Collection[str], settings: Settings) -> str | None:
    """The lock that an environment can be made from here; None where there is none, or settings name another Python."""
    if shutil.which("uv") is None or settings.python not in (None, _VENV):
        return None
    if UV_LOCK in files and "pyproject.toml" in files:
        return UV_LOCK
    return REQUIREMENTS if REQUIREMENTS in files else None


def install(root: Path, lock: str, python: str) -> str | None:
    """Makes `.venv` at `root` as its lock has it; returns why that cannot be done, or None.

    Args:
        root: the laid-out basis.
        lock: the name of its lock.
        python: the version that is wanted; another one that the lock allows is better than none.
    """
    ways = _ways_to_sync(python) if lock == UV_LOCK else _ways_to_install(python)
    said = ""
    for way in ways:
        shutil.rmtree(root / _VENV, ignore_errors=True)
        said = next((why for command in way if (why := _run(root, command))), "")
        if not said:
            return None
    shutil.rmtree(root / _VENV, ignore_errors=True)
    return said


def _ways_to_sync(python: str) -> list[list[list[str]]]:
    """With the workspace's own packages, else without: their code is imported from where it lies in any case."""
    sync = ["uv", "sync", "--frozen", "--all-packages", "--no-progress"]
    exact = ["--python", python]
    return [[[*sync, *exact]], [[*sync, *exact, "--no-install-workspace"]], [[*sync, "--no-install-workspace"]]]


def _ways_to_install(python: str) -> list[list[list[str]]]:
    install = ["uv", "pip", "install", "--no-progress", "--python", f"{_VENV}/bin/python", "-r", REQUIREMENTS]
    return [[["uv", "venv", "--python", python, _VENV], install], [["uv", "venv", _VENV], install]]


def _run(root: Path, command: Sequence[str]) -> str:
    """Why a command cannot be carried out; empty where it was."""
    variables = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    variables["UV_PROJECT_ENVIRONMENT"] = str(root / _VENV)
    try:
        done = subprocess.run(
            command, cwd=root, env=variables, capture_output=True, timeout=_PATIENCE_S, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else f"{command[0]} ended with {done.returncode}"
