"""Which code of the workspace each step reaches: the import path of its file, and what its names lead to there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from onward.app.reading import scan
from onward.app.reading.code import FileTable, ImportPath, package_of
from onward.app.reading.projects import ProjectRules
from onward.base import paths
from onward.base.codec import digest_of
from onward.base.digest import Digest
from onward.languages.python.closure import ANY_NAME, Linker
from onward.languages.python.constants import FILE_FOLDER, PACKAGE
from onward.languages.python.nodes import Closure
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
        libraries: the top-level modules that are installed or Python's own.
    """

    tree: scan.Tree
    rules: ProjectRules
    digests: Mapping[str, Digest]
    tables: Mapping[str, FileTable]
    extensions: tuple[str, ...] = ()
    libraries: frozenset[str] = frozenset()
    _roots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _linkers: dict[tuple[tuple[str, ...], str | None], Linker] = field(default_factory=dict)
    _closures: dict[tuple[str, str | None], Closure] = field(default_factory=dict)
    _by_way: dict[tuple[tuple[str, ...], str, str | None], Closure] = field(default_factory=dict)
    _import_paths: dict[tuple[str, str | None], list[tuple[str, ...]]] = field(default_factory=dict)

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
            ways = self._ways(path, symbol)
            found = _together([self._closure_by(roots, path, symbol) for roots in ways])
            run = [
                self._linker(roots, program, ANY_NAME).closure(program, ANY_NAME)
                for program in self.programs(path, symbol)
                for roots in dict.fromkeys([*self._ways(path, symbol), *self._ways(program, ANY_NAME)])
            ]
            found = self._closures[path, symbol] = _together([found, *run])
        return found

    def programs(self, path: str, symbol: str | None) -> list[str]:
        """The files that a step may run by their path, and those that these may run."""
        found = dict.fromkeys(self._programs(path, symbol))
        pending = list(found)
        while pending:
            for program in self._programs(pending.pop(), ANY_NAME):
                if program not in found and program != path:
                    found[program] = None
                    pending.append(program)
        return list(found)

    def _programs(self, path: str, symbol: str | None) -> list[str]:
        """The files of code that a step's code names by their path (`%run`, `runpy`), and so may run."""
        notebook = self.tables[path].notebook
        runs = notebook.runs if notebook is not None else ()
        found = {paths.join(paths.folder_of(path), mention.text): None for mention in runs}
        for file, lines in self.statements(path, symbol).items() if self._naming_code else ():
            declared = self._naming_code.get(file)
            if declared is None:
                continue
            reads = declared.reads
            table = self.tables[file].module
            if table is not None and not (file == path and symbol in (None, ANY_NAME)):
                reads = tuple(_in_statements(reads, sorted(unit.line for unit in table.units), lines, file))
            found |= dict.fromkeys(self._named_by(mention, file, path, symbol) for mention in reads)
        return [each for each in found if each is not None and each != path and each in self.tables]

    def _named_by(self, mention: Mention, file: str, path: str, symbol: str | None) -> str | None:
        """The file of Python that a path in `file` means in the step; None where it means none."""
        placed = self._placed(mention, path, symbol)
        if placed is None or not placed.text.endswith(".py"):
            return None
        below = placed.text.removeprefix(FILE_FOLDER)
        start = (placed.file or file) if below != placed.text else path
        return paths.join(paths.folder_of(start), below.lstrip("/"))

    def _closure_by(self, roots: tuple[str, ...], path: str, symbol: str | None) -> Closure:
        found = self._by_way.get((roots, path, symbol))
        if found is None:
            found = self._linker(roots, path, symbol).closure(path, symbol)
            self._by_way[roots, path, symbol] = found
        return found

    def behind(self, path: str, symbol: str, step: str, step_symbol: str | None) -> Closure:
        """What a symbol of any file reaches, as the process of the step `step_symbol` in the file `step` imports it."""
        ways = self._ways(step, step_symbol)
        return _together([self._linker(roots, step, step_symbol).closure(path, symbol) for roots in ways])

    def statements(self, path: str, symbol: str | None) -> dict[str, set[int]]:
        """The lines of the top-level statements that a step's code reaches, by file."""
        lines: dict[str, set[int]] = {}
        for roots in self._ways(path, symbol):
            for file, reached in self._linker(roots, path, symbol).statements(path, symbol).items():
                lines.setdefault(file, set()).update(reached)
        return lines

    def linkers(self, path: str, symbol: str | None) -> list[Linker]:
        """What follows the names of a step's code: one for each import path that it may see."""
        ways = self._ways(path, symbol) if path in self.tables else [self.roots_of(path)]
        return [self._linker(roots, path, symbol) for roots in ways]

    def searched(self, path: str, symbol: str | None) -> tuple[str, ...]:
        """The folders that imports of a step go through, with those that its code adds."""
        return tuple(dict.fromkeys(folder for roots in self._ways(path, symbol) for folder in roots))

    def _ways(self, path: str, symbol: str | None) -> list[tuple[str, ...]]:
        """The import paths that the code of a step may see.

        It may look in further folders itself (`sys.path.insert`); whether before or after those that it is given is
        not told apart, so that both ways count. Where it does not say which, each folder does that has what it imports.
        """
        known = self._import_paths.get((path, symbol))
        if known is not None:
            return known
        given = self.roots_of(path)
        added: tuple[str, ...] = ()
        ways = [given]
        while True:
            files = {path}
            for roots in ways:
                files.update(self._closure_by(roots, path, symbol).files)
            declared = [(file, table.declared) for file in sorted(files) if (table := self.tables[file]).declared]
            now = self._added(path, declared)
            if set(now) <= set(added):
                break
            added = tuple(dict.fromkeys([*added, *now]))
            ways = [(*given, *added), (*added, *given)]
            if any(each.opens_imports for _, each in declared if each is not None):
                ways += [(folder, *given, *added) for folder in added]
            ways = list(dict.fromkeys(tuple(dict.fromkeys(roots)) for roots in ways))
        self._import_paths[path, symbol] = ways
        return ways

    def _added(self, step: str, declared: Iterable[tuple[str, Declarations | None]]) -> list[str]:
        """The folders of the workspace that files add to the import path of a step."""
        added: list[str] = []
        imported: set[str] = set()
        is_open = False
        for file, each in declared:
            if each is None:
                continue
            is_open |= each.opens_imports
            imported.update(module.partition(".")[0] for module in each.imports if not module.startswith("."))
            added += added_roots(each, file, step)
        if is_open:
            added += [folder for folder in sorted(self.tree.modules) if self._offers(folder, imported)]
        return [folder for folder in dict.fromkeys(added) if folder in self.tree.modules]

    def _offers(self, folder: str, modules: Iterable[str]) -> bool:
        """Whether a folder holds a module of one of these names."""
        path = self.import_path((folder,))
        return any(path.find(module) is not None for module in modules)

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
        placed = [self._placed(mention, draft.file, draft.symbol) for mention in reads]
        return msgspec.structs.replace(draft, reads=tuple(filter(None, placed)), writes=tuple(writes))

    def _placed(self, mention: Mention, path: str, symbol: str | None) -> Mention | None:
        """A path in an imported package as one from the package's file; None where it is none of the workspace's."""
        if not mention.text.startswith(PACKAGE):
            return mention
        module, _, inner = mention.text.removeprefix(PACKAGE).partition("/")
        file = self.import_path(self.searched(path, symbol)).find(module)
        return None if file is None else msgspec.structs.replace(mention, text=f"{FILE_FOLDER}/{inner}", file=file)

    @cached_property
    def called_like_libraries(self) -> dict[str, set[str]]:
        """The modules of the workspace whose names libraries have, by the folder that they lie in."""
        found: dict[str, set[str]] = {}
        for path in self.digests:
            folder, _, file = path.rpartition("/")
            name = file.partition(".")[0]
            if name == "__init__":
                folder, _, name = folder.rpartition("/")
            if name in self.libraries:
                found.setdefault(folder, set()).add(name)
        return found

    @cached_property
    def _naming_code(self) -> dict[str, Declarations]:
        """The files that spell the path of a file of Python out."""
        declared = ((path, table.declared) for path, table in self.tables.items())
        return {
            path: each
            for path, each in declared
            if each is not None and any(mention.text.endswith(".py") for mention in each.reads)
        }

    @cached_property
    def _naming(self) -> dict[str, Declarations]:
        """What the Python files declare that spell a path out."""
        return {
            path: table.declared
            for path, table in self.tables.items()
            if table.module is not None and table.declared and (table.declared.reads or table.declared.writes)
        }

    def _linker(self, roots: tuple[str, ...], path: str, symbol: str | None) -> Linker:
        program = path if symbol in (None, ANY_NAME) else None
        linker = self._linkers.get((roots, program))
        if linker is None:
            linker = self._linkers[roots, program] = Linker(_Modules(self, roots, program))
        return linker


def _together(closures: list[Closure]) -> Closure:
    """What any of several closures of one piece of code reaches."""
    if len(closures) == 1:
        return closures[0]
    digests: dict[str, set[Digest]] = {}
    for closure in closures:
        for name, digest in closure.symbols.items():
            digests.setdefault(name, set()).add(digest)
    symbols = {name: min(each) if len(each) == 1 else digest_of(sorted(each)) for name, each in digests.items()}
    return Closure(
        dict(sorted(symbols.items())),
        tuple(sorted({item for closure in closures for item in closure.widened})),
        tuple(sorted({file for closure in closures for file in closure.files})),
        tuple(sorted({name for closure in closures for name in closure.externals})),
    )


def added_roots(declared: Declarations, file: str, step: str) -> list[str]:
    """The folders that a file adds to the import path of a step; those outside of the workspace are left out."""
    folders = []
    for mention in declared.import_roots:
        below = mention.text.removeprefix(FILE_FOLDER)
        start = file if below != mention.text else step
        folders.append(paths.join(paths.folder_of(start), below.lstrip("/")))
    return [folder for folder in folders if folder is not None]


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
        found = (table.program or table.module) if path == self._program else table.module
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

    def replaced(self, importer: str) -> list[tuple[str, str]]:
        del importer
        return self._replaced

    @cached_property
    def _replaced(self) -> list[tuple[str, str]]:
        named = self._links.called_like_libraries
        names = set[str]().union(*(named.get(root, ()) for root in self._path.roots))
        return [(name, file) for name in sorted(names) if (file := self._path.find(name)) is not None]


def member_roots(tree: scan.Tree) -> list[str]:
    """The folders of distributions that are workspace code, beyond the folders that are always looked in."""
    return [*(f"{place}/src" for place in sorted(_uv_members(tree))), *tree.edited]


def _uv_members(tree: scan.Tree) -> list[str]:
    """Folders below the root with a `pyproject.toml` and a `src` of their own: members of a uv workspace."""
    folders = [paths.folder_of(path) for path in tree.locks if path.endswith("pyproject.toml")]
    return [folder for folder in folders if folder and f"{folder}/src" in tree.modules]
