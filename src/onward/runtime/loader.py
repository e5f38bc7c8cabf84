"""Imports the workspace's own modules by what they say, not by when they were saved.

Python takes compiled code from beside a file where the file's size and its time in whole seconds fit, so that an
edit within a second runs *old* code. Modules of the workspace are therefore compiled from their source, and
the result is kept under the digest of that source. Installed packages keep Python's own cache.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import marshal
import os
import sys
from types import CodeType, ModuleType
from typing import Any, Callable, Dict, FrozenSet, NamedTuple, Sequence, Tuple

from onward.runtime.digests import sha256
from onward.runtime.own_files import are_unseen, own_read, own_write


class SourceByDigest(importlib.machinery.SourceFileLoader):
    """Loads one module, with its compiled code taken by digest from the folder that `install` was told."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return compiled(read_source(path), path, _installed.folder)


class WorkspaceFinder(importlib.machinery.FileFinder):
    """Finds modules in a folder of the workspace, and counts how often that folder is listed for it."""

    def _fill_cache(self) -> None:
        searched[self.path] = searched.get(self.path, 0) + 1
        super()._fill_cache()  # type: ignore[misc]


loaded: Dict[str, int] = {}
"""The files of code that were read to be run, and how often that could be seen."""
searched: Dict[str, int] = {}
"""How often each folder was listed to find modules in it."""


def read_source(path: str) -> bytes:
    """The text of a file of code that is about to be run, which is told apart from what the step itself reads."""
    source = own_read(path)
    loaded[path] = loaded.get(path, 0) + (0 if are_unseen() else 1)
    return source


def compiled(source: bytes, path: str, folder: str) -> CodeType:
    """The code of a module's source, from the cache in `folder` where it was compiled before.

    Raises:
        SyntaxError: the source does not compile.
    """
    name = sha256(b"\0".join([source, path.encode("utf-8", "surrogateescape")])).hexdigest()
    place = os.path.join(folder, sys.implementation.cache_tag or "python", name)
    try:
        content = own_read(place)
        if sha256(content[32:]).digest() == content[:32]:
            code = marshal.loads(content[32:])
            if isinstance(code, CodeType):
                return code
    except (OSError, ValueError, EOFError, TypeError):
        pass  # not there, or damaged: compiled anew below
    code = compile(source, path, "exec", dont_inherit=True)
    _keep(place, marshal.dumps(code))
    return code


def _keep(place: str, content: bytes) -> None:
    beside = f"{place}.{os.getpid()}"
    whole = sha256(content).digest() + content
    try:
        try:
            own_write(beside, whole)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            own_write(beside, whole)
        os.replace(beside, place)
    except OSError:
        return  # a cache that cannot be written costs time only


def warm(folders: Sequence[str]) -> None:
    """In the bare parent: lists folders that its children will import from, so that these need not."""
    for folder in folders:
        finder = WorkspaceFinder(folder, *_DETAILS)
        try:
            finder._path_mtime = os.stat(folder).st_mtime  # type: ignore[attr-defined]
            importlib.machinery.FileFinder._fill_cache(finder)  # type: ignore[attr-defined]
        except OSError:
            continue  # there is none yet: whoever imports from it will see
        searched.setdefault(folder, 0)
        sys.path_importer_cache[folder] = finder


_DETAILS: Any = [
    (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
    (SourceByDigest, importlib.machinery.SOURCE_SUFFIXES),
    (importlib.machinery.SourcelessFileLoader, importlib.machinery.BYTECODE_SUFFIXES),
]


class _Installed(NamedTuple):
    """The workspace whose imports go by digest in this process; `outside` are folders of installed packages in it."""

    root: str
    outside: Tuple[str, ...]
    folder: str


_installed = _Installed("", (), "")
_roots: FrozenSet[str] = frozenset()
"""The folders that the step's imports go through: the workspace's own wherever they lie."""


def is_installed() -> bool:
    """Whether `install` has been called in this process, or in the one that it was forked from."""
    return _installed.root != ""


def install(root: str, outside: Sequence[str], folder: str, roots: Sequence[str]) -> None:
    """Makes every import from below `root` go by digest; `outside` are folders in it that are installed packages.

    What is imported through `roots`, the step's own import path, is workspace code behind a symbolic link too. The
    bare parent does what it can once for all of its children, which find it done.
    """
    global _installed, _roots  # one process serves one workspace
    _roots = frozenset(roots)
    wanted = _Installed(root, tuple(outside), folder)
    if _installed == wanted:
        return
    _installed = wanted
    inside = os.path.join(os.path.realpath(root), "")
    sys.path_hooks.insert(0, _hook(inside, outside))
    for path in [path for path in sys.path_importer_cache if path.startswith(inside.rstrip(os.sep))]:
        del sys.path_importer_cache[path]


def uninstall() -> None:
    """Forgets what `install` was told; `sys.path_hooks` is for the caller to restore."""
    global _installed, _roots
    _installed, _roots = _Installed("", (), ""), frozenset()


def _hook(inside: str, outside: Sequence[str]) -> Callable[[str], Any]:
    """What finds modules in the folders below `inside`, for `sys.path_hooks`."""
    finder = WorkspaceFinder.path_hook(*_DETAILS)
    spared = tuple(os.path.join(os.path.realpath(place), "") for place in outside)

    def hook(path: str) -> Any:
        if path in _roots:
            return WorkspaceFinder(path, *_DETAILS)
        place = os.path.join(os.path.realpath(path), "")
        if not place.startswith(inside) or place.startswith(spared):
            raise ImportError("not a folder of the workspace")
        return finder(path)

    return hook


def load_file(path: str, name: str) -> ModuleType:
    """The module of a step's file, under the dotted name that stands for its path."""
    loader = SourceByDigest(name, path)
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    return module
