"""What a watched run means for its step: observations, marks, and what was no longer what it had been.

Paths inside the workspace are told relative to its root. What lies outside cannot be laid out again from a basis, so
that a result which read it is unpinned; it counts all the same, by its absolute path.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from onward.app.observing.observe import A_FILE, Observer, link_digest
from onward.app.observing.watched import ListedFolder, PathState, Watched, is_hidden
from onward.app.settings.variables import ALL
from onward.base import paths
from onward.base.digest import Digest, digest_bytes
from onward.model.trace import PARTIAL, SELF_CHANGING, UNPINNED, Observation
from onward.model.workspace import Discovered

_LONGEST_NAME, _LONGEST_PATH = 255, 4096
_MOST_REASONS = 20
"""So many reasons of one mark are told."""
_NEVER_INPUTS = (".onward", ".git", ".ipynb_checkpoints")
"""Folders of the workspace that hold nothing which a result could rest on."""


class ChangedError(Exception):
    """A file that a step read is not what it was then, so that nobody knows what the step read."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True)
class Known:
    """What needs no observation, because it counts already or cannot.

    Attributes:
        root: the workspace's absolute path.
        inputs: paths in the workspace that count as sources, literal paths or code.
        writes: paths in the workspace that the step writes.
        searched: folders in the workspace that modules are looked for in.
        spare: absolute folders whose files come and go: caches, temporary files.
    """

    root: str
    inputs: Collection[str]
    writes: Collection[str]
    searched: Collection[str]
    spare: Collection[str]


def spare_folders() -> list[str]:
    """Folders of the machine that hold nothing lasting, links followed."""
    home = os.path.expanduser("~")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return [os.path.realpath(folder) for folder in ("/tmp", "/var/tmp", os.environ.get("TMPDIR") or "/tmp", cache)]


def is_complete(watched: Watched) -> bool:
    """Whether everything that the step did was seen."""
    return watched.confidence == "complete" and watched.means == "seccomp"


def written_paths(watched: Watched, root: str) -> list[str]:
    """The files of the workspace that a step made or changed and that are results: no hidden ones, no caches."""
    inside = [_inside(written.path, root) for written in watched.written if written.kind == "file"]
    return [path for path in inside if path and not is_hidden(path)]


def found_observations(watched: Watched, root: str, states: Mapping[str, Digest | None]) -> Iterator[Observation]:
    """What a step found in files that it changed, where it looked at that or kept something of it.

    Args:
        states: the digests of files before the step changed them, None for what was not there.
    """
    written = {state.path: state for state in watched.written}
    sizes = {state.path: state.size for state in watched.read}
    asked = {state.path for state in watched.asked}
    for name in written_paths(watched, root):
        path = f"{root}/{name}"
        if not written[path].existed:
            if written[path].kept:
                yield Observation("found", name)
            elif path in watched.absent:
                yield Observation("absent", name)
        elif path in asked:
            yield Observation("there", name, A_FILE)
        elif path in sizes and sizes[path] == 0:
            yield Observation("found", name, digest_bytes(b""))
        elif path in sizes and (before := states.get(name)) is not None:
            yield Observation("found", name, before)


def discovered(watched: Watched, root: Path) -> Discovered:
    """What a run was seen to look at, to look for and to write in the workspace, whatever came of it."""
    place = str(root)
    read = [inside for state in watched.read if (inside := _inside(state.path, place))]
    listed = [f"{inside}/" for folder in watched.listed if (inside := _inside(folder.path, place))]
    written = written_paths(watched, place)
    asked = [inside for path in watched.absent if (inside := _inside(path, place)) and inside not in written]
    return Discovered((), (*read, *listed), tuple(asked), tuple(written))


def changed_path(watched: Watched, known: Known) -> str | None:
    """A file that was read and that is not what it was then, though the step has not changed it, or not yet had."""
    own = {written.path for written in watched.written} | {removed.path for removed in watched.removed}
    for state in watched.read:
        if state.path not in own and not _is_spare(state.path, known) and not _is_still(state):
            return _inside(state.path, known.root) or state.path
    for written in watched.written:
        name = _inside(written.path, known.root)
        if name in known.writes and written.kind == "file" and not _is_still(written):
            return name
    return next((name for path in watched.moved if (name := _inside(path, known.root))), None)


def observations_of(watched: Watched, known: Known, observer: Observer) -> Iterator[Observation]:
    """What a watched run was seen to depend on beyond its key.

    Raises:
        ChangedError: a file changed before it was digested. Another step may write one at any moment, and its digest
            would then be that of bytes which this step never read.
    """
    removed = {name for gone in watched.removed if (name := _inside(gone.path, known.root))}
    own = {written.path for written in watched.written} | {removed.path for removed in watched.removed}
    for state in watched.read:
        if state.kind == "file" and state.path not in own:
            found = list(_file(state.path, known, observer))
            if found and not _is_still(state):
                raise ChangedError(found[0].name)
            yield from found
    linked = _linked_code(watched, known)
    for path in watched.imported:
        if path not in linked:
            yield from _file(path, known, observer)
    for path in watched.absent:
        name = _counted(path, known)
        if name is not None and path not in own and name not in known.searched and _can_be_a_file(path):
            yield Observation("absent", name)
    yield from _there(watched, known, observer)
    yield from _links(watched, known)
    for folder in watched.listed:
        name = _counted(folder.path, known)
        if name is not None and name not in known.writes and not _is_globbed(name, folder, known):
            listing = f"{name}/" if name else "./"
            digest = observer.listing_then(listing, folder.names, {*known.writes, *removed})
            if digest is not None:
                yield Observation("listing", listing, digest)


def _links(watched: Watched, known: Known) -> Iterator[Observation]:
    """The links on the way to what was read or looked at: another place may be meant by the same path tomorrow.

    By a link that counts as a source, a literal path or code, what is behind it counts already.
    """
    for link in watched.links:
        name = _counted(link.path, known)
        if name and name not in known.inputs and name not in known.writes and name not in known.searched:
            yield Observation("link", name, link_digest(link.target, Path(known.root)))


def _linked_code(watched: Watched, known: Known) -> set[str]:
    """The files that were imported by a symbolic link to them which counts as code, or as whatever else."""
    links = (link.path for link in watched.links if _inside(link.path, known.root) in known.inputs)
    return {os.path.realpath(path) for path in links}


def code_read(watched: Watched, known: Known, code: Collection[str]) -> list[str]:
    """Those files of a step's own Python `code` that were read otherwise than to be imported: for their text."""
    names = (_inside(state.path, known.root) for state in watched.read)
    return [name for name in names if name and name in code and name.endswith(".py") and name not in known.writes]


def _is_globbed(name: str, folder: ListedFolder, known: Known) -> bool:
    """Whether globs that the code spells out account for each time that a folder was listed: they count already."""
    globs = [path for path in known.inputs if paths.is_glob(path) and paths.folder_of(path) == name]
    return 0 < folder.times <= len(globs)


def _there(watched: Watched, known: Known, observer: Observer) -> Iterator[Observation]:
    """What was only looked at: that it is there counts, and whether it is a folder.

    A folder above a file that was read, or above the workspace, can be nothing else.
    """
    read = [*(state.path for state in watched.read), *watched.imported, known.root]
    own = {written.path for written in watched.written} | {removed.path for removed in watched.removed}
    apart = own | {folder for path in read for folder in _folders_above(path)}
    for state in watched.asked:
        name = _counted(state.path, known)
        if not name or state.path in apart or name in known.inputs or name in known.searched:
            continue
        if not name.startswith("/") or state.kind == "file":
            digest = observer.there(name)
            if digest is not None:
                yield Observation("there", name, digest)


def _folders_above(path: str) -> Iterator[str]:
    while (path := os.path.dirname(path)) not in ("", "/"):
        yield path


def variables_of(watched: Watched, observer: Observer, settled: Collection[str]) -> list[Observation]:
    """The variables that Python code read before it had set them, save those that settings have `settled`."""
    names = [name for name in watched.variables if name not in settled]
    names += [ALL] if watched.all_variables else []
    return [Observation("variable", name, observer.variable(name)) for name in names]


def has_strange_code(watched: Watched, known: Known) -> bool:
    """Whether code of the workspace was imported that the step's own code does not lead to."""
    names = (_counted(path, known) for path in watched.imported)
    return any(name is not None and name not in known.inputs for name in names)


def marks_of(watched: Watched | None, known: Known) -> dict[str, tuple[str, ...]]:
    """The marks that a run gives to its results, each with what made for it; one that nobody watched is partial."""
    if watched is None:
        return {PARTIAL: ("nobody watched it run",)}
    changed = {written.path for written in watched.written if written.existed}
    inside = {state.path: _inside(state.path, known.root) for state in watched.read}
    outside = [path for path, name in inside.items() if name is None and not _is_spare(path, known)]
    reached = [f"it reached {each.address}:{each.port}" for each in watched.network]
    reached += [f"it talked to a server of this machine: {server}" for server in watched.servers]
    found = {
        PARTIAL: watched.reasons if watched.confidence != "complete" else (),
        UNPINNED: [*reached, *(f"it read `{path}`, which lies outside of the workspace" for path in outside)],
        SELF_CHANGING: [revisited(name) for path, name in inside.items() if name is not None and path in changed],
    }
    return {mark: _first(reasons) for mark, reasons in found.items() if reasons}


def revisited(path: str) -> str:
    """Why a step that changes a file which it reads is self-changing, in words."""
    return f"it changes `{path}`, which it reads"


def _first(reasons: Sequence[str]) -> tuple[str, ...]:
    left_out = len(reasons) - _MOST_REASONS
    return tuple(reasons) if left_out <= 0 else (*reasons[:_MOST_REASONS], f"and {left_out} more like these")


def _can_be_a_file(path: str) -> bool:
    """Whether a path is short enough for a file of that name to be made: texts are asked for as well."""
    return len(path) < _LONGEST_PATH and len(os.fsencode(os.path.basename(path))) <= _LONGEST_NAME


def _file(path: str, known: Known, observer: Observer) -> Iterator[Observation]:
    name = _counted(path, known)
    if name is not None and name not in known.inputs and name not in known.writes:
        observer.forget(name)
        digest = observer.file(name)
        if digest is not None:
            yield Observation("file", name, digest)


def _counted(path: str, known: Known) -> str | None:
    """The name under which a path counts; None where it cannot."""
    inside = _inside(path, known.root)
    if inside is None:
        return None if _is_spare(path, known) else path
    return None if any(paths.is_below(inside, folder) for folder in _NEVER_INPUTS) else inside


def _inside(path: str, root: str) -> str | None:
    """The path relative to the root, `` for the root itself; None where it lies outside."""
    if path == root:
        return ""
    return path[len(root) + 1 :] if path.startswith(f"{root}/") else None


def _is_spare(path: str, known: Known) -> bool:
    """Whether a path outside of the workspace lies in a folder that holds nothing lasting."""
    return _inside(path, known.root) is None and any(_inside(path, folder) is not None for folder in known.spare)


def _is_still(state: PathState) -> bool:
    try:
        now = os.stat(state.path)
    except OSError:
        return False
    return (now.st_size, now.st_mtime_ns, now.st_ino) == (state.size, state.mtime_ns, state.inode)
