"""Which folder of the site a project and an asset get, and how one page points to another.

An address must stay the same for as long as the name does, whatever colleagues add; must be safe on
every disk (case, reserved names, length) and in every URL; and must never fall on another one. So a
name of lower-case letters, digits, `.`, `_` and `-` is its own folder, and any other one is written in
such letters with some digits of its digest behind.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable

from onward.base.digest import digest_text

_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9_-])?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")  # file names that Windows keeps for itself
_RESERVED_ROOTS = frozenset(
    {"channels", "checks", "compared", "files", "graph", "preview", "releases", "static", "timeline"}
)
_DIGITS = 6


def segment(name: str, *, suffix: str = "") -> str:
    """`name` as one safe part of a path; different names give different parts, whatever their case.

    Args:
        suffix: an ending that stays at the end (`.csv`), for file names.
    """
    if _PLAIN.fullmatch(name) and not _DEVICE.fullmatch(name) and name != "index.html":
        return name
    return _marked(name, suffix)


def _marked(name: str, suffix: str = "") -> str:
    stem = name.removesuffix(suffix) if suffix else name
    letters = unicodedata.normalize("NFKD", stem.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9_]+", "-", letters).strip("-_")[:48].rstrip("-_")
    digits = digest_text(name)[:_DIGITS]
    return (f"{words}-{digits}" if words else digits) + suffix


def file_segment(name: str) -> str:
    """The path of a file called `name` (may hold `/`) below its asset's folder; its extension is kept."""
    parts = [part for part in name.split("/") if part not in ("", ".", "..")] or ["file"]
    folders = [segment(part) for part in parts[:-1]]
    extension = re.search(r"(?:\.[A-Za-z0-9]{1,8}){1,2}$", parts[-1])
    suffix = extension.group().lower() if extension and extension.start() > 0 else ""
    if suffix != (extension.group() if extension else ""):
        return "/".join([*folders, _marked(parts[-1] + suffix, suffix)])
    return "/".join([*folders, segment(parts[-1], suffix=suffix)])


class Addresses:
    """The folder of every project and asset, without a `/` at the end, relative to the site."""

    def __init__(self, projects: Iterable[str], assets: Iterable[tuple[str, str]]) -> None:
        """`assets` are pairs of a project's name and an asset's name (`project/asset`)."""
        self._projects: dict[str, str] = {}
        self._assets: dict[str, str] = {}
        taken: set[str] = set()
        for project in sorted(set(projects)):
            self._projects[project] = _free(_project_folder(project), taken)
        ancestors = {folder for folder in taken for folder in _with_parents(folder)}
        for project, asset in sorted(set(assets)):
            local = asset.removeprefix(project + "/")
            folder = f"{self._projects[project]}/{segment(local)}"
            if folder in ancestors:  # the project `a/b` beside the asset `b` of the project `a`
                folder = f"{self._projects[project]}/{_marked(local)}"
            self._assets[asset] = _free(folder, taken)

    def project(self, name: str) -> str | None:
        """The page of a project, relative to the site; None where there is none."""
        folder = self._projects.get(name)
        return None if folder is None else f"{folder}/index.html"

    def asset(self, name: str) -> str | None:
        """The page of an asset, relative to the site; None where there is none."""
        folder = self._assets.get(name)
        return None if folder is None else f"{folder}/index.html"


def compared(key: str, project: str = "") -> str:
    """The page of a comparison, or of one project's part in it: also of a project that is gone."""
    folder = f"{_project_folder(project)}/" if project else ""
    return f"compared/{key}/{folder}index.html"


def _project_folder(name: str) -> str:
    parts = [segment(part) for part in name.split("/") if part] or [segment(name)]
    if parts[0] in _RESERVED_ROOTS:
        parts[0] = _marked(parts[0])
    return "/".join(parts)


def _with_parents(folder: str) -> Iterable[str]:
    while folder:
        yield folder
        folder = posixpath.dirname(folder)


def _free(folder: str, taken: set[str]) -> str:
    """`folder`, or where six digits of a digest were not enough, `folder` with a number."""
    candidate, count = folder, 2
    while candidate in taken:
        candidate, count = f"{folder}-{count}", count + 1
    taken.add(candidate)
    return candidate


def relative(target: str, page: str) -> str:
    """The link to `target` that stands on `page`, both relative to the site; works from a file, too."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")
