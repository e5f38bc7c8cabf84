"""What is said of a written value, and where its files go."""

from __future__ import annotations

import os
import re
from typing import Any

from onward.runtime.digests import sha256

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

Described = dict[str, Any]
"""`{"kind", "media", "files": [{"name", "path", "media"}], "tree", "content", "facts"}`."""


class Place:
    """Where the files of one value go; no two stems share a name."""

    def __init__(self, folder: str, stem: str) -> None:
        # The digest keeps apart what the plain signs alone would not (`a/b` and `a b`).
        plain = _NOT_PLAIN.sub("_", stem).lstrip(".")[:60]
        if plain != stem:
            plain += f"-{sha256(stem.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
        self._base = os.path.join(os.path.abspath(folder), plain)

    def file(self, extension: str) -> str:
        return self._base + extension

    def folder(self) -> str:
        """A fresh folder for a tree."""
        path = self._base + ".tree"
        if os.path.isdir(path):
            import shutil

            shutil.rmtree(path)
        os.makedirs(path)
        return path


def blob(kind: str, media: str, path: str, content: Any, facts: dict[str, Any]) -> Described:
    part = {"name": os.path.basename(path), "path": path, "media": media}
    return {"kind": kind, "media": media, "files": [part], "tree": False, "content": content, "facts": facts}


def media_of(path: str) -> str:
    """The media type of a file by its suffix; a compressed one is bytes."""
    return _MEDIA_BY_SUFFIX.get(os.path.splitext(path)[1].lower(), BYTES_MEDIA)
