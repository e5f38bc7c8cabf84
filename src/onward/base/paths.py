"""Paths inside a workspace: text with `/`, relative to the root, without `.` and `..`."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache


def join(folder: str, *parts: str) -> str | None:
    """The workspace path of `parts` as seen from `folder`, or None where it leaves the workspace."""
    path = posixpath.normpath(posixpath.join(folder, *parts))
    if path == ".." or path.startswith(("/", "../")):
        return None
    return "" if path == "." else path


def folder_of(path: str) -> str:
    """The folder that holds `path`; the root is the empty text."""
    return path.rpartition("/")[0]


def stem_of(path: str) -> str:
    """A file's name without its last extension, and without `.gz` and the like before that."""
    name = path.rpartition("/")[2]
    for squeezed in (".gz", ".bz2", ".xz", ".zst", ".zip"):
        if name.endswith(squeezed) and "." in name[: -len(squeezed)].lstrip("."):
            name = name[: -len(squeezed)]
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem else name


def dotted_name(path: str) -> str:
    """The dotted name that a step's Python file is loaded under: unique in the workspace, the same for ever.

    Pickles name classes by it.
    """
    return ".".join(part.replace(".", "_") for part in path.removesuffix(".py").split("/"))


def is_below(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return folder == "" or path == folder or path.startswith(folder + "/")


@lru_cache(maxsize=512)
def glob_pattern(glob: str) -> re.Pattern[str]:
    """A glob as a regular expression: `*` and `?` stop at `/`, `**` does not."""
    out = []
    position = 0
    while position < len(glob):
        letter = glob[position]
        if glob.startswith("**/", position):
            out.append("(?:.*/)?")
            position += 3
            continue
        if glob.startswith("**", position):
            out.append(".*")
            position += 2
            continue
        if letter == "[" and (end := glob.find("]", position + 2)) > 0:
            inner = glob[position + 1 : end]
            out.append("[" + ("^" + inner[1:] if inner[0] == "!" else inner).replace("\\", "\\\\") + "]")
            position = end + 1
            continue
        out.append({"*": "[^/]*", "?": "[^/]"}.get(letter, re.escape(letter)))
        position += 1
    return re.compile("".join(out) + r"\Z")


def is_glob(text: str) -> bool:
    """Whether `text` is a pattern and no plain path."""
    return any(letter in text for letter in "*?[")
