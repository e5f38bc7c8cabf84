"""What is to be done with a step, and why."""

from __future__ import annotations

import msgspec

from onward.base.digest import Digest
from onward.model.trace import Trace


class Reason(msgspec.Struct, frozen=True):
    """One thing that makes a step run, or that lets it be kept.

    Attributes:
        kind: `code`, `input`, `file`, `environment`, `parameter`, `step`, `onward` or `never made`.
        what: the thing, by name.
        before, after: digests; None where there was or is none.
        where: the file that holds it, where there is one.
        change: `changed`, `added`, `removed`, or a phrase of its own.
    """

    kind: str
    what: str
    before: Digest | None = None
    after: Digest | None = None
    where: str | None = None
    change: str = "changed"

    def __str__(self) -> str:
        if self.kind == "never made":
            return "never made"
        return f"{self.kind} {self.what} {self.change}"


class Decision(msgspec.Struct, frozen=True):
    """`action` is `keep`, `restore`, `run`, `await` or `blocked`.

    Attributes:
        key: the step's key; None where its inputs are not all known.
        trace: what is kept or restored.
        outputs_from: for `run`, a result that differs in nothing but what is shown with it: its document is
            rendered again from it, and nothing is executed.
        reasons: for `run`, what changed since the last result; for `await`, what it waits for.
        awaits: for `await`, the assets among these.
    """

    step: str
    action: str
    key: Digest | None = None
    trace: Trace | None = None
    reasons: tuple[Reason, ...] = ()
    outputs_from: Trace | None = None
    awaits: tuple[str, ...] = ()
