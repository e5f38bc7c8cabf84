"""What statements do when their file is imported, beyond binding names, and whether their order can be seen."""

from __future__ import annotations

from onward.base.digest import Digest, digest_text
from onward.languages.python.modules import Files
from onward.languages.python.nodes import Node
from onward.languages.python.purity import ENUMS, HARMLESS_MODULES, LAYOUTS, STRICT_BASES
from onward.languages.python.resolution import Names
from onward.languages.python.symbols import Decoration, Unit
from onward.languages.python.uses import Import
from onward.model.code import Problem


class Effects:
    """Which statements act, by file."""

    def __init__(self, files: Files, names: Names) -> None:
        self._files = files
        self._names = names
        self._effects: dict[str, dict[int, bool]] = {}
        self._active: dict[str, dict[int, str]] = {}
        self._does: dict[str, bool] = {}
        self._orders: dict[tuple[str, frozenset[str]], Digest | None] = {}

    def of(self, path: str) -> dict[int, bool]:
        """For each unit of a file whether it does more than bind its name when the file is imported."""
        if path not in self._effects:
            table = self._files.table(path)
            units = () if isinstance(table, Problem) else table.units
            self._effects[path] = {
                number: bool(unit.eager) or self.runs_whole(path, unit) for number, unit in enumerate(units)
            }
        return self._effects[path]

    def runs_whole(self, path: str, unit: Unit) -> bool:
        """Whether a decorator or a base class may keep, call or register what the unit defines."""
        if not all(self._is_quiet(path, item) for item in unit.decorations):
            return True
        if not all(self._is_plain_base(path, base, frozenset()) for base in unit.bases):
            return True
        return bool(unit.bases) and not self._fit_together(path, unit)

    def _is_quiet(self, path: str, decoration: Decoration) -> bool:
        """Whether a decorator of the workspace takes what it is given, and does nothing but return functions."""
        targets = self._names.resolve_name(path, decoration.chain, frozenset()) if decoration.chain else []
        return bool(targets) and all(
            target.kind == "symbol" and all(_takes(unit, decoration) for unit in self._files.units_of(target))
            for target in targets
        )

    def _is_plain_base(self, path: str, chain: tuple[str, ...], seen: frozenset[Node]) -> bool:
        """Whether a base class of the workspace, and its own bases, take no notice of their subclasses."""
        targets = self._names.resolve_name(path, chain, frozenset())
        if not targets:
            return False
        for target in targets:
            if target.kind != "symbol" or target in seen:
                return False
            units = self._files.units_of(target)
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
        for target in self._names.resolve_name(path, chain, frozenset()):
            found.add(f"{target.path} {target.name}")
            for unit in self._files.units_of(target):
                found.update(unit.inherits, *(self._ancestors(target.path, base) for base in unit.bases))
        return found

    def order(self, path: str, used: set[str]) -> Digest | None:
        """The order of the reached statements of a file, where one of them acts; else it cannot be seen.

        Between two acting ones the order of definitions and constants does not matter.
        """
        acting = self.acting(path)
        table = self._files.table(path)
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
                resting |= {item.module for item in unit.imports if self.may_act(path, item)}
        self._orders[key] = digest_text("\n".join([*pieces, *sorted(resting)]))
        return self._orders[key]

    def acting(self, path: str) -> dict[int, str]:
        """The units of a file whose order can be seen, and what each does there: its effects, and first imports of
        files that have some.

        Empty where there is a single import of that kind and nothing else.
        """
        if path not in self._active:
            table = self._files.table(path)
            units = () if isinstance(table, Problem) else table.units
            acting = {n: " ".join(units[n].binds) for n, acts in self.of(path).items() if acts}
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
        targets = {target for item in unit.imports for target in self._files.targets_of(path, item)} - {path}
        return {file for target in targets for file in self._files.imports.of(target) if self._acts(file)}

    def _acts(self, path: str) -> bool:
        """Whether importing a file does anything; in a circle the order of imports itself can be seen."""
        if path not in self._does:
            self._does[path] = any(self.of(path).values()) or len(self._files.imports.circle_of(path)) > 1
        return self._does[path]

    def may_act(self, path: str, item: Import) -> bool:
        """Whether something from outside of the workspace is imported that may look at what was done before."""
        return item.module not in HARMLESS_MODULES and not self._files.targets_of(path, item)


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
