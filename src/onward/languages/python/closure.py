"""All the code that one step can reach, symbol by symbol, over all files of the workspace.

Names are followed from file to file as the imports lead; what cannot be followed widens to more code, and the
reason is kept. Reads tables alone (`symbols`): which file a module name means is asked of `Modules`, so this
knows neither disk nor search path.

The keys of `Closure.symbols`, as people read them in `why`:

- `acme.cleaning.dedupe`: a symbol; in the step's own file `projects/delays/carriers.py:median`.
- `acme.cleaning.dedupe (metadata)`: its docstring and annotations, where something may read them.
- `acme.plots (top level)`: the statements that act when the module is imported.
- `acme.clean (import)`: what that import needs from elsewhere, and that it works.
- `acme.clean (order)`: which of the reached statements stand above which, where that can be seen.
- `acme.clean (whole file)`: all statements in order; `acme.clean (source)`: the bytes of the file.
- `(imported modules)`: the list of imported files, where code can look at it.
- `(modules in place of libraries)`: which files the libraries get that are used, where they mean others.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, Protocol, TypeVar

import msgspec

from onward.base.digest import Digest, digest_text
from onward.languages.python.normal import NORMAL_FORMAT
from onward.languages.python.purity import (
    ALWAYS_THERE,
    BUILTINS,
    ENUMS,
    HARMLESS_MODULES,
    LAYOUTS,
    STRICT_BASES,
)
from onward.languages.python.symbols import SYMBOLS_FORMAT, Decoration, SymbolTable, Unit
from onward.languages.python.uses import Dynamic, Found, Import, Use
from onward.model.code import Problem

CLOSURE_FORMAT = 3
SOURCE_FORMAT = CLOSURE_FORMAT * 10_000 + SYMBOLS_FORMAT * 100 + NORMAL_FORMAT
"""Counts in keys: digests of different formats cannot be compared."""


IMPORTED = "(imported modules)"
REPLACED = "(modules in place of libraries)"
ANY_NAME = "*"
"""In place of a symbol: all names of a file that is run, for whoever runs it may use any."""
ANY_MODULE = "every module that it can mean counts"


class Modules(Protocol):
    """The Python files of one state of the workspace.

    All answers are paths relative to the workspace, and stay the same as long as the object lives.
    """

    def find(self, module: str, importer: str) -> str | None:
        """The file that wins when the file `importer` imports the absolute name `module`; None outside of the
        workspace, and for a folder without `__init__.py`.
        """
        ...

    def table(self, path: str) -> SymbolTable | Problem:
        """The table of a file, or why it has none."""
        ...

    def package_of(self, path: str) -> str:
        """The dotted package that the relative imports of a file start from; empty for none."""
        ...

    def digest(self, path: str) -> Digest:
        """The digest of a file's bytes."""
        ...

    def importable(self, importer: str, prefix: str) -> Iterable[str]:
        """The dotted names of all modules of the workspace that the file `importer` can import and whose name
        is `prefix` or lies below it (all, for an empty one).
        """
        ...

    def replaced(self, importer: str) -> Iterable[tuple[str, str]]:
        """The top-level modules that are installed, or Python's own, and for which the file `importer`, and every
        library with it, gets a file of the workspace; each with that file.
        """
        ...


class Widening(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Code that counts although no name led to it: `what` is named as in `Closure.symbols`.

    `path` and `line` are where the code stands that leaves no choice (line 0: the file as a whole); `rule` is the word
    for what it does: the kind of a `uses.Dynamic`, or `unknown`, `unread`, `circle`, `shadow`.
    """

    what: str
    why: str
    line: int
    path: str = ""
    rule: str = ""


class Closure(msgspec.Struct, frozen=True):
    """The code of one step.

    Attributes:
        symbols: name -> digest of that one symbol's own meaning and of what its names lead to. Nothing else
            counts.
        widened: where more counts than names can show, and why.
        files: workspace paths of all modules that are imported on the way, sorted.
        externals: top-level names of the modules imported from outside of the workspace, sorted.
    """

    symbols: dict[str, Digest]
    widened: tuple[Widening, ...]
    files: tuple[str, ...]
    externals: tuple[str, ...]

    @property
    def computes_imports(self) -> bool:
        """Whether code on the way imports modules whose names only running it shows."""
        return any(item.why.endswith(ANY_MODULE) for item in self.widened)


class Node(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Something that can be reached.

    `kind`: `symbol` and `metadata` (of `name` in `path`), `import` (the file is imported), `whole` (all of
    it), `open` (all that it can reach), `source` (its bytes), `top level` and `outcome` (what its import
    does, and needs), `external` (`name` is a module), `missing` (`name` leads nowhere),
    `builtin`, and `dynamic` (`name` is the kind of `uses.Dynamic`), which concerns the closure as a whole.
    Of these a closure has besides: `order` (of the statements of `path` that bind the words of `name`).
    """

    kind: str
    path: str
    name: str = ""


class Part(msgspec.Struct, frozen=True):
    """What one top-level statement gives to a node.

    Attributes:
        unit: the statement; None for what no statement of the file gives.
        digest: of the statement, as far as it counts there; empty where only what it leads to does.
        facts: where its names lead, and what has to be there for that.
    """

    unit: Unit | None
    digest: Digest
    facts: tuple[str, ...] = ()


class _Content(msgspec.Struct):
    """What a node brings along: where it leads, its entry, and what else is known of it."""

    edges: list[Node]
    digest: Digest | None = None
    widened: list[Widening] = []
    externals: frozenset[str] = frozenset()


class _Links(msgspec.Struct):
    """Where the uses of one unit lead."""

    nodes: list[Node]
    facts: list[str]
    outcomes: list[str]
    """What is needed from elsewhere for the lookups to work."""
    externals: set[str]
    unknown: list[tuple[str, int]]
    looked_into: list[Node] = []
    """What an attribute is looked up in when the file is imported: it may not have it, or act on being asked."""


T = TypeVar("T", bound=Hashable)

_MODULE_NAMES = frozenset(
    {"__name__", "__file__", "__doc__", "__spec__", "__loader__", "__package__", "__path__", "__builtins__"}
    | {"__debug__", "__annotations__", "__cached__", "__class__"}
)
_PACKAGE_FILE = "/__init__.py"
_SUFFIXES = {"whole": "whole file", "open": "whole file", "outcome": "import"}
_NOTEBOOK_NAMES = frozenset({"display", "get_ipython", "In", "Out", "_", "__", "___", "exit", "quit"})


def _always_works(module: str, name: str) -> bool:
    """Whether an import from outside of the workspace neither can fail nor do anything."""
    return module in HARMLESS_MODULES and (not name or f"{module}.{name}" in ALWAYS_THERE)


def closure(path: str, symbol: str | None, modules: Modules) -> Closure:
    """What `Linker(modules).closure(path, symbol)` gives; for many steps keep the linker."""
    return Linker(modules).closure(path, symbol)


class _Reach(Generic[T]):
    """What can be reached in a graph that is asked for its edges once; circles count as one (Tarjan 1972)."""

    def __init__(self, edges: Callable[[T], Iterable[T]]) -> None:
        self._edges = edges
        self._reached: dict[T, frozenset[T]] = {}
        self._circles: dict[T, frozenset[T]] = {}

    def of(self, start: T) -> frozenset[T]:
        """Everything that can be reached from `start`, itself included."""
        if start not in self._reached:
            self._walk(start)
        return self._reached[start]

    def circle_of(self, node: T) -> frozenset[T]:
        """The nodes that reach `node` and are reached from it; itself alone where there is no circle."""
        self.of(node)
        return self._circles[node]

    def _walk(self, start: T) -> None:
        numbers: dict[T, int] = {start: 0}
        lowest: dict[T, int] = {start: 0}
        edges = {start: list(self._edges(start))}
        work = [(start, iter(edges[start]))]
        open_nodes = [start]
        while work:
            node, rest = work[-1]
            for target in rest:
                if target in self._reached:
                    continue
                if target not in numbers:
                    numbers[target] = lowest[target] = len(numbers)
                    edges[target] = list(self._edges(target))
                    work.append((target, iter(edges[target])))
                    open_nodes.append(target)
                    break
                lowest[node] = min(lowest[node], numbers[target])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[node])
                if lowest[node] == numbers[node]:
                    self._close(open_nodes[open_nodes.index(node) :], edges)
                    del open_nodes[open_nodes.index(node) :]

    def _close(self, members: list[T], edges: dict[T, list[T]]) -> None:
        circle = frozenset(members)
        outside = {target for member in members for target in edges[member] if target not in circle}
        reached = circle.union(*(self._reached[target] for target in outside))
        for member in members:
            self._reached[member] = reached
            self._circles[member] = circle


class Linker:
    """Links the files of one state of the workspace, and remembers what it found for all steps.

    A pure function of `modules`: as long as these answer the same, all answers stay right; for another state
    of the workspace make another linker.
    """

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._tables: dict[str, SymbolTable | Problem] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        self._contents: dict[Node, _Content] = {}
        self._links: dict[tuple[str, int, bool], _Links] = {}
        self._names: dict[str, str] = {}
        self._effects: dict[str, dict[int, bool]] = {}
        self._imports = _Reach[str](self._imported_directly)
        self._reach = _Reach[Node](lambda node: self._content(node).edges)
        self._packages: dict[tuple[str, str], bool] = {}
        self._active: dict[str, dict[int, str]] = {}
        self._does: dict[str, bool] = {}
        self._orders: dict[tuple[str, frozenset[str]], Digest | None] = {}

    def closure(self, path: str, symbol: str | None) -> Closure:
        """The code of the step `symbol` in the file `path`; of the whole file for None.

        With `ANY_NAME`, whoever runs the file may use every name of it. A symbol that the file does not have gives
        the closure of its import, and of nothing more.

        Cost: proportional to what is reached, once the symbols on the way have been linked.
        """
        reached = self.reached(path, symbol)
        labels = self._labels(path, reached)
        symbols: dict[str, Digest] = {}
        widened: set[Widening] = set()
        externals: set[str] = set()
        for node in reached:
            content = self._contents[node]
            externals |= content.externals
            if content.digest is not None:
                symbols[_entry(node, labels)] = content.digest
            for item in content.widened:
                what = item.what.replace("\0", labels.get(node.path, node.path))
                widened.add(Widening(what, item.why, item.line, node.path, item.rule))
        files = tuple(sorted({node.path for node in reached if node.kind == "import"}))
        symbols.update(self._order_entries(reached, labels))
        if any(node.kind == "dynamic" and node.name == "modules" for node in reached):
            symbols[IMPORTED] = digest_text(
                "\0".join(" ".join((file, *self._imported_directly(file))) for file in files)
            )
        if externals - {"onward"} and (replaced := sorted(self._modules.replaced(path))):
            symbols[REPLACED] = digest_text("\0".join(" ".join(each) for each in replaced))
        ordered = {name: symbols[name] for name in sorted(symbols)}
        return Closure(ordered, tuple(sorted(widened)), files, tuple(sorted(externals)))

    def reached(self, path: str, symbol: str | None) -> frozenset[Node]:
        """Everything that the step `symbol` in the file `path` reaches, itself included."""
        return self._with_dynamics(self._reach.of(start_of(path, symbol)))

    def nodes(self, path: str, symbol: str | None) -> dict[str, Node]:
        """What the names of `closure(path, symbol).symbols` stand for, lists of modules left out."""
        reached = self.reached(path, symbol)
        labels = self._labels(path, reached)
        named = {_entry(node, labels): node for node in reached if self._contents[node].digest is not None}
        for file, used in _used_names(reached).items():
            if self._order(file, used) is not None:
                named[f"{labels[file]} (order)"] = Node("order", file, " ".join(sorted(used)))
        return named

    def names(self, path: str, symbol: str | None, nodes: Iterable[Node]) -> list[str]:
        """How nodes that a step reaches are called in its closure."""
        labels = self._labels(path, self.reached(path, symbol))
        return [_entry(node, labels) for node in nodes]

    def table(self, path: str) -> SymbolTable | Problem:
        """The table of a file, or why it has none."""
        return self._table(path)

    def digest(self, path: str) -> Digest:
        """The digest of a file's bytes."""
        return self._modules.digest(path)

    def known(self) -> list[Node]:
        """All nodes that have been reached so far, by any step."""
        return list(self._contents)

    def edges(self, node: Node) -> list[Node]:
        """What a node leads to at once."""
        return self._content(node).edges

    def parts(self, node: Node) -> list[Part]:
        """What of the statements of a node's file makes it what it is, in their order. Of bytes there are none."""
        table = self._table(node.path) if node.path else None
        if not isinstance(table, SymbolTable):
            return []
        match node.kind:
            case "symbol":
                return self._symbol_parts(node, table)
            case "whole" | "open":
                return [self._unit_part(node.path, number, unit) for number, unit in enumerate(table.units)]
            case "metadata":
                facts = tuple(self._hints_of(node).facts)
                return [Part(unit, unit.metadata, facts) for unit in self._units_of(node)]
            case "top level":
                return [part for _, part in self._acting_parts(node.path, table)]
            case "import" | "outcome":
                return [
                    Part(unit, "", tuple(self._outcomes_of(node.path, number)))
                    for number, unit in enumerate(table.units)
                ]
            case "order":
                return self._order_parts(node.path, table, set(node.name.split()))
        return []

    def _symbol_parts(self, node: Node, table: SymbolTable) -> list[Part]:
        numbers = table.names.get(node.name, ())
        if numbers:
            return [self._unit_part(node.path, number, table.units[number]) for number in numbers]
        targets = self._resolve_name(node.path, (node.name,), frozenset())
        return [Part(None, "", tuple(sorted(_meaning(target, None) for target in targets)))]

    def _unit_part(self, path: str, number: int, unit: Unit) -> Part:
        links = self._links_of(path, number, eager=False)
        meant = [_meaning(t, None) for n in unit.binds for t in self._resolve_name(path, (n,), frozenset())]
        return Part(unit, unit.digest, (*links.facts, *links.outcomes, *(sorted(meant) if unit.imports else ())))

    def _acting_parts(self, path: str, table: SymbolTable) -> list[tuple[int, Part]]:
        """Of the statements that act when a file is imported, their number and their part."""
        effects = self._effects_of(path)
        parts = []
        for number, unit in enumerate(table.units):
            if effects[number]:
                is_whole = self._runs_whole(path, unit)
                links = self._links_of(path, number, eager=not is_whole)
                parts.append((number, Part(unit, unit.digest if is_whole else unit.eager, tuple(links.facts))))
        return parts

    def _outcomes_of(self, path: str, number: int) -> list[str]:
        """What a statement needs from elsewhere when its file is imported."""
        table = self._table(path)
        assert isinstance(table, SymbolTable)
        imports = _Links([], [], [], set(), [])
        for item in table.units[number].imports:
            self._link_import(path, item, imports)
        return [*self._links_of(path, number, eager=True).outcomes, *imports.outcomes]

    def _order_parts(self, path: str, table: SymbolTable, used: set[str]) -> list[Part]:
        acting = self._acting(path)
        parts = []
        place = 0
        for number, unit in enumerate(table.units):
            if number in acting:
                place += 1
                parts.append(Part(unit, f"{place} ! {acting[number]}"))
            elif used.intersection(unit.binds):
                parts.append(Part(unit, f"{place} {' '.join(unit.binds)}"))
            elif unit.is_import:
                modules = sorted(item.module for item in unit.imports if self._may_act(path, item))
                parts += [Part(unit, f"{place} {' '.join(modules)}")] if modules else []
        return parts

    def statements(self, path: str, symbol: str | None) -> dict[str, set[int]]:
        """By file, the lines of the top-level statements that count in `closure(path, symbol)`.

        Those of functions and classes that are reached, and of what acts when a file is imported. Lines are no
        part of a closure: what moves down a page stays what it was.
        """
        lines: dict[str, set[int]] = {}
        for node in self.reached(path, symbol):
            table = self._table(node.path) if node.kind in ("symbol", "import", "whole", "source") else None
            if not isinstance(table, SymbolTable):
                continue
            if node.kind == "symbol":
                units = self._units_of(node)
            elif node.kind == "import":
                effects = self._effects_of(node.path)
                units = [unit for number, unit in enumerate(table.units) if effects[number]]
            else:
                units = list(table.units)
            lines.setdefault(node.path, set()).update(unit.line for unit in units)
        return lines

    # -- the closure as a whole ------------------------------------------------------------------------

    def _with_dynamics(self, reached: frozenset[Node]) -> frozenset[Node]:
        """Add what counts because something reached can look at everything that is reached.

        Whoever has a package as a value gets at those of its modules that anybody has imported.
        """
        while True:
            kinds = {node.name for node in reached if node.kind == "dynamic"}
            more: set[Node] = set()
            for node in reached:
                if "metadata" in kinds and node.kind == "symbol":
                    more.add(Node("metadata", node.path, node.name))
                if node.kind == "open":
                    if node.path.endswith(_PACKAGE_FILE):
                        more |= _imported_below(node.path, reached)
                    if "metadata" in kinds:
                        more.update(Node("metadata", node.path, name) for name in self._names_in(node.path))
                if "frames" in kinds and node.kind == "import":
                    more.add(Node("open", node.path))
                if "source" in kinds and node.kind == "import":
                    more.add(Node("source", node.path))
            if more <= reached:
                return reached
            reached = reached.union(*map(self._reach.of, more))

    def _names_in(self, path: str) -> Iterable[str]:
        """The names that a file binds, by any of which whoever has the module gets at what they are."""
        table = self._table(path)
        return table.names if isinstance(table, SymbolTable) else ()

    def _labels(self, path: str, reached: frozenset[Node]) -> dict[str, str]:
        """How each file is called in the entries: by dotted name, or by path where that is not unique."""
        paths = {node.path for node in reached if node.path}
        labels = {each: self._dotted(each) for each in paths}
        counts: dict[str, int] = {}
        for name in labels.values():
            counts[name] = counts.get(name, 0) + 1
        return {each: each if each == path or counts[name] > 1 else name for each, name in labels.items()}

    def _dotted(self, path: str) -> str:
        if path not in self._names:
            package = self._modules.package_of(path)
            stem = path.rpartition("/")[2].partition(".")[0]
            parts = [part for part in (package, "" if stem == "__init__" else stem) if part]
            self._names[path] = ".".join(parts) or path
        return self._names[path]

    def _order_entries(self, reached: frozenset[Node], labels: dict[str, str]) -> dict[str, Digest]:
        entries = {}
        for path, used in _used_names(reached).items():
            digest = self._order(path, used)
            if digest is not None:
                entries[f"{labels[path]} (order)"] = digest
        return entries

    def _order(self, path: str, used: set[str]) -> Digest | None:
        """The order of the reached statements of a file, where one of them acts; else it cannot be seen.

        Between two acting ones the order of definitions and constants does not matter.
        """
        acting = self._acting(path)
        table = self._table(path)
        if not acting or isinstance(table, Problem):
            return None
        key = (path, frozenset(used))
        if key in self._orders:
            return self._orders[key]
        pieces: list[str] = []
        resting: set[str] = set()
        for number, unit in enumerate(table.units):
            if number in acting:
                pieces += [*sorted(resting), f"! {acting[number]}"]
                resting = set()
            elif used.intersection(unit.binds):
                resting.add(" ".join(unit.binds))
            elif unit.is_import:
                resting |= {item.module for item in unit.imports if self._may_act(path, item)}
        self._orders[key] = digest_text("\n".join([*pieces, *sorted(resting)]))
        return self._orders[key]

    def _acting(self, path: str) -> dict[int, str]:
        """The units of a file whose order can be seen, and what each does there: its effects, and first imports of
        files that have some.

        Empty where there is a single import of that kind and nothing else.
        """
        if path not in self._active:
            table = self._table(path)
            units = () if isinstance(table, Problem) else table.units
            acting = {n: " ".join(units[n].binds) for n, acts in self._effects_of(path).items() if acts}
            brought: set[str] = {path}
            imports = 0
            for number, unit in enumerate(units):
                if unit.is_import and (fresh := self._acting_imports(path, unit) - brought):
                    acting[number] = f"import {' '.join(sorted(fresh))}"
                    brought |= fresh
                    imports += 1
            self._active[path] = acting if len(acting) > imports or imports > 1 else {}
        return self._active[path]

    def _acting_imports(self, path: str, unit: Unit) -> set[str]:
        """The files that do anything when they are imported and that an import runs, there or further down."""
        targets = {target for item in unit.imports for target in self._targets_of(path, item)} - {path}
        return {file for target in targets for file in self._imports.of(target) if self._acts(file)}

    def _acts(self, path: str) -> bool:
        """Whether importing a file does anything; in a circle the order of imports itself can be seen."""
        if path not in self._does:
            self._does[path] = any(self._effects_of(path).values()) or len(self._imports.circle_of(path)) > 1
        return self._does[path]

    def _may_act(self, path: str, item: Import) -> bool:
        """Whether something from outside of the workspace is imported that may look at what was done before."""
        return item.module not in HARMLESS_MODULES and not self._targets_of(path, item)

    # -- files and modules -----------------------------------------------------------------------------

    def _table(self, path: str) -> SymbolTable | Problem:
        if path not in self._tables:
            self._tables[path] = self._modules.table(path)
        return self._tables[path]

    def _find(self, module: str, importer: str) -> str | None:
        key = (module, importer)
        if key not in self._found:
            self._found[key] = self._modules.find(module, importer)
        return self._found[key]

    def _absolute(self, module: str, path: str) -> str | None:
        """A module name as written in `path`, without its dots; None where they lead out of every package."""
        level = len(module) - len(module.lstrip("."))
        if level == 0:
            return module
        package = self._modules.package_of(path)
        parts = package.split(".") if package else []
        if level > len(parts):
            return None
        parents = parts[: len(parts) - level + 1]
        rest = module[level:]
        return ".".join([*parents, rest] if rest else parents)

    def _chain_of(self, module: str, importer: str) -> list[str]:
        """The files that run when `module` is imported: its packages from the outside in, then itself."""
        parts = module.split(".")
        found = [self._find(".".join(parts[: end + 1]), importer) for end in range(len(parts))]
        return [path for path in found if path is not None]

    def _targets_of(self, path: str, item: Import) -> list[str]:
        """The files that an import runs, packages included."""
        module = self._absolute(item.module, path)
        if module is None:
            return []
        files = self._chain_of(module, path)
        if item.name == "*":
            own = self._find(module, path)
            table = self._table(own) if own is not None else None
            for name in (table.public or ()) if isinstance(table, SymbolTable) else ():
                submodule = self._find(f"{module}.{name}", path)
                files += [submodule] if submodule is not None else []
        elif item.name:
            submodule = self._find(f"{module}.{item.name}", path)
            files += [submodule] if submodule is not None else []
        return files

    def _imported_directly(self, path: str) -> list[str]:
        """The files that a file names in its imports; packages that merely stand above them are left out."""
        table = self._table(path)
        if isinstance(table, Problem):
            return []
        named: dict[str, None] = {}
        for unit in table.units:
            for item in unit.imports:
                module = self._absolute(item.module, path)
                own = self._find(module, path) if module is not None else None
                submodule = self._find(f"{module}.{item.name}", path) if item.name and module is not None else None
                if submodule is not None:
                    named[submodule] = None
                if own is not None and (submodule is None or self._binds(own, item.name)):
                    named[own] = None
        return list(named)

    def _binds(self, path: str, name: str) -> bool:
        table = self._table(path)
        return isinstance(table, SymbolTable) and name in table.names

    # -- which statements act --------------------------------------------------------------------------

    def _effects_of(self, path: str) -> dict[int, bool]:
        """For each unit of a file whether it does more than bind its name when the file is imported."""
        if path not in self._effects:
            table = self._table(path)
            units = () if isinstance(table, Problem) else table.units
            self._effects[path] = {
                number: bool(unit.eager) or self._runs_whole(path, unit) for number, unit in enumerate(units)
            }
        return self._effects[path]

    def _runs_whole(self, path: str, unit: Unit) -> bool:
        """Whether a decorator or a base class may keep, call or register what the unit defines."""
        if not all(self._is_quiet(path, item) for item in unit.decorations):
            return True
        if not all(self._is_plain_base(path, base, frozenset()) for base in unit.bases):
            return True
        return bool(unit.bases) and not self._fit_together(path, unit)

    def _is_quiet(self, path: str, decoration: Decoration) -> bool:
        """Whether a decorator of the workspace takes what it is given, and does nothing but return functions."""
        targets = self._resolve_name(path, decoration.chain, frozenset()) if decoration.chain else []
        return bool(targets) and all(
            target.kind == "symbol" and all(_takes(unit, decoration) for unit in self._units_of(target))
            for target in targets
        )

    def _is_plain_base(self, path: str, chain: tuple[str, ...], seen: frozenset[Node]) -> bool:
        """Whether a base class of the workspace, and its own bases, take no notice of their subclasses."""
        targets = self._resolve_name(path, chain, frozenset())
        if not targets:
            return False
        for target in targets:
            if target.kind != "symbol" or target in seen:
                return False
            units = self._units_of(target)
            if len(units) != 1 or not units[0].is_class or units[0].hooks:
                return False
            inner = seen | {target}
            if not all(self._is_plain_base(target.path, base, inner) for base in units[0].bases):
                return False
        return True

    def _fit_together(self, path: str, unit: Unit) -> bool:
        """Whether Python certainly makes a class of these base classes: no two of them have anything in common."""
        lines = [self._ancestors(path, base) for base in unit.bases]
        names = {*unit.inherits}.union(*lines)
        if names & ENUMS:
            return False  # one that has members cannot be extended, and each value is looked at
        if len(lines) + len(unit.inherits) < 2:
            return True
        if names & STRICT_BASES or len(names & LAYOUTS) > 1:
            return False
        shared = names.intersection({"abc.ABC"}.difference(unit.inherits))
        every = [*unit.inherits, *(name for line in lines for name in line - shared)]
        return len(every) == len(set(every))

    def _ancestors(self, path: str, chain: tuple[str, ...]) -> set[str]:
        """The classes that a plain base class of the workspace comes from, itself included."""
        found: set[str] = set()
        for target in self._resolve_name(path, chain, frozenset()):
            found.add(f"{target.path} {target.name}")
            for unit in self._units_of(target):
                found.update(unit.inherits, *(self._ancestors(target.path, base) for base in unit.bases))
        return found

    def _units_of(self, node: Node) -> list[Unit]:
        table = self._table(node.path)
        if isinstance(table, Problem):
            return []
        return [table.units[number] for number in table.names.get(node.name, ())]

    # -- where a name leads ----------------------------------------------------------------------------

    def _resolve_name(self, path: str, chain: tuple[str, ...], seen: frozenset[Node]) -> list[Node]:
        """All that a name of a file, with attributes, can mean. Several where it is bound in several ways."""
        table = self._table(path)
        here = Node("symbol", path, chain[0])
        if isinstance(table, Problem):
            return [Node("import", path)]
        if here in seen:
            return []
        seen = seen | {here}
        name, rest = chain[0], chain[1:]
        found: list[Node] = []
        outside_stars: list[Node] = []
        binding = table.names.get(name, ())
        for number in sorted({*binding, *table.stars}) if table.stars else binding:
            unit = table.units[number]
            if number in binding and not unit.is_import:
                found.append(here)
            for item in unit.imports:
                if item.bound == name:
                    found += self._resolve_import(path, item, rest, seen)
                elif item.name == "*":
                    brought = self._from_star(path, item, chain, seen)
                    # what may be brought from outside can only hide what is bound above
                    (outside_stars if _is_guessed(brought) and not found else found).extend(brought)
        if found:
            return list(dict.fromkeys(found))
        if name in _MODULE_NAMES or (table.role == "cells" and _is_notebook_name(name)):
            return [Node("builtin", path, f"{name} of {path}")]
        if outside_stars:
            return outside_stars
        if name in BUILTINS:
            return [Node("builtin", "", name)]
        return [Node("missing", path, name)]

    def _from_star(self, path: str, item: Import, chain: tuple[str, ...], seen: frozenset[Node]) -> list[Node]:
        module = self._absolute(item.module, path)
        own = self._find(module, path) if module is not None else None
        if module is None or own is None:
            return [Node("external", "", f"{item.module}.*")]
        table = self._table(own)
        if isinstance(table, Problem):
            return [Node("import", own)]
        name = chain[0]
        if table.public is not None and name not in table.public:
            return []
        if table.public is None and not table.public_is_computed and name.startswith("_"):
            return []
        found = self._resolve_member(module, path, chain, seen)
        return [node for node in found if node.kind not in ("missing", "builtin")]

    def _resolve_import(self, path: str, item: Import, rest: tuple[str, ...], seen: frozenset[Node]) -> list[Node]:
        target = self._absolute(item.target, path)
        if target is None:
            return [Node("missing", "", item.target)]
        return self._resolve_member(target, path, (item.name, *rest) if item.name else rest, seen)

    def _resolve_member(self, module: str, importer: str, chain: tuple[str, ...], seen: frozenset[Node]) -> list[Node]:
        """What attributes of a module mean: a name in it, or a module below it."""
        own = self._find(module, importer)
        if not chain or (own is not None and chain[0] in ("__dict__", "__getattribute__")):
            return self._module_object(module, importer)
        name = chain[0]
        below = f"{module}.{name}"
        submodule = self._find(below, importer)
        if own is None:
            if submodule is not None or self._is_package(below, importer):
                return self._resolve_member(below, importer, chain[1:], seen)
            if self._is_inside(module, importer):
                return [Node("missing", "", below)]
            return [Node("external", "", ".".join((module, *chain)))]
        inner = self._resolve_name(own, chain, seen)
        inner = [node for node in inner if not (node.kind == "builtin" and not node.path)]
        if not inner or all(node.kind == "missing" for node in inner):
            if submodule is not None or self._is_package(below, importer):
                return self._resolve_member(below, importer, chain[1:], seen)
            if self._binds(own, "__getattr__"):
                return [Node("symbol", own, "__getattr__"), Node("whole", own)]
            return [Node("missing", "", below)] if not self._has_problem(own) else [Node("import", own)]
        if submodule is not None and not self._is_bound_from(own, name, below):
            # which of the two it is depends on what was imported before
            both = self._resolve_member(below, importer, chain[1:], seen)
            return list(dict.fromkeys([*inner, *both, Node("whole", own)]))
        return inner

    def _is_bound_from(self, path: str, name: str, module: str) -> bool:
        """Whether a package binds `name` by importing it from its own module of that name alone.

        The module has then been imported before, and its name in the package is bound over for good.
        """
        units = self._units_of(Node("symbol", path, name))
        items = [item for unit in units if unit.is_import for item in unit.imports if item.bound == name]
        return (
            len(units) == len(items) == 1
            and items[0].name not in ("", "*")
            and self._absolute(items[0].module, path) == module
        )

    def _module_object(self, module: str, importer: str) -> list[Node]:
        own = self._find(module, importer)
        if own is not None:
            return [Node("open", own)]
        if self._is_inside(module, importer):
            names = sorted(self._modules.importable(importer, module))
            found = [self._find(name, importer) for name in names]
            return [Node("open", path) for path in found if path is not None]
        return [Node("external", "", module)]

    def _has_problem(self, path: str) -> bool:
        return isinstance(self._table(path), Problem)

    def _is_package(self, module: str, importer: str) -> bool:
        """Whether a module of the workspace lies below a name that is no file itself."""
        key = (module, importer)
        if key not in self._packages:
            self._packages[key] = any(True for _ in self._modules.importable(importer, module))
        return self._packages[key]

    def _is_inside(self, module: str, importer: str) -> bool:
        """Whether the workspace has a say in what a module name means."""
        top = module.partition(".")[0]
        return bool(self._chain_of(module, importer)) or self._is_package(top, importer)

    # -- what a unit leads to --------------------------------------------------------------------------

    def _links_of(self, path: str, number: int, *, eager: bool) -> _Links:
        key = (path, number, eager)
        if key not in self._links:
            table = self._table(path)
            assert isinstance(table, SymbolTable)
            unit = table.units[number]
            self._links[key] = self._link(path, unit, unit.eager_found if eager else unit.found, eager)
        return self._links[key]

    def _link(self, path: str, unit: Unit, found: Found, eager: bool) -> _Links:
        links = _Links([], [], [], set(), [])
        for item in found.imports:
            self._link_import(path, item, links)
        for use in found.uses:
            targets = self._targets(path, use)
            for target in targets:
                self._link_target(path, use, target, links)
            if eager:
                self._look_into(path, use, targets, links)
            if use.mode != "exists" and (targets or use.mode != "text"):
                links.facts.append(_fact(use, targets))
            if use.mode != "exists" and self._leaves_imports(path, unit, use, targets):
                links.nodes.append(Node("dynamic", "", "modules"))
        for dynamic in found.dynamics:
            links.nodes += self._dynamic_nodes(path, dynamic)
        links.nodes = list(dict.fromkeys(links.nodes))
        links.facts = sorted(set(links.facts))
        links.outcomes = sorted(set(links.outcomes))
        return links

    def _look_into(self, path: str, use: Use, targets: list[Node], links: _Links) -> None:
        """Note whose attributes the import of a file asks for, unless it is a class that has them.

        What a file asks of its own names acts, where it may not be harmless.
        """
        if use.mode in ("text", "hint", "store") or not (use.origin or len(use.chain) > 1):
            return
        inside = [
            target
            for target in targets
            if target.kind == "symbol"
            and target.path != path
            and target.name != use.chain[-1]
            and not self._has_attribute(use, target)
        ]
        if inside:
            links.looked_into += [target for target in targets if target.kind in ("symbol", "whole")]
            links.outcomes.append(_fact(use, targets))

    def _has_attribute(self, use: Use, target: Node) -> bool:
        """Whether `Colour.RED` is no more than the attribute that the class `Colour` plainly has."""
        units = self._units_of(target)
        is_class = len(units) == 1 and units[0].is_class and not units[0].eager
        return is_class and use.chain[-2:-1] == (target.name,) and use.chain[-1] in units[0].attributes

    def _hints_of(self, node: Node) -> _Links:
        """What the annotations of a function mean, for whoever reads them."""
        links = _Links([], [], [], set(), [])
        for use in (use for unit in self._units_of(node) for use in unit.found.hints):
            targets = self._targets(node.path, use)
            for target in targets:
                self._link_target(node.path, use, target, links)
            links.facts.append(_fact(use, targets))
        links.nodes = list(dict.fromkeys(links.nodes))
        links.facts = sorted(set(links.facts))
        return links

    def _targets(self, path: str, use: Use) -> list[Node]:
        if use.mode == "text":
            return self._named_by_text(path, use.origin)
        if not use.origin:
            return self._resolve_name(path, use.chain, frozenset())
        module = self._absolute(use.origin, path)
        if module is None:
            return [Node("missing", "", use.origin)]
        return self._resolve_member(module, path, use.chain, frozenset())

    def _named_by_text(self, path: str, text: str) -> list[Node]:
        """What a text like `acme.stats.mean` names in a module of the workspace; nothing where it names none."""
        names = tuple(text.split("."))
        for end in range(len(names) - 1, 0, -1):
            own = self._find(".".join(names[:end]), path)
            if own is not None:
                found = self._resolve_name(own, names[end:], frozenset())
                return [target for target in found if target.kind == "symbol"]
        return []

    def _link_target(self, path: str, use: Use, target: Node, links: _Links) -> None:
        if target.kind == "external":
            links.externals.add(target.name.partition(".")[0])
            if (len(use.chain) > 1 or use.origin) and target.name not in ALWAYS_THERE:
                links.outcomes.append(target.name)
            return
        if target.kind == "missing" and use.mode in ("hint", "metadata"):
            return  # nothing has to find it: type checkers alone may know the name
        if target.kind == "missing":
            links.outcomes.append(f"no {target.name}")
            if use.mode in ("call", "value") and target.path:
                links.unknown.append((target.name, use.line))
            return
        if target.kind == "builtin":
            return
        if use.mode == "exists":
            if target.path != path:
                links.nodes.append(Node("import", target.path))
            return
        links.nodes.append(target)
        if target.kind == "symbol" and use.mode in ("value", "hint", "metadata", "text"):
            links.nodes.append(Node("metadata", target.path, target.name))

    def _link_import(self, path: str, item: Import, links: _Links) -> None:
        """The files that an import runs, and what has to be there for it to work."""
        module = self._absolute(item.module, path)
        if module is None:
            links.outcomes.append(f"no {item.module}")
            return
        links.nodes += [Node("import", target) for target in self._targets_of(path, item)]
        own = self._find(module, path)
        if not self._is_inside(module, path):
            links.externals.add(module.partition(".")[0])
            if not _always_works(module, item.name):
                links.outcomes.append(f"{module}:{item.name}")
        elif not item.name:
            if own is None and not self._is_package(module, path):
                links.outcomes.append(f"no {module}")
        elif item.name == "*":
            self._link_star(path, module, links)
        else:
            for target in self._resolve_member(module, path, (item.name,), frozenset()):
                if target.kind == "missing":
                    links.outcomes.append(f"no {target.name}")
                elif target.kind == "external":
                    links.outcomes.append(target.name)
                    links.externals.add(target.name.partition(".")[0])
                elif target.kind == "symbol" and target.name == "__getattr__" and item.name != "__getattr__":
                    links.nodes += [target, Node("whole", target.path)]
                    links.outcomes.append(f"{module}:{item.name}")
        if own is not None and module in HARMLESS_MODULES:
            links.outcomes.append(f"{module} is {own}")  # libraries get it too
        elif own is not None and self._dotted(own) != module:
            links.outcomes.append(f"{module} is {own}")  # one file under two names is loaded twice

    def _link_star(self, path: str, module: str, links: _Links) -> None:
        own = self._find(module, path)
        if own is None:
            links.outcomes.append(f"no {module}")
            return
        table = self._table(own)
        if isinstance(table, SymbolTable):
            if table.public_is_computed:
                links.nodes.append(Node("symbol", own, "__all__"))
            for name in table.public or ():
                targets = self._resolve_member(module, path, (name,), frozenset())
                if all(target.kind == "missing" for target in targets):
                    links.outcomes.append(f"no {module}.{name}")

    def _leaves_imports(self, path: str, unit: Unit, use: Use, targets: list[Node]) -> bool:
        """Whether a use reaches a module that this file does not import by name: somebody else must have."""
        table = self._table(path)
        if isinstance(table, Problem) or use.mode == "text" or (len(use.chain) < 2 and not use.origin):
            return False
        if use.origin and not use.chain:
            return False
        roots = [
            item
            for number in table.names.get(use.chain[0], ())
            for item in table.units[number].imports
            if item.bound == use.chain[0] and not item.name and not use.origin
        ]
        if not use.origin and not roots:
            return False
        if all(target.path in ("", path) for target in targets):
            return False
        items = [item for each in table.units for item in each.imports] + list(unit.found.imports)
        imported = {file for item in items for file in self._targets_of(path, item)}
        return any(target.path and target.path not in imported and target.path != path for target in targets) and any(
            self._steps_into_module(path, use, item) for item in roots or [None]
        )

    def _steps_into_module(self, path: str, use: Use, item: Import | None) -> bool:
        module = self._absolute(item.target if item is not None else use.origin, path)
        if module is None:
            return False
        first = use.chain[1:] if item is not None else use.chain
        own = self._find(module, path)
        return bool(first) and (own is None or not self._binds(own, first[0]))

    def _dynamic_nodes(self, path: str, dynamic: Dynamic) -> list[Node]:
        if dynamic.kind == "open":
            return [Node("open", path)]
        if dynamic.kind == "module":
            return [Node("whole", path)]
        if dynamic.kind == "import":
            names = sorted(self._modules.importable(path, dynamic.prefix))
            found = [self._find(name, path) for name in names]
            return [Node("open", target) for target in found if target is not None]
        return [Node("dynamic", "", dynamic.kind)]

    # -- nodes -----------------------------------------------------------------------------------------

    def _content(self, node: Node) -> _Content:
        if node not in self._contents:
            make = {
                "symbol": self._symbol,
                "metadata": self._metadata,
                "import": self._import,
                "whole": self._whole,
                "open": self._open,
                "source": self._source,
            }.get(node.kind)
            self._contents[node] = make(node) if make is not None else _Content([])
        return self._contents[node]

    def _symbol(self, node: Node) -> _Content:
        table = self._table(node.path)
        if isinstance(table, Problem):
            return _Content([Node("import", node.path)])
        numbers = table.names.get(node.name, ())
        content = _Content([Node("import", node.path)], widened=[])
        if not numbers:
            targets = self._resolve_name(node.path, (node.name,), frozenset())
            content.edges += [target for target in targets if target.kind in ("symbol", "open", "import")]
            content.digest = digest_text(" ".join(sorted(f"{t.kind} {t.path} {t.name}" for t in targets)))
            return content
        return self._of_units(node, table, numbers, content, f"\0.{node.name}")

    def _of_units(
        self, node: Node, table: SymbolTable, numbers: Iterable[int], content: _Content, what: str
    ) -> _Content:
        """Fill in the content of a node that stands for some units of its file."""
        pieces: list[str] = []
        externals: set[str] = set()
        for number in numbers:
            unit = table.units[number]
            links = self._links_of(node.path, number, eager=False)
            pieces += [unit.digest, *links.facts, *links.outcomes]
            if unit.imports:
                targets = [t for n in unit.binds for t in self._resolve_name(node.path, (n,), frozenset())]
                pieces += sorted(_meaning(target, None) for target in targets)
                content.edges += [t for t in targets if t.kind in ("symbol", "open") and not unit.is_import]
            content.edges += links.nodes
            externals |= links.externals
            content.widened += self._widenings(node.path, unit.found, links, what)
            if links.unknown:
                content.edges.append(Node("whole", node.path))
        content.digest = digest_text("\n".join(pieces))
        content.externals = frozenset(externals)
        content.edges = list(dict.fromkeys(content.edges))
        return content

    def _widenings(self, path: str, found: Found, links: _Links, what: str) -> list[Widening]:
        scope = {
            "open": "everything that the module can reach counts",
            "module": "the whole module counts",
            "import": ANY_MODULE,
            "frames": "all imported files count whole",
            "modules": "the list of imported files counts",
            "metadata": "docstrings and annotations count",
            "source": "the text of all imported files counts",
        }
        widened = [
            Widening(what, f"{item.what}: {scope[item.kind]}", item.line, path, item.kind) for item in found.dynamics
        ]
        widened += [
            Widening(what, f"`{name}` is defined nowhere in the file: the whole module counts", line, path, "unknown")
            for name, line in links.unknown
        ]
        return widened

    def _metadata(self, node: Node) -> _Content:
        links = self._hints_of(node)
        pieces = [*(unit.metadata for unit in self._units_of(node) if unit.metadata), *links.facts]
        return _Content(links.nodes, digest_text(" ".join(pieces)) if pieces else None, [], frozenset(links.externals))

    def _import(self, node: Node) -> _Content:
        """The import of a file: what it acts on, what it imports in turn, and that all of it works."""
        path = node.path
        content = _Content(self._parents(path), widened=[])
        table = self._table(path)
        if isinstance(table, Problem):
            return self._unread(path, table, content)
        externals: set[str] = set()
        outcomes: list[str] = []
        pieces: list[str] = []
        effects = self._effects_of(path)
        for number, unit in enumerate(table.units):
            links = self._links_of(path, number, eager=True)
            outcomes += links.outcomes
            imports = _Links([], [], [], set(), [])
            for item in unit.imports:
                self._link_import(path, item, imports)
            outcomes += imports.outcomes
            content.edges += [*imports.nodes, *links.looked_into]
            externals |= imports.externals | links.externals
            if not effects[number]:
                continue
            is_whole = self._runs_whole(path, unit)
            if is_whole:
                links = self._links_of(path, number, eager=False)
                externals |= links.externals
            pieces += [unit.digest if is_whole else unit.eager, *links.facts]
            content.edges += links.nodes
            if links.unknown:
                content.edges.append(Node("whole", path))
            found = unit.found if is_whole else unit.eager_found
            content.widened += self._widenings(path, found, links, "\0 (top level)")
        self._add_circle(path, content)
        self._add_assumptions(path, table, content)
        content.externals = frozenset(externals)
        content.edges = list(dict.fromkeys(content.edges))
        parts = {"top level": pieces, "outcome": sorted(set(outcomes))}
        for part, lines in parts.items():
            if lines:
                self._contents[Node(part, path)] = _Content([], digest_text("\n".join(lines)))
                content.edges.append(Node(part, path))
        return content

    def _unread(self, path: str, problem: Problem, content: _Content) -> _Content:
        """A file that does not parse here: it fails, or another Python reads it; its bytes count, and as what
        it imports is not known, so does every module that it could.
        """
        digest = digest_text(f"{self._modules.digest(path)} {problem.message}")
        self._contents[Node("source", path)] = _Content([], digest)
        content.edges.append(Node("source", path))
        content.widened.append(
            Widening(
                "\0 (source)",
                f"cannot be read: {problem.message}; all that it could import counts",
                problem.line,
                path,
                "unread",
            )
        )
        names = sorted(self._modules.importable(path, ""))
        found = [self._find(name, path) for name in names]
        content.edges += [Node("open", target) for target in found if target is not None and target != path]
        return content

    def _parents(self, path: str) -> list[Node]:
        """The packages around a file run before it."""
        package = self._modules.package_of(path)
        return [Node("import", each) for each in self._chain_of(package, path) if each != path] if package else []

    def _add_circle(self, path: str, content: _Content) -> None:
        """Files that import one another see each other half made: all their statements count, in order."""
        circle = self._imports.circle_of(path)
        if len(circle) > 1:
            content.edges += [Node("whole", member) for member in sorted(circle)]
            members = ", ".join(sorted(map(self._dotted, circle)))
            content.widened.append(Widening("\0 (whole file)", f"imports in a circle: {members}", 0, path, "circle"))

    def _add_assumptions(self, path: str, table: SymbolTable, content: _Content) -> None:
        """A workspace with its own `typing` or the like: nothing that was taken for granted holds."""
        shadowed = [name for name in table.assumed if self._find(name, path) is not None]
        if shadowed:
            content.edges.append(Node("open", path))
            why = f"`{shadowed[0]}` is a file of the workspace: everything that the module can reach counts"
            content.widened.append(Widening("\0 (whole file)", why, 0, path, "shadow"))

    def _whole(self, node: Node) -> _Content:
        table = self._table(node.path)
        content = _Content([Node("import", node.path)], widened=[])
        if isinstance(table, Problem):
            return content
        content = self._of_units(node, table, range(len(table.units)), content, "\0 (whole file)")
        content.digest = digest_text(f"{table.whole} {content.digest}")
        # its own names are all there: a name that is defined nowhere adds nothing
        content.edges = [edge for edge in content.edges if edge != node]
        return content

    def _open(self, node: Node) -> _Content:
        """All of a file, and of every module and symbol that it imports, because any of it may be named."""
        table = self._table(node.path)
        content = _Content([Node("whole", node.path)])
        if isinstance(table, Problem):
            return content
        items = [item for unit in table.units for item in (*unit.imports, *unit.found.imports)]
        for item in items:
            if item.name == "*":
                module = self._absolute(item.module, node.path)
                targets = self._module_object(module, node.path) if module is not None else []
            else:
                targets = self._resolve_import(node.path, item, (), frozenset())
            content.edges += [target for target in targets if target.kind in ("symbol", "open", "whole")]
        content.edges = list(dict.fromkeys(content.edges))
        return content

    def _source(self, node: Node) -> _Content:
        return _Content([], self._modules.digest(node.path))


def start_of(path: str, symbol: str | None) -> Node:
    """The node that the closure of a step begins with."""
    if symbol == ANY_NAME:
        return Node("open", path)
    return Node("whole", path) if symbol is None else Node("symbol", path, symbol)


def _imported_below(package: str, reached: Iterable[Node]) -> set[Node]:
    """All of the imported modules of a package, by its file."""
    folder = package.removesuffix(_PACKAGE_FILE) + "/"
    return {Node("open", node.path) for node in reached if node.kind == "import" and node.path.startswith(folder)}


def _used_names(reached: Iterable[Node]) -> dict[str, set[str]]:
    """By imported file the names in it that are reached."""
    names: dict[str, set[str]] = {}
    for node in reached:
        if node.kind == "import":
            names.setdefault(node.path, set())
        elif node.kind == "symbol":
            names.setdefault(node.path, set()).add(node.name)
    return names


def _entry(node: Node, labels: dict[str, str]) -> str:
    """How a node is called in `Closure.symbols`."""
    label = labels.get(node.path, node.path)
    separator = ":" if "/" in label or label.endswith(".py") else "."
    if node.kind == "symbol":
        return f"{label}{separator}{node.name}"
    if node.kind == "metadata":
        return f"{label}{separator}{node.name} (metadata)"
    return f"{label} ({_SUFFIXES.get(node.kind, node.kind)})"


def _takes(unit: Unit, decoration: Decoration) -> bool:
    """Whether a quiet function can be called as a decoration calls it."""
    if unit.quiet < decoration.depth:
        return False
    if decoration.depth == 1:
        return bool(unit.takes) and unit.needs <= 1
    given = unit.takes[: decoration.given]
    is_known = set(decoration.named) <= {*unit.takes[decoration.given :], *unit.takes_named}
    needed = set(unit.takes[: unit.needs])
    return len(given) == decoration.given and is_known and needed <= {*given, *decoration.named}


def _fact(use: Use, targets: list[Node]) -> str:
    """What a name means, as a fact: in the order of its bindings, of which the last one is had."""
    meant = dict.fromkeys(_meaning(target, use) for target in targets)
    return f"{use.origin}:{'.'.join(use.chain)} = {' | '.join(meant)}"


def _meaning(target: Node, use: Use | None) -> str:
    """A target as a fact. What lies below an external name stands in the code itself, as written."""
    if target.kind == "external" and use is not None:
        return f"external {target.name}"
    return f"{target.kind} {target.path} {target.name}"


def _is_guessed(targets: list[Node]) -> bool:
    """Whether a name was only brought by a `*` from outside of the workspace, which may or may not bind it."""
    return bool(targets) and all(target.kind == "external" and target.name.endswith(".*") for target in targets)


def _is_notebook_name(name: str) -> bool:
    return name in _NOTEBOOK_NAMES or (name.startswith("_") and name.strip("_i0123456789hdo") == "")
