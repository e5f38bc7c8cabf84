"""The files of code, read: one table for each content, kept by digest, so that no content is parsed twice.

Also the way of an import through the workspace: which file a dotted name means, seen from a step.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from onward.app.reading.scan import COMPILED_SUFFIXES
from onward.base import paths
from onward.base.digest import Digest
from onward.languages import pickles
from onward.languages.notebook import document as notebook_language
from onward.languages.python import closure, declarations, imports, parse, symbols
from onward.languages.sql import query as sql_language
from onward.model.code import Declarations, NotebookTable, Problem, QueryTable
from onward.model.ports import Grammar
from onward.store.index import Index

TABLE_FORMAT = 8


class FileTable(msgspec.Struct, frozen=True):
    """What one content says, for all that is asked of it."""

    problem: Problem | None = None
    declared: Declarations | None = None
    homes: dict[str, imports.Home] = {}
    module: symbols.SymbolTable | None = None
    """The file as it is imported."""
    program: symbols.SymbolTable | None = None
    """The file as it is run from top to bottom, where it can be."""
    query: QueryTable | None = None
    notebook: NotebookTable | None = None


_COMPILED = FileTable(Problem("it is compiled"))
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(FileTable)


def analyser(suffix: str, grammar: str) -> str:
    """The name under which tables are kept: another reader, or another grammar, reads again."""
    return f"{suffix} {TABLE_FORMAT}.{closure.SOURCE_FORMAT}{'' if suffix == 'sql' else f' {grammar}'}"


def reading_format(kind_format: int) -> str:
    """The formats that digests of a step's code have, for a kind of step of its own format.

    It is told with every result, for digests of other formats cannot be compared with these.
    """
    return f"{TABLE_FORMAT}.{closure.SOURCE_FORMAT}.{pickles.PICKLES_FORMAT}.{kind_format}"


def read_tables(root: Path, files: Mapping[str, Digest], index: Index, grammar: Grammar) -> dict[str, FileTable]:
    """The table of every file, by path. Cost: parses what has not been seen before."""
    return tables_of(files, lambda path: (root / path).read_bytes(), index, grammar)


def tables_of(
    files: Mapping[str, Digest], content: Callable[[str], bytes], index: Index, grammar: Grammar
) -> dict[str, FileTable]:
    """As `read_tables`, where `content` has the bytes of what has not been seen before."""
    tables: dict[str, FileTable] = {}
    by_suffix: dict[str, dict[str, Digest]] = {}
    for path, digest in files.items():
        by_suffix.setdefault(path.rpartition(".")[2], {})[path] = digest
    for suffix, members in by_suffix.items():
        if f".{suffix}" in COMPILED_SUFFIXES:
            tables.update(dict.fromkeys(members, _COMPILED))
            continue
        name = analyser(suffix, grammar.name)
        kept = index.tables(name, set(members.values()))
        known: dict[Digest, FileTable] = {}
        fresh: dict[Digest, bytes] = {}
        for path, digest in members.items():
            if digest not in known:
                table = _kept(kept.get(digest))
                if table is None:
                    table = read_content(content(path), suffix, grammar)
                    fresh[digest] = _encoder.encode(table)
                known[digest] = table
            tables[path] = known[digest]
        if fresh:
            index.keep_tables(name, fresh)
    return tables


def _kept(content: bytes | None) -> FileTable | None:
    if content is None:
        return None
    try:
        return _decoder.decode(content)
    except msgspec.DecodeError:
        return None


def read_content(content: bytes, suffix: str, grammar: Grammar = parse.OWN) -> FileTable:
    """The table of a file's content. Never raises: what does not parse has a problem."""
    if suffix == "sql":
        query = sql_language.analyse(content)
        return FileTable(query.problem, query=query)
    if suffix == "ipynb":
        notebook = notebook_language.analyse(content, grammar)
        if notebook.problem is not None or notebook.language != "python":
            return FileTable(notebook.problem, notebook=notebook)
        tree = grammar.parse(notebook.code, cells=True)
        if isinstance(tree, Problem):
            return FileTable(tree, notebook=notebook)
        return FileTable(
            declared=declarations.declarations(tree, cells=True),
            program=symbols.symbol_table(tree, role="cells"),
            notebook=notebook,
        )
    tree = grammar.parse(content)
    if isinstance(tree, Problem):
        return FileTable(tree)
    declared = declarations.declarations(tree)
    return FileTable(
        declared=declared,
        homes=imports.homes(tree, declared),
        module=symbols.symbol_table(tree, role="module"),
        program=symbols.symbol_table(tree, role="script") if declared.acts else None,
    )


class ImportPath:
    """Which file of the workspace a dotted name means, on one import path.

    In one folder a regular package wins over a compiled module, that over one in Python, and that over a folder
    without `__init__.py`; such folders of one name are one package together.

    Args:
        roots: the folders, first to last.
        files: of the workspace.
        folders: those that an import can go through.
        extensions: the endings of compiled modules, first to last.
    """

    def __init__(
        self, roots: tuple[str, ...], files: Collection[str], folders: set[str], extensions: Sequence[str] = ()
    ) -> None:
        self.roots = roots
        self._files = files
        self._folders = folders
        self._endings = ("/__init__.py", *extensions, ".py", ".pyc", ".pyx")
        self._found: dict[str, tuple[str | None, tuple[str, ...]]] = {}
        self._names: list[str] | None = None

    def find(self, module: str) -> str | None:
        """The file of `module`; None where it is a folder, or not of the workspace."""
        return self._resolve(module)[0]

    def is_namespace(self, module: str) -> bool:
        """Whether `module` is a folder of the workspace without `__init__.py`."""
        file, portions = self._resolve(module)
        return file is None and bool(portions)

    def importable(self, prefix: str) -> list[str]:
        """The dotted names of all modules that are `prefix` or lie below it, sorted."""
        if self._names is None:
            self._names = sorted(name for name in self._dotted_names() if self.find(name) is not None)
        if not prefix:
            return self._names
        first = bisect_left(self._names, prefix)
        last = bisect_left(self._names, prefix + "/", first)  # "/" is what follows "." in the order of text
        return [name for name in self._names[first:last] if name == prefix or name.startswith(prefix + ".")]

    def _dotted_names(self) -> set[str]:
        names = set()
        for path in self._files:
            ending = next((ending for ending in self._endings if path.endswith(ending)), None)
            for root in self.roots if ending is not None else ():
                if ending is not None and paths.is_below(path, root):
                    names.add(path.removesuffix(ending)[len(root) :].strip("/").replace("/", "."))
        return names

    def _resolve(self, module: str) -> tuple[str | None, tuple[str, ...]]:
        """The file of a module, and the folders that its submodules are looked for in."""
        known = self._found.get(module)
        if known is None:
            parent, _, last = module.rpartition(".")
            places = self._resolve(parent)[1] if parent else self.roots
            known = self._found[module] = self._in(places, last)
        return known

    def _in(self, places: tuple[str, ...], name: str) -> tuple[str | None, tuple[str, ...]]:
        portions = []
        for place in places:
            base = f"{place}/{name}" if place else name
            for ending in self._endings:
                if f"{base}{ending}" in self._files:
                    return f"{base}{ending}", (base,) if ending.startswith("/") else ()
            if base in self._folders:
                portions.append(base)
        return None, tuple(portions)


def package_of(path: str, roots: Iterable[str]) -> str:
    """The dotted package that a file's relative imports start from, by the deepest root that holds it."""
    folder = paths.folder_of(path)
    holding = [root for root in roots if paths.is_below(folder, root)]
    root = max(holding, key=len, default="")
    below = folder[len(root) :].strip("/")
    return below.replace("/", ".")
