"""Which edits change the code of which step: the table of cases, in both directions."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterable
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.base.digest import Digest, digest_bytes
from onward.languages.python.closure import Linker, closure
from onward.languages.python.nodes import Closure
from onward.languages.python.parse import parse
from onward.languages.python.symbols import SymbolTable, symbol_table
from onward.model.code import Problem

ROOTS = ("lib/", "")


class Files:
    """A workspace given as texts; importable are the importer's folder, `lib/` and the root."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = {path: dedent(text) for path, text in files.items()}
        self.roles = {"projects/a/train.py": "script"}

    def _roots(self, importer: str) -> list[str]:
        folder = importer.rpartition("/")[0]
        return [f"{folder}/" if folder.startswith("projects/") else "", *ROOTS]

    def find(self, module: str, importer: str) -> str | None:
        inner = module.replace(".", "/")
        for root in self._roots(importer):
            for path in (f"{root}{inner}/__init__.py", f"{root}{inner}.py"):
                if path in self.files:
                    return path
        return None

    def table(self, path: str) -> SymbolTable | Problem:
        tree = parse(self.files[path].encode())
        if isinstance(tree, Problem):
            return tree
        return symbol_table(tree, role="script" if path in self.roles else "module")

    def package_of(self, path: str) -> str:
        inner = path.removeprefix("lib/")
        return inner.rpartition("/")[0].replace("/", ".") if path.startswith("lib/") else ""

    def digest(self, path: str) -> Digest:
        return digest_bytes(self.files[path].encode())

    def replaced(self, importer: str) -> list[tuple[str, str]]:
        return []

    def importable(self, importer: str, prefix: str) -> Iterable[str]:
        names = set()
        for root in self._roots(importer):
            for path in self.files:
                if path.startswith(root) and (root or "/" not in path):
                    name = path.removeprefix(root).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                    if prefix == "" or name == prefix or name.startswith(prefix + "."):
                        names.add(name)
        return names


WORKSPACE = {
    "lib/acme/__init__.py": '"""All of acme."""\n',
    "lib/acme/clean.py": '''
        """Cleaning."""
        import math

        K = 16
        UNUSED = 1

        def _g(x):
            """Adds."""
            return x + K

        def f(x, by=2):
            """Cleans."""
            return _g(x) * by

        def other(x: int) -> int:
            return x - UNUSED

        class Model:
            rate: int = 1

            def m1(self):
                return self.rate

            def m2(self):
                return 2
        ''',
    "lib/acme/stats.py": """
        def h(x):
            return x * 2
        """,
    "lib/acme/plots.py": """
        def p(x):
            return x
        """,
    "projects/a/steps.py": """
        import polars as pl
        from onward import asset, check, ref
        from acme.clean import f

        @asset
        def a(flights: pl.DataFrame) -> pl.DataFrame:
            '''A table.'''
            return f(flights)

        @asset(title="Other")
        def sibling(a: pl.DataFrame, *, orders=ref(a)) -> float:
            return a.height

        @check(a)
        def holds(a: pl.DataFrame):
            return a.height > 0
        """,
    "projects/b/steps.py": """
        from onward import asset
        from acme.stats import h

        @asset
        def b(flights):
            return h(flights)
        """,
}

Edit = dict[str, str | tuple[str, str] | None]
"""Path -> new text, or (old, new) in the text that is there, or None for a file that is removed."""


def edited(files: dict[str, str], edit: Edit) -> dict[str, str]:
    result = {path: dedent(text) for path, text in files.items()}
    for path, change in edit.items():
        if change is None:
            del result[path]
        elif isinstance(change, tuple):
            old, new = change
            assert old in result[path], f"{old!r} is not in {path}"
            result[path] = result[path].replace(old, new)
        else:
            result[path] = dedent(change)
    return result


def code(files: dict[str, str], path: str, symbol: str | None) -> Closure:
    return closure(path, symbol, Files(files))


def changes(files: dict[str, str], edit: Edit, path: str, symbol: str | None) -> bool:
    before = code(files, path, symbol)
    after = code(edited(files, edit), path, symbol)
    return before.symbols != after.symbols


A = ("projects/a/steps.py", "a")
B = ("projects/b/steps.py", "b")
CLEAN, STATS, PLOTS = "lib/acme/clean.py", "lib/acme/stats.py", "lib/acme/plots.py"
OWN = "projects/a/steps.py"

REORDERED = """
    import math

    class Model:
        rate: int = 1

        def m1(self):
            return self.rate

        def m2(self):
            return 2

    def other(x: int) -> int:
        return x - UNUSED

    def f(x, by=2):
        return _g(x) * by

    def _g(x):
        return x + K

    UNUSED = 1
    K = 16
    """

# name, what is prepared first, the edit, whether A changes, whether B changes
CASES: list[tuple[str, Edit, Edit, bool, bool]] = [
    ("1 comments and layout", {}, {CLEAN: ("K = 16", "# the number\n\nK   =   (16)")}, False, False),
    ("2 docstring", {}, {CLEAN: ('"""Cleans."""', '"""Cleans well."""')}, False, False),
    ("2 docstring of a module", {}, {CLEAN: ('"""Cleaning."""', '"""Cleaning it."""')}, False, False),
    (
        "3 docstring of a function that is passed on",
        {OWN: ("return f(flights)", "return flights.map(f)")},
        {CLEAN: ('"""Cleans."""', '"""Cleans well."""')},
        True,
        False,
    ),
    ("4 body at depth 2", {}, {CLEAN: ("x + K", "x - K")}, True, False),
    ("5 equal constant of another type", {}, {CLEAN: ("K = 16", "K = 16.0")}, True, False),
    ("6 hexadecimal constant", {}, {CLEAN: ("K = 16", "K = 0x10")}, False, False),
    ("7 unused function changed", {}, {CLEAN: ("x - UNUSED", "x * UNUSED")}, False, False),
    (
        "7 unused function added",
        {},
        {CLEAN: ("class Model", "def new():\n    return 1\n\nclass Model")},
        False,
        False,
    ),
    ("7 unused constant changed", {}, {CLEAN: ("UNUSED = 1", "UNUSED = 2")}, False, False),
    ("7 unused class changed", {}, {CLEAN: ("return 2", "return 3")}, False, False),
    ("8 definitions re-ordered", {}, {CLEAN: REORDERED}, False, False),
    (
        "9 effects swapped",
        {
            CLEAN: ("K = 16", "L = []\nL.append(1)\nL.append(2)\nK = 16"),
            OWN: ("clean import f", "clean import L as f"),
        },
        {CLEAN: ("L.append(1)\nL.append(2)", "L.append(2)\nL.append(1)")},
        True,
        False,
    ),
    (
        "10 constant moved above what it needs",
        {CLEAN: ("K = 16", "B0 = 2\nK = B0 + 1")},
        {CLEAN: ("B0 = 2\nK = B0 + 1", "K = B0 + 1\nB0 = 2")},
        True,
        False,
    ),
    ("11 second binding below", {}, {CLEAN: ("class Model", "K = 2\nclass Model")}, True, False),
    (
        "12 a builtin is shadowed",
        {CLEAN: ("_g(x) * by", "sum(_g(x))")},
        {CLEAN: ("class Model", "def sum(x):\n    return x\n\nclass Model")},
        True,
        False,
    ),
    ("13 default argument", {}, {CLEAN: ("by=2", "by=3")}, True, False),
    ("14 return annotation of a helper", {}, {CLEAN: ("def _g(x):", "def _g(x) -> float:")}, False, False),
    ("14 annotation of an unused function", {}, {CLEAN: ("-> int", "-> float")}, False, False),
    (
        "15 annotation of a field",
        {OWN: ("clean import f", "clean import Model as f")},
        {CLEAN: ("rate: int = 1", "rate: float = 1")},
        True,
        False,
    ),
    ("16 annotation that does not exist", {}, {CLEAN: ("x: int", "x: Nowhere")}, True, False),
    ("16 annotation that cannot be evaluated", {}, {CLEAN: ("x: int", "x: int[str]")}, True, False),
    (
        "17 lazy annotations",
        {},
        {CLEAN: ("import math", "from __future__ import annotations\nimport math")},
        False,
        False,
    ),
    (
        "18 another method of a class in use",
        {OWN: ("clean import f", "clean import Model as f")},
        {CLEAN: ("return 2", "return 3")},
        True,
        False,
    ),
    (
        "19 base class in another file",
        {
            OWN: ("clean import f", "clean import Model as f"),
            CLEAN: ("class Model:", "from acme.base import Base\nclass Model(Base):"),
            "lib/acme/base.py": "class Base:\n    def m(self):\n        return 1\n",
        },
        {"lib/acme/base.py": ("return 1", "return 2")},
        True,
        False,
    ),
    (
        "20 decorator argument",
        {
            CLEAN: (
                "def f(",
                "def deco(n):\n    def inner(fn):\n        return fn\n    return inner\n\n@deco(1)\ndef f(",
            )
        },
        {CLEAN: ("@deco(1)", "@deco(2)")},
        True,
        False,
    ),
    (
        "20 body of a decorator",
        {CLEAN: ("def f(", "def deco(fn):\n    return fn\n\n@deco\ndef f(")},
        {CLEAN: ("    return fn", "    print(1)\n    return fn")},
        True,
        False,
    ),
    (
        "20 a function that is decorated quietly and not reached",
        {CLEAN: ("def other(", "def deco(fn):\n    return fn\n\n@deco\ndef other(")},
        {CLEAN: ("x - UNUSED", "x * UNUSED")},
        False,
        False,
    ),
    (
        "20 a function that an unknown decorator may register",
        {CLEAN: ("def other(", "import click\n@click.command()\ndef other(")},
        {CLEAN: ("x - UNUSED", "x * UNUSED")},
        True,
        False,
    ),
    (
        "21 star import shadows",
        {OWN: ("from acme.clean import f", "from acme.clean import *\nfrom acme.stats import *")},
        {STATS: ("def h", "def f(x):\n    return x\n\ndef h")},
        True,
        False,
    ),
    (
        "21 star import of a name nobody uses",
        {OWN: ("from acme.clean import f", "from acme.clean import *\nfrom acme.stats import *")},
        {STATS: ("def h", "def g2(x):\n    return x\n\ndef h")},
        False,
        False,
    ),
    (
        "22 a file shadows the standard library",
        {OWN: ("import polars as pl", "import polars as pl\nimport statistics")},
        {"projects/a/statistics.py": "mean = 1\n"},
        True,
        False,
    ),
    ("24 inert import in a package", {}, {"lib/acme/__init__.py": "from .plots import p\n"}, False, False),
    (
        "25 import of a module that acts",
        {PLOTS: "import seaborn as sns\nsns.set_theme()\ndef p(x):\n    return x\n"},
        {"lib/acme/__init__.py": "from .plots import p\n"},
        True,
        True,
    ),
    (
        "25 an effect in an imported package",
        {
            "lib/acme/__init__.py": "from .plots import p\n",
            PLOTS: "import seaborn as sns\nsns.set_theme()\ndef p(x):\n    return x\n",
        },
        {PLOTS: ("set_theme()", "set_theme(style='dark')")},
        True,
        True,
    ),
    (
        "26 import of a missing package",
        {},
        {CLEAN: ("import math", "import math\nimport missing_pkg")},
        True,
        False,
    ),
    (
        "27 optional import of a missing package",
        {},
        {CLEAN: ("import math", "import math\ntry:\n    import missing_pkg\nexcept ImportError:\n    pass")},
        True,
        False,
    ),
    (
        "28 a name that is imported and never called goes",
        {OWN: ("clean import f", "clean import f, other")},
        {CLEAN: ("def other", "def another")},
        True,
        False,
    ),
    ("29 syntax error in an unused function", {}, {CLEAN: ("x - UNUSED", "x -")}, True, False),
    ("30 return at top level", {}, {CLEAN: ("UNUSED = 1", "UNUSED = 1\nreturn 1")}, True, False),
    (
        "31 circle of imports",
        {},
        {
            CLEAN: ("import math", "import math\nfrom acme.stats import h"),
            STATS: ("def h", "from acme.clean import K\ndef h"),
        },
        True,
        True,
    ),
    (
        "31 order inside of a circle",
        {
            CLEAN: ("import math", "import math\nfrom acme.stats import h"),
            STATS: ("def h", "from acme.clean import K\ndef h"),
        },
        {CLEAN: ("UNUSED = 1", "UNUSED = 2")},
        True,
        True,
    ),
    (
        "32 eval",
        {CLEAN: ("_g(x) * by", "eval(x)")},
        {CLEAN: ("UNUSED = 1", "UNUSED = 2")},
        True,
        False,
    ),
    (
        "32 eval of a literal",
        {CLEAN: ("_g(x) * by", "eval('K + 1')")},
        {CLEAN: ("UNUSED = 1", "UNUSED = 2")},
        False,
        False,
    ),
    (
        "33 a name in a query",
        {CLEAN: ("_g(x) * by", "x.query('a > @UNUSED')")},
        {CLEAN: ("UNUSED = 1", "UNUSED = 2")},
        True,
        False,
    ),
    (
        "33 a query that is computed",
        {CLEAN: ("_g(x) * by", "x.query(by)")},
        {CLEAN: ("UNUSED = 1", "UNUSED = 2")},
        True,
        False,
    ),
    (
        "33 a query in a variable",
        {CLEAN: ("return _g(x) * by", "text = 'a > 1'\n    return x.query(text)")},
        {CLEAN: ("UNUSED = 1", "UNUSED = 2")},
        False,
        False,
    ),
    (
        "34 registration from a module that A imports",
        {
            STATS: "from functools import singledispatch\n@singledispatch\ndef area(x):\n    return 0\n"
            "def h(x):\n    return area(x)\n",
            "lib/acme/ext.py": "from acme.stats import area\n",
            OWN: ("from acme.clean import f", "from acme.clean import f\nimport acme.ext"),
        },
        {"lib/acme/ext.py": "from acme.stats import area\n@area.register\ndef _(x: int):\n    return 9\n"},
        True,
        False,
    ),
    (
        "35 subclass of a base that hears of it",
        {
            STATS: "class Base:\n    def __init_subclass__(cls):\n        print(cls)\ndef h(x):\n    return Base\n",
            "lib/acme/ext.py": "from acme.stats import Base\n",
            OWN: ("from acme.clean import f", "from acme.clean import f\nimport acme.ext"),
        },
        {"lib/acme/ext.py": "from acme.stats import Base\nclass Plug(Base):\n    pass\n"},
        True,
        False,
    ),
    (
        "36 a foreign class is patched",
        {OWN: ("from acme.clean import f", "from acme.clean import f\nimport acme.plots")},
        {PLOTS: "import pandas as pd\ndef p(x):\n    return x\npd.DataFrame.x = p\n"},
        True,
        False,
    ),
    (
        "36 what a foreign class is patched with",
        {
            OWN: ("from acme.clean import f", "from acme.clean import f\nimport acme.plots"),
            PLOTS: "import pandas as pd\ndef p(x):\n    return x\npd.DataFrame.x = p\n",
        },
        {PLOTS: ("return x", "return x + 1")},
        True,
        False,
    ),
    (
        "37 target of an import in an unreached function",
        {CLEAN: ("return x - UNUSED", "from acme.plots import p\n    return p(x)")},
        {PLOTS: ("return x", "return x + 1")},
        False,
        False,
    ),
    (
        "37 target of an import in a reached function",
        {CLEAN: ("return x + K", "from acme.plots import p\n    return p(x)")},
        {PLOTS: ("return x", "return x + 1")},
        True,
        False,
    ),
    (
        "42 annotation of the step's parameter",
        {},
        {OWN: ("def a(flights: pl.DataFrame)", "def a(flights: pl.LazyFrame)")},
        True,
        False,
    ),
    ("docstring of the step", {}, {OWN: ("A table.", "The table.")}, False, False),
    ("another step of the file", {}, {OWN: ("return a.height\n", "return a.width\n")}, False, False),
    ("options of another step", {}, {OWN: ('title="Other"', 'title="Another"')}, False, False),
    (
        "48 under TYPE_CHECKING",
        {
            CLEAN: (
                "import math",
                "import math\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a1",
            )
        },
        {CLEAN: ("import a1", "import a2")},
        False,
        False,
    ),
    (
        "49 main guard of a library",
        {CLEAN: ("class Model", "if __name__ == '__main__':\n    print(f(1))\n\nclass Model")},
        {CLEAN: ("print(f(1))", "print(f(2))")},
        False,
        False,
    ),
    (
        "50 a binding moved above an eager call",
        {CLEAN: ("K = 16", "X = 1\ndef get():\n    return X\nK = get()\nX = 2")},
        {CLEAN: ("K = get()\nX = 2", "X = 2\nK = get()")},
        True,
        False,
    ),
    (
        "50 a default above and below a second binding",
        {CLEAN: ("def f(x, by=2)", "BY = 1\nBY = 2\ndef f(x, by=BY)")},
        {CLEAN: "K = 16\ndef _g(x):\n    return x + K\nBY = 1\ndef f(x, by=BY):\n    return _g(x) * by\nBY = 2\n"},
        True,
        False,
    ),
    (
        "51 a call in the default of an unused function",
        {},
        {CLEAN: ("def other(x: int)", "def other(x: int = math.floor(1.5))")},
        True,
        False,
    ),
    ("53 line ends", {}, {CLEAN: ("\n", "\r\n")}, False, False),
    ("53 byte order mark", {}, {CLEAN: ("import math", "import math")}, False, False),
    (
        "re-export",
        {
            "lib/acme/__init__.py": "from acme.clean import f\nfrom acme.stats import h\n",
            OWN: ("acme.clean import f", "acme import f"),
        },
        {CLEAN: ("x + K", "x - K")},
        True,
        False,
    ),
    (
        "re-export that changes its target",
        {
            "lib/acme/api.py": "from acme.clean import f, other\n",
            OWN: ("acme.clean import f", "acme.api import f, other\nP = [f, other]"),
        },
        {"lib/acme/api.py": "from acme.clean import f as other, other as f\n"},
        True,
        False,
    ),
    (
        "attribute of a module",
        {OWN: ("from acme.clean import f", "import acme.clean\nf = acme.clean.f")},
        {CLEAN: ("x + K", "x - K")},
        True,
        False,
    ),
    (
        "another attribute of a module",
        {OWN: ("from acme.clean import f", "import acme.clean as c\ndef f(x):\n    return c.f(x)")},
        {CLEAN: ("UNUSED = 1", "UNUSED = 2")},
        False,
        False,
    ),
    (
        "a module that is passed on",
        {OWN: ("from acme.clean import f", "import acme.clean as c\ndef f(x):\n    return vars(c)")},
        {CLEAN: ("UNUSED = 1", "UNUSED = 2")},
        True,
        False,
    ),
    (
        "getattr of a literal name",
        {
            OWN: (
                "from acme.clean import f",
                "import acme.clean as c\ndef f(x):\n    return getattr(c, 'f')(x)",
            )
        },
        {CLEAN: ("x + K", "x - K")},
        True,
        False,
    ),
    (
        "import_module of a literal name",
        {
            OWN: (
                "from acme.clean import f",
                "from importlib import import_module\ndef f(x):\n    return import_module('acme.clean').f(x)",
            )
        },
        {CLEAN: ("x + K", "x - K")},
        True,
        False,
    ),
    (
        "import_module of a computed name",
        {
            OWN: (
                "from acme.clean import f",
                "import importlib\ndef f(x):\n    return importlib.import_module(f'acme.{x}')",
            )
        },
        {STATS: ("x * 2", "x * 3")},
        True,
        True,
    ),
    (
        "a name set by a function",
        {CLEAN: ("class Model", "def setup():\n    global K\n    K = 5\n\nclass Model")},
        {CLEAN: ("K = 5", "K = 6")},
        True,
        False,
    ),
    (
        "a relative import",
        {
            CLEAN: ("import math", "import math\nfrom . import plots\nfrom .plots import p as q"),
            OWN: ("import f", "import q as f"),
        },
        {PLOTS: ("return x", "return x + 1")},
        True,
        False,
    ),
    (
        "a submodule appears beside a name",
        {
            "lib/acme/__init__.py": "clean_rate = 1\n",
            OWN: ("from acme.clean import f", "from acme import clean_rate as f"),
        },
        {"lib/acme/clean_rate.py": "x = 1\n"},
        True,
        False,
    ),
    (
        "an unused constant that begins to fail",
        {},
        {CLEAN: ("UNUSED = 1", "UNUSED = 1 / 0")},
        True,
        False,
    ),
    (
        "a docstring that code reads",
        {OWN: ("return f(flights)", "return f.__doc__")},
        {CLEAN: ('"""Cleans."""', '"""Cleans well."""')},
        True,
        False,
    ),
    (
        "a comment in a file whose source code reads",
        {OWN: ("return f(flights)", "import inspect\n    return inspect.getsource(f)")},
        {CLEAN: ("K = 16", "K = 16  # a comment")},
        True,
        False,
    ),
    (
        "a subclass in a metaclass registry",
        {CLEAN: ("class Model:", "class Meta(type):\n    pass\nclass Model(metaclass=Meta):")},
        {CLEAN: ("return 2", "return 3")},
        True,
        False,
    ),
    (
        "a loop at top level",
        {CLEAN: ("class Model", "for i in range(3):\n    UNUSED = i\n\nclass Model")},
        {CLEAN: ("range(3)", "range(4)")},
        True,
        False,
    ),
]


@pytest.mark.parametrize(
    ("prepared", "edit", "a_changes", "b_changes"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_an_edit_changes_the_code_of_exactly_the_steps_that_it_concerns(
    prepared: Edit, edit: Edit, a_changes: bool, b_changes: bool
) -> None:
    files = edited(WORKSPACE, prepared)
    assert (changes(files, edit, *A), changes(files, edit, *B)) == (a_changes, b_changes)
    assert not changes(files, {}, *A)


def test_a_byte_order_mark_and_a_cookie_do_not_count() -> None:
    plain = symbol_table(_tree("K = 'ä'\n".encode()), role="module")
    assert symbol_table(_tree(b"\xef\xbb\xbf" + "K = 'ä'\n".encode()), role="module") == plain
    latin = symbol_table(_tree("# coding: latin-1\nK = 'ä'\n".encode("latin-1")), role="module")
    assert latin.whole == plain.whole


def _tree(content: bytes) -> ast.Module:
    tree = parse(content)
    assert not isinstance(tree, Problem)
    return tree


def test_entries_are_called_as_people_know_them() -> None:
    found = code(WORKSPACE, *A)
    assert set(found.symbols) == {
        "projects/a/steps.py:a",
        "projects/a/steps.py (import)",
        "acme.clean.f",
        "acme.clean._g",
        "acme.clean.K",
    }
    assert found.files == ("lib/acme/__init__.py", "lib/acme/clean.py", "projects/a/steps.py")
    assert found.externals == ("math", "onward", "polars")
    assert found.widened == ()


def test_only_the_edited_symbol_has_another_digest() -> None:
    before = code(WORKSPACE, *A).symbols
    after = code(edited(WORKSPACE, {CLEAN: ("K = 16", "K = 17")}), *A).symbols
    assert {name for name in before if before[name] != after[name]} == {"acme.clean.K"}


def test_a_reference_to_another_step_does_not_bring_its_code() -> None:
    assert not changes(WORKSPACE, {OWN: ("return f(flights)", "return f(f(flights))")}, OWN, "sibling")
    assert not changes(WORKSPACE, {OWN: ("return f(flights)", "return f(f(flights))")}, OWN, "holds")
    assert changes(WORKSPACE, {OWN: ("return a.height > 0", "return a.height > 1")}, OWN, "holds")


def test_a_step_that_calls_another_step_counts_its_code() -> None:
    files = edited(WORKSPACE, {OWN: ("return a.height\n", "return again(a)\n\ndef again(x):\n    return a(x)\n")})
    assert changes(files, {OWN: ("return f(flights)", "return f(f(flights))")}, OWN, "sibling")


def test_widenings_say_why() -> None:
    files = edited(WORKSPACE, {CLEAN: ("_g(x) * by", "eval(x)")})
    (widening,) = [each for each in code(files, *A).widened if each.what == "acme.clean.f"]
    assert "eval" in widening.why
    assert widening.line > 0


def test_a_script_counts_all_of_its_statements() -> None:
    files = {
        **WORKSPACE,
        "projects/a/train.py": """
            from acme.clean import f
            rate = 2
            def late():
                return f(rate)
            if __name__ == "__main__":
                print(late())
            """,
    }
    script = ("projects/a/train.py", None)
    assert changes(files, {"projects/a/train.py": ("rate = 2", "rate = 3")}, *script)
    assert changes(files, {"projects/a/train.py": ("print(late())", "print(late(), 1)")}, *script)
    assert changes(files, {CLEAN: ("x + K", "x - K")}, *script)
    assert not changes(files, {CLEAN: ("UNUSED = 1", "UNUSED = 2")}, *script)
    assert not changes(files, {"projects/a/train.py": ("rate = 2", "rate = 2  # two")}, *script)


def test_a_file_that_does_not_parse_counts_byte_by_byte() -> None:
    files = edited(WORKSPACE, {CLEAN: ("x - UNUSED", "x -")})
    assert changes(files, {CLEAN: ("K = 16", "K = 17")}, *A)
    assert any("cannot be read" in widening.why for widening in code(files, *A).widened)


def test_mutual_recursion_is_followed() -> None:
    files = {
        "lib/m.py": "def even(n):\n    return n == 0 or odd(n - 1)\ndef odd(n):\n    return n > 0 and even(n - 1)\n",
        "projects/a/steps.py": "from m import even\ndef a(x):\n    return even(x)\n",
    }
    assert changes(files, {"lib/m.py": ("n > 0", "n > 1")}, "projects/a/steps.py", "a")


def test_a_thousand_steps_over_one_library_link_quickly() -> None:
    files = {f"lib/big/m{i}.py": _layer(i) for i in range(30)} | {"lib/big/__init__.py": ""}
    for i in range(100):
        steps = [f"@asset\ndef s{j}(x):\n    return f{(i + j) % 20}(x)\n" for j in range(10)]
        names = ", ".join(f"f{j}" for j in range(20))
        files[f"projects/p{i}/steps.py"] = f"from onward import asset\nfrom big.m29 import {names}\n" + "".join(steps)
    modules = Files(files)
    tables = {path: modules.table(path) for path in files}
    modules.table = tables.__getitem__  # type: ignore[method-assign]
    linker = Linker(modules)
    start = time.perf_counter()
    closures = [linker.closure(f"projects/p{i}/steps.py", f"s{j}") for i in range(100) for j in range(10)]
    spent = time.perf_counter() - start
    assert min(len(each.symbols) for each in closures) > 30
    assert spent < 3, f"{spent:.2f} s"


def _layer(number: int) -> str:
    lines = [f"from big.m{number - 1} import " + ", ".join(f"f{j} as g{j}" for j in range(20))] if number else []
    for j in range(20):
        lines.append(f"def f{j}(x):\n    return {f'g{j}(x)' if number else 'x'} + {j}")
    return "\n".join(lines) + "\n"


def test_a_name_that_a_package_takes_from_its_own_module_is_that_name() -> None:
    files = edited(
        WORKSPACE,
        {
            "lib/acme/__init__.py": "from .area import area\n",
            "lib/acme/area.py": "def area(x):\n    return x\ndef unused(x):\n    return 1\n",
            OWN: ("from acme.clean import f", "from acme import area as f"),
        },
    )
    assert changes(files, {"lib/acme/area.py": ("return x", "return x + 1")}, *A)
    assert not changes(files, {"lib/acme/area.py": ("return 1", "return 2")}, *A)


def test_a_namespace_package_is_followed() -> None:
    files = {
        "lib/space/one.py": "def f(x):\n    return x\ndef g(x):\n    return 1\n",
        "projects/a/steps.py": "import space.one\nfrom space import one as o\n"
        "def a(x):\n    return space.one.f(x), o.f(x)\n",
    }
    assert code(files, *A).externals == ()
    assert changes(files, {"lib/space/one.py": ("return x", "return x + 1")}, *A)
    assert not changes(files, {"lib/space/one.py": ("return 1", "return 2")}, *A)
    assert changes(files, {"lib/space/one.py": None}, *A)


def test_two_files_of_one_name_keep_their_entries_apart() -> None:
    files = {
        "lib/steps.py": "def f(x):\n    return x\n",
        "projects/a/own.py": "def f(x):\n    return x\n",
        "lib/own.py": "from steps import f\n",
        "projects/a/main.py": "import own\nfrom steps import f\ndef a(x):\n    return own.f(f(x))\n",
    }
    found = code(files, "projects/a/main.py", "a")
    assert {"own.f", "steps.f", "projects/a/main.py:a"} <= set(found.symbols)


values = st.one_of(st.integers(-5, 5), st.booleans(), st.floats(-2, 2), st.sampled_from(["", "a", "K1"]), st.none())
callees = st.lists(st.integers(0, 7), min_size=8, max_size=8)


@settings(deadline=None)
@given(callees, st.integers(0, 7), values, values, st.integers(0, 7))
def test_a_constant_that_changes_changes_exactly_the_functions_that_reach_it(
    calls: list[int], edited_at: int, old: object, new: object, start: int
) -> None:
    """Function i of a library in two files uses constant i and calls function `calls[i]`."""

    def library(value: object) -> dict[str, str]:
        files = {
            "lib/one.py": "",
            "lib/two.py": "from one import " + ", ".join(f"f{i}" for i in range(4)) + "\n",
        }
        for i in range(8):
            file = "lib/one.py" if i < 4 else "lib/two.py"
            callee = calls[i] % 4 if i < 4 else calls[i]
            constant = repr(value) if i == edited_at else "0"
            files[file] += f"K{i} = {constant}\ndef f{i}(x):\n    return f{callee}(x), K{i}\n"
        files["projects/a/steps.py"] = f"from two import *\ndef a(x):\n    return f{start}(x)\n"
        return files

    reached = {start}
    while True:
        more = reached | {calls[i] % 4 if i < 4 else calls[i] for i in reached}
        if more == reached:
            break
        reached = more
    differs = (type(old), repr(old)) != (type(new), repr(new))
    before, after = code(library(old), *A).symbols, code(library(new), *A).symbols
    assert (before != after) == (differs and edited_at in reached)


@pytest.mark.parametrize(
    "bound",
    [
        "A = B = []",
        "A: list = []\nB = A",
        "A = []\n[B] = [A]",
        "A = []\n(B, *REST) = [A, 1]",
        "A = []\nB, C = A, 1",
        "A = []\nB = C = A",
        "A = []\nB = (A,)[0]",
        "A = []\nfor B in (A,):\n    pass",
        "B = (A := [])",
    ],
)
def test_what_is_put_into_a_list_by_another_name_is_put_into_it(bound: str) -> None:
    source = f"{bound}\nB.append(1)\ndef f():\n    return A\n"
    assert changes({"lib/m.py": source}, {"lib/m.py": ("append(1)", "append(2)")}, "lib/m.py", "f")


def test_what_is_put_into_a_list_of_its_own_counts_for_that_list_alone() -> None:
    source = "A = []\nB = []\nB.append(1)\ndef f():\n    return A\n"
    assert not changes({"lib/m.py": source}, {"lib/m.py": ("append(1)", "append(2)")}, "lib/m.py", "f")


def test_who_imported_a_module_that_is_used_without_an_import_of_it_counts() -> None:
    files = {
        "lib/pkg/__init__.py": "",
        "lib/pkg/sub.py": "def go():\n    return 1\n",
        "lib/third.py": "import fourth\n",
        "lib/fourth.py": "import pkg.sub\nX = 1\n",
        "lib/m.py": "import pkg\nimport third\ndef f():\n    return pkg.sub.go()\ndef g():\n    return 1\n",
    }
    gone: Edit = {"lib/fourth.py": "X = 1\n"}
    assert changes(files, gone, "lib/m.py", "f")
    assert not changes(files, gone, "lib/m.py", "g")
    assert not changes(files, {"lib/fourth.py": ("X = 1", "X = 2")}, "lib/m.py", "f")


READERS = {
    "class, text": "class A:\n    x: 'B'\ndef f():\n    return get_type_hints(A)['x'].scale\n",
    "class, text in a type": "class A:\n    x: list['B']\ndef f():\n    return get_type_hints(A)\n",
    "class, lazy": "LAZY\nclass A:\n    x: B\ndef f():\n    return get_type_hints(A)['x'].scale\n",
    "class, foreign base": "LAZY\nfrom zoo import M\nclass A(M):\n    x: B\ndef f():\n    return A()\n",
    "class, foreign base, text": "from zoo import M\nclass A(M):\n    x: 'B | None'\ndef f():\n    return A()\n",
    "class, decorated": "LAZY\nfrom attrs import define\n@define\nclass A:\n    x: B\ndef f():\n    return A()\n",
    "function": "def g(x: B): pass\ndef f():\n    return get_type_hints(g)['x'].scale\n",
    "function, text": "def g(x: 'B'): pass\ndef f():\n    return get_type_hints(g)['x'].scale\n",
    "function, lazy": "LAZY\ndef g(x: B): pass\ndef f():\n    return get_type_hints(g)['x'].scale\n",
    "function, handed on": "import typer\ndef g(x: B): pass\ndef f():\n    return typer.run(g)\n",
    "module": "x: B = 1\ndef f():\n    return __annotations__['x'].scale\n",
}


@pytest.mark.parametrize("reader", list(READERS.values()), ids=list(READERS))
def test_what_an_annotation_means_counts_where_something_can_read_it(reader: str) -> None:
    lazy = "from __future__ import annotations\n" if "LAZY" in reader else ""
    source = f"{lazy}from typing import get_type_hints\nfrom m import B\n" + reader.replace("LAZY\n", "")
    files = {"lib/n.py": source, "lib/m.py": "class B:\n    scale = 1\nclass C:\n    scale = 1\n"}
    assert changes(files, {"lib/m.py": ("class B:\n    scale = 1", "class B:\n    scale = 2")}, "lib/n.py", "f")
    assert not changes(files, {"lib/m.py": ("class C:\n    scale = 1", "class C:\n    scale = 2")}, "lib/n.py", "f")


@pytest.mark.parametrize(
    "source",
    [
        "LAZY\ndef f(x: B = None):\n    return 1\n",
        "def g(x: B): return x\ndef f():\n    return g(1)\n",
        "def g(x: 'B') -> 'list[B]': return x\ndef f():\n    return g(1)\n",
        "def f():\n    x: B = 1\n    return x\n",
    ],
)
def test_what_an_annotation_means_does_not_count_where_nothing_reads_it(source: str) -> None:
    lazy = "from __future__ import annotations\n" if "LAZY" in source else ""
    files = {
        "lib/n.py": f"{lazy}from m import B\n{source}".replace("LAZY\n", ""),
        "lib/m.py": "class B:\n    scale = 1\n",
    }
    assert not changes(files, {"lib/m.py": ("scale = 1", "scale = 2")}, "lib/n.py", "f")


def test_a_name_that_only_type_checkers_import_widens_nothing() -> None:
    source = """
        from __future__ import annotations
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from nowhere import Frame
        UNUSED = 1
        class A:
            x: Frame
            y: list[Frame]
            z: "dict[str, Frame]"
        def f():
            return A()
        """
    assert not changes({"lib/n.py": source}, {"lib/n.py": ("UNUSED = 1", "UNUSED = 2")}, "lib/n.py", "f")
    assert not code({"lib/n.py": source}, "lib/n.py", "f").widened


FACTORY = """
    from functools import wraps
    def retry(times, HEAD):
        def decorate(function):
            @wraps(function)
            def inner():
                return [function() for _ in range(times)]
            return inner
        return decorate
    def f():
        return 1
    @retry(USE)
    def g():
        return 1
    """


@pytest.mark.parametrize(
    ("head", "old", "new", "counts"),
    [
        ("*, delay=1", "2", "3", False),
        ("*, delay=1", "2, delay=1", "2, delay=2", False),
        ("*, delay=1", "2", "2, pause=2", True),
        ("*, delay=1", "2", "2, 1", True),
        ("*, delay=print(1)", "2", "3", False),
        ("*, delay", "2, delay=1", "3, delay=1", True),
    ],
)
def test_a_factory_of_decorators_may_take_options_by_name(head: str, old: str, new: str, counts: bool) -> None:
    source = FACTORY.replace("HEAD", head)
    files = {"lib/m.py": source.replace("USE", old)}
    assert changes(files, {"lib/m.py": source.replace("USE", new)}, "lib/m.py", "f") is counts
