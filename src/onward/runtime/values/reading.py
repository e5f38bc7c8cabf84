"""An artifact as the object that an annotation asks for.

Files are opened by their media type and never by their extension: in the store they have none.
"""

from __future__ import annotations

import builtins
import os
from typing import TYPE_CHECKING, Any

from onward.runtime.own_files import own_read
from onward.runtime.own_json import loads
from onward.runtime.values.annotations import FRAMES, Wanted, read_annotation
from onward.runtime.values.described import NUMPY_MEDIA, TREE_MEDIA
from onward.runtime.values.errors import CannotRead, DoesNotFit
from onward.runtime.values.figures import read_specification
from onward.runtime.values.frames import read_parquet
from onward.runtime.values.libraries import need
from onward.runtime.values.metrics import read_metric
from onward.runtime.values.models import JOBLIB_MEDIA, PICKLE_MEDIA, read_model
from onward.runtime.values.sources import read_source

if TYPE_CHECKING:
    from pathlib import Path

_TEXT_TABLES = {"text/csv": "csv", "text/tab-separated-values": "tsv", "application/x-ndjson": "jsonl"}
_SPECIFICATIONS = ("application/vnd.plotly.v1+json", "application/vnd.vegalite+json")
_SPECIFICATION_NAMES = {"figure.json": _SPECIFICATIONS[0], "figure.vl.json": _SPECIFICATIONS[1]}


def read(
    path: str,
    *,
    kind: str,
    media: str,
    wanted: str,
    facts: dict[str, Any],
    files: dict[str, str] | None = None,
) -> Any:
    """Open an artifact.

    Args:
        path: the blob; of a tree, a folder in which it lies, or anything where `files` is given.
        kind: the asset's kind.
        media: the artifact's media type.
        wanted: a fully qualified annotation; empty for what it was saved as.
        facts: as `write` gave them.
        files: of a tree, the names in it and where each lies.

    Returns:
        The object. `pathlib.Path` gives the blob itself, or a folder with the tree's files under their names
        (a copy that goes when the process ends, where they do not lie in a folder yet). It is read-only.

    Raises:
        DoesNotFit: an asset of this kind cannot be what is wanted.
        MissingLibrary: a library is wanted that is not installed.
        CannotRead: a file is broken.
    """
    asked = read_annotation(wanted)
    if asked.name == "pathlib.Path":
        return _as_path(path, media, files)
    if media == TREE_MEDIA or files:
        return _read_tree(path, kind, asked, files or {})
    if asked.name == "bytes":
        return own_read(path)
    if kind == "table":
        if media in _TEXT_TABLES:
            prefer = str(facts.get("library", ""))
            return read_source(path, form=_TEXT_TABLES[media], wanted=wanted, table=None, prefer=prefer)
        return read_parquet(path, asked, facts)
    if asked.name in FRAMES:
        raise DoesNotFit(f"a {kind} cannot arrive as `{asked.name}`: only tables are frames")
    if kind == "metric":
        return read_metric(path, asked)
    if kind == "document":
        return _read_text(path, kind, asked)
    if media in (JOBLIB_MEDIA, PICKLE_MEDIA):
        return _fitting(read_model(path, media), kind, asked)
    return _read_file(path, kind, media, asked, facts)


def _as_path(path: str, media: str, files: dict[str, str] | None) -> Path:
    import atexit
    import shutil
    import tempfile
    from pathlib import Path

    if not (media == TREE_MEDIA or files) or os.path.isdir(path):
        return Path(path)
    folder = tempfile.mkdtemp(prefix="onward-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, place in (files or {}).items():
        target = os.path.join(folder, *name.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        # A copy and no link: what a step does to it must not reach the store.
        shutil.copyfile(place, target)
    return Path(folder)


def _read_tree(path: str, kind: str, asked: Wanted, files: dict[str, str]) -> Any:
    if kind == "figure" and files:
        return _read_figure(path, asked, files)
    if asked.name in ("", "os.PathLike"):
        return _as_path(path, TREE_MEDIA, files)
    if asked.name == "dict":
        from pathlib import Path

        return {name: Path(place) for name, place in files.items()}
    raise DoesNotFit(f"a folder of files cannot arrive as `{asked.name}`: ask for `pathlib.Path`")


def _read_figure(path: str, asked: Wanted, files: dict[str, str]) -> Any:
    specified = [name for name in files if name in _SPECIFICATION_NAMES]
    if asked.name in ("bytes", "str"):
        name = next((each for each in files if each not in _SPECIFICATION_NAMES), next(iter(files)))
        content = own_read(files[name])
        return content if asked.name == "bytes" else _decoded(content, files[name])
    if asked.name == "dict" and specified:
        return loads(own_read(files[specified[0]]))
    if specified and asked.library in ("", "plotly", "altair"):
        media = _SPECIFICATION_NAMES[specified[0]]
        drawn = "plotly" if media == _SPECIFICATIONS[0] else "altair"
        if asked.library not in ("", drawn):
            raise DoesNotFit(f"the figure is one of {drawn} and cannot arrive as `{asked.name}`")
        return read_specification(files[specified[0]], media)
    if asked.name == "":
        return _as_path(path, TREE_MEDIA, files)
    raise DoesNotFit(f"a picture cannot arrive as `{asked.name}`: ask for `bytes` or `pathlib.Path`")


def _fitting(found: Any, kind: str, asked: Wanted) -> Any:
    """The object, where it is of the built-in type that was asked for; other classes are not checked."""
    wanted = getattr(builtins, asked.name, None) if asked.name else None
    if isinstance(wanted, type) and not isinstance(found, wanted):
        raise DoesNotFit(f"the {kind} is a {type(found).__qualname__} and cannot arrive as `{asked.name}`")
    return found


def _decoded(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CannotRead(f"{path}: is no UTF-8 text ({error}): ask for `bytes`") from error


def _read_text(path: str, kind: str, asked: Wanted) -> str:
    if asked.name not in ("", "str"):
        raise DoesNotFit(f"a {kind} cannot arrive as `{asked.name}`: ask for `str`, `bytes` or `pathlib.Path`")
    return _decoded(own_read(path), path)


def _read_file(path: str, kind: str, media: str, asked: Wanted, facts: dict[str, Any]) -> Any:
    saved_as = str(facts.get("library", ""))
    if asked.name == "str":
        return _decoded(own_read(path), path)
    if media == "application/json" and (asked.name in ("dict", "list") or saved_as != "path"):
        found = loads(own_read(path))
        if asked.name in ("dict", "list") and type(found).__name__ != asked.name:
            raise DoesNotFit(f"the JSON file holds a {type(found).__name__} and cannot arrive as `{asked.name}`")
        return found
    if media == NUMPY_MEDIA and (asked.library == "numpy" or saved_as == "numpy"):
        return need("numpy", "open an array").load(path, allow_pickle=False)
    if asked.name:
        raise DoesNotFit(f"a {kind} cannot arrive as `{asked.name}`: ask for `bytes`, `str` or `pathlib.Path`")
    if saved_as == "bytes":
        return own_read(path)
    return _read_text(path, kind, asked) if saved_as == "str" else _as_path(path, media, None)
