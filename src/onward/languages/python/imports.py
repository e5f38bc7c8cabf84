"""Where the names that `ref(...)` and `@check(...)` mention come from: the module and the function's name there."""

from __future__ import annotations

import ast

from onward.model.code import Declarations

Home = tuple[str, str]
"""Module as written (empty: this file; relative with its dots) and the function's name in it."""


def homes(tree: ast.Module, declared: Declarations) -> dict[str, Home]:
    """For every dotted name by which a declaration refers to another step's function, where that is defined."""
    mentioned = {check.asset for check in declared.checks if check.by_symbol}
    for declaration in (*declared.assets, *declared.checks):
        for parameter in declaration.parameters:
            if parameter.default.form == "ref symbol":
                mentioned.add(parameter.default.text)
    if not mentioned:
        return {}
    imported = _imported(tree)
    return {name: _home(name, imported) for name in sorted(mentioned)}


def _home(name: str, imported: dict[str, Home]) -> Home:
    first, _, rest = name.partition(".")
    if first not in imported:
        return ("", name)
    module, attribute = imported[first]
    if not rest:
        return (module, attribute)
    inner = ".".join(part for part in (attribute, rest) if part)
    path, _, function = inner.rpartition(".")
    if not path:
        return (module, function)
    return (f"{module}{path}" if module.endswith(".") else f"{module}.{path}", function)


def _imported(tree: ast.Module) -> dict[str, Home]:
    found: dict[str, Home] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname is not None:
                    found[alias.asname] = (alias.name, "")
                else:
                    top = alias.name.partition(".")[0]
                    found[top] = (top, "")
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                found[alias.asname or alias.name] = (module, alias.name)
    return found
