"""What a step made, as it lies in the store."""

from __future__ import annotations

from typing import Any

import msgspec

from onward.base.digest import Digest

TABLE, METRIC, FIGURE, MODEL, DOCUMENT, FILE = "table", "metric", "figure", "model", "document", "file"
ASSET_KINDS = (TABLE, METRIC, FIGURE, MODEL, DOCUMENT, "app", FILE)


class Part(msgspec.Struct, frozen=True):
    """One file of an artifact that is a tree. `name` may hold `/`."""

    name: str
    bytes: Digest
    media: str
    size: int
    """Bytes."""


class ColumnContent(msgspec.Struct, frozen=True, array_like=True):
    """A column of a table: its name, its logical type, and the digest of its type and values in the order of rows."""

    name: str
    type: str
    content: str


class Artifact(msgspec.Struct, frozen=True):
    """An asset's content: a blob, or a tree of named parts.

    Attributes:
        kind: the asset's kind.
        content: digest of the canonical meaning; what cutoff, keys and snapshots compare.
        bytes: address in the store: of the blob, or of the tree's listing.
        media: media type of the blob; `inode/directory` for a tree.
        size: bytes, all parts together.
        parts: a tree's files, sorted by name; empty for a blob.
        facts: what can be said without opening it: `value` and `unit` of a metric, `rows` and `columns`
            (`[{"name", "type"}]`) of a table, `title`.
        columns: of a table whose content is its rows and columns and nothing else, these; else empty.
    """

    kind: str
    content: Digest
    bytes: Digest
    media: str
    size: int
    parts: tuple[Part, ...] = ()
    facts: dict[str, Any] = {}
    columns: tuple[ColumnContent, ...] = ()

    @property
    def is_tree(self) -> bool:
        return self.media == TREE_MEDIA

    @property
    def path(self) -> str | None:
        """The workspace path of the file in the tree, where a step wrote one."""
        return self.facts.get("path")

    @property
    def number(self) -> float | None:
        """A metric's value, with NaN and the infinities, which JSON does not have as values."""
        value = self.facts.get("value")
        return float(self.facts["text"]) if value is None and "text" in self.facts else value

    def addresses(self) -> tuple[Digest, ...]:
        """Every object of the store that the artifact needs."""
        return (self.bytes, *(part.bytes for part in self.parts))


PARQUET_MEDIA = "application/vnd.apache.parquet"
TREE_MEDIA = "inode/directory"
EXECUTED_MEDIA = "application/x-ipynb+json"
"""An executed notebook: the part of a document from which it can be rendered again."""
