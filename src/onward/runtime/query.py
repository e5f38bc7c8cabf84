"""Runs one SQL query in DuckDB, with every table that it names bound to an artifact or a source."""

from __future__ import annotations

import io
import os
from typing import Any, Dict, Optional

from onward.runtime import loader, values
from onward.runtime.values import sources, tables


def run(task: Dict[str, Any]) -> Dict[str, Any]:
    """The result of the query as the step's one table."""
    try:
        import duckdb
    except ImportError as error:
        raise values.MissingLibrary("duckdb", "pip install duckdb") from error
    with duckdb.connect(tables.DATABASE) as connection:
        connection.execute("set threads = 1")
        connection.execute("set preserve_insertion_order = true")
        return _run(task, connection)


def _run(task: Dict[str, Any], connection: Any) -> Dict[str, Any]:
    held = [_bind(connection, table, task["inputs"][table["name"]]) for table in task["tables"]]
    text = io.StringIO(loader.read_source(task["file"]).decode("utf-8-sig"), newline=None).read()
    relation = connection.sql(text)
    # Frames that were registered have to live until the query has run.
    assert len(held) == len(task["tables"])
    if relation is None:
        raise ValueError("the file holds no query that gives rows")
    output = task["outputs"][0]
    written = values.write(relation, task["outbox"], output["asset"], kind="table")
    return {"ok": True, "written": {output["asset"]: written}}


def _bind(connection: Any, table: Dict[str, Any], handed: Dict[str, Any]) -> Optional[object]:
    """Makes an input visible under the name that the query has for it. Returns what must be kept alive."""
    parts = table["parts"]
    name = ".".join(_quoted(part) for part in parts)
    if len(parts) > 1:
        connection.execute(f"create schema if not exists {_quoted(parts[0])}")
    if handed["form"] == "artifact":
        if handed["kind"] != "table":
            raise TypeError(f"`{'.'.join(parts)}` is a {handed['kind']}; a query reads tables")
        connection.execute(f"create view {name} as select * from read_parquet({_text(handed['path'])})")
        return None
    direct = _READERS.get(handed["source_form"])
    if direct is not None:
        files = ", ".join(_text(os.fspath(path)) for path in handed["paths"])
        connection.execute(f"create view {name} as select * from {direct.format(files=f'[{files}]')}")
        return None
    frame = sources.read_source(
        handed["paths"] if len(handed["paths"]) != 1 else handed["paths"][0],
        form=handed["source_form"],
        wanted="",
        table=handed.get("table"),
        prefer="pyarrow",
    )
    connection.register("__handed", frame)
    connection.execute(f"create table {name} as select * from __handed")
    connection.unregister("__handed")
    return frame


_READERS = {
    "csv": "read_csv({files}, union_by_name = true)",
    "tsv": "read_csv({files}, delim = '\\t', union_by_name = true)",
    "parquet": "read_parquet({files}, union_by_name = true)",
    "jsonl": "read_json({files}, format = 'newline_delimited', union_by_name = true)",
}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
