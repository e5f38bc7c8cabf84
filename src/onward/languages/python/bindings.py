"""What the names of a Python module are bound to, scope by scope, and what its imports make of them.

It knows Python's scopes and the import statements of one module; it resolves nothing beyond the module and
refuses to know what any name is for. In goes the tree of a module; out come scopes that can be asked.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field
from typing import Any

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)
_OPENING = frozenset({*_FUNCTIONS, *_COMPREHENSIONS, ast.ClassDef})
_BINDING = frozenset(
    {*_LOOPS, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign}
    | {ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.With, ast.AsyncWith, ast.Delete, ast.ExceptHandler}
    | {ast.MatchAs, ast.MatchStar, ast.MatchMapping}
)
_LEAVES = frozenset({ast.Name, ast.Constant, ast.Pass, ast.Global, ast.Nonlocal, ast.alias})
_NO_CHILDREN = frozenset({"ctx", "op", "ops", "type_comment", "kind", "lineno", "type_ignores"})
_ALIAS_DEPTH = 8

STAR_NAMES: dict[str, frozenset[str]] = {
    "onward": frozenset({"asset", "check", "ref", "load", "save", "metric", "today"}),
    "onward.api": frozenset({"asset", "check", "ref", "load", "save", "metric", "today"}),
    "pathlib": frozenset({"Path", "PurePath"}),
    "os": frozenset({"listdir", "walk", "scandir", "chdir", "getcwd", "path"}),
    "glob": frozenset({"glob", "iglob"}),
}
"""What `from m import *` brings in, for the modules whose names are looked for."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One place that binds a name.

    Attributes:
        value: the expression that is bound, or looped over where `each`; None where nothing is known.
        imported: what an import binds, as a dotted name with leading dots where relative.
        each: the name stands for each item of `value` in turn.
        inner: the scope of the class that is bound.
        index: the name stands for that element of the value (`for name, path in ...`).
    """

    value: ast.expr | None = None
    imported: str | None = None
    each: bool = False
    index: int | None = None
    inner: Scope | None = None


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a module, class body, function or comprehension, each with all the places that bind it."""

    outer: Scope | None = None
    is_class: bool = False
    is_comprehension: bool = False
    names: dict[str, list[Binding]] = field(default_factory=dict)
    declared: dict[str, Scope] = field(default_factory=dict)
    """Names that a `global` or `nonlocal` gives to another scope."""
    stars: list[str] = field(default_factory=list)
    memo: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """Room for whoever works out what a name of this scope is worth."""

    def bind(self, name: str, binding: Binding) -> None:
        self.declared.get(name, self).names.setdefault(name, []).append(binding)

    def lookup(self, name: str) -> tuple[Scope, list[Binding]] | None:
        """The scope that binds `name` as seen from here, with its bindings; class bodies are hidden."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope, scope.names[name]
            scope = scope.outer
        return None

    def root(self) -> Scope:
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope

    def qualified(self, expression: ast.expr, depth: int = 0) -> str | None:
        """The dotted name that `expression` stands for (`pl.col` -> `polars.col`), or None.

        An import wins over other bindings of the same name (`try: import x`, `except: x = None`). A name of
        the module's own gives None, unless it is bound once to another dotted name; a builtin gives itself.
        """
        tail: list[str] = []
        while isinstance(expression, ast.Attribute):
            tail.append(expression.attr)
            expression = expression.value
        if not isinstance(expression, ast.Name):
            return None
        base = self._base(expression.id, depth)
        if base is None:
            return None
        joint = "" if base.endswith(".") or not tail else "."
        return base + joint + ".".join(reversed(tail))

    def _base(self, name: str, depth: int) -> str | None:
        found = self.lookup(name)
        if found is None:
            for module in self.root().stars:
                if name in STAR_NAMES.get(module, ()):
                    return f"{module}.{name}"
            return name if hasattr(builtins, name) else None
        scope, bindings = found
        for binding in bindings:
            if binding.imported is not None:
                return binding.imported
        only = bindings[0]
        if len(bindings) == 1 and only.value is not None and not only.each and only.index is None:
            return scope.qualified(only.value, depth + 1) if depth < _ALIAS_DEPTH else None
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Scopes:
    """A module's scopes: its own, and that in which each node is evaluated.

    `nodes` are all nodes of the tree in the order of the text, each with its scope, operators and the like
    left out.
    """

    module: Scope
    nodes: list[tuple[ast.AST, Scope]]
    _inner: dict[int, Scope]

    def inside(self, node: ast.AST, scope: Scope) -> Scope:
        """The scope that `node`, evaluated in `scope`, opens for its parts; else `scope`."""
        return self._inner.get(id(node), scope)


def scopes(tree: ast.Module) -> Scopes:
    """The scopes of a module, with every binding of every name."""
    module = Scope()
    inner: dict[int, Scope] = {}
    nodes: list[tuple[ast.AST, Scope]] = []
    stack: list[tuple[ast.AST, Scope]] = [(tree, module)]
    while stack:
        node, scope = place = stack.pop()
        nodes.append(place)
        kind = type(node)
        if kind in _LEAVES:
            continue
        own = scope
        if kind in _OPENING:
            own = inner[id(node)] = _own_scope(node, scope)
        if kind in _BINDING:
            _bind(node, scope, own)
        stack.extend(_children(node, scope, own))
    for node, scope in nodes:
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            _bind_in_class(node, scope)
    return Scopes(module, nodes, inner)


def _bind_in_class(target: ast.Attribute, scope: Scope) -> None:
    """`Config.DATA = ...` from outside of the class binds one of its names."""
    found = scope.lookup(target.value.id) if isinstance(target.value, ast.Name) else None
    for binding in found[1] if found is not None else ():
        if binding.inner is not None:
            binding.inner.bind(target.attr, Binding())


def _own_scope(node: ast.AST, scope: Scope) -> Scope:
    if isinstance(node, ast.ClassDef):
        return Scope(scope, is_class=True)
    if isinstance(node, _FUNCTIONS):
        own = Scope(scope)
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                own.bind(argument.arg, Binding())
        if not isinstance(node, ast.Lambda):
            # Ahead of the body's bindings, wherever in it the statement stands.
            _declare(node.body, own)
        return own
    return Scope(scope, is_comprehension=True)


def _declare(body: list[ast.stmt], scope: Scope) -> None:
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Global):
            scope.declared.update(dict.fromkeys(node.names, scope.root()))
        elif isinstance(node, ast.Nonlocal):
            for name in node.names:
                found = scope.outer.lookup(name) if scope.outer is not None else None
                if found is not None:
                    scope.declared[name] = found[0]
        elif not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.expr)):
            stack.extend(ast.iter_child_nodes(node))


def _children(node: ast.AST, scope: Scope, own: Scope) -> list[tuple[ast.AST, Scope]]:
    """The children of `node`, last one first, each with the scope that it is evaluated in.

    Written out, and not by `ast.iter_child_nodes`: most of the time of reading a file is spent here.
    """
    found: list[tuple[ast.AST, Scope]] = []
    is_definition = own is not scope and not isinstance(node, _COMPREHENSIONS)
    for name in reversed(node._fields):
        if name in _NO_CHILDREN:
            continue
        child = getattr(node, name, None)
        where = scope if is_definition and name != "body" else own
        if isinstance(child, list):
            found.extend((item, where) for item in reversed(child) if isinstance(item, ast.AST))
        elif isinstance(child, ast.AST):
            found.append((child, where))
    return found


def _bind(node: ast.AST, scope: Scope, own: Scope) -> None:
    """Enter what `node` itself binds; its children enter what they bind."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        scope.bind(node.name, Binding(inner=own if own.is_class else None))
    elif isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            scope.bind(name, Binding(imported=alias.name if alias.asname else name))
    elif isinstance(node, ast.ImportFrom):
        _bind_import_from(node, scope)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            _bind_target(target, Binding(node.value), scope)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        _bind_target(node.target, Binding(node.value), scope)
    elif isinstance(node, ast.NamedExpr):
        while scope.is_comprehension and scope.outer is not None:
            scope = scope.outer
        _bind_target(node.target, Binding(node.value), scope)
    elif isinstance(node, _LOOPS):
        _bind_target(node.target, Binding(node.iter, each=True), scope)
    elif isinstance(node, (ast.AugAssign, ast.With, ast.AsyncWith, ast.Delete)):
        for target in _plain_targets(node):
            _bind_target(target, Binding(), scope)
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name is not None:
        scope.bind(node.name, Binding())
    elif isinstance(node, ast.MatchMapping) and node.rest is not None:
        scope.bind(node.rest, Binding())


def _plain_targets(node: ast.AugAssign | ast.With | ast.AsyncWith | ast.Delete) -> list[ast.expr]:
    if isinstance(node, ast.AugAssign):
        return [node.target]
    if isinstance(node, ast.Delete):
        return node.targets
    return [item.optional_vars for item in node.items if item.optional_vars is not None]


def _bind_import_from(node: ast.ImportFrom, scope: Scope) -> None:
    module = "." * node.level + (node.module or "")
    joint = "" if module.endswith(".") else "."
    for alias in node.names:
        if alias.name == "*":
            scope.root().stars.append(module)
        else:
            scope.bind(alias.asname or alias.name, Binding(imported=module + joint + alias.name))


def _bind_target(target: ast.expr, binding: Binding, scope: Scope) -> None:
    """Bind the names of an assignment's or a loop's target, and of tuples in it one level deep exactly."""
    if isinstance(target, ast.Name):
        scope.bind(target.id, binding)
        return
    if not isinstance(target, (ast.Tuple, ast.List, ast.Starred)):
        return  # an attribute or an item: no name is bound
    elements = [target.value] if isinstance(target, ast.Starred) else target.elts
    starred = any(isinstance(element, ast.Starred) for element in elements)
    for index, element in enumerate(elements):
        known = binding.value is not None and binding.index is None and not starred
        exact = known and isinstance(element, ast.Name)
        part = Binding(binding.value, each=binding.each, index=index) if exact else Binding()
        _bind_target(element, part, scope)
