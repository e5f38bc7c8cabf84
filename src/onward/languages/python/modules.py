"""The Python files of a workspace, by the names that imports call them by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from onward.base.digest import Digest
from onward.languages.python.nodes import Node
from onward.languages.python.reach import Reach
from onward.languages.python.symbols import SymbolTable, Unit
from onward.languages.python.uses import Import
from onward.model.code import Problem


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


class Files:
    """The files behind `Modules`, each asked for once. `imports` says which files the import of one runs in turn."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._tables: dict[str, SymbolTable | Problem] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        self._packages: dict[tuple[str, str], bool] = {}
        self._names: dict[str, str] = {}
        self.imports = Reach[str](self.imported_directly)

    def table(self, path: str) -> SymbolTable | Problem:
        """The table of a file, or why it has none."""
        if path not in self._tables:
            self._tables[path] = self._modules.table(path)
        return self._tables[path]

    def find(self, module: str, importer: str) -> str | None:
        """The file that wins when `importer` imports the absolute name `module`; None outside of the workspace."""
        key = (module, importer)
        if key not in self._found:
            self._found[key] = self._modules.find(module, importer)
        return self._found[key]

    def importable(self, importer: str, prefix: str) -> list[str]:
        """The files of all modules that a file can import and whose name is `prefix` or lies below it."""
        names = sorted(self._modules.importable(importer, prefix))
        found = [self.find(name, importer) for name in names]
        return [path for path in found if path is not None]

    def absolute(self, module: str, path: str) -> str | None:
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

    def chain_of(self, module: str, importer: str) -> list[str]:
        """The files that run when `module` is imported: its packages from the outside in, then itself."""
        parts = module.split(".")
        found = [self.find(".".join(parts[: end + 1]), importer) for end in range(len(parts))]
        return [path for path in found if path is not None]

    def targets_of(self, path: str, item: Import) -> list[str]:
        """The files that an import runs, packages included."""
        module = self.absolute(item.module, path)
        if module is None:
            return []
        files = self.chain_of(module, path)
        if item.name == "*":
            own = self.find(module, path)
            table = self.table(own) if own is not None else None
            for name in (table.public or ()) if isinstance(table, SymbolTable) else ():
                submodule = self.find(f"{module}.{name}", path)
                files += [submodule] if submodule is not None else []
        elif item.name:
            submodule = self.find(f"{module}.{item.name}", path)
            files += [submodule] if submodule is not None else []
        return files

    def imported_directly(self, path: str) -> list[str]:
        """The files that a file names in its imports; packages that merely stand above them are left out."""
        table = self.table(path)
        if isinstance(table, Problem):
            return []
        named: dict[str, None] = {}
        for unit in table.units:
            for item in unit.imports:
                module = self.absolute(item.module, path)
                own = self.find(module, path) if module is not None else None
                submodule = self.find(f"{module}.{item.name}", path) if item.name and module is not None else None
                if submodule is not None:
                    named[submodule] = None
                if own is not None and (submodule is None or self.binds(own, item.name)):
                    named[own] = None
        return list(named)

    def binds(self, path: str, name: str) -> bool:
        """Whether a file binds a name at its top level."""
        table = self.table(path)
        return isinstance(table, SymbolTable) and name in table.names

    def names_in(self, path: str) -> Iterable[str]:
        """The names that a file binds, by any of which whoever has the module gets at what they are."""
        table = self.table(path)
        return table.names if isinstance(table, SymbolTable) else ()

    def units_of(self, node: Node) -> list[Unit]:
        """The statements of its file that bind the name of a node."""
        table = self.table(node.path)
        if isinstance(table, Problem):
            return []
        return [table.units[number] for number in table.names.get(node.name, ())]

    def has_problem(self, path: str) -> bool:
        return isinstance(self.table(path), Problem)

    def is_package(self, module: str, importer: str) -> bool:
        """Whether a module of the workspace lies below a name that is no file itself."""
        key = (module, importer)
        if key not in self._packages:
            self._packages[key] = any(True for _ in self._modules.importable(importer, module))
        return self._packages[key]

    def is_inside(self, module: str, importer: str) -> bool:
        """Whether the workspace has a say in what a module name means."""
        top = module.partition(".")[0]
        return bool(self.chain_of(module, importer)) or self.is_package(top, importer)

    def dotted(self, path: str) -> str:
        """The name that imports call a file by; its path where there is none."""
        if path not in self._names:
            package = self._modules.package_of(path)
            stem = path.rpartition("/")[2].partition(".")[0]
            parts = [part for part in (package, "" if stem == "__init__" else stem) if part]
            self._names[path] = ".".join(parts) or path
        return self._names[path]
