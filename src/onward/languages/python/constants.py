"""The constant values that expressions of a Python module have, above all the paths that they spell.

It reads literals, names bound exactly once, f-strings, `+`, `%` and `/`, `os.path` and `pathlib`; loops over
literal collections give several values. It knows nothing of files: what it says is text. An expression with
any unknown part has no value at all.
"""

from __future__ import annotations

import ast
import itertools
import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from onward.languages.python.bindings import Binding, Scope

_DEPTH = 40
_MOST_VALUES = 200
"""More than that many values of one expression are none: a computed collection, and no literal."""
_LONGEST_TEXT = 10_000

FILE_FOLDER = "<file>"
"""Stands for the folder of the file that the code is in."""
THIS_FILE = "<file>/<itself>"
PACKAGE = "<package>"
"""Stands, before its dotted name, for the folder of a package that is imported."""


@dataclass(frozen=True, slots=True)
class FilePath:
    """A `pathlib` path with this text."""

    text: str


Value = str | int | float | bool | None | FilePath | tuple["Value", ...] | dict["Value", "Value"]
Values = tuple[Value, ...]
"""The values that an expression takes, one after the other; empty where it is no constant."""

_PATH_CLASSES = {"Path", "PurePath", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"}
_SAME_PATH_METHODS = {"resolve", "absolute", "as_posix", "expanduser", "__fspath__"}
_SAME_PATH_FUNCTIONS = {
    "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser", "os.path.expandvars",
    "os.fspath",
}  # fmt: skip


def values(expression: ast.expr, scope: Scope) -> Values:
    """The constant values of `expression` as seen from `scope`; empty where any part is unknown."""
    return _values(expression, scope, 0)


def package_folder(expression: ast.expr, scope: Scope) -> str | None:
    """The folder of the package that an argument of `importlib.resources` means: by its name, or itself imported."""
    if isinstance(expression, ast.Name) and expression.id in ("__package__", "__name__"):
        return FILE_FOLDER
    if isinstance(expression, ast.Attribute) and ast.unparse(expression) == "__spec__.parent":
        return FILE_FOLDER
    named = values(expression, scope)
    name = named[0] if len(named) == 1 else scope.qualified(expression)
    is_dotted = isinstance(name, str) and all(part.isidentifier() for part in name.split("."))
    return f"{PACKAGE}{name}" if is_dotted else None


def path_text(value: Value) -> str | None:
    """The path that a value spells, or None where it is neither text nor a path."""
    if isinstance(value, FilePath):
        return value.text
    return value if isinstance(value, str) else None


def join(*parts: str) -> str:
    """The parts as one path, as `os.path.join` does it, without `./` and doubled slashes."""
    return plain(posixpath.join(*parts)) if parts else ""


def plain(path: str) -> str:
    """`path` without `./` and doubled slashes; `..` and a trailing slash stay."""
    if path in ("", ".", "./"):
        return path
    start = "/" if path.startswith("/") else ""
    end = "/" if path.endswith("/") else ""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return start + "/".join(parts) + end if parts else start or "."


def _values(expression: ast.expr, scope: Scope, depth: int) -> Values:
    if depth > _DEPTH:
        return ()
    read = _READERS.get(type(expression))
    found = read(expression, scope, depth + 1) if read is not None else ()
    return found if len(found) <= _MOST_VALUES else ()


def _product(expressions: Iterable[ast.expr], scope: Scope, depth: int) -> list[Values]:
    """Every combination of the values of several expressions; empty where one of them is unknown."""
    each: list[Values] = []
    count = 1
    for expression in expressions:
        each.append(_values(expression, scope, depth))
        count *= len(each[-1])
        if not 0 < count <= _MOST_VALUES:
            return []
    return [tuple(combination) for combination in itertools.product(*each)]


def _mapped(combinations: Iterable[Values], make: Callable[..., Value]) -> Values:
    """`make` of each combination; empty where it fails for any, as the code itself would."""
    try:
        made = tuple(make(*combination) for combination in combinations)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, MemoryError):
        return ()
    return () if any(isinstance(value, str) and len(value) > _LONGEST_TEXT for value in made) else made


# Readers of the kinds of expression


def _constant(node: ast.Constant, _scope: Scope, _depth: int) -> Values:
    value = node.value
    return (value,) if value is None or isinstance(value, (str, int, float, bool)) else ()


def _name(node: ast.Name, scope: Scope, depth: int) -> Values:
    found = scope.lookup(node.id)
    if found is None:
        return (THIS_FILE,) if node.id == "__file__" else ()
    owner, _ = found
    return _named_value(node.id, owner, depth)


def _named_value(name: str, owner: Scope, depth: int) -> Values:
    """What a name of the scope `owner` is bound to, where that happens exactly once."""
    bindings = owner.names.get(name, [])
    if len(bindings) != 1:
        return ()
    if name not in owner.memo:
        owner.memo[name] = ()  # what a circle of names comes back to
        owner.memo[name] = _bound(bindings[0], owner, depth)
    return owner.memo[name]


def _bound(binding: Binding, scope: Scope, depth: int) -> Values:
    if binding.value is None:
        return ()
    found = _items(binding.value, scope, depth) if binding.each else _values(binding.value, scope, depth)
    if binding.index is None:
        return found
    index = binding.index
    if not all(isinstance(value, tuple) and index < len(value) for value in found):
        return ()
    return tuple(value[index] for value in found if isinstance(value, tuple))


def _items(expression: ast.expr, scope: Scope, depth: int) -> Values:
    """What a loop over `expression` yields."""
    if depth > _DEPTH:
        return ()
    if isinstance(expression, ast.Call):
        counted = _counted(expression, scope, depth + 1)
        if counted is not None:
            return counted
    collections = _values(expression, scope, depth + 1)
    if not collections or not all(isinstance(collection, (tuple, dict)) for collection in collections):
        return ()
    items = [item for collection in collections if isinstance(collection, (tuple, dict)) for item in collection]
    return tuple(items) if len(items) <= _MOST_VALUES else ()


def _counted(call: ast.Call, scope: Scope, depth: int) -> Values | None:
    """What `range`, `enumerate`, `zip` and `sorted` yield; None for any other call."""
    name = scope.qualified(call.func)
    if call.keywords or name not in ("range", "enumerate", "zip", "sorted", "reversed"):
        return None
    if name == "range":
        combinations = _product(call.args, scope, depth)
        if len(combinations) != 1 or not all(isinstance(bound, int) for bound in combinations[0]):
            return ()
        try:
            numbers = range(*combinations[0])  # type: ignore[arg-type]
            return tuple(numbers) if len(numbers) <= _MOST_VALUES else ()
        except (TypeError, ValueError, OverflowError):
            return ()
    columns = [_items(argument, scope, depth) for argument in call.args]
    if not columns or not all(columns):
        return ()
    if name == "enumerate":
        return tuple((index, item) for index, item in enumerate(columns[0])) if len(columns) == 1 else ()
    return tuple(zip(*columns, strict=False)) if name == "zip" else columns[0]


def _attribute(node: ast.Attribute, scope: Scope, depth: int) -> Values:
    inner = _class_scope(node.value, scope)
    if inner is not None:
        return _named_value(node.attr, inner, depth)
    if node.attr == "parent":
        return _mapped(((value,) for value in _values(node.value, scope, depth)), _path_parent)
    if node.attr in ("name", "stem", "suffix"):
        return _mapped(((value,) for value in _values(node.value, scope, depth)), _path_word(node.attr))
    if scope.qualified(node) in ("os.sep", "os.path.sep"):
        return ("/",)
    return (".",) if scope.qualified(node) in ("os.curdir", "os.path.curdir") else ()


def _class_scope(expression: ast.expr, scope: Scope) -> Scope | None:
    """The scope of the module's own class that a name stands for: `Config` in `Config.DATA`."""
    found = scope.lookup(expression.id) if isinstance(expression, ast.Name) else None
    return found[1][0].inner if found is not None and len(found[1]) == 1 else None


def _path_parent(value: Value) -> Value:
    if not isinstance(value, FilePath):
        raise TypeError("only paths have a parent")
    return FilePath(_parent(value.text))


def _parent(path: str) -> str:
    """The folder of `path`; above a place that is not known by name, `..` says so."""
    if path == THIS_FILE:
        return FILE_FOLDER
    last = posixpath.basename(path.rstrip("/"))
    if path == FILE_FOLDER or last == "..":
        return f"{path.rstrip('/')}/.."
    if path in (".", ""):
        return ".."
    return posixpath.dirname(path.rstrip("/")) or ("/" if path.startswith("/") else ".")


def _path_word(word: str) -> Callable[[Value], Value]:
    def of(value: Value) -> Value:
        if not isinstance(value, FilePath) or value.text == THIS_FILE:
            raise TypeError("only named paths have one")
        name = posixpath.basename(value.text)
        stem, suffix = posixpath.splitext(name)
        return {"name": name, "stem": stem, "suffix": suffix}[word]

    return of


def _joined_text(node: ast.JoinedStr, scope: Scope, depth: int) -> Values:
    return _mapped(_product(node.values, scope, depth), lambda *parts: "".join(str(part) for part in parts))


def _formatted(node: ast.FormattedValue, scope: Scope, depth: int) -> Values:
    spec: Values = ("",) if node.format_spec is None else _values(node.format_spec, scope, depth)
    convert = {-1: lambda value: value, 115: str, 114: repr, 97: ascii}[node.conversion]

    def text(value: Value, form: Value) -> Value:
        if isinstance(value, FilePath):
            value = value.text
        if not isinstance(form, str) or _is_wide(form):
            raise TypeError("no text of a reasonable length")
        return format(convert(value), form)

    return _mapped(itertools.product(_values(node.value, scope, depth), spec), text)


def _is_wide(form: str) -> bool:
    """Whether a format asks for more than 99 places, or for a computed width: no name of a file does."""
    return re.search(r"[1-9]\d\d|[*{]", form) is not None


def _binary(node: ast.BinOp, scope: Scope, depth: int) -> Values:
    operate = next((operate for kind, operate in _OPERATORS if isinstance(node.op, kind)), None)
    return () if operate is None else _mapped(_product((node.left, node.right), scope, depth), operate)


def _plus(left: Value, right: Value) -> Value:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left + right
    if isinstance(left, tuple) and isinstance(right, tuple):
        return left + right
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    raise TypeError("these do not add")


def _minus(left: Value, right: Value) -> Value:
    if isinstance(left, int) and isinstance(right, int):
        return left - right
    raise TypeError("these do not subtract")


def _slash(left: Value, right: Value) -> Value:
    start, rest = path_text(left), path_text(right)
    if start is None or rest is None or not (isinstance(left, FilePath) or isinstance(right, FilePath)):
        raise TypeError("only paths join by a slash")
    return FilePath(join(start, rest))


def _percent(left: Value, right: Value) -> Value:
    if not isinstance(left, str) or any(_is_wide(form) for form in re.findall(r"%[^a-zA-Z%]*", left)):
        raise TypeError("only text is filled in")
    filled = right if isinstance(right, tuple) else (right,)
    return left % tuple(item.text if isinstance(item, FilePath) else item for item in filled)


def _sequence(node: ast.Tuple | ast.List | ast.Set, scope: Scope, depth: int) -> Values:
    if any(isinstance(element, ast.Starred) for element in node.elts) or len(node.elts) > _MOST_VALUES:
        return ()
    if not node.elts:
        return ((),)
    return tuple(_product(node.elts, scope, depth))


def _dictionary(node: ast.Dict, scope: Scope, depth: int) -> Values:
    keys = [key for key in node.keys if key is not None]
    if len(keys) != len(node.keys) or len(keys) > _MOST_VALUES:
        return ()
    texts = [_values(key, scope, depth) for key in keys]
    contents = [_values(value, scope, depth) for value in node.values]
    if not all(len(found) == 1 for found in texts + contents):
        return ()
    return _mapped([()], lambda: {key[0]: content[0] for key, content in zip(texts, contents, strict=True)})


def _subscript(node: ast.Subscript, scope: Scope, depth: int) -> Values:
    if isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
        return _mapped(_product((node.value.value, node.slice), scope, depth), _ancestor)

    def item(collection: Value, key: Value) -> Value:
        if isinstance(collection, dict):
            return collection[key]
        if isinstance(collection, tuple) and isinstance(key, int):
            return collection[key]
        raise TypeError("no item of a collection")

    return _mapped(_product((node.value, node.slice), scope, depth), item)


def _ancestor(value: Value, index: Value) -> Value:
    if not isinstance(value, FilePath) or not isinstance(index, int) or not 0 <= index < _DEPTH:
        raise TypeError("no ancestor of a path")
    text = value.text
    for _ in range(index + 1):
        text = _parent(text)
    return FilePath(text)


def _negative(node: ast.UnaryOp, scope: Scope, depth: int) -> Values:
    if not isinstance(node.op, ast.USub):
        return ()
    return _mapped(((value,) for value in _values(node.operand, scope, depth)), lambda value: -value)


def _walrus(node: ast.NamedExpr, scope: Scope, depth: int) -> Values:
    return _values(node.value, scope, depth)


def _call(node: ast.Call, scope: Scope, depth: int) -> Values:
    name = scope.qualified(node.func)
    if name is not None:
        found = _function_call(name, node, scope, depth)
        if found is not None:
            return found
    return _method_call(node, scope, depth) if isinstance(node.func, ast.Attribute) else ()


def _function_call(name: str, node: ast.Call, scope: Scope, depth: int) -> Values | None:
    """What a known function gives; None where the function is not known."""
    last = name.rpartition(".")[2]
    if name in ("os.getcwd", "pathlib.Path.cwd"):
        return (FilePath("."),) if last == "cwd" else (".",)
    if name in ("importlib.resources.files", "importlib_resources.files") and len(node.args) == 1:
        folder = package_folder(node.args[0], scope)
        return (FilePath(folder),) if folder is not None else ()
    makers: dict[str, Callable[..., Value]] = {
        "os.path.join": lambda *parts: join(*_texts(parts)),
        "os.path.dirname": lambda value: _parent(_text(value)),
        "os.path.basename": lambda value: posixpath.basename(_named(_text(value))),
        "str": lambda value: value.text if isinstance(value, FilePath) else str(value),
        "int": _whole,
        "tuple": _tuple,
        "list": _tuple,
    }
    make = makers.get(name)
    if name in _SAME_PATH_FUNCTIONS and len(node.args) == 1:
        make = _text
    elif name.startswith("pathlib.") and last in _PATH_CLASSES:
        make = _path
    if make is None:
        return None
    return () if node.keywords else _mapped(_product(node.args, scope, depth) if node.args else [()], make)


def _path(*parts: Value) -> Value:
    text = join(*_texts(parts)) or "."
    return FilePath(text.rstrip("/") or "/")


def _whole(value: Value) -> Value:
    if isinstance(value, (str, int, float)):
        return int(value)
    raise TypeError("no number")


def _tuple(value: Value) -> Value:
    if isinstance(value, (tuple, dict)):
        return tuple(value)
    raise TypeError("no collection")


def _text(value: Value) -> str:
    text = path_text(value)
    if text is None:
        raise TypeError("neither text nor a path")
    return text


def _texts(given: Iterable[Value]) -> list[str]:
    return [_text(value) for value in given]


def _named(path: str) -> str:
    if path in (THIS_FILE, FILE_FOLDER):
        raise ValueError("the file's own name is not known here")
    return path


def _method_call(node: ast.Call, scope: Scope, depth: int) -> Values:
    if not isinstance(node.func, ast.Attribute):
        return ()
    method = node.func.attr
    receivers = _values(node.func.value, scope, depth)
    if not receivers:
        return ()
    if method == "format":
        return _format_call(node, receivers, scope, depth)
    if method in _SAME_PATH_METHODS:
        return receivers if all(isinstance(value, FilePath) for value in receivers) else ()
    make = _METHODS.get(method)
    if make is None or node.keywords:
        return ()
    combinations = _product(node.args, scope, depth) if node.args else [()]
    return _mapped(((receiver, *given) for receiver in receivers for given in combinations), make)


def _format_call(node: ast.Call, receivers: Values, scope: Scope, depth: int) -> Values:
    words = [keyword.arg for keyword in node.keywords]
    if None in words:
        return ()
    given = _product([*node.args, *(keyword.value for keyword in node.keywords)], scope, depth)

    def fill(receiver: Value, *found: Value) -> Value:
        if not isinstance(receiver, str) or not _is_plain_format(receiver):
            raise TypeError("no plain format")
        plain_values = [value.text if isinstance(value, FilePath) else value for value in found]
        count = len(node.args)
        named = {word: value for word, value in zip(words, plain_values[count:], strict=True) if word is not None}
        return receiver.format(*plain_values[:count], **named)

    return _mapped(((receiver, *found) for receiver in receivers for found in given), fill)


def _is_plain_format(form: str) -> bool:
    """Whether no field of a format reaches into attributes, nests, or is wider than a name of a file."""
    fields = [piece.partition("}")[0] for piece in form.replace("{{", "").split("{")[1:]]
    nested = re.search(r"\{[^{}]*\{", form.replace("{{", "")) is not None
    names_and_forms = [field.partition(":") for field in fields]
    return not nested and not any("." in name or _is_wide(form) for name, _, form in names_and_forms)


def _joinpath(receiver: Value, *parts: Value) -> Value:
    if not isinstance(receiver, FilePath):
        raise TypeError("no path")
    return FilePath(join(receiver.text, *_texts(parts)))


def _with_name(receiver: Value, name: Value) -> Value:
    if not isinstance(receiver, FilePath) or not isinstance(name, str):
        raise TypeError("no path")
    return FilePath(join(_parent(receiver.text), name))


def _with_suffix(receiver: Value, suffix: Value) -> Value:
    if not isinstance(receiver, FilePath) or not isinstance(suffix, str):
        raise TypeError("no path")
    return FilePath(posixpath.splitext(_named(receiver.text))[0] + suffix)


def _mapping_part(part: str) -> Callable[[Value], Value]:
    def of(receiver: Value) -> Value:
        if not isinstance(receiver, dict):
            raise TypeError("no mapping")
        return {
            "items": tuple(receiver.items()),
            "values": tuple(receiver.values()),
            "keys": tuple(receiver),
        }[part]

    return of


def _text_method(method: str) -> Callable[..., Value]:
    def of(receiver: Value, *given: Value) -> Value:
        if not isinstance(receiver, str):
            raise TypeError("no text")
        made = getattr(receiver, method)(*given)
        return tuple(made) if isinstance(made, list) else made

    return of


_OPERATORS: tuple[tuple[type[ast.operator], Callable[..., Value]], ...] = (
    (ast.Add, _plus),
    (ast.Div, _slash),
    (ast.Mod, _percent),
    (ast.Sub, _minus),
)

_METHODS: dict[str, Callable[..., Value]] = {
    "joinpath": _joinpath,
    "with_name": _with_name,
    "with_suffix": _with_suffix,
    **{part: _mapping_part(part) for part in ("items", "values", "keys")},
    **{
        method: _text_method(method)
        for method in (
            "lower",
            "upper",
            "strip",
            "rstrip",
            "lstrip",
            "replace",
            "title",
            "split",
            "removesuffix",
        )
    },
}

_READERS: dict[type[ast.expr], Callable[..., Values]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.JoinedStr: _joined_text,
    ast.FormattedValue: _formatted,
    ast.BinOp: _binary,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dictionary,
    ast.Subscript: _subscript,
    ast.UnaryOp: _negative,
    ast.NamedExpr: _walrus,
    ast.Call: _call,
}
