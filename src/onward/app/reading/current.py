"""The workspace as it is now, read with what its last results have shown of their steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Timer
from types import MappingProxyType
from typing import Any

from onward.app.reading.whole import Reading, read
from onward.app.wiring import Opened
from onward.model.workspace import Discovered

PATIENCE_S = 5.0
"""Reading that takes longer is told: a folder may have been named that nobody meant, with all that a home holds."""
_NONE_GIVEN: Mapping[str, Any] = MappingProxyType({})


def read_current(
    opened: Opened,
    given: Mapping[str, Any] = _NONE_GIVEN,
    discovered: Mapping[str, Discovered] | None = None,
    once: frozenset[str] = frozenset(),
) -> Reading:
    """Reads the workspace, and says so where that takes long.

    Args:
        opened: the workspace.
        given, once: as for `read`.
        discovered: as for `read`; None: what the last results have shown.
    """
    if discovered is None:
        discovered = opened.standing.discovered()
    with _told_where_slow(opened):
        return read(opened.place, opened.index, given, discovered, once)


@contextmanager
def _told_where_slow(opened: Opened) -> Iterator[None]:
    if opened.say is None:
        yield
        return
    told = f"still reading the folder {opened.place.root}; if you did not mean that one, press Ctrl-C and use `-C DIR`"
    timer = Timer(PATIENCE_S, opened.say, (told,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # whoever forks next does so with one thread
