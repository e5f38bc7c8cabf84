"""Where things lie, and which version of the layout a store has.

    store/FORMAT
    store/objects/ab/cdef...                 bytes, by their digest
    store/traces/<scope>/<key>/<trace>       what came out under a key
    store/bases/<digest>  store/snapshots/<digest>  store/runs/<id>
    store/channels/<name>/<sequence>         moves, one file each
    store/seen/<scope>/<step>                that a step has had a trace

The same names serve a folder and a bucket. Everything but FORMAT is create-only.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, unquote

from onward.base.digest import Digest, digest_text
from onward.base.errors import StoreError

STORE_FORMAT = 1
LOCAL_SCOPE = "local"


class Layout:
    """The paths of one store."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.objects = root / "objects"
        self.bases = root / "bases"
        self.snapshots = root / "snapshots"
        self.runs = root / "runs"
        self.channels = root / "channels"
        self.damaged = root / "damaged"
        self._root_text = str(root)
        self._objects_text = str(self.objects)

    def object(self, digest: Digest) -> Path:
        return Path(self.object_text(digest))

    def object_text(self, digest: Digest) -> str:
        """The same as plain text: the check that thousands of objects are there makes no Path of each."""
        return f"{self._objects_text}/{digest[:2]}/{digest[2:]}"

    def traces(self, scope: str, key: Digest) -> Path:
        return Path(f"{self._root_text}/traces/{scope}/{key}")

    def seen(self, scope: str, step: str) -> Path:
        """A mark that a step has had a trace: derived from the traces, and only ever a hint for a plan."""
        return Path(f"{self._root_text}/seen/{scope}/{digest_text(step)}")

    def channel(self, name: str) -> Path:
        # `.` and `..` are names like any other, and no places.
        return self.channels / quote(name, safe="").replace(".", "%2E")

    def channel_names(self) -> list[str]:
        """Names of the channels that have a move, sorted."""
        if not self.channels.is_dir():
            return []
        return sorted(unquote(folder.name) for folder in self.channels.iterdir() if folder.is_dir())

    def check_format(self) -> None:
        """Refuses a store that a newer onward wrote.

        Raises:
            StoreError: the store has another format.
        """
        try:
            found = (self.root / "FORMAT").read_text("ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            return  # there is no store yet; whether one can be made is for `prepare` to say
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"cannot read the store's format: {error}") from error
        if found != str(STORE_FORMAT):
            raise StoreError(
                f"the store has format {found}, this onward reads format {STORE_FORMAT}",
                hint="use the version of onward that wrote it, or move the folder `.onward` away",
            )
