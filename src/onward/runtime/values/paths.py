"""A file or a folder that the step wrote itself, returned by its path."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path
from typing import Any

from onward.runtime.values.described import (
    FIGURE,
    FILE,
    METRIC,
    MODEL,
    PARQUET_MEDIA,
    TABLE,
    TREE_MEDIA,
    Described,
    Place,
    blob,
    media_of,
)
from onward.runtime.values.errors import CannotKeep
from onward.runtime.values.tables import parquet_content

_TABLE_MEDIA = (PARQUET_MEDIA, "text/csv", "text/tab-separated-values", "application/x-ndjson")


def write_path(value: Path, place: Place, kind: str | None) -> Described:
    """Take a copy of a file or a folder: the step's own may be overwritten while the copy is on its way."""
    if value.is_dir():
        if kind not in (None, FILE, MODEL):
            raise CannotKeep(f"the folder `{value}` cannot be a {kind}")
        return _write_folder(value, place, kind or FILE)
    if not value.is_file():
        raise CannotKeep(f"returned the path `{value}`, and there is no such file")
    media = media_of(value.name)
    if kind == METRIC:
        raise CannotKeep(f"the file `{value}` is no metric: return a number")
    if kind == TABLE and media not in _TABLE_MEDIA:
        raise CannotKeep(f"the file `{value}` is no table: return a .csv, .parquet or .jsonl file, or a frame")
    path = place.file(value.suffix.lower())
    shutil.copyfile(value, path)
    if kind == TABLE:
        content, facts = _table_in_file(path, media)
        return blob(TABLE, media, path, content, {**facts, "library": "path"})
    if kind == FIGURE:
        part = {"name": f"figure{value.suffix.lower()}", "path": path, "media": media}
        files = {"files": [part], "tree": True, "content": None}
        return {"kind": FIGURE, "media": TREE_MEDIA, **files, "facts": {"library": "path"}}
    return blob(kind or FILE, media, path, None, {"library": "path", "name": value.name})


def _write_folder(value: Path, place: Place, kind: str) -> Described:
    folder = place.folder()
    files = []
    for parent, folders, names in os.walk(value):
        folders.sort()
        for name in sorted(names):
            source = os.path.join(parent, name)
            inner = os.path.relpath(source, value).replace(os.sep, "/")
            target = os.path.join(folder, *inner.split("/"))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)
            files.append({"name": inner, "path": target, "media": media_of(name)})
    if not files:
        raise CannotKeep(f"the folder `{value}` is empty")
    files.sort(key=lambda part: part["name"])
    facts = {"library": "path", "name": value.name, "files": len(files)}
    return {"kind": kind, "media": TREE_MEDIA, "files": files, "tree": True, "content": None, "facts": facts}


def _table_in_file(path: str, media: str) -> tuple[Any, dict[str, Any]]:
    """Meaning and facts of a file that is a table already.

    Parquet has types, so its meaning is the table's. The bytes of text are its meaning: what types its cells
    have is for each reader to say. Its facts are rows and columns as they stand in it.
    """
    if media == PARQUET_MEDIA:
        kept = parquet_content(path)
        return kept.content, kept.facts
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
        if media == "application/x-ndjson":
            return None, {"rows": sum(1 for line in file if line.strip())}
        rows = csv.reader(file, delimiter="\t" if media == "text/tab-separated-values" else ",")
        try:
            columns = [{"name": name, "type": "string"} for name in next(rows, [])]
            return None, {"rows": sum(1 for row in rows if row), "columns": columns}
        except csv.Error as error:
            raise CannotKeep(f"the file is no table of text: {error}") from error
