"""The workspace's code that pickles among a step's files name: opening them runs it, whatever the step itself names.

A class of which a method was edited has the same pickle as before, so the bytes alone do not tell.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from onward.app.observing.observe import Observer
from onward.app.reading.whole import Reading
from onward.base.codec import digest_of
from onward.base.digest import Digest
from onward.languages import pickles
from onward.languages.pickles import Named
from onward.model.trace import Observation
from onward.model.workspace import Step
from onward.store.index import Index

_ANALYSER = f"pickle {pickles.PICKLES_FORMAT}"
_NEVER = (
    ".csv",
    ".tsv",
    ".parquet",
    ".json",
    ".jsonl",
    ".txt",
    ".md",
    ".py",
    ".sql",
    ".ipynb",
    ".png",
    ".svg",
    ".html",
)
"""Endings of files that are not looked into."""
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Named)


@dataclass
class Pickled:
    """What pickles name, each content read once."""

    root: Path
    reading: Reading
    observer: Observer
    index: Index
    _named: dict[Digest, Named] = field(default_factory=dict)

    def observations(self, step: Step, files: Iterable[str]) -> list[Observation]:
        """For each pickle among files and folders that a step has read: the code that it names."""
        inside = {path for name in files for path in self._inside(name)}
        pickled = sorted(filter(self._is_pickle, inside))
        return [Observation("pickled", path, self.code(step, path) or "") for path in pickled]

    def files_named(self, step: Step, files: Iterable[str]) -> set[str]:
        """The files of the workspace that are imported when pickles among these are opened, and that `code` counts."""
        found: set[str] = set()
        for path in filter(self._is_pickle, {path for name in files for path in self._inside(name)}):
            named = self._of(self.root / path, self.observer.file(path))
            if named is not None and not named.is_closed:
                names = {*named.names, *(self.reading.names_among(step, named.words) if named.words else ())}
                found |= self.reading.files_named(step, names)
        return found

    def code(self, step: Step, path: str, kept: Path | None = None) -> Digest | None:
        """The digest of the workspace's code that a pickle names as `step` would open it; None where it is missing.

        `kept` is where its bytes lie, if not at its path.
        """
        place = kept or self.root / path
        named = self._of(place, self.observer.file(path) if kept is None else place.name)
        if named is None:
            return None
        if named.is_closed:
            everything = self.reading.digests
            return digest_of({name: everything[name] for name in everything if name.endswith((".py", ".ipynb"))})
        names = {*named.names, *(self.reading.names_among(step, named.words) if named.words else ())}
        code = self.reading.code_named(step, sorted(names))
        return digest_of({name: dict(digests) for name, digests in code.items()})

    def _inside(self, path: str) -> Iterable[str]:
        folder = self.root / path
        if not folder.is_dir():
            return [path]
        return [
            os.path.relpath(os.path.join(inner, name), self.root)
            for inner, _, names in os.walk(folder)
            for name in names
        ]

    def _is_pickle(self, path: str) -> bool:
        if path.endswith(_NEVER):
            return False
        try:
            with open(self.root / path, "rb") as file:
                return pickles.may_be_pickle(path, file.read(2))
        except OSError:
            return False

    def _of(self, place: Path, digest: Digest | None) -> Named | None:
        if digest is None:
            return None
        if digest not in self._named:
            kept = self.index.tables(_ANALYSER, [digest]).get(digest)
            named = _decoder.decode(kept) if kept is not None else _read(place)
            if kept is None and named is not None:
                self.index.keep_tables(_ANALYSER, {digest: _encoder.encode(named)})
            if named is None:
                return None
            self._named[digest] = named
        return self._named[digest]


def _read(place: Path) -> Named | None:
    try:
        with open(place, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                return Named()
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return pickles.named(content)
    except OSError:
        return None
