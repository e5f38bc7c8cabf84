"""Files that steps write into the tree: taken into the store, put back where they are missing, never lost.

A file may be replaced only where its bytes are kept somewhere else: as an object of the store, or by git. A file
that somebody edited by hand is neither, and stays until they say so.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from onward.app.observing.observe import Observer
from onward.app.observing.originals import is_in_git, tracked_by_git
from onward.app.observing.watched import Kept
from onward.app.reading.sources import form_of
from onward.app.settings.place import Place
from onward.base.codec import digest_of
from onward.base.digest import Digest, digest_bytes, digest_file
from onward.base.shell import shell_line
from onward.engine.graph import Graph
from onward.model.artifact import FILE, TABLE, Artifact
from onward.model.trace import Trace
from onward.model.workspace import Step
from onward.store.opened import Store

_MEDIA = {
    "csv": "text/csv", "tsv": "text/tab-separated-values", "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/x-ndjson", "json": "application/json", "excel": "application/vnd.ms-excel",
    "text": "text/plain",
}  # fmt: skip
_PICTURES = {
    ".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
    ".pdf": "application/pdf", ".html": "text/html",
}  # fmt: skip
_TABLES = ("csv", "tsv", "parquet", "jsonl")


class EditedByHandError(Exception):
    """A file in the way of an output holds what is kept nowhere else."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` was edited by hand since a step wrote it; move it away, or let it go with "
            f"`{shell_line('--overwrite', path)}`"
        )
        self.path = path


class TreeOutputs:
    """The written files of one run."""

    def __init__(self, place: Place, store: Store, observer: Observer, overwrite: Iterable[str]) -> None:
        self._place = place
        self._store = store
        self._observer = observer
        self._overwrite = set(overwrite)

    def before_run(self, step: Step, previous: Trace | None) -> dict[str, str | None]:
        """Makes sure that nothing is lost when the step writes its files; returns their bytes' digests.

        What is in the way the first time is kept in the store, and so is what a run left that was killed; else a
        hand-edited file stops the step. From here to `let_go`, what is in the files is the step's own.

        Raises:
            EditedByHandError: a file was edited by hand.
        """
        states: dict[str, str | None] = {}
        is_own = previous is None or self._was_writing(step.name)
        for path in step.writes:
            absolute = self._place.root / path
            if not absolute.is_file():
                states[path] = None
                continue
            digest = digest_file(absolute)
            states[path] = digest
            if not (is_own or path in self._overwrite or self._is_kept(digest) or is_in_git(self._place, path)):
                raise EditedByHandError(path)
            self._keep(absolute)
        if step.writes:
            self._store.disk.mark(self._mark(step.name))
        return states

    def is_only_here(self, step: str, path: str) -> bool:
        """Whether nobody but the tree has what is in a file, and no killed run of the step was writing it."""
        absolute = self._place.root / path
        return not (self._was_writing(step) or self._is_kept(digest_file(absolute)) or is_in_git(self._place, path))

    def let_go(self, step: str) -> None:
        """Notes that the files of a step are as it left them: what changes them now is somebody's edit."""
        if self._was_writing(step):
            self._store.disk.remove(self._mark(step))

    def give_up(self, step: str, paths: Iterable[str]) -> None:
        """Keeps what a step that came to no result left in files, so that whoever writes them next may do so."""
        self.keep(paths)
        self.let_go(step)

    def _mark(self, step: str) -> Path:
        return self._place.writing / digest_bytes(step.encode())

    def _was_writing(self, step: str) -> bool:
        return self._mark(step).exists()

    def keep_copies(self, kept: Iterable[Kept]) -> dict[str, str | None]:
        """Takes what files held before a step changed them into the store; their digests, by workspace path."""
        return {
            os.path.relpath(each.path, self._place.root): self._store.objects.adopt(each.copy)
            for each in kept
            if os.path.exists(each.copy)
        }

    def collect(self, written: Mapping[str, str]) -> dict[str, Artifact]:
        """The files that a step wrote, as artifacts by asset name; of those that are no files any more, none.

        Args:
            written: asset name -> workspace path.
        """
        made = {}
        for asset, path in written.items():
            absolute = self._place.root / path
            if not absolute.is_file():
                continue
            self._observer.forget(path)
            size = absolute.stat().st_size
            address = self._keep(absolute)
            form = form_of(path)
            media = _MEDIA.get(form) or _PICTURES.get(absolute.suffix.lower(), "application/octet-stream")
            kind = TABLE if form in _TABLES else FILE
            content = digest_of([1, kind, address])
            made[asset] = Artifact(kind, content, address, media, size, (), {"path": path})
        return made

    def put_back(self, trace: Trace, among: Container[str]) -> list[str]:
        """Brings files of the tree, if they are `among`, to what the trace made; returns the paths that were written.

        Raises:
            EditedByHandError: a file was edited by hand.
        """
        written = []
        for artifact in trace.artifacts.values():
            path = artifact.path
            if path is None or path not in among:
                continue
            absolute = self._place.root / path
            if self._observer.file(path) == artifact.bytes:
                continue
            if absolute.exists():
                self._may_replace(path, absolute, trace.step)
            source = self._store.objects.path(artifact.bytes)
            if source is not None:
                self._store.disk.copy(source, absolute)
                self._observer.forget(path)
                written.append(path)
        return written

    def bring_back(self, states: Mapping[str, str | None]) -> None:
        """Brings files of the tree to bytes that the store has, or takes them away, whatever a step left there."""
        for path, digest in states.items():
            absolute = self._place.root / path
            source = self._store.objects.path(digest) if digest else None
            if source is not None:
                self._store.disk.copy(source, absolute)
            elif digest is None:
                self._store.disk.remove(absolute)
            self._observer.forget(path)

    def keep(self, paths: Iterable[str]) -> None:
        """Takes what is in files of the tree into the store, so that they may be replaced."""
        for path in paths:
            absolute = self._place.root / path
            if absolute.is_file():
                self._keep(absolute)

    def take_back(self, originals: Mapping[str, Digest]) -> None:
        """Brings files that no step writes any more to what they held before; who edited one has it now."""
        kept = {path for path in originals if (there := self._observer.file(path)) is None or self._is_kept(there)}
        self.bring_back({path: original or None for path, original in originals.items() if path in kept})

    def remove_empty(self, folders: Iterable[str]) -> None:
        """Takes away those of the folders that hold nothing."""
        for folder in folders:
            with suppress(OSError):  # something is in it, or it is gone
                os.rmdir(self._place.root / folder)

    def restore_tracked(self, states: dict[str, str | None]) -> list[str]:
        """After a failure: files that git tracks get back what they held before the step ran."""
        tracked = tracked_by_git(self._place, states)
        for path in tracked:
            before = states[path]
            absolute = self._place.root / path
            source = self._store.objects.path(before) if before else None
            if source is not None and (not absolute.exists() or digest_file(absolute) != before):
                self._store.disk.copy(source, absolute)
                self._observer.forget(path)
        return tracked

    def _may_replace(self, path: str, absolute: Path, step: str) -> None:
        if path in self._overwrite or self._was_writing(step):
            self._keep(absolute)
        elif not self._is_kept(digest_file(absolute)) and not is_in_git(self._place, path):
            raise EditedByHandError(path)

    def _is_kept(self, digest: str) -> bool:
        """Whether the store has these very bytes, whole."""
        return self._store.objects.is_whole(digest)

    def _keep(self, absolute: Path) -> str:
        """A copy of a file of the tree in the store; never a link, for the tree's file may be written to."""
        digest = digest_file(absolute)
        if self._store.objects.is_whole(digest):
            return digest
        return self._store.objects.adopt(self._store.disk.copy_of(absolute))


def stood_in_for(graph: Graph, place: Place, names: Iterable[str]) -> set[str]:
    """The steps of whose files git tracks all that others read: should they not be made, these go on with them."""
    taken = {name: paths for name in names if (paths := files_taken_of(graph, name))}
    tracked = set(tracked_by_git(place, {path for paths in taken.values() for path in paths}))
    there = {path for path in tracked if (place.root / path).is_file()}
    return {name for name, paths in taken.items() if paths <= there}


def files_taken_of(graph: Graph, name: str) -> set[str]:
    """The files of a step that others read."""
    taken = {asset for reader in graph.downstream.get(name, ()) for asset in graph.taken_by_path(reader)}
    return {output.path for output in graph.steps[name].outputs if output.path and output.asset in taken}
