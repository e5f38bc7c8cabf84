"""Magics and shell lines as Python."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.languages.notebook.magics import hides_output, inert


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("%matplotlib inline", "get_ipython().run_line_magic('matplotlib', 'inline')"),
        ("!pip install x", "get_ipython().system('pip install x')"),
        ("!!ls", "get_ipython().getoutput('ls')"),
        ("files = !ls data", "files = get_ipython().getoutput('ls data')"),
        ("a, b = !ls", "a, b = get_ipython().getoutput('ls')"),
        ("d['x'] = !ls", "d['x'] = get_ipython().getoutput('ls')"),
        ("x = %sql select 1", "x = get_ipython().run_line_magic('sql', 'select 1')"),
        ("!wget {url} -O $name", "get_ipython().system('wget {url} -O $name', (url), (name))"),
        ("!echo it's (", 'get_ipython().system("echo it\'s (")'),
        ("?help", "get_ipython().run_line_magic('pinfo', 'help')"),
        ("df.head??", "get_ipython().run_line_magic('pinfo', 'df.head')"),
        ("%time x = f(1)", "x = f(1)"),
        ("%timeit -n 10 f(x)", "f(x)"),
        ("%timeit", "get_ipython().run_line_magic('timeit', '')"),
        ("%%time\nx = 1\n!ls", "get_ipython().run_line_magic('time', '')\nx = 1\nget_ipython().system('ls')"),
        ("\n%%capture\nx = 1", "\nget_ipython().run_line_magic('capture', '')\nx = 1"),
        ("%%bash\necho hi", "get_ipython().run_cell_magic('bash', '', 'echo hi')\n"),
        ("%%R -i df\nx <- 1\ny", "get_ipython().run_cell_magic('R', '-i df', 'x <- 1\\ny')\n\n"),
        ("if x:\n    !ls\n    %time y = 2", "if x:\n    get_ipython().system('ls')\n    y = 2"),
        ("!pip install \\\n  a\nx = 1", "get_ipython().system('pip install   a')\n\nx = 1"),
        ("pip install pandas", "get_ipython().run_line_magic('pip', 'install pandas')"),
        ("cd ../data", "get_ipython().run_line_magic('cd', '../data')"),
        ("    x = 1\n    y = 2", "x = 1\ny = 2"),
        (">>> x = 1\n... y", "x = 1\ny"),
    ],
)
def test_a_magic_becomes_a_call(source: str, code: str) -> None:
    assert inert(source).code == code
    ast.parse(code)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = a %b",
        "x = a != b",
        "y = (1\n % b)",
        "y = 1 \\\n % b",
        "s = '''\n%matplotlib inline\n!ls\n'''",
        's = "a" # it\'s\nt = 1',
        "x = {'a': 1,\n '%b': 2}",
        "f = f'{x!r}'",
        "load = 1\nload",
        "time = 3",
        "run (1)",
        "await f()",
        "x if y else z",
        "# what?",
        "x = 'what?'",
    ],
)
def test_python_stays_as_it_is(source: str) -> None:
    cell = inert(source)
    assert cell.code == source and cell.magics == []


def test_magics_are_kept_in_order_as_written() -> None:
    cell = inert("%load_ext x\ny = !ls {z}\n!pip install \\\n  a\nprint(1)\n?y")
    assert cell.magics == ["%load_ext x", "y = !ls {z}", "!pip install \\\n  a", "?y"]
    assert inert("%%html\n<b>\n").magics == ["%%html\n<b>"]
    assert inert("%%time\nx = 1\n!ls").magics == ["%%time", "!ls"]


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("%run other.py", "other.py"),
        ("%run -i 'my script'", "my script.py"),
        ("%run -t -N3 x.ipynb --option 3", "x.ipynb"),
        ("%run ../setup.ipynb", "../setup.ipynb"),
        ("%load solutions/x.py", "solutions/x.py"),
        ("%load -r 1-5 x.py", "x.py"),
        ("run other.py", "other.py"),
    ],
)
def test_files_that_magics_run_are_named(line: str, file: str) -> None:
    assert inert("x = 1\n" + line).files == [(file, 2)]


@pytest.mark.parametrize(
    "line",
    ["%run {name}.py", "%run $name", "%run -m package", "%load https://a.b/c.py", "%run", "%cd x", "x = 1"],
)
def test_files_that_are_not_literal_are_not_named(line: str) -> None:
    assert inert(line).files == []


@pytest.mark.parametrize("code", ["x;", "x;  # why", "plt.plot(x);\n\n# end", "x; ;", "f('a');"])
def test_a_last_semicolon_hides_the_output(code: str) -> None:
    assert hides_output(code)


@pytest.mark.parametrize("code", ["", "x", "x; y", "';'", "x  # ;", "x;\n'''a;'''", "x;\ny"])
def test_without_a_last_semicolon_it_shows(code: str) -> None:
    assert not hides_output(code)


_LINES = st.sampled_from(
    [
        "%time x = 1",
        "!ls {x}",
        "x = !ls",
        "'''",
        "(",
        ")",
        "%%bash",
        "x?",
        "  y",
        "\\",
        "%",
        "a \\",
        "{#}",
        "!{a # b}",
        "%x {*y}",
    ]
)


@given(st.one_of(st.text(), st.lists(_LINES, max_size=6).map("\n".join)))
def test_no_line_is_added_or_dropped(source: str) -> None:
    assert inert(source).code.count("\n") == source.count("\n")
