"""What a module says to onward: assets, checks, parameters, imports, records."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.base import codec
from onward.languages.python.declarations import declarations
from onward.model.code import AssetDeclaration, CheckDeclaration, Declarations, Default


def read(text: str, *, cells: bool = False) -> Declarations:
    return declarations(ast.parse(dedent(text)), cells=cells)


def only_asset(text: str) -> AssetDeclaration:
    (asset,) = read(text).assets
    return asset


def only_check(text: str) -> CheckDeclaration:
    (check,) = read(text).checks
    return check


@pytest.mark.parametrize(
    "code",
    [
        "from onward import asset\n@asset\ndef a(): ...",
        "from onward import asset as step\n@step\ndef a(): ...",
        "import onward\n@onward.asset\ndef a(): ...",
        "import onward as ow\n@ow.asset()\ndef a(): ...",
        "import onward.api\n@onward.api.asset\ndef a(): ...",
        "from onward import api\n@api.asset(unit='min')\ndef a(): ...",
        "from onward import *\n@asset\ndef a(): ...",
        "import onward as ow\nstep = ow.asset\n@step\ndef a(): ...",
        "try:\n    from onward import asset\nexcept ImportError:\n    asset = None\n@asset\ndef a(): ...",
        "import functools\nfrom onward import asset\n@asset\n@functools.cache\ndef a(): ...",
        "from onward import asset\nif True:\n    @asset\n    def a(): ...",
    ],
)
def test_an_asset_is_seen_however_its_decorator_was_imported(code: str) -> None:
    assert [asset.function for asset in read(code).assets] == ["a"]


@pytest.mark.parametrize(
    "code",
    [
        "def asset(f): return f\n@asset\ndef a(): ...",
        "from elsewhere import asset\n@asset\ndef a(): ...",
        "from .onward import asset\n@asset\ndef a(): ...",
        "@asset\ndef a(): ...",
        "from onward import asset\ndef outer():\n    @asset\n    def a(): ...",
        "from onward import asset\nclass C:\n    @asset\n    def a(self): ...",
    ],
)
def test_what_is_not_onwards_decorator_at_the_top_level_makes_no_asset(code: str) -> None:
    assert read(code).assets == ()


def test_options_are_read_as_literals() -> None:
    asset = only_asset(
        "from onward import asset\n"
        "@asset(name='n', kind='metric', unit='min', title='A ' 'title', key=['a', 'b'])\n"
        'def a():\n    """What it is."""'
    )
    assert (asset.name, asset.kind, asset.unit, asset.title, asset.key) == (
        "n",
        "metric",
        "min",
        "A title",
        ("a", "b"),
    )
    assert asset.doc == "What it is." and asset.problem is None and asset.line == 3


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ("titel='x'", "`titel`"),
        ("title=TITLE", "`title`"),
        ("tolerance='little'", "`tolerance`"),
        ("tolerance=-1", "`tolerance`"),
        ("tolerance=True", "`tolerance`"),
        ("title=f'{x}'", "`title`"),
        ("unit=3", "`unit`"),
        ("key=[1]", "`key`"),
        ("kind='tabel'", "'tabel'"),
        ("**options", "`**`"),
        ("'name'", "by name"),
    ],
)
def test_an_option_that_cannot_be_read_is_a_problem_that_names_it(options: str, word: str) -> None:
    asset = only_asset(f"from onward import asset\n@asset({options})\ndef a(): ...")
    assert asset.problem is not None and word in asset.problem


@pytest.mark.parametrize(
    ("signature", "word"), [("*frames", "`*frames`"), ("**frames", "`**frames`"), ("a, *b, c", "`*b`")]
)
def test_parameters_without_names_of_their_own_are_a_problem(signature: str, word: str) -> None:
    asset = only_asset(f"from onward import asset\n@asset\ndef a({signature}): ...")
    assert asset.problem is not None and word in asset.problem


def test_an_async_asset_is_a_problem() -> None:
    assert only_asset("from onward import asset\n@asset\nasync def a(): ...").problem is not None


@pytest.mark.parametrize(
    ("annotation", "whole"),
    [
        ("pl.DataFrame", "polars.DataFrame"),
        ("'pl.DataFrame'", "polars.DataFrame"),
        ("LazyFrame", "polars.LazyFrame"),
        ("pl.DataFrame | None", "polars.DataFrame"),
        ("None | 'pl.DataFrame'", "polars.DataFrame"),
        ("Optional[pl.DataFrame]", "polars.DataFrame"),
        ("Union[pl.DataFrame, None]", "polars.DataFrame"),
        ("Union[int, 'pl.DataFrame']", "int | polars.DataFrame"),
        ("Annotated[pl.DataFrame, 'note']", "polars.DataFrame"),
        ("Annotated['pl.DataFrame | None', 1]", "polars.DataFrame"),
        ("list[dict[str, pl.Date]]", "list[dict[str, polars.Date]]"),
        ("float", "float"),
        ("DuckDBPyRelation", "duckdb.DuckDBPyRelation"),
        ("Frame", "polars.DataFrame"),
        ("Rows", "list[polars.Date]"),
        ("Mine", "Mine"),
        ("relative.Thing", ".near.relative.Thing"),
        ("'not a type!'", "not a type!"),
        ("Literal['a', 'b']", "typing.Literal['a', 'b']"),
    ],
)
def test_annotations_are_made_whole(annotation: str, whole: str) -> None:
    asset = only_asset(f"""
        import polars as pl
        from polars import LazyFrame
        from typing import TYPE_CHECKING, Annotated, Literal, Optional, Union
        from .near import relative
        from onward import asset
        if TYPE_CHECKING:
            from duckdb import DuckDBPyRelation
        Frame = pl.DataFrame
        Rows = list[pl.Date]
        class Mine: ...
        @asset
        def a(x: {annotation}) -> {annotation}: ...
    """)
    assert asset.parameters[0].annotation == whole
    assert asset.returns == whole


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        ("ref('sales/orders')", Default("ref", "sales/orders")),
        ("ow.ref('x')", Default("ref", "x")),
        ("ref(orders)", Default("ref symbol", "orders")),
        ("ref(shop.orders)", Default("ref symbol", "shop.orders")),
        ("3", Default("value", "3")),
        ("-1.5", Default("value", "-1.5")),
        ("'é'", Default("value", '"\\u00e9"')),
        ("None", Default("value", "null")),
        ("[1, {'a': True}]", Default("value", '[1, {"a": true}]')),
        ("date(2024, 1, 1)", Default("code", "date(2024, 1, 1)")),
        ("1e999", Default("code", "1e309")),
        ("b'x'", Default("code", "b'x'")),
        ("LIMIT", Default("code", "LIMIT")),
    ],
)
def test_defaults_are_references_values_or_code(default: str, expected: Default) -> None:
    asset = only_asset(f"from onward import asset, ref\nimport onward as ow\n@asset\ndef a(x, *, y={default}): ...")
    assert [parameter.default for parameter in asset.parameters] == [Default(), expected]


def test_a_ref_that_is_not_onwards_is_code() -> None:
    asset = only_asset("from onward import asset\nfrom weakref import ref\n@asset\ndef a(y=ref('x')): ...")
    assert asset.parameters[0].default == Default("code", "ref('x')")


@pytest.mark.parametrize(
    "definition",
    [
        "class Out(TypedDict):\n    x: int\n    y: pl.DataFrame",
        "class Out(NamedTuple):\n    x: int\n    y: int = 1",
        "@dataclass\nclass Out:\n    x: int\n    z: ClassVar[int] = 1\n    y: int = 2\n    def m(self): ...",
        "@dataclasses.dataclass(frozen=True)\nclass Out:\n    x: 'int'\n    _: KW_ONLY\n    y: int",
        "class Base(TypedDict):\n    x: int\nclass Out(Base, total=False):\n    y: int",
    ],
)
@pytest.mark.parametrize("annotation", ["Out", "'Out'", "Out | None"])
def test_a_record_that_is_returned_gives_several_results(definition: str, annotation: str) -> None:
    code = (
        "import dataclasses\nfrom dataclasses import dataclass, KW_ONLY\nfrom typing import *\n"
        "from typing import ClassVar, NamedTuple, TypedDict\nfrom onward import asset\n"
        f"{definition}\n@asset\ndef a() -> {annotation}: ..."
    )
    found = read(code)
    assert found.assets[0].fields == ("x", "y")
    assert ("Out", ("x", "y")) in found.records


def test_a_record_of_another_module_is_named_whole_and_a_plain_class_is_none() -> None:
    found = read("""
        from lib.types import Out
        from onward import asset
        class P:
            x: int
        @asset
        def a() -> Out: ...
    """)
    assert found.assets[0].returns == "lib.types.Out"
    assert found.assets[0].fields == () and found.records == ()


def test_a_list_of_records_is_one_result() -> None:
    asset = only_asset("""
        from typing import TypedDict
        from onward import asset
        class R(TypedDict):
            x: int
        @asset
        def a() -> list[R]: ...
    """)
    assert asset.returns == "list[R]" and asset.fields == ()


@pytest.mark.parametrize(
    ("decorator", "asset", "by_symbol", "severity"),
    [
        ("check(carriers)", "carriers", True, "error"),
        ("check(shop.carriers, severity='warn')", "shop.carriers", True, "warn"),
        ("check('flights', severity='error')", "flights", False, "error"),
        ("check(asset='flights')", "flights", False, "error"),
        ("check(ref('sales/orders'))", "sales/orders", False, "error"),
    ],
)
def test_a_check_names_its_asset(decorator: str, asset: str, by_symbol: bool, severity: str) -> None:
    check = only_check(f"from onward import check, ref\n@{decorator}\ndef c(carriers): ...")
    assert (check.asset, check.by_symbol, check.severity) == (asset, by_symbol, severity)
    assert check.problem is None and [parameter.name for parameter in check.parameters] == ["carriers"]


@pytest.mark.parametrize("decorator", ["check", "check()", "check(1)", "check('a', severity='bad')", "check('a', x=1)"])
def test_a_check_that_cannot_be_read_is_a_problem(decorator: str) -> None:
    assert only_check(f"from onward import check\n@{decorator}\ndef c(a): ...").problem is not None


def test_one_function_may_check_two_assets() -> None:
    found = read("from onward import check\n@check('a')\n@check('b')\ndef c(x): ...")
    assert [check.asset for check in found.checks] == ["a", "b"]


def test_imports_are_given_with_their_dots_wherever_they_stand() -> None:
    found = read("""
        import a.b, c as d
        from ..lib import x, y as z
        from . import near
        from q import *
        def f():
            import late
            import importlib
            importlib.import_module("by.name")
        __import__("plain")
        import_module(name)
    """)
    assert found.imports == (
        *("a.b", "c", "..lib", "..lib.x", "..lib.y", ".", ".near", "q"),
        *("late", "importlib", "by.name", "plain"),
    )
    assert not found.imports_onward


@pytest.mark.parametrize("code", ["import onward", "from onward.api import load", "def f():\n    import onward as o"])
def test_an_import_of_onward_is_seen_anywhere(code: str) -> None:
    assert read(code).imports_onward


@pytest.mark.parametrize("code", ["import onwards", "from .onward import x", "onward = 1"])
def test_other_names_are_not_onward(code: str) -> None:
    assert not read(code).imports_onward


def test_a_modules_docstring_is_its_doc_and_that_of_cells_is_not() -> None:
    assert read('"""What it is."""\nx = 1').doc == "What it is."
    assert read('"""What it is."""\nx = 1', cells=True).doc == ""


@pytest.mark.parametrize(
    "code",
    [
        "import pandas as pd\ndf = pd.read_csv('x.csv')",
        "print('hello')",
        "def main(): ...\nmain()",
        "def main(): ...\nif __name__ == '__main__':\n    main()",
        "import sys\nfrom lib import main\nif __name__ == '__main__':\n    sys.exit(main())",
        "for i in range(3):\n    print(i)",
        "with open('x') as f:\n    rows = list(f)",
        "import subprocess\nsubprocess.run(['ls'])",
        "from pathlib import Path\ntext = Path('x').read_text()",
        "import matplotlib.pyplot as plt\nplt.plot([1])",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--x')",
        "from lib import clean\ndf = clean(1)",
        "import onward as ow\now.metric('m', 1)",
        "import pandas as pd\nx = pd.ExcelFile('a.xlsx')",
        "x = [print(i) for i in y]",
        "try:\n    import x\nexcept ValueError:\n    report()",
        "df.to_csv('x.csv')",
        "exit()",
        "class Report:\n    def build(self): ...\nReport().build()",
    ],
)
def test_a_file_that_calls_something_at_its_top_level_acts(code: str) -> None:
    assert read(code).acts


@pytest.mark.parametrize(
    "code",
    [
        "",
        '"""Doc."""',
        "import logging\nlogger = logging.getLogger(__name__)\nlogger.setLevel(logging.INFO)",
        "import sys\nsys.path.append('..')\nsys.path.insert(0, '../x')",
        "import warnings\nwarnings.filterwarnings('ignore')",
        "import pandas as pd\npd.set_option('display.max_rows', 5)",
        "import matplotlib.pyplot as plt\nplt.style.use('x')\nplt.rcParams['a'] = 1\nplt.rcParams.update({})",
        "from pathlib import Path\nDATA = Path(__file__).resolve().parent\nDATA.mkdir(exist_ok=True)",
        "import os\nROOT = os.path.dirname(os.path.abspath(__file__))\nKEY = os.environ.get('KEY', '')",
        "from typing import TypeVar, NewType\nT = TypeVar('T')\nN = NewType('N', int)",
        "import re\nPATTERN = re.compile('a')\nWORDS = 'a b'.split()\nTAIL = WORDS[1:]\nWORDS.append('c')",
        "import polars as pl\nDELAY = pl.col('a').cast(pl.Int64)\nS = pl.Schema({'a': pl.Int64()})",
        "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef index(): return run()",
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef f(): return open('x')",
        "class A:\n    x = compute()\n    def m(self): run()",
        "try:\n    import x\nexcept ImportError:\n    print('install x')\n    raise SystemExit(1)",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    reveal_type(x)",
        "f = lambda: run()",
        "if __name__ == '__main__':\n    pass",
        "import numpy as np\nnp.random.seed(1)\nEDGES = np.linspace(0, 1, 5)",
        "from onward import asset, ref\n@asset(unit='min')\ndef a(x=ref('y')): return run()",
        "import pandas as pd\nHOLIDAYS = pd.DataFrame({'day': [1]})",
        "X = {k: v.upper() for k, v in {'a': 'b'}.items()}",
    ],
)
def test_a_file_that_imports_defines_configures_and_names_constants_does_not_act(code: str) -> None:
    assert not read(code).acts


_WORDS = st.sampled_from(
    [
        *(
            "import onward as ow\n",
            "from onward import asset, check, ref\n",
            "@asset",
            "@check(x)",
            "(",
            ")",
            ":\n",
        ),
        *(
            "    ",
            "def f(x=ref('a'), *y) -> ",
            "class A(TypedDict):\n    x: 'A'\n",
            "x = x + x\n",
            "y = x\n",
            "[",
            "]",
        ),
        *(
            "x = f'{y}'\n",
            "ow.load(x)\n",
            "pd.read_csv(",
            "'a.csv'",
            "Path(x) / y\n",
            "\n",
            "for x in x: ",
            "lambda: ",
        ),
        *(
            "open(x, y)\n",
            "os.chdir(x)\n",
            "'\\ud800'",
            "if x:\n    ",
            "global x\n",
            "'%*d' % (9, 1)\n",
            "'{}'.format(x)",
        ),
    ]
)


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


@given(st.one_of(st.text(), st.lists(_WORDS, max_size=14).map("".join)))
def test_no_text_that_parses_makes_it_fail_and_what_it_finds_can_be_kept(text: str) -> None:
    tree = _parsed(text)
    for source in [text] if tree is not None else [line for line in text.split("\n") if _parsed(line) is not None]:
        found = declarations(ast.parse(source))
        assert codec.decode(codec.encode(found), Declarations) == found


@pytest.mark.parametrize(
    "text",
    [
        "x = " + " + ".join(["1"] * 400),
        "x = " + "f(" * 80 + ")" * 80,
        "x" + ".a()" * 150,
        "a0 = 'x'\n" + "\n".join(f"a{i + 1} = a{i} + a{i}" for i in range(60)) + "\nopen(a60)",
        "a = b\nb = a\nopen(a)",
        "open('%999999999d' % 1)\nopen('{:999999999}'.format(1))",
        "open(f'{1:999999999}')\nopen('%*d' % (999999999, 1))",
        "from onward import asset\n@asset\ndef a(x: '\"' * 3, y: '['): ...",
    ],
)
def test_odd_and_deep_code_is_read_in_reasonable_time(text: str) -> None:
    assert declarations(ast.parse(text)).assets is not None
