"""What a kind of step makes of one file, before names are given and looked up."""

from __future__ import annotations

import msgspec

from onward.model.code import Default, Mention
from onward.model.difference import Tolerance
from onward.model.workspace import Candidate, CheckFacts, Finding


class Reference(msgspec.Struct, frozen=True):
    """A name by which code takes something.

    Attributes:
        name: the word in the code, under which the value is handed over.
        text: what it refers to: `flights`, `sales/orders`; for `symbol` `<path>:<function>`.
        form: `name` (looked up in the project, then the workspace), `ref` (the same, and `project/name`), or
            `symbol` (the asset that a function makes).
        wanted: the annotation.
        optional: a name that may stand for something else than an asset, so that not finding it is no mistake.
    """

    name: str
    text: str
    form: str
    wanted: str = ""
    line: int = 0
    optional: bool = False


class ParameterDraft(msgspec.Struct, frozen=True):
    """A parameter with a default value, as the code declares it."""

    name: str
    default: Default
    line: int = 0


class OutputDraft(msgspec.Struct, frozen=True):
    """An asset by its local name, or (`path`) by the workspace path of the file that is written."""

    name: str = ""
    field: str | None = None
    kind: str | None = None
    unit: str | None = None
    title: str | None = None
    key: tuple[str, ...] = ()
    tolerance: Tolerance | None = None
    path: str | None = None
    line: int = 0
    is_seen: bool = False


class Draft(msgspec.Struct, frozen=True):
    """A step without its final name. `stem` is an asset's name, or the stem of a file step.

    Attributes:
        is_file_step: named after its file, so that colliding stems are told apart by their extension.
        document: a file step that makes a document under its own name.
        reads, writes: literal paths as written, from `folder` or, beginning with `<file>/`, from the folder of
            the file that they stand in. A kind names those of its own text; those of the code that the step
            reaches, its own function's among them, are added when that code is known.
        check_of: for a check, what it looks at.
        time_limit_s: of this step alone; None: its project's.
        columns: the words, in lower case, by which it can name columns of what it reads; None where it may use all.
    """

    kind: str
    file: str
    line: int
    folder: str
    stem: str
    is_file_step: bool = False
    document: bool = False
    symbol: str | None = None
    references: tuple[Reference, ...] = ()
    parameters: tuple[ParameterDraft, ...] = ()
    outputs: tuple[OutputDraft, ...] = ()
    reads: tuple[Mention, ...] = ()
    writes: tuple[Mention, ...] = ()
    open: bool = False
    check: CheckFacts | None = None
    check_of: Reference | None = None
    time_limit_s: float | None = None
    columns: tuple[str, ...] | None = None
    title: str | None = None
    doc: str = ""


class FileReading(msgspec.Struct, frozen=True):
    """What one kind sees in one file."""

    drafts: tuple[Draft, ...] = ()
    candidate: Candidate | None = None
    findings: tuple[Finding, ...] = ()
