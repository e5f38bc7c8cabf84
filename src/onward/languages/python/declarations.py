"""What a Python file says to onward: its assets and checks, what it imports, names, reads and writes.

All of it comes from the text; nothing is imported or run. Names are made whole through the module's own
imports and no further: whether a name means an asset, a file or another module is for whoever links the
workspace.
"""

from __future__ import annotations

import ast
import json
from typing import Any

from onward.base.numbers import amount_or_share
from onward.languages.python.acts import acts
from onward.languages.python.bindings import Scope, Scopes, scopes
from onward.languages.python.literals import literals, onward_name
from onward.model.artifact import ASSET_KINDS
from onward.model.code import (
    AssetDeclaration,
    CheckDeclaration,
    Declarations,
    Default,
    ParameterDeclaration,
)
from onward.model.difference import Tolerance

_DEPTH = 30
_UNWRAPPED = {"Annotated", "Final", "Required", "NotRequired", "ReadOnly", "ClassVar", "Optional"}
_TYPING = ("typing.", "typing_extensions.")
_SEVERITIES = ("error", "warn")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def declarations(tree: ast.Module, *, cells: bool = False) -> Declarations:
    """What a module, or a notebook's joined cells (`cells`), say to onward. Never raises.

    Assets and checks are functions at the top level, also under `if` and `try`.
    """
    all_scopes = scopes(tree)
    scope = all_scopes.module
    imports = _imports(all_scopes)
    found = literals(tree, all_scopes)
    records = _records(tree, scope)
    functions = [node for node in _top_level(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assets = (_asset(function, scope, records) for function in functions)
    checks = (check for function in functions for check in _checks(function, scope))
    return Declarations(
        imports_onward=any(module.partition(".")[0] == "onward" for module in imports),
        acts=acts(tree, all_scopes),
        imports=imports,
        assets=tuple(asset for asset in assets if asset is not None),
        checks=tuple(checks),
        records=tuple(records.items()),
        loads=tuple(found.loads),
        saves=tuple(found.saves),
        metrics=tuple(found.metrics),
        opens_load=found.opens_load,
        opens_save=found.opens_save,
        reads=tuple(found.reads),
        writes=tuple(found.writes),
        import_roots=tuple(found.import_roots),
        opens_imports=found.opens_imports,
        doc="" if cells else _doc(tree),
    )


def _top_level(tree: ast.Module) -> list[ast.stmt]:
    """The statements of the top level in order, with those under `if`, `try`, `with` and loops."""
    found: list[ast.stmt] = []
    stack: list[ast.AST] = list(reversed(tree.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.stmt):
            found.append(node)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))
    return found


def _doc(node: ast.Module | Function) -> str:
    return _encodable(ast.get_docstring(node, clean=True) or "")


def _encodable(text: str) -> str:
    """The text as UTF-8 can hold it: a lone surrogate, which only an escape can write, becomes `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


# Imports


def _imports(scopes: Scopes) -> tuple[str, ...]:
    """Every module that the code may import by a name in the text, in the order of the text."""
    found: list[str] = []
    for node, _ in scopes.nodes:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            joint = "" if module.endswith(".") else "."
            names = [module, *(module + joint + alias.name for alias in node.names if alias.name != "*")]
        elif isinstance(node, ast.Call):
            names = _imported_by_call(node)
        else:
            continue
        found.extend(names)
    return tuple(dict.fromkeys(found))


def _imported_by_call(call: ast.Call) -> list[str]:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name not in ("import_module", "__import__") or not call.args:
        return []
    argument = call.args[0]
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
        return [_encodable(argument.value)]
    return []


# Assets and checks


def _asset(function: Function, scope: Scope, records: dict[str, tuple[str, ...]]) -> AssetDeclaration | None:
    decorator = next((node for node in function.decorator_list if _decorates(node, scope) == "asset"), None)
    if decorator is None:
        return None
    problems: list[str] = []
    options = _Options(decorator, "@asset", problems)
    options.refuse_positional()
    kind = options.text("kind")
    if kind is not None and kind not in ASSET_KINDS:
        problems.append(f"`kind` of @asset is {kind!r}, not one of {', '.join(ASSET_KINDS)}")
    name, unit, title, key = (
        options.text("name"),
        options.text("unit"),
        options.text("title"),
        options.texts("key"),
    )
    tolerance = options.tolerance("tolerance")
    options.refuse_unknown()
    parameters = _parameters(function, scope, problems)
    if isinstance(function, ast.AsyncFunctionDef):
        problems.append("an asset's function cannot be `async`")
    returns = qualified_annotation(function.returns, scope)
    return AssetDeclaration(
        function=function.name,
        line=function.lineno,
        parameters=parameters,
        returns=returns,
        fields=records.get(returns, ()),
        doc=_doc(function),
        name=name,
        kind=kind,
        unit=unit,
        title=title,
        key=key,
        tolerance=tolerance,
        problem="; ".join(problems) or None,
    )


def _checks(function: Function, scope: Scope) -> list[CheckDeclaration]:
    """The function's checks: one for each `@check` above it."""
    return [
        _check(function, decorator, scope)
        for decorator in function.decorator_list
        if _decorates(decorator, scope) == "check"
    ]


def _check(function: Function, decorator: ast.expr, scope: Scope) -> CheckDeclaration:
    problems: list[str] = []
    options = _Options(decorator, "@check", problems)
    target = options.target("asset")
    asset, by_symbol = _checked_asset(target, scope)
    if not asset:
        problems.append('@check names no asset: write `@check(function)` or `@check("name")`')
    severity = options.text("severity")
    if severity is not None and severity not in _SEVERITIES:
        problems.append(f"`severity` of @check is {severity!r}, not one of {', '.join(_SEVERITIES)}")
    options.refuse_unknown()
    parameters = _parameters(function, scope, problems)
    return CheckDeclaration(
        function=function.name,
        line=function.lineno,
        parameters=parameters,
        asset=asset,
        by_symbol=by_symbol,
        severity=severity if severity in _SEVERITIES else "error",
        doc=_doc(function),
        problem="; ".join(problems) or None,
    )


def _decorates(decorator: ast.expr, scope: Scope) -> str | None:
    """`asset` or `check` where a decorator is onward's, however it was imported."""
    return onward_name(scope.qualified(decorator.func if isinstance(decorator, ast.Call) else decorator))


def _checked_asset(target: ast.expr | None, scope: Scope) -> tuple[str, bool]:
    """The asset that a check names, and whether it does so by a function."""
    if isinstance(target, ast.Constant) and isinstance(target.value, str):
        return _encodable(target.value), False
    if isinstance(target, ast.Call) and onward_name(scope.qualified(target.func)) == "ref":
        return _checked_asset(target.args[0] if len(target.args) == 1 else None, scope)
    dotted = _dotted(target)
    return dotted, bool(dotted)


def _dotted(expression: ast.expr | None) -> str:
    """`a.b.c` as written; empty for anything else."""
    tail: list[str] = []
    while isinstance(expression, ast.Attribute):
        tail.append(expression.attr)
        expression = expression.value
    return ".".join([expression.id, *reversed(tail)]) if isinstance(expression, ast.Name) else ""


class _Options:
    """The options that a decorator was called with; what is wrong with them goes into `problems`."""

    def __init__(self, decorator: ast.expr, name: str, problems: list[str]) -> None:
        self.name = name
        self.problems = problems
        self.positional = list(decorator.args) if isinstance(decorator, ast.Call) else []
        self.named: dict[str, ast.expr] = {}
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            if keyword.arg is None:
                problems.append(f"{name} takes its options by name, not by `**`")
            else:
                self.named[keyword.arg] = keyword.value

    def target(self, name: str) -> ast.expr | None:
        """The first positional argument, or the option called so."""
        given = self.positional.pop(0) if self.positional else self.named.pop(name, None)
        self.refuse_positional()
        return given

    def text(self, name: str) -> str | None:
        value = self._literal(name)
        if value is None or isinstance(value, str):
            return None if value is None else _encodable(value)
        self.problems.append(f"`{name}` of {self.name} is no text")
        return None

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._literal(name)
        if isinstance(value, str):
            return (_encodable(value),)
        if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
            return tuple(_encodable(item) for item in value)
        if value is not None:
            self.problems.append(f"`{name}` of {self.name} is no list of names")
        return ()

    def tolerance(self, name: str) -> Tolerance | None:
        value = self._literal(name)
        found = amount_or_share(value)
        if found is None and value is not None:
            self.problems.append(f'`{name}` of {self.name} is no amount (`0.1`) and no share (`"1 %"`)')
        return Tolerance(*found) if found is not None else None

    def refuse_positional(self) -> None:
        if self.positional:
            self.problems.append(f"{self.name} takes its options by name")
            self.positional = []

    def refuse_unknown(self) -> None:
        self.problems.extend(f"{self.name} has no option `{name}`" for name in self.named)

    def _literal(self, name: str) -> Any:
        expression = self.named.pop(name, None)
        try:
            return None if expression is None else ast.literal_eval(expression)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            self.problems.append(f"`{name}` of {self.name} is no literal, and is read without running the code")
            return None


# Parameters


def _parameters(function: Function, scope: Scope, problems: list[str]) -> tuple[ParameterDeclaration, ...]:
    given = function.args
    if given.vararg is not None:
        problems.append(f"`*{given.vararg.arg}` names no asset")
    if given.kwarg is not None:
        problems.append(f"`**{given.kwarg.arg}` names no asset")
    positional = [*given.posonlyargs, *given.args]
    missing: list[ast.expr | None] = [None] * (len(positional) - len(given.defaults))
    pairs = [
        *zip(positional, [*missing, *given.defaults], strict=True),
        *zip(given.kwonlyargs, given.kw_defaults, strict=True),
    ]
    return tuple(
        ParameterDeclaration(
            name=argument.arg,
            annotation=qualified_annotation(argument.annotation, scope),
            default=_default(default, scope),
            line=argument.lineno,
        )
        for argument, default in pairs
    )


def _default(expression: ast.expr | None, scope: Scope) -> Default:
    if expression is None:
        return Default()
    if isinstance(expression, ast.Call) and onward_name(scope.qualified(expression.func)) == "ref":
        argument = expression.args[0] if len(expression.args) == 1 else None
        asset, by_symbol = _checked_asset(argument, scope)
        if asset:
            return Default("ref symbol" if by_symbol else "ref", asset)
    try:
        # Escapes stay ASCII, so that any text can be held.
        return Default("value", json.dumps(ast.literal_eval(expression), allow_nan=False))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return Default("code", _source(expression))


def _source(expression: ast.expr) -> str:
    """An expression's text in its normal form."""
    try:
        return _encodable(ast.unparse(expression))
    except (RecursionError, ValueError):
        return f"<expression in line {expression.lineno}>"


# Annotations


def qualified_annotation(annotation: ast.expr | None, scope: Scope) -> str:
    """An annotation with its names made whole through the module's imports; empty where there is none.

    `pl.DataFrame` -> `polars.DataFrame`; texts are read as code; `X | None`, `Optional[X]` and `Annotated[X,
    ...]` are X; a name of the module's own stays as it is, unless it is bound once to another annotation.
    """
    return "" if annotation is None else _annotation(annotation, scope, 0)


def _annotation(node: ast.expr, scope: Scope, depth: int) -> str:
    if depth > _DEPTH:
        return _source(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _text_annotation(node, node.value, scope, depth)
    if isinstance(node, (ast.Name, ast.Attribute)):
        return _named_annotation(node, scope, depth)
    if isinstance(node, ast.Subscript):
        return _generic_annotation(node, scope, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either([_annotation(side, scope, depth + 1) for side in (node.left, node.right)])
    if isinstance(node, (ast.Tuple, ast.List)):
        inner = ", ".join(_annotation(element, scope, depth + 1) for element in node.elts)
        return f"[{inner}]" if isinstance(node, ast.List) else inner
    return _source(node)


def _text_annotation(node: ast.expr, text: str, scope: Scope, depth: int) -> str:
    try:
        parsed = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _encodable(text)
    return _annotation(ast.copy_location(parsed, node), scope, depth + 1)


def _named_annotation(node: ast.Name | ast.Attribute, scope: Scope, depth: int) -> str:
    name = scope.qualified(node)
    if name is not None:
        return name
    if isinstance(node, ast.Name):
        found = scope.lookup(node.id)
        if found is not None and len(found[1]) == 1:
            value = found[1][0].value
            if isinstance(value, (ast.Subscript, ast.BinOp)) and not found[1][0].each:
                return _annotation(value, scope, depth + 1)
    return _dotted(node) or _source(node)


def _generic_annotation(node: ast.Subscript, scope: Scope, depth: int) -> str:
    base = _annotation(node.value, scope, depth + 1)
    word = next((base.removeprefix(module) for module in _TYPING if base.startswith(module)), "")
    arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if word == "Literal":
        return f"{base}[{', '.join(_source(argument) for argument in arguments)}]"
    if word in _UNWRAPPED and arguments:
        return _annotation(arguments[0], scope, depth + 1)
    texts = [_annotation(argument, scope, depth + 1) for argument in arguments]
    return _either(texts) if word == "Union" else f"{base}[{', '.join(texts)}]"


def _either(choices: list[str]) -> str:
    """A union without None and repetitions."""
    kept = list(dict.fromkeys(part for choice in choices for part in choice.split(" | ") if part != "None"))
    return " | ".join(kept) or "None"


# Records


def _records(tree: ast.Module, scope: Scope) -> dict[str, tuple[str, ...]]:
    """The TypedDicts, dataclasses and NamedTuples of a module with their fields, inherited ones first."""
    records: dict[str, tuple[str, ...]] = {}
    for node in _top_level(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        bases = [_annotation(base, scope, 0).partition("[")[0] for base in node.bases]
        is_record = any(base in records for base in bases) or any(
            base.startswith(_TYPING) and base.rpartition(".")[2] in ("TypedDict", "NamedTuple") for base in bases
        )
        if is_record or any(_is_dataclass(decorator, scope) for decorator in node.decorator_list):
            inherited = [field for base in bases for field in records.get(base, ())]
            records[node.name] = tuple(dict.fromkeys([*inherited, *_fields(node, scope)]))
    return records


def _is_dataclass(decorator: ast.expr, scope: Scope) -> bool:
    name = scope.qualified(decorator.func if isinstance(decorator, ast.Call) else decorator)
    return name in ("dataclasses.dataclass", "pydantic.dataclasses.dataclass")


def _fields(node: ast.ClassDef, scope: Scope) -> list[str]:
    return [
        statement.target.id
        for statement in node.body
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and not _is_no_field(statement.annotation, scope)
    ]


def _is_no_field(annotation: ast.expr, scope: Scope) -> bool:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return (scope.qualified(outer) or "").rpartition(".")[2] in ("ClassVar", "KW_ONLY", "InitVar")
