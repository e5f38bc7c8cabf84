"""One returned or saved value to files, and what they are.

The kind is decided by what the user said (`kind`), then by the annotation, then by the value. A value that
cannot be of the kind that was asked for is refused. What comes out is plain JSON-able data, so that it can
leave the user's process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from onward.runtime.own_json import dumps
from onward.runtime.values.annotations import FIGURES, FRAMES, NUMBERS, Wanted, read_annotation
from onward.runtime.values.described import (
    BYTES_MEDIA,
    DOCUMENT,
    FIGURE,
    FILE,
    KINDS,
    METRIC,
    MODEL,
    NUMPY_MEDIA,
    PARQUET_MEDIA,
    TABLE,
    TREE_MEDIA,
    Described,
    Place,
    blob,
)
from onward.runtime.values.documents import as_document, document_content, shown_as_html
from onward.runtime.values.errors import CannotKeep
from onward.runtime.values.figures import is_figure, write_figure
from onward.runtime.values.libraries import is_a, need
from onward.runtime.values.metrics import as_number, write_metric
from onward.runtime.values.models import write_model
from onward.runtime.values.tables import is_rows, is_table, write_table


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
    place = Place(folder, stem)
    chosen = kind or _kind_of(value, read_annotation(annotation))
    if unit is not None and chosen != METRIC:
        raise CannotKeep(f"`unit` belongs to a metric, and this is a {chosen}")
    if _is_path(value):
        from onward.runtime.values.paths import write_path

        return write_path(value, place, kind)
    if chosen == METRIC:
        return _write_metric(value, place, unit)
    return _WRITERS[chosen](value, place)


# the decision


def _kind_of(value: Any, wanted: Wanted) -> str:
    """The kind of a value: the annotation first, where it speaks of one."""
    asked = _kind_of_annotation(wanted)
    found = _kind_of_value(value)
    if asked is None or asked == found:
        return found
    if asked == FILE and (isinstance(value, bytes) or _is_path(value)):
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
    if type(value) in (bool, int, float):
        return METRIC
    if isinstance(value, (bytes, bytearray, memoryview)) or _is_path(value):
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
    FILE: lambda value: isinstance(value, (bytes, bytearray, memoryview)) or _is_path(value),
}


def _is_path(value: object) -> bool:
    return is_a(value, "pathlib", "Path")


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


def _write_table(value: Any, place: Place) -> Described:
    path = place.file(".parquet")
    if isinstance(value, dict):
        value = [dict(zip(value, cells)) for cells in _columns(value)]
    kept = write_table(value, path)
    return blob(TABLE, PARQUET_MEDIA, path, kept.content, kept.facts)


def _columns(value: dict[Any, Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a dict of columns."""
    lengths = {len(cells) if isinstance(cells, (list, tuple)) else -1 for cells in value.values()}
    if len(lengths) != 1 or -1 in lengths:
        raise CannotKeep("a dict is a table where it holds lists of one length: return a frame")
    return zip(*value.values())


def _write_metric(value: Any, place: Place, unit: str | None) -> Described:
    number = as_number(value)
    if number is None:
        raise CannotKeep(f"a {type(value).__qualname__} is no metric: return a number or a bool")
    path = place.file(".json")
    facts = write_metric(number, unit, path)
    return blob(METRIC, "application/json", path, facts, facts)


def _write_figure(value: Any, place: Place) -> Described:
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


def _write_document(value: Any, place: Place) -> Described:
    found = as_document(value) or shown_as_html(value)
    if found is None:
        raise CannotKeep(f"a {type(value).__qualname__} is no document: return Markdown or HTML as a string")
    text, media = found
    path = place.file(".html" if media == "text/html" else ".md")
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return blob(DOCUMENT, media, path, document_content(text, media), {"library": "str"})


def _write_model(value: Any, place: Place) -> Described:
    path = place.file(".joblib")
    media, facts = write_model(value, path)
    return blob(MODEL, media, path, None, facts)


def _write_file(value: Any, place: Place) -> Described:
    if isinstance(value, (bytes, bytearray, memoryview)):
        path = place.file(".bin")
        with open(path, "wb") as binary:
            binary.write(value)
        return blob(FILE, BYTES_MEDIA, path, None, {"library": "bytes"})
    if _is_plain_array(value):
        path = place.file(".npy")
        need("numpy").save(path, value, allow_pickle=False)
        shape = [int(size) for size in value.shape]
        return blob(FILE, NUMPY_MEDIA, path, None, {"library": "numpy", "shape": shape, "type": str(value.dtype)})
    if isinstance(value, str):
        path = place.file(".txt")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(value)
        return blob(FILE, "text/plain", path, None, {"library": "str"})
    try:
        text = dumps(value, ensure_ascii=False, indent=1)
    except (TypeError, ValueError, RecursionError) as error:
        raise CannotKeep(
            f"a {type(value).__qualname__} cannot be a file: {error}. Return bytes or a Path, or what JSON can hold"
        ) from error
    path = place.file(".json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    return blob(FILE, "application/json", path, None, {"library": type(value).__name__})


_WRITERS: dict[str, Callable[[Any, Place], Described]] = {
    TABLE: _write_table,
    FIGURE: _write_figure,
    DOCUMENT: _write_document,
    MODEL: _write_model,
    FILE: _write_file,
}
