"""Everything that a site shows, as frozen values: the one thing that the portal takes in.

`app` fills these from the store alone; the portal draws them and asks nothing else. Names are asset
names (`project/asset`); instants are aware and in UTC; sizes are bytes, durations seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from onward.app.comparing.diff import DiffReport

Bytes: TypeAlias = Path | Callable[[], bytes]
"""Where a file's bytes come from: an absolute path, or a function that reads them."""

MAX_EMBEDDED_ROWS = 5_000

MAX_DISTINCT = 10_000

PASSED, BROKEN, FAILED, NOT_RUN = "passed", "broken", "failed", "not run"
"""How a check ended: it held; it did not; it raised; it was not run (which is never 'passed')."""

SOURCE = "source"
"""The kind of a node that is no asset."""

ADDED, CHANGED, REMOVED = "added", "changed", "removed"


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """What the site shows: a release, or, where `number` is None, a snapshot that was never released."""

    channel: str | None
    number: int | None
    at: datetime
    commit: str | None = None
    dirty: bool = False
    """It was made from a tree with changes that the commit does not hold."""
    note: str = ""
    previous: int | None = None
    """Number of the release before it, against which `changes` were found."""


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A line of work. `readme` and `question` are Markdown and plain text."""

    name: str
    title: str = ""
    owner: str = ""
    question: str = ""
    readme: str = ""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an asset that the site copies. `name` may hold `/`; its media type says how it is shown.

    A table brings Parquet and CSV; a figure its picture (SVG, PNG) and, where it has one, its
    specification and a self-contained HTML page; a document its HTML or Markdown and its notebook.
    """

    name: str
    media: str
    size: int
    source: Bytes


class Column(msgspec.Struct, frozen=True):
    """A column, over all rows of its table. `min`, `max`, `mean` are numbers or text, None if unknown.

    `distinct` is not counted beyond `MAX_DISTINCT`.
    """

    name: str
    type: str
    missing: int | None = None
    distinct: int | None = None
    min: Any = None
    max: Any = None
    mean: Any = None
    histogram: tuple[tuple[Any, Any, int], ...] | None = None
    """Bins in order: lower end, upper end, number of rows."""
    top: tuple[tuple[Any, int], ...] | None = None
    """The most frequent values with their number of rows, most frequent first."""


class TablePreview(msgspec.Struct, frozen=True):
    """A table as its page shows it: `rows` counts all rows, `head` holds some of them.

    These are the first ones, or where `every` is more than 1 every such row from the first on.
    """

    rows: int
    columns: tuple[Column, ...]
    head: tuple[tuple[Any, ...], ...]
    every: int = 1


def table_preview(described: dict[str, Any]) -> TablePreview:
    """The preview that `described`, plain dicts and lists of the same field names, stands for.

    Raises:
        msgspec.ValidationError: it has another form.
    """
    return msgspec.convert(described, TablePreview, strict=False)


class HistoryPoint(msgspec.Struct, frozen=True):
    """A metric's value as of one release."""

    number: int
    at: datetime
    value: Any


class Excerpt(msgspec.Struct, frozen=True, kw_only=True):
    """A symbol's code, as it stood at the release. `line` is the number of its first line."""

    path: str
    line: int
    text: str
    language: str
    """`python`, `sql`, `r`, ... ; a language that is not known is shown plainly."""
    symbol: str = ""


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a step read: an asset, source, file, parameter or variable, with the version seen."""

    name: str
    kind: str
    version: str = ""
    """A content digest, an ETag, a locked version; shown shortened."""


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """The Python and the distributions that a step could reach: name and version, sorted by name."""

    python: str
    platform: str = ""
    distributions: tuple[tuple[str, str], ...] = ()


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reason comes from: `where` is a file and line of the basis; `path` the names that lead the step there."""

    where: str
    path: tuple[str, ...] = ()


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """How an asset came about. The first of `code` is the step itself, the others what it reaches."""

    step: str
    step_kind: str
    path: str
    line: int | None = None
    commit: str | None = None
    code: tuple[Excerpt, ...] = ()
    inputs: tuple[Input, ...] = ()
    environment: Environment | None = None
    parameters: dict[str, Any] = {}
    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_memory: int | None = None
    reasons: tuple[str, ...] = ()
    """Why it was made, in words, the most important first."""
    edits: dict[str, Edit] = {}
    """Of reasons that are edits of code, by the reason."""


class State(msgspec.Struct, frozen=True):
    """What an asset was from a release on: `content` counts its different contents from 1; 0: it was not there."""

    since: int
    content: int


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One asset of the release.

    Attributes:
        kind: table, metric, figure, document, model, app or file.
        facts: `value` of a metric; `rows` and `columns` of a table; `class` and `parameters` of a model.
        content: digest of its meaning.
        made_at: when a step last made these bytes.
        changed_in: the release in which its content last changed; None where that is not known.
        history: of a metric, oldest first, this release included.
        states: what it was in the releases that are `released`, oldest first.
        table: of a table, what its page shows of it.
        used_by: names of the assets that read it.
    """

    name: str
    project: str
    kind: str
    title: str = ""
    doc: str = ""
    unit: str | None = None
    facts: dict[str, Any] = {}
    files: tuple[File, ...] = ()
    marks: dict[str, tuple[str, ...]] = {}
    """What has to be known before anybody relies on it, each with what made for it, in words."""
    content: str = ""
    made_at: datetime | None = None
    changed_in: int | None = None
    history: tuple[HistoryPoint, ...] = ()
    states: tuple[State, ...] = ()
    table: TablePreview | None = None
    provenance: Provenance | None = None
    used_by: tuple[str, ...] = ()


class OffendingRows(msgspec.Struct, frozen=True):
    """Some of the rows that break a check: `total` counts all of them."""

    total: int
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    types: tuple[str, ...] = ()
    """Of the columns, where they are known."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A statement about an asset and how it ended. `severity` is `error` or `warn`."""

    name: str
    asset: str
    severity: str = "error"
    outcome: str
    message: str = ""
    doc: str = ""
    offending: OffendingRows | None = None
    code: Excerpt | None = None


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A source or an asset in the graph.

    `kind` is `source` or the asset's. A source that belongs to no project has an empty `project`.
    """

    name: str
    kind: str
    project: str = ""
    title: str = ""


class Graph(msgspec.Struct, frozen=True):
    """What reads what: an edge goes from what is read to what reads it."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to one asset since the release before.

    `before` and `after` hold the facts that differ: `value` of a metric, `rows` of a table. `summary`
    is the diff in one sentence, where there is one.
    """

    name: str
    kind: str
    how: str
    project: str = ""
    title: str = ""
    unit: str | None = None
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    summary: str = ""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two states of the results held against each other, with what shows the differences.

    Attributes:
        report: its assets are those that differ.
        equal: how many results are equal in both.
        pictures: by asset; those in `report` hold none.
        projects: by asset, of those that differ and those whose checks do.
    """

    report: DiffReport
    equal: int = 0
    pictures: dict[str, tuple[File, ...]] = {}
    projects: dict[str, str] = {}


RELEASE, ROLLBACK = "release", "rollback"


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A move of the channel: what its readers had before it, and what they have had since.

    Attributes:
        kind: `release` or `rollback`.
        sequence: its place in the channel's log.
        number: where the channel stood after it.
        before: where it stood before; None: its readers had nothing.
        since: since when it had stood there.
        by: who made it.
        note: a word to the readers; of a rollback, why.
        automatic: a pipeline made it, and nobody looked at it first.
        quarantined: the results that it took back and no pipeline brings again, for nobody has released them since.
        lifted: the results that were quarantined until this move.
        changes: the results that differ; all of them where readers had nothing.
        comparison: with what shows it; None where only that they differ is told.
    """

    kind: str
    sequence: int
    number: int
    before: int | None
    since: datetime | None = None
    at: datetime
    by: str = ""
    note: str = ""
    commit: str | None = None
    automatic: bool = False
    quarantined: tuple[str, ...] = ()
    lifted: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    comparison: Comparison | None = None


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """A release that readers have or once had, for who chooses among all of them."""

    number: int
    at: datetime
    note: str = ""
    is_taken_back: bool = False


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """An open channel of a branch, held against what readers have."""

    channel: str
    number: int
    at: datetime
    by: str = ""
    note: str = ""
    commit: str | None = None
    comparison: Comparison


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The run behind the release; counts are of steps."""

    id: str
    started_at: datetime
    seconds: float | None = None
    made: int = 0
    kept: int = 0
    restored: int = 0
    onward: str = ""


class SiteContent(msgspec.Struct, frozen=True, kw_only=True):
    """All that a site shows. `moves` are the channel's, newest first, the shown one included.

    `released` are all releases, oldest first, where any two of them can be held beside each other: also those that are
    too old for `moves`, and those after the shown one that were taken back.
    """

    workspace: str
    release: Release
    moves: tuple[Move, ...] = ()
    released: tuple[Released, ...] = ()
    previews: tuple[Preview, ...] = ()
    projects: tuple[Project, ...] = ()
    assets: tuple[Asset, ...] = ()
    checks: tuple[Check, ...] = ()
    graph: Graph = Graph()
    changes: tuple[Change, ...] = ()
    run: RunFacts | None = None
    missing: tuple[str, ...] = ()
    """Names of assets that an incomplete snapshot lacks."""
