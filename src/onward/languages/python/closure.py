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

from collections.abc import Iterable

import msgspec

from onward.base.digest import Digest, digest_text
from onward.languages.python.effects import Effects
from onward.languages.python.links import Linking, Links
from onward.languages.python.modules import Files, Modules
from onward.languages.python.nodes import ANY_MODULE, Closure, Node, Part, Widening, meaning
from onward.languages.python.normal import NORMAL_FORMAT
from onward.languages.python.reach import Reach
from onward.languages.python.resolution import Names
from onward.languages.python.symbols import SYMBOLS_FORMAT, SymbolTable, Unit
from onward.languages.python.uses import Found
from onward.model.code import Problem

CLOSURE_FORMAT = 3
SOURCE_FORMAT = CLOSURE_FORMAT * 10_000 + SYMBOLS_FORMAT * 100 + NORMAL_FORMAT
"""Told with every result that is made: digests of different formats cannot be compared."""


IMPORTED = "(imported modules)"
REPLACED = "(modules in place of libraries)"
ANY_NAME = "*"
"""In place of a symbol: all names of a file that is run, for whoever runs it may use any."""


class _Content(msgspec.Struct):
    """What a node brings along: where it leads, its entry, and what else is known of it."""

    edges: list[Node]
    digest: Digest | None = None
    widened: list[Widening] = []
    externals: frozenset[str] = frozenset()


_PACKAGE_FILE = "/__init__.py"
_SUFFIXES = {"whole": "whole file", "open": "whole file", "outcome": "import"}


def closure(path: str, symbol: str | None, modules: Modules) -> Closure:
    """What `Linker(modules).closure(path, symbol)` gives; for many steps keep the linker."""
    return Linker(modules).closure(path, symbol)


class Linker:
    """Links the files of one state of the workspace, and remembers what it found for all steps.

    A pure function of `modules`: as long as these answer the same, all answers stay right; for another state
    of the workspace make another linker.
    """

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._files = Files(modules)
        self._names = Names(self._files)
        self._effects = Effects(self._files, self._names)
        self._links = Linking(self._files, self._names)
        self._contents: dict[Node, _Content] = {}
        self._reach = Reach[Node](lambda node: self._content(node).edges)

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
                "\0".join(" ".join((file, *self._files.imported_directly(file))) for file in files)
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
            if self._effects.order(file, used) is not None:
                named[f"{labels[file]} (order)"] = Node("order", file, " ".join(sorted(used)))
        return named

    def names(self, path: str, symbol: str | None, nodes: Iterable[Node]) -> list[str]:
        """How nodes that a step reaches are called in its closure."""
        labels = self._labels(path, self.reached(path, symbol))
        return [_entry(node, labels) for node in nodes]

    def table(self, path: str) -> SymbolTable | Problem:
        """The table of a file, or why it has none."""
        return self._files.table(path)

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
        table = self._files.table(node.path) if node.path else None
        if not isinstance(table, SymbolTable):
            return []
        match node.kind:
            case "symbol":
                return self._symbol_parts(node, table)
            case "whole" | "open":
                return [self._unit_part(node.path, number, unit) for number, unit in enumerate(table.units)]
            case "metadata":
                facts = tuple(self._links.hints_of(node).facts)
                return [Part(unit, unit.metadata, facts) for unit in self._files.units_of(node)]
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
        targets = self._names.resolve_name(node.path, (node.name,), frozenset())
        return [Part(None, "", tuple(sorted(meaning(target, None) for target in targets)))]

    def _unit_part(self, path: str, number: int, unit: Unit) -> Part:
        links = self._links.of(path, number, eager=False)
        meant = [meaning(t, None) for n in unit.binds for t in self._names.resolve_name(path, (n,), frozenset())]
        return Part(unit, unit.digest, (*links.facts, *links.outcomes, *(sorted(meant) if unit.imports else ())))

    def _acting_parts(self, path: str, table: SymbolTable) -> list[tuple[int, Part]]:
        """Of the statements that act when a file is imported, their number and their part."""
        effects = self._effects.of(path)
        parts = []
        for number, unit in enumerate(table.units):
            if effects[number]:
                is_whole = self._effects.runs_whole(path, unit)
                links = self._links.of(path, number, eager=not is_whole)
                parts.append((number, Part(unit, unit.digest if is_whole else unit.eager, tuple(links.facts))))
        return parts

    def _outcomes_of(self, path: str, number: int) -> list[str]:
        """What a statement needs from elsewhere when its file is imported."""
        table = self._files.table(path)
        assert isinstance(table, SymbolTable)
        imports = self._links.imports_of(path, table.units[number])
        return [*self._links.of(path, number, eager=True).outcomes, *imports.outcomes]

    def _order_parts(self, path: str, table: SymbolTable, used: set[str]) -> list[Part]:
        acting = self._effects.acting(path)
        parts = []
        place = 0
        for number, unit in enumerate(table.units):
            if number in acting:
                place += 1
                parts.append(Part(unit, f"{place} ! {acting[number]}"))
            elif used.intersection(unit.binds):
                parts.append(Part(unit, f"{place} {' '.join(unit.binds)}"))
            elif unit.is_import:
                modules = sorted(item.module for item in unit.imports if self._effects.may_act(path, item))
                parts += [Part(unit, f"{place} {' '.join(modules)}")] if modules else []
        return parts

    def statements(self, path: str, symbol: str | None) -> dict[str, set[int]]:
        """By file, the lines of the top-level statements that count in `closure(path, symbol)`.

        Those of functions and classes that are reached, and of what acts when a file is imported. Lines are no
        part of a closure: what moves down a page stays what it was.
        """
        lines: dict[str, set[int]] = {}
        for node in self.reached(path, symbol):
            table = self._files.table(node.path) if node.kind in ("symbol", "import", "whole", "source") else None
            if not isinstance(table, SymbolTable):
                continue
            if node.kind == "symbol":
                units = self._files.units_of(node)
            elif node.kind == "import":
                effects = self._effects.of(node.path)
                units = [unit for number, unit in enumerate(table.units) if effects[number]]
            else:
                units = list(table.units)
            lines.setdefault(node.path, set()).update(unit.line for unit in units)
        return lines

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
                        more.update(Node("metadata", node.path, name) for name in self._files.names_in(node.path))
                if "frames" in kinds and node.kind == "import":
                    more.add(Node("open", node.path))
                if "source" in kinds and node.kind == "import":
                    more.add(Node("source", node.path))
            if more <= reached:
                return reached
            reached = reached.union(*map(self._reach.of, more))

    def _labels(self, path: str, reached: frozenset[Node]) -> dict[str, str]:
        """How each file is called in the entries: by dotted name, or by path where that is not unique."""
        paths = {node.path for node in reached if node.path}
        labels = {each: self._files.dotted(each) for each in paths}
        counts: dict[str, int] = {}
        for name in labels.values():
            counts[name] = counts.get(name, 0) + 1
        return {each: each if each == path or counts[name] > 1 else name for each, name in labels.items()}

    def _order_entries(self, reached: frozenset[Node], labels: dict[str, str]) -> dict[str, Digest]:
        entries = {}
        for path, used in _used_names(reached).items():
            digest = self._effects.order(path, used)
            if digest is not None:
                entries[f"{labels[path]} (order)"] = digest
        return entries

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
        table = self._files.table(node.path)
        if isinstance(table, Problem):
            return _Content([Node("import", node.path)])
        numbers = table.names.get(node.name, ())
        content = _Content([Node("import", node.path)], widened=[])
        if not numbers:
            targets = self._names.resolve_name(node.path, (node.name,), frozenset())
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
            links = self._links.of(node.path, number, eager=False)
            pieces += [unit.digest, *links.facts, *links.outcomes]
            if unit.imports:
                targets = [t for n in unit.binds for t in self._names.resolve_name(node.path, (n,), frozenset())]
                pieces += sorted(meaning(target, None) for target in targets)
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

    def _widenings(self, path: str, found: Found, links: Links, what: str) -> list[Widening]:
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
        links = self._links.hints_of(node)
        pieces = [*(unit.metadata for unit in self._files.units_of(node) if unit.metadata), *links.facts]
        return _Content(links.nodes, digest_text(" ".join(pieces)) if pieces else None, [], frozenset(links.externals))

    def _import(self, node: Node) -> _Content:
        """The import of a file: what it acts on, what it imports in turn, and that all of it works."""
        path = node.path
        content = _Content(self._parents(path), widened=[])
        table = self._files.table(path)
        if isinstance(table, Problem):
            return self._unread(path, table, content)
        externals: set[str] = set()
        outcomes: list[str] = []
        pieces: list[str] = []
        effects = self._effects.of(path)
        for number, unit in enumerate(table.units):
            links = self._links.of(path, number, eager=True)
            outcomes += links.outcomes
            imports = self._links.imports_of(path, unit)
            outcomes += imports.outcomes
            content.edges += [*imports.nodes, *links.looked_into]
            externals |= imports.externals | links.externals
            if not effects[number]:
                continue
            is_whole = self._effects.runs_whole(path, unit)
            if is_whole:
                links = self._links.of(path, number, eager=False)
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
        found = self._files.importable(path, "")
        content.edges += [Node("open", target) for target in found if target != path]
        return content

    def _parents(self, path: str) -> list[Node]:
        """The packages around a file run before it."""
        package = self._modules.package_of(path)
        return [Node("import", each) for each in self._files.chain_of(package, path) if each != path] if package else []

    def _add_circle(self, path: str, content: _Content) -> None:
        """Files that import one another see each other half made: all their statements count, in order."""
        circle = self._files.imports.circle_of(path)
        if len(circle) > 1:
            content.edges += [Node("whole", member) for member in sorted(circle)]
            members = ", ".join(sorted(map(self._files.dotted, circle)))
            content.widened.append(Widening("\0 (whole file)", f"imports in a circle: {members}", 0, path, "circle"))

    def _add_assumptions(self, path: str, table: SymbolTable, content: _Content) -> None:
        """A workspace with its own `typing` or the like: nothing that was taken for granted holds."""
        shadowed = [name for name in table.assumed if self._files.find(name, path) is not None]
        if shadowed:
            content.edges.append(Node("open", path))
            why = f"`{shadowed[0]}` is a file of the workspace: everything that the module can reach counts"
            content.widened.append(Widening("\0 (whole file)", why, 0, path, "shadow"))

    def _whole(self, node: Node) -> _Content:
        table = self._files.table(node.path)
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
        table = self._files.table(node.path)
        content = _Content([Node("whole", node.path)])
        if isinstance(table, Problem):
            return content
        items = [item for unit in table.units for item in (*unit.imports, *unit.found.imports)]
        for item in items:
            if item.name == "*":
                module = self._files.absolute(item.module, node.path)
                targets = self._names.module_object(module, node.path) if module is not None else []
            else:
                targets = self._names.resolve_import(node.path, item, (), frozenset())
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
