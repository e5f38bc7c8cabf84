"""Stopping a change of a place from another thread, which alone hears of Ctrl-C and SIGTERM."""

from __future__ import annotations

import threading


class Stop:
    """Asked for by one thread, heeded by the one that is at work."""

    def __init__(self) -> None:
        self._is_asked = threading.Event()

    def ask(self) -> None:
        self._is_asked.set()

    def heed(self) -> None:
        """Stands before whatever takes long.

        Raises:
            KeyboardInterrupt: it was asked for.
        """
        if self._is_asked.is_set():
            raise KeyboardInterrupt
