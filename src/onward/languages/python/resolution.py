"""Where a name leads: through bindings, imports, packages and stars, from file to file."""

from __future__ import annotations

from onward.languages.python.modules import Files
from onward.languages.python.nodes import Node
from onward.languages.python.purity import BUILTINS
from onward.languages.python.uses import Import, Use
from onward.model.code import Problem

_MODULE_NAMES = frozenset(
    {"__name__", "__file__", "__doc__", "__spec__", "__loader__", "__package__", "__path__", "__builtins__"}
    | {"__debug__", "__annotations__", "__cached__", "__class__"}
)
_NOTEBOOK_NAMES = frozenset({"display", "get_ipython", "In", "Out", "_", "__", "___", "exit", "quit"})


class Names:
    """Follows the names of files."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def resolve_name(self, path: str, chain: tuple[str, ...], seen: frozenset[Node]) -> list[Node]:
        """All that a name of a file, with attributes, can mean. Several where it is bound in several ways."""
        table = self._files.table(path)
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
                    found += self.resolve_import(path, item, rest, seen)
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
        module = self._files.absolute(item.module, path)
        own = self._files.find(module, path) if module is not None else None
        if module is None or own is None:
            return [Node("external", "", f"{item.module}.*")]
        table = self._files.table(own)
        if isinstance(table, Problem):
            return [Node("import", own)]
        name = chain[0]
        if table.public is not None and name not in table.public:
            return []
        if table.public is None and not table.public_is_computed and name.startswith("_"):
            return []
        found = self.resolve_member(module, path, chain, seen)
        return [node for node in found if node.kind not in ("missing", "builtin")]

    def resolve_import(self, path: str, item: Import, rest: tuple[str, ...], seen: frozenset[Node]) -> list[Node]:
        target = self._files.absolute(item.target, path)
        if target is None:
            return [Node("missing", "", item.target)]
        return self.resolve_member(target, path, (item.name, *rest) if item.name else rest, seen)

    def resolve_member(self, module: str, importer: str, chain: tuple[str, ...], seen: frozenset[Node]) -> list[Node]:
        """What attributes of a module mean: a name in it, or a module below it."""
        own = self._files.find(module, importer)
        if not chain or (own is not None and chain[0] in ("__dict__", "__getattribute__")):
            return self.module_object(module, importer)
        name = chain[0]
        below = f"{module}.{name}"
        submodule = self._files.find(below, importer)
        if own is None:
            if submodule is not None or self._files.is_package(below, importer):
                return self.resolve_member(below, importer, chain[1:], seen)
            if self._files.is_inside(module, importer):
                return [Node("missing", "", below)]
            return [Node("external", "", ".".join((module, *chain)))]
        inner = self.resolve_name(own, chain, seen)
        inner = [node for node in inner if not (node.kind == "builtin" and not node.path)]
        if not inner or all(node.kind == "missing" for node in inner):
            if submodule is not None or self._files.is_package(below, importer):
                return self.resolve_member(below, importer, chain[1:], seen)
            if self._files.binds(own, "__getattr__"):
                return [Node("symbol", own, "__getattr__"), Node("whole", own)]
            return [Node("missing", "", below)] if not self._files.has_problem(own) else [Node("import", own)]
        if submodule is not None and not self._is_bound_from(own, name, below):
            # which of the two it is depends on what was imported before
            both = self.resolve_member(below, importer, chain[1:], seen)
            return list(dict.fromkeys([*inner, *both, Node("whole", own)]))
        return inner

    def _is_bound_from(self, path: str, name: str, module: str) -> bool:
        """Whether a package binds `name` by importing it from its own module of that name alone.

        The module has then been imported before, and its name in the package is bound over for good.
        """
        units = self._files.units_of(Node("symbol", path, name))
        items = [item for unit in units if unit.is_import for item in unit.imports if item.bound == name]
        return (
            len(units) == len(items) == 1
            and items[0].name not in ("", "*")
            and self._files.absolute(items[0].module, path) == module
        )

    def module_object(self, module: str, importer: str) -> list[Node]:
        own = self._files.find(module, importer)
        if own is not None:
            return [Node("open", own)]
        if self._files.is_inside(module, importer):
            found = self._files.importable(importer, module)
            return [Node("open", path) for path in found]
        return [Node("external", "", module)]

    def targets(self, path: str, use: Use) -> list[Node]:
        if use.mode == "text":
            return self._named_by_text(path, use.origin)
        if not use.origin:
            return self.resolve_name(path, use.chain, frozenset())
        module = self._files.absolute(use.origin, path)
        if module is None:
            return [Node("missing", "", use.origin)]
        return self.resolve_member(module, path, use.chain, frozenset())

    def _named_by_text(self, path: str, text: str) -> list[Node]:
        """What a text like `acme.stats.mean` names in a module of the workspace; nothing where it names none."""
        names = tuple(text.split("."))
        for end in range(len(names) - 1, 0, -1):
            own = self._files.find(".".join(names[:end]), path)
            if own is not None:
                found = self.resolve_name(own, names[end:], frozenset())
                return [target for target in found if target.kind == "symbol"]
        return []


def _is_guessed(targets: list[Node]) -> bool:
    """Whether a name was only brought by a `*` from outside of the workspace, which may or may not bind it."""
    return bool(targets) and all(target.kind == "external" and target.name.endswith(".*") for target in targets)


def _is_notebook_name(name: str) -> bool:
    return name in _NOTEBOOK_NAMES or (name.startswith("_") and name.strip("_i0123456789hdo") == "")
