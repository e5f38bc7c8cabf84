"""Previews: each branch has a channel of its own, which goes when the branch does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from onward.app.releases import channels, history
from onward.app.wiring import Opened
from onward.base.digest import digest_text
from onward.base.errors import UnknownNameError, UsageError
from onward.ci.repository import Repository

_PREFIX = "preview/"
_LONGEST_WORDS = 60
_DIGITS = 8
"""Of the digest of a branch's name: two branches have two channels."""


def preview_of(branch: str) -> str:
    """The channel of a branch: of its name, or of the words in it where no channel can be called so."""
    try:
        channels.check_name(_PREFIX + branch)
    except UsageError:
        words = "-".join(re.findall(r"[A-Za-z0-9_]+", branch))[:_LONGEST_WORDS]
        return _PREFIX + f"{words}-{digest_text(branch)[:_DIGITS]}".lstrip("-")
    return _PREFIX + branch


def close_gone(opened: Opened) -> Iterator[str]:
    """Closes the previews whose branches others see no more; gives their channels. Where the remote cannot be asked,
    no branch is gone."""
    # In this order, so that a branch that somebody pushes meanwhile keeps its preview.
    previews = [channel for channel in channels.open_channels(opened) if channel.startswith(_PREFIX)]
    branches = Repository(opened.place.root).remote_branches()
    if branches is None:
        return
    wanted = {preview_of(branch) for branch in branches}
    for channel in previews:
        if channel not in wanted:
            try:
                history.close(opened, channel, "its branch is gone")
            except UnknownNameError:  # another build closed it first
                continue
            yield channel
