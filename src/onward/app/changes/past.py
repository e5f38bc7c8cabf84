"""The code that results rest on, as it was: from the basis of the run that made them, out of the store.

Nothing of this is needed to decide anything. It serves those who ask where an edit is.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from onward.app.environments.grammar import grammar_of
from onward.app.reading import scan
from onward.app.reading.code import FileTable, tables_of
from onward.app.reading.links import Links
from onward.app.reading.projects import ProjectRules, rules
from onward.app.reading.whole import Reading
from onward.app.settings.config import read_settings
from onward.app.settings.place import CONFIG_NAME
from onward.app.wiring import Opened
from onward.base import paths
from onward.base.digest import Digest, digest_bytes
from onward.languages.python.lines import Statements
from onward.model.ports import Grammar
from onward.model.records import Basis, FileState, Run


@dataclass
class CodeState:
    """The code of one state of the workspace.

    Attributes:
        links: what reaches what.
        read: the bytes of a file; None where they are not to be had.
    """

    links: Links
    read: Callable[[str], bytes | None]
    _statements: dict[str, Statements | None] = field(default_factory=dict)

    def statements(self, path: str) -> Statements | None:
        """The statements of a file of Python, or of a notebook's cells together; None where there is no text."""
        if path not in self._statements:
            self._statements[path] = self._read_statements(path)
        return self._statements[path]

    def place(self, path: str, line: int) -> str:
        """A line of `statements` as people find it: `lib/a.py:12`, `report.ipynb:cell 3:2`."""
        table = self.links.tables.get(path)
        if table is None or table.notebook is None:
            return f"{path}:{line}"
        cell, inner = table.notebook.place(line)
        return f"{path}:cell {cell}:{inner}" if cell else path

    def _read_statements(self, path: str) -> Statements | None:
        table = self.links.tables.get(path)
        if table is not None and table.notebook is not None:
            return Statements(table.notebook.code, cells=True)
        content = self.read(path)
        return None if content is None else Statements(content)


@dataclass(frozen=True)
class PastRun:
    """A run that holds a step's standing result, what it rests on, and the code of then."""

    run: Run
    basis: Basis
    code: CodeState


class Past:
    """Runs with the code of then, as they are asked for; those that the standing results of a worktree come from."""

    def __init__(self, opened: Opened, reading: Reading) -> None:
        self._opened = opened
        self._reading = reading
        self._runs: dict[str, Run | None] = {}
        self._states: dict[str, PastRun | None] = {}

    @cached_property
    def present(self) -> CodeState:
        """The code of the working tree."""
        return CodeState(self._reading.links, self._read_present)

    def of(self, step: str) -> PastRun | None:
        """The last run that has the step's standing result; None where there is none, or it cannot be read."""
        run = self._run_of(step)
        return None if run is None else self.held(run)

    def held(self, run: Run) -> PastRun | None:
        """What a run rests on, and the code of then; None where its basis cannot be read."""
        if run.id not in self._states:
            basis = self._opened.store.records.basis(run.basis)
            self._states[run.id] = None if basis is None else PastRun(run, basis, self._code(run, basis))
        return self._states[run.id]

    def code(self, step: str) -> CodeState | None:
        """The code that the step's standing result rests on."""
        past = self.of(step)
        return None if past is None else past.code

    def content(self, past: PastRun, path: str) -> bytes | None:
        """The bytes of a file as the run found it: the store's, or git's; None where neither has them."""
        state = past.basis.files.get(path)
        return None if state is None else self._content(state, path, past.run.origin.commit)

    def _run_of(self, step: str) -> Run | None:
        result = self._opened.standing.results.get(step)
        last = self._opened.standing.run
        if result is None or last is None:
            return None
        if self._holds(last, step, result.name):
            return self._runs[last]
        earlier = self._opened.store.records.run_ids()[::-1]
        return next((self._runs[run] for run in earlier if self._holds(run, step, result.name)), None)

    def _holds(self, run: str, step: str, trace: Digest) -> bool:
        if run not in self._runs:
            self._runs[run] = self._opened.store.records.run(run)
        found = self._runs[run]
        if found is None:
            return False
        record = found.steps.get(step) or found.checks.get(step)
        return record is not None and record.trace == trace

    def _code(self, run: Run, basis: Basis) -> CodeState:
        reading = self._reading
        suffixes = (*scan.CODE_SUFFIXES, *scan.COMPILED_SUFFIXES)
        code = {path: state for path, state in basis.files.items() if path.endswith(suffixes)}

        def read(path: str) -> bytes | None:
            state = basis.files.get(path)
            return None if state is None else self._content(state, path, run.origin.commit)

        # A file of which nothing is known any more is left out; names that led there are said to lead nowhere.
        readable = {path for path, state in code.items() if self._is_known(path, state) or read(path) is not None}
        digests = {path: code[path].digest for path in readable}
        # No basis holds what no step imports of the code that was set aside: it is taken to be what it is.
        aside = reading.set_aside - basis.files.keys()
        digests |= {path: reading.digests[path] for path in aside if path in reading.tables}
        with grammar_of(reading.python) as grammar:
            tables = self._tables(digests, read, grammar)
        tree = _tree(reading, digests, basis)
        links = Links(
            tree, self._rules(basis, digests), digests, tables, reading.links.extensions, reading.links.libraries
        )
        return CodeState(links, read)

    def _is_known(self, path: str, state: FileState) -> bool:
        """Whether a file has a table without its bytes."""
        return path.endswith(scan.COMPILED_SUFFIXES) or self._reading.digests.get(path) == state.digest

    def _tables(
        self, digests: Mapping[str, Digest], read: Callable[[str], bytes | None], grammar: Grammar
    ) -> dict[str, FileTable]:
        """The tables of files; those of unchanged ones are those of now."""
        reading = self._reading
        same = {path: reading.tables[path] for path, digest in digests.items() if reading.digests.get(path) == digest}
        others = {path: digest for path, digest in digests.items() if path not in same}
        return {**same, **tables_of(others, lambda path: read(path) or b"", self._opened.index, grammar)}

    def _rules(self, basis: Basis, code: Mapping[str, Digest]) -> ProjectRules:
        """How folders were projects: what `onward.toml` said then."""
        configured = {}
        for path, state in basis.files.items():
            if path.rpartition("/")[2] == CONFIG_NAME:
                folder = paths.folder_of(path)
                content = self._opened.store.objects.read(state.digest)
                if content is not None:
                    configured[folder] = read_settings(content, path, is_root=not folder)[0]
        return rules(configured, code)

    def _read_present(self, path: str) -> bytes | None:
        try:
            return (self._reading.place.root / path).read_bytes()
        except OSError:
            return None

    def _content(self, state: FileState, path: str, commit: str | None) -> bytes | None:
        return kept_content(self._opened, state, path, commit)


def kept_content(opened: Opened, state: FileState, path: str, commit: str | None) -> bytes | None:
    """The bytes of a file of a basis: the store's, else those of a commit in git; None where neither has them."""
    kept = opened.store.objects.read(state.digest)
    if kept is not None:
        return kept
    place = opened.place
    if place.git is None or commit is None:
        return None
    command = ["git", "--no-optional-locks", "-C", str(place.root), "cat-file", "blob", f"{commit}:./{path}"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 and digest_bytes(done.stdout) == state.digest else None


def _tree(reading: Reading, digests: Mapping[str, Digest], basis: Basis) -> scan.Tree:
    """The folders of then, as far as imports go through them; files that are no code are those of now."""
    own = _folders_of(digests)
    others = reading.tree.modules - _folders_of(reading.digests)
    locks = [path for path in basis.files if path.rpartition("/")[2] == "pyproject.toml"]
    return scan.Tree(modules=own | others, locks=locks, edited=reading.tree.edited)


def _folders_of(files: Mapping[str, Digest]) -> set[str]:
    """Every folder that a module lies below, up to the root."""
    folders: set[str] = set()
    for path in files:
        folder = paths.folder_of(path) if path.endswith((".py", *scan.COMPILED_SUFFIXES)) else None
        while folder is not None and folder not in folders:
            folders.add(folder)
            folder = paths.folder_of(folder) if folder else None
    return folders
