"""Each content of a file of code is parsed once, by the grammar of the Python that steps run in."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from onward.app.environments.environment import workspace_python
from onward.app.environments.grammar import grammar_of
from onward.app.reading.code import read_tables
from onward.app.wiring import open_workspace
from onward.base.digest import Digest, digest_bytes
from onward.languages.python.parse import OWN
from onward.model.code import Problem
from onward.model.workspace import Settings
from onward.store.index import Index
from onward.testing import workspace


class Counting:
    """This Python's grammar, and how often it was asked."""

    def __init__(self, name: str = OWN.name) -> None:
        self.name = name
        self.parsed: list[bytes] = []

    def parse(self, content: bytes, *, cells: bool = False, compiles: bool = True) -> ast.Module | Problem:
        self.parsed.append(content)
        return OWN.parse(content, cells=cells, compiles=compiles)


def digests(root: Path) -> dict[str, Digest]:
    paths = sorted(path for path in root.rglob("*") if path.suffix in (".py", ".sql", ".ipynb"))
    return {str(path.relative_to(root)): digest_bytes(path.read_bytes()) for path in paths}


def notebook(*sources: str) -> str:
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def read(root: Path, index: Index, name: str = OWN.name) -> list[bytes]:
    grammar = Counting(name)
    read_tables(root, digests(root), index, grammar)
    return grammar.parsed


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with closing(Index(tmp_path / "index")) as opened:
        yield opened


def test_of_a_thousand_files_the_edited_one_is_read_again(tmp_path: Path, index: Index) -> None:
    root = workspace.write(tmp_path / "w", {f"lib/m{number}.py": f"N = {number}\n" for number in range(1000)})
    assert len(read(root, index)) == 1000
    assert read(root, index) == []
    (root / "lib/m7.py").write_text("N = -7\n")
    assert read(root, index) == [b"N = -7\n"]
    (root / "lib/m7.py").rename(root / "lib/moved.py")
    assert read(root, index) == [], "it goes by what a file holds, wherever it lies"
    (root / "lib/m8.py").write_text("N = 9\n")
    assert read(root, index) == [], "another file holds that already"


def test_a_file_is_parsed_once_for_all_that_is_asked_of_it(tmp_path: Path, index: Index) -> None:
    root = workspace.write(tmp_path / "w", {"a.py": "print(1)\n", "b.py": "print(1)\n"})
    assert read(root, index) == [b"print(1)\n"]


def test_a_cell_is_parsed_once_by_itself_and_once_among_the_others(tmp_path: Path, index: Index) -> None:
    root = workspace.write(tmp_path / "w", {"a.ipynb": notebook("x = 1", "x + 1")})
    cells = [content for content in read(root, index) if b"# %%" not in content]
    assert cells == [b"x = 1", b"x + 1"]


def test_another_grammar_reads_python_again_and_no_sql(tmp_path: Path, index: Index) -> None:
    root = workspace.write(tmp_path / "w", {"a.py": "N = 1\n", "q.sql": "select 1 as one\n"})
    read(root, index)
    assert read(root, index, "cpython 3.99") == [b"N = 1\n"]


def test_a_python_of_another_version_reads_its_code_itself(tmp_path: Path, index: Index) -> None:
    root = workspace.write(tmp_path / "w", {"onward.toml": "", "lib/a.py": "N = 1\n"})
    with open_workspace(root) as opened:
        python = workspace_python(opened.place, Settings())
    with grammar_of(python) as own:
        assert own is OWN
    with grammar_of(None) as own:
        assert own is OWN
    starts = tmp_path / "starts"
    starts.write_text("")
    launcher = tmp_path / "python"
    launcher.write_text(f'#!/bin/sh\necho started >> {starts}\nexec {sys.executable} "$@"\n')
    launcher.chmod(0o755)
    newer = replace(python, executable=launcher, facts=msgspec.structs.replace(python.facts, python="3.99.0"))
    with grammar_of(newer) as grammar:
        assert grammar.name == "cpython 3.99"
        read_tables(root, digests(root), index, grammar)
        workspace.write(root, {"lib/b.py": "N = 2\n"})
        read_tables(root, digests(root), index, grammar)
    assert starts.read_text() == "started\n", "one process for all files"
    with grammar_of(newer) as grammar:
        read_tables(root, digests(root), index, grammar)
    assert starts.read_text() == "started\n", "nothing is unseen, so nothing is asked"
