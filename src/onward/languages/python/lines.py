"""The lines of a file's top-level statements, and the first line of one that says something else than another does.

Reads the text with the grammar of this Python; text that it cannot read is told apart line by line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from onward.languages.lines import first_difference, lines_of
from onward.languages.python.normal import docstring_of
from onward.languages.python.parse import parse

Lines = tuple[int, int]
"""First and last, counted from 1."""


class Statements:
    """The statements of one text.

    Args:
        content: the text.
        cells: it is the joined code of a notebook's cells.
    """

    def __init__(self, content: bytes, *, cells: bool = False) -> None:
        self.lines = lines_of(content)
        tree = parse(content, cells=cells, compiles=False)
        self._tree = tree if isinstance(tree, ast.Module) else None

    def span(self, line: int) -> Lines:
        """The lines of the statement that begins in `line`, with its decorators; the line alone where there is none."""
        node = self._at(line)
        return (line, line) if node is None else _span(node)

    def changed(self, line: int, other: Statements, other_line: int) -> int:
        """The first line in which the statement at `line` means something else than the other's at `other_line`.

        `line`, where it means the same.
        """
        if self._tree is None or other._tree is None:
            return line - 1 + first_difference(other.lines[other_line - 1 :], self.lines[line - 1 :])
        node, was = self._at(line), other._at(other_line)
        if node is None or was is None:
            return line
        try:
            return next(_differences(was, node), line)
        except RecursionError:  # nested too deeply to be walked here
            (first, last), (other_first, other_last) = _span(node), _span(was)
            return first - 1 + first_difference(other.lines[other_first - 1 : other_last], self.lines[first - 1 : last])

    def first_changed(self, other: Statements) -> int:
        """The first line of the text that differs from the other's by more than its layout."""
        found = None
        if self._tree is not None and other._tree is not None:
            with suppress(RecursionError):  # nested too deeply to be walked here
                found = next(_differences(other._tree, self._tree), None)
        return found or first_difference(other.lines, self.lines)

    def _at(self, line: int) -> ast.stmt | None:
        """The outermost statement that begins in a line: at the top, or below an `if` there that reading resolves."""
        todo = list(self._tree.body) if self._tree is not None else []
        while todo:
            node = todo.pop(0)
            if node.lineno == line:
                return node
            if isinstance(node, ast.If) and node.lineno < line <= (node.end_lineno or line):
                todo = [*node.body, *node.orelse, *todo]
        return None


def _span(node: ast.stmt) -> Lines:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return first, node.end_lineno or node.lineno


def _differences(before: ast.AST, after: ast.AST) -> Iterator[int]:
    """Lines in which two nodes differ, from the top; layout and docstrings make none where anything else does."""
    yield from _differ(before, after, docstrings=False)
    yield from _differ(before, after, docstrings=True)


def _differ(before: ast.AST, after: ast.AST, *, docstrings: bool, line: int = 1) -> Iterator[int]:
    """The lines; `line` is that of what holds the nodes, for those that have no place of their own."""
    line = _line(after, line)
    if type(before) is not type(after):
        yield line
        return
    for name in _in_order_of_text(after):
        old, new = getattr(before, name, None), getattr(after, name, None)
        if isinstance(new, list) and isinstance(old, list):
            if name == "body" and not docstrings:
                old, new = _without_docstring(old), _without_docstring(new)
            yield from _differ_in_list(old, new, docstrings=docstrings, line=line)
        elif isinstance(new, ast.AST) and isinstance(old, ast.AST):
            yield from _differ(old, new, docstrings=docstrings, line=line)
        elif _text(new) != _text(old) and name != "type_comment":
            yield _line(new, line)


def _differ_in_list(old: list[Any], new: list[Any], *, docstrings: bool, line: int) -> Iterator[int]:
    from difflib import SequenceMatcher

    texts = [[_text(item) for item in items] for items in (old, new)]
    if texts[0] == texts[1]:
        return
    for kind, first, last, new_first, new_last in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if last - first == new_last - new_first:
            for was, node in zip(old[first:last], new[new_first:new_last], strict=True):
                if isinstance(node, ast.AST) and isinstance(was, ast.AST):
                    yield from _differ(was, node, docstrings=docstrings, line=line)
                else:
                    yield line
        elif new_first < len(new):
            yield _line(new[new_first], line)
        else:
            yield getattr(new[-1], "end_lineno", line) if new else line


def _in_order_of_text(node: ast.AST) -> Sequence[str]:
    """The fields of a node, decorators first, as they stand above what they decorate."""
    fields = [name for name in node._fields if name != "decorator_list"]
    return ["decorator_list", *fields] if "decorator_list" in node._fields else fields


def _without_docstring(body: list[Any]) -> list[Any]:
    return body[1:] if docstring_of(body) is not None else body


def _text(node: object) -> str:
    return ast.dump(node) if isinstance(node, ast.AST) else repr(node)


def _line(node: object, line: int) -> int:
    """Where a node stands, which what holds it tells of one that has no place of its own, such as an operator."""
    own = getattr(node, "lineno", line)
    return own if isinstance(own, int) else line
