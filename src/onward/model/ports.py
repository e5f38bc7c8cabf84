"""Every seam of onward on one page. Each has a conformance suite in `onward.testing`.

A protocol here is a promise: what an implementation must do, may assume, and must not do.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from onward.base.bucket import Stored
from onward.base.digest import Digest
from onward.model.artifact import Artifact
from onward.model.code import Declarations, NotebookTable, Problem, QueryTable
from onward.model.delivery import Listing
from onward.model.difference import Difference, DiffOptions
from onward.model.draft import FileReading
from onward.model.event import Ending
from onward.model.hosting import Approval, Build, Comment, Request, Verdict
from onward.model.trace import Trace
from onward.model.workspace import CommandDeclaration, Step


class Command(msgspec.Struct, frozen=True):
    """A command of an `onward.toml`, with the files of the workspace that are its code."""

    declared: CommandDeclaration
    scripts: dict[str, Digest] = {}
    """The programs among the files that its command line names, with the digests of their bytes."""


class CodeFile(msgspec.Struct, frozen=True):
    """A file of code as the kinds see it: where it lies, and what reading it brought to light.

    Attributes:
        path: relative to the root.
        digest: of its bytes.
        problem: why it does not parse.
        declared: for Python, and for the code of a notebook in Python.
        in_project: it lies where acting files are steps without anybody saying so (design: 'What becomes a step').
        is_named: `steps` of an `onward.toml` names it.
        is_imported: another file imports it.
        commands: for an `onward.toml`, those that it declares, by name.
        symbol_file: resolves a dotted name of the file's code to the path and function that define it.
    """

    path: str
    digest: Digest
    problem: Problem | None = None
    declared: Declarations | None = None
    query: QueryTable | None = None
    notebook: NotebookTable | None = None
    commands: dict[str, Command] = {}
    in_project: bool = False
    is_named: bool = False
    is_imported: bool = False
    symbols: dict[str, str] = {}
    """Dotted names that `ref` and `check` use, resolved to `<path>:<function>`."""


Closure = Callable[[str, str | None], Mapping[str, Digest]]
"""Path and symbol (None: the whole file as a script) to the symbols that it reaches, with their digests."""


class Grammar(Protocol):
    """Reads Python as one version of it does. Suite: `onward.testing.grammars`."""

    name: str
    """Implementation and version, such as `cpython 3.13`: another name may read a text otherwise."""

    def parse(self, content: bytes, *, cells: bool = False, compiles: bool = True) -> ast.Module | Problem:
        """The syntax tree of a source text, or why this Python would refuse it. Never raises for what is in the text.

        With `cells`, `await` may stand at top level; without `compiles`, what only the compiler finds is passed over.

        Raises:
            MachineError: that Python cannot be asked.
        """
        ...


class StepKind(Protocol):
    """One kind of step (checks among them): how it is read from a file, what of its code counts, how it is run.

    An implementation is pure: it gets values and gives values. `format` changes when the same code would be
    run differently, and then every step of the kind runs again. Suite: `onward.testing.kinds`.
    """

    name: str
    format: int
    suffixes: Sequence[str]

    def read(self, file: CodeFile) -> FileReading:
        """The steps of a file with one of `suffixes`; nothing where it has none. Never raises."""
        ...

    def code(self, step: Step, file: CodeFile, closure: Closure) -> Mapping[str, Digest]:
        """What of the step's code counts, by a name that people can read in a reason."""
        ...

    def render(self, step: Step, file: CodeFile) -> Mapping[str, Digest]:
        """What of the file is only shown with the results, named as in `code`.

        Where nothing else has changed, the task gets `kept`: a result's files to render again and not execute.
        """
        ...

    def task(self, step: Step, file: CodeFile) -> dict[str, Any]:
        """What the step's child has to be told beside its inputs; JSON-able."""
        ...


@dataclass(frozen=True)
class Side:
    """One of two artifacts that are compared, with the way to its bytes, which are all there.

    Attributes:
        path: the file of an address of the artifact; it must not be written to.
    """

    artifact: Artifact
    path: Callable[[Digest], Path]

    def file(self) -> Path:
        """The file of an artifact that is a blob."""
        return self.path(self.artifact.bytes)


class DiffKind(Protocol):
    """Compares two artifacts of one kind whose contents differ. Suite: `onward.testing.diffs`.

    It gives the same answer for the same bytes, keeps to bounded memory whatever their size, and writes nothing
    outside of folders of its own, which are gone when it returns. It opens nothing that runs code: what only the
    workspace's Python may open, that is asked about beforehand, and what it said stands in `DiffOptions.opened`.
    """

    name: str
    """The kind of asset that it is for, or `check`; of files `text` and `tree`, and `file` for all others."""

    def compare(self, before: Side, after: Side, options: DiffOptions) -> Difference | None:
        """What differs; None where the bytes are not what their kind says, and can only be compared as such.

        Raises:
            MissingLibraryError: a library of onward's own is missing for it.
        """
        ...


Content = Path | bytes
"""What a file at a place is to hold: the bytes, or those of a file that nobody changes."""


@dataclass(frozen=True)
class Change:
    """What makes a place hold something else.

    Attributes:
        title: what it is, in a few words: `main@3`.
        put: files to be written, by path.
        removed: paths of files to go.
        listing: what is listed afterwards.
    """

    title: str
    put: Mapping[str, Content]
    removed: tuple[str, ...]
    listing: Listing


class Destination(Protocol):
    """A place where readers look at a site, of one kind. Suite: `onward.testing.destinations`.

    Its readers meet what was there before a change or what is there after it: of no page ever half, and of no page
    that names what is not there. What onward did not write there is never changed, moved or removed, and whoever is
    interrupted at any moment leaves a place that the next change just continues from.
    """

    name: str
    """As people may see it: without what could be a password."""

    def listing(self) -> Listing:
        """What onward has written there; waits for nobody, and writes nothing.

        Raises:
            RefusedError: the place holds files that nobody has listed.
            PlaceError: it cannot be reached or read; a bucket's is a BucketError.
        """
        ...

    def bring(self, plan: Callable[[Listing], Change | None]) -> int:
        """Makes the change that `plan` wants, given what is there; returns how many files were written or removed.

        `plan` is asked under whatever lock the kind has, and again where others have changed the place meanwhile. It
        raises where nothing may be changed, and gives None where nothing has to be.

        Raises:
            RefusedError: the place holds files that nobody has listed, or one of somebody else's is in the way.
            PlaceError: the place cannot be reached, read or written; a bucket's is a BucketError.
            KeyboardInterrupt: it was stopped.
        """
        ...

    def stop(self) -> None:
        """Has a `bring` of another thread, and every later one, end soon; what it holds of the place is let go."""
        ...


class Executor(Protocol):
    """Runs tasks, each as if no other had run before it, and tells how they ended. Suite: `onward.testing.executors`.

    It may assume that one loop uses it, and nothing of the order in which tasks come.
    """

    events: int
    """A descriptor that can be read from when `endings` has something to give."""

    def start(self, task: dict[str, Any]) -> int:
        """Starts a task; its number comes back with its ending."""
        ...

    def kill(self, identity: int) -> None:
        """Ends a task that may have ended already, and all that it started."""
        ...

    def endings(self) -> list[Ending]:
        """The tasks that have ended since the last call; does not wait.

        Raises:
            MachineError: nothing can be run any more.
        """
        ...

    def close(self) -> None:
        """Ends every task that is left."""
        ...


class Bucket(Protocol):
    """Named bytes that several machines share. Suite: `onward.testing.buckets`.

    Paths are plain text with `/`, relative to the bucket. An object appears whole or not at all, also to another
    machine; several threads may use one bucket. It may fail, be slow, lose what it took, or give other bytes than
    it got: who reads from it verifies, and who needs it goes on without it.

    Every method raises BucketError where the bucket cannot be reached, or refuses.
    """

    url: str
    """Where it is, as people may see it."""

    def read(self, path: str) -> bytes | None:
        """The bytes of an object; None where there is none."""
        ...

    def has(self, path: str) -> bool:
        """Whether there is an object of this name. Says nothing of its bytes."""
        ...

    def create(self, path: str, content: bytes) -> bool:
        """Adds an object; False where there is one of this name already, which is then left as it is."""
        ...

    def replace(self, path: str, content: bytes, media: str | None = None) -> None:
        """Writes an object over whatever is there; `media` is what a web server is to call it."""
        ...

    def fetch(self, path: str, file: Path) -> bool:
        """Writes an object's bytes into a file, in bounded memory; False, and no file, where there is none.

        Raises:
            OSError: the file cannot be written, which is nothing that the bucket could help.
        """
        ...

    def send(self, file: Path, path: str, media: str | None = None) -> None:
        """Writes a file's bytes over whatever is there, in bounded memory."""
        ...

    def names(self, folder: str = "") -> list[str]:
        """The paths of all objects below a folder of the bucket, sorted; of all there are for the empty one."""
        ...

    def listing(self, folder: str = "") -> list[Stored]:
        """The same objects, with their sizes and ages, in no order."""
        ...

    def remove(self, path: str) -> None:
        """Removes an object, where it is there."""
        ...


class ObjectStore(Protocol):
    """Bytes under their digest. Suite: `onward.testing.stores`."""

    def put(self, content: bytes) -> Digest: ...
    def adopt(self, path: Path) -> Digest: ...
    def has(self, digest: Digest) -> bool: ...
    def path(self, digest: Digest) -> Path | None: ...
    def read(self, digest: Digest) -> bytes | None: ...


class TraceStore(Protocol):
    """Traces by key. Suite: `onward.testing.stores`."""

    def record(self, trace: Trace, builder: dict[str, object]) -> Digest: ...
    def find(self, key: Digest) -> list[tuple[Digest, Trace]]: ...
    def find_executed(self, executed_key: Digest) -> list[Trace]: ...
    def get(self, key: Digest, name: Digest) -> Trace | None: ...
    def share(self, name: Digest, trace: Trace) -> None: ...
    def bring(self, key: Digest) -> bool: ...
    def bring_executed(self, executed_key: Digest) -> bool: ...


class Watcher(Protocol):
    """Told what happens in a run, as it happens; cannot change it. Progress on a terminal is one."""

    is_live: bool
    """Whether it draws again and again, and so wants to be woken."""

    def begin(self, steps: int, expected_s: Mapping[str, float]) -> None:
        """`steps` will be looked at; `expected_s` says how long some of them took before, in seconds."""
        ...

    def started(self, step: str) -> None: ...

    def waiting(self, step: str) -> None:
        """Another run is making it."""
        ...

    def ended(self, step: str, outcome: str, seconds: float) -> None:
        """`outcome` is a step's, `re-rendered` for one that was made without being executed, or a check's."""
        ...

    def say(self, message: str) -> None:
        """Something that people should know, in one line."""
        ...

    def tick(self) -> None:
        """Time has passed."""
        ...

    def close(self) -> None: ...


class Conversation(Protocol):
    """What is said below one repository's requests and commits, with the rights of one token.

    Everything raises `HostError` where the host refuses or cannot be reached, after it was tried again for a while; no
    message holds the token.
    """

    def comment(self, request: int) -> Comment | None:
        """The comment of ours below a request; one that somebody else wrote is not ours, whatever it says."""

    def say(self, request: int, text: str) -> Comment:
        """Makes `text` the one comment of ours: the one that is there is changed. It holds `marker`."""

    def report(self, commit: str, verdict: Verdict | None, page: str | None) -> None:
        """Tells how a commit's build stands; None: it has begun."""

    def approvals(self, request: int, head: str) -> list[Approval]:
        """Who says yes to just this head now. A yes that was taken back, or was said to another head, is none."""

    def merged(self, commit: str) -> list[Request]:
        """The requests by which a commit came into its branch."""

    def is_member(self, team: str, person: str) -> bool:
        """Whether somebody belongs to a team (`acme/data`).

        Raises:
            HostError: the token may not know.
        """


class Host(Protocol):
    """A host of code, with the CI service that runs there. Suite: `onward.testing.hosts`."""

    name: str
    ci_path: str
    """Where its CI file lies."""
    owners_path: str
    """Where it looks for who owns which files, if that is nowhere yet."""
    owners_paths: Sequence[str]
    """All the places where it looks, first to last."""
    token: str
    """The variable that holds the token by which it is spoken with."""

    def build(self, variables: Mapping[str, str], main: str) -> Build | None:
        """The build that the environment is of; None where its CI service is not what runs here.

        Raises:
            RefusedError: the build gives strangers' code rights of ours.
        """

    def converse(self, build: Build, variables: Mapping[str, str], marker: str) -> Conversation | None:
        """A conversation with the token of the environment; None where it has none."""

    def summarize(self, variables: Mapping[str, str], text: str) -> bool:
        """Shows Markdown on the build's own page, for which no rights are needed; False where the service has none."""

    def git_settings(self, variables: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """What git has to be told, setting by setting, to reach the repository with the token of the environment."""

    def ci_file(self, tools: Mapping[str, str], main: str, *, pushes: bool) -> str:
        """The CI file: pinned, with the least rights, safe for requests of strangers, and the same for ever.

        Args:
            tools: the versions of `onward` and `uv`.
            main: the main branch.
            pushes: the site is brought to a branch of the repository.
        """
