"""Paths inside a workspace: text with `/`, relative to the root, without `.` and `..`."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from urllib.parse import unquote


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
    return ".".join(part.replace(".", "_2e_") for part in path.removesuffix(".py").split("/"))


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
            out.append("(?s:.*/)?")
            position += 3
            continue
        if glob.startswith("**", position):
            out.append("(?s:.*)")
            position += 2
            continue
        if letter == "[" and (end := _end_of_letters(glob, position)) > 0:
            out.append(_one_of(glob[position + 1 : end]))
            position = end + 1
            continue
        out.append({"*": "[^/]*", "?": "[^/]"}.get(letter, re.escape(letter)))
        position += 1
    return re.compile("".join(out) + r"\Z")


def _end_of_letters(glob: str, start: int) -> int:
    """Where the `]` of a `[` stands; -1 where there is none. One right after `[` or `[!` is a letter itself."""
    first = start + (2 if glob.startswith("!", start + 1) else 1)
    return glob.find("]", first + 1)


def _one_of(letters: str) -> str:
    """The expression for one letter of `[letters]`; a range that runs backwards holds none, as in a shell."""
    is_negated = letters.startswith("!")
    members = []
    rest = letters[1:] if is_negated else letters
    while rest:
        if len(rest) > 2 and rest[1] == "-":
            first, last, rest = rest[0], rest[2], rest[3:]
            if first <= last:
                members.append(f"{re.escape(first)}-{re.escape(last)}")
        else:
            members.append(re.escape(rest[0]))
            rest = rest[1:]
    if is_negated:
        return f"[^/{''.join(members)}]"
    return f"(?!/)[{''.join(members)}]" if members else "(?!)"


def is_glob(text: str) -> bool:
    """Whether `text` is a pattern and no plain path."""
    return any(letter in text for letter in "*?[")


def covers(read: str, written: str) -> bool:
    """Whether who reads `read`, a file, a folder (`data/`, `./` for the root) or a glob, reads the file `written`."""
    if read.endswith("/"):
        return is_below(written, "" if read == "./" else read[:-1])
    if not is_glob(read):
        return read == written
    return written in (read, literal(read)) or bool(glob_pattern(read).match(written))


def shown_in(listing: str, path: str) -> str | None:
    """The path by which a folder (`data/`) or a glob shows that there is a file; None where it shows nothing of it.

    >>> shown_in("data/", "data/out/1.csv"), shown_in("./", "a.csv"), shown_in("*.csv", "data/a.csv")
    ('data/out', 'a.csv', None)
    """
    if not listing.endswith("/"):
        is_hidden = "/." in f"/{folder_of(path)}"
        return path if not is_hidden and glob_pattern(listing).match(path) else None
    folder = "" if listing == "./" else listing
    name = path[len(folder) :].partition("/")[0]
    return f"{folder}{name}" if path.startswith(folder) and not name.startswith(".") else None


def escaped(path: str) -> str:
    """A plain path as a glob that fits it alone."""
    return re.sub(r"[*?[]", r"[\g<0>]", path)


def literal(glob: str) -> str:
    """The plain path that a text names where nothing takes it for a glob; its folder may be `escaped`."""
    return re.sub(r"\[([*?[])\]", r"\1", glob)


def unquoted(address: str) -> str:
    """The text that an address in a page stands for: `%20` is a space."""
    return unquote(address)
