"""What the normal form sees, and what it does not; and what a file has to be to be read at all."""

from __future__ import annotations

import ast
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.languages.python.normal import NormalForm, constant
from onward.languages.python.parse import parse
from onward.model.code import Problem


def form(source: str) -> str:
    return NormalForm().text(ast.parse(source).body[0])


def whole(source: str) -> list[str]:
    return [NormalForm().text(statement) for statement in ast.parse(source).body]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 'a'", 'x = "a"'),
        ("x = u'a'", "x = 'a'"),
        ("x = 'a' 'b'", "x = 'ab'"),
        ("x = 0x10", "x = 16"),
        ("x = (1 + 2)", "x = 1 + 2"),
        ("f(1, 2,)", "f(1, 2)"),
        ("x = f'a{y}'", 'x = f"a{y}"'),
        ("x = f'a' f'b{y}'", "x = f'ab{y}'"),
        ("def f():\n    'doc'\n    return 1", "def f():\n    return 1"),
        ("def f():\n    'doc'", "def f():\n    pass"),
        ("def f():\n    ...", "def f():\n    pass"),
        ("def f(a: int) -> str: return a", "def f(a): return a"),
        ("def f():\n    x: int = 1\n    return x", "def f():\n    x = 1\n    return x"),
        (
            "class C:\n    'doc'\n    def m(self):\n        'doc'\n        return 1",
            "class C:\n    def m(self): return 1",
        ),
        ("if x:\n    y = 1\n    'stray'", "if x:\n    y = 1"),
    ],
)
def test_what_means_the_same_has_one_form(one: str, other: str) -> None:
    assert form(one) == form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = 'a'", "x = b'a'"),
        ("x = -1", "x = 1"),
        ("x = 0.0", "x = -0.0"),
        ("x = f'{y=}'", "x = f'{y = }'"),
        ("x = f'{y}'", "x = f'{y!r}'"),
        ("x = f'a{y}'", "x = f'{y}a'"),
        ("x = ('a', 'b')", "x = ('ab',)"),
        ("def f(a, /): pass", "def f(a): pass"),
        ("def f(a, b=1): pass", "def f(a=1, b=1): pass"),
        ("def f(*, a): pass", "def f(a): pass"),
        ("def f(*a): pass", "def f(**a): pass"),
        ("def f(): return 1", "async def f(): return 1"),
        ("def f():\n    x: int\n    return x", "def f():\n    return x"),
        ("class C:\n    x: int = 1", "class C:\n    x: float = 1"),
        ("class C:\n    a = 1\n    b = 2", "class C:\n    b = 2\n    a = 1"),
        (
            "def f():\n    def g():\n        'doc'\n    return g",
            "def f():\n    def g():\n        'other'\n    return g",
        ),
        ("assert x", "x"),
        ("if x:\n    pass\nelse:\n    y()", "if x:\n    y()"),
        ("while x:\n    y()\nelse:\n    z()", "while x:\n    y()\n    z()"),
    ],
)
def test_what_means_something_else_has_another_form(one: str, other: str) -> None:
    assert form(one) != form(other)


def test_metadata_is_kept_where_it_is_asked_for() -> None:
    one, other = (ast.parse(f"def f(a: {kind}):\n    '{doc}'").body[0] for kind, doc in [("int", "a"), ("str", "b")])
    assert NormalForm().text(one) == NormalForm().text(other)
    assert NormalForm(metadata=True).text(one) != NormalForm(metadata=True).text(other)
    assert NormalForm().text(one, annotations=True) != NormalForm().text(other, annotations=True)
    assert NormalForm().text(one, docstring=True) != NormalForm().text(other, docstring=True)


@given(st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.binary(), st.booleans(), st.none()))
def test_constants_differ_as_their_type_and_their_text_do(value: object) -> None:
    again = ast.literal_eval(repr(value)) if repr(value) not in ("inf", "-inf") else value
    assert constant(value) == constant(again)
    assert constant(value) != constant(str(value) + "x")


names = st.sampled_from(["a", "b", "c"])
expressions = st.recursive(
    st.one_of(names, st.integers(0, 99).map(str), st.sampled_from(["'t'", "1.5", "None"])),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", " * ", " and ", " < "]), inner).map("".join).map("({})".format),
        st.tuples(names, inner).map(lambda pair: f"{pair[0]}({pair[1]})"),
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        inner.map(lambda text: f"f'{{{text}}}'" if "'" not in text else text),
    ),
    max_leaves=8,
)
statements = st.one_of(
    st.tuples(names, expressions).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    expressions.map(lambda text: f"if {text}:\n    a = {text}\nelse:\n    b(1)"),
    expressions.map(lambda text: f"def f(a, b={text}):\n    c = {text}\n    return c"),
    expressions.map(lambda text: f"class C:\n    a = {text}\n    def m(self):\n        return {text}"),
)


@given(st.lists(statements, min_size=1, max_size=4))
def test_writing_the_code_anew_never_changes_its_form(lines: list[str]) -> None:
    source = "\n".join(lines)
    assert whole(source) == whole(ast.unparse(ast.parse(source)))


@given(statements, statements)
def test_forms_are_equal_just_where_the_trees_are(one: str, other: str) -> None:
    assert (form(one) == form(other)) == (ast.dump(ast.parse(one)) == ast.dump(ast.parse(other)))


@pytest.mark.parametrize(
    "content",
    [
        b"x = ",
        b"return 1",
        b"def f(a, a): pass",
        b"def f():\n    x = 1\n    global x",
        b"*a, *b = c",
        b"x = 1\0",
        b"'\xff'",
        b"# coding: nope\n",
        b"(" * 1000,
        b"-" * 30_000 + b"1",
        b"x" + b".a" * 30_000,
        b"await f()",
    ],
)
def test_a_file_that_python_would_refuse_is_a_problem(content: bytes) -> None:
    assert isinstance(parse(content), Problem)


def test_reading_says_nothing_about_doubtful_code() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(parse(b"x = '\\d'\nassert (1, 'x')\nx is 'a'\n"), ast.Module)


def test_encodings_and_lone_surrogates_are_read() -> None:
    latin = parse("# coding: latin-1\nx = 'ä'\n".encode("latin-1"))
    utf = parse(b"\xef\xbb\xbf" + "x = 'ä'\n".encode())
    assert isinstance(latin, ast.Module)
    assert isinstance(utf, ast.Module)
    assert NormalForm().text(latin) == NormalForm().text(utf)
    assert isinstance(parse(rb"x = '\udcff'"), ast.Module)


def test_cells_may_await() -> None:
    assert isinstance(parse(b"await f()", cells=True), ast.Module)


SAMPLE = """
import a.b as c
def f(a, /, b: int = 1, *rest, k=2, **more) -> str:
    'doc'
    x: int = f'{a!r:>{b}} {{}} {k=}' 'y' f'z'
    match a:
        case {'k': [1, *_], **r}: return r
        case C(x=1) | None: pass
    try:
        pass
    except* E as e:
        raise X from e
    return [y async for y in z if (w := y)]
@d(1)
class C(B, metaclass=M):
    'doc'
    x: int = -1.5e300
    def m(self): return lambda q=1j, *, s=b'a': (q, s, ..., 0xff, 'ä\\udcff\\u0378')
"""


def _pythons() -> list[Path]:
    root = Path.home() / ".pyenv" / "versions"
    return [path for name in ("3.12.1", "3.13.0") if (path := root / name / "bin" / "python").exists()]


def test_the_form_is_the_same_on_every_python() -> None:
    """Runs the other Pythons of this machine; the module needs the standard library alone."""
    from onward.languages.python import normal

    script = (
        "import ast, sys, runpy\n"
        f"form = runpy.run_path({str(normal.__file__)!r})['NormalForm'](metadata=True)\n"
        f"out = form.text(ast.parse({SAMPLE!r}))\n"
        "sys.stdout.buffer.write(out.encode('utf-8', 'surrogatepass'))\n"
    )
    outputs = {
        subprocess.run([str(python), "-c", script], capture_output=True, check=True).stdout
        for python in [Path(sys.executable), *_pythons()]
    }
    assert outputs == {NormalForm(metadata=True).text(ast.parse(SAMPLE)).encode("utf-8", "surrogatepass")}
