"""Trees that another Python tells: what this one does not know is left out of nothing."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from onward.app.environments.grammar import ChildGrammar
from onward.languages.python import neutral
from onward.languages.python.normal import NormalForm, every_node
from onward.languages.python.parse import OWN, parse
from onward.languages.python.symbols import SymbolTable, symbol_table
from onward.model.code import Problem

OLD_AND_NEW = (
    b"import os\n@os.wraps(1)\ndef f(a, *b, c=1, **d):\n    'doc'\n    return [x for x in b] + [f'{a!r:>4}b{c}']\n"
    b"class A(os.B, metaclass=C):\n    x: int = 1\n    def g(self): return self.x[1:2, ...]\nX = A() if f else -1\n"
    b"try: f()\nexcept (A, B) as e: raise\nelse: del X\nfinally: pass\nwith f() as g, h: X += 1; assert X\n"
)


class Told:
    """Builds the neutral form of a tree by hand."""

    def __init__(self) -> None:
        self.kinds: list[list[Any]] = []
        self.nodes: list[list[Any]] = []

    def node(self, kind_name: str, base: str, /, **values: Any) -> int:
        kind = [kind_name, base, list(values)]
        if kind not in self.kinds:
            self.kinds.append(kind)
        self.nodes.append([self.kinds.index(kind), [1, 0, 1, 0], *values.values()])
        return len(self.nodes) - 1

    def name(self, name: str, context: str = "Load") -> int:
        return self.node("Name", "expr", id=name, ctx=self.node(context, "expr_context"))

    def module(self, *body: int) -> SymbolTable:
        self.node("Module", "mod", body=list(body), type_ignores=[])
        tree = neutral.tree({"kinds": self.kinds, "nodes": self.nodes})
        assert isinstance(tree, ast.Module)
        return symbol_table(tree, role="module")


def test_a_statement_of_a_later_python_counts_with_all_that_it_names() -> None:
    told = Told()
    later = told.node(
        "Whenever", "stmt", test=told.name("trigger"), body=[told.node("Expr", "stmt", value=told.name("act"))]
    )
    (unit,) = told.module(later).units
    assert {use.chain for use in unit.found.uses} == {("trigger",), ("act",)}
    assert unit.eager, "what is not known is taken to act when the module is imported"


def test_a_field_of_a_later_python_counts() -> None:
    digests = set()
    for lazily in (None, "lazily"):
        told = Told()
        digests.add(told.module(told.node("Return", "stmt", value=told.name("x"), manner=lazily)).whole)
    assert len(digests) == 2


def test_a_type_of_its_own_name_binds_that_name() -> None:
    told = Told()
    parameter = told.node("TypeVar", "type_param", name="T", bound=None)
    alias = told.node(
        "TypeAlias", "stmt", name=told.name("X", "Store"), type_params=[parameter], value=told.name("int")
    )
    table = told.module(alias)
    assert list(table.names) == ["X"]
    assert {use.chain for use in table.units[0].found.uses} == {("int",)}
    assert not table.units[0].eager, "it evaluates nothing"


def test_a_type_parameter_is_no_name_of_the_module() -> None:
    told = Told()
    parameter = told.node("TypeVar", "type_param", name="T", bound=told.name("Bound"))
    argument = told.node("arg", "arg", arg="x", annotation=told.name("T"))
    arguments = told.node(
        "arguments", "AST", posonlyargs=[], args=[argument], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    body = [told.node("Return", "stmt", value=told.name("T"))]
    function = told.node(
        "FunctionDef", "stmt", name="f", args=arguments, body=body, decorator_list=[], type_params=[parameter]
    )
    (unit,) = told.module(function).units
    assert {use.chain for use in (*unit.found.uses, *unit.eager_found.uses)} == {("Bound",)}
    assert not unit.eager


def test_a_field_that_an_older_python_lacks_is_empty() -> None:
    told = Told()
    arguments = told.node(
        "arguments", "AST", posonlyargs=[], args=[], vararg=None, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[]
    )
    body = [told.node("Pass", "stmt")]
    function = told.node("FunctionDef", "stmt", name="f", args=arguments, body=body, decorator_list=[], returns=None)
    assert told.module(function) == symbol_table(ast.parse("def f(): pass"), role="module")


def _starts(python: str) -> bool:
    """Whether there is such a Python; a name may stand for a launcher that has none."""
    found = shutil.which(python)
    return found is not None and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0


def test_every_python_that_is_here_tells_the_same() -> None:
    for python in [sys.executable, *filter(_starts, (f"python3.{version}" for version in range(9, 16)))]:
        grammar = ChildGrammar(Path(python), "another")
        tree = grammar.parse(OLD_AND_NEW)
        grammar.close()
        own = parse(OLD_AND_NEW)
        assert isinstance(tree, ast.Module)
        assert isinstance(own, ast.Module)
        assert NormalForm(metadata=True).text(tree) == NormalForm(metadata=True).text(own)
        assert symbol_table(tree, role="script") == symbol_table(own, role="script")
        assert len(every_node(tree)) == len(every_node(own))


def test_a_python_that_dies_of_a_text_refuses_it(tmp_path: Path) -> None:
    mortal = tmp_path / "python"
    answers_once = tmp_path / "once.py"
    answers_once.write_text(
        "import sys\nsys.stdin.buffer.read(9)\nsys.stdout.buffer.write(bytes([0] * 7 + [2]) + b'{}')\n"
        "sys.stdout.flush()\nsys.stdin.buffer.read(9)\n"
    )
    mortal.write_text(f"#!/bin/sh\nexec {sys.executable} {answers_once}\n")
    mortal.chmod(0o755)
    grammar = ChildGrammar(mortal, "mortal 1")
    assert grammar.parse(b"x") == Problem("mortal 1 ends as it reads this")
    assert grammar.parse(b"x") == Problem("mortal 1 ends as it reads this")
    grammar.close()


def test_one_name_stands_for_pythons_that_read_alike() -> None:
    assert OWN.name == f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"
