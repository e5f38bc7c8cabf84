"""The table of one file: what its statements bind, use and do, and what leaves it unchanged."""

from __future__ import annotations

from textwrap import dedent

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.languages.python.parse import parse
from onward.languages.python.symbols import Role, SymbolTable, Unit, symbol_table
from onward.model.code import Problem


def table(source: str, role: Role = "module") -> SymbolTable:
    tree = parse(dedent(source).encode(), cells=role == "cells")
    assert not isinstance(tree, Problem), tree
    return symbol_table(tree, role=role)


def unit(source: str, name: str) -> Unit:
    found = table(source)
    return found.units[found.names[name][-1]]


def digests(source: str) -> dict[str, list[str]]:
    """For each name the digests of its units: what a closure counts, lines left out."""
    found = table(source)
    return {name: [found.units[number].digest for number in numbers] for name, numbers in found.names.items()}


def acts(source: str) -> bool:
    """Whether the last statement of a source does more than bind its name, or may: linking finds that out."""
    unit = table(source).units[-1]
    return bool(unit.eager or unit.decorations)


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "X = 60 * 60",
        "A = 1\nB = A + 1",
        "x = {'a': [1, 2], 'b': (3,)}",
        "def f(): pass\nD = {'f': f}",
        "import polars as pl\nS = {'a': pl.Int64}",
        "import re\nR = re.compile('a+')",
        "import logging\nlog = logging.getLogger(__name__)",
        "from pathlib import Path\nHERE = Path(__file__).resolve().parent / 'data'",
        "from datetime import date\nD = date(2013, 1, 1)",
        "def f(a, b=1, *, c='x') -> int: pass",
        "import polars as pl\ndef f(a: pl.DataFrame | None = None) -> list[str]: pass",
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef f(): pass",
        "from onward import asset\n@asset(title='x')\ndef f(): pass",
        "class C:\n    x = 1\n    def m(self, a=2): return a",
        "class C(Exception):\n    pass",
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass C:\n    x: int\n    z: int = 1",
        "import dataclasses as d\n@d.dataclass\nclass C:\n    y: set = d.field(default_factory=set)",
        "from enum import Enum\nclass C(Enum):\n    A = 1\n    B = 2",
        "REG = {}\nREG['a'] = 1",
        "L = []\nL.append('a')",
        "f = lambda x: x + 1",
    ],
)
def test_a_statement_that_only_binds_counts_for_its_users_alone(source: str) -> None:
    assert not acts(source)


@pytest.mark.parametrize(
    "source",
    [
        "print(1)",
        "x = f()",
        "x = 1 / 0",
        "X = UNDEFINED",
        "B = A + 1\nA = 1\nC = [x for x in B]",
        "import re\nR = re.compile('(')",
        "from datetime import date\nD = date(2013, 2, 30)",
        "import os\nos.environ['A'] = '1'",
        "import numpy as np\nnp.random.seed(1)",
        "import pandas as pd\npd.DataFrame.x = 1",
        "def f(a=reg()): pass",
        "def f(a: Later): pass\nclass Later: pass\n@g\ndef f(): pass",
        "def f(a: int[str]): pass",
        "import click\n@click.command()\ndef f(): pass",
        "class C:\n    x = reg()",
        "class C(metaclass=M):\n    pass",
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    x: list = []",
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int = 1\n    y: int",
        "from enum import Enum\nclass C(Enum):\n    A = 1\n    A = 2",
        "from m import L\nL.append(1)",
        "L = []\nM = L\nM.append(1)",
        "L = []\nL.append(f())",
        "L = []\nL.appendd(1)",
        "D = {}\nD[[]] = 1",
        "for i in range(3): x = i",
        "if a: b = 1",
        "try:\n    import x\nexcept ImportError:\n    x = None",
        "assert True",
        "from m import *\nx = list()",
    ],
)
def test_a_statement_that_may_do_more_or_fail_counts_for_every_importer(source: str) -> None:
    assert acts(source)


def uses(source: str, name: str) -> set[str]:
    return {".".join(use.chain) for use in unit(source, name).found.uses if not use.origin}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x):\n    return g(x) + K", {"g", "K"}),
        ("def f(x):\n    y = x\n    return y", set()),
        ("def f(x):\n    return [a for a in x if b(a)]", {"b"}),
        ("def f():\n    def g(y):\n        return y + z\n    return g", {"z"}),
        (
            "def f():\n    def g():\n        nonlocal_name = 1\n        return nonlocal_name\n    return g()",
            set(),
        ),
        ("def f():\n    global K\n    K = K + 1", {"K"}),
        ("def f(x, y=D):\n    return x", {"D"}),
        ("def f():\n    return a.b.c(1)", {"a.b.c"}),
        ("def f():\n    import m\n    return m.g()", set()),
        (
            "def f(x):\n    match x:\n        case {**rest}: return rest\n        case P(): return 1",
            {"P"},
        ),
        ("def f():\n    try:\n        return 1\n    except E as e:\n        return e", {"E"}),
        ("def f(x):\n    if (y := x): return y", set()),
        ("class f:\n    a = K\n    def m(self):\n        return a", {"K", "a"}),
        ("class f(B):\n    x = 1\n    y = x", {"B", "x"}),
        ("LIMIT = 1\ndef f(d):\n    return d.query('x > @LIMIT')", {"LIMIT"}),
        ("LIMIT = 1\ndef f(d):\n    return d['LIMIT']", set()),
        ("def delay(): pass\ndef f(d):\n    return d.sum('delay')", set()),
        ("def delay(): pass\ndef f(d):\n    return d.query('x > @delay(y)')", {"delay"}),
        ("def f(d):\n    return getattr(m, 'g')(d)", {"m.g"}),
        ("from onward import ref\ndef f(a, b=ref(g)):\n    return a", {"ref", "g"}),
    ],
)
def test_uses_are_the_names_that_python_would_look_up_in_the_module(source: str, expected: set[str]) -> None:
    assert uses(source, "f") == expected


@pytest.mark.parametrize(
    ("source", "bound"),
    [
        ("x, (y, *z) = a", {"x", "y", "z"}),
        ("for i in a: j = i", {"i", "j"}),
        ("with a as b: pass", {"b"}),
        ("[y := x for x in a]", {"y"}),
        ("import a.b, c as d\nfrom e import f as g", {"a", "d", "g"}),
        ("match a:\n    case [x, *y]: pass\n    case {**r}: pass", {"x", "y", "r"}),
        ("def f():\n    global G\n    G = 1", {"f", "G"}),
        ("x: int", set()),
        ("'doc'\nx = 1", {"x", "__doc__"}),
        ("try: pass\nexcept E as e: pass", {"e"}),
    ],
)
def test_names_of_a_module_are_all_that_its_top_level_binds(source: str, bound: set[str]) -> None:
    assert set(table(source).names) - ({"x"} if source == "x: int" else set()) == bound


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("eval(x)", "open"),
        ("globals()[x]", "open"),
        ("__import__(x)", "import"),
        ("d.query(x)", "module"),
        ("d.query('a > 1')", None),
        ("eval('1 + 1')", None),
        ("model.eval()", None),
        ("g.__doc__", "metadata"),
        ("sys._getframe(1)", "frames"),
        ("inspect.getsource(g)", "source"),
    ],
)
def test_what_names_cannot_follow_is_noted(body: str, kind: str | None) -> None:
    found = {
        item.kind for item in unit(f"import sys, inspect\ndef f(x, d, model):\n    return {body}", "f").found.dynamics
    }
    assert found == ({kind} if kind else set())


GUARDED = """
    x = 1
    if __name__ == "__main__":
        y = 2
    """


def test_the_main_guard_runs_in_scripts_alone() -> None:
    assert "y" not in table(GUARDED).names
    assert "y" in table(GUARDED, "script").names
    assert "y" in table(GUARDED, "cells").names


def test_what_only_the_type_checker_sees_is_absent() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\nelse:\n    b = 1\n"
    assert set(table(source).names) == {"TYPE_CHECKING", "b"}
    own = "TYPE_CHECKING = True\nif TYPE_CHECKING:\n    import a\n"
    assert "a" in table(own).names


def test_a_cell_that_shows_another_constant_is_another_cell() -> None:
    assert table("1\n", "cells").whole != table("2\n", "cells").whole
    assert table("1\n").whole == table("2\n").whole


def test_the_docstring_of_a_step_never_counts_and_its_annotations_do() -> None:
    step = "from onward import asset\n@asset(unit='min')\ndef f(a: int) -> float:\n    'doc'\n    return a\n"
    base = unit(step, "f").digest
    assert unit(step.replace("'doc'", "'other'"), "f").digest == base
    assert unit(step.replace("unit='min'", "unit='h'"), "f").digest == base
    assert unit(step.replace("a: int", "a: str"), "f").digest != base
    assert unit(step.replace("-> float", "-> int"), "f").digest != base


def test_a_table_survives_its_encoding() -> None:
    found = table(
        GUARDED
        + "def f(a: int = 1):\n    import m.n as k\n    return eval(a), k.z\nfrom q import *\n".replace("\n", "\n    ")
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=SymbolTable) == found


def test_a_deep_expression_is_read() -> None:
    deep = "x = " + " + ".join(["'a'"] * 800)
    assert digests(deep) != digests(deep + " + 'b'")


bodies = st.sampled_from(["x + K0", "K1 * 2", "g0(x)", "[y for y in x]", "len(x)", "x.query('a > @K1')"])
functions = st.lists(bodies, min_size=2, max_size=5)


def written(parts: list[str], order: list[int]) -> str:
    return "K0 = 1\nK1 = 2\n" + "".join(f"def g{i}(x):\n    return {parts[i]}\n" for i in order)


@given(functions, st.randoms(use_true_random=False))
def test_the_order_of_functions_does_not_matter(parts: list[str], random: object) -> None:
    order = list(range(len(parts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert digests(written(parts, order)) == digests(written(parts, list(range(len(parts)))))


@given(functions, st.sampled_from(["# a comment\n", "\n\n", "'''a stray text'''\n"]))
def test_layout_comments_and_docstrings_do_not_matter(parts: list[str], noise: str) -> None:
    plain = written(parts, list(range(len(parts))))
    noisy = noise.join(["K0 = 1\n", *plain.split("K0 = 1\n")[1:]]).replace("(x):\n", "( x ):\n    '''Says.'''\n\n")
    assert digests(noisy) == digests(plain)
    assert table(noisy).whole == table(plain).whole


@given(functions, st.integers(0, 4), bodies)
def test_an_edit_of_one_function_changes_that_function_alone(parts: list[str], at: int, body: str) -> None:
    at %= len(parts)
    order = list(range(len(parts)))
    before = digests(written(parts, order))
    after = digests(written([*parts[:at], body, *parts[at + 1 :]], order))
    assert {name for name in before if before[name] != after[name]} == ({f"g{at}"} if body != parts[at] else set())
