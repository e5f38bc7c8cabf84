"""The files of a workspace: which there are, and which of them can be code, settings or data.

A walk that leaves out what is hidden, environments, and what other tools keep for themselves. What git ignores
is no code, but may well be data.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from onward.app.settings.place import CONFIG_NAME
from onward.base import paths

CODE_SUFFIXES = (".py", ".sql", ".ipynb")
COMPILED_SUFFIXES = (".so", ".pyd", ".pyc", ".pyx", ".pxd", ".pxi")
"""Modules that are no text of Python: built ones, and what Cython builds them from."""
NEVER_CODE = ("setup.py", "conftest.py", "noxfile.py", "manage.py")
_NEVER_FOLDERS = {"__pycache__", "node_modules", "site-packages"}
_NEVER_WITHIN = {"pyvenv.cfg", "conda-meta", ".onward-site.json"}
"""A folder that holds one of these is an environment, or a site that onward wrote."""
_LOCKS = ("uv.lock", "requirements.txt", "pyproject.toml", "poetry.lock", "pdm.lock", "pixi.lock")
DATA_FOLDER = "data"


@dataclass
class Tree:
    """What a walk found; paths are relative to the root, sorted."""

    code: dict[str, os.stat_result] = field(default_factory=dict)
    compiled: dict[str, os.stat_result] = field(default_factory=dict)
    """Modules, and their sources, that are no text of Python."""
    configs: list[str] = field(default_factory=list)
    locks: list[str] = field(default_factory=list)
    data: dict[str, list[str]] = field(default_factory=dict)
    """Each `data` folder, with the files below it."""
    modules: set[str] = field(default_factory=set)
    """Folders that hold Python or compiled modules anywhere below: what an import can go through."""
    edited: list[str] = field(default_factory=list)
    """Folders that the workspace's Python imports distributions from as they are edited; `read` fills it in."""
    ignores: list[str] = field(default_factory=list)
    """The `.gitignore` files."""
    unnameable: list[str] = field(default_factory=list)
    """Files of code or data whose names are no UTF-8, and so cannot stand in a record; told, and left out."""
    folders: dict[str, int] = field(default_factory=dict)
    """Every folder that was listed, with its time of change in ns: a folder's listing is that of that time."""


def scan(root: Path) -> Tree:
    """Walks the workspace at `root`. Folders that cannot be listed are passed over."""
    tree = Tree()
    _walk(str(root), "", None, tree, {os.path.realpath(root)})
    for files in tree.data.values():
        files.sort()
    tree.configs.sort()
    tree.locks.sort()
    return tree


def _walk(absolute: str, folder: str, data: str | None, tree: Tree, seen: set[str]) -> None:
    try:
        with os.scandir(absolute) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        tree.folders[folder] = os.stat(absolute).st_mtime_ns
    except OSError:
        return
    names = {entry.name for entry in entries}
    if folder and not names.isdisjoint(_NEVER_WITHIN):
        return
    for entry in entries:
        name = entry.name
        path = f"{folder}/{name}" if folder else name
        if name.startswith("."):
            if name == ".gitignore":
                tree.ignores.append(path)
            continue
        if not _is_utf8(name):
            tree.unnameable.append(path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))
        elif _is_folder(entry):
            _enter(entry, path, data, tree, seen)
        elif data is not None:
            tree.data[data].append(path)
            if name.endswith((*CODE_SUFFIXES, *COMPILED_SUFFIXES)):
                _add_code(entry, path, name, tree)
        else:
            _add_file(entry, path, name, tree)


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _enter(entry: os.DirEntry[str], path: str, data: str | None, tree: Tree, seen: set[str]) -> None:
    if entry.name in _NEVER_FOLDERS and data is None:
        return
    if entry.is_symlink():
        real = os.path.realpath(entry.path)
        if real in seen or any(other.startswith(real + os.sep) for other in seen):
            return
        seen.add(real)
    if data is None and entry.name == DATA_FOLDER:
        data = path
        tree.data[path] = []
    _walk(entry.path, path, data, tree, seen)


def _add_file(entry: os.DirEntry[str], path: str, name: str, tree: Tree) -> None:
    if name.endswith((*CODE_SUFFIXES, *COMPILED_SUFFIXES)):
        _add_code(entry, path, name, tree)
    elif name == CONFIG_NAME:
        tree.configs.append(path)
    elif name in _LOCKS:
        tree.locks.append(path)


def _add_code(entry: os.DirEntry[str], path: str, name: str, tree: Tree) -> None:
    try:
        status = entry.stat()
    except OSError:
        return  # a link to nowhere, or gone since the listing
    is_compiled = name.endswith(COMPILED_SUFFIXES)
    if is_compiled and paths.folder_of(path).endswith("__pycache__"):
        return
    (tree.compiled if is_compiled else tree.code)[path] = status
    if is_compiled or name.endswith(".py"):
        folder = paths.folder_of(path)
        while folder not in tree.modules:
            tree.modules.add(folder)
            folder = paths.folder_of(folder)


def is_never_step(path: str) -> bool:
    """Whether a file of code is one that tools run and no analysis."""
    name = path.rpartition("/")[2]
    return name in NEVER_CODE or (name.endswith(".py") and name.startswith("test_"))


def would_be_code(root: Path, git: Path | None, path: str) -> bool:
    """Whether a new file of code at this path would be found: it would not where the walk passes, or git ignores."""
    folder, parts = "", path.split("/")
    if any(part.startswith(".") for part in parts) or not _NEVER_FOLDERS.isdisjoint(parts[:-1]):
        return False
    for part in parts[:-1]:
        folder = f"{folder}/{part}" if folder else part
        if any((root / folder / name).exists() for name in _NEVER_WITHIN):
            return False
    if git is None:
        return True
    command = ["git", "-C", str(root), "check-ignore", "--quiet", "--", path]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode != 0
    except (OSError, subprocess.SubprocessError):
        return True


def ignored_by_git(root: Path, git: Path | None) -> list[str]:
    """Files and folders (with a `/` at the end) that git ignores; empty where there is no git."""
    if git is None:
        return []
    command = ["git", "-C", str(root), "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return []
    return [name.decode("utf-8", "surrogateescape") for name in done.stdout.split(b"\0") if name]


def without_ignored(files: Iterable[str], ignored: Iterable[str]) -> list[str]:
    """`files` save those that git ignores."""
    names = {name for name in ignored if not name.endswith("/")}
    folders = tuple(name for name in ignored if name.endswith("/"))
    return [path for path in files if path not in names and not (folders and path.startswith(folders))]
