"""The workspace as its files describe it: settings, projects, sources, steps, checks, findings."""

from __future__ import annotations

from typing import Any

import msgspec

from onward.base.errors import Location
from onward.model.difference import Tolerance


class Finding(msgspec.Struct, frozen=True):
    """Something wrong that the workspace says of itself.

    Attributes:
        code: the kind of mistake, a word with a page in the reference (`unknown-name`).
        message: one line that names the thing.
        path, line: where it has to be mended.
        hint: one thing to type or to change.
        touches: names of steps that cannot run until it is mended; `*` is every step of `project`, `file:PATH` the
            steps that its file would hold.
        project: the project that it belongs to; None: the whole workspace.
    """

    code: str
    message: str
    path: str | None = None
    line: int | None = None
    hint: str | None = None
    touches: tuple[str, ...] = ()
    project: str | None = None

    @property
    def hides_steps(self) -> bool:
        """Whether steps of its project cannot be read or run as such, so that it meets who means the project."""
        return any(touched == "*" or touched.startswith("file:") for touched in self.touches)

    def location(self) -> Location:
        return Location(self.path, self.line)

    def describe(self) -> dict[str, Any]:
        """The finding as `--json` prints it."""
        where = str(self.location())
        return {"code": self.code, "message": self.message, "where": where or None, "hint": self.hint}


class SourceDeclaration(msgspec.Struct, frozen=True):
    """A source named in `onward.toml`: a file, a glob or a folder, from the folder of that `onward.toml`."""

    path: str
    table: str | None = None
    form: str | None = None


class CommandDeclaration(msgspec.Struct, frozen=True):
    """A command named in `onward.toml`: a program that makes files.

    Attributes:
        run: its command line: a text for the shell, or a program and its arguments, which no shell sees.
        inputs: paths from the folder of that `onward.toml`, and names of assets and sources.
        outputs: paths of the files that it writes.
        env: variables that it gets beside those of every command.
        line: where it is declared.
    """

    run: str | tuple[str, ...]
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    env: dict[str, str] = {}
    time_limit_s: float | None = None
    title: str | None = None
    line: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs that are names: `run` has them in braces, which stand for a file."""
        return tuple(each for each in self.inputs if any(f"{{{each}}}" in word for word in self.words))

    @property
    def paths(self) -> tuple[str, ...]:
        """The inputs that are paths, globs and folders."""
        names = self.names
        return tuple(each for each in self.inputs if each not in names)

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments; the whole text where a shell reads it."""
        return (self.run,) if isinstance(self.run, str) else self.run


class Allowance(msgspec.Struct, frozen=True):
    """What `--strict` lets steps do beyond their workspace and project: `[strict]` of one `onward.toml`.

    Attributes:
        reads, writes: paths, from the folder of that `onward.toml`, each with all that is below it.
        network: names, or patterns of names, of the steps that may talk to other machines.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    network: tuple[str, ...] = ()


class Gates(msgspec.Struct, frozen=True):
    """What one `onward.toml` lets pass only with somebody's yes. Patterns are of assets, as that file names them.

    Attributes:
        approve: results whose every change needs one.
        moves: by pattern, how far metrics may move without one.
    """

    approve: tuple[str, ...] = ()
    moves: dict[str, Tolerance] = {}


class Settings(msgspec.Struct, frozen=True):
    """One `onward.toml`; the root's may hold more than a project's (`config.ROOT_ONLY`)."""

    name: str | None = None
    title: str | None = None
    owner: str | None = None
    question: str | None = None
    projects: str | None = None
    steps: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    sources: dict[str, SourceDeclaration] = {}
    parameters: dict[str, Any] = {}
    tolerances: dict[str, Tolerance] = {}
    """Of metrics, by name within the project; at the root `project/asset` too."""
    commands: dict[str, CommandDeclaration] = {}
    keep_sources: int = 100_000_000
    """Bytes: sources up to this size are kept with a basis where git does not have them."""
    publish: tuple[str, ...] = ()
    """Places that the site is brought to when a channel moves, each as a kind and an address."""
    timeline: int = 10
    """The newest releases that the site tells in detail."""
    watch: bool = True
    """Whether what steps touch is watched as they run."""
    python: str | None = None
    variables: dict[str, str] = {}
    """Environment variables that every step gets."""
    passed: tuple[str, ...] = ()
    """Names of the caller's variables that commands get beside those of every command."""
    time_limit_s: float | None = None
    strict: Allowance = Allowance()
    store: str | None = None
    """The address of the store that is shared with other machines."""
    main: str | None = None
    """The main branch; None: as git has it."""
    gates: Gates = Gates()


class Project(msgspec.Struct, frozen=True):
    """A folder with one line of work. `folder` is empty for the root."""

    name: str
    folder: str
    settings: Settings = Settings()
    title: str | None = None


class Source(msgspec.Struct, frozen=True):
    """Data that the workspace does not make.

    Attributes:
        name: as code says it; unique in its scope.
        project: the project that it belongs to, or None for the whole workspace.
        form: `csv`, `tsv`, `parquet`, `jsonl`, `json`, `excel`, `text`, `sqlite`, `duckdb`, `binary`, `folder`.
        where: the path, glob or folder that names it.
        paths: its files, sorted; several are read one after the other.
        table: the table of a database file or sheet of a workbook.
    """

    name: str
    project: str | None
    form: str
    where: str
    paths: tuple[str, ...]
    table: str | None = None

    @property
    def qualified(self) -> str:
        """`project/name`, or the bare name of a source of the whole workspace."""
        return self.name if self.project is None else f"{self.project}/{self.name}"


class Binding(msgspec.Struct, frozen=True):
    """One thing that a step takes by name.

    Attributes:
        name: the word in the code: a parameter, a table's name, the text given to `load`.
        target: an asset's name, or a source's qualified name.
        form: `asset` or `source`.
        wanted: the annotation, fully qualified; empty: as it was saved.
    """

    name: str
    target: str
    form: str
    wanted: str = ""

    @property
    def is_raw(self) -> bool:
        """Whether the step takes the file itself, so that its bytes count."""
        return self.wanted in ("pathlib.Path", "Path")


class ParameterUse(msgspec.Struct, frozen=True):
    """A value that a step takes. `default` is None where it is no literal: its code counts then."""

    name: str
    setting: str
    value: Any
    is_set: bool


class Output(msgspec.Struct, frozen=True):
    """An asset that a step is declared to make. `field` names the part of a several-part result."""

    asset: str
    field: str | None = None
    kind: str | None = None
    unit: str | None = None
    title: str | None = None
    key: tuple[str, ...] = ()
    path: str | None = None
    """The file in the tree that the step writes, where the asset is one."""
    is_seen: bool = False
    """No code says so: an earlier run was seen to write it. Not in the step's key."""
    tolerance: Tolerance | None = None


class Discovered(msgspec.Struct, frozen=True):
    """What the last run of a step was seen to do beyond what its code says. It draws edges and is in no key.

    Attributes:
        loads: assets.
        reads: workspace paths; one that ends in `/` or holds `*` is a listing.
        asked: workspace paths that it looked for, whether or not they were there, and did not read.
        writes: workspace paths of files.
    """

    loads: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


class CheckFacts(msgspec.Struct, frozen=True):
    """What makes a step a check: the asset that it looks at, and how bad it is when it breaks."""

    asset: str
    severity: str


class Step(msgspec.Struct, frozen=True):
    """The unit that runs. A check is one too, of kind `check`.

    Attributes:
        name: `project/asset` or `project/stem`.
        symbol: the function, for kinds that run one.
        folder: where it runs, workspace-relative.
        reads: literal paths that it reads; one that ends in `/` or holds `*` is a listing.
        seen_reads: further paths that its last run was seen to read.
        asked: paths that its last run looked for and did not read.
        fed_by: those of all these that another step writes, with that step's name.
        writes: paths in the workspace that it writes, as its code says or its last run was seen to.
        revisits: paths that it reads before it writes them: it is self-changing.
        open: it makes, or loads, names that only running it shows.
        columns: the words, in lower case, by which it can name columns of what it reads; None where it may use all.
    """

    name: str
    project: str
    kind: str
    file: str
    line: int
    folder: str
    symbol: str | None = None
    bindings: tuple[Binding, ...] = ()
    parameters: tuple[ParameterUse, ...] = ()
    outputs: tuple[Output, ...] = ()
    reads: tuple[str, ...] = ()
    seen_reads: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    fed_by: tuple[tuple[str, str], ...] = ()
    writes: tuple[str, ...] = ()
    revisits: tuple[str, ...] = ()
    open: bool = False
    check: CheckFacts | None = None
    columns: tuple[str, ...] | None = None
    title: str | None = None
    doc: str = ""
    time_limit_s: float | None = None

    @property
    def assets(self) -> tuple[str, ...]:
        """Names of the assets that it is declared to make."""
        return tuple(output.asset for output in self.outputs)

    def inputs(self) -> list[str]:
        """Names of what it takes: assets, sources, and files by their path."""
        return list(dict.fromkeys([*(binding.target for binding in self.bindings), *self.all_reads]))

    @property
    def all_reads(self) -> tuple[str, ...]:
        """The paths that it reads, whether its code says so or its last run showed it."""
        return (*self.reads, *self.seen_reads)

    def observed_paths(self) -> list[str]:
        """Literal paths whose state counts: what it reads, save what it changes itself."""
        return [path for path in self.reads if path not in self.revisits]


class Candidate(msgspec.Struct, frozen=True):
    """A file that could be a step and is none until somebody says so. `line` is the setting that says it."""

    file: str
    why: str
    line: str
