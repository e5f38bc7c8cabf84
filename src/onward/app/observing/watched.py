"""What a step was seen to touch, as its record in the outbox says; what it means for the step is decided elsewhere.

The format and what each part holds is told by the package `onward.runtime.watch`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

WATCH_FORMAT = 1
RECORD = "watch.json"
JOURNAL = "changing"
"""The file of an outbox in which is written down what a step changes, as it begins to: its run may be killed."""
OVERWRITTEN = "before"
"""The folder of an outbox that has copies of files as they were before the step changed them."""


class PathState(msgspec.Struct, frozen=True):
    """A path, absolute, and what was there when the step first touched it."""

    path: str
    kind: Literal["file", "folder", "link", "pipe", "socket", "device"]
    size: int
    mtime_ns: int
    inode: int


class ListedFolder(PathState, frozen=True):
    """A folder whose names were asked for; they are those that would be there without the step."""

    names: tuple[str, ...]
    times: int


class WrittenFile(PathState, frozen=True):
    """A file that the step made or changed, as it is in the end.

    Attributes:
        existed: it was there before.
        kept: it was opened to be changed in place, whether it was there or not.
    """

    existed: bool
    kept: bool = False


class RemovedPath(msgspec.Struct, frozen=True):
    """What was there before the step and no longer is."""

    path: str
    kind: str


class LinkFollowed(msgspec.Struct, frozen=True):
    """A symbolic link on the way to something, and what it says."""

    path: str
    target: str


class Renamed(msgspec.Struct, frozen=True):
    """A path that got another name."""

    old: str
    new: str


class Reached(msgspec.Struct, frozen=True):
    """Another machine that was talked to."""

    address: str
    port: int


class Kept(msgspec.Struct, frozen=True):
    """What a file held before the step changed it, and where its copy lies: in the outbox."""

    path: str
    copy: str


class Refused(msgspec.Struct, frozen=True):
    """What strictness has denied: a path, or an address with its port, and what was tried."""

    path: str
    verb: Literal["read", "list", "write", "remove", "rename", "connect"]


class Watched(msgspec.Struct, frozen=True):
    """The record of one step.

    Attributes:
        means: by what it was seen.
        confidence: `complete` where everything could be seen; else `reasons` say why not.
        asked: what was only looked at.
        imported: the workspace's code that was imported, and the step's own file, where nothing else read it.
        modules: top-level names of installed packages that were loaded or read from.
        missing: top-level modules that were looked for and not had in the end; None: not known.
        distributions: folders of packages' metadata that were read from.
        variables: names alone; `all_variables` where the code looked through all of them.
        moved: files that others changed between the step's reading them and its changing them.
        events: how many calls were looked at.
    """

    format: int
    means: Literal["seccomp", "audit"]
    confidence: str
    reasons: tuple[str, ...]
    read: tuple[PathState, ...]
    asked: tuple[PathState, ...]
    absent: tuple[str, ...]
    listed: tuple[ListedFolder, ...]
    links: tuple[LinkFollowed, ...]
    written: tuple[WrittenFile, ...]
    removed: tuple[RemovedPath, ...]
    renamed: tuple[Renamed, ...]
    programs: tuple[str, ...]
    network: tuple[Reached, ...]
    servers: tuple[str, ...]
    imported: tuple[str, ...]
    modules: tuple[str, ...]
    missing: tuple[str, ...] | None
    distributions: tuple[str, ...]
    variables: tuple[str, ...]
    all_variables: bool
    refused: tuple[Refused, ...]
    kept: tuple[Kept, ...]
    moved: tuple[str, ...]
    events: int


def read_watched(outbox: Path) -> Watched | None:
    """The record in an outbox; None where the step was not watched, or whoever watched it could not tell."""
    try:
        content = (outbox / RECORD).read_bytes()
    except FileNotFoundError:
        return None
    try:
        watched = msgspec.json.decode(content, type=Watched)
    except msgspec.DecodeError:
        return None  # its writer was killed: as good as none
    return watched if watched.format == WATCH_FORMAT else None


def is_hidden(path: str) -> bool:
    """Whether a file of the workspace is no result of anybody: hidden, or kept by a program for itself."""
    return any(
        name.startswith(".") or name == "__pycache__" or name.endswith((".pyc", "~")) for name in path.split("/")
    )
