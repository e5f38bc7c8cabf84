"""What is installed in a Python, read from its package folders: distributions, what they ask for, what they provide.

Reads folders alone and imports nothing. Everything is kept by the state of the folders, for an installer changes
those; what is edited in place below an installed package is not seen. Which of it a step rests on is `reach`'s.
"""

from __future__ import annotations

import ast
import csv
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from onward.base.codec import digest_of
from onward.base.digest import Digest, digest_file, digest_text
from onward.base.requirements import normal_name

INSTALLED_FORMAT = 1
OWN = ("onward", "pip")
"""What counts for no step: onward is told apart by the formats of its kinds, and pip is no part of a result."""
_RACY_NS = 2_000_000_000
_MODULE_SUFFIXES = (".py", ".so", ".pyd", ".pyc")
_NO_CODE = ("__pycache__", "node_modules", "site-packages")
_MAPPING = re.compile(r"^MAPPING(?::[^=]*)?\s*=\s*(\{.*?\})\s*$", re.MULTILINE | re.DOTALL)


class Distribution(msgspec.Struct, frozen=True):
    """One installed distribution.

    Attributes:
        name, version: the name is normal (`requirements.normal_name`).
        content: digest of the version and of all files that it installed where packages lie, as its record has
            them: two builds of one version differ, two machines with one build do not.
        requires: its requirement lines.
        provides: what it answers for: `numpy`; `google.cloud.storage` where a folder is shared; a folder's name
            that is no module (`numpy.libs`, `numpy-2.1.dist-info`).
        roots: folders, outside of where packages lie, that it puts on the import path: an editable one's code.
        commit: of the repository that it was installed from.
        starts: it does something whenever this Python starts.
        entry_points: digest of what it registers for other packages to find; empty for nothing.
    """

    name: str
    version: str
    content: Digest
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    commit: str | None = None
    starts: bool = False
    entry_points: Digest = ""


class Installed(msgspec.Struct, frozen=True, dict=True):
    """What is installed in one Python. `strays` lie among the packages and belong to none: names with digests.

    `roots` are folders that some `.pth` file adds to the import path and that no distribution answers for.
    """

    distributions: dict[str, Distribution]
    strays: dict[str, Digest]
    roots: tuple[str, ...]

    def owners(self, module: str) -> tuple[str, ...]:
        """The distributions that a module (or a folder among the packages) comes from; nearest names win."""
        parts = module.split(".")
        for length in range(len(parts), 0, -1):
            found = self._providers.get(".".join(parts[:length]))
            if found:
                return found
        return self._sharers.get(module, ())

    @cached_property
    def _providers(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for distribution in self.distributions.values():
            for name in distribution.provides:
                found.setdefault(name, []).append(distribution.name)
        return {name: tuple(sorted(owners)) for name, owners in found.items()}

    @cached_property
    def _sharers(self) -> dict[str, tuple[str, ...]]:
        """Those who provide something below a shared folder, by that folder."""
        found: dict[str, set[str]] = {}
        for name, owners in self._providers.items():
            while "." in name:
                name = name.rpartition(".")[0]
                found.setdefault(name, set()).update(owners)
        return {name: tuple(sorted(owners)) for name, owners in found.items()}


def read_installed(folders: Sequence[str], cache: Path | None) -> Installed:
    """What is installed in package folders, first to last as imports look through them.

    Args:
        folders: absolute paths; one that is missing holds nothing.
        cache: the folder in which it is kept by the state of `folders`; None: it is not kept.
    """
    if cache is None:
        return _read(folders)
    states = [(folder, *_state(folder)) for folder in folders]
    kept = cache / digest_of([INSTALLED_FORMAT, states])
    try:
        return msgspec.msgpack.decode(kept.read_bytes(), type=Installed)
    except (OSError, msgspec.DecodeError):
        installed = _read(folders)
    newest = max((changed for _, changed, _ in states), default=0)
    if states == [(folder, *_state(folder)) for folder in folders] and time.time_ns() - newest > _RACY_NS:
        _keep(kept, msgspec.msgpack.encode(installed))
    return installed


def _state(folder: str) -> tuple[int, int]:
    try:
        status = os.stat(folder)
    except OSError:
        return 0, 0
    return max(status.st_mtime_ns, status.st_ctime_ns), status.st_ino


def _keep(path: Path, content: bytes) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        return  # a cache that cannot be written costs time only


def _read(folders: Sequence[str]) -> Installed:
    found: dict[str, Distribution] = {}
    strays: dict[str, Digest] = {}
    roots: list[str] = []
    for folder in folders:
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        owned: set[str] = set()
        added: set[str] = set()
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                distribution, tops, pths = _distribution(folder, name)
                owned.update(tops)
                added.update(root for pth in pths for root in _added(folder, pth))
                found.setdefault(distribution.name, distribution)
        for name in names:
            if name in owned or name == "__pycache__" or name.endswith((".dist-info", ".egg-info")):
                continue
            strays[name] = _stray(f"{folder}/{name}")
            if name.endswith(".pth"):
                roots += [root for root in _added(folder, name) if root not in added]
    return Installed(dict(sorted(found.items())), dict(sorted(strays.items())), tuple(dict.fromkeys(roots)))


def _stray(path: str) -> Digest:
    """A file by its bytes; a folder by its name alone, for nothing says what of it is a package."""
    try:
        return "" if os.path.isdir(path) else digest_file(path)
    except OSError:
        return ""


def _distribution(folder: str, name: str) -> tuple[Distribution, set[str], list[str]]:
    """A distribution, the names in `folder` that are its own, and its `.pth` files."""
    home = f"{folder}/{name}"
    stem, _, version = name.rpartition(".")[0].partition("-")
    headers = _headers(home)
    version = next(iter(headers.get("Version", ())), version.partition("-py")[0])
    files = _files(home)
    if files is None:
        guessed = _text(f"{home}/top_level.txt").split() or [stem]
        files = [(f"{top}{suffix}", "") for top in guessed for suffix in ("/__init__.py", ".py")]
    pths = [path for path, _ in files if path.endswith(".pth") and "/" not in path]
    url = _direct_url(home)
    distribution = Distribution(
        name=normal_name(next(iter(headers.get("Name", ())), stem)),
        version=version,
        content=digest_of([version, sorted(row for row in files if not _is_about(row[0]))]),
        requires=tuple(headers.get("Requires-Dist", ())),
        provides=tuple(sorted({name, *_provided(path for path, _ in files)})),
        roots=tuple(dict.fromkeys(_editable_roots(folder, [path for path, _ in files], pths, url))),
        commit=(url.get("vcs_info") or {}).get("commit_id"),
        starts=any(_has_code(_text(f"{folder}/{path}")) for path in pths),
        entry_points=_registered(_text(f"{home}/entry_points.txt")),
    )
    return distribution, {path.partition("/")[0] for path, _ in files}, pths


def _headers(home: str) -> dict[str, list[str]]:
    """The fields of a distribution's description that stand above its text, by name."""
    candidates = (f"{home}/METADATA", f"{home}/PKG-INFO", home)
    text = next(filter(None, map(_text, candidates)), "").partition("\n\n")[0]
    fields: dict[str, list[str]] = {}
    for line in re.sub(r"\r?\n[ \t]+", " ", text).splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name, []).append(value.strip())
    return fields


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _files(home: str) -> list[tuple[str, str]] | None:
    """Path and digest of each file that a distribution's record names, from where packages lie; None without one."""
    text = _text(f"{home}/RECORD")
    if not text:
        return None
    rows = csv.reader(text.splitlines())
    return [(row[0], row[1] if len(row) > 1 else "") for row in rows if row and not row[0].startswith(("..", "/"))]


def _registered(entry_points: str) -> Digest:
    """What a distribution registers, save the programs that it brings along: these are called and not looked up."""
    kept = []
    for section in re.split(r"^(?=\[)", entry_points, flags=re.MULTILINE):
        head, _, rest = section.partition("\n")
        if head.strip() not in ("", "[console_scripts]", "[gui_scripts]") and rest.strip():
            kept.append(section.strip())
    return digest_text("\n".join(kept)) if kept else ""


def _is_about(path: str) -> bool:
    """Whether a file was written by whoever installed the distribution, and may differ from the next installation."""
    top, _, rest = path.partition("/")
    return path.endswith(".pyc") or (top.endswith((".dist-info", ".egg-info")) and rest != "entry_points.txt")


def _provided(paths: Iterable[str]) -> set[str]:
    """The modules that files are, each by the nearest folder that is no shared one; else the folder's name."""
    files = [path for path in paths if not path.endswith(".pyc")]
    packages = {path.rpartition("/")[0] for path in files if path.rpartition("/")[2].startswith("__init__.")}
    provided = set()
    for path in files:
        parts = path.split("/")
        if "." in parts[0] and len(parts) > 1:
            provided.add(parts[0])  # `numpy.libs`, `numpy-2.1.dist-info`
            continue
        owner = next((n for n in range(1, len(parts)) if "/".join(parts[:n]) in packages), None)
        if owner is not None:
            provided.add(".".join(parts[:owner]))
        elif path.endswith(_MODULE_SUFFIXES):
            provided.add(".".join([*parts[:-1], parts[-1].partition(".")[0]]))
    return provided


def _direct_url(home: str) -> dict[str, Any]:
    try:
        told = json.loads(_text(f"{home}/direct_url.json") or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _editable_roots(folder: str, files: Sequence[str], pths: Sequence[str], url: Mapping[str, Any]) -> Iterator[str]:
    """The folders that an editable distribution's modules are imported from."""
    for pth in pths:
        yield from _added(folder, pth)
    for path in files:
        if path.startswith("__editable__") and path.endswith("_finder.py"):
            yield from _mapped(_text(f"{folder}/{path}"))
    if (url.get("dir_info") or {}).get("editable") and not any(_added(folder, pth) for pth in pths):
        where = urlsplit(str(url.get("url", "")))
        if where.scheme == "file":
            yield os.path.normpath(unquote(where.path))


def _mapped(finder: str) -> list[str]:
    """Where the packages lie that a finder of setuptools leads to; those that it gives another name, by themselves."""
    found = _MAPPING.search(finder)
    try:
        mapping = ast.literal_eval(found[1]) if found else {}
    except (ValueError, SyntaxError):
        return []
    roots = []
    for module, place in mapping.items():
        inner = module.replace(".", "/")
        roots.append(place.removesuffix(f"/{inner}") if place.endswith(f"/{inner}") else place)
    return roots


def _added(folder: str, pth: str) -> list[str]:
    """The folders that a `.pth` file adds to the import path."""
    lines = [line.strip() for line in _text(f"{folder}/{pth}").splitlines()]
    wanted = [line for line in lines if line and not line.startswith(("#", "import ", "import\t"))]
    places = [os.path.normpath(os.path.join(folder, line)) for line in wanted]
    return [place for place in places if os.path.isdir(place) and place != os.path.normpath(folder)]


def _has_code(pth: str) -> bool:
    return any(line.startswith(("import ", "import\t")) for line in pth.splitlines())


def read_code(root: str) -> tuple[Digest, list[str]]:
    """The digest of the modules below a folder, and all paths whose state tells it from the next.

    Cost: reads every module.
    """
    rows: list[tuple[str, Digest]] = []
    looked_at: list[str] = []
    for folder, folders, files in os.walk(root):
        if "pyvenv.cfg" in files and folder != root:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NO_CODE)
        modules = [f"{folder}/{name}" for name in sorted(files) if name.endswith(_MODULE_SUFFIXES)]
        looked_at += [folder, *modules]
        rows += [(os.path.relpath(path, root), _stray(path)) for path in modules]
    return digest_of(rows), looked_at
