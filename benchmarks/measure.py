"""One command, run and measured: wall and processor time; and the state of the machine.

Knows no tool. What is timed gets the caller's variables without those that would change how a Python starts.
"""

from __future__ import annotations

import os
import platform
import signal
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# PYTHONDONTWRITEBYTECODE would make every start compile what it imports; the others name environments and paths.
_NEVER_PASSED = (
    "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "PYTHONPROFILEIMPORTTIME", "VIRTUAL_ENV", "CONDA_PREFIX",
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One run of one command.

    Attributes:
        wall_s, cpu_s: seconds; processor time is that of the process and of every child that it waited for.
        status: the exit status; minus the signal for a killed process.
        output: the end of what it printed, for the case that it failed.
    """

    wall_s: float
    cpu_s: float
    status: int
    output: str = ""


@dataclass
class Series:
    """The samples of one tool in one situation."""

    samples: list[Sample] = field(default_factory=list)

    @property
    def median_s(self) -> float:
        return statistics.median(sample.wall_s for sample in self.samples)

    @property
    def least_s(self) -> float:
        return min(sample.wall_s for sample in self.samples)

    @property
    def cpu_s(self) -> float:
        return statistics.median(sample.cpu_s for sample in self.samples)


def variables(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of what is timed."""
    kept = {name: value for name, value in os.environ.items() if name not in _NEVER_PASSED}
    return {**kept, **(more or {})}


def run(
    command: Sequence[str], folder: Path, more: Mapping[str, str] | None = None, *, limit_s: float = 1800
) -> Sample:
    """Runs a command to its end; after `limit_s` seconds it is killed with all that it started."""
    log = folder.parent / f"{folder.name}.output"
    launch = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(folder), *command]
    with open(log, "wb") as output, open(os.devnull, "rb") as nothing:
        actions = [
            (os.POSIX_SPAWN_DUP2, nothing.fileno(), 0),
            (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
        ]
        started = time.perf_counter()
        pid = os.posix_spawn(launch[0], launch, variables(more), file_actions=actions, setpgroup=0)
        timer = threading.Timer(limit_s, os.killpg, (pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(pid, 0)
        wall_s = time.perf_counter() - started
        timer.cancel()
    said = log.read_bytes()[-4000:].decode("utf-8", "replace")
    return Sample(wall_s, usage.ru_utime + usage.ru_stime, os.waitstatus_to_exitcode(status), said)


def machine() -> dict[str, str]:
    """What the figures were measured on, and how busy it was."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(cores()),
        "Python": platform.python_version(),
        "load at the start (1, 5, 15 minutes)": load,
    }


def cores() -> int:
    """The cores that this process may use, which is how many steps every tool runs at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
