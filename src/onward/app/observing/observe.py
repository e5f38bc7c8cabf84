"""The world as observations ask for it: what a file, a listing, an absent path is now."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from onward.app.environments.distributions import Distributions
from onward.app.settings.variables import Variables
from onward.base import paths
from onward.base.codec import digest_of
from onward.base.digest import Digest, digest_text
from onward.model.trace import INSTALLED_KINDS, Observation
from onward.model.workspace import Source
from onward.store.index import Index

A_FILE, A_FOLDER = digest_text("file"), digest_text("folder")
"""What is seen of a path that is only looked at."""


class Observer:
    """Looks at files below the root, each at most once until `forget`."""

    def __init__(
        self, root: Path, index: Index, as_of: str, distributions: Distributions, variables: Variables
    ) -> None:
        self._root = root
        self._variables = variables
        self._distributions = distributions
        self._index = index
        self._as_of = as_of
        self._files: dict[str, Digest | None] = {}
        self._listings: dict[str, list[str] | None] = {}

    def forget(self, path: str | None = None) -> None:
        """Looks again at a path, or at everything, when next asked."""
        if path is None:
            self._files.clear()
        else:
            self._files.pop(path, None)
        self._listings.clear()

    def file(self, path: str) -> Digest | None:
        """The digest of a file's bytes; of the names and bytes below, for a folder; None where there is none."""
        if path not in self._files:
            self._files[path] = self._look(path)
        return self._files[path]

    def there(self, path: str) -> Digest | None:
        """What kind of thing is at a path: a digest of the word; None where there is nothing."""
        absolute = self._root / path
        if absolute.is_dir():
            return A_FOLDER
        return A_FILE if absolute.exists() else None

    def link(self, path: str) -> Digest | None:
        """Where a symbolic link leads; None where there is none."""
        try:
            return link_digest(os.readlink(self._root / path), self._root)
        except OSError:
            return None

    def variable(self, name: str) -> Digest:
        """What is remembered of a variable's value as steps would get it now."""
        return self._variables.digest(name)

    def source(self, source: Source) -> Digest | None:
        """The digest of a source's contents; None where a file of it is missing or cannot be read."""
        if not source.paths:
            return None
        parts = []
        for path in source.paths:
            digest = self.file(path)
            if digest is None:
                return None
            parts.append((path.rpartition("/")[2] if len(source.paths) == 1 else path, digest))
        if len(parts) == 1:
            return digest_of([source.form, source.table, parts[0][1]])
        return digest_of([source.form, source.table, parts])

    def world(
        self, observations: Iterable[Observation], assets: Mapping[str, Digest], own: Collection[str] = ()
    ) -> dict[tuple[str, str], Digest | None]:
        """What each observation would give now.

        Args:
            observations: of one step.
            assets: the contents of what is settled.
            own: the paths that the step writes, which no listing of its holds.
        """
        world: dict[tuple[str, str], Digest | None] = {}
        for observation in observations:
            key = (observation.kind, observation.name)
            if key in world:
                continue
            if observation.kind in ("file", "absent"):
                world[key] = self.file(observation.name)
            elif observation.kind == "listing":
                world[key] = self.listing(observation.name, own)
            elif observation.kind == "there":
                world[key] = self.there(observation.name)
            elif observation.kind == "link":
                world[key] = self.link(observation.name)
            elif observation.kind == "variable":
                world[key] = self.variable(observation.name)
            elif observation.kind == "today":
                world[key] = self._as_of
            elif observation.kind in INSTALLED_KINDS:
                world[key] = self._distributions.seen(observation)
            else:
                world[key] = assets.get(observation.name)
        return world

    def listing(
        self, name: str, own: Collection[str] = (), *, also: Iterable[str] = (), without: Collection[str] = ()
    ) -> Digest | None:
        """The digest of the names in a folder (`data/`) or of a glob, without what the step writes itself (`own`).

        None where the folder is missing. One that the step's own files bring about is there, and empty.

        Args:
            name: the folder or the glob.
            own: the paths that the step writes.
            also, without: files as if they were in the tree, or were not.
        """
        names = self.names(name)
        brought = {shown for path in also if (shown := paths.shown_in(name, path)) is not None}
        if brought or without:
            names = sorted(brought.union(names or ()).difference(without)) if brought or names is not None else None
        names = names_without(names, name, own)
        return None if names is None else digest_of(names)

    def listing_then(self, name: str, then: Collection[str], own: Collection[str]) -> Digest | None:
        """The same of a folder as it was when a step that has ended asked for its names.

        What others have put there since, or taken away, does not show in it. A new folder may be the step's own work.

        Args:
            name: the folder.
            then: the names that were told to the step.
            own: as in `listing`, with what the step took away.
        """
        now = self._names_without(name, own)
        if now is None:
            return None
        prefix = "" if name == "./" else name
        told = {prefix + _utf8(each) for each in then if not each.startswith(".")}
        gone = {path for path in told - {*now, *own} if not os.path.lexists(self._root / path)}
        return digest_of(sorted({path for path in now if path in told or (self._root / path).is_dir()} | gone))

    def holds_only(self, folder: str, own: Collection[str]) -> bool:
        """Whether all files below a folder are among those of a step (`own`), so that it is the step's own work."""
        prefix = len(str(self._root)) + 1
        found = (f"{home[prefix:]}/{name}" for home, _, names in os.walk(self._root / folder) for name in names)
        return all(path in own for path in found)

    def _names_without(self, name: str, own: Collection[str]) -> list[str] | None:
        return names_without(self.names(name), name, own)

    def names(self, name: str) -> list[str] | None:
        """The workspace paths that a listing holds, sorted."""
        if name not in self._listings:
            self._listings[name] = names_in(self._root, name)
        return self._listings[name]

    def observe(self, path: str, own: Collection[str] = ()) -> list[Observation]:
        """What a step that reads a literal path depends on: the file; or a listing and the files in it.

        `own` are the paths that it writes: a listing does not hold them.
        """
        named = paths.literal(path) if "[" in path and not path.endswith("/") else None
        if path.endswith("/") or paths.is_glob(path):
            names = self._names_without(path, own)
            if names is None:
                return [Observation("absent", path.rstrip("/"))]
            inside = [Observation("file", name, found) for name in names if (found := self.file(name))]
            # A bracket may stand for itself, as it does for `open`.
            itself = [self._observe_file(named)] if named is not None and named not in names else []
            return [*itself, Observation("listing", path, digest_of(names)), *inside]
        return [self._observe_file(path)]

    def _observe_file(self, path: str) -> Observation:
        digest = self.file(path)
        return Observation("absent", path) if digest is None else Observation("file", path, digest)

    def _look(self, path: str) -> Digest | None:
        absolute = self._root / path
        try:
            status = os.stat(absolute)
            if os.path.isdir(absolute):
                return digest_of([(name, self.file(name)) for name in self.names(path + "/") or ()])
            return self._index.digest(str(absolute), status)
        except OSError:
            return None


def link_digest(target: str, root: Path) -> Digest:
    """What is remembered of where a symbolic link leads; of a place in the workspace, not where that lies."""
    inside = target.removeprefix(f"{root}/")
    return digest_text(_utf8(target if inside == target else f"<root>/{inside}"))


def names_in(root: Path, name: str) -> list[str] | None:
    """The workspace paths in a folder (`data/`) or of a glob, sorted; None where there is no such folder."""
    if name.endswith("/") or not paths.is_glob(name):
        folder = name.rstrip("/")
        folder = "" if folder == "." else folder
        try:
            entries = sorted(os.listdir(root / folder))
        except OSError:
            return None
        shown = [_utf8(entry) for entry in entries if not entry.startswith(".")]
        return [f"{folder}/{entry}" if folder else entry for entry in shown]
    first = min(name.index(letter) for letter in "*?[" if letter in name)
    start = name[:first].rpartition("/")[0]
    pattern = paths.glob_pattern(name)
    found = []
    for folder, folders, files in os.walk(root / start):
        folders[:] = sorted(inner for inner in folders if not inner.startswith("."))
        below = os.path.relpath(folder, root)
        below = "" if below == "." else below + "/"
        found += [_utf8(below + file) for file in files if pattern.match(below + file)]
    return sorted(found)


def names_without(names: list[str] | None, name: str, own: Collection[str]) -> list[str] | None:
    """Names of a folder or a glob (`name`) save those that a step brings about itself, whose files are `own`."""
    if not own:
        return names
    if names is None:
        return [] if any(paths.is_below(path, name.rstrip("/")) for path in own) else None
    return [each for each in names if not any(paths.is_below(path, each) for path in own)]


def _utf8(name: str) -> str:
    """A name as records can hold it: bytes that are no UTF-8 are written as `\\xff`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
