"""Syntax trees in the neutral form that another Python tells them in, made into trees of this one.

The form is that of `onward.runtime.grammar`. A kind of node that this Python does not have becomes a class of its
own below the kind's base, and a field that it does not have stays a field of the node, so whoever walks a tree by
its fields leaves nothing out.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from onward.model.code import Problem

_LITERALS: dict[str, Callable[[Any], object]] = {
    "bool": bool,
    "int": lambda digits: int(digits, 16),
    "float": float.fromhex,
    "complex": lambda parts: complex(float.fromhex(parts[0]), float.fromhex(parts[1])),
    "bytes": bytes.fromhex,
    "ellipsis": lambda _: ...,
}
_BASES = {
    "stmt": ast.stmt,
    "expr": ast.expr,
    "pattern": ast.pattern,
    "mod": ast.mod,
    "excepthandler": ast.excepthandler,
}


def tree(told: dict[str, Any]) -> ast.Module | Problem:
    """The tree that was told, or the problem."""
    if "problem" in told:
        message, line, column = told["problem"]
        return Problem(message, line, column)
    kinds = [(_class(name, base, tuple(fields)), tuple(fields)) for name, base, fields in told["kinds"]]
    nodes: list[ast.AST] = []
    for number, place, *values in told["nodes"]:
        kind, fields = kinds[number]
        held = {name: _value(value, nodes) for name, value in zip(fields, values, strict=True)}
        node = kind(**held) if fields == kind._fields else _of_other_fields(kind, held)
        if place is not None:
            node.lineno, node.col_offset, node.end_lineno, node.end_col_offset = place  # type: ignore[attr-defined]
        nodes.append(node)
    root = nodes[-1]
    assert isinstance(root, ast.Module)
    return root


def _of_other_fields(kind: type[ast.AST], held: dict[str, object]) -> ast.AST:
    """A node whose fields are not those that this Python gives its kind.

    A field that is unknown here is set afterwards, for from Python 3.15 on a constructor takes none but its own.
    """
    node: Any = kind(**{name: value for name, value in held.items() if name in kind._fields})
    for name, value in held.items():
        if name not in kind._fields:
            setattr(node, name, value)
    node._fields = (*held, *(name for name in kind._fields if name not in held and hasattr(node, name)))
    return node


def _class(name: str, base: str, fields: tuple[str, ...]) -> type[ast.AST]:
    known = getattr(ast, name, None)
    if isinstance(known, type) and issubclass(known, ast.AST):
        return known
    return type(name, (_BASES.get(base, ast.AST),), {"_fields": fields, "_attributes": ast.stmt._attributes})


def _value(value: Any, nodes: list[ast.AST]) -> object:
    if isinstance(value, int):
        return nodes[value]
    if isinstance(value, list):
        return [_value(item, nodes) for item in value]
    if isinstance(value, dict):
        ((name, told),) = value.items()
        return _LITERALS[name](told)
    return value
