"""Previews: each branch has a channel of its own, which goes when the branch does."""

from __future__ import annotations

from collections.abc import Iterator

from onward.app import channels, history
from onward.app.wiring import Opened
from onward.ci.repository import Repository

_PREFIX = "preview/"


def preview_of(branch: str) -> str:
    """The channel of a branch."""
    return _PREFIX + branch.replace("@", "-")


def close_gone(opened: Opened) -> Iterator[str]:
    """Closes the previews whose branches others see no more; gives their channels. Where the remote cannot be asked,
    no branch is gone."""
    branches = Repository(opened.place.root).remote_branches()
    if branches is None:
        return
    wanted = {preview_of(branch) for branch in branches}
    for channel in channels.open_channels(opened):
        if channel.startswith(_PREFIX) and channel not in wanted:
            history.close(opened, channel, "its branch is gone")
            yield channel
