"""SIGTERM, by which services and CI jobs are stopped, ends a command in order, as Ctrl-C does.

Only the program does this: whoever uses `onward.Workspace` keeps the handlers that they have.
"""

from __future__ import annotations

import os
import signal
import time
from types import FrameType

TERMINATED = 128 + signal.SIGTERM
_ONE_REQUEST_S = 0.5
"""`timeout` and some shells send a signal to a process and then to its group, so that one request arrives twice."""


class Termination:
    """Hands SIGTERM to whatever handles Ctrl-C at that moment; the second request ends the process at once."""

    def __init__(self) -> None:
        self._first: float | None = None

    @property
    def is_requested(self) -> bool:
        return self._first is not None

    def listen(self) -> None:
        """Takes the signal over, unless whoever has started the program wants it ignored."""
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
            signal.signal(signal.SIGTERM, self._on_request)

    def leave(self) -> None:
        """Nothing is left that has to end in order."""
        if signal.getsignal(signal.SIGTERM) == self._on_request:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _on_request(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first is not None:
            if now - self._first > _ONE_REQUEST_S:
                os._exit(TERMINATED)  # the bare parents see that their input has ended, and end the steps
            return
        self._first = now
        on_interrupt = signal.getsignal(signal.SIGINT)
        if callable(on_interrupt):
            on_interrupt(number, frame)
        else:  # shells have what they start in the background ignore Ctrl-C
            raise KeyboardInterrupt
