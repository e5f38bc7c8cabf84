"""The same in environments that lack libraries, down to none, and on the oldest Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import onward.runtime
from onward.runtime.values import write

SITE = Path(np.__file__).parent.parent
PACKAGES = {
    "polars": ["polars", "_polars_runtime_*", "polars-*.dist-info"],
    "duckdb": ["duckdb", "_duckdb*.so", "_duckdb*.pyd", "duckdb-*.dist-info"],
    "numpy": ["numpy", "numpy.libs"],
    "pandas": ["pandas", "pandas-*.dist-info", "dateutil", "six.py", "tzdata", "pytz"],
    "pyarrow": ["pyarrow", "pyarrow.libs"],
}


def environment(folder: Path, libraries: list[str]) -> list[str]:
    """The command of a Python that has these libraries and a copy of the runtime, and nothing else."""
    package = folder / "onward"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "runtime").symlink_to(Path(str(onward.runtime.__file__)).parent)
    for library in libraries:
        for pattern in PACKAGES[library]:
            for found in SITE.glob(pattern):
                (folder / found.name).symlink_to(found)
    return [
        sys.executable,
        "-B",  # the runtime is linked: other Pythons leave no bytecode in it
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(folder)!r}); exec(sys.stdin.read())",
    ]


def run(folder: Path, libraries: list[str], code: str) -> str:
    command = environment(folder, libraries)
    done = subprocess.run(command, input=code, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


WRITE = """
import json, sys, {module}
from onward.runtime.values import write, read
import tempfile
kept = write({value}, tempfile.mkdtemp(), "t", kind="table")
back = read(kept["files"][0]["path"], kind="table", media=kept["media"], wanted="", facts=kept["facts"])
again = write(back, tempfile.mkdtemp(), "t", kind="table")
assert again["content"] == kept["content"], (again["content"], kept["content"])
assert not set({absent!r}) & set(sys.modules), sorted(sys.modules)
print(json.dumps(kept["content"]))
"""
CELLS = {"a": [1, 2, None], "b": ["x", "a longer text than twelve", None], "c": [0.5, None, -0.0]}


QUERY = """
from (values (1::bigint, 'x', 0.5::double), (2, 'a longer text than twelve', null),
    (null, null, -0.0::double))
t(a, b, c)
"""


@pytest.mark.parametrize(
    ("libraries", "module", "value"),
    [
        (["polars"], "polars", f"polars.DataFrame({CELLS!r})"),
        (
            ["polars"],
            "polars",
            "[dict(zip('abc', row)) for row in polars.DataFrame(" + repr(CELLS) + ").rows()]",
        ),
        (
            ["duckdb"],
            "duckdb",
            f"duckdb.sql({QUERY!r})",
        ),
        (["pyarrow"], "pyarrow", f"pyarrow.table({CELLS!r})"),
        (["pandas", "numpy", "duckdb"], "pandas", f"pandas.DataFrame({CELLS!r}).astype({{'a': 'Int64'}})"),
        (["pandas", "numpy", "pyarrow"], "pandas", f"pandas.DataFrame({CELLS!r}).astype({{'a': 'Int64'}})"),
    ],
)
def test_one_library_alone_keeps_tables_with_the_same_content(
    libraries: list[str], module: str, value: str, tmp_path: Path
) -> None:
    absent = [name for name in PACKAGES if name not in libraries]
    printed = run(tmp_path, libraries, WRITE.format(module=module, value=value, absent=absent))
    assert json.loads(printed) == write(pl.DataFrame(CELLS), str(tmp_path), "t")["content"]


def test_pandas_alone_asks_for_pyarrow(tmp_path: Path) -> None:
    code = """
import pandas, tempfile
from onward.runtime.values import write, MissingLibrary
try:
    write(pandas.DataFrame({"a": [1]}), tempfile.mkdtemp(), "t")
except MissingLibrary as error:
    print(error.install)
"""
    assert run(tmp_path, ["pandas", "numpy"], code).strip() == "pip install pyarrow"


def test_without_pyarrow_what_duckdb_would_change_is_refused(tmp_path: Path) -> None:
    code = """
import pandas, tempfile
from onward.runtime.values import write, MissingLibrary
moment = pandas.to_datetime(["2020-01-01"]).tz_localize("Europe/Berlin")
for frame in (pandas.DataFrame({"a": [1]}, index=[7]), pandas.DataFrame({"a": moment})):
    try:
        write(frame, tempfile.mkdtemp(), "t")
    except MissingLibrary as error:
        print(error.install)
"""
    assert run(tmp_path, ["pandas", "numpy", "duckdb"], code).split("\n")[:2] == ["pip install pyarrow"] * 2


PLAIN = """
import json, sys, tempfile
from pathlib import Path
from onward.runtime.values import write, read, check_result, MissingLibrary
from onward.runtime.values import preview, sources
folder = tempfile.mkdtemp()
for value in (1, 2.5, True, "text", {"a": [1]}, [1], b"x", (1, 2), {1: 2}):
    kept = write(value, folder, "a/b")
    said = {name: kept[name] for name in ("kind", "media", "facts")}
    back = read(kept["files"][0]["path"], wanted="", **said)
    assert back == value and type(back) is type(value), (back, value)
assert kept["media"] == "application/x-pickle"
assert check_result(False)["outcome"] == "broken"
try:
    write([{"a": 1}], folder, "t")
except MissingLibrary as error:
    print(error.install)
Path(folder, "f.csv").write_text("a\\n1\\n")
try:
    sources.read_source(folder + "/f.csv", form="csv", wanted="", table=None, prefer="")
except MissingLibrary as error:
    print(error.install)
try:
    sources.read_source(folder + "/f.csv", form="csv", wanted="pandas.DataFrame", table=None, prefer="")
except MissingLibrary as error:
    print(error.install)
"""
INSTALLS = ["pip install pyarrow", "pip install polars", "pip install pandas"]


def test_without_any_library_plain_values_are_kept(tmp_path: Path) -> None:
    assert run(tmp_path, [], PLAIN).split("\n")[:3] == INSTALLS


def pythons() -> list[Path]:
    """This Python, and the others from 3.9 on that a version manager keeps in the home folder."""
    found = [Path(sys.executable)]
    for path in Path.home().glob(".pyenv/versions/3.*/bin/python"):
        minor = path.parent.parent.name.split(".")[1]
        if minor.isdigit() and int(minor) >= 9:
            found.append(path)
    return found


def test_every_python_on_this_machine_from_3_9_on_runs_it(tmp_path: Path) -> None:
    command = environment(tmp_path, [])[1:]
    for python in pythons():
        done = subprocess.run(
            [str(python), *command], input=PLAIN, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{python}: {done.stderr}"
        assert done.stdout.split("\n")[:3] == INSTALLS


def test_importing_it_imports_no_library(tmp_path: Path) -> None:
    code = "import onward.runtime.values, onward.runtime.values.preview, sys\nprint(sorted(sys.modules))"
    loaded = run(tmp_path, ["polars", "duckdb", "numpy", "pandas", "pyarrow"], code)
    assert not any(f"'{name}'" in loaded for name in PACKAGES)
    assert duckdb.__version__
    assert pd.__version__
