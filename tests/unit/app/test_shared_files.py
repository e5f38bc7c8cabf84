"""Steps that write one file one after the other: who keeps what is there has it as an input."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from onward.app.running.plan import plan
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder
from tests.properties.killed import run_and_kill

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only what Python itself opens is seen, by design; Linux runs it"
)
PLACES = {"literal": '"shared.txt"', "computed": '"".join(["shared", ".txt"])'}
SHARED = "projects/p/shared.txt"
both_ways = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
in_each_mode = pytest.mark.parametrize("mode", ["w", "a"])


def writes(place: str, mode: str, word: str) -> str:
    return f'open({place}, "{mode}").write("{word}")\n'


def run_in(folder: Path, **files: str | None) -> RunReport:
    """Scripts of one project, each by its stem, and a run of them, one step after the other."""
    workspace.write(folder, {"onward.toml": "", **{f"projects/p/{name}.py": text for name, text in files.items()}})
    with open_workspace(folder, writes=True) as opened:
        return run(opened, RunOptions(jobs=1), Recorder())


def outcomes(report: RunReport) -> dict[str, str]:
    return {name.partition("/")[2]: record.outcome for name, record in report.steps.items()}


def shared(folder: Path) -> str:
    return (folder / SHARED).read_text()


@both_ways
@in_each_mode
def test_an_edit_of_the_earlier_step_runs_both_from_the_beginning(tmp_path: Path, place: str, mode: str) -> None:
    later = writes(place, "a", "B ")
    assert outcomes(run_in(tmp_path, a=writes(place, mode, "A "), b=later)) == {"a": "made", "b": "made"}
    assert shared(tmp_path) == "A B "
    assert outcomes(run_in(tmp_path, a=writes(place, mode, "A2 "))) == {"a": "made", "b": "made"}
    assert shared(tmp_path) == "A2 B "
    assert outcomes(run_in(tmp_path)) == {"a": "kept", "b": "kept"}
    assert shared(tmp_path) == "A2 B "


@both_ways
@in_each_mode
def test_an_edit_of_the_later_step_runs_it_on_what_the_earlier_one_left(tmp_path: Path, place: str, mode: str) -> None:
    run_in(tmp_path, a=writes(place, mode, "A "), b=writes(place, "a", "B "))
    assert outcomes(run_in(tmp_path, b=writes(place, "a", "B2 "))) == {"a": "kept", "b": "made"}
    assert shared(tmp_path) == "A B2 "


@both_ways
def test_going_back_restores_each_state(tmp_path: Path, place: str) -> None:
    run_in(tmp_path, a=writes(place, "a", "A "), b=writes(place, "a", "B "))
    run_in(tmp_path, a=writes(place, "a", "A2 "))
    back = run_in(tmp_path, a=writes(place, "a", "A "))
    assert outcomes(back) == {"a": "restored", "b": "restored"}
    assert shared(tmp_path) == "A B "
    assert outcomes(run_in(tmp_path, a=writes(place, "a", "A2 "))) == {"a": "restored", "b": "restored"}
    assert shared(tmp_path) == "A2 B "


@both_ways
def test_equal_bytes_of_the_earlier_step_stop_the_wave(tmp_path: Path, place: str) -> None:
    run_in(tmp_path, a=writes(place, "a", "A "), b=writes(place, "a", "B "))
    report = run_in(tmp_path, a="print('more')\n" + writes(place, "a", "A "))
    assert outcomes(report) == {"a": "made", "b": "kept"}
    assert shared(tmp_path) == "A B "


@both_ways
def test_a_later_step_that_reads_the_file_and_writes_it_anew_runs_again_too(tmp_path: Path, place: str) -> None:
    rewrites = f'text = open({place}).read()\nopen({place}, "w").write(text.lower() + "b ")\n'
    run_in(tmp_path, a=writes(place, "w", "A "), b=rewrites)
    assert shared(tmp_path) == "a b "
    assert outcomes(run_in(tmp_path, a="print('more')\n" + writes(place, "w", "A "))) == {"a": "made", "b": "kept"}
    assert shared(tmp_path) == "a b "
    run_in(tmp_path, a=writes(place, "w", "A2 "))
    assert shared(tmp_path) == "a2 b "


@both_ways
def test_a_later_step_that_writes_the_file_anew_is_kept(tmp_path: Path, place: str) -> None:
    run_in(tmp_path, a=writes(place, "w", "A "), b=writes(place, "w", "B "))
    assert outcomes(run_in(tmp_path, a=writes(place, "w", "A2 "))) == {"a": "made", "b": "kept"}
    assert shared(tmp_path) == "B "


@both_ways
def test_a_third_step_reads_what_the_last_one_left(tmp_path: Path, place: str) -> None:
    reads = f'import onward as ow\n\now.metric("size", len(open({place}).read()))\n'
    first = run_in(tmp_path, a=writes(place, "a", "A "), b=writes(place, "a", "B "), c=reads)
    assert first.run.artifacts["p/size"].facts["value"] == 4
    report = run_in(tmp_path, a=writes(place, "a", "A2 "))
    assert outcomes(report) == {"a": "made", "b": "made", "c": "made"}
    assert report.run.artifacts["p/size"].facts["value"] == 5
    assert outcomes(run_in(tmp_path)) == {"a": "kept", "b": "kept", "c": "kept"}


@both_ways
def test_an_earlier_step_may_come_and_go(tmp_path: Path, place: str) -> None:
    run_in(tmp_path, b=writes(place, "a", "B "))
    run_in(tmp_path, a=writes(place, "a", "A "))
    assert shared(tmp_path) == "A B "
    run_in(tmp_path, a=None)
    assert shared(tmp_path) == "B "
    run_in(tmp_path, a=writes(place, "w", "A "))
    assert shared(tmp_path) == "A B "


@both_ways
def test_a_later_step_may_come_and_go(tmp_path: Path, place: str) -> None:
    run_in(tmp_path, a=writes(place, "a", "A "))
    run_in(tmp_path, b=writes(place, "a", "B "))
    assert shared(tmp_path) == "A B "
    run_in(tmp_path, a=writes(place, "a", "A2 "), b=None)
    assert shared(tmp_path) == "A2 "


@both_ways
def test_what_was_there_before_any_step_is_what_they_begin_with(tmp_path: Path, place: str) -> None:
    workspace.write(tmp_path, {SHARED: "by hand "})
    run_in(tmp_path, a=writes(place, "a", "A "), b=writes(place, "a", "B "))
    assert shared(tmp_path) == "by hand A B "
    run_in(tmp_path, a=writes(place, "a", "A2 "))
    assert shared(tmp_path) == "by hand A2 B "
    run_in(tmp_path, a=writes(place, "a", "A3 "), b=writes(place, "a", "B3 "))
    assert shared(tmp_path) == "by hand A3 B3 "


@both_ways
@pytest.mark.parametrize("ended", [1, 2])
def test_a_run_that_is_killed_on_its_way_leaves_nothing_twice(tmp_path: Path, place: str, ended: int) -> None:
    files = {"onward.toml": "", "projects/p/b.py": writes(place, "a", "B "), "projects/p/c.py": "print(1)\n"}
    workspace.write(tmp_path, {**files, "projects/p/a.py": writes(place, "a", "A ")})
    with open_workspace(tmp_path, writes=True) as opened:
        run(opened, RunOptions(jobs=1), Recorder())
    workspace.write(tmp_path, {"projects/p/a.py": writes(place, "a", "A2 ")})
    run_and_kill(tmp_path, ended)
    run_in(tmp_path, a=writes(place, "a", "A3 "))
    assert shared(tmp_path) == "A3 B "


@both_ways
def test_what_is_local_may_be_lost(tmp_path: Path, place: str) -> None:
    run_in(tmp_path, a=writes(place, "a", "A "), b=writes(place, "a", "B "))
    for name in ("state", "cache"):
        shutil.rmtree(tmp_path / ".onward" / name)
    run_in(tmp_path, a=writes(place, "a", "A2 "))
    assert shared(tmp_path) == "A2 B "
    assert outcomes(run_in(tmp_path)) == {"a": "kept", "b": "kept"}


@both_ways
def test_a_step_that_adds_to_a_file_alone_does_not_add_to_what_it_had_left(tmp_path: Path, place: str) -> None:
    run_in(tmp_path, a=writes(place, "a", "A "))
    assert outcomes(run_in(tmp_path, a=writes(place, "a", "A2 "))) == {"a": "made"}
    assert shared(tmp_path) == "A2 "
    assert outcomes(run_in(tmp_path)) == {"a": "kept"}


def test_that_a_file_is_taken_back_is_said_once_and_only_then(tmp_path: Path) -> None:
    def said(word: str) -> list[str]:
        workspace.write(tmp_path, {"onward.toml": "", "projects/p/a.py": writes(PLACES["literal"], "a", word)})
        watcher = Recorder()
        with open_workspace(tmp_path, writes=True) as opened:
            run(opened, RunOptions(jobs=1), watcher)
        return watcher.said

    assert said("A ") == []
    assert said("A2 ") == [f"p/a begins with `{SHARED}` as before any step wrote there; what it held is kept"]
    assert said("A2 ") == []


@both_ways
def test_a_file_that_a_step_writes_anew_stays_where_the_step_fails(tmp_path: Path, place: str) -> None:
    run_in(tmp_path, a=writes(place, "w", "A "))
    assert outcomes(run_in(tmp_path, a=f"raise ValueError('no')\n{writes(place, 'w', 'A ')}")) == {"a": "failed"}
    assert shared(tmp_path) == "A "


@both_ways
def test_the_plan_says_that_the_later_step_hangs_on_the_earlier_one(tmp_path: Path, place: str) -> None:
    run_in(tmp_path, a=writes(place, "a", "A "), b=writes(place, "a", "B "))
    workspace.write(tmp_path, {"projects/p/a.py": writes(place, "a", "A2 ")})
    with open_workspace(tmp_path, writes=True) as opened:
        planned = {name: step.outcome for name, step in plan(opened, RunOptions()).steps.items()}
    assert planned == {"p/a": "would-make", "p/b": "may-make"}


@both_ways
def test_the_copy_that_was_edited_by_hand_is_not_overwritten_in_silence(tmp_path: Path, place: str) -> None:
    run_in(tmp_path, a=writes(place, "a", "A "), b=writes(place, "a", "B "))
    (tmp_path / SHARED).write_text("A B and mine")
    report = run_in(tmp_path, a=writes(place, "a", "A2 "))
    assert outcomes(report) == {"a": "failed", "b": "skipped"}
    assert shared(tmp_path) == "A B and mine"
