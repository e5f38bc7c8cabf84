"""What a query reaches beyond its own text: views of a database that is a source."""

from __future__ import annotations

from pathlib import Path

import duckdb

import onward
from onward.testing import workspace

FILES = {
    "onward.toml": "",
    "projects/p/onward.toml": '[sources]\nsold = { path = "shop.duckdb", table = "sold" }\n',
    "projects/p/total.sql": "select sum(x) as total from sold\n",
}


def outcome(root: Path) -> tuple[str, object]:
    with onward.Workspace(root) as opened:
        record = opened.run().steps["p/total"]
        return record.outcome, record.assets


def define(root: Path, view: str) -> None:
    with duckdb.connect(str(root / "projects/p/shop.duckdb")) as database:
        database.execute(f"create or replace macro rate() as 2; create or replace view sold as {view}")


def test_a_view_and_what_it_reaches_count_with_the_database_that_holds_them(tmp_path: Path) -> None:
    root = workspace.write(tmp_path, FILES)
    define(root, "select i * rate() as x from range(4) as r(i)")
    first = outcome(root)
    assert first[0] == "made"
    assert outcome(root) == ("kept", first[1])
    define(root, "select i * rate() as x from range(5) as r(i)")
    edited = outcome(root)
    assert edited[0] == "made"
    assert edited[1] != first[1]
