"""A basis, laid out in a folder: the files that a run rested on, as far as their bytes are still to be had.

Bytes come from the store, else from git, else from the working tree where a file is still the same. A basis knows no
rights: a file is a program where git, the tree or its own first line says so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from onward.app.changes.git_history import GitHistory, TreeFile
from onward.app.observing.observe import A_FOLDER, link_digest, names_in, names_without
from onward.app.reading import catalogue
from onward.app.wiring import Opened
from onward.base import paths
from onward.base.codec import digest_of
from onward.base.digest import Digest, digest_file
from onward.base.text import size
from onward.model.records import DATA_AXIS, Basis, FileState, Run
from onward.model.trace import Observation, Trace

STORE, GIT, TREE = "store", "git", "tree"
_PROGRAM = 0o755


@dataclass(frozen=True)
class LostFile:
    """A file of a basis whose bytes nobody has any more; `words` say why."""

    path: str
    state: FileState
    words: str


@dataclass
class LaidOut:
    """What lies in the folder now.

    Attributes:
        origins: by path, where the bytes come from: `store`, `git` or `tree`.
        lost: what could not be had.
        listings: by step, the folders and globs that do not hold the names that the step was told.
    """

    origins: dict[str, str] = field(default_factory=dict)
    lost: list[LostFile] = field(default_factory=list)
    listings: dict[str, list[str]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many files come from where."""
        return {origin: list(self.origins.values()).count(origin) for origin in (STORE, GIT, TREE)}


def lay_out(opened: Opened, run: Run, basis: Basis, traces: dict[str, Trace], root: Path) -> LaidOut:
    """Writes the files of a basis below `root`.

    Args:
        opened: the workspace that has the run.
        run: the run.
        basis: what it rests on.
        traces: its results, by step.
        root: an empty folder.
    """
    layer = _Layer(opened, run, root)
    layer.place({**_originals(traces), **basis.files})
    layer.add_names(traces)
    return layer.laid_out


def place_files(opened: Opened, run: Run, files: dict[str, FileState], root: Path) -> LaidOut:
    """Writes some files of the basis of a run below `root`, over what is there."""
    layer = _Layer(opened, run, root)
    layer.place(files)
    return layer.laid_out


def _originals(traces: dict[str, Trace]) -> dict[str, FileState]:
    """What files held before any step wrote them, of those that a step goes on from."""
    left = {(each.path, each.bytes) for trace in traces.values() for each in trace.artifacts.values()}
    found = [seen for trace in traces.values() for seen in trace.observations if seen.kind == "found" and seen.digest]
    return {seen.name: FileState(DATA_AXIS, seen.digest, 0) for seen in found if (seen.name, seen.digest) not in left}


class _Layer:
    """Finds bytes and writes them below a folder."""

    def __init__(self, opened: Opened, run: Run, root: Path) -> None:
        self._opened = opened
        self._run = run
        self._root = root
        self._history = GitHistory(opened.place.root, opened.place.git)
        commit = run.origin.commit
        self._committed: dict[str, TreeFile] = self._history.files(commit) if commit is not None else {}
        self.laid_out = LaidOut()

    # The files of the basis.

    def place(self, files: dict[str, FileState]) -> None:
        """Writes each file that can be had; the others are lost."""
        missed = {}
        for path, state in files.items():
            origin = self._place(path, state)
            if origin is None:
                missed[path] = state
            else:
                self.laid_out.origins[path] = origin
        versions = self._history.versions(filter(_is_inside, missed))
        for path, state in missed.items():
            same_size = [blob for blob, bytes_ in versions.get(path, ()) if state.size in (0, bytes_)]
            if any(self._from_git(blob, path, state) for blob in same_size):
                self.laid_out.origins[path] = GIT
            else:
                self._remove(path)
                self.laid_out.lost.append(LostFile(path, state, self._why_lost(path, state)))

    def _place(self, path: str, state: FileState) -> str | None:
        if not _is_inside(path):
            return None
        kept = self._opened.store.objects.path(state.digest)
        if kept is not None:
            self._write(path, kept)
            return STORE
        committed = self._committed.get(path)
        if committed is not None and self._from_git(committed.blob, path, state):
            return GIT
        present = self._opened.place.root / path
        if self._digest(present) == state.digest:
            self._write(path, present)
            # It may have changed since it was looked at.
            return TREE if digest_file(self._root / path) == state.digest else None
        return None

    def _from_git(self, blob: str, path: str, state: FileState) -> bool:
        target = self._made_room(path)
        for way in (None, path):
            if self._history.write(blob, target, path=way) and digest_file(target) == state.digest:
                self._allow(path)
                return True
        return False

    def _why_lost(self, path: str, state: FileState) -> str:
        now = self._digest(self._opened.place.root / path)
        tree = "the file is gone" if now is None else "the file has changed since"
        if state.axis == DATA_AXIS:
            many = f" ({size(state.size)})" if state.size else ""
            return f"`{path}`{many} was not kept, git does not have it, and {tree}"
        return f"the store has lost `{path}`, git does not have it, and {tree}"

    # Files of which only the names count.

    def add_names(self, traces: dict[str, Trace]) -> None:
        """Adds the files by whose names alone sources are told apart, and those that steps saw in listings."""
        kept = catalogue.load(self._opened.store, self._run.catalogue)
        for source in kept.sources if kept is not None else ():
            self._name(source.paths)
        for step, trace in traces.items():
            own = {each.path for each in trace.artifacts.values() if each.path is not None}
            for seen in trace.observations:
                if seen.kind == "there" and not seen.name.startswith("/"):
                    self._name_there(seen)
                elif seen.kind == "link" and not seen.name.startswith("/"):
                    self._link(seen)
                elif seen.kind == "listing" and not seen.name.startswith("/"):
                    self._name_listed(step, seen, own)

    def _name_there(self, seen: Observation) -> None:
        if seen.digest == A_FOLDER:
            (self._root / seen.name).mkdir(parents=True, exist_ok=True)
        elif seen.digest:
            self._name([seen.name])

    def _link(self, seen: Observation) -> None:
        """Makes a symbolic link to a place of the workspace, where the tree's leads where it led then."""
        present, path = self._opened.place.root, self._root / seen.name
        if not _is_inside(seen.name) or os.path.lexists(path):
            return
        try:
            target = os.readlink(present / seen.name)
        except OSError:
            return
        below = target.removeprefix(f"{present}/")
        inside = paths.join(paths.folder_of(seen.name) if below == target else "", below)
        if inside is not None and link_digest(target, present) == seen.digest:
            self._made_room(seen.name).symlink_to(os.path.relpath(self._root / inside, path.parent))

    def _name_listed(self, step: str, seen: Observation, own: set[str]) -> None:
        """Gives a folder the names that a step was told: those of now if they are the same, else what git had there."""
        root, present = self._root, self._opened.place.root
        if _told(root, seen.name, own) == seen.digest:
            return
        if _told(present, seen.name, own) == seen.digest:
            self._name(path for path in names_in(present, seen.name) or () if path not in own)
        else:
            self._name(path for path in _among(self._committed, seen.name) if path not in own)
        if _told(root, seen.name, own) != seen.digest:
            self.laid_out.listings.setdefault(step, []).append(seen.name)

    def _name(self, names: Iterable[str]) -> None:
        """Sees to it that there are files of these names; no result rests on what is in them."""
        for path in names:
            if not _is_inside(path) or os.path.lexists(self._root / path):
                continue
            present, committed = self._opened.place.root / path, self._committed.get(path)
            if committed is not None:
                self._history.write(committed.blob, self._made_room(path), path=path)
            elif present.is_dir() or any(paths.is_below(each, path) for each in self._committed):
                (self._root / path).mkdir(parents=True, exist_ok=True)
            elif not any(lost.path == path for lost in self.laid_out.lost):
                self._made_room(path).touch()

    # Writing.

    def _write(self, path: str, source: Path) -> None:
        shutil.copyfile(source, self._made_room(path))
        self._allow(path)

    def _made_room(self, path: str) -> Path:
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _remove(self, path: str) -> None:
        if _is_inside(path):
            (self._root / path).unlink(missing_ok=True)

    def _allow(self, path: str) -> None:
        """Makes a program one that can be started."""
        target = self._root / path
        committed = self._committed.get(path)
        present = self._opened.place.root / path
        if (committed is not None and committed.is_program) or os.access(present, os.X_OK) or _is_script(target):
            target.chmod(_PROGRAM)

    def _digest(self, path: Path) -> str | None:
        with suppress(OSError):
            return self._opened.index.digest(str(path)) if path.is_file() else None
        return None


def _is_inside(path: str) -> bool:
    """Whether a path of a record lies in the workspace: one that leads out of it is none of ours."""
    return paths.join("", path) == path


def _told(root: Path, name: str, own: set[str]) -> Digest | None:
    """What a step sees that asks for the names of a folder or a glob."""
    names = names_without(names_in(root, name), name, own)
    return None if names is None else digest_of(names)


def _among(committed: Iterable[str], name: str) -> list[str]:
    """The files and folders of a commit that a listing holds."""
    if paths.is_glob(name) and not name.endswith("/"):
        pattern = paths.glob_pattern(name)
        return [path for path in committed if pattern.match(path)]
    folder = name.rstrip("/")
    start = "" if folder in ("", ".") else f"{folder}/"
    found = {start + path[len(start) :].partition("/")[0] for path in committed if path.startswith(start)}
    return sorted(path for path in found if not path[len(start) :].startswith("."))


def _is_script(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == b"#!"
