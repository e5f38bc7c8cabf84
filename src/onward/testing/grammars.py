"""The suite of what reads Python: this interpreter, or a child of another one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from onward.languages.python.symbols import symbol_table
from onward.model.code import Problem
from onward.model.ports import Grammar

SOURCE = b'''# -*- coding: latin-1 -*-
"""A module with \xe4n umlaut."""
from __future__ import annotations
import os, sys as system
NUMBERS = [1, -2.5, 1e400, 3j, 0x10, True, None, ..., b"\\xff", "\\udcff", 10 ** 5]
class A(dict, metaclass=type):
    field: "int" = 1
    async def run(self, a, /, b=1, *c, d, e=2, **f):
        async with self as x, self: return [y async for y in x if y > 1]
def f(x):
    global NUMBERS
    match x:
        case {"a": [1, *rest], **others} if rest: return lambda z=1: f"{z!r:>{x}} {x=}"
        case A(field=1) | None as other: del NUMBERS[0:1, ...]
    try:
        yield from (a := x)
    except* ValueError as error:
        raise error from None
'''


class GrammarSuite:
    """What every grammar does."""

    def make_grammar(self) -> Grammar:
        raise NotImplementedError("a suite is subclassed, and its `make_grammar` gives a grammar")

    @pytest.fixture
    def grammar(self) -> Iterator[Grammar]:
        grammar = self.make_grammar()
        yield grammar
        if (close := getattr(grammar, "close", None)) is not None:
            close()

    def test_a_tree_is_the_one_that_python_itself_makes(self, grammar: Grammar) -> None:
        tree = grammar.parse(SOURCE)
        assert isinstance(tree, ast.Module)
        assert ast.dump(tree, include_attributes=True) == ast.dump(ast.parse(SOURCE), include_attributes=True)

    def test_a_tree_gives_the_same_table(self, grammar: Grammar) -> None:
        tree = grammar.parse(SOURCE)
        assert isinstance(tree, ast.Module)
        assert symbol_table(tree, role="module") == symbol_table(ast.parse(SOURCE), role="module")

    def test_a_huge_number_is_no_matter(self, grammar: Grammar) -> None:
        tree = grammar.parse(b"0x" + b"7" * 9000)
        assert isinstance(tree, ast.Module)
        assert isinstance(tree.body[0], ast.Expr)
        assert isinstance(tree.body[0].value, ast.Constant)
        assert tree.body[0].value.value == int("7" * 9000, 16)

    def test_a_deep_tree_is_no_matter(self, grammar: Grammar) -> None:
        tree = grammar.parse(b"x = " + b"+".join([b"1"] * 600))
        assert isinstance(tree, ast.Module)

    @pytest.mark.parametrize(
        ("source", "line"),
        [
            (b"x = 1\ndef f(:\n", 2),
            (b"x = 1\nreturn 1\n", 2),
            (b"def f(a, a): pass", 1),
            (b"x = '\xff'", 0),
            (b"\0", 0),
            (b"x = " + b"(" * 5000 + b")" * 5000, 0),
        ],
    )
    def test_what_cannot_be_imported_has_a_problem(self, grammar: Grammar, source: bytes, line: int) -> None:
        problem = grammar.parse(source)
        assert isinstance(problem, Problem)
        assert problem.message
        assert not line or problem.line == line

    def test_what_only_the_compiler_finds_can_be_passed_over(self, grammar: Grammar) -> None:
        assert isinstance(grammar.parse(b"return 1", compiles=False), ast.Module)

    def test_the_cells_of_a_notebook_may_await(self, grammar: Grammar) -> None:
        assert isinstance(grammar.parse(b"await x"), Problem)
        assert isinstance(grammar.parse(b"await x", cells=True), ast.Module)

    def test_a_text_that_is_refused_leaves_the_next_alone(self, grammar: Grammar) -> None:
        assert isinstance(grammar.parse(b"("), Problem)
        assert isinstance(grammar.parse(b""), ast.Module)
