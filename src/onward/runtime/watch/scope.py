"""Which paths a record lists one by one.

The interpreter, the packages and the system are the environment's, whose digest stands for them. What onward itself
reads and writes for a step is nobody's doing. All else counts.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Set, Tuple

SYSTEM = (
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/proc", "/sys", "/dev", "/run", "/boot", "/nix/store",
    "/var/run", "/var/cache/fontconfig", "/System", "/Library", "/private/etc", "/private/var/db",
)  # fmt: skip
_SITE = ("site-packages", "dist-packages")


class Places(NamedTuple):
    """What is the same for all steps of a workspace; folders end in `/`.

    Attributes:
        root: the workspace's. What lies in it counts even where the system's folders are around it.
        inner: folders of the interpreter and its packages that do not count wherever they lie.
        outer: those that the workspace lies in, and the system's.
        programs: where programs are looked for.
    """

    root: str
    inner: Tuple[str, ...]
    outer: Tuple[str, ...]
    programs: FrozenSet[str]


class Scope:
    """Tells the paths that count from those that do not, for one step.

    Args:
        places: the workspace's.
        spared: what onward itself touches for the step; a path stands for all that is below it.
    """

    def __init__(self, places: Places, spared: Iterable[str]) -> None:
        self._places = places
        self._root = places.root
        self._outer = places.outer
        self._never = (*places.inner, *(_folder(path) for path in spared))
        self.packages: Set[str] = set()
        self.distributions: Set[str] = set()

    def counts(self, path: str) -> bool:
        """Whether a path, absolute, is listed by itself."""
        below = path + "/"
        if below.startswith(self._never):
            return False
        return below.startswith(self._root) or not below.startswith(self._outer)

    def is_searched_for_programs(self, folder: str) -> bool:
        """Whether programs are looked for in a folder outside the workspace."""
        return folder in self._places.programs and not _folder(folder).startswith(self._root)

    def note_package(self, path: str) -> None:
        """Remembers the package that a path lies in, if it does in one."""
        for word in _SITE:
            _, found, rest = path.partition(f"/{word}/")
            if not found:
                continue
            name = rest.partition("/")[0]
            if name.endswith((".dist-info", ".egg-info")):
                if rest.endswith("/entry_points.txt"):
                    self.packages.add("importlib.metadata")  # who asks for entry points reads those of all
                else:
                    self.distributions.add(name)
            elif name != "__pycache__" and not name.endswith(".pth"):
                self.packages.add(name.partition(".")[0] if "/" not in rest else name)
            elif name == "__pycache__":
                self.packages.add(rest.partition("/")[2].partition(".")[0])
            return


def scope_of(task: Dict[str, Any]) -> Scope:
    """The scope of a step."""
    spared = {task["outbox"], task["bytecode"]}
    for handed in task["inputs"].values():
        spared.update(_paths_of(handed))
    spared.update([_real(path) for path in spared])
    return Scope(_places_of(task["root"], tuple(task["outside"])), spared)


def _places_of(root: str, outside: Tuple[str, ...]) -> Places:
    if (root, outside) not in _places:
        place = _folder(os.path.realpath(root))
        inner, outer = _parted([_folder(path) for path in environment(outside)], place)
        outer = (*outer, *map(_folder, SYSTEM))
        programs = frozenset(os.environ.get("PATH", "").split(os.pathsep))
        _places[root, outside] = Places(place, inner, outer, programs)
    return _places[root, outside]


_places: Dict[Tuple[str, Tuple[str, ...]], Places] = {}


def _real(path: str) -> str:
    """The path with all links followed; where its folder leads is found out once."""
    if os.path.islink(path):
        return os.path.realpath(path)
    folder, name = os.path.split(path)
    if folder not in _real_folders:
        _real_folders[folder] = os.path.realpath(folder)
    return os.path.join(_real_folders[folder], name)


_real_folders: Dict[str, str] = {}


def environment(outside: Tuple[str, ...]) -> List[str]:
    """The folders of this interpreter, its packages and onward; found once, in the bare parent."""
    if outside not in _environments:
        packages = [place for place in sys.path if place.endswith(_SITE)]
        own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        folders = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, own, *packages, *outside}
        folders |= {os.path.realpath(folder) for folder in folders}
        # The interpreter may be reached through a link, as where versions of it are switched.
        folders.add(os.path.dirname(os.path.dirname(os.path.realpath(sys.executable))))
        _environments[outside] = sorted(folders - {"", "/"})
    return _environments[outside]


_environments: Dict[Tuple[str, ...], List[str]] = {}


def _paths_of(handed: Dict[str, Any]) -> List[str]:
    if handed["form"] == "source":
        return list(handed["paths"])
    if handed["form"] == "artifact":
        return [handed["path"], *(handed.get("files") or {}).values()]
    return []


def _folder(path: str) -> str:
    return path.rstrip("/") + "/"


def _parted(folders: List[str], root: str) -> Tuple[Tuple[str, ...], Tuple[str, ...]]:
    """The folders that do not count wherever they lie, and those around the root, which count within it."""
    around = [folder for folder in folders if root.startswith(folder)]
    return tuple(folder for folder in folders if folder not in around), tuple(around)


def root_of_packages(path: Optional[str]) -> bool:
    """Whether a module's file lies below a folder of installed packages."""
    return path is not None and any(f"/{word}/" in path for word in _SITE)
