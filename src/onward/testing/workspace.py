"""Small workspaces from text: a folder is written from one literal, or from a mapping of paths to contents.

Knows nothing of what the files mean. A literal holds each file below a heading that names its path:

    === projects/sales/steps.py
    from onward import asset
    === data/orders.csv
    id,price
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping
from pathlib import Path

HEADING = "=== "

Contents = Mapping[str, str | bytes | None]
"""By workspace path; None takes a file away."""


def files_of(text: str) -> dict[str, str]:
    """The files that a literal holds, by path; its common indentation does not count.

    >>> files_of("=== a.sql\\nselect 1\\n=== empty.toml\\n")
    {'a.sql': 'select 1\\n', 'empty.toml': ''}

    Raises:
        ValueError: there is text above the first heading, or a path is named twice.
    """
    files: dict[str, str] = {}
    path: str | None = None
    for line in textwrap.dedent(text).strip("\n").splitlines(keepends=True):
        if line.startswith(HEADING):
            path = line.removeprefix(HEADING).strip()
            if path in files:
                raise ValueError(f"`{path}` is written twice")
            files[path] = ""
        elif path is None:
            raise ValueError(f"the first line names no file: write `{HEADING}path` above {line.strip()!r}")
        else:
            files[path] += line
    return {path: _ended(content) for path, content in files.items()}


def write(folder: Path, files: Contents | str) -> Path:
    """Writes files below `folder`, which is made where it is missing, and returns it.

    A file that has these contents already is left alone, so that its times stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in (files_of(files) if isinstance(files, str) else files).items():
        target = folder / path
        if content is None:
            target.unlink()
            _remove_empty(target.parent, folder)
            continue
        wanted = content.encode() if isinstance(content, str) else content
        if not target.is_file() or target.read_bytes() != wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(wanted)
    return folder


def contents_of(folder: Path) -> dict[str, bytes]:
    """All files below `folder` by path, hidden folders such as `.onward` and `.git` left out."""
    found: dict[str, bytes] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(names):
            path = Path(place, name)
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _ended(content: str) -> str:
    """Blank lines before the next heading are the literal's layout."""
    return content.rstrip("\n") + "\n" if content.strip("\n") else ""


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
