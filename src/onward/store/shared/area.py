"""Where things lie in a bucket; `store.shared` draws the whole of it."""

from __future__ import annotations

from urllib.parse import unquote

from onward.base.digest import Digest
from onward.store.layout import folder_name

VERSION = "v1"
SECRET = f"{VERSION}/secret"
MAIN_SCOPE, TEAM_SCOPE = "main", "team"
_FORKS = "pr/"
PREVIEWS = "preview/"


class Area:
    """The part of a bucket that belongs to one scope."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        self.root = f"{VERSION}/{scope}"
        self.head = f"{self.root}/head"
        self.probe = f"{self.root}/probe"

    def object(self, digest: Digest) -> str:
        return f"{self.root}/objects/{digest[:2]}/{digest[2:]}"

    def traces(self, key: Digest) -> str:
        return f"{self.root}/traces/{key}"

    def executed(self, executed_key: Digest) -> str:
        return f"{self.root}/executed/{executed_key}"

    def record(self, folder: str, name: str) -> str:
        """A basis, a snapshot or a run: `folder` is `bases`, `snapshots` or `runs`."""
        return f"{self.root}/{folder}/{name}"


def is_of_fork(scope: str) -> bool:
    return scope.startswith(_FORKS)


def channels_of(scope: str, *, previews: bool) -> str:
    """The folder of the channels' logs that a scope writes; a fork has one of its own, for its previews."""
    return f"{VERSION}/{scope}/channels" if previews and is_of_fork(scope) else f"{VERSION}/channels"


def log_of(folder: str, channel: str) -> str:
    return f"{folder}/{folder_name(channel)}"


def channel_of(folder: str, path: str) -> str:
    """The channel of the path of a move below a folder of channels."""
    return unquote(path.removeprefix(f"{folder}/").partition("/")[0])
