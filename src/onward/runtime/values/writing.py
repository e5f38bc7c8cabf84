"""One returned or saved value to files, and what they are.

The kind is decided by what the user said (`kind`), then by the annotation, then by the value. A value that
cannot be of the kind that was asked for is refused. What comes out is plain JSON-able data, so that it can
leave the user's process.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from onward.runtime.digests import sha256
from onward.runtime.values.annotations import FIGURES, FRAMES, NUMBERS, Wanted, read_annotation
from onward.runtime.values.documents import as_document, document_content, shown_as_html
from onward.runtime.values.errors import CannotKeep
from onward.runtime.values.figures import is_figure, write_figure
from onward.runtime.values.libraries import is_a, need
from onward.runtime.values.metrics import as_number, write_metric
from onward.runtime.values.models import write_model
from onward.runtime.values.tables import is_rows, is_table, parquet_content, write_table

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.-]")

TABLE, METRIC, FIGURE, MODEL, DOCUMENT, FILE = "table", "metric", "figure", "model", "document", "file"
KINDS = (TABLE, METRIC, FIGURE, MODEL, DOCUMENT, FILE)

PARQUET_MEDIA = "application/vnd.apache.parquet"
NUMPY_MEDIA = "application/x-npy"
TREE_MEDIA = "inode/directory"
BYTES_MEDIA = "application/octet-stream"
_MEDIA_BY_SUFFIX = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".parquet": PARQUET_MEDIA,
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
    ".json": "application/json",
    ".html": "text/html",
    ".htm": "text/html",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".pdf": "application/pdf",
    ".npy": NUMPY_MEDIA,
    ".zip": "application/zip",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Fixed here, because `mimetypes` reads the machine's own tables."""
_TABLE_MEDIA = (PARQUET_MEDIA, "text/csv", "text/tab-separated-values", "application/x-ndjson")

Described = dict[str, Any]
"""`{"kind", "media", "files": [{"name", "path", "media"}], "tree", "content", "facts"}`."""


def write(
    value: Any,
    folder: str,
    stem: str,
    *,
    kind: str | None = None,
    unit: str | None = None,
    annotation: str = "",
) -> Described:
    """Write a value into files below `folder`.

    Args:
        value: what a step returned or saved.
        folder: an existing folder; what is written begins with `stem`.
        stem: the asset's name, of any signs.
        kind: the kind that the user asked for; None leaves it to annotation and value.
        unit: the unit of a metric.
        annotation: the return annotation, fully qualified; empty without one.

    Returns:
        What the files are. A blob has one file, a tree (a figure, a folder) several. `content` is the
        canonical meaning as JSON-able data; None says that the bytes are the content.

    Raises:
        CannotKeep: nothing was returned, or the value cannot be of this kind, or would not come back.
        MissingLibrary: the library that writes such a value is not installed.
    """
    if value is None:
        raise CannotKeep("returned nothing: return the value that the asset is, or drop `@asset`")
    if kind is not None and kind not in KINDS:
        raise CannotKeep(f"no asset kind is called `{kind}`: there are {', '.join(KINDS)}")
    place = _Place(folder, stem)
    chosen = kind or _kind_of(value, read_annotation(annotation))
    if unit is not None and chosen != METRIC:
        raise CannotKeep(f"`unit` belongs to a metric, and this is a {chosen}")
    if isinstance(value, Path):
        return _write_path(value, place, kind)
    writers: dict[str, Callable[[Any, _Place], Described]] = {
        TABLE: _write_table,
        METRIC: lambda number, where: _write_metric(number, where, unit),
        FIGURE: _write_figure,
        DOCUMENT: _write_document,
        MODEL: _write_model,
        FILE: _write_file,
    }
    return writers[chosen](value, place)


class _Place:
    """Where the files of one value go; no two stems share a name."""

    def __init__(self, folder: str, stem: str) -> None:
        # The digest keeps apart what the plain signs alone would not (`a/b` and `a b`).
        plain = _NOT_PLAIN.sub("_", stem).lstrip(".")[:60]
        digest = sha256(stem.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        self._base = os.path.join(os.path.abspath(folder), plain if plain == stem else f"{plain}-{digest}")

    def file(self, extension: str) -> str:
        return self._base + extension

    def folder(self) -> str:
        """A fresh folder for a tree."""
        path = self._base + ".tree"
        if os.path.isdir(path):
            shutil.rmtree(path)
        os.makedirs(path)
        return path


def _blob(kind: str, media: str, path: str, content: Any, facts: dict[str, Any]) -> Described:
    part = {"name": os.path.basename(path), "path": path, "media": media}
    return {"kind": kind, "media": media, "files": [part], "tree": False, "content": content, "facts": facts}


# the decision


def _kind_of(value: Any, wanted: Wanted) -> str:
    """The kind of a value: the annotation first, where it speaks of one."""
    asked = _kind_of_annotation(wanted)
    found = _kind_of_value(value)
    if asked is None or asked == found:
        return found
    if asked == FILE and isinstance(value, (Path, bytes)):
        return found
    if not _CAN_BE[asked](value):
        raise CannotKeep(
            f"the annotation says `{wanted.name}` (a {asked}), and a {type(value).__qualname__} was returned"
        )
    return asked


def _kind_of_annotation(wanted: Wanted) -> str | None:
    if wanted.name in FRAMES or wanted.library == "narwhals" or wanted.is_rows:
        return TABLE
    if wanted.name in NUMBERS:
        return METRIC
    if wanted.name in FIGURES or wanted.library in ("altair", "plotnine"):
        return FIGURE
    if wanted.name == "str":
        return DOCUMENT
    if wanted.name in ("bytes", "pathlib.Path"):
        return FILE
    return None


def _kind_of_value(value: Any) -> str:
    if isinstance(value, (Path, bytes, bytearray, memoryview)):
        return FILE
    if is_table(value) or is_rows(value):
        return TABLE
    if is_figure(value):
        return FIGURE
    if as_number(value) is not None:
        return METRIC
    if as_document(value) is not None:
        return DOCUMENT
    if is_json(value) or _is_plain_array(value):
        return FILE
    return MODEL


_CAN_BE: dict[str, Callable[[Any], bool]] = {
    TABLE: lambda value: is_table(value) or is_rows(value) or (isinstance(value, list) and not value),
    METRIC: lambda value: as_number(value) is not None,
    FIGURE: is_figure,
    DOCUMENT: lambda value: as_document(value) is not None,
    FILE: lambda value: isinstance(value, (bytes, bytearray, memoryview, Path)),
}


def is_json(value: object) -> bool:
    """Whether a dict or list comes back from JSON exactly as it is: text keys, no tuples, no objects."""
    if isinstance(value, (dict, list)):
        return _is_plain(value)
    return False


def _is_plain(value: object) -> bool:
    if value is None or type(value) in (str, int, float, bool):
        return True
    if type(value) is list:
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(type(key) is str and _is_plain(each) for key, each in value.items())
    return False


def _is_plain_array(value: Any) -> bool:
    return is_a(value, "numpy", "ndarray") and not value.dtype.hasobject


# the kinds


def _write_table(value: Any, place: _Place) -> Described:
    path = place.file(".parquet")
    if isinstance(value, dict):
        value = [dict(zip(value, cells)) for cells in _columns(value)]
    kept = write_table(value, path)
    return _blob(TABLE, PARQUET_MEDIA, path, kept.content, kept.facts)


def _columns(value: dict[Any, Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a dict of columns."""
    lengths = {len(cells) if isinstance(cells, (list, tuple)) else -1 for cells in value.values()}
    if len(lengths) != 1 or -1 in lengths:
        raise CannotKeep("a dict is a table where it holds lists of one length: return a frame")
    return zip(*value.values())


def _write_metric(value: Any, place: _Place, unit: str | None) -> Described:
    number = as_number(value)
    if number is None:
        raise CannotKeep(f"a {type(value).__qualname__} is no metric: return a number or a bool")
    path = place.file(".json")
    facts = write_metric(number, unit, path)
    return _blob(METRIC, "application/json", path, facts, facts)


def _write_figure(value: Any, place: _Place) -> Described:
    folder = place.folder()
    picture = write_figure(value, folder)
    files = [{"name": name, "path": os.path.join(folder, name), "media": media} for name, media in picture.files]
    return {
        "kind": FIGURE,
        "media": TREE_MEDIA,
        "files": files,
        "tree": True,
        "content": picture.content,
        "facts": {"library": picture.library},
    }


def _write_document(value: Any, place: _Place) -> Described:
    found = as_document(value) or shown_as_html(value)
    if found is None:
        raise CannotKeep(f"a {type(value).__qualname__} is no document: return Markdown or HTML as a string")
    text, media = found
    path = place.file(".html" if media == "text/html" else ".md")
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return _blob(DOCUMENT, media, path, document_content(text, media), {"library": "str"})


def _write_model(value: Any, place: _Place) -> Described:
    path = place.file(".joblib")
    media, facts = write_model(value, path)
    return _blob(MODEL, media, path, None, facts)


def _write_file(value: Any, place: _Place) -> Described:
    if isinstance(value, (bytes, bytearray, memoryview)):
        path = place.file(".bin")
        with open(path, "wb") as binary:
            binary.write(value)
        return _blob(FILE, BYTES_MEDIA, path, None, {"library": "bytes"})
    if _is_plain_array(value):
        path = place.file(".npy")
        need("numpy").save(path, value, allow_pickle=False)
        shape = [int(size) for size in value.shape]
        return _blob(FILE, NUMPY_MEDIA, path, None, {"library": "numpy", "shape": shape, "type": str(value.dtype)})
    if isinstance(value, str):
        path = place.file(".txt")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(value)
        return _blob(FILE, "text/plain", path, None, {"library": "str"})
    try:
        text = json.dumps(value, ensure_ascii=False, indent=1)
    except (TypeError, ValueError, RecursionError) as error:
        raise CannotKeep(
            f"a {type(value).__qualname__} cannot be a file: {error}. Return bytes or a Path, or what JSON can hold"
        ) from error
    path = place.file(".json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    return _blob(FILE, "application/json", path, None, {"library": type(value).__name__})


# files that the step wrote itself


def media_of(path: str) -> str:
    """The media type of a file by its suffix; a compressed one is bytes."""
    return _MEDIA_BY_SUFFIX.get(os.path.splitext(path)[1].lower(), BYTES_MEDIA)


def _write_path(value: Path, place: _Place, kind: str | None) -> Described:
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
        return _blob(TABLE, media, path, content, {**facts, "library": "path"})
    if kind == FIGURE:
        part = {"name": f"figure{value.suffix.lower()}", "path": path, "media": media}
        files = {"files": [part], "tree": True, "content": None}
        return {"kind": FIGURE, "media": TREE_MEDIA, **files, "facts": {"library": "path"}}
    return _blob(kind or FILE, media, path, None, {"library": "path", "name": value.name})


def _write_folder(value: Path, place: _Place, kind: str) -> Described:
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
