"""Where the uses of one statement lead, and what has to be there for that."""

from __future__ import annotations

from dataclasses import dataclass, field

from onward.languages.python.modules import Files
from onward.languages.python.nodes import Node, fact
from onward.languages.python.purity import ALWAYS_THERE, HARMLESS_MODULES
from onward.languages.python.resolution import Names
from onward.languages.python.symbols import SymbolTable, Unit
from onward.languages.python.uses import Dynamic, Found, Import, Use
from onward.model.code import Problem


@dataclass
class Links:
    """Where the uses of one statement lead.

    Attributes:
        outcomes: what is needed from elsewhere for the lookups to work.
        unknown: names that are defined nowhere, with their lines.
        looked_into: what an attribute is looked up in when the file is imported: it may not have it, or act on being
            asked.
    """

    nodes: list[Node] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    externals: set[str] = field(default_factory=set)
    unknown: list[tuple[str, int]] = field(default_factory=list)
    looked_into: list[Node] = field(default_factory=list)


class Linking:
    """Links statements, each once."""

    def __init__(self, files: Files, names: Names) -> None:
        self._files = files
        self._names = names
        self._links: dict[tuple[str, int, bool], Links] = {}

    def of(self, path: str, number: int, *, eager: bool) -> Links:
        key = (path, number, eager)
        if key not in self._links:
            table = self._files.table(path)
            assert isinstance(table, SymbolTable)
            unit = table.units[number]
            self._links[key] = self._link(path, unit, unit.eager_found if eager else unit.found, eager)
        return self._links[key]

    def imports_of(self, path: str, unit: Unit) -> Links:
        """The files that the imports of a statement run, and what has to be there for them to work."""
        links = Links()
        for item in unit.imports:
            self._link_import(path, item, links)
        return links

    def hints_of(self, node: Node) -> Links:
        """What the annotations of a function mean, for whoever reads them."""
        links = Links()
        for use in (use for unit in self._files.units_of(node) for use in unit.found.hints):
            targets = self._names.targets(node.path, use)
            for target in targets:
                self._link_target(node.path, use, target, links)
            links.facts.append(fact(use, targets))
        links.nodes = list(dict.fromkeys(links.nodes))
        links.facts = sorted(set(links.facts))
        return links

    def _link(self, path: str, unit: Unit, found: Found, eager: bool) -> Links:
        links = Links()
        for item in found.imports:
            self._link_import(path, item, links)
        for use in found.uses:
            targets = self._names.targets(path, use)
            for target in targets:
                self._link_target(path, use, target, links)
            if eager:
                self._look_into(path, use, targets, links)
            if use.mode != "exists" and (targets or use.mode != "text"):
                links.facts.append(fact(use, targets))
            if use.mode != "exists" and self._leaves_imports(path, unit, use, targets):
                links.nodes.append(Node("dynamic", "", "modules"))
        for dynamic in found.dynamics:
            links.nodes += self._dynamic_nodes(path, dynamic)
        links.nodes = list(dict.fromkeys(links.nodes))
        links.facts = sorted(set(links.facts))
        links.outcomes = sorted(set(links.outcomes))
        return links

    def _look_into(self, path: str, use: Use, targets: list[Node], links: Links) -> None:
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
            links.outcomes.append(fact(use, targets))

    def _has_attribute(self, use: Use, target: Node) -> bool:
        """Whether `Colour.RED` is no more than the attribute that the class `Colour` plainly has."""
        units = self._files.units_of(target)
        is_class = len(units) == 1 and units[0].is_class and not units[0].eager
        return is_class and use.chain[-2:-1] == (target.name,) and use.chain[-1] in units[0].attributes

    def _link_target(self, path: str, use: Use, target: Node, links: Links) -> None:
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

    def _link_import(self, path: str, item: Import, links: Links) -> None:
        """The files that an import runs, and what has to be there for it to work."""
        module = self._files.absolute(item.module, path)
        if module is None:
            links.outcomes.append(f"no {item.module}")
            return
        links.nodes += [Node("import", target) for target in self._files.targets_of(path, item)]
        own = self._files.find(module, path)
        if not self._files.is_inside(module, path):
            links.externals.add(module.partition(".")[0])
            if not _always_works(module, item.name):
                links.outcomes.append(f"{module}:{item.name}")
        elif not item.name:
            if own is None and not self._files.is_package(module, path):
                links.outcomes.append(f"no {module}")
        elif item.name == "*":
            self._link_star(path, module, links)
        else:
            for target in self._names.resolve_member(module, path, (item.name,), frozenset()):
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
        elif own is not None and self._files.dotted(own) != module:
            links.outcomes.append(f"{module} is {own}")  # one file under two names is loaded twice

    def _link_star(self, path: str, module: str, links: Links) -> None:
        own = self._files.find(module, path)
        if own is None:
            links.outcomes.append(f"no {module}")
            return
        table = self._files.table(own)
        if isinstance(table, SymbolTable):
            if table.public_is_computed:
                links.nodes.append(Node("symbol", own, "__all__"))
            for name in table.public or ():
                targets = self._names.resolve_member(module, path, (name,), frozenset())
                if all(target.kind == "missing" for target in targets):
                    links.outcomes.append(f"no {module}.{name}")

    def _leaves_imports(self, path: str, unit: Unit, use: Use, targets: list[Node]) -> bool:
        """Whether a use reaches a module that this file does not import by name: somebody else must have."""
        table = self._files.table(path)
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
        imported = {file for item in items for file in self._files.targets_of(path, item)}
        return any(target.path and target.path not in imported and target.path != path for target in targets) and any(
            self._steps_into_module(path, use, item) for item in roots or [None]
        )

    def _steps_into_module(self, path: str, use: Use, item: Import | None) -> bool:
        module = self._files.absolute(item.target if item is not None else use.origin, path)
        if module is None:
            return False
        first = use.chain[1:] if item is not None else use.chain
        own = self._files.find(module, path)
        return bool(first) and (own is None or not self._files.binds(own, first[0]))

    def _dynamic_nodes(self, path: str, dynamic: Dynamic) -> list[Node]:
        if dynamic.kind == "open":
            return [Node("open", path)]
        if dynamic.kind == "module":
            return [Node("whole", path)]
        if dynamic.kind == "import":
            found = self._files.importable(path, dynamic.prefix)
            return [Node("open", target) for target in found]
        return [Node("dynamic", "", dynamic.kind)]


def _always_works(module: str, name: str) -> bool:
    """Whether an import from outside of the workspace neither can fail nor do anything."""
    return module in HARMLESS_MODULES and (not name or f"{module}.{name}" in ALWAYS_THERE)
