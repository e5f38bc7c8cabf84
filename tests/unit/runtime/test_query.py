"""A query runs in a database of its own, and opens one alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from onward.runtime import query


def task(folder: Path, text: str) -> dict[str, Any]:
    folder.mkdir()
    (folder / "rows.csv").write_text("n\n1\n2\n")
    (folder / "query.sql").write_text(text)
    source = {"form": "source", "source_form": "csv", "paths": [str(folder / "rows.csv")]}
    return {
        "file": str(folder / "query.sql"), "outbox": str(folder), "outputs": [{"asset": "p/query"}],
        "tables": [{"name": "rows", "parts": ["rows"]}], "inputs": {"rows": source},
    }  # fmt: skip


def test_a_query_and_what_it_says_are_read_in_one_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    connect: Callable[..., Any] = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda name=":memory:": opened.append(name) or connect(name))
    result = query.run(task(tmp_path / "w", "select n + 1 as n from rows"))
    assert result["ok"]
    assert result["written"]["p/query"]["facts"]["rows"] == 2
    assert opened
    # Without a name each is a database of its own, which costs more than such a query.
    assert len(set(opened)) == 1
    assert set(opened) != {":memory:"}


def test_the_next_query_of_a_process_finds_nothing_of_the_last(tmp_path: Path) -> None:
    query.run(task(tmp_path / "one", "select n from rows"))
    with pytest.raises(duckdb.CatalogException):
        query.run(task(tmp_path / "two", "select n from rows") | {"tables": [], "inputs": {}})


def test_a_query_names_its_database_as_everywhere(tmp_path: Path) -> None:
    result = query.run(task(tmp_path / "w", "select n from memory.main.rows where current_database() = 'memory'"))
    assert result["written"]["p/query"]["facts"]["rows"] == 2
