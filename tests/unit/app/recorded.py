"""A workspace whose runs are written down and not made: what moves channels needs no steps."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

from onward.app.wiring import Opened, open_workspace
from onward.base import clock
from onward.base.digest import Digest, digest_text
from onward.model.artifact import Artifact
from onward.model.records import RECORD_FORMAT, CheckRecord, Origin, Run, Snapshot, SnapshotEntry

Values = Mapping[str, str]
"""By asset, a word that stands for its content."""


def content(value: str) -> Digest:
    return digest_text(value)


class Recorded:
    """Writes runs into a store of its own, each with the results that it is told."""

    def __init__(self, root: Path, machine: str = "") -> None:
        """Runs of several machines that share a store are told apart by `machine`."""
        self._machine = machine
        self.opened: Opened = open_workspace(root, writes=True)
        self._count = itertools.count(1)

    def run(self, values: Values, *, basis: str = "", commit: str | None = "c0ffee", complete: bool = True) -> Run:
        """A run that gave these values; `basis` stands for the files where these alone make a difference."""
        number = next(self._count)
        artifacts = {
            name: Artifact(
                kind="metric", bytes=content(value), content=content(value), size=1, media="application/json"
            )
            for name, value in values.items()
        }
        entries = {name: SnapshotEntry("metric", artifact.content) for name, artifact in artifacts.items()}
        run = Run(
            format=RECORD_FORMAT,
            id=f"20261126-000000{number:03d}{self._machine}",
            at=clock.text_of(clock.now()),
            seconds=0.1,
            basis=digest_text(basis or repr(sorted(values.items()))),
            snapshot=self.opened.store.records.put_snapshot(Snapshot(RECORD_FORMAT, entries, {})),
            complete=complete,
            missing=(),
            origin=Origin(commit=commit, user="ada"),
            catalogue=digest_text("catalogue"),
            environment=digest_text("environment"),
            steps={},
            checks=dict[str, CheckRecord](),
            artifacts=artifacts,
        )
        self.opened.store.records.put_run(run)
        return run
