"""The bare parents, one for each Python, seen from the loop: tasks go in, endings come out."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from onward.app.settings import variables
from onward.base.errors import MachineError
from onward.model.event import Ending


class Workers:
    """One bare parent and its children; another one takes its place where it has lost the process that watches."""

    def __init__(self, python: Path, runtime: str) -> None:
        """
        Args:
            python: the interpreter of the steps.
            runtime: the folder that has the package `onward` for them.

        Raises:
            MachineError: the interpreter does not start.
        """
        self._python = python
        # What every step's code imports is loaded once in the parent instead of in every child.
        launch = f"import sys; sys.path[:] = [p for p in sys.path if p]; sys.path.insert(0, {runtime!r});"
        self._launch = launch + "import onward.api; from onward.runtime.zygote import serve; serve()"
        self._next = 0
        self._begin()

    def _begin(self) -> None:
        try:
            self._process = subprocess.Popen(
                [str(self._python), "-c", self._launch],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd="/",  # the folder of `-c`, in which Python looks for modules of its own first
                env=variables.of_steps(),
                start_new_session=True,
            )
        except OSError as error:
            raise MachineError(f"cannot start `{self._python}`: {error.strerror}") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin = self._process.stdin
        self.events = self._process.stdout.fileno()
        os.set_blocking(self.events, False)
        self._rest = b""
        self._is_over = False
        self._warm: set[str] = set()

    def start(self, task: dict[str, Any]) -> int:
        """Starts a task; its number comes back with its ending. Its field `watch` says whether it is watched."""
        if self._is_over:
            self.close()
            self._begin()
        cold = [folder for folder in task["roots"] if folder not in self._warm]
        if cold:
            self._warm.update(cold)
            self._send(f"warm {json.dumps(cold)}")
        self._next += 1
        log = os.path.join(task["outbox"], "log.jsonl")
        command = "watch" if task.get("watch") else "run"
        self._send(f"{command} {self._next} {json.dumps(log)}\t{json.dumps(task)}")
        return self._next

    def kill(self, identity: int) -> None:
        """Ends a child and all that it started."""
        self._send(f"kill {identity}")

    def endings(self) -> list[Ending]:
        """The children that have ended since the last call; does not wait.

        Raises:
            MachineError: the bare parent is gone.
        """
        try:
            content = os.read(self.events, 1 << 16)
        except BlockingIOError:
            return []
        if not content:
            raise MachineError(
                "the parent process of the steps has died",
                hint="run again: what was finished is kept",
            )
        *lines, self._rest = (self._rest + content).split(b"\n")
        endings = []
        for line in lines:
            event = json.loads(line)
            self._is_over = self._is_over or "over" in event
            if "ended" in event:
                endings.append(
                    Ending(
                        event["ended"],
                        event["status"],
                        event["signal"],
                        event["wall"],
                        event["cpu"],
                        event["peak"],
                        event["result"],
                    )
                )
        return endings

    def close(self) -> None:
        """Ends the bare parent, and with it every child that is left."""
        with contextlib.suppress(OSError):  # it is gone already
            self._stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _send(self, command: str) -> None:
        try:
            self._stdin.write(f"{command}\n".encode())
            self._stdin.flush()
        except OSError as error:
            raise MachineError(
                "the parent process of the steps has died", hint="run again: what was finished is kept"
            ) from error
