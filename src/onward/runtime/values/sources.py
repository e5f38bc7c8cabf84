"""Source files opened as frames, text or objects: data that the workspace does not make.

Several files of one form are one table, their rows in the order of the paths that were given. What is wrong
with a file is said with its path.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from typing import Any, Union

from onward.runtime.own_files import own_read
from onward.runtime.own_json import JSONDecodeError, dumps, loads
from onward.runtime.values.annotations import FRAMES, Wanted, read_annotation
from onward.runtime.values.errors import CannotRead, DoesNotFit, MissingLibrary
from onward.runtime.values.frames import read_parquet
from onward.runtime.values.libraries import FRAME_LIBRARIES, first_installed, is_installed, need
from onward.runtime.values.tables import without_patterns

Paths = Union[str, "os.PathLike[str]", Sequence[Union[str, "os.PathLike[str]"]]]

TABLE_FORMS = ("csv", "tsv", "parquet", "jsonl", "excel", "sqlite", "duckdb")
FORMS = (*TABLE_FORMS, "json", "text", "binary", "folder")

_FRAME_OF = {
    "polars": "polars.DataFrame",
    "pandas": "pandas.DataFrame",
    "pyarrow": "pyarrow.Table",
    "duckdb": "duckdb.DuckDBPyRelation",
}


def read_source(path_or_paths: Paths, *, form: str, wanted: str, table: str | None, prefer: str) -> Any:
    """Open a source.

    Args:
        path_or_paths: a file, several files of one form, or a folder. `.gz` in the end is seen through.
        form: one of `FORMS`.
        wanted: a fully qualified annotation; empty for what suits the form.
        table: of a database or a workbook, which table or sheet; None where there is one only.
        prefer: the frame library where `wanted` leaves it open: `polars`, `pandas`, or empty.

    Returns:
        A frame for the forms of tables, the parsed object for `json`, `str` for `text`, `bytes` for `binary`,
        a `Path` for `folder`, and what `wanted` says where it fits. A list where several files are no table.

    Raises:
        CannotRead: a file is missing, empty, or not of its form.
        DoesNotFit: the form cannot be what is wanted.
        MissingLibrary: a library or an engine for the form is not installed.
    """
    if form not in FORMS:
        raise DoesNotFit(f"no form of a source is called `{form}`: there are {', '.join(FORMS)}")
    many = not isinstance(path_or_paths, (str, os.PathLike))
    paths = [os.fspath(path) for path in (path_or_paths if many else [path_or_paths])]  # type: ignore[union-attr]
    if not paths:
        raise CannotRead("the source has no files")
    for path in paths:
        if not os.path.exists(path):
            raise CannotRead(f"{path}: there is no such file")
    asked = read_annotation(wanted)
    if asked.name == "pathlib.Path" or form == "folder":
        return _as_paths(paths, many, asked)
    for path in paths:
        if os.path.getsize(path) == 0 and form not in ("text", "binary"):
            raise CannotRead(f"{path}: is empty")
    if asked.name == "bytes":
        return _one_or_all([_content(path) for path in paths], many)
    if form in TABLE_FORMS:
        return _read_table(paths, form, asked, table, prefer)
    return _one_or_all([_read_object(path, form, asked) for path in paths], many)


def _as_paths(paths: list[str], many: bool, asked: Wanted) -> Any:
    if asked.name not in ("", "pathlib.Path", "list"):
        raise DoesNotFit(f"a folder cannot arrive as `{asked.name}`: ask for `pathlib.Path`")
    from pathlib import Path

    return _one_or_all([Path(path) for path in paths], many)


def _one_or_all(found: list[Any], many: bool) -> Any:
    return found if many else found[0]


# forms that are no tables


def _content(path: str) -> bytes:
    """The bytes of a file, unpacked where its name ends in `.gz`."""
    if not path.endswith(".gz"):
        return own_read(path)
    import gzip

    try:
        with gzip.open(path) as file:
            return file.read()
    except (OSError, EOFError) as error:
        raise CannotRead(f"{path}: cannot be unpacked: {error}") from error


def _read_object(path: str, form: str, asked: Wanted) -> Any:
    content = _content(path)
    if form == "binary":
        if asked.name:
            raise DoesNotFit(f"{path}: a binary file cannot arrive as `{asked.name}`: ask for `bytes`")
        return content
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotRead(f"{path}: is no UTF-8 text: {error}") from error
    if asked.name == "str" or (form == "text" and asked.name == ""):
        return text
    if form == "text":
        raise DoesNotFit(f"{path}: text cannot arrive as `{asked.name}`: ask for `str`")
    try:
        found = loads(text)
    except JSONDecodeError as error:
        raise CannotRead(f"{path}: is no JSON: {error}") from error
    if asked.name in FRAMES:
        return _frame_of_objects(found, asked, path)
    if asked.name in ("dict", "list") and type(found).__name__ != asked.name:
        raise DoesNotFit(f"{path}: holds a {type(found).__name__} and cannot arrive as `{asked.name}`")
    return found


def _frame_of_objects(found: Any, asked: Wanted, path: str) -> Any:
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise DoesNotFit(f"{path}: only a list of objects can arrive as `{asked.name}`")
    text = "\n".join(dumps(row, ensure_ascii=False) for row in found)
    return _from_bytes(path, "jsonl", text.encode("utf-8"), asked)


# tables


def _read_table(paths: list[str], form: str, asked: Wanted, table: str | None, prefer: str) -> Any:
    asked = _frame_wanted(asked, form, prefer)
    if asked.name == "list":
        frames = _read_table(paths, form, Wanted(""), table, "")
        return _as_rows(frames)
    if asked.library == "narwhals":
        frame = _read_table(paths, form, Wanted(""), table, prefer)
        found = need("narwhals").from_native(frame)
        return found.lazy() if asked.name.endswith("LazyFrame") else found
    if asked.name not in FRAMES:
        raise DoesNotFit(f"a {form} source cannot arrive as `{asked.name}`: ask for a frame, or `pathlib.Path`")
    if asked.library == "duckdb" and form in ("csv", "tsv", "jsonl", "parquet"):
        return _guarded(paths[0], form, lambda: _relation(need("duckdb"), paths, form))
    return _concatenated([_read_one(path, form, asked, table) for path in paths], asked)


def _frame_wanted(asked: Wanted, form: str, prefer: str) -> Wanted:
    """The frame to make: the annotation's, else one of the caller's library, else of one installed."""
    if asked.name:
        return asked
    if prefer in _FRAME_OF and is_installed(prefer):
        return Wanted(_FRAME_OF[prefer])
    return Wanted(_FRAME_OF[first_installed(FRAME_LIBRARIES, f"open a {form} file")])


def _as_rows(frame: Any) -> list[dict[str, Any]]:
    if hasattr(frame, "to_dicts"):
        return frame.to_dicts()
    if hasattr(frame, "to_pylist"):
        return frame.to_pylist()
    return frame.to_dict("records")


def _read_one(path: str, form: str, asked: Wanted, table: str | None) -> Any:
    if form == "parquet":
        return read_parquet(path, asked, {})
    if form == "sqlite":
        return _from_query(path, asked, lambda: _sqlite_rows(path, table))
    if form == "duckdb":
        return _read_duckdb(path, asked, table)
    if form == "excel":
        return _read_excel(path, asked, table)
    if asked.library == "duckdb":
        return _relation(need("duckdb"), [path], form)
    return _guarded(path, form, lambda: _from_bytes(path, form, None, asked))


def _guarded(path: str, form: str, open_file: Callable[[], Any]) -> Any:
    """What `open_file` gives; what a library finds wrong is said with the path."""
    try:
        return open_file()
    except (CannotRead, DoesNotFit, MissingLibrary, MemoryError):
        raise
    except Exception as error:  # every library has classes of its own for a file that it cannot parse
        raise CannotRead(f"{path}: cannot be read as {form}: {error}") from error


def _from_bytes(path: str, form: str, content: bytes | None, asked: Wanted) -> Any:
    """A frame of a text file, or of its bytes where they are at hand or packed."""
    if content is None and path.endswith(".gz"):
        content = _content(path)
        if not content:
            raise CannotRead(f"{path}: is empty")
    where: Any = path if content is None else io.BytesIO(content)
    separator = "\t" if form == "tsv" else ","
    if asked.library == "polars":
        return _polars_text(where, form, separator, asked)
    if asked.library == "pandas":
        pandas = need("pandas")
        if form == "jsonl":
            # Not `read_json`: it takes for a date what looks like one, and what has a name that sounds so.
            lines = (own_read(path) if content is None else content).splitlines()
            frame = pandas.DataFrame([loads(line) for line in lines if line.strip()])
        else:
            frame = pandas.read_csv(where, sep=separator, low_memory=False)
        return frame if asked.name == "pandas.DataFrame" else _one_column(frame, path).iloc[:, 0]
    if asked.library == "pyarrow":
        if form == "jsonl":
            return need("pyarrow.json").read_json(where)
        reader = need("pyarrow.csv")
        return reader.read_csv(where, parse_options=reader.ParseOptions(delimiter=separator))
    raise DoesNotFit(f"{path}: cannot arrive as `{asked.name}`")


def _polars_text(where: Any, form: str, separator: str, asked: Wanted) -> Any:
    polars = need("polars")
    if form == "jsonl":
        if isinstance(where, str) and set(where) & set("*?["):
            # polars would take the path for a pattern here.
            where = io.BytesIO(own_read(where))
        if asked.name == "polars.LazyFrame":
            return polars.scan_ndjson(where, infer_schema_length=None)
        frame = polars.read_ndjson(where, infer_schema_length=None)
    elif asked.name == "polars.LazyFrame":
        return polars.scan_csv(where, separator=separator, glob=False, infer_schema_length=None)
    else:
        frame = polars.read_csv(where, separator=separator, glob=False, infer_schema_length=None)
    return frame if asked.name == "polars.DataFrame" else _one_column(frame, "the file").to_series()


def _one_column(frame: Any, path: str) -> Any:
    if frame.shape[1] != 1:
        raise DoesNotFit(f"{path}: has {frame.shape[1]} columns and cannot be a series: ask for a DataFrame")
    return frame


def _relation(connection: Any, paths: list[str], form: str) -> Any:
    names = [without_patterns(path) for path in paths]
    if form == "parquet":
        return connection.read_parquet(names, hive_partitioning=False)
    if form == "jsonl":
        return connection.read_json(names, format="newline_delimited")
    return connection.read_csv(names, sep="\t" if form == "tsv" else ",")


def _concatenated(frames: list[Any], asked: Wanted) -> Any:
    if len(frames) == 1:
        return frames[0]
    if asked.library == "polars":
        return need("polars").concat(frames, how="vertical_relaxed")
    if asked.library == "pandas":
        return need("pandas").concat(frames, ignore_index=True)
    if asked.library == "pyarrow":
        return need("pyarrow").concat_tables(frames, promote_options="permissive")
    whole = frames[0]
    for frame in frames[1:]:
        whole = whole.union(frame)
    return whole


# databases and workbooks


def _chosen(path: str, names: list[str], table: str | None, noun: str) -> str:
    if table is not None:
        if table not in names:
            raise CannotRead(f"{path}: has no {noun} `{table}`: there are {', '.join(names) or 'none'}")
        return table
    if len(names) != 1:
        raise CannotRead(f"{path}: has the {noun}s {', '.join(names) or '(none)'}: say which one")
    return names[0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sqlite_rows(path: str, table: str | None) -> tuple[list[str], list[Any]]:
    import sqlite3
    from pathlib import Path

    # Opened for reading only, and as a URI so that a path of any signs is one.
    connection = sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True)
    try:
        listing = connection.execute(
            "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%' order by name"
        )
        name = _chosen(path, [row[0] for row in listing], table, "table")
        cursor = connection.execute(f"select * from {_quoted(name)}")
        return [column[0] for column in cursor.description], cursor.fetchall()
    except sqlite3.DatabaseError as error:
        raise CannotRead(f"{path}: cannot be read as sqlite: {error}") from error
    finally:
        connection.close()


def _from_query(path: str, asked: Wanted, ask: Callable[[], tuple[list[str], list[Any]]]) -> Any:
    names, rows = ask()
    if asked.library == "pandas":
        frame = need("pandas").DataFrame.from_records(rows, columns=names)
        return frame if asked.name == "pandas.DataFrame" else _one_column(frame, path).iloc[:, 0]
    cells = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    if asked.library == "polars":
        frame = need("polars").DataFrame(cells, strict=False)
        if asked.name == "polars.LazyFrame":
            return frame.lazy()
        return frame if asked.name == "polars.DataFrame" else _one_column(frame, path).to_series()
    arrow = _guarded(path, "sqlite", lambda: need("pyarrow").table(cells))
    return arrow if asked.library == "pyarrow" else need("duckdb").from_arrow(arrow)


def _read_duckdb(path: str, asked: Wanted, table: str | None) -> Any:
    duckdb = need("duckdb", "open a duckdb file")
    try:
        connection = duckdb.connect(path, read_only=True)
    except duckdb.Error as error:
        raise CannotRead(f"{path}: cannot be opened by duckdb: {error}") from error
    listing = connection.sql("select table_name from information_schema.tables order by table_name").fetchall()
    name = _chosen(path, [row[0] for row in listing], table, "table")
    relation = connection.sql(f"select * from {_quoted(name)}")
    if asked.library == "duckdb":
        # The relation keeps its connection open, read-only.
        return relation
    try:
        return _relation_as(relation, asked, path)
    finally:
        connection.close()


def _relation_as(relation: Any, asked: Wanted, path: str) -> Any:
    if asked.library == "pandas":
        frame = relation.df()
        return frame if asked.name == "pandas.DataFrame" else _one_column(frame, path).iloc[:, 0]
    if asked.library == "pyarrow":
        return need("pyarrow").table(relation)
    frame = need("polars").DataFrame(relation)
    if asked.name == "polars.LazyFrame":
        return frame.lazy()
    return frame if asked.name == "polars.DataFrame" else _one_column(frame, path).to_series()


def _read_excel(path: str, asked: Wanted, table: str | None) -> Any:
    if asked.library == "pandas":
        pandas = need("pandas")
        _need_engine("openpyxl")
        frame = _guarded(path, "excel", lambda: pandas.read_excel(path, sheet_name=table or 0))
        return frame if asked.name == "pandas.DataFrame" else _one_column(frame, path).iloc[:, 0]
    if asked.library == "polars":
        polars = need("polars")
        engine = "calamine" if is_installed("fastexcel") else "openpyxl"
        if engine == "openpyxl" and not is_installed("openpyxl"):
            raise MissingLibrary("fastexcel", purpose="read a workbook with polars")
        frame = _guarded(path, "excel", lambda: polars.read_excel(path, sheet_name=table, engine=engine))
        if asked.name == "polars.LazyFrame":
            return frame.lazy()
        return frame if asked.name == "polars.DataFrame" else _one_column(frame, path).to_series()
    raise DoesNotFit(f"{path}: a workbook cannot arrive as `{asked.name}`: ask for polars or pandas")


def _need_engine(name: str) -> None:
    if not is_installed(name):
        raise MissingLibrary(name, purpose="read a workbook")
