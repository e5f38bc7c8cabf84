"""Which names of its module a piece of code uses, and what it does that no reading of names can follow.

Does its own scoping (`symtable` differs between versions of Python). Knows one statement at a time and the
names that its module binds; where a name leads is the matter of `closure`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import msgspec

from onward.languages.python.normal import children, every_node

Mode = Literal["call", "value", "exists", "store", "hint", "metadata", "text"]
"""How a name is used: called (or raised, caught, inherited from), passed on, only looked up, set; named by the
annotation of a field, or of a function, by which whoever reads that gets at what it means; written as a text,
`"module.name"`, which whoever gets it may import."""


class Use(msgspec.Struct, frozen=True, array_like=True):
    """A name and the attributes taken from it, as written: `pl.col` is `("pl", "col")`.

    `origin` is empty for a name of the module; for a name that a function imports it is the module that the
    chain starts from, with the dots of a relative import. For a text it is the text.
    """

    chain: tuple[str, ...]
    mode: Mode
    line: int
    origin: str = ""


class Import(msgspec.Struct, frozen=True, array_like=True):
    """One imported name.

    `import a.b` has the module `a.b`, no name, and binds `a` to the module `a` (`target`);
    `from ..m import n as k` has the module `..m`, the name `n` (`*` for all) and binds `k`.
    """

    module: str
    name: str
    bound: str
    target: str
    line: int


class Dynamic(msgspec.Struct, frozen=True, array_like=True):
    """Something that reading names cannot follow.

    `kind` says what has to count: `open` (all that the module can reach), `module` (the whole module),
    `import` (any module below `prefix`), `frames` (all imported files, whole), `modules` (the list of
    imported files), `metadata` (docstrings and annotations of all that is reached), `source` (the text of
    the files).
    """

    kind: Literal["open", "module", "import", "frames", "modules", "metadata", "source"]
    what: str
    line: int
    prefix: str = ""


class Found(msgspec.Struct, frozen=True, array_like=True):
    """What a piece of code uses and does."""

    uses: tuple[Use, ...] = ()
    imports: tuple[Import, ...] = ()
    """Imports that run when a function is called."""
    dynamics: tuple[Dynamic, ...] = ()
    rebinds: tuple[str, ...] = ()
    """Module names that a function declares `global` and binds."""
    hints: tuple[Use, ...] = ()
    """What the annotations of functions name: it counts where these can be read."""


ONWARD_REFERENCES = frozenset({"onward.ref", "onward.api.ref"})
_WORD = re.compile(r"[^\W\d]\w*")
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_MARKED = re.compile(r"@\s*(\w+)|\b(\w+)(?=\s*[.(])")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

# Methods and functions that look names up in the frame of their caller, by the text that they are given.
_FRAME_READERS = frozenset(
    {"query", "eval", "sql", "execute", "ols", "gls", "wls", "glm", "logit", "probit", "poisson", "mixedlm"}
    | {"dmatrix", "dmatrices", "model_matrix", "from_formula", "from_query"}
)
_OPENING = frozenset({"globals", "eval", "exec", "compile"})
_OPENING_EXTERNALS = frozenset(
    {
        "builtins.eval",
        "builtins.exec",
        "builtins.compile",
        "builtins.globals",
        "timeit.timeit",
        "timeit.repeat",
    }
    | {"numexpr.evaluate", "runpy.run_module", "runpy.run_path", "code.interact"}
)
_IMPORTERS = frozenset(
    {"importlib.import_module", "importlib.__import__", "builtins.__import__", "__import__"}
    | {"pkgutil.extend_path", "pkgutil.walk_packages", "pkgutil.iter_modules", "importlib.reload", "runpy.run_module"}
    | {"importlib.util.spec_from_file_location", "importlib.util.find_spec", "pkgutil.resolve_name"}
    | {"importlib.machinery.SourceFileLoader", "importlib.machinery.FileFinder", "importlib.machinery.PathFinder"}
    | {"importlib.metadata.entry_points", "importlib_metadata.entry_points", "pkg_resources.iter_entry_points"}
    | {"pkg_resources.load_entry_point"}
    | {"hydra.utils.instantiate", "hydra.utils.call", "hydra.utils.get_class", "hydra.utils.get_method"}
    | {"hydra.utils.get_object", "jsonpickle.decode", "yaml.unsafe_load", "yaml.UnsafeLoader"}
)
_FINDERS = frozenset({"pydoc.locate", "pydoc.resolve"})
"""What imports what the text that it is given names, `module` or `module.name`."""
_FRAME_NAMES = frozenset(
    {"_getframe", "currentframe", "f_globals", "f_locals", "f_back", "getouterframes", "get_objects"}
    | {"__subclasses__", "__globals__"}
)
_FRAME_EXTERNALS = frozenset({"inspect.stack", "inspect.trace", "sys.modules", "sys.settrace", "sys.setprofile"})
_METADATA_NAMES = frozenset(
    {
        "__doc__",
        "__annotations__",
        "getdoc",
        "get_type_hints",
        "get_annotations",
        "signature",
        "getfullargspec",
    }
    | {
        "help",
        "docopt",
        "annotationlib",
        "validate_call",
        "beartype",
        "typechecked",
        "getmembers",
        "__dict__",
    }
)
_METADATA_ROOTS = frozenset(
    {"docopt", "fire", "ply", "typer", "beartype", "typeguard", "jaxtyping", "pydoc"} | {"doctest"}
)
_SOURCE_NAMES = frozenset(
    {"getsource", "getsourcelines", "findsource", "getcomments", "linecache", "__code__", "lineno", "f_lineno"}
    | {"tb_lineno", "co_firstlineno", "co_lines", "co_positions", "findCaller", "getframeinfo", "getouterframes"}
    | {"getinnerframes", "extract_stack", "extract_tb", "walk_stack", "walk_tb", "icecream"}
)
"""What gives the text of code, or the number of a line."""
_SOURCE_EXTERNALS = frozenset(
    {"torch.jit.script", "tensorflow.function", "tensorflow.autograph", "triton.jit", "ast.parse", "tokenize"}
    | {"inspect.stack", "inspect.trace"}
)


def dotted(node: ast.expr) -> tuple[str, ...]:
    """`a.b.c` as its names; empty for anything else."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ()
    return (node.id, *reversed(attributes))


def imports_of(node: ast.Import | ast.ImportFrom) -> list[Import]:
    """The names that an import statement imports."""
    if isinstance(node, ast.Import):
        return [
            Import(alias.name, "", alias.asname, alias.name, node.lineno)
            if alias.asname
            else Import(alias.name, "", alias.name.partition(".")[0], alias.name.partition(".")[0], node.lineno)
            for alias in node.names
        ]
    module = "." * node.level + (node.module or "")
    return [Import(module, a.name, a.asname or a.name, module, node.lineno) for a in node.names]


class Scope:
    """The names that one function, class or comprehension binds."""

    def __init__(self, kind: Literal["function", "class", "comprehension"]) -> None:
        self.kind = kind
        self.bound: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.imported: dict[str, list[Import]] = {}
        self.opaque: set[str] = set()
        """Names bound otherwise than to a literal text."""

    def collect(self, nodes: Iterable[ast.AST]) -> None:
        """Take in what `nodes` bind in this scope, functions and classes inside left out."""
        pending = list(nodes)
        while pending:
            node = pending.pop()
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self._bind(node.name)
                pending += [*node.decorator_list, *_head(node)]
            elif isinstance(node, ast.Lambda):
                pending += _head(node)
            elif isinstance(node, _COMPREHENSIONS):
                # only a walrus leaves a comprehension
                pending += [inner for inner in every_node(node) if isinstance(inner, ast.NamedExpr)]
                pending.append(node.generators[0].iter)
            else:
                self._collect_one(node)
                pending += children(node)

    def _collect_one(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            self.bound.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for imported in imports_of(node):
                self._bind(imported.bound)
                self.imported.setdefault(imported.bound, []).append(imported)
        elif isinstance(node, ast.Global):
            self.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            self.nonlocals.update(node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            if node.name is not None:
                self._bind(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest is not None:
            self._bind(node.rest)
        else:
            self._cover_targets(node)

    def _cover_targets(self, node: ast.AST) -> None:
        """Note the variables that `node` binds to something else than a literal text."""
        if isinstance(node, ast.Assign):
            is_literal = is_literal_text(node.value)
            for target in node.targets:
                if not (is_literal and isinstance(target, ast.Name)):
                    self._cover(target)
        elif isinstance(node, ast.AugAssign):
            if not is_literal_text(node.value):
                self._cover(node.target)
        elif isinstance(node, (ast.AnnAssign, ast.For, ast.AsyncFor, ast.NamedExpr)):
            self._cover(node.target)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    self._cover(item.optional_vars)

    def _bind(self, name: str) -> None:
        self.bound.add(name)
        self.opaque.add(name)

    def _cover(self, target: ast.expr) -> None:
        self.opaque.update(inner.id for inner in every_node(target) if isinstance(inner, ast.Name))

    def holds(self, name: str) -> bool:
        """Whether `name` is a variable of this scope."""
        return name in self.bound and name not in self.globals and name not in self.nonlocals


def is_literal_text(node: ast.expr, scope: Scope | None = None) -> bool:
    """Whether an expression is a text made of literals, and of variables of `scope` that are such."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.JoinedStr):
        return all(isinstance(piece, ast.Constant) for piece in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return is_literal_text(node.left, scope) and is_literal_text(node.right, scope)
    if isinstance(node, ast.Name) and scope is not None:
        return node.id in scope.bound and node.id not in scope.opaque
    return False


def _head(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda) -> list[ast.expr]:
    """What of a definition is evaluated in the scope around it, decorators and annotations left out."""
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *(keyword.value for keyword in node.keywords)]
    return [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]


def annotations_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    """The annotations in a function's head."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    found = [argument.annotation for argument in every if argument.annotation is not None]
    return [*found, node.returns] if node.returns is not None else found


class UseFinder:
    """Collects the uses of one piece of code.

    Attributes:
        names: the names that the module binds; words of texts that are such count as uses.
        externals: what names of the module certainly mean outside of the workspace (`pl` -> `polars`).
        texts: names of the module that are bound to a literal text alone.
        definitions: names of the module that are functions and classes alone.
        lazy_annotations: annotations are not evaluated.
        is_inert: says of a decorator that it neither reads nor keeps its function's metadata.
    """

    def __init__(
        self,
        names: frozenset[str],
        externals: dict[str, str],
        texts: frozenset[str],
        definitions: frozenset[str],
        lazy_annotations: bool,
        is_inert: Callable[[ast.expr], bool],
    ) -> None:
        self.names = names
        self.externals = externals
        self.texts = texts
        self.definitions = definitions
        self.lazy_annotations = lazy_annotations
        self.is_inert = is_inert
        self._scopes: list[Scope] = []
        self._uses: dict[tuple[str, tuple[str, ...], str], Use] = {}
        self._imports: dict[Import, None] = {}
        self._dynamics: dict[tuple[str, str, str], Dynamic] = {}
        self._rebinds: set[str] = set()

    def found(self) -> Found:
        """All that was visited, in an order that does not depend on the order of visits."""
        return Found(
            tuple(self._uses[key] for key in sorted(self._uses) if key[2] != "metadata"),
            tuple(sorted(self._imports, key=lambda item: (item.module, item.name, item.bound))),
            tuple(self._dynamics[key] for key in sorted(self._dynamics)),
            tuple(sorted(self._rebinds)),
            tuple(self._uses[key] for key in sorted(self._uses) if key[2] == "metadata"),
        )

    def visit(self, node: ast.AST, mode: Mode = "value") -> None:
        """Take in a statement or an expression that stands at module level."""
        if isinstance(node, ast.Name):
            # deleting a name needs its binding as much as reading it does
            is_read = isinstance(node.ctx, (ast.Load, ast.Del))
            self._chain((node.id,), mode if is_read else "store", node.lineno)
        elif isinstance(node, ast.Attribute):
            self._attribute(node, mode)
        elif isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, ast.Constant):
            self._text(node)
        elif isinstance(node, _FUNCTIONS):
            self._function(node)
        elif isinstance(node, ast.ClassDef):
            self._class(node)
        elif isinstance(node, _COMPREHENSIONS):
            self._comprehension(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node)
        elif isinstance(node, ast.AnnAssign):
            self._annotated(node)
        elif getattr(node, "type_params", []):
            with self.type_parameters(node):
                self._children(node)
        else:
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                self._chain((node.target.id,), "value", node.lineno)
            self._children(node)

    def _children(self, node: ast.AST) -> None:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring, or a stray constant
        if isinstance(node, ast.Subscript):
            self.visit(node.value, "call")
            if not isinstance(node.slice, ast.Constant):
                self.visit(node.slice)
            return
        if isinstance(node, (ast.Raise, ast.ExceptHandler)):
            kind = node.exc if isinstance(node, ast.Raise) else node.type
            for child in children(node):
                self.visit(child, "call" if child is kind else "value")
            return
        for child in children(node):
            self.visit(child)

    def _attribute(self, node: ast.Attribute, mode: Mode) -> None:
        self._special_attribute(node.attr, node.lineno)
        chain = dotted(node)
        if chain:
            for attribute in chain[1:-1]:
                self._special_attribute(attribute, node.lineno)
            self._chain(chain, mode if isinstance(node.ctx, ast.Load) else "store", node.lineno)
        else:
            self.visit(node.value, "call")

    def _special_attribute(self, name: str, line: int) -> None:
        if name in _FRAME_NAMES:
            self._dynamic("frames", name, line)
        if name in _METADATA_NAMES:
            self._dynamic("metadata", name, line)
        if name in _SOURCE_NAMES:
            self._dynamic("source", name, line)
        if name == "__path__":
            self._dynamic("import", name, line)

    def _chain(self, chain: tuple[str, ...], mode: Mode, line: int) -> None:
        """A use of a name, taken to the scope that binds it."""
        name = chain[0]
        for depth, scope in enumerate(reversed(self._scopes)):
            if name in scope.globals:
                if mode == "store" and len(chain) == 1:
                    self._rebinds.add(name)
                break
            if scope.kind == "class" and depth > 0:
                continue
            if scope.holds(name):
                for imported in scope.imported.get(name, ()):
                    inner = (imported.name, *chain[1:]) if imported.name else chain[1:]
                    self._use(imported.target, inner, mode, line)
                    self._special_external(_joined(imported, chain[1:]), line)
                if scope.kind == "class":
                    break  # the class may not have bound it yet: then it is the module's
                return
        if mode == "store" and len(chain) == 1:
            return
        self._use("", chain, mode, line)
        if mode != "exists":
            self._special_name(chain, line)

    def _use(self, origin: str, chain: tuple[str, ...], mode: Mode, line: int) -> None:
        key = (origin, chain, mode)
        if key not in self._uses or self._uses[key].line > line:
            self._uses[key] = Use(chain, mode, line, origin)

    def _special_name(self, chain: tuple[str, ...], line: int) -> None:
        name = chain[0]
        if name == "__path__":  # where a package looks for its modules
            self._dynamic("import", name, line)
        if name == "__annotations__":
            self._dynamic("module", name, line)
        external = self.externals.get(name)
        if external is not None:
            self._special_external(".".join((external, *chain[1:])), line)
        elif len(chain) == 1 and name not in self.names:
            is_namespace = name in ("locals", "vars", "dir") and not self._in_function()
            if name in _OPENING or is_namespace:
                self._dynamic("open", name, line)
            elif name == "__import__":
                self._dynamic("import", name, line)
            elif name == "help":
                self._dynamic("metadata", name, line)

    def _special_external(self, name: str, line: int) -> None:
        last = name.rpartition(".")[2]
        if name in _OPENING_EXTERNALS:
            self._dynamic("open", name, line)
        if name in _IMPORTERS:
            self._dynamic("import", name, line)
        if name in _FRAME_EXTERNALS or last in _FRAME_NAMES:
            self._dynamic("frames", name, line)
        if last in _METADATA_NAMES or name.partition(".")[0] in _METADATA_ROOTS:
            self._dynamic("metadata", name, line)
        if last in _SOURCE_NAMES or name in _SOURCE_EXTERNALS or name.startswith("linecache."):
            self._dynamic("source", name, line)

    def _in_function(self) -> bool:
        return any(scope.kind == "function" for scope in self._scopes)

    def _dynamic(
        self,
        kind: Literal["open", "module", "import", "frames", "modules", "metadata", "source"],
        what: str,
        line: int,
        prefix: str = "",
    ) -> None:
        key = (kind, what, prefix)
        if key not in self._dynamics or self._dynamics[key].line > line:
            self._dynamics[key] = Dynamic(kind, what, line, prefix)

    def _call(self, node: ast.Call) -> None:
        meaning = self.meaning_of(node.func)
        if meaning in ONWARD_REFERENCES:
            self._reference(node)
            return
        if meaning in ("getattr", "builtins.getattr") and self._literal_attribute(node):
            return
        if self._reads_code(node, meaning) or self._imports_by_name(node, meaning):
            return
        if meaning in _FINDERS:
            named = node.args[0] if node.args else None
            text = named.value if isinstance(named, ast.Constant) else ""
            self._dynamic("import", f"{meaning}()", node.lineno, text if isinstance(text, str) else "")
        if meaning.startswith("runpy.") and (len(node.args) > 2 or any(k.arg != "init_globals" for k in node.keywords)):
            # what stands under `if __name__ == ...` may run
            self._dynamic("source", f"{meaning}() under another name", node.lineno)
        if meaning.removeprefix("builtins.") in ("exec", "compile"):
            self._imports_in_text(node)
        self._frame_reader(node)
        self.visit(node.func, "call")
        as_type = meaning in ("isinstance", "issubclass", "super")
        for argument in node.args:
            is_chain = isinstance(argument, (ast.Name, ast.Attribute))
            self.visit(argument, "call" if as_type and is_chain else "value")
        for keyword in node.keywords:
            self.visit(keyword.value)

    def meaning_of(self, node: ast.expr) -> str:
        """The full name of a builtin or of something imported; empty where it is not certain."""
        chain = dotted(node)
        if not chain:
            return ""
        for scope in reversed(self._scopes):
            if scope.holds(chain[0]):
                imported = scope.imported.get(chain[0], ())
                return _joined(imported[0], chain[1:]) if len(imported) == 1 else ""
        if chain[0] in self.names:
            external = self.externals.get(chain[0])
            return "" if external is None else ".".join((external, *chain[1:]))
        return ".".join(chain)

    def _reference(self, node: ast.Call) -> None:
        """`ref(orders)` names an asset: the name must exist, its code does not count."""
        self.visit(node.func, "call")
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            self.visit(argument, "exists" if dotted(argument) else "value")

    def _literal_attribute(self, node: ast.Call) -> bool:
        """`getattr(x, "name")` is `x.name`; with a default the attribute may be missing as well."""
        if len(node.args) < 2 or not isinstance(node.args[1], ast.Constant):
            return False
        name = node.args[1].value
        chain = dotted(node.args[0])
        if not isinstance(name, str) or not chain:
            return False
        self._special_attribute(name, node.lineno)
        self._chain((*chain, name), "value", node.lineno)
        for argument in node.args[2:]:
            self.visit(argument)
        return True

    def _reads_code(self, node: ast.Call, meaning: str) -> bool:
        """`eval` and `exec` of a literal are read like code."""
        if meaning not in ("eval", "exec", "builtins.eval", "builtins.exec"):
            return False
        if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.Constant):
            return False
        text = node.args[0].value
        try:
            tree = ast.parse(text) if isinstance(text, (str, bytes)) else None
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            tree = None
        # a statement could bind names of the module: only expressions are simple enough to follow
        if tree is None or not all(isinstance(statement, ast.Expr) for statement in tree.body):
            return False
        for statement in tree.body:
            self.visit(statement.value)  # type: ignore[attr-defined]
        return True

    def _imports_in_text(self, node: ast.Call) -> None:
        """What the statements in a literal text import; whoever runs them can use all of it."""
        text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        try:
            tree = ast.parse(text) if isinstance(text, (str, bytes)) else None
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            tree = None
        for statement in every_node(tree) if tree is not None else ():
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                for item in imports_of(statement):
                    self._imports[msgspec.structs.replace(item, line=node.lineno)] = None
                    chain = (item.name,) if item.name not in ("", "*") else ()
                    self._use(item.module, chain, "value", node.lineno)

    def _imports_by_name(self, node: ast.Call, meaning: str) -> bool:
        """`import_module("lit")`; a text that begins with a literal package narrows what can be meant."""
        is_builtin = meaning in ("__import__", "builtins.__import__")
        is_importer = is_builtin or meaning == "importlib.import_module"
        if not is_importer and not (meaning == "" and dotted(node.func)[-1:] == ("import_module",)):
            return False
        if not node.args:
            return False
        named = node.args[0]
        others = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
        self.visit(node.func, "exists")
        for extra in others:
            self.visit(extra)
        # `__import__` gives a submodule for each name of `fromlist`; `import_module` takes dots from a package
        name = _literal_module(named, others) if not (is_builtin and others) else None
        if name is not None:
            target = name.partition(".")[0] if is_builtin else name
            self._imports[Import(name, "", "", target, node.lineno)] = None
            self._use(name, (), "value", node.lineno)
            return True
        if not (isinstance(named, ast.Constant) and isinstance(named.value, str)):
            self.visit(named)
        self._dynamic("import", "import of a computed name", node.lineno, _literal_prefix(named))
        return True

    def _frame_reader(self, node: ast.Call) -> None:
        """A text that is not known can name any global to what looks names up in its caller's frame."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        is_builtin = isinstance(node.func, ast.Name) and name == "eval"
        if name not in _FRAME_READERS or is_builtin:
            return
        texts = node.args[:1] or [
            keyword.value for keyword in node.keywords if keyword.arg in ("expr", "query", "formula", None)
        ]
        for text in texts:
            if not is_literal_text(text, self._scopes[-1] if self._scopes else None) and not (
                isinstance(text, ast.Name) and text.id in self.texts and self._is_global(text.id)
            ):
                self._dynamic("module", f"{name}() of a computed text", node.lineno)

    def _is_global(self, name: str) -> bool:
        return not any(scope.holds(name) for scope in self._scopes)

    def _text(self, node: ast.Constant) -> None:
        """Words of a text that are names of the module: a query or a formula may look them up.

        A function is more often the namesake of a column: it counts where the text calls or marks it.
        """
        text = node.value
        if not isinstance(text, str) or not text:
            return
        if _DOTTED.fullmatch(text):
            self._use(text, (), "text", node.lineno)
        words = self.names.intersection(_WORD.findall(text))
        if not words:
            return
        marked = {word for pair in _MARKED.findall(text) for word in pair}
        for word in words:
            if word not in self.definitions or word in marked:
                self._use("", (word,), "value", node.lineno)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        if not isinstance(node, ast.Lambda):
            for decorator in node.decorator_list:
                self.visit(decorator, "call")
            # what decorates a function may read its annotations, as `singledispatch` does
            is_read = not all(map(self.is_inert, node.decorator_list))
            with self.type_parameters(node):
                for annotation in annotations_of(node):
                    if not self.lazy_annotations:
                        self.annotation(annotation)
                    self._hints(annotation, "hint" if is_read else "metadata")
        for default in _head(node):
            self.visit(default)
        scope = Scope("function")
        arguments = node.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            scope._bind(argument.arg)
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                scope._bind(extra.arg)
        with self.type_parameters(node):
            self._inside(scope, [node.body] if isinstance(node, ast.Lambda) else node.body)

    @contextmanager
    def type_parameters(self, node: ast.AST) -> Iterator[None]:
        """The scope of `[T: bound]` behind a name; bounds and defaults are evaluated when something reads them."""
        parameters = getattr(node, "type_params", [])
        if not parameters:
            yield
            return
        scope = Scope("comprehension")
        for parameter in parameters:
            scope._bind(parameter.name)
        self._scopes.append(scope)
        for parameter in parameters:
            for child in children(parameter):
                self.visit(child)
        yield
        self._scopes.pop()

    def annotation(self, node: ast.expr) -> None:
        """The names in an annotation must exist."""
        for inner in every_node(node):
            if isinstance(inner, ast.Attribute) and dotted(inner):
                self._chain(dotted(inner), "exists", inner.lineno)
            elif isinstance(inner, ast.Name):
                self._chain((inner.id,), "exists", inner.lineno)
            elif isinstance(inner, (ast.Call, ast.Lambda)):
                self.visit(inner)

    def _hints(self, node: ast.expr, mode: Mode) -> None:
        """The names in an annotation, and in its texts, which are annotations that are not evaluated yet."""
        chain = dotted(node)
        if chain:
            self._chain(chain, mode, node.lineno)
        elif isinstance(node, ast.Constant):
            for text in _parsed_text(node):
                self._hints(text, mode)
        else:
            for child in children(node):
                if isinstance(child, ast.expr):
                    self._hints(child, mode)

    def _class(self, node: ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator, "call")
        with self.type_parameters(node):
            for base in _head(node):
                self.visit(base, "call")
            self._inside(Scope("class"), node.body)

    def _inside(self, scope: Scope, body: Sequence[ast.AST]) -> None:
        scope.collect(body)
        self._scopes.append(scope)
        self._rebinds.update(scope.globals & scope.bound)
        for statement in body:
            self.visit(statement)
        self._scopes.pop()

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.visit(node.generators[0].iter)
        scope = Scope("comprehension")
        for generator in node.generators:
            for inner in every_node(generator.target):
                if isinstance(inner, ast.Name):
                    scope._bind(inner.id)
        self._scopes.append(scope)
        for index, generator in enumerate(node.generators):
            self.visit(generator.target)
            if index > 0:
                self.visit(generator.iter)
            for condition in generator.ifs:
                self.visit(condition)
        for name in ("elt", "key", "value"):
            if (part := getattr(node, name, None)) is not None:
                self.visit(part)
        self._scopes.pop()

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import inside of a function runs when that is called; its names are followed where used."""
        if not self._scopes:
            return
        for imported in imports_of(node):
            self._imports[imported] = None
            if imported.bound in self._scopes[-1].globals or imported.name:
                chain = (imported.name,) if imported.name else ()
                self._use(imported.target, chain, "exists", node.lineno)

    def _annotated(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)
        in_function = bool(self._scopes) and self._scopes[-1].kind == "function"
        if not in_function and not self.lazy_annotations:
            self.visit(node.annotation)
        if not in_function:
            # kept as text: what reads the fields of a class looks the names up
            self._hints(node.annotation, "hint" if self._scopes else "metadata")
        if node.value is not None:
            self.visit(node.value)


def _parsed_text(node: ast.Constant) -> list[ast.expr]:
    """The expression that a text in an annotation is, with the text's own place; none where it is no code."""
    try:
        tree = ast.parse(node.value, mode="eval").body if isinstance(node.value, str) else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    for inner in every_node(tree) if tree is not None else ():
        ast.copy_location(inner, node)
    return [tree] if tree is not None else []


def _joined(imported: Import, attributes: tuple[str, ...]) -> str:
    names = (imported.target, imported.name) if imported.name else (imported.target,)
    return ".".join((*names, *attributes))


def _literal_module(node: ast.expr, packages: Sequence[ast.expr]) -> str | None:
    """The module that `import_module(node, *packages)` certainly imports; None where it is computed."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    if not node.value.startswith(".") or not packages:
        return node.value
    package = packages[0]
    if isinstance(package, ast.Name) and package.id == "__package__":
        return node.value
    if not isinstance(package, ast.Constant) or not isinstance(package.value, str):
        return None
    below = node.value.lstrip(".")
    parents = package.value.split(".")
    parents = parents[: len(parents) - (len(node.value) - len(below) - 1)]
    return ".".join([*parents, below] if below else parents)


def _literal_prefix(node: ast.expr) -> str:
    """The package that a computed module name certainly begins with; empty where none is certain."""
    text = ""
    if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        text = str(node.values[0].value)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = node.left
        while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add):
            left = left.left
        text = str(left.value) if isinstance(left, ast.Constant) else ""
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value + "."
    package, dot, _ = text.rpartition(".")
    return package if dot and not package.startswith(".") else ""
