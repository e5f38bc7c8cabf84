"""The files and names that Python code spells out."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from onward.languages.python.bindings import scopes
from onward.languages.python.literals import Literals, literals

_IMPORTS = """
import bz2, glob, gzip, io, os, shutil, sqlite3, zipfile
from pathlib import Path
import duckdb, geopandas as gpd, joblib, numpy as np, pandas as pd, polars as pl
import matplotlib.pyplot as plt
import pyarrow.parquet as pq
import pyarrow.csv
from contextlib import chdir
import onward as ow
from urllib.request import urlretrieve
"""


def read(code: str) -> Literals:
    tree = ast.parse(_IMPORTS + dedent(code))
    return literals(tree, scopes(tree))


def paths(code: str) -> tuple[list[str], list[str]]:
    found = read(code)
    return [mention.text for mention in found.reads], [mention.text for mention in found.writes]


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("pd.read_csv('data/x.csv')", "data/x.csv"),
        ("pd.read_csv(filepath_or_buffer='x.csv', sep=';')", "x.csv"),
        ("pd.read_excel('x.xlsx', sheet_name=0)", "x.xlsx"),
        ("pd.read_table('./x.tsv')", "x.tsv"),
        ("pd.ExcelFile('x.xlsx')", "x.xlsx"),
        ("pl.scan_parquet('data/*.parquet')", "data/*.parquet"),
        ("pl.read_ndjson(source='x')", "x"),
        ("np.load('x.npy')", "x.npy"),
        ("np.genfromtxt('x.txt')", "x.txt"),
        ("open('x.txt')", "x.txt"),
        ("io.open('x.txt', 'rt')", "x.txt"),
        ("gzip.open('x.gz')", "x.gz"),
        ("zipfile.ZipFile('x.zip').extractall()", "x.zip"),
        ("gpd.read_file('x.shp')", "x.shp"),
        ("pq.read_table('x.parquet')", "x.parquet"),
        ("duckdb.read_csv('x.csv')", "x.csv"),
        ("duckdb.sql(\"from 'x.csv'\")", "x.csv"),
        (
            "con.sql('select * from read_parquet(\"a\") where 1').df()\nduckdb.query(\"from 'x.csv'\")",
            "x.csv",
        ),
        ("con.execute(\"from read_parquet('x/*.parquet')\")", "x/*.parquet"),
        ("sqlite3.connect('x.db')", "x.db"),
        ("joblib.load('m.joblib')", "m.joblib"),
        ("plt.imread('x.png')", "x.png"),
        ("Path('x.txt').read_text()", "x.txt"),
        ("Path('x.bin').open('rb')", "x.bin"),
        ("spark.read_csv('x.csv')", "x.csv"),
        ("pd.read_csv('/abs/x.csv')", "/abs/x.csv"),
    ],
)
def test_what_is_read_is_seen(code: str, path: str) -> None:
    assert paths(code) == ([path], [])


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("df.to_csv('out/x.csv', index=False)", "out/x.csv"),
        ("df.to_csv(path_or_buf='x.csv')", "x.csv"),
        ("df.groupby('a').sum().to_excel('x.xlsx')", "x.xlsx"),
        ("df.write_parquet('x.parquet')", "x.parquet"),
        ("frame.sink_csv('x.csv')", "x.csv"),
        ("pd.ExcelWriter('x.xlsx')", "x.xlsx"),
        ("np.save('x', a)", "x.npy"),
        ("np.savez('x.npz', a)", "x.npz"),
        ("np.savetxt('x.txt', a)", "x.txt"),
        ("open('x.txt', 'w')", "x.txt"),
        ("open('x.txt', mode='wb')", "x.txt"),
        ("open('x.txt', 'x')", "x.txt"),
        ("Path('x.txt').write_text('abc.csv')", "x.txt"),
        ("Path('x.txt').open('w')", "x.txt"),
        ("plt.savefig('x.png', dpi=90)", "x.png"),
        ("figure.savefig(fname='x.png')", "x.png"),
        ("chart.save('x.html')", "x.html"),
        ("joblib.dump(model, 'm.joblib')", "m.joblib"),
        ("pq.write_table(t, 'x.parquet')", "x.parquet"),
        ("pyarrow.csv.write_csv(t, 'x.csv')", "x.csv"),
        ("duckdb.sql(\"copy t to 'x.csv'\")", "x.csv"),
        ("urlretrieve('https://a/b.csv', 'b.csv')", "b.csv"),
        ("zipfile.ZipFile('x.zip', 'w')", "x.zip"),
    ],
)
def test_what_is_written_is_seen(code: str, path: str) -> None:
    assert paths(code) == ([], [path])


@pytest.mark.parametrize(
    "code",
    [
        "open('x', 'a')",
        "open('x', 'r+')",
        "open('x', mode)",
        "frame.to_csv('./x', mode='a')",
        "duckdb.connect('x').execute('create table t(a int)')",
    ],
)
def test_a_file_that_is_changed_in_place_is_read_and_written(code: str) -> None:
    assert paths(code) == (["x"], ["x"])


def test_a_database_that_nothing_changes_is_only_read() -> None:
    assert paths("pd.read_sql('select 1', sqlite3.connect('x.db'))") == (["x.db"], [])
    assert paths("df.to_sql('t', sqlite3.connect('x.db'))") == (["x.db"], ["x.db"])
    assert paths("duckdb.connect('x.db', read_only=True)\ncon.commit()") == (["x.db"], [])


@pytest.mark.parametrize(
    ("code", "listing"),
    [
        ("glob.glob('data/*.csv')", "data/*.csv"),
        ("Path('data').glob('*.csv')", "data/*.csv"),
        ("Path('data').rglob('*.csv')", "data/**/*.csv"),
        ("os.listdir('data')", "data/"),
        ("os.listdir('data/')", "data/"),
        ("os.listdir()", "./"),
        ("for p in Path('data').iterdir(): pass", "data/"),
        ("os.walk('data')", "data/**"),
    ],
)
def test_listings_are_reads_that_look_like_listings(code: str, listing: str) -> None:
    assert paths(code) == ([listing], [])


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("DATA = '../data/'\nopen(DATA + 'x.csv')", "../data/x.csv"),
        ("DATA = Path('../data')\nopen(DATA / 'x.csv')", "../data/x.csv"),
        ("DATA = Path('..') / 'data'\n(DATA / 'x.csv').read_text()", "../data/x.csv"),
        ("DATA = Path('a', 'b').joinpath('c')\nopen(DATA)", "a/b/c"),
        ("open(os.path.join('a', 'b', 'c.csv'))", "a/b/c.csv"),
        ("YEAR = 2013\nopen(f'data/{YEAR}-{1:02d}.csv')", "data/2013-01.csv"),
        ("open('data/{}.csv'.format('x'))", "data/x.csv"),
        ("open('data/{name}-{0}.csv'.format(1, name='x'))", "data/x-1.csv"),
        ("open('data/%s-%02d.csv' % ('x', 3))", "data/x-03.csv"),
        ("def f():\n    name = 'x.csv'\n    return open(name)", "x.csv"),
        ("NAME = 'x.csv'\ndef f():\n    return open(NAME)", "x.csv"),
        ("FILES = {'a': 'x.csv'}\nopen(FILES['a'])", "x.csv"),
        ("open(str(Path('a') / 'b'))", "a/b"),
        ("open(Path(__file__).parent / 'map.csv')", "<file>/map.csv"),
        ("HERE = Path(__file__).resolve().parent\nopen(HERE.parent / 'x.csv')", "<file>/../x.csv"),
        ("open(Path(__file__).parents[1] / 'x.csv')", "<file>/../x.csv"),
        ("open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'x'))", "<file>/x"),
        ("open(Path(__file__).with_name('x.csv'))", "<file>/x.csv"),
        ("open(Path('a/x.csv').with_suffix('.json'))", "a/x.json"),
        ("open(Path.cwd() / 'x')", "x"),
        ("open(Path.cwd().parent / 'x')", "../x"),
        ("if (name := 'x.csv'):\n    open(name)", "x.csv"),
        ("A: str = 'x.csv'\nopen(A)", "x.csv"),
        ("a, b = 'x.csv', 2\nopen(a)", "x.csv"),
        ("class Config:\n    DATA = Path('data')\nopen(Config.DATA / 'x.csv')", "data/x.csv"),
    ],
)
def test_paths_are_put_together_from_constants(code: str, path: str) -> None:
    assert paths(code) == ([path], [])


@pytest.mark.parametrize(
    "code",
    [
        "for name in ['a', 'b']:\n    open(f'{name}.csv')",
        "[open(name + '.csv') for name in ('a', 'b')]",
        "for i, name in enumerate(['a.csv', 'b.csv']):\n    open(name)",
        "FILES = {1: 'a.csv', 2: 'b.csv'}\nfor k, v in FILES.items():\n    open(v)",
        "frames = {k: open(k) for k in sorted({'a.csv': 1, 'b.csv': 2})}",
        "pl.read_csv(['a.csv', 'b.csv'])",
    ],
)
def test_a_loop_over_literals_gives_each(code: str) -> None:
    assert paths(code) == (["a.csv", "b.csv"], [])


def test_a_range_is_a_loop_over_literals() -> None:
    assert paths("for y in range(2013, 2015):\n    open(f'{y}.csv')") == (["2013.csv", "2014.csv"], [])


@pytest.mark.parametrize(
    "code",
    [
        "open(name)",
        "def f(name):\n    return open(name + '.csv')",
        "name = 'a'\nname = 'b'\nopen(name)",
        "name = 'a'\nname += 'b'\nopen(name)",
        "name = 'a'\ndef f():\n    global name\n    name = 'b'\nopen(name)",
        "def f():\n    local = 'a'\nopen(local)",
        "class C:\n    local = 'a'\n    def m(self): return open(local)",
        "open(f'{name}.csv')",
        "class C:\n    A = 'a'\n    A = 'b'\nopen(C.A)",
        "class C:\n    A = 'a'\nopen(C.B)",
        "class C:\n    A = 'a'\nC.A = 'b'\nopen(C.A)",
        "for n in names: open(n)",
        "pd.read_csv('https://a.b/c.csv')",
        "pl.read_parquet('s3://bucket/x.parquet')",
        "open('~/x.csv')",
        "open(Path.home() / 'x.csv')",
        "pd.read_json('{\"a\": 1}')",
        "pd.read_html('<table></table>')",
        "df.to_csv()",
        "df.to_json(orient='records')",
        "df.to_html(None)",
        "duckdb.sql('from flights')",
        "duckdb.connect()",
        "duckdb.connect(':memory:')",
        "open(__file__)",
        "def open(x): ...\nopen('x')",
        "def read_csv(x): ...\nread_csv('x.csv')",
        "my.read_csv('flights')",
        "user.save('commit')",
        "'a.b'.replace('a.csv', 'b.csv')",
        "io.StringIO('a.csv')",
        "plt.title('x.png')",
        "with open(0) as f: pass",
    ],
)
def test_what_is_no_literal_path_is_none(code: str) -> None:
    assert paths(code) == ([], [])


def test_a_change_of_folder_shifts_the_relative_paths_that_follow() -> None:
    code = "open('a')\nos.chdir('../data')\nopen('b')\nopen('/c')\nos.chdir('..')\nopen('d')"
    assert paths(code) == (["a", "../data/b", "/c", "../data/../d"], [])


@pytest.mark.parametrize(
    "change", ["os.chdir(folder)", "if x:\n    os.chdir('data')", "def f():\n    os.chdir('data')"]
)
def test_after_an_unknown_change_of_folder_relative_paths_are_none(change: str) -> None:
    assert paths(f"{change}\nopen('a')\nopen('/b')") == (["/b"], [])


def test_a_change_of_folder_in_a_block_ends_with_it() -> None:
    assert paths("with chdir('data'):\n    open('a')\nopen('b')") == (["data/a", "b"], [])


def test_copies_read_and_write() -> None:
    assert paths("shutil.copy('a/x.csv', 'b/y.csv')") == (["a/x.csv"], ["b/y.csv"])
    assert paths("shutil.copy('a/x.csv', 'b/')") == (["a/x.csv"], ["b/x.csv"])
    assert paths("Path('a').rename('b')") == (["a"], ["b"])


def test_the_line_of_a_mention_is_that_of_its_call() -> None:
    before = _IMPORTS.count("\n")
    assert [mention.line for mention in read("x = 1\nopen('a')\nopen(\n  'b')").reads] == [
        before + 2,
        before + 3,
    ]


@pytest.mark.parametrize(
    "code",
    [
        "ow.load('x')",
        "from onward import load\nload('x')",
        "from onward.api import load as l\nl(name='x')",
        "import onward.api\nonward.api.load('x')",
        "NAME = 'x'\now.load(NAME)",
    ],
)
def test_literal_loads_are_named(code: str) -> None:
    found = read(code)
    assert [mention.text for mention in found.loads] == ["x"]
    assert not found.opens_load and not found.opens_save


def test_saves_and_metrics_are_told_apart() -> None:
    found = read("ow.save('a', 1)\now.metric('b', 2, unit='min')")
    assert [mention.text for mention in found.saves] == ["a"]
    assert [mention.text for mention in found.metrics] == ["b"]
    assert not found.opens_save


@pytest.mark.parametrize(
    ("code", "load", "save"),
    [
        ("ow.load(name)", True, False),
        ("ow.save(f'{x}', 1)", False, True),
        ("ow.metric(name, 1)", False, True),
        ("for n in ['a', 'b']:\n    ow.save(n, 1)", False, False),
        ("list(map(ow.load, names))", True, False),
        ("getattr(ow, 'load')('x')", True, True),
        ("ow.today()", False, False),
        ("other.load(name)", False, False),
    ],
)
def test_a_computed_name_makes_the_step_open(code: str, load: bool, save: bool) -> None:
    found = read(code)
    assert (found.opens_load, found.opens_save) == (load, save)


def test_reads_in_functions_are_found_as_well() -> None:
    assert paths("def f(x):\n    if x:\n        return lambda: pd.read_csv('x.csv')") == (["x.csv"], [])


@pytest.mark.parametrize(
    ("source", "roots", "is_open"),
    [
        ("import sys\nsys.path.append('..')", ["../"], False),
        ("import sys\nsys.path.insert(0, '../src')", ["../src"], False),
        (
            "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent / 'x'))",
            ["<file>/x"],
            False,
        ),
        (
            "import sys, os\nsys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))",
            ["<file>/.."],
            False,
        ),
        ("import sys\nHERE = 'a'\nsys.path.extend([HERE, 'b'])", ["a", "b"], False),
        ("import sys\nsys.path += ['a']", ["a"], False),
        ("import sys\nsys.path[:0] = ['a']", ["a"], False),
        ("import sys\nsys.path = ['a', *sys.path]", ["a"], False),
        ("import sys\nsys.path = ['a'] + sys.path", ["a"], False),
        ("from sys import path\npath.append('a')", ["a"], False),
        ("import site\nsite.addsitedir('a')", ["a"], False),
        ("import os, sys\nos.chdir('a')\nsys.path.append('b')", ["a/b"], False),
        ("import os, sys\nos.chdir(x)\nsys.path.append('b')", [], True),
        ("import sys\nsys.path.append(x)", [], True),
        ("import sys\nsys.path.append('/opt/code')", [], True),
        ("import sys\nsys.path += others", [], True),
        ("import sys\nprint(sys.path)\npath = []\npath.append('a')", [], False),
    ],
)
def test_folders_that_are_added_to_the_import_path(source: str, roots: list[str], is_open: bool) -> None:
    found = read(source)
    assert [mention.text for mention in found.import_roots] == [root.rstrip("/") for root in roots]
    assert found.opens_imports == is_open


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("from importlib import resources\nresources.files('a.b').joinpath('x.txt').read_text()", "<package>a.b/x.txt"),
        ("from importlib.resources import files\nimport a\n(files(a) / 'x.txt').open()", "<package>a/x.txt"),
        ("from importlib.resources import files\nfiles(__package__).joinpath('x.txt').read_bytes()", "<file>/x.txt"),
        ("import importlib.resources as r\nwith r.as_file(r.files('a') / 'x.txt') as p: pass", "<package>a/x.txt"),
        ("import importlib.resources as r\nr.read_text('a', 'x.txt')", "<package>a/x.txt"),
        ("import pkgutil\npkgutil.get_data(__name__, 'x.txt')", "<file>/x.txt"),
        ("import pkg_resources\npkg_resources.resource_filename('a', 'x.txt')", "<package>a/x.txt"),
    ],
)
def test_files_of_a_package_are_paths_too(source: str, path: str) -> None:
    assert [mention.text for mention in read(source).reads] == [path]


def test_files_of_a_package_that_is_computed_are_none() -> None:
    assert not read("import pkgutil\npkgutil.get_data(name, 'x.txt')\npkgutil.get_data('a b', 'x.txt')").reads
