"""The same surroundings for every run of a step: folders, seeds, fixed settings of libraries.

Libraries are set up when the step imports them, never before: a step that does not use numpy does not load it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from types import ModuleType
from typing import Any, Callable, Dict, FrozenSet, List, Optional, Sequence, Set

from onward.runtime import loader, programs, sharing
from onward.runtime.digests import sha256

HASH_SALT = "onward"


def enter(task: Dict[str, Any]) -> None:
    """Makes this process the step's: its variables, folder, import path and seeds."""
    for name, value in task["variables"].items():
        os.environ[name] = value
    programs.give(task["passed"], task["variables"])
    if "TZ" in task["variables"]:
        time.tzset()
    os.chdir(task["folder"])
    roots = task["roots"]
    sys.path[:] = [*roots, *(place for place in sys.path if place not in roots and place != "")]
    loader.install(task["root"], task["outside"], task["bytecode"], roots)
    global _step  # one process runs one step
    _step = task["step"]
    watch_imports()
    for name, settle in _LIBRARIES.items():
        if name in sys.modules:
            settle(sys.modules[name])


_step = ""


def watch_imports() -> None:
    """Sees to it that libraries which draw numbers, or look something up, are settled as soon as they are imported."""
    if not any(isinstance(finder, _AfterImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterImport())


_looked_for: Set[str] = set()
"""The top-level modules that this process looked for, found or not."""


def missing_modules() -> List[str]:
    """The top-level modules that were looked for and are not loaded, sorted."""
    return sorted(name for name in _looked_for if name not in sys.modules and "." not in name)


_last_at_start = ""
"""The module that the bare parent had loaded last when `remember_loaded` was called."""
_at_start: FrozenSet[str] = frozenset()
"""What `loaded_modules` gave then."""


def remember_loaded(root: str) -> None:
    """In the bare parent, when it has loaded what it will: its children need only look through what they add.

    A child that looks through all modules copies all the pages of memory that these lie on.
    """
    global _last_at_start, _at_start
    _at_start = frozenset(loaded_modules(root))
    _last_at_start = next(reversed(sys.modules), "")


def added_modules() -> List[str]:
    """The names of the modules that were loaded since `remember_loaded`; of all where it was not called."""
    names = []
    for name in reversed(sys.modules):
        if name == _last_at_start:
            break
        names.append(name)
    return names


def loaded_modules(root: str) -> List[str]:
    """The installed modules that are loaded, sorted: top-level ones, with their folders where packages share one.

    They are told by their files, for some go by another name. What belongs to the Python itself, to onward, or to the
    workspace at `root` is left out, as is what loaded code made up without a file. `importlib.metadata` is told, by
    which code asks what is installed.
    """
    packages = [os.path.join(place, "") for place in sys.path if place.endswith(("site-packages", "dist-packages"))]
    own = [os.path.dirname(os.__file__), root, os.path.dirname(os.path.dirname(loader.__file__))]
    spared = tuple(os.path.join(place, "") for place in own if place)
    names = set(_at_start)
    if "importlib.metadata" in sys.modules:
        names.add("importlib.metadata")
    for name in added_modules():
        file = getattr(sys.modules.get(name), "__file__", None)
        if not isinstance(file, str) or name == "__main__":
            continue
        folder = next((place for place in packages if file.startswith(place)), None)
        if folder is not None:
            names.add(_package(file[len(folder) :]))
        elif not file.startswith(spared):
            names.add(name.partition(".")[0])
    return sorted(names)


def _package(path: str) -> str:
    """The module that a file among the packages belongs to: its top folder, or all of them where that is shared."""
    top, separator, _ = path.partition(os.sep)
    if not separator:
        return top.partition(".")[0]
    if getattr(sys.modules.get(top), "__file__", None) is not None:
        return top
    return os.path.dirname(path).replace(os.sep, ".")


def _sow(module: Any) -> None:
    """Seeds a global generator from the step's name."""
    module.seed(int.from_bytes(sha256(_step.encode()).digest()[:4], "big"))


def _settle_matplotlib(module: Any) -> None:
    module.rcParams["svg.hashsalt"] = HASH_SALT


def _settle_metadata(module: Any) -> None:
    """Counts the listings by which Python looks for installed packages as it does those that look for modules."""
    fast = getattr(module, "FastPath", None)
    if fast is None or fast.children.__module__ == __name__:
        return  # another Python's way, or done before in this process
    listed = fast.children

    def children(self: Any) -> Any:
        place = self.root or os.getcwd()
        loader.searched[place] = loader.searched.get(place, 0) + 1
        return listed(self)

    children.__wrapped__ = listed  # type: ignore[attr-defined]
    fast.children = children


_LIBRARIES: Dict[str, Callable[[ModuleType], None]] = {
    "random": _sow,
    "numpy.random": _sow,
    "matplotlib": _settle_matplotlib,
    "importlib.metadata": _settle_metadata,
    **sharing.LIBRARIES,
}


class _AfterImport:
    """A finder that settles a library right after it was imported."""

    def __init__(self) -> None:
        self._found: Set[str] = set()

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None
    ) -> Any:
        if path is None:
            _looked_for.add(fullname)
        act = _LIBRARIES.get(fullname)
        if act is None or fullname in self._found:
            return None
        self._found.add(fullname)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        acting: Any = _ActingLoader(spec.loader, act)
        spec.loader = acting
        return spec


class _ActingLoader:
    def __init__(self, inner: Any, act: Callable[[ModuleType], None]) -> None:
        self._inner = inner
        self._act = act

    def create_module(self, spec: Any) -> Optional[ModuleType]:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        self._act(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def user_frames(trace: Any, root: str) -> List[Any]:
    """The frames of a traceback whose code is the workspace's own, outermost first.

    An installed package is not, nor is what onward keeps for itself, even where they lie in the workspace.
    """
    import traceback

    inside = os.path.join(os.path.realpath(root), "")
    others = [os.path.join(inside, ".onward"), *(os.path.realpath(prefix) for prefix in (sys.prefix, sys.exec_prefix))]
    foreign = tuple(os.path.join(place, "") for place in others)
    frames = []
    for frame in traceback.extract_tb(trace):
        path = os.path.realpath(frame.filename)
        if path.startswith(inside) and not path.startswith(foreign) and not frame.filename.startswith("<"):
            frames.append(frame)
    return frames
