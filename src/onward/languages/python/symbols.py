"""A file of Python as a flat table: its top-level statements, what each binds, uses and does when imported.

One table per file content. It knows no path and no other file, so it can be kept by the content's digest;
what its names lead to is found by `closure`. Digests are those of the normal form (`normal`).
"""

from __future__ import annotations

import ast
import copy
import sys
from collections import Counter
from typing import Literal

import msgspec

from onward.base.digest import Digest, digest_text
from onward.languages.python.normal import (
    Function,
    NormalForm,
    children,
    docstring_of,
    every_node,
    meaningful,
)
from onward.languages.python.purity import (
    INERT_BASES,
    INERT_VALUES,
    LAYOUTS,
    STEP_DECORATORS,
    STRICT_BASES,
    WELL_KNOWN,
    Purity,
)
from onward.languages.python.uses import Found, Import, Scope, UseFinder, annotations_of, dotted, imports_of

SYMBOLS_FORMAT = 11

Role = Literal["module", "script", "cells"]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_NO_USES = Found()


class Decoration(msgspec.Struct, frozen=True, array_like=True):
    """A decorator that is not known to be harmless; `depth` is 1 for `@a`, 2 for `@a(...)`.

    An empty chain is a decorator that is no plain name. `given` and `named` are what `@a(...)` hands over: how many
    values by position, and the names of the others.
    """

    chain: tuple[str, ...]
    depth: int
    given: int = 0
    named: tuple[str, ...] = ()


class Unit(msgspec.Struct, frozen=True, array_like=True):
    """One top-level statement.

    Attributes:
        line: counts from 1; no part of what is compared.
        binds: the names of the module that it binds, rebinds, deletes or changes.
        digest: of its normal form.
        metadata: of its normal form with docstrings and annotations; empty where it has none.
        found: all that it uses, when imported or when called.
        eager: digest of what of it does more than bind a name when the module is imported; empty for none.
        eager_found: what it looks up when the module is imported.
        imports: what it imports when the module is imported.
        is_import: it is an import statement and nothing else.
        decorations, bases: decorators and base classes that other files decide about. Where one of them may
            do more than give back what it gets, the whole unit is an effect of the import.
        quiet: how many calls deep the function only defines and returns functions.
        takes: the names of a quiet function's parameters; the first `needs` of them have no default.
        takes_named: those that it takes by name alone; of a quiet function each has a default.
        hooks: it is a class that hears of its subclasses.
        inherits: the full names of those base classes of a class that are known to do nothing.
        attributes: the names that the body of a class binds.
    """

    line: int
    binds: tuple[str, ...]
    digest: Digest
    metadata: Digest = ""
    found: Found = _NO_USES
    eager: Digest = ""
    eager_found: Found = _NO_USES
    imports: tuple[Import, ...] = ()
    is_import: bool = False
    decorations: tuple[Decoration, ...] = ()
    bases: tuple[tuple[str, ...], ...] = ()
    quiet: int = 0
    takes: tuple[str, ...] = ()
    needs: int = 0
    takes_named: tuple[str, ...] = ()
    hooks: bool = False
    is_class: bool = False
    inherits: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


class SymbolTable(msgspec.Struct, frozen=True):
    """A file's units in order, and its names.

    Attributes:
        names: for each name that the module binds the numbers of its units, ascending.
        stars: numbers of the units that import `*`.
        public: the literal `__all__`; None without one, or where it is computed (`public_is_computed`).
        assumed: packages whose names were taken to mean what they mean outside of the workspace.
        whole: digest of all units in order.
    """

    role: Role
    units: tuple[Unit, ...]
    names: dict[str, tuple[int, ...]]
    stars: tuple[int, ...]
    public: tuple[str, ...] | None
    public_is_computed: bool
    assumed: tuple[str, ...]
    whole: Digest


def symbol_table(tree: ast.Module, *, role: Role) -> SymbolTable:
    """The table of a parsed file.

    In a `module` what stands under `if __name__ == "__main__"` is absent; in a `script` and in `cells` (a
    notebook's cells, one after another) it runs like the rest. What stands under `if TYPE_CHECKING` never is.

    Cost: some passes over the tree. Deep trees are walked with a raised limit on recursion.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 60_000))
    try:
        return _Reading(tree, role).table()
    finally:
        sys.setrecursionlimit(limit)


class _Reading:
    """One file while its table is made."""

    def __init__(self, tree: ast.Module, role: Role) -> None:
        self.role: Role = role
        self.lazy_annotations = any(
            isinstance(statement, ast.ImportFrom)
            and statement.module == "__future__"
            and any(alias.name == "annotations" for alias in statement.names)
            for statement in tree.body
        )
        self.docstring = docstring_of(tree.body)
        bindings = _Bindings()
        everything = frozenset().union(*map(bindings.bound, tree.body))
        self.purity = Purity(everything, _externals(tree.body, bindings))
        self.statements = self._running(tree.body)
        self.bound = [bindings.bound(statement) for statement in self.statements]
        self.rebound = [bindings.rebound(statement) for statement in self.statements]
        names = frozenset[str]().union(*self.bound, *self.rebound)
        self.externals = _externals(self.statements, bindings)
        self.purity = Purity(names, self.externals)
        self.names = names
        self.binders: dict[str, list[int]] = {}
        counts = Counter(
            name
            for statement, bound, rebound in zip(self.statements, self.bound, self.rebound, strict=True)
            for name in bound | rebound | _touched(statement)
        )
        self.often = frozenset(name for name, count in counts.items() if count > 1)
        self.definitions = frozenset(
            statement.name
            for statement in self.statements
            if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)) and statement.name not in self.often
        )
        self.texts = frozenset().union(*map(bindings.texts, self.statements)) - self.often
        self.shape = NormalForm(lazy_annotations=self.lazy_annotations, is_inert=self.purity.is_inert_decorator)
        self.full_shape = NormalForm(metadata=True, lazy_annotations=self.lazy_annotations)

    def _running(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """The top-level statements that run, guards that are known resolved."""
        running: list[ast.stmt] = []
        for statement in body:
            if isinstance(statement, ast.If) and self._is_off(statement.test):
                running += self._running(statement.orelse)
            else:
                running.append(statement)
        if self.role != "cells":
            running = meaningful(running)
        return running

    def _is_off(self, test: ast.expr) -> bool:
        return self._is_type_checking(test) or (self.role == "module" and self._is_main(test))

    def _is_type_checking(self, test: ast.expr) -> bool:
        self.purity.known = dict.fromkeys(self.purity.externals, "other")
        return self.purity.meaning_of(test) in ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING")

    def _is_main(self, test: ast.expr) -> bool:
        if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
            return False
        sides = [test.left, test.comparators[0]]
        is_named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
        is_main = any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)
        return is_named and is_main and "__name__" not in self.purity.names

    def table(self) -> SymbolTable:
        units: list[Unit] = []
        if self.docstring is not None:
            self._count(("__doc__",), 0)
            units.append(Unit(1, ("__doc__",), digest_text(f"doc {self.docstring}")))
        for statement, bound, rebound in zip(self.statements, self.bound, self.rebound, strict=True):
            unit = self._unit(statement, bound | rebound)
            self._count(unit.binds, len(units))
            units.append(unit)
            self._learn(statement, unit)
        public, is_computed = self._public()
        roots = {item.target.partition(".")[0] for unit in units for item in _all_imports(unit)}
        return SymbolTable(
            role=self.role,
            units=tuple(units),
            names={name: tuple(self.binders[name]) for name in sorted(self.binders)},
            stars=tuple(number for number, unit in enumerate(units) if any(item.name == "*" for item in unit.imports)),
            public=public,
            public_is_computed=is_computed,
            assumed=tuple(sorted(roots & WELL_KNOWN)),
            whole=self._whole(units),
        )

    def _whole(self, units: list[Unit]) -> Digest:
        """Of all statements in order. The module's docstring is read by nothing but `__doc__`."""
        return digest_text(
            " ".join([f"{SYMBOLS_FORMAT} {self.role}", *(u.digest for u in units if u.binds != ("__doc__",))])
        )

    def _count(self, binds: tuple[str, ...], number: int) -> None:
        for name in binds:
            if name != "*":
                self.binders.setdefault(name, []).append(number)

    # -- one statement ---------------------------------------------------------------------------------

    def _unit(self, statement: ast.stmt, bound: set[str]) -> Unit:
        if isinstance(statement, _FUNCTIONS):
            return self._function(statement, bound)
        if isinstance(statement, ast.ClassDef):
            return self._class(statement, bound)
        if isinstance(statement, _IMPORTS):
            imports = tuple(imports_of(statement))
            binds = tuple(sorted({item.bound for item in imports}))
            is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
            return Unit(
                statement.lineno,
                binds,
                digest_text(self.shape.text(statement)),
                imports=() if is_future else imports,
                is_import=not is_future,
            )
        return self._other(statement, bound)

    def _other(self, statement: ast.stmt, bound: set[str]) -> Unit:
        found = self._found([statement])
        digest = self._positioned(self.shape.text(statement), found)
        owner = self.purity.own_effect(statement)
        binds = tuple(sorted(bound | ({owner} if owner else set())))
        imports = tuple(
            item for node in _eager_nodes(statement) if isinstance(node, _IMPORTS) for item in imports_of(node)
        )
        is_inert = owner is not None or self._binds_only(statement)
        return Unit(
            statement.lineno,
            binds,
            digest,
            found=found,
            eager="" if is_inert else digest,
            eager_found=found,
            imports=imports,
        )

    def _binds_only(self, statement: ast.stmt) -> bool:
        """Whether a statement certainly does nothing but bind names to harmless values."""
        if isinstance(statement, ast.Assign):
            is_plain = all(isinstance(target, ast.Name) for target in statement.targets)
            return is_plain and self.purity.kind_of(statement.value) is not None
        if isinstance(statement, ast.AnnAssign):
            if not isinstance(statement.target, ast.Name):
                return False
            is_known = self.lazy_annotations or self.purity.is_safe_annotation(statement.annotation)
            return is_known and (statement.value is None or self.purity.kind_of(statement.value) is not None)
        if type(statement).__name__ == "TypeAlias":  # Python 3.12: `type X = ...` evaluates nothing
            return True
        return isinstance(statement, ast.Pass) or (
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        )

    def _function(self, node: Function, bound: set[str]) -> Unit:
        is_step = any(self.purity.decorator(item) in STEP_DECORATORS for item in node.decorator_list)
        kept = [item for item in node.decorator_list if self.purity.decorator(item) not in STEP_DECORATORS]
        shown = copy.copy(node)
        shown.decorator_list = kept
        unknown = [item for item in kept if not self.purity.is_inert_decorator(item)]
        text = self.shape.text(shown, annotations=is_step or bool(unknown), docstring=bool(unknown))
        finder = self._finder()
        finder.visit(shown)
        if is_step or unknown:
            # what reads the annotations of a step, or of a decorated function, gets at what they mean
            for annotation in annotations_of(node):
                finder.visit(annotation, "call")
        self._step_decorators(finder, node)
        has_metadata = self.shape.has_dropped
        found = finder.found()
        risky = self._risky_head(shown)
        eager_finder = self._finder()
        self._visit_head(eager_finder, node)
        eager_found = eager_finder.found()
        eager = self._positioned(node.name + "".join(map(self.shape.text, risky)), eager_found) if risky else ""
        return Unit(
            node.lineno,
            tuple(sorted(bound)),
            self._positioned(text, eager_found),
            digest_text(self.full_shape.text(shown)) if has_metadata else "",
            found=found,
            eager=eager,
            eager_found=eager_found,
            imports=(),
            decorations=tuple(map(_decoration, unknown)),
            quiet=self.purity.is_quiet(node) if isinstance(node, ast.FunctionDef) else 0,
            takes=tuple(argument.arg for argument in node.args.args),
            needs=len(node.args.args) - len(node.args.defaults),
            takes_named=tuple(argument.arg for argument in node.args.kwonlyargs),
        )

    def _step_decorators(self, finder: UseFinder, node: Function) -> None:
        """What `@asset(...)` and `@check(...)` are given is read by the graph; the names in it must exist."""
        for decorator in node.decorator_list:
            if self.purity.decorator(decorator) in STEP_DECORATORS:
                for inner in every_node(decorator):
                    if isinstance(inner, (ast.Name, ast.Attribute)) and dotted(inner):
                        finder.visit(inner, "exists")

    def _risky_head(self, node: Function) -> list[ast.expr]:
        """The expressions of a function's head that may do something, or fail, when it is defined.

        What a decorator does that is not known here is found out when it is linked (`Unit.decorations`).
        """
        purity = self.purity
        risky: list[ast.expr] = []
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and purity.is_inert_decorator(decorator):
                parts = [*decorator.args, *(keyword.value for keyword in decorator.keywords)]
                risky += [part for part in parts if purity.kind_of(part) is None]
        defaults = [*node.args.defaults, *(item for item in node.args.kw_defaults if item is not None)]
        risky += [item for item in defaults if not self._is_reference(item) and purity.kind_of(item) is None]
        if not self.lazy_annotations:
            risky += [item for item in annotations_of(node) if not purity.is_safe_annotation(item)]
        return risky

    def _is_reference(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and self.purity.meaning_of(node.func) in (
            "onward.ref",
            "onward.api.ref",
        )

    def _visit_head(self, finder: UseFinder, node: Function) -> None:
        for decorator in node.decorator_list:
            if self.purity.decorator(decorator) in STEP_DECORATORS:
                finder.visit(decorator.func if isinstance(decorator, ast.Call) else decorator, "call")
            else:
                finder.visit(decorator, "call")
        self._step_decorators(finder, node)
        for default in [*node.args.defaults, *(item for item in node.args.kw_defaults if item is not None)]:
            finder.visit(default)
        with finder.type_parameters(node):
            for annotation in () if self.lazy_annotations else annotations_of(node):
                finder.annotation(annotation)

    def _class(self, node: ast.ClassDef, bound: set[str]) -> Unit:
        bases = [*node.bases]
        foreign = [base for base in bases if self.purity.meaning_of(base) not in INERT_BASES]
        foreign = [base for base in foreign if not self._is_generic(base)]
        unknown = [item for item in node.decorator_list if not self.purity.is_inert_decorator(item)]
        text = self.shape.text(node, docstring=bool(foreign or unknown or node.keywords))
        found = self._found([node])
        digest = self._positioned(text, found)
        plain = [dotted(base) for base in foreign]
        is_inert = not unknown and all(plain) and self._is_inert_class(node)
        eager_finder = self._finder()
        self._visit_class_head(eager_finder, node)
        eager_found = self._without(eager_finder.found(), frozenset(_bound_in_class(node)))
        return Unit(
            node.lineno,
            tuple(sorted(bound)),
            digest,
            digest_text(self.full_shape.text(node)),
            found=found,
            eager="" if is_inert else digest,
            eager_found=eager_found if is_inert else found,
            bases=tuple(plain) if is_inert else (),
            hooks=not is_inert or _hears_of_subclasses(node),
            is_class=True,
            inherits=tuple(meaning for meaning in map(self.purity.meaning_of, bases) if meaning in INERT_BASES),
            attributes=tuple(sorted(_bound_in_class(node))),
        )

    def _is_generic(self, base: ast.expr) -> bool:
        return isinstance(base, ast.Subscript) and self.purity.meaning_of(base.value) in (
            "typing.Generic",
            "typing.Protocol",
        )

    def _is_inert_class(self, node: ast.ClassDef) -> bool:
        """Whether a class statement certainly does nothing but make a class, its bases left out."""
        meanings = [self.purity.meaning_of(base) for base in node.bases]
        if node.keywords or len(set(map(ast.dump, node.bases))) < len(node.bases) or not _go_together(meanings):
            return False
        if not self.purity.fits_dataclass(node):
            return False
        if any(
            isinstance(item, ast.Call) and any(self.purity.kind_of(k.value) is None for k in item.keywords)
            for item in node.decorator_list
        ):
            return False
        has_fields = any(self.purity.decorator(item) == "dataclasses.dataclass" for item in node.decorator_list)
        if (has_fields and node.bases) or getattr(node, "type_params", []):
            return False
        known = dict(self.purity.known)
        try:
            return self._is_inert_body(node, has_fields or bool({"typing.NamedTuple"} & set(meanings)), meanings)
        finally:
            self.purity.known = known

    def _is_inert_body(self, node: ast.ClassDef, has_fields: bool, meanings: list[str]) -> bool:
        seen: set[str] = set()
        has_default = False
        methods = {item.name for item in node.body if isinstance(item, _FUNCTIONS)}
        values = {
            target.id: item.value
            for item in node.body
            if isinstance(item, (ast.Assign, ast.AnnAssign))
            for target in (item.targets if isinstance(item, ast.Assign) else [item.target])
            if isinstance(target, ast.Name)
        }
        mixed = meanings[0] if len(meanings) > 1 and meanings[0] in LAYOUTS else ""
        if not all(self.purity.fits_base(base, methods, values, mixed) for base in meanings):
            return False
        for statement in meaningful(node.body):
            if isinstance(statement, _FUNCTIONS):
                unknown = [d for d in statement.decorator_list if not self.purity.is_inert_decorator(d)]
                if unknown or self._risky_head(statement):
                    return False
                self.purity.known.pop(statement.name, None)
                continue
            if not self._binds_only(statement) or not isinstance(statement, (ast.Assign, ast.AnnAssign)):
                return False
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            bound = {target.id for target in targets if isinstance(target, ast.Name)}
            if bound & seen or "__slots__" in bound or any(name.startswith("_") for name in bound if meanings):
                return False
            kind = self.purity.kind_of(statement.value) if statement.value is not None else None
            if statement.value is not None and self._may_hear_of_class(statement.value, kind):
                return False
            if has_fields and isinstance(statement, ast.AnnAssign):
                is_constant = isinstance(statement.value, ast.Constant)
                if kind in ("list", "dict", "set", "object", "other") and not is_constant:
                    return False  # dataclasses refuse some of these
                if kind is None and has_default:
                    return False
                has_default = has_default or kind is not None
            if "typing.TypedDict" in meanings and statement.value is not None:
                return False
            seen |= bound
            for name in bound:
                self.purity.known.pop(name, None)
        return True

    def _may_hear_of_class(self, value: ast.expr, kind: str | None) -> bool:
        """Whether what a class binds may be an object with a `__set_name__`, which is called when the class is made."""
        if kind == "object":
            return True
        chain = dotted(value)
        if kind != "other" or not chain or chain[0] not in self.externals:
            return False
        return self.externals[chain[0]].partition(".")[0] not in INERT_VALUES

    def _visit_class_head(self, finder: UseFinder, node: ast.ClassDef) -> None:
        """What a class looks up when it is made: all but the bodies of its functions."""
        for expression in [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]:
            finder.visit(expression, "call")
        for statement in meaningful(node.body):
            if isinstance(statement, _FUNCTIONS):
                self._visit_head(finder, statement)
            elif isinstance(statement, ast.ClassDef):
                self._visit_class_head(finder, statement)
            else:
                finder.visit(statement)

    def _without(self, found: Found, local: frozenset[str]) -> Found:
        """The uses that can mean a name of the module, and not only one of the class."""
        hidden = local - self.names
        return msgspec.structs.replace(
            found, uses=tuple(use for use in found.uses if use.origin or use.chain[0] not in hidden)
        )

    # -- what stands above -----------------------------------------------------------------------------

    def _learn(self, statement: ast.stmt, unit: Unit) -> None:
        """Note what is certainly bound from here on."""
        known = self.purity.known
        if isinstance(statement, ast.Delete):
            for name in unit.binds:
                known.pop(name, None)
            return
        value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        kind = self.purity.kind_of(value) if value is not None else None
        unclear = "object" if kind in (None, "object") or isinstance(value, ast.Attribute) else "other"
        for name in unit.binds:
            if isinstance(statement, _FUNCTIONS):
                known[name] = "function" if not unit.decorations and name == statement.name else "object"
            elif isinstance(statement, ast.ClassDef):
                known[name] = "class" if name == statement.name and not unit.decorations else "object"
            elif isinstance(statement, _IMPORTS):
                known[name] = "other" if name in self.externals else "object"
            elif value is not None and self.purity.own_effect(statement) is None:
                # of two names for one list: what is put in by the one is seen by the other
                is_alone = not isinstance(value, ast.Name) and _is_one_name(statement)
                known[name] = kind if is_alone and kind not in (None, "other") else unclear
            elif isinstance(statement, ast.AnnAssign) or self.purity.own_effect(statement) is not None:
                pass  # binds nothing new
            else:
                known.pop(name, None)
        for name in unit.binds:
            if name in known and self._is_rebound_in_function(name):
                known[name] = "object"

    def _is_rebound_in_function(self, name: str) -> bool:
        """A name that a function binds by `global` may hold anything once that function has run."""
        return any(name in rebound for rebound in self.rebound)

    def _positioned(self, text: str, found: Found) -> Digest:
        """The digest of a unit: its text, and for names that are bound more than once how many of their
        bindings stand above it. `found` is what the unit looks up as the module is imported.
        """
        roots = {use.chain[0] for use in found.uses if not use.origin} & self.often
        counts = " ".join(f"{name}:{len(self.binders.get(name, ()))}" for name in sorted(roots))
        return digest_text(f"{SYMBOLS_FORMAT} {text}\0{counts}")

    # -- parts -----------------------------------------------------------------------------------------

    def _finder(self) -> UseFinder:
        purity = self.purity
        return UseFinder(
            self.names,
            self.externals,
            self.texts,
            self.definitions,
            self.lazy_annotations,
            purity.is_inert_decorator,
        )

    def _found(self, nodes: list[ast.stmt]) -> Found:
        finder = self._finder()
        for node in nodes:
            finder.visit(node)
        return finder.found()

    def _public(self) -> tuple[tuple[str, ...] | None, bool]:
        """`__all__` where it is a literal; whether there is one that is not."""
        binding = [
            statement
            for statement, bound, rebound in zip(self.statements, self.bound, self.rebound, strict=True)
            if "__all__" in bound | rebound | _touched(statement)
        ]
        if not binding:
            return None, False
        first = binding[0]
        if len(binding) == 1 and isinstance(first, (ast.Assign, ast.AnnAssign)):
            value = first.value
            if isinstance(value, (ast.List, ast.Tuple)):
                texts = [item.value for item in value.elts if isinstance(item, ast.Constant)]
                if len(texts) == len(value.elts) and all(isinstance(text, str) for text in texts):
                    return tuple(map(str, texts)), False
        return None, True


class _Bindings:
    """What each of a file's statements binds in the module; each is looked through once."""

    def __init__(self) -> None:
        self._scopes: dict[ast.stmt, Scope] = {}
        self._globals: dict[ast.stmt, set[str]] = {}

    def bound(self, statement: ast.stmt) -> set[str]:
        return self._scope(statement).bound

    def texts(self, statement: ast.stmt) -> set[str]:
        """The names that a statement binds to a literal text."""
        scope = self._scope(statement)
        return scope.bound - scope.opaque

    def rebound(self, statement: ast.stmt) -> set[str]:
        """The names that a function in a statement declares `global`."""
        found = self._globals.get(statement)
        if found is None:
            found = {name for node in every_node(statement) if isinstance(node, ast.Global) for name in node.names}
            self._globals[statement] = found
        return found

    def _scope(self, statement: ast.stmt) -> Scope:
        scope = self._scopes.get(statement)
        if scope is None:
            scope = self._scopes[statement] = Scope("function")
            scope.collect([statement])
        return scope


def _externals(body: list[ast.stmt], bindings: _Bindings) -> dict[str, str]:
    """Names of the module that one plain import binds, and nothing else, with what they mean."""
    counts: dict[str, int] = {}
    meanings: dict[str, str] = {}
    for statement in body:
        for name in bindings.bound(statement) | bindings.rebound(statement):
            counts[name] = counts.get(name, 0) + 1
        if isinstance(statement, _IMPORTS):
            for item in imports_of(statement):
                if item.name != "*" and not item.module.startswith("."):
                    meanings[item.bound] = f"{item.target}.{item.name}" if item.name else item.target
    # `import a.b` and `import a.c` both bind `a` to the same module
    for statement in body:
        if isinstance(statement, ast.Import):
            for item in imports_of(statement):
                if meanings.get(item.bound) == item.bound and counts[item.bound] > 1:
                    counts[item.bound] -= 1
    return {name: meaning for name, meaning in meanings.items() if counts[name] == 1}


def _is_one_name(statement: ast.stmt) -> bool:
    """Whether an assignment gives its value, as it is, to a single name."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return isinstance(statement, ast.AnnAssign) or (len(targets) == 1 and isinstance(targets[0], ast.Name))


def _touched(statement: ast.stmt) -> set[str]:
    """The name at whose object a statement aims: `X[...] = v`, `X.append(v)`."""
    target: ast.expr | None = None
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript):
        target = statement.targets[0].value
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        target = function.value if isinstance(function, ast.Attribute) else None
    return {target.id} if isinstance(target, ast.Name) else set()


def _eager_nodes(statement: ast.stmt) -> list[ast.AST]:
    """The nodes of a statement that run with it: the bodies of functions left out."""
    nodes: list[ast.AST] = []
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            continue
        nodes.append(node)
        pending += reversed(children(node))
    return nodes


def _decoration(node: ast.expr) -> Decoration:
    if isinstance(node, ast.Call):
        is_plain = all(isinstance(argument, ast.Constant) for argument in node.args) and all(
            isinstance(keyword.value, ast.Constant) for keyword in node.keywords
        )
        is_plain = is_plain and all(keyword.arg is not None for keyword in node.keywords)
        named = tuple(keyword.arg for keyword in node.keywords if keyword.arg is not None)
        return Decoration(dotted(node.func) if is_plain else (), 2, len(node.args), named)
    return Decoration(dotted(node), 1)


def _bound_in_class(node: ast.ClassDef) -> frozenset[str]:
    scope = Scope("class")
    scope.collect(node.body)
    return frozenset(scope.bound)


def _hears_of_subclasses(node: ast.ClassDef) -> bool:
    is_told = any(keyword.arg == "metaclass" for keyword in node.keywords)
    return is_told or "__init_subclass__" in _bound_in_class(node)


def _go_together(bases: list[str]) -> bool:
    """Whether base classes that are known (the others are empty) can stand beside one another in this order."""
    known = [base for base in bases if base and base != "typing.Generic"]
    if len(known) < 2:
        return True
    if len(known) == 2 and known[0] in ("str", "int", "float") and known[1] == "enum.Enum":
        return len(bases) == 2
    return "object" not in known and not STRICT_BASES.intersection(known) and len(LAYOUTS.intersection(known)) < 2


def _all_imports(unit: Unit) -> tuple[Import, ...]:
    return (*unit.imports, *unit.found.imports)
