"""Whether a Python file acts when it is run: whether it is a script, or only defines things for others.

The rule, over everything that runs as the file is imported, and over its `__main__` guard:

- imports, definitions with their decorators and class bodies, and constants do not act;
- a call acts, unless it is known to do nothing but make a value (builtins, `Path(...)`, `re.compile`,
  `logging`,
  `TypeVar`, numpy's and polars' constructors), to configure (`sys.path.insert`, `warnings.filterwarnings`,
  `pd.set_option`, `plt.style.use`, `os.makedirs`), makes an object whose class is named so (`app =
  Flask(...)`), or is a method of a value made in one of these ways (`COLUMNS.append(...)`,
  `logger.setLevel(...)`);
- whatever reads or writes a file acts, whoever makes the call, and so do `print` and `input`;
- what stands under `if TYPE_CHECKING` or `except ImportError` is never counted.
"""

from __future__ import annotations

import ast
import builtins
import re

from onward.languages.python.bindings import Binding, Scope, Scopes
from onward.languages.python.literals import SPECIFIC, onward_name

_ACTING_BUILTINS = {
    "print",
    "input",
    "open",
    "exec",
    "eval",
    "compile",
    "exit",
    "quit",
    "breakpoint",
    "help",
    "__import__",
}
_VALUE_MODULES = {
    "abc", "ast", "bisect", "calendar", "collections", "contextlib", "contextvars", "copy", "dataclasses",
    "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "itertools", "locale",
    "logging", "math", "numbers", "operator", "pathlib", "re", "statistics", "string", "sys", "textwrap",
    "threading", "types", "typing", "typing_extensions", "unicodedata", "uuid", "warnings", "zoneinfo",
    "platform", "struct", "gc", "signal", "atexit",
}  # fmt: skip
"""Modules of the standard library whose calls make values or configure the process."""
_VALUES = {
    "os.getenv", "os.getcwd", "os.fspath", "os.cpu_count", "os.makedirs", "os.mkdir", "os.getpid", "os.chdir",
    "time.tzset", "json.dumps", "json.loads", "multiprocessing.set_start_method", "importlib.import_module",
    "importlib.metadata.version", "importlib.util.find_spec", "pkgutil.extend_path", "tempfile.gettempdir",
    "pandas.to_datetime", "pandas.to_timedelta", "pandas.date_range", "pandas.period_range",
    "pandas.option_context", "numpy.array", "numpy.asarray", "numpy.arange", "numpy.linspace",
    "numpy.logspace", "numpy.zeros", "numpy.ones", "numpy.empty", "numpy.full", "numpy.eye", "numpy.dtype",
    "numpy.finfo", "numpy.iinfo", "numpy.sqrt", "numpy.log", "numpy.exp", "numpy.deg2rad", "numpy.radians",
    "numpy.random.default_rng", "numpy.timedelta64", "numpy.datetime64", "polars.col", "polars.lit",
    "polars.when", "polars.struct", "polars.element", "polars.len", "polars.all", "polars.date",
    "polars.datetime", "polars.duration", "polars.concat_str", "polars.exclude", "polars.format",
    "narwhals.col", "narwhals.lit", "ibis.literal", "duckdb.typing", "sqlalchemy.orm.declarative_base",
    "sqlalchemy.text", "sqlalchemy.ext.declarative.declarative_base", "attr.ib", "attrs.field",
    "pydantic.Field", "onward.ref", "onward.api.ref", "seaborn.color_palette", "matplotlib.pyplot.get_cmap",
    "matplotlib.cm.get_cmap", "cycler.cycler",
}  # fmt: skip
_VALUE_PREFIXES = (
    "os.path.", "os.environ.", "numpy.polynomial.", "pandas.options.", "polars.selectors.", "polars.Config.",
    "matplotlib.rcParams.", "matplotlib.pyplot.rcParams.", "sys.path.",
)  # fmt: skip
_CONFIGURES = re.compile(
    r"(set|set_\w+|use|use_\w+|seed|manual_seed|rc|rcdefaults|register\w*|deregister\w*|configure\w*|basicConfig|"
    r"filterwarnings|simplefilter|disable\w*|enable\w*|load_dotenv|dotenv_values|install|pandas|seterr|init_printing|"
    r"getLogger|get_logger)\Z"
)
_ACTING_METHODS = set(SPECIFIC) | {
    "read_text", "read_bytes", "write_text", "write_bytes", "open", "iterdir", "glob", "rglob", "unlink",
    "rename", "rmdir", "touch", "run", "main", "execute", "fit",
}  # fmt: skip
_VALUE_EXPRESSIONS = (
    ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.BinOp, ast.BoolOp, ast.Compare,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.IfExp, ast.UnaryOp,
)  # fmt: skip
_GUARDED = {"ImportError", "ModuleNotFoundError"}


def acts(tree: ast.Module, scopes: Scopes) -> bool:
    """Whether the file's top level, or its `__main__` guard, does more than the module's docstring allows."""
    stack: list[tuple[ast.AST, Scope]] = [(node, scopes.module) for node in reversed(tree.body)]
    kept: set[int] = set()  # calls whose value is bound to a name
    while stack:
        node, scope = stack.pop()
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and isinstance(node.value, ast.Call):
            kept.add(id(node.value))
        if isinstance(node, ast.Call) and _call_acts(node, scope, id(node) in kept):
            return True
        inside = scopes.inside(node, scope)
        stack.extend((part, inside) for part in reversed(_what_runs(node, scope)))
    return False


def _what_runs(node: ast.AST, scope: Scope) -> list[ast.AST]:
    """The parts of `node` that run as the file is run and that are no definition."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return []
    if isinstance(node, ast.If) and (scope.qualified(node.test) or "").endswith("TYPE_CHECKING"):
        return list(node.orelse)
    if isinstance(node, ast.ExceptHandler) and _catches_missing_import(node):
        return []
    if isinstance(node, ast.AnnAssign):
        return [part for part in (node.target, node.value) if part is not None]
    return list(ast.iter_child_nodes(node))


def _catches_missing_import(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in _GUARDED for kind in kinds)


def _call_acts(call: ast.Call, scope: Scope, is_kept: bool) -> bool:
    name = scope.qualified(call.func)
    if name is not None:
        return _named_call_acts(name, is_kept)
    function = call.func
    if isinstance(function, ast.Name):
        # The module's own: a class makes a value, a function may do anything.
        return not (is_kept and _is_class_name(function.id))
    if isinstance(function, ast.Attribute):
        return function.attr in _ACTING_METHODS or not _is_value(function.value, scope)
    return True


def _named_call_acts(name: str, is_kept: bool) -> bool:
    root, _, rest = name.partition(".")
    last = name.rpartition(".")[2]
    if not rest:
        return name in _ACTING_BUILTINS or not hasattr(builtins, name)
    if last in _ACTING_METHODS or name.startswith(
        ("sys.exit", "sys.stdin", "sys.stdout.write", "logging.config.fileConfig")
    ):
        return last not in ("register", "install")
    if root in _VALUE_MODULES or name in _VALUES or name.startswith(_VALUE_PREFIXES):
        return False
    if onward_name(name) in ("ref", "asset", "check", "today"):
        return False
    if _CONFIGURES.match(last):
        return False
    is_type_of_frame = root in (
        "pandas",
        "polars",
        "numpy",
        "pyarrow",
        "altair",
        "sqlalchemy",
    ) and _is_class_name(last)
    return not ((is_kept or is_type_of_frame) and _is_class_name(last)) or last in (
        "ExcelFile",
        "ExcelWriter",
        "HDFStore",
        "ZipFile",
    )


def _is_class_name(name: str) -> bool:
    return re.match(r"_*[A-Z]\w*[a-z]", name) is not None


def _is_value(receiver: ast.expr, scope: Scope, depth: int = 0) -> bool:
    """Whether a method's object is a plain value, so that its methods do nothing but to it."""
    while isinstance(receiver, (ast.Attribute, ast.Subscript)):
        receiver = receiver.value
    if isinstance(receiver, ast.Call):
        # What it is called on, or made by, is judged as a call of its own; here only what it gives matters.
        name = scope.qualified(receiver.func)
        if name is not None:
            return not _named_call_acts(name, False)
        return isinstance(receiver.func, ast.Attribute) and _is_value(receiver.func.value, scope, depth + 1)
    if isinstance(receiver, ast.Name):
        found = scope.lookup(receiver.id)
        return found is not None and all(_binds_value(binding, scope, depth) for binding in found[1])
    return isinstance(receiver, _VALUE_EXPRESSIONS)


def _binds_value(binding: Binding, scope: Scope, depth: int) -> bool:
    return binding.value is not None and depth < 8 and (binding.each or _is_value(binding.value, scope, depth + 1))
