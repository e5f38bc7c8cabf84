"""The normal form of code: a text that is equal where only layout, comments or unread metadata differ.

Written field by field from the syntax tree, with a format number of its own, so that it is the same on every
version of Python: defaults are left out, fields that a later version adds are written. Knows single nodes
only; which statements belong to a symbol is the matter of `symbols`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

NORMAL_FORMAT = 2

Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# `ctx` follows from the place, `kind` tells u'' from '', the type comments are comments.
_DROPPED = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


def never(_: ast.expr) -> bool:
    """No decorator is known to leave its function alone."""
    return False


class NormalForm:
    """Writes nodes in normal form.

    Attributes:
        metadata: keep docstrings and annotations everywhere.
        lazy_annotations: the file has `from __future__ import annotations`; noted where annotations are kept.
        is_inert: says of a decorator that it neither reads nor keeps its function's metadata.
    """

    def __init__(
        self,
        *,
        metadata: bool = False,
        lazy_annotations: bool = False,
        is_inert: Callable[[ast.expr], bool] = never,
    ) -> None:
        self.metadata = metadata
        self.lazy_annotations = lazy_annotations
        self.is_inert = is_inert
        self._out: list[str] = []
        self._in_function = False
        self._enclosing: Sequence[ast.stmt] = ()
        self.has_dropped = False
        """Whether the last text left metadata out."""

    def text(self, node: ast.AST, *, annotations: bool = False, docstring: bool = False) -> str:
        """The normal form of `node`; the two options keep the metadata of `node` itself, if it is a function
        or a class.
        """
        self._out = [f"{NORMAL_FORMAT}"]
        self.has_dropped = False
        if isinstance(node, _FUNCTIONS):
            self._function(node, annotations or self.metadata, docstring or self.metadata)
        elif isinstance(node, ast.ClassDef):
            self._class(node, docstring or self.metadata)
        else:
            self._node(node)
        return "".join(self._out)

    def _value(self, value: object) -> None:
        if isinstance(value, ast.AST):
            self._node(value)
        elif isinstance(value, list):
            self._out.append("[")
            for item in value:
                self._value(item)
            self._out.append("]")
        elif value is None:
            self._out.append("-")  # nothing stands there, as in `**values` of a dict; the literal is `<None>`
        else:
            self._out.append(constant(value))

    def _node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Constant):
            self._out.append(constant(node.value))
        elif isinstance(node, _FUNCTIONS):
            self._nested_function(node)
        elif isinstance(node, ast.ClassDef):
            self._class(node, self.metadata or self._is_exposed(node.name))
        elif isinstance(node, ast.JoinedStr):
            self._formatted(node)
        elif isinstance(node, ast.AnnAssign) and self._in_function:
            self._local_annotation(node)
        else:
            self._fields(node)

    def _fields(self, node: ast.AST, skipped: frozenset[str] = frozenset()) -> None:
        self._out.append(f"({type(node).__name__}")
        for name in node._fields:
            value = getattr(node, name, None)
            if name in _DROPPED or name in skipped or value is None or value == []:
                continue
            if name == "level" and value == 0:
                continue
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                value = meaningful(value)
                if not value:
                    continue
            self._out.append(f" {name}=")
            self._value(value)
        self._out.append(")")

    def _nested_function(self, node: Function) -> None:
        """A method, or a function in a function: its metadata counts where something can get hold of it."""
        exposed = self._is_exposed(node.name) or not all(map(self.is_inert, node.decorator_list))
        self._function(node, exposed or self.metadata, exposed or self.metadata)

    def _function(self, node: Function, annotations: bool, docstring: bool) -> None:
        outer = self._in_function, self._enclosing
        self._out.append(f"({type(node).__name__} name={node.name}")
        self._marks(node, annotations=annotations, docstring=docstring)
        self._in_function = False  # the head is evaluated outside of the function
        for expression in node.decorator_list:
            self._out.append(" @")
            self._node(expression)
        for parameter in getattr(node, "type_params", []):
            self._out.append(" type=")
            self._node(parameter)
        self._arguments(node.args, annotations)
        self._annotation(node.returns, " returns=", annotations)
        self._in_function = True
        self._enclosing = node.body
        self._body(node.body)
        self._out.append(")")
        self._in_function, self._enclosing = outer

    def _is_exposed(self, name: str) -> bool:
        """Whether the function around uses a definition of its own otherwise than by calling it."""
        return name in exposed_names(self._enclosing)

    def _arguments(self, arguments: ast.arguments, annotations: bool) -> None:
        self._out.append(" args=(")
        for name in arguments._fields:
            value = getattr(arguments, name)
            if value is None or value == []:
                continue
            self._out.append(f" {name}=")
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.arg):
                    self._out.append(f"<{item.arg}>")
                    self._annotation(item.annotation, ":", annotations)
                else:
                    self._out.append(",")
                    self._value(item)
        self._out.append(")")

    def _annotation(self, annotation: ast.expr | None, label: str, is_kept: bool) -> None:
        if annotation is None:
            return
        if is_kept or not is_plain_annotation(annotation):
            self._out.append(label)
            self._node(annotation)
        else:
            self.has_dropped = True

    def _class(self, node: ast.ClassDef, docstring: bool) -> None:
        outer = self._in_function, self._enclosing, self.metadata
        # whoever reads the docstring of a class can read those of its methods
        self._in_function, self._enclosing, self.metadata = False, (), docstring
        self._out.append("(ClassDef")
        has_fields = any(isinstance(statement, ast.AnnAssign) for statement in node.body)
        self._marks(node, annotations=has_fields, docstring=docstring)
        for name in node._fields:
            value = getattr(node, name)
            if name != "body" and value != []:
                self._out.append(f" {name}=")
                self._value(value)
        self._body(node.body)
        self._out.append(")")
        self._in_function, self._enclosing, self.metadata = outer

    def _marks(self, node: Function | ast.ClassDef, *, annotations: bool, docstring: bool) -> None:
        if annotations and self.lazy_annotations:
            self._out.append(" lazy annotations")
        text = docstring_of(node.body)
        if docstring and text is not None:
            self._out.append(f" doc={constant(text)}")
        elif text is not None:
            self.has_dropped = True

    def _body(self, body: Sequence[ast.stmt]) -> None:
        for statement in meaningful(body):
            self._out.append("\n")
            self._node(statement)

    def _local_annotation(self, node: ast.AnnAssign) -> None:
        """Local annotations are never evaluated; without a value they still make a name local."""
        if node.value is None:
            self._fields(node, frozenset({"annotation", "simple"}))
            return
        self._out.append("(Assign targets=[")
        self._node(node.target)
        self._out.append("] value=")
        self._node(node.value)
        self._out.append(")")

    def _formatted(self, node: ast.JoinedStr) -> None:
        """Versions of Python cut the literal pieces differently: they are joined, empty ones dropped."""
        self._out.append("(JoinedStr")
        pending = ""
        for piece in node.values:
            if isinstance(piece, ast.Constant) and isinstance(piece.value, str):
                pending += piece.value
                continue
            if pending:
                self._out.append(constant(pending))
                pending = ""
            self._node(piece)
        if pending:
            self._out.append(constant(pending))
        self._out.append(")")


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below `node`, in order; three times as fast as `ast.iter_child_nodes`."""
    found: list[ast.AST] = []
    if isinstance(node, (ast.Name, ast.Constant)):
        return found
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST) and name != "ctx":
            found.append(value)
    return found


def every_node(root: ast.AST) -> list[ast.AST]:
    """`root` and all nodes below it, parents first."""
    nodes = [root]
    for node in nodes:
        nodes += children(node)
    return nodes


def constant(value: object) -> str:
    """A literal with its type, so that 1, 1.0 and True differ. Texts are written with their length."""
    if isinstance(value, str):
        return f"s{len(value)}:{value}"
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return f"<{value}>"
    if isinstance(value, int):
        return f"<int {value:x}>"  # decimal digits of a huge number are refused by Python
    if isinstance(value, (tuple, frozenset)):
        inner = [constant(item) for item in value]
        return f"<{type(value).__name__} {''.join(inner if isinstance(value, tuple) else sorted(inner))}>"
    return f"<{type(value).__name__} {value!r}>"


def meaningful(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements that do something: no `pass`, no docstring, no stray constant."""
    return [
        statement
        for statement in body
        if not isinstance(statement, ast.Pass)
        and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]


def docstring_of(body: Sequence[ast.stmt]) -> str | None:
    """The docstring of a body as written, not yet unindented."""
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        value = body[0].value.value
        return value if isinstance(value, str) else None
    return None


def exposed_names(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Names that a body uses otherwise than by calling them: whoever gets them can read metadata."""
    called: set[int] = set()
    names: set[str] = set()
    for statement in body:
        for node in every_node(statement):  # a parent comes before its children
            if isinstance(node, ast.Call):
                called.add(id(node.func))
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in called:
                names.add(node.id)
    return frozenset(names)


def is_plain_annotation(annotation: ast.expr) -> bool:
    """Whether evaluating an annotation does nothing but look names up and combine types."""
    if isinstance(annotation, (ast.Name, ast.Constant)):
        return True
    if isinstance(annotation, ast.Attribute):
        return is_plain_annotation(annotation.value)
    if isinstance(annotation, ast.Subscript):
        return is_plain_annotation(annotation.value) and is_plain_annotation(annotation.slice)
    if isinstance(annotation, (ast.Tuple, ast.List)):
        return all(map(is_plain_annotation, annotation.elts))
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return is_plain_annotation(annotation.left) and is_plain_annotation(annotation.right)
    return False
