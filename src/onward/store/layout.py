"""Where things lie, and which version of the layout a store has.

    store/FORMAT
    store/secret                             what digests of variables' values are made under
    store/objects/ab/cdef...                 bytes, by their digest
    store/traces/<scope>/<key>/<trace>       what came out under a key
    store/bases/<digest>  store/snapshots/<digest>  store/runs/<id>
    store/channels/<name>/<sequence>         moves, one file each
    store/seen/<scope>/<step>                that a step has had a trace
    store/executed/<scope>/<key>/<trace>     traces by their key without what is only shown with the results

The same names serve a folder and a bucket. Everything but FORMAT is create-only.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, unquote

from onward.base.digest import Digest, digest_text
from onward.base.errors import StoreError

STORE_FORMAT = 1
LOCAL_SCOPE = "local"
LONGEST_NAME = 240
"""Characters of a folder's name, on the file systems that allow the fewest, with some to spare."""


def folder_name(channel: str) -> str:
    """The name of a channel's folder. `.` and `..` are names like any other, and no places."""
    return quote(channel, safe="").replace(".", "%2E")


class Layout:
    """The paths of one store, as plain text: a run asks for thousands of them."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.objects = f"{root}/objects"
        self.bases = f"{root}/bases"
        self.snapshots = f"{root}/snapshots"
        self.runs = f"{root}/runs"
        self.channels = f"{root}/channels"
        self.damaged = f"{root}/damaged"
        self.secret = f"{root}/secret"

    def object(self, digest: Digest) -> str:
        return f"{self.objects}/{digest[:2]}/{digest[2:]}"

    def traces(self, scope: str, key: Digest) -> str:
        return f"{self.root}/traces/{scope}/{key}"

    def executed(self, scope: str, executed_key: Digest) -> str:
        """Where the traces are named that differ in nothing but what is shown: derived, a loss costs executions."""
        return f"{self.root}/executed/{scope}/{executed_key}"

    def seen(self, scope: str, step: str) -> str:
        """A mark that a step has had a trace: derived from the traces, and only ever a hint for a plan."""
        return f"{self.root}/seen/{scope}/{digest_text(step)}"

    def channel(self, name: str) -> str:
        return f"{self.channels}/{folder_name(name)}"

    def channel_names(self) -> list[str]:
        """Names of the channels that have a move, sorted."""
        try:
            with os.scandir(self.channels) as entries:
                return sorted(unquote(entry.name) for entry in entries if entry.is_dir())
        except FileNotFoundError:
            return []

    def check_format(self) -> None:
        """Refuses a store that a newer onward wrote.

        Raises:
            StoreError: the store has another format.
        """
        try:
            found = Path(self.root, "FORMAT").read_text("ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            return  # there is no store yet; whether one can be made is for `prepare` to say
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(
                f"cannot read the store's format: {error}", hint="give yourself the right to read the folder `.onward`"
            ) from error
        if found != str(STORE_FORMAT):
            raise StoreError(
                f"the store has format {found}, this onward reads format {STORE_FORMAT}",
                hint="use the version of onward that wrote it, or move the folder `.onward` away",
            )
