"""What holds for all of onward's own source and no linter can say."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import onward

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "src" / "onward"
# Python files that lie in the package as data, such as a demonstration's, are no modules.
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if (path.parent / "__init__.py").is_file())
IN_USERS_PYTHON = [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in {"api", "runtime"}]
PURE = [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in {"model", "engine", "languages"}]
# Below `app`, instants are values that somebody hands in.
TIMELESS = [
    path
    for path in MODULES
    if path.relative_to(PACKAGE).parts[0] in {"model", "engine", "languages", "store", "steps", "checks"}
]

OLDEST_USERS_PYTHON = (3, 9)
NOT_YET_IN_IT = {"tomllib"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "handler"}


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports_when_loaded(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every module that is imported as the file is loaded, with the line; `from .x` gives `.x`."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or ""), node.lineno
        waiting += ast.iter_child_nodes(node)


def calls_of(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every call's function as written, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def foreign_imports(text: str) -> list[tuple[str, int]]:
    """What a file for the user's Python imports as it is loaded, beyond the standard library and its own."""
    return [
        (name, line)
        for name, line in imports_when_loaded(ast.parse(text))
        if not name.startswith(("onward.api", "onward.runtime"))
        and (name.partition(".")[0] not in sys.stdlib_module_names or name in NOT_YET_IN_IT)
    ]


def touches_of_the_world(text: str) -> list[tuple[str, int]]:
    """Calls that read a file or the clock, or speak, without importing a module of the system for it."""
    asked = {"open", "input", "print", "exec", "eval", "datetime.now", "datetime.today", "date.today"}
    return [
        (name, line)
        for name, line in calls_of(ast.parse(text))
        if name.removeprefix("datetime.") in asked or name in asked
    ]


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), "it has no docstring"


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [relative(path) for path in MODULES if {path.stem, path.parent.name} & VAGUE_NAMES] == []


def test_the_public_names_are_sorted_and_there() -> None:
    assert onward.__all__
    assert list(onward.__all__) == sorted(set(onward.__all__))
    assert [name for name in onward.__all__ if not hasattr(onward, name)] == []


@pytest.mark.parametrize("path", IN_USERS_PYTHON, ids=relative)
def test_what_runs_in_the_users_python_is_written_for_old_ones(path: Path) -> None:
    text = path.read_text("utf-8")
    ast.parse(text, feature_version=OLDEST_USERS_PYTHON)
    annotated = any(isinstance(node, ast.arg | ast.AnnAssign) for node in ast.walk(ast.parse(text)))
    assert not annotated or "from __future__ import annotations" in text
    assert foreign_imports(text) == []


@pytest.mark.parametrize("path", PURE, ids=relative)
def test_what_is_pure_reads_no_file_and_no_clock(path: Path) -> None:
    assert touches_of_the_world(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", TIMELESS, ids=relative)
def test_only_the_upper_layers_ask_what_time_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    imported = [
        alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module == "onward.base.clock"
        for alias in node.names
    ]
    assert "now" not in imported
    assert [line for name, line in calls_of(ast.parse(text)) if name == "clock.now"] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import json, os.path", []),
        ("import polars", ["polars"]),
        ("import tomllib", ["tomllib"]),
        ("try:\n    import numpy\nexcept ImportError:\n    numpy = None", ["numpy"]),
        ("def f():\n    import polars", []),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import polars", []),
        ("class A:\n    import polars", ["polars"]),
        ("from onward.base.text import plural", ["onward.base.text"]),
        ("from onward.api import names", []),
        ("from . import names", ["."]),
    ],
)
def test_a_foreign_import_is_noticed(text: str, found: list[str]) -> None:
    assert [name for name, _ in foreign_imports(text)] == found


@pytest.mark.parametrize("text", ["open('x')", "datetime.now(UTC)", "x = datetime.datetime.now()", "print(1)"])
def test_a_touch_of_the_world_is_noticed(text: str) -> None:
    assert touches_of_the_world(text)
    assert not touches_of_the_world("reopen('x'); path.open_all(); re.compile('x')")
