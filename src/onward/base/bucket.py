"""Buckets: named bytes that several machines share, behind a URL: S3, Google Cloud, Azure, or a folder.

Knows nothing of what is kept there. Each object appears whole or not at all; nothing is promised about how long it
stays, nor that what comes back is what was sent: who reads, verifies. Where the credentials come from is the affair
of the cloud's own settings (variables of the environment, instance roles), and they are never shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from stat import S_IMODE
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from onward.base.errors import BucketError, MissingLibraryError

if TYPE_CHECKING:
    from obstore import GetResult
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

SCHEMES = ("s3", "gs", "az", "file")
EXAMPLES = "`s3://bucket/prefix`, `gs://bucket/prefix`, `az://account/container/prefix` or `file:///shared/folder`"
# A request that makes no progress is given up; one that does may last, for objects can be large.
_CONNECT, _PROGRESS, _WHOLE = "5s", "60s", "1h"
_RETRIES: RetryConfig = {"max_retries": 2, "retry_timeout": timedelta(seconds=15)}
_READ_WRITE = 0o666
_UNFINISHED = re.compile(r"#[0-9]+\Z")
"""How the library calls a file that is not whole yet."""
_TRANSFERS = 4
"""Parts of one large object that travel at once."""


@dataclass(frozen=True)
class Stored:
    """An object of a bucket: its path, its bytes, and when it was written, in seconds since 1970."""

    path: str
    size: int
    written: float


class UrlBucket:
    """The bucket of a URL, through obstore. May be used by several threads. Suite: `onward.testing.buckets`."""

    def __init__(self, url: str, store: ObjectStore, *, takes_media: bool) -> None:
        self.url = url
        self._store = store
        self._takes_media = takes_media

    def read(self, path: str) -> bytes | None:
        """The bytes of an object; None where there is none."""
        import obstore

        with self._telling_what_failed("read", path):
            try:
                return bytes(obstore.get(self._store, path).bytes())
            except FileNotFoundError:
                return None

    def has(self, path: str) -> bool:
        """Whether there is an object of this name. Says nothing of its bytes."""
        import obstore

        with self._telling_what_failed("look at", path):
            try:
                obstore.head(self._store, path)
            except FileNotFoundError:
                return False
            return True

    def create(self, path: str, content: bytes) -> bool:
        """Adds an object; False where there is one of this name already, which is then left as it is."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with self._telling_what_failed("write", path):
            try:
                obstore.put(self._store, path, content, mode="create")
            except AlreadyExistsError:
                return False
            return True

    def replace(self, path: str, content: bytes, media: str | None = None) -> None:
        """Writes an object over whatever is there: a reader gets the old one or the new one."""
        import obstore

        with self._telling_what_failed("write", path):
            obstore.put(self._store, path, content, **self._attributes(media))

    def fetch(self, path: str, file: Path) -> bool:
        """Writes an object's bytes into a file, in bounded memory; False, and no file, where there is none.

        Raises:
            OSError: the file cannot be written.
        """
        import obstore

        with self._telling_what_failed("read", path):
            try:
                content = obstore.get(self._store, path)
            except FileNotFoundError:
                return False
        try:
            with file.open("wb") as whole:
                for chunk in self._chunks(content, path):
                    whole.write(chunk)
        except BaseException:  # failed or stopped: what is half goes, the reason goes on
            with suppress(OSError):
                file.unlink()
            raise
        return True

    def _chunks(self, content: GetResult, path: str) -> Iterator[bytes]:
        with self._telling_what_failed("read", path):
            yield from content

    def send(self, file: Path, path: str, media: str | None = None) -> None:
        """Writes a file's bytes, in bounded memory, over whatever is there."""
        import obstore

        with self._telling_what_failed("write", path):
            obstore.put(self._store, path, file, max_concurrency=_TRANSFERS, **self._attributes(media))

    def names(self, folder: str = "") -> list[str]:
        """The paths of all objects below a folder of the bucket, sorted; of all there are for the empty one."""
        import obstore

        with self._telling_what_failed("list", folder):
            chunks = obstore.list(self._store, prefix=folder or None)
            return sorted(entry["path"] for chunk in chunks for entry in chunk)

    def listing(self, folder: str = "") -> list[Stored]:
        """The same objects, with their sizes and ages, in no order."""
        import obstore

        with self._telling_what_failed("list", folder):
            chunks = obstore.list(self._store, prefix=folder or None)
            return [
                Stored(entry["path"], entry["size"], entry["last_modified"].timestamp())
                for chunk in chunks
                for entry in chunk
            ]

    def remove(self, path: str) -> None:
        """Removes an object, where it is there."""
        import obstore

        with self._telling_what_failed("remove", path), suppress(FileNotFoundError):
            obstore.delete(self._store, path)

    def _attributes(self, media: str | None) -> dict[str, Any]:
        return {"attributes": {"Content-Type": media}} if media is not None and self._takes_media else {}

    @contextmanager
    def _telling_what_failed(self, verb: str, path: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError, NotImplementedError, ValueError) as error:
            raise _bucket_error(error, self.url, f"cannot {verb} `{path}` in" if path else f"cannot {verb}") from error


class FolderBucket(UrlBucket):
    """A folder that several people share: what is made in it is for all who may read, or write, the folder itself."""

    def __init__(self, url: str, store: ObjectStore, root: Path) -> None:
        super().__init__(url, store, takes_media=False)
        self._root = root

    def create(self, path: str, content: bytes) -> bool:
        with self._sharing(path):
            return super().create(path, content)

    def replace(self, path: str, content: bytes, media: str | None = None) -> None:
        with self._sharing(path):
            super().replace(path, content, media)

    def send(self, file: Path, path: str, media: str | None = None) -> None:
        with self._sharing(path):
            super().send(file, path, media)

    def listing(self, folder: str = "") -> list[Stored]:
        """The objects below a folder, and what whoever was killed has left of some: its path is that of no object."""
        found = super().listing(folder)
        with self._telling_what_failed("list", folder):
            for parent, _, names in os.walk(self._root / folder):
                for name in filter(_UNFINISHED.search, names):
                    file = Path(parent, name)
                    with suppress(FileNotFoundError):  # it is finished now
                        state = file.stat()
                        path = file.relative_to(self._root).as_posix()
                        found.append(Stored(path, state.st_size, state.st_mtime))
        return found

    def remove(self, path: str) -> None:
        if _UNFINISHED.search(path) is None:
            super().remove(path)
            return
        with self._telling_what_failed("remove", path):
            (self._root / path).unlink(missing_ok=True)

    @contextmanager
    def _sharing(self, path: str) -> Iterator[None]:
        """Gives what is written the rights of the shared folder, of which the settings of a process may take some."""
        file = self._root / path
        with self._telling_what_failed("write", path):
            rights = S_IMODE(self._root.stat().st_mode)
            above = [folder for folder in file.parents if self._root in folder.parents and not folder.exists()]
            for folder in reversed(above):
                with suppress(FileExistsError):  # another process made it, and gives it its rights
                    folder.mkdir()
                    folder.chmod(rights)
        yield
        with suppress(OSError):  # it is somebody else's, or has just been removed
            mode = S_IMODE(file.stat().st_mode)
            if rights & _READ_WRITE & ~mode:
                file.chmod(mode | rights & _READ_WRITE)


def is_address(url: str) -> bool:
    """Whether a URL has the form of a bucket's address."""
    parts = urlsplit(url)
    is_folder = parts.scheme == "file"
    has_place = len(parts.path) > 1 and parts.path[0] == "/" and not parts.netloc if is_folder else bool(parts.netloc)
    return parts.scheme in SCHEMES and has_place and not parts.query and not parts.fragment


def open_bucket(url: str) -> UrlBucket:
    """The bucket, or the part of one, that a URL names. A folder is made where the one above it is there.

    Raises:
        BucketError: the URL names nothing that can be a bucket, or its folder cannot be had.
        MissingLibraryError: obstore is not installed.
    """
    if not is_address(url):
        raise BucketError(f"`{shown(url)}` is no address of a bucket", hint=f"write {EXAMPLES}")
    try:
        from obstore.exceptions import BaseError
        from obstore.store import LocalStore, from_url
    except ImportError as error:
        message = f"reaching `{shown(url)}` needs the library obstore"
        raise MissingLibraryError(message, hint="pip install 'onward[remote]'") from error
    try:
        if urlsplit(url).scheme == "file":
            folder = Path(unquote(urlsplit(url).path))
            _make_shared_folder(folder)
            return FolderBucket(shown(url), LocalStore(folder), folder)
        store = from_url(url, client_options=_client_options(), retry_config=_RETRIES)
        return UrlBucket(shown(url), store, takes_media=True)
    except (BaseError, OSError, ValueError) as error:
        raise _bucket_error(error, shown(url), "cannot open") from error


def _make_shared_folder(folder: Path) -> None:
    """Makes a folder below one that is there: a drive that is not mounted must not become a folder of this machine."""
    try:
        folder.mkdir(exist_ok=True)
    except FileNotFoundError as error:
        hint = f"mount the drive that it lies on, or make the folder `{folder.parent}`"
        raise BucketError(f"cannot open the shared folder `{folder}`: there is none to hold it", hint=hint) from error
    except (FileExistsError, NotADirectoryError) as error:
        taken = next(path for path in (folder, *folder.parents) if path.exists())
        hint = "move it away, or name another folder"
        raise BucketError(f"cannot open the shared folder `{folder}`: `{taken}` is none", hint=hint) from error


def _client_options() -> ClientConfig:
    options: ClientConfig = {"connect_timeout": _CONNECT, "read_timeout": _PROGRESS, "timeout": _WHOLE}
    if os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        options["allow_http"] = True  # somebody's own server, at an address that says so
    return options


def shown(url: str) -> str:
    """An address as people may see it: without what could be a password in it."""
    return re.sub(r"//[^/@]*@", "//", url).partition("?")[0].rstrip("/")


def _bucket_error(error: Exception, url: str, failed: str) -> BucketError:
    """What a library says, on one line, without queries, which may hold signatures."""
    said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    said = re.sub(r"Error performing .* - ", "", re.sub(r"\?[^\s)>]*", "", said)).strip(" :")
    is_refused = isinstance(error, PermissionError) or "Permission denied" in said
    if is_refused or type(error).__name__ in ("PermissionDeniedError", "UnauthenticatedError"):
        rights = "the rights of the folder" if url.startswith("file:") else "the cloud's own settings"
        hint = f"give whoever runs this the right to it, with {rights}"
    else:
        hint = "see whether it can be reached from here: `onward doctor`"
    return BucketError(f"{failed} `{url}`: {said}", hint=hint)
