"""What a result rests on: inputs, observations, and the trace that ties them to artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from onward.base.codec import digest_of
from onward.base.digest import Digest
from onward.model.artifact import Artifact

KEY_FORMAT = 1
TRACE_FORMAT = 1
UNPINNED, UNSTABLE, PARTIAL, SELF_CHANGING = "unpinned", "unstable", "partial", "self-changing"
"""Marks: what has to be known of a result before anybody relies on it."""
UNCHECKED = "unchecked"
"""One more, of an asset that no check looks at. No trace holds it, for checks come and go."""

Inputs = dict[tuple[str, str], Digest]
"""All that is known of a step before it runs: (kind, name) to digest. Kinds: `INPUT_KINDS`."""

INPUT_KINDS = ("step", "code", "input", "source", "parameter", "environment", "render")
"""`render` is what is shown with a result and has no part in how it comes about: prose, comments, layout."""


INSTALLED_KINDS = ("distribution", "distributions", "module")
"""The kinds of observations that are of installed packages."""


class CompleteInputs(msgspec.Struct, frozen=True):
    """The inputs of a step of which everything is known; only these are decided upon."""

    step: str
    inputs: Inputs

    def key(self) -> Digest:
        """The step's key."""
        return _key(self.step, self._rows())

    def executed_key(self) -> Digest | None:
        """The key without what is only shown with the results; None where that is nothing."""
        return _executed_key(self.step, self._rows())

    def _rows(self) -> list[tuple[str, str, Digest]]:
        return [(kind, name, digest) for (kind, name), digest in self.inputs.items()]


def _key(step: str, rows: Sequence[tuple[str, str, Digest]]) -> Digest:
    return digest_of({"format": KEY_FORMAT, "step": step, "inputs": sorted(rows)})


def _executed_key(step: str, rows: Sequence[tuple[str, str, Digest]]) -> Digest | None:
    executed = [row for row in rows if row[0] != "render"]
    return _key(step, executed) if len(executed) < len(rows) else None


class PartialInputs(msgspec.Struct, frozen=True):
    """The inputs of a step that waits for `unknown` ones, such as an asset that is yet to be made."""

    step: str
    inputs: Inputs
    unknown: tuple[tuple[str, str], ...]


class Observation(msgspec.Struct, frozen=True, array_like=True):
    """One thing that a step was seen to depend on as it ran.

    Attributes:
        kind: `file` (a path's bytes), `absent` (a path that was not there), `there` (one that was only looked at),
            `link` (where a symbolic link leads), `listing` (names in a folder or of a glob), `found` (what a file held
            that it changed, of which it kept something), `variable` (of the environment; `*` for all of them),
            `passed` (the names of those that settings hand on to programs), `asset` (one that only running showed),
            `name` (what a word that it loaded by meant; empty where it meant nothing),
            `today` (the as-of date), `text` (of a file of code whose text or lines the results quote), `pickled` (the
            workspace's code that a pickle names).
        name: the path, the asset, the variable, the word.
        digest: what was seen, of a word the asset's name; empty for `absent`, and for `found` where there was no file.
    """

    kind: str
    name: str
    digest: Digest = ""


class Usage(msgspec.Struct, frozen=True):
    """What a step cost: seconds of wall and of processor time, bytes of memory at the peak."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0


class CheckOutcome(msgspec.Struct, frozen=True):
    """What a check found. `outcome` is `passed` or `broken`; `rows` counts the offending rows."""

    outcome: str
    message: str | None = None
    rows: int | None = None


class Trace(msgspec.Struct, frozen=True):
    """Under this key, with these observations, these artifacts came out. Written once, never edited.

    Attributes:
        inputs: the rows of the key, kept so that a later run can say what changed.
        artifacts: by asset name.
        check: for a check, what it found; offending rows are the artifact under the check's name.
        log: object with what the step printed, if it printed anything.
        distributions: third-party distributions of the environment that it ran in: an object.
        marks: `unpinned`, `self-changing`, ...
        because: what made for a mark, in words.
        fallbacks: tracked files that stood in for the product of a step that failed.
    """

    format: int
    step: str
    key: Digest
    inputs: tuple[tuple[str, str, Digest], ...]
    observations: tuple[Observation, ...]
    artifacts: dict[str, Artifact]
    made_at: str
    usage: Usage = Usage()
    check: CheckOutcome | None = None
    log: Digest | None = None
    environment: Digest | None = None
    marks: tuple[str, ...] = ()
    because: dict[str, tuple[str, ...]] = {}
    twins: dict[str, Digest] = {}
    """For an unstable step: the other content seen under this very fingerprint, by asset."""

    def executed_key(self) -> Digest | None:
        """The key without what is only shown with the results; None where that is nothing."""
        return _executed_key(self.step, self.inputs)

    def is_of_its_key(self) -> bool:
        """Whether the key is that of the inputs."""
        return _key(self.step, self.inputs) == self.key

    def fingerprint(self) -> Digest:
        """Digest of the key with its observations: what this one result rests on."""
        return digest_of({"key": self.key, "observations": self.observations})

    def addresses(self) -> list[Digest]:
        """Every object of the store that the trace needs to be restored."""
        return [address for artifact in self.artifacts.values() for address in artifact.addresses()]

    def files(self) -> dict[str, Digest]:
        """The files of the tree that the step wrote, with their bytes."""
        return {path: artifact.bytes for artifact in self.artifacts.values() if (path := artifact.path) is not None}


class Envelope(msgspec.Struct, frozen=True):
    """A record with who vouches for it. Nobody signs yet; the field is there so that the format stays."""

    payload: Trace
    builder: dict[str, Any]
    signatures: tuple[dict[str, Any], ...] = ()
