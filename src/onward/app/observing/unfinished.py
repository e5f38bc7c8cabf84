"""What runs of steps that came to no result have left in files of the tree: it belongs to no state of anything.

A step that failed, or whose run was killed, may have made files that nobody knows of, for there is no trace of it. Here
they are remembered until the step has a result, so that no reader takes them for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from onward.app.observing.observe import Observer
from onward.app.settings.place import Place
from onward.base.digest import Digest, digest_bytes
from onward.store.disk import Disk


class _Record(msgspec.Struct, frozen=True):
    step: str
    files: dict[str, Digest]


class Unfinished:
    """By step, the files of this worktree with what was left in them."""

    def __init__(self, place: Place, disk: Disk, observer: Observer) -> None:
        self._folder = place.unfinished
        self._disk = disk
        self._observer = observer
        self._read: dict[str, dict[str, Digest]] | None = None

    def left(self, step: str) -> Mapping[str, Digest]:
        """The files that a step has left, with what is still in them; what somebody has edited since is theirs."""
        files = self._files().get(step, {})
        return {path: digest for path, digest in files.items() if self._observer.file(path) == digest}

    def steps(self) -> list[str]:
        """The steps that have left something."""
        return sorted(self._files())

    def is_left(self, path: str, digest: Digest) -> bool:
        """Whether some step has left these bytes in a file."""
        return any(files.get(path) == digest for files in self._files().values())

    def note(self, step: str, paths: Iterable[str]) -> None:
        """Remembers what is in files now, as a step has left them."""
        files = dict(self.left(step))
        for path in paths:
            self._observer.forget(path)
            if (digest := self._observer.file(path)) is not None:
                files[path] = digest
        if files:
            self._files()[step] = files
            self._disk.make_folder(self._folder)
            self._disk.replace(self._place_of(step), msgspec.json.encode(_Record(step, files)))

    def forget(self, step: str) -> None:
        """The step has a result now."""
        if self._files().pop(step, None) is not None:
            self._disk.remove(self._place_of(step))

    def _place_of(self, step: str) -> str:
        return f"{self._folder}/{digest_bytes(step.encode())}"

    def _files(self) -> dict[str, dict[str, Digest]]:
        if self._read is None:
            self._read = {}
            for name in self._disk.names(self._folder):
                try:
                    record = msgspec.json.decode(self._disk.read(f"{self._folder}/{name}") or b"", type=_Record)
                except msgspec.DecodeError:
                    continue
                self._read[record.step] = record.files
        return self._read
