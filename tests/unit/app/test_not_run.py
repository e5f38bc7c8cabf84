"""After this edit, exactly these steps ran; all others did not."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder

WORKSPACE = """
=== onward.toml
=== lib/shared.py
FACTOR = 2

def double(value):
    '''Twice as much.'''
    return value * FACTOR

def halve(value):
    return value / 2

def nobody_calls_this():
    return 1
=== data/prices.json
[3, 1, 2]
=== data/rates.json
[10]
=== data/trips/2013-01.csv
day,rides
1,10
2,20
=== projects/sales/steps.py
from pathlib import Path
import json

from onward import asset
from shared import double, halve

LIMIT = 2

@asset
def dear(prices):
    # Only what costs something.
    return {"dear": [price for price in prices if price >= LIMIT]}

@asset
def total(dear):
    return double(sum(dear["dear"]))

@asset
def half(total, *, digits=1):
    '''Half of it.'''
    return round(halve(total), digits)

@asset
def rate(rates):
    return rates[0]
=== projects/traffic/steps.py
from onward import asset, check, ref

@asset
def rides(trips):
    return len(trips)

@asset
def report(*, half=ref("sales/half")):
    return f"# It is {half}"

@check(rides)
def some_rides(rides):
    return rides > 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    workspace.write(tmp_path / "w", WORKSPACE)
    report = bring_up_to_date(tmp_path / "w")
    assert report.ok
    assert report.counts == {"made": 6, "kept": 0, "restored": 0, "failed": 0, "skipped": 0}
    return tmp_path / "w"


def bring_up_to_date(folder: Path, given: Mapping[str, Any] | None = None) -> RunReport:
    with open_workspace(folder, writes=True) as opened:
        return run(opened, RunOptions(settings=given or {}, jobs=2), Recorder())


def ran(report: RunReport) -> list[str]:
    return sorted(name for name, record in report.steps.items() if record.outcome == "made")


def restored(report: RunReport) -> list[str]:
    return sorted(name for name, record in report.steps.items() if record.outcome == "restored")


def edit(folder: Path, path: str, before: str, after: str) -> None:
    text = (folder / path).read_text()
    assert text.count(before) == 1
    (folder / path).write_text(text.replace(before, after))


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


STEPS = "projects/sales/steps.py"


def test_with_nothing_edited_nothing_runs(folder: Path) -> None:
    report = bring_up_to_date(folder)
    assert report.counts["kept"] == 6
    assert report.run.complete


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (STEPS, "# Only what costs something.", "# What costs something, and nothing else."),
        (STEPS, "'''Half of it.'''", "'''The half, no more.'''"),
        (STEPS, "LIMIT = 2\n", "\n\n\nLIMIT   =   2\n"),
        ("lib/shared.py", "'''Twice as much.'''", "'''Two times.'''"),
        ("lib/shared.py", "return 1", "return 2"),
        ("lib/shared.py", "def nobody_calls_this():\n    return 1\n", ""),
        ("onward.toml", "", "# a comment\n"),
    ],
)
def test_what_changes_no_meaning_runs_nothing(folder: Path, path: str, before: str, after: str) -> None:
    if before:
        edit(folder, path, before, after)
    else:
        (folder / path).write_text(after)
    assert ran(bring_up_to_date(folder)) == []


def test_a_shared_function_runs_just_those_that_reach_it(folder: Path) -> None:
    edit(folder, "lib/shared.py", "return value / 2", "return value / 4")
    assert ran(bring_up_to_date(folder)) == ["sales/half", "traffic/report"]


def test_a_constant_behind_a_shared_function_runs_those_that_reach_it(folder: Path) -> None:
    edit(folder, "lib/shared.py", "FACTOR = 2", "FACTOR = 3")
    assert ran(bring_up_to_date(folder)) == ["sales/half", "sales/total", "traffic/report"]


def test_a_constant_of_the_file_runs_the_step_that_reads_it_and_stops_where_nothing_changes(folder: Path) -> None:
    edit(folder, STEPS, "LIMIT = 2", "LIMIT = 1.5")
    assert ran(bring_up_to_date(folder)) == ["sales/dear"], "the same prices are dear, so nothing beyond it runs"


def test_another_result_goes_on_to_all_that_depends_on_it(folder: Path) -> None:
    edit(folder, STEPS, "LIMIT = 2", "LIMIT = 3")
    assert ran(bring_up_to_date(folder)) == ["sales/dear", "sales/half", "sales/total", "traffic/report"]


def test_a_month_of_data_runs_what_reads_the_months(folder: Path) -> None:
    workspace.write(folder, {"data/trips/2013-02.csv": "day,rides\n1,30\n"})
    report = bring_up_to_date(folder)
    assert ran(report) == ["traffic/rides"]
    assert report.checks["traffic/some_rides"].outcome == "passed"


def test_an_unrelated_file_of_data_runs_nothing(folder: Path) -> None:
    workspace.write(folder, {"data/unrelated.json": "[1]\n", "notes.txt": "words\n"})
    assert ran(bring_up_to_date(folder)) == []


def test_a_file_that_is_only_touched_or_written_again_runs_nothing(folder: Path) -> None:
    for path in ("data/prices.json", STEPS):
        (folder / path).write_bytes((folder / path).read_bytes())
    assert ran(bring_up_to_date(folder)) == []


def test_the_same_content_from_another_file_runs_its_reader_and_no_more(folder: Path) -> None:
    (folder / "data" / "prices.json").unlink()
    workspace.write(folder, {"projects/sales/data/prices.json": "[3, 1, 2]\n"})
    report = bring_up_to_date(folder)
    assert set(ran(report)) <= {"sales/dear"}
    assert report.run.complete


def test_an_edit_taken_back_is_restored_and_runs_nothing(folder: Path) -> None:
    edit(folder, STEPS, "LIMIT = 2", "LIMIT = 3")
    first = bring_up_to_date(folder)
    edit(folder, STEPS, "LIMIT = 3", "LIMIT = 2")
    report = bring_up_to_date(folder)
    assert ran(report) == []
    assert restored(report) == ran(first)
    assert bring_up_to_date(folder).counts["kept"] == 6


def test_another_git_branch_runs_what_differs_and_the_way_back_nothing(folder: Path) -> None:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    assert ran(bring_up_to_date(folder)) == [], "git itself is no input"
    git(folder, "checkout", "-q", "-b", "other")
    edit(folder, STEPS, "return rates[0]", "return rates[0] + 1")
    git(folder, "commit", "-q", "-a", "-m", "two")
    assert ran(bring_up_to_date(folder)) == ["sales/rate"]
    for branch in ("main", "other", "main"):
        git(folder, "checkout", "-q", branch)
        report = bring_up_to_date(folder)
        assert (ran(report), restored(report)) == ([], ["sales/rate"])


def test_a_linked_worktree_takes_everything_from_the_shared_store(folder: Path, tmp_path: Path) -> None:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    first = bring_up_to_date(folder)
    git(folder, "worktree", "add", "-q", str(tmp_path / "linked"), "-b", "linked")
    report = bring_up_to_date(tmp_path / "linked")
    assert report.counts["restored"] == 6
    assert report.run.snapshot == first.run.snapshot
    edit(tmp_path / "linked", STEPS, "return rates[0]", "return rates[0] + 1")
    assert ran(bring_up_to_date(tmp_path / "linked")) == ["sales/rate"]
    assert ran(bring_up_to_date(folder)) == []
    assert bring_up_to_date(folder).counts["kept"] == 6


def test_a_parameter_in_the_settings_runs_the_steps_that_take_it(folder: Path) -> None:
    (folder / "onward.toml").write_text("[parameters]\ndigits = 2\n")
    report = bring_up_to_date(folder)
    assert ran(report) == ["sales/half"], "rounded to two digits it is the same number"
    (folder / "onward.toml").write_text("")
    assert ran(bring_up_to_date(folder)) == []


def test_a_parameter_given_by_hand_runs_the_steps_that_take_it_and_makes_no_complete_run(folder: Path) -> None:
    report = bring_up_to_date(folder, {"sales.digits": 3})
    assert ran(report) == ["sales/half"]
    assert not report.run.complete
    assert report.run.settings == {"sales.digits": 3}
    later = bring_up_to_date(folder)
    assert (ran(later), restored(later)) == ([], ["sales/half"])


def test_a_parameter_in_the_settings_and_the_same_by_hand_are_the_same(folder: Path) -> None:
    bring_up_to_date(folder, {"sales.digits": 2})
    (folder / "onward.toml").write_text("[parameters]\ndigits = 2\n")
    assert ran(bring_up_to_date(folder)) == []


def test_a_changed_check_runs_alone(folder: Path) -> None:
    edit(folder, "projects/traffic/steps.py", "return rides > 0", "return rides > 100")
    report = bring_up_to_date(folder)
    assert ran(report) == []
    assert report.checks["traffic/some_rides"].outcome == "broken"
    assert not report.ok


def test_a_renamed_step_runs_under_its_new_name_and_what_takes_it_follows_by_content(folder: Path) -> None:
    text = (folder / STEPS).read_text()
    text = text.replace("def dear(", "def costly(").replace("def total(dear)", "def total(costly)")
    (folder / STEPS).write_text(text.replace('dear["dear"]', 'costly["dear"]'))
    report = bring_up_to_date(folder)
    assert ran(report) == ["sales/costly", "sales/total"]
    assert "sales/dear" not in report.run.artifacts


def test_a_failing_step_is_tried_again_and_nothing_else_is(folder: Path) -> None:
    edit(folder, STEPS, "return rates[0]", "raise ValueError('no rate')")
    for _ in range(2):
        report = bring_up_to_date(folder)
        assert ran(report) == []
        assert report.counts["failed"] == 1
        assert not report.run.complete
    edit(folder, STEPS, "raise ValueError('no rate')", "return rates[0]")
    assert ran(bring_up_to_date(folder)) == []


def test_an_output_whose_bytes_are_damaged_is_made_again_when_it_is_read(folder: Path) -> None:
    with open_workspace(folder) as opened:
        address = opened.standing.results["sales/total"].trace.artifacts["sales/total"].bytes
        path = Path(opened.store.layout.object(address))
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    edit(folder, STEPS, "return round(halve(total), digits)", "return round(halve(total), digits) + 1")
    report = bring_up_to_date(folder)
    assert ran(report) == ["sales/half", "sales/total", "traffic/report"]
    assert report.ok


def test_two_readers_that_find_the_same_damage_have_it_made_again_once(tmp_path: Path) -> None:
    folder = workspace.write(
        tmp_path,
        """
        === onward.toml
        === projects/sales/steps.py
        from onward import asset

        @asset
        def base():
            return [1, 2]

        @asset
        def one(base):
            return len(base)

        @asset
        def two(base):
            return sum(base)
        """,
    )
    bring_up_to_date(folder)
    with open_workspace(folder) as opened:
        address = opened.standing.results["sales/base"].trace.artifacts["sales/base"].bytes
        path = Path(opened.store.layout.object(address))
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    edit(folder, STEPS, "len(base)", "len(base) + 1")
    edit(folder, STEPS, "sum(base)", "sum(base) + 1")
    report = bring_up_to_date(folder)
    assert ran(report) == ["sales/base", "sales/one", "sales/two"]
    assert report.ok
