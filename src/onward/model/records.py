"""The records that last: basis, snapshot, run, move of a channel."""

from __future__ import annotations

from typing import Any

import msgspec

from onward.base.digest import Digest
from onward.model.artifact import Artifact
from onward.model.trace import Usage

RECORD_FORMAT = 1
CODE_AXIS, DATA_AXIS = "code", "data"


class FileState(msgspec.Struct, frozen=True, array_like=True):
    """One file of a basis: its axis (`code` or `data`), digest, and size in bytes."""

    axis: str
    digest: Digest
    size: int


class Environment(msgspec.Struct, frozen=True):
    """Where steps run: `3.11.7`, `cpython`, `linux-x86_64`; distributions by name; digest of the lock file."""

    python: str
    implementation: str
    platform: str
    distributions: dict[str, str]


class Basis(msgspec.Struct, frozen=True):
    """Everything that a snapshot rests on. Holds no absolute path, no time of day and no commit.

    Attributes:
        files: by workspace path.
        environment: an object of the store that holds an `Environment`.
        parameters: `project.name` to value, where one is set away from the code.
        as_of: the date that `today()` gives; None where no step asked.
    """

    format: int
    files: dict[str, FileState]
    environment: Digest
    parameters: dict[str, Any]
    as_of: str | None = None


class SnapshotEntry(msgspec.Struct, frozen=True, array_like=True):
    kind: str
    content: Digest


class Snapshot(msgspec.Struct, frozen=True):
    """Every result by name, with the outcomes of the checks; the digest covers just these contents."""

    format: int
    artifacts: dict[str, SnapshotEntry]
    checks: dict[str, str]


class TracedEdit(msgspec.Struct, frozen=True, array_like=True):
    """Where one of the reasons why a step was made comes from.

    Attributes:
        reason: the sentence among the step's `reasons`.
        where: the file and the line that were edited, as `path:line`; those of before, where it was taken away.
        path: the names through which the step comes to it: its own first, the edited one last.
    """

    reason: str
    where: str
    path: tuple[str, ...] = ()


class StepRecord(msgspec.Struct, frozen=True):
    """How one step ended in a run. `reasons` are sentences; `error` what went wrong, for people.

    `edits` say where the reasons come from that are edits of code; they are for people, and part of no key.
    `because` says of each of the `marks` what made for it.
    `executed` is False where a step was made without its code: its document was rendered again from kept outputs.
    """

    outcome: str
    seconds: float = 0.0
    reasons: tuple[str, ...] = ()
    key: Digest | None = None
    trace: Digest | None = None
    assets: dict[str, Digest] = {}
    marks: tuple[str, ...] = ()
    error: dict[str, Any] | None = None
    log: Digest | None = None
    usage: Usage | None = None
    executed: bool = True
    edits: tuple[TracedEdit, ...] = ()
    because: dict[str, tuple[str, ...]] = {}


class CheckRecord(msgspec.Struct, frozen=True):
    """How one check ended in a run: `passed`, `broken` or `not run`."""

    asset: str
    severity: str
    outcome: str
    message: str | None = None
    rows: int | None = None
    key: Digest | None = None
    trace: Digest | None = None


class Origin(msgspec.Struct, frozen=True):
    """Where a run was made: commit and branch are labels on the basis."""

    commit: str | None = None
    branch: str | None = None
    dirty: bool = False
    machine: str = ""
    user: str = ""
    onward: str = ""


class Run(msgspec.Struct, frozen=True):
    """One execution: snapshot and basis tied together, with how every step ended.

    Attributes:
        id: sorts in the order of time.
        missing: what keeps it from being complete: assets, or a file whose names are unknown.
        catalogue: an object with titles, owners, the graph and the places of the code.
        artifacts: by asset, with their addresses: the snapshot's contents as they lie in the store.
        settings: parameters given by hand (`--set`).
        scope: who vouches for it.
    """

    format: int
    id: str
    at: str
    seconds: float
    basis: Digest
    snapshot: Digest
    complete: bool
    missing: tuple[str, ...]
    origin: Origin
    catalogue: Digest
    environment: Digest
    steps: dict[str, StepRecord]
    checks: dict[str, CheckRecord]
    artifacts: dict[str, Artifact]
    findings: tuple[dict[str, Any], ...] = ()
    settings: dict[str, Any] = {}
    targets: tuple[str, ...] = ()
    scope: str = "local"

    def broken_checks(self) -> list[str]:
        """Checks of severity `error` that hold a release back."""
        return [name for name, check in self.checks.items() if check.severity == "error" and check.outcome != "passed"]


class AssetContent(msgspec.Struct, frozen=True, array_like=True):
    """A content of an asset; None: the asset is not there."""

    asset: str
    content: Digest | None


class Approved(msgspec.Struct, frozen=True):
    """Somebody's yes to one asset's way from one content to another, and where they said it."""

    asset: str
    before: Digest | None
    after: Digest | None
    by: str
    how: str


class Move(msgspec.Struct, frozen=True):
    """One entry of a channel's log.

    A `release` has a number of its own. A `rollback` repeats that of the release it goes to, and a `close` that of the
    release which the channel stood at: after it the channel is unknown, until a release opens it again.

    Attributes:
        by: who moved it.
        note: of a release a word to the readers, else why.
        previous: the number that the channel stood at before; None where it was new or closed, and in older logs.
        automatic: a pipeline made the release, and nobody looked at it first.
        quarantined: what a rollback took back: no automatic release brings it again.
        lifted: what was quarantined and may come again, because somebody chose this move.
        record: the digest of the run's record, by which it is believed elsewhere; None in older logs.
        approved: of a release, what waited for somebody's yes and got it.
    """

    format: int
    channel: str
    sequence: int
    kind: str
    number: int
    run: str
    snapshot: Digest
    at: str
    by: str = ""
    note: str | None = None
    previous: int | None = None
    automatic: bool = False
    quarantined: tuple[AssetContent, ...] = ()
    lifted: tuple[AssetContent, ...] = ()
    record: Digest | None = None
    approved: tuple[Approved, ...] = ()
