"""Where a workspace's root is, found with what an empty Python has loaded."""

from __future__ import annotations

import os

LOCAL_FOLDER = ".onward"


def worked_in(folder: str) -> str | None:
    """The git root above an absolute folder; without git, the nearest folder above that onward has worked in."""
    above = [folder]
    while (outer := os.path.dirname(above[-1])) != above[-1]:
        above.append(outer)
    for each in above:
        if os.path.exists(f"{each}/.git"):
            return each
    for each in above:
        if os.path.isdir(f"{each}/{LOCAL_FOLDER}"):
            return each
    return None
