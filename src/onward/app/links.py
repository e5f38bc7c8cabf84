"""Which code of the workspace each step reaches: the import path of its file, and what its names lead to there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from onward.app import scan
from onward.app.code import FileTable, ImportPath, package_of
from onward.app.projects import ProjectRules
from onward.base import paths
from onward.base.codec import digest_of
from onward.base.digest import Digest
from onward.languages.python.closure import Closure, Linker
from onward.languages.python.symbols import SymbolTable
from onward.model.code import Declarations, Mention, Problem
from onward.model.draft import Draft

LIBRARY_FOLDERS = ("lib", "src")
_CYTHON = (".pyx", ".pxd", ".pxi")


@dataclass
class Links:
    """The links of one state of the workspace; each is followed once, and steps that import alike share a linker.

    Attributes:
        digests: of every file of code, by path.
        tables: what reading them brought to light, by path.
        extensions: the endings of compiled modules, first to last.
    """

    tree: scan.Tree
    rules: ProjectRules
    digests: Mapping[str, Digest]
    tables: Mapping[str, FileTable]
    extensions: tuple[str, ...] = ()
    _roots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _linkers: dict[tuple[tuple[str, ...], str | None], Linker] = field(default_factory=dict)
    _closures: dict[tuple[str, str | None], Closure] = field(default_factory=dict)

    def roots_of(self, path: str) -> tuple[str, ...]:
        """The folders that imports of a step's file go through, first to last."""
        folder = paths.folder_of(path)
        known = self._roots.get(folder)
        if known is None:
            project = self.rules.folder_of(folder)
            wanted = [folder, project, *LIBRARY_FOLDERS, *member_roots(self.tree), ""]
            always = {folder, project, ""}
            kept = [place for place in wanted if place in always or place in self.tree.modules]
            known = self._roots[folder] = tuple(dict.fromkeys(kept))
        return known

    def import_path(self, roots: tuple[str, ...]) -> ImportPath:
        """What imports that go through these folders find."""
        return ImportPath(roots, self.digests.keys(), self.tree.modules, self.extensions)

    def closure(self, path: str, symbol: str | None) -> Closure:
        """The closure of a step's code. Without a symbol, the file is a program."""
        found = self._closures.get((path, symbol))
        if found is None:
            found = self._closures[path, symbol] = self._linker(path, symbol).closure(path, symbol)
        return found

    def behind(self, path: str, symbol: str, step: str, step_symbol: str | None) -> Closure:
        """What a symbol of any file reaches, as the process of the step `step_symbol` in the file `step` imports it."""
        return self._linker(step, step_symbol).closure(path, symbol)

    def statements(self, path: str, symbol: str | None) -> dict[str, set[int]]:
        """The lines of the top-level statements that a step's code reaches, by file."""
        return self._linker(path, symbol).statements(path, symbol)

    def with_paths(self, draft: Draft) -> Draft:
        """The draft with the literal paths of the code that it reaches; those of its own text are there already.

        A check states something of an asset and makes none: what it writes is left out.
        """
        if not draft.file.endswith((".py", ".ipynb")) or not self._naming:
            return draft
        reads, writes = list(draft.reads), list(draft.writes)
        for path, lines in sorted(self.statements(draft.file, draft.symbol).items()):
            declared = self._naming.get(path)
            if declared is None or (path == draft.file and draft.symbol is None):
                continue
            table = self.tables[path].module
            assert table is not None
            known = sorted(unit.line for unit in table.units)
            file = "" if path == draft.file else path
            reads += _in_statements(declared.reads, known, lines, file)
            writes += _in_statements(declared.writes, known, lines, file) if draft.check_of is None else []
        return msgspec.structs.replace(draft, reads=tuple(reads), writes=tuple(writes))

    @cached_property
    def _naming(self) -> dict[str, Declarations]:
        """What the Python files declare that spell a path out."""
        return {
            path: table.declared
            for path, table in self.tables.items()
            if table.module is not None and table.declared and (table.declared.reads or table.declared.writes)
        }

    def _linker(self, path: str, symbol: str | None) -> Linker:
        roots = self.roots_of(path)
        program = path if symbol is None else None
        linker = self._linkers.get((roots, program))
        if linker is None:
            linker = self._linkers[roots, program] = Linker(_Modules(self, roots, program))
        return linker


def _in_statements(mentions: Iterable[Mention], known: list[int], reached: set[int], file: str) -> list[Mention]:
    """Those of `mentions` that stand in statements of the lines `reached`.

    `known` are the lines of all statements that run when the file is imported, ascending: under an `if` of the
    top level that is resolved by reading, these are the inner ones, and what stands in none of them never runs.
    """
    found = []
    for mention in mentions:
        number = bisect_right(known, mention.line) - 1
        if number >= 0 and mention.within <= known[number] and known[number] in reached:
            found.append(msgspec.structs.replace(mention, file=file))
    return found


class _Modules:
    """The files of a workspace as one import path sees them; `program` is the file that is run and not imported."""

    def __init__(self, links: Links, roots: tuple[str, ...], program: str | None) -> None:
        self._links = links
        self._path = links.import_path(roots)
        self._program = program

    def find(self, module: str, importer: str) -> str | None:
        del importer  # the import path is the step's, whichever of its files imports
        return self._path.find(module)

    def table(self, path: str) -> SymbolTable | Problem:
        table = self._links.tables[path]
        found = table.program if path == self._program else table.module
        return found or table.problem or Problem("the file holds no Python")

    def package_of(self, path: str) -> str:
        return package_of(path, self._path.roots)

    def digest(self, path: str) -> Digest:
        if path.endswith(".pyx"):  # built as it is imported, and from more than itself
            beside = (name for name in self._links.digests if paths.folder_of(name) == paths.folder_of(path))
            return digest_of([(name, self._links.digests[name]) for name in sorted(beside) if name.endswith(_CYTHON)])
        notebook = self._links.tables[path].notebook
        # What the cells of a notebook once printed is no text of anybody's code.
        return self._links.digests[path] if notebook is None else notebook.text

    def importable(self, importer: str, prefix: str) -> Iterable[str]:
        del importer
        return self._path.importable(prefix)


def member_roots(tree: scan.Tree) -> list[str]:
    """The folders of distributions that are workspace code, beyond the folders that are always looked in."""
    return [*(f"{place}/src" for place in sorted(_uv_members(tree))), *tree.edited]


def _uv_members(tree: scan.Tree) -> list[str]:
    """Folders below the root with a `pyproject.toml` and a `src` of their own: members of a uv workspace."""
    folders = [paths.folder_of(path) for path in tree.locks if path.endswith("pyproject.toml")]
    return [folder for folder in folders if folder and f"{folder}/src" in tree.modules]
