"""Which top-level code certainly does nothing but bind its name, and certainly does not fail.

Whatever is not recognised here counts for everyone who imports the module; so a mistake in this file must be
one of caution. Knows the names that certainly are bound above the code in question; runs nothing but the
constructors of the standard library's values, on literals.
"""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from onward.languages.python.normal import every_node, is_plain_annotation, meaningful
from onward.languages.python.uses import annotations_of, dotted

INERT_DECORATORS = frozenset(
    {"property", "staticmethod", "classmethod"}
    | {"functools.wraps", "functools.lru_cache", "functools.cache", "functools.cached_property"}
    | {"contextlib.contextmanager", "contextlib.asynccontextmanager", "abc.abstractmethod"}
    | {
        "typing.overload",
        "typing.final",
        "typing.override",
        "typing.runtime_checkable",
        "typing.no_type_check",
    }
    | {"dataclasses.dataclass", "numba.njit", "numba.jit"}
    | {"onward.asset", "onward.check", "onward.api.asset", "onward.api.check"}
)
STEP_DECORATORS = frozenset({"onward.asset", "onward.check", "onward.api.asset", "onward.api.check"})
INERT_BASES = frozenset(
    {"object", "abc.ABC", "typing.Protocol", "typing.Generic", "typing.TypedDict", "typing.NamedTuple"}
    | {"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"}
    | {"sklearn.base.BaseEstimator", "sklearn.base.TransformerMixin", "sklearn.base.RegressorMixin"}
    | {"sklearn.base.ClassifierMixin", "sklearn.base.ClusterMixin", "torch.nn.Module"}
    | {"str", "int", "float", "dict", "list", "tuple", "set", "frozenset"}
    | {
        name
        for name in dir(builtins)
        if isinstance(getattr(builtins, name), type) and issubclass(getattr(builtins, name), BaseException)
    }
)
ENUMS = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"})
STRICT_BASES = ENUMS | {"typing.Protocol", "typing.TypedDict", "typing.NamedTuple"}
"""Those that refuse most classes beside them."""
LAYOUTS = frozenset(name for name in INERT_BASES if "." not in name and name != "object")
"""Builtin types, of which a class can come from one alone."""
_ENUM_METHODS = frozenset({"__init__", "__new__", "_generate_next_value_", "__set_name__", "__init_subclass__"})
_NAMED_TUPLE_METHODS = frozenset(
    {"__new__", "__init__", "__slots__", "__getnewargs__", "_fields", "_field_defaults", "_field_types"}
    | {"_make", "_replace", "_asdict", "_source"}
)
_DATACLASS_OPTIONS = frozenset(
    {"init", "repr", "eq", "order", "unsafe_hash", "frozen", "match_args", "kw_only", "slots"}
)
_COMPARISONS = frozenset({"__lt__", "__le__", "__gt__", "__ge__"})
HARMLESS_MODULES = frozenset(
    {"__future__", "abc", "argparse", "array", "ast", "base64", "bisect", "calendar", "cmath", "collections"}
    | {"collections.abc", "concurrent.futures", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal"}
    | {"difflib", "enum", "fractions", "functools", "glob", "gzip", "hashlib", "heapq", "html", "inspect", "io"}
    | {"itertools", "json", "logging", "math", "numbers", "operator", "os", "os.path", "pathlib", "pickle", "pprint"}
    | {"random", "re", "shutil", "sqlite3", "statistics", "string", "struct", "subprocess", "sys", "tempfile"}
    | {"textwrap", "time", "types", "typing", "unicodedata", "urllib.parse", "urllib.request", "uuid", "warnings"}
    | {"xml.etree.ElementTree", "zipfile", "zlib", "zoneinfo"}
)
"""Modules of the standard library that every Python from 3.9 on has, and whose import no result can show."""
INERT_VALUES = HARMLESS_MODULES | {"numpy", "pandas", "polars", "pyarrow"}
"""Modules whose values take no notice of a class that binds them."""
ALWAYS_THERE = frozenset(
    {f"functools.{name}" for name in ("cache", "cached_property", "lru_cache", "partial", "reduce", "wraps")}
    | {f"collections.{name}" for name in ("Counter", "OrderedDict", "defaultdict", "deque", "namedtuple")}
    | {f"collections.abc.{name}" for name in ("Callable", "Iterable", "Iterator", "Mapping", "Sequence")}
    | {f"contextlib.{name}" for name in ("contextmanager", "nullcontext", "suppress")}
    | {f"dataclasses.{name}" for name in ("asdict", "astuple", "dataclass", "field", "fields", "replace")}
    | {f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta", "timezone")}
    | {f"itertools.{name}" for name in ("chain", "combinations", "count", "groupby", "islice", "product", "repeat")}
    | {f"math.{name}" for name in ("ceil", "exp", "floor", "inf", "isclose", "isnan", "log", "nan", "pi", "sqrt")}
    | {f"operator.{name}" for name in ("attrgetter", "itemgetter")}
    | {f"typing.{name}" for name in ("Any", "Callable", "Dict", "Generic", "Iterable", "Iterator", "List", "Literal")}
    | {f"typing.{name}" for name in ("Mapping", "NamedTuple", "Optional", "Protocol", "Sequence", "Set", "Tuple")}
    | {f"typing.{name}" for name in ("TYPE_CHECKING", "TypeVar", "TypedDict", "Union", "cast", "overload")}
    | {"abc.ABC", "abc.abstractmethod", "copy.copy", "copy.deepcopy", "decimal.Decimal", "enum.Enum", "enum.IntEnum"}
    | {"fractions.Fraction", "glob.glob", "io.BytesIO", "io.StringIO", "os.environ", "os.path", "pathlib.Path"}
    | {
        "logging.getLogger",
        "statistics.mean",
        "statistics.median",
        "urllib.parse.quote",
        "urllib.parse.urlencode",
        "zoneinfo.ZoneInfo",
    }
    | {"__future__.annotations"}
)
"""Names in them that every Python from 3.9 on has: that they are there cannot change with an edit."""
WELL_KNOWN = frozenset(
    {
        "functools",
        "contextlib",
        "abc",
        "typing",
        "typing_extensions",
        "dataclasses",
        "numba",
        "onward",
        "enum",
    }
    | {"sklearn", "torch", "re", "logging", "pathlib", "collections", "datetime", "decimal", "fractions"}
    | {"importlib", "inspect", "builtins", "numexpr", "pkgutil", "runpy", "timeit", "sys"}
)
"""Packages whose meaning is taken for granted: a workspace with its own of that name is read with care."""

BUILTINS = frozenset(dir(builtins)) | {
    "ExceptionGroup",
    "BaseExceptionGroup",
    "PythonFinalizationError",
    "anext",
}
_BUILTIN_TYPES = frozenset(name for name in BUILTINS if isinstance(getattr(builtins, name, None), type))
_MODULE_TEXTS = frozenset({"__name__", "__file__", "__doc__"})
_TRIED: dict[str, Callable[..., Any]] = {
    "re.compile": re.compile,
    "datetime.date": date,
    "datetime.datetime": datetime,
    "datetime.timedelta": timedelta,
    "decimal.Decimal": Decimal,
    "fractions.Fraction": Fraction,
}
_EMPTY = {
    "list": "list",
    "dict": "dict",
    "set": "set",
    "frozenset": "other",
    "tuple": "other",
    "object": "other",
}
_EMPTY |= {"collections.OrderedDict": "dict", "collections.Counter": "dict", "collections.deque": "other"}
_EMPTY |= {"logging.getLogger": "other"}
_OF_TEXTS = {"logging.getLogger": "other", "pathlib.Path": "path", "typing.TypeVar": "other"}
_GENERICS = frozenset({"list", "dict", "tuple", "set", "frozenset", "type"})
_GENERIC_MODULES = ("typing.", "collections.", "typing_extensions.", "numpy.typing.")
_LITERAL = ("number", "text")
_MUTATIONS = {
    "list": {"append": 1, "insert": 2},
    "set": {"add": 1},
    "dict": {"setdefault": 2},
}


class Purity:
    """Judges expressions by what certainly stands above them.

    Attributes:
        names: all names that the module binds anywhere.
        externals: names that mean one thing outside of the module (`pl` -> `polars`).
        known: names certainly bound above, with the kind of their value: `number`, `text`, `list`, `dict`,
            `set`, `path`, `function`, `class`, `object` (it may have methods of its own), `other`.
    """

    def __init__(self, names: frozenset[str], externals: dict[str, str]) -> None:
        self.names = names
        self.externals = externals
        self.known: dict[str, str] = {}

    def meaning_of(self, node: ast.expr) -> str:
        """The full name of a builtin or of something imported; empty where the module has its own."""
        chain = dotted(node)
        if not chain:
            return ""
        if chain[0] in self.names:
            external = self.externals.get(chain[0])
            return "" if external is None or chain[0] not in self.known else ".".join((external, *chain[1:]))
        # a star import may bring another meaning of a builtin's name
        return "" if "*" in self.names else ".".join(chain)

    def decorator(self, node: ast.expr) -> str:
        """The full name of what decorates, whether called or not."""
        return self.meaning_of(node.func if isinstance(node, ast.Call) else node)

    def is_inert_decorator(self, node: ast.expr) -> bool:
        """Whether a decorator is known to keep its function to itself, and to take what it is given."""
        if isinstance(node, ast.Attribute) and node.attr in ("setter", "getter", "deleter"):
            return isinstance(node.value, ast.Name) and node.value.id not in self.names
        meaning = self.decorator(node)
        return meaning in INERT_DECORATORS and (not isinstance(node, ast.Call) or self._takes(meaning, node))

    def _takes(self, meaning: str, node: ast.Call) -> bool:
        """Whether a decorator that is called takes these arguments, as far as their values are written out."""
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        if meaning in STEP_DECORATORS:
            return True
        if meaning == "functools.wraps":
            return len(node.args) == 1 and named.keys() <= {"assigned", "updated"}
        if meaning == "functools.lru_cache":
            values = [*node.args, *named.values()]
            fits = len(node.args) <= 2 and named.keys() <= {"maxsize", "typed"} - {
                *("maxsize", "typed")[: len(node.args)]
            }
            return fits and all(_is_size(value) for value in values)
        if meaning == "dataclasses.dataclass":
            return not node.args and named.keys() <= _DATACLASS_OPTIONS and all(map(_is_flag, named.values()))
        return meaning.startswith("numba.") and not node.args and all(map(_is_flag, named.values()))

    def fits_dataclass(self, node: ast.ClassDef) -> bool:
        """Whether the options of `@dataclass(...)` go with one another and with the methods of the class."""
        methods = {item.name for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))}
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call) or self.decorator(decorator) != "dataclasses.dataclass":
                continue
            on = {k.arg: k.value.value for k in decorator.keywords if isinstance(k.value, ast.Constant)}
            if on.get("order") and (on.get("eq") is False or methods & _COMPARISONS):
                return False
            if on.get("frozen") and methods & {"__setattr__", "__delattr__"}:
                return False
            if on.get("unsafe_hash") and "__hash__" in methods:
                return False
        return True

    def fits_base(self, base: str, methods: set[str], values: dict[str, ast.expr | None], mixed: str) -> bool:
        """Whether a base class that looks at the body certainly takes it.

        Args:
            base: its full name.
            methods: the names of the functions in the body.
            values: what the body binds to names.
            mixed: the type that stands before the base class; empty for none.
        """
        if base == "typing.NamedTuple":
            return not methods & _NAMED_TUPLE_METHODS
        if base not in ENUMS:
            return True
        if methods & _ENUM_METHODS or "mro" in values:
            return False
        of_numbers = base in ("enum.IntEnum", "enum.IntFlag", "enum.Flag") or mixed in ("int", "float")
        kept = [value for value in values.values() if value is not None]
        if of_numbers:
            return all(isinstance(value, ast.Constant) and type(value.value) is int for value in kept)
        if base == "enum.StrEnum" or mixed == "str":
            return all(isinstance(value, ast.Constant) and isinstance(value.value, str) for value in kept)
        return not mixed

    def kind_of(self, node: ast.expr) -> str | None:
        """What kind of value an expression certainly gives without doing anything else; None if it might."""
        if isinstance(node, ast.Constant):
            is_number = isinstance(node.value, (int, float))
            return "number" if is_number else "text" if isinstance(node.value, str) else "other"
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, (ast.Tuple, ast.List)):
            safe = all(self._is_safe_item(item) for item in node.elts)
            return ("list" if isinstance(node, ast.List) else "other") if safe else None
        if isinstance(node, ast.Set):
            return "set" if all(self.kind_of(item) in _LITERAL for item in node.elts) else None
        if isinstance(node, ast.Dict):
            return self._dict(node)
        if isinstance(node, ast.BinOp):
            return self._operation(node)
        if isinstance(node, ast.UnaryOp):
            is_sign = isinstance(node.op, (ast.USub, ast.UAdd))
            return "number" if is_sign and self.kind_of(node.operand) == "number" else None
        if isinstance(node, ast.JoinedStr):
            return "text" if all(map(self._is_plain_piece, node.values)) else None
        if isinstance(node, ast.Lambda):
            defaults = [*node.args.defaults, *(item for item in node.args.kw_defaults if item is not None)]
            return "function" if all(self.kind_of(item) is not None for item in defaults) else None
        if isinstance(node, ast.Subscript):
            return "other" if self.is_safe_annotation(node) else None
        return self._call(node) if isinstance(node, ast.Call) else None

    def _name(self, name: str) -> str | None:
        if name in self.known:
            return self.known[name]
        if name in self.names:
            return None
        if name in _MODULE_TEXTS:
            return "text"
        return "other" if name in BUILTINS and "*" not in self.names else None

    def _attribute(self, node: ast.Attribute) -> str | None:
        """Whether an attribute of an imported module exists is looked at when files are linked."""
        if node.attr in ("parent", "name", "stem", "suffix") and self.kind_of(node.value) == "path":
            return "path" if node.attr == "parent" else "text"
        chain = dotted(node)
        if chain and chain[0] in self.externals and chain[0] in self.known:
            return "other"
        return None

    def _is_safe_item(self, node: ast.expr) -> bool:
        """Whether something in a list or a tuple is harmless: `*more` of a list of the module is."""
        if isinstance(node, ast.Starred):
            return self.kind_of(node.value) == "list"
        return self.kind_of(node) is not None

    def _dict(self, node: ast.Dict) -> str | None:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None and self.kind_of(value) == "dict":
                continue  # `**more` of a dict of the module
            if key is None or self.kind_of(value) is None:
                return None
            if self.kind_of(key) not in (*_LITERAL, "function", "class") and not isinstance(key, ast.Constant):
                return None
        return "dict"

    def _operation(self, node: ast.BinOp) -> str | None:
        left, right = self.kind_of(node.left), self.kind_of(node.right)
        if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)) and left == right == "number":
            return "number"
        if isinstance(node.op, ast.Add) and left == right and left in ("text", "list"):
            return left
        if isinstance(node.op, ast.Div):
            if left == "path" and right in ("text", "path"):
                return "path"
            by_literal = isinstance(node.right, ast.Constant) and bool(node.right.value)
            return "number" if left == right == "number" and by_literal else None
        return None

    def _is_plain_piece(self, node: ast.expr) -> bool:
        if isinstance(node, ast.FormattedValue):
            return node.format_spec is None and self.kind_of(node.value) in (*_LITERAL, "path")
        return isinstance(node, ast.Constant)

    def _call(self, node: ast.Call) -> str | None:
        meaning = self.meaning_of(node.func)
        if isinstance(node.func, ast.Attribute) and self.kind_of(node.func.value) == "path":
            return "path" if node.func.attr in ("resolve", "absolute") and not node.args else None
        if not node.args and not node.keywords:
            return _EMPTY.get(meaning)
        if meaning == "dict" and not node.args:
            is_safe = all(each.arg is not None and self.kind_of(each.value) is not None for each in node.keywords)
            return "dict" if is_safe else None
        if meaning in _OF_TEXTS and not node.keywords and len(node.args) == 1:
            return _OF_TEXTS[meaning] if self.kind_of(node.args[0]) in ("text", "path") else None
        if meaning == "collections.defaultdict" and len(node.args) == 1 and not node.keywords:
            return "dict" if self.meaning_of(node.args[0]) in _BUILTIN_TYPES else None
        if meaning == "functools.partial" and node.args and not any(k.arg is None for k in node.keywords):
            parts = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
            is_safe = all(self.kind_of(part) is not None for part in parts)
            return "function" if is_safe and self.kind_of(node.args[0]) == "function" else None
        if meaning == "dataclasses.field" and not node.args:
            return self._field(node)
        if meaning in ("set", "frozenset", "tuple") and len(node.args) == 1 and not node.keywords:
            given = node.args[0]
            is_literal = isinstance(given, (ast.Set, ast.List, ast.Tuple)) and all(
                self.kind_of(item) in _LITERAL for item in given.elts
            )
            return _EMPTY[meaning] if is_literal else None
        return "other" if meaning in _TRIED and self._works(_TRIED[meaning], node) else None

    def _field(self, node: ast.Call) -> str | None:
        """`field(default_factory=list)` of a dataclass, with constants beside it."""
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        factory = given.pop("default_factory", None)
        if factory is None or not given.keys() <= {"repr", "compare", "init"}:
            return None
        is_callable = self.meaning_of(factory) in _BUILTIN_TYPES or self.kind_of(factory) in (
            "function",
            "class",
        )
        return "field" if is_callable and all(isinstance(v, ast.Constant) for v in given.values()) else None

    def _works(self, constructor: Callable[..., Any], node: ast.Call) -> bool:
        """Whether a constructor takes these literals; it is tried."""
        try:
            arguments = [ast.literal_eval(argument) for argument in node.args]
            keywords = {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in node.keywords}
            if constructor is re.compile and (keywords or len(arguments) != 1 or len(arguments[0]) > 1000):
                return False
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                constructor(*arguments, **keywords)
        except Exception:  # noqa: BLE001 - any refusal at all: what the constructor says does not matter here
            return False
        return True

    def is_safe_annotation(self, node: ast.expr) -> bool:
        """Whether evaluating an annotation certainly works, given that the names in it exist."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Name):
            return node.id in self.known or node.id not in self.names
        if isinstance(node, ast.Attribute):
            chain = dotted(node)
            return bool(chain) and chain[0] in self.externals and chain[0] in self.known
        if isinstance(node, (ast.Tuple, ast.List)):
            return all(map(self.is_safe_annotation, node.elts))
        if isinstance(node, ast.Subscript):
            meaning = self.meaning_of(node.value)
            is_generic = meaning in _GENERICS or meaning.startswith(_GENERIC_MODULES) or meaning == "numpy.ndarray"
            return is_generic and self.is_safe_annotation(node.slice)
        if isinstance(node, ast.BinOp) and is_plain_annotation(node):
            return all(self._is_type(side) for side in (node.left, node.right))
        return False

    def _is_type(self, node: ast.expr) -> bool:
        """Whether something can stand beside `|`."""
        if isinstance(node, ast.Constant):
            return node.value is None
        if isinstance(node, ast.Name):
            if node.id in self.known:
                return self.known[node.id] == "class" or node.id in self.externals
            return node.id not in self.names and node.id in _BUILTIN_TYPES
        return self.is_safe_annotation(node)

    def own_effect(self, node: ast.stmt) -> str | None:
        """The module's own list, dict or set that a statement safely changes, and nothing else."""
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if not isinstance(target, ast.Subscript) or self.kind_of(node.value) is None:
                return None
            if not isinstance(target.value, ast.Name) or self.known.get(target.value.id) != "dict":
                return None
            return target.value.id if self.kind_of(target.slice) in (*_LITERAL, "function", "class") else None
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            return None
        call = node.value
        if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name) or call.keywords:
            return None
        owner = call.func.value.id
        allowed = _MUTATIONS.get(self.known.get(owner, ""), {})
        kinds = [self.kind_of(argument) for argument in call.args]
        if allowed.get(call.func.attr) != len(call.args) or None in kinds:
            return None
        is_keyed = call.func.attr in ("add", "setdefault", "insert")
        return None if is_keyed and kinds[0] not in _LITERAL else owner

    def is_quiet(self, node: ast.FunctionDef) -> int:
        """How many calls deep a function only defines and returns functions (0, 1 or 2), as decorators do."""
        given = node.args
        if node.decorator_list or given.posonlyargs or None in given.kw_defaults or given.vararg or given.kwarg:
            return 0
        *body, last = meaningful(node.body) or [ast.Pass()]
        if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Name):
            return 0
        defined = [statement for statement in body if isinstance(statement, ast.FunctionDef)]
        if len(defined) < len(body) or not all(map(self._is_quiet_definition, defined)):
            return 0
        returned = [inner for inner in defined if inner.name == last.value.id]
        if not returned:
            return 1 if last.value.id in {argument.arg for argument in given.args} else 0
        return 2 if all(self.is_quiet(inner) and len(inner.args.args) == 1 for inner in returned) else 1

    def _is_quiet_definition(self, node: ast.FunctionDef) -> bool:
        """Whether a function in a function is defined without anything being done, or failing."""
        defaults = [*node.args.defaults, *(item for item in node.args.kw_defaults if item is not None)]
        are_known = all(map(self._is_known_annotation, annotations_of(node)))
        return not defaults and are_known and all(map(self._is_quiet_decorator, node.decorator_list))

    def _is_known_annotation(self, node: ast.expr) -> bool:
        """Whether an annotation works wherever in the module it is evaluated from here on."""
        names = [inner.id for inner in every_node(node) if isinstance(inner, ast.Name)]
        are_bound = all(name in self.known or (name in BUILTINS and name not in self.names) for name in names)
        return are_bound and self.is_safe_annotation(node)

    def _is_quiet_decorator(self, node: ast.expr) -> bool:
        meaning = self.decorator(node)
        return meaning == "functools.wraps" and isinstance(node, ast.Call) and len(node.args) == 1


def _is_size(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, int))


def _is_flag(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)
