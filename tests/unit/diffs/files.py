"""Files for the tests of differences, as artifacts that lie in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from onward.base.digest import digest_bytes
from onward.model.artifact import FILE, TREE_MEDIA, Artifact, Part
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import DiffKind, Side
from onward.runtime.values import write
from onward.runtime.values.described import media_of


def blob(folder: Path, name: str, content: str | bytes, kind: str = FILE, media: str | None = None) -> Side:
    """A file with this content; its media type is that of its name."""
    data = content.encode() if isinstance(content, str) else content
    return stored(
        folder, {name: data}, Artifact(kind, digest_bytes(data), digest_bytes(data), media or media_of(name), len(data))
    )


def tree(
    folder: Path, files: Mapping[str, str | bytes], kind: str = FILE, media: Mapping[str, str] | None = None
) -> Side:
    """A folder of files by their names."""
    data = {name: content.encode() if isinstance(content, str) else content for name, content in files.items()}
    types = media or {}
    parts = tuple(
        Part(name, digest_bytes(content), types.get(name, media_of(name)), len(content))
        for name, content in sorted(data.items())
    )
    listing = repr(parts).encode()
    address = digest_bytes(listing)
    size = sum(part.size for part in parts)
    return stored(folder, {**data, "listing": listing}, Artifact(kind, address, address, TREE_MEDIA, size, parts))


def stored(folder: Path, contents: Mapping[str, bytes], artifact: Artifact) -> Side:
    """An artifact whose bytes lie in a folder under their digests, as in a store."""
    folder.mkdir(exist_ok=True, parents=True)
    for content in contents.values():
        (folder / digest_bytes(content)).write_bytes(content)
    return Side(artifact, lambda address: folder / address)


def difference(kind: DiffKind, before: Side, after: Side, options: DiffOptions | None = None) -> Difference:
    """What a kind finds where it finds something to compare."""
    found = kind.compare(before, after, options or DiffOptions())
    assert found is not None
    return found


def written(folder: Path, value: Any, **options: Any) -> Side:
    """A value as onward keeps it."""
    place = folder / "outbox"
    place.mkdir(exist_ok=True, parents=True)
    described = write(value, str(place), "asset", **options)
    contents = {file["name"]: Path(file["path"]).read_bytes() for file in described["files"]}
    if described["tree"]:
        media = {file["name"]: file["media"] for file in described["files"]}
        return tree(folder, contents, described["kind"], media)
    (content,) = contents.values()
    side = blob(folder, "asset", content, described["kind"], described["media"])
    return Side(msgspec.structs.replace(side.artifact, facts=described["facts"]), side.path)
