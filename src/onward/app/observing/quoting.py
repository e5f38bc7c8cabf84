"""Whether results quote lines of the code that made them: then a comment above it changes what they say.

Warnings, tracebacks and logs name a file and the number of a line. Where a text says such a thing of a file that
the step has imported, that file's text counts from then on, and not only what it means. Only what is text can be
searched: words in a Parquet table or in a picture are not.
"""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path

from onward.model.artifact import EXECUTED_MEDIA, METRIC, Artifact
from onward.model.ports import ObjectStore

_TEXTS = ("text/", "application/json", "application/x-ndjson", "image/svg")
_LINE = rb"(?:\\?[\"']|&quot;|&#34;|&#x27;)?(?::(?:[\w.<>]+:)?\d|, line \d|\(\d|, cell \d)"
_BARE = re.compile(rb"""(?<!["';], )\bline(?:no)?:? \d|\blineno\\?["']? ?[:=] ?\d""")
"""A line of no file that is named: in a traceback the quoted name of one stands right before it."""


def quoted(artifacts: Iterable[Artifact], files: Collection[str], objects: ObjectStore) -> list[str]:
    """Those of `files`, by workspace path, of which the artifacts quote lines; all of them where none is named."""
    texts = [artifact for artifact in artifacts if artifact.kind != METRIC]
    patterns = {path: _pattern(path) for path in files} if texts else {}
    found: set[str] = set()
    for artifact in texts:
        for place in _texts(artifact, objects):
            if not place.stat().st_size:
                continue  # nothing can be mapped
            with open(place, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
                found |= _in(text, patterns)
        for output in _outputs(artifact, objects):
            found |= _in(output, patterns)
    return sorted(found)


@lru_cache(maxsize=4096)
def _pattern(path: str) -> re.Pattern[bytes]:
    name = os.path.basename(path)
    stem = name.partition(".")[0]
    module = rb"|(?<!\w)" + re.escape(os.fsencode(stem)) + rb":(?:[\w.<>]+:)?\d" if stem != "__init__" else b""
    return re.compile(rb"(?<![\w.])" + re.escape(os.fsencode(name)) + _LINE + module)


def _in(text: bytes | mmap.mmap, patterns: dict[str, re.Pattern[bytes]]) -> set[str]:
    if _BARE.search(text):
        return set(patterns)
    return {path for path, pattern in patterns.items() if pattern.search(text)}


def _texts(artifact: Artifact, objects: ObjectStore) -> Iterable[Path]:
    """Where the texts of an artifact lie; a notebook's page repeats its code, and is left out."""
    if any(part.media == EXECUTED_MEDIA for part in artifact.parts):
        return
    blobs = [(part.media, part.bytes) for part in artifact.parts] or [(artifact.media, artifact.bytes)]
    for media, address in blobs:
        if media.startswith(_TEXTS) and (place := objects.path(address)) is not None:
            yield place


def _outputs(artifact: Artifact, objects: ObjectStore) -> Iterable[bytes]:
    """What the cells of an executed notebook show."""
    for part in artifact.parts:
        content = objects.read(part.bytes) if part.media == EXECUTED_MEDIA else None
        if content is not None:
            outputs = [cell.get("outputs", ()) for cell in json.loads(content)["cells"]]
            yield json.dumps(outputs, ensure_ascii=False).encode("utf-8", "replace")
