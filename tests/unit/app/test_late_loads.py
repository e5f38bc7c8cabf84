"""Names that only running a step shows, where nothing but its trace is left of that run: in a fresh clone, say."""

from __future__ import annotations

import shutil
from pathlib import Path

from onward.app.options import RunOptions
from onward.app.plan import plan
from onward.app.run import RunReport, run
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder

WORKSPACE = """
=== onward.toml
=== projects/p/a_reader.py
import onward as ow

open("ran", "a").write("reader ")
ow.save("seen", {"it": ow.load("".join(["bas", "e"]))})
=== projects/p/steps.py
from onward import asset

@asset
def base():
    return [1]
"""
LOADS_THE_OTHER = """
import onward as ow

ow.save("from_{own}", {{"it": {loads}}})
"""


def run_in(folder: Path) -> RunReport:
    with open_workspace(folder, writes=True) as opened:
        return run(opened, RunOptions(keep_going=True), Recorder())


def planned_in(folder: Path) -> dict[str, str]:
    with open_workspace(folder, writes=True) as opened:
        return {name: step.outcome for name, step in plan(opened, RunOptions()).steps.items()}


def outcomes(report: RunReport) -> dict[str, str]:
    return {name: record.outcome for name, record in report.steps.items()}


def lose_what_is_local(folder: Path) -> None:
    for name in ("state", "cache"):
        shutil.rmtree(folder / ".onward" / name)


def test_a_step_that_will_load_what_is_not_made_yet_waits_for_it_and_is_restored(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path, WORKSPACE)
    assert outcomes(run_in(folder)) == {"p/a_reader": "made", "p/base": "made"}
    ran = (folder / "projects/p/ran").read_text()
    lose_what_is_local(folder)
    assert planned_in(folder) == {"p/a_reader": "may-make", "p/base": "would-restore"}
    assert outcomes(run_in(folder)) == {"p/a_reader": "restored", "p/base": "restored"}
    assert (folder / "projects/p/ran").read_text() == ran, "it was started to find out what it loads"


def test_what_it_will_load_came_out_otherwise_so_it_runs(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path, WORKSPACE)
    run_in(folder)
    lose_what_is_local(folder)
    workspace.write(
        folder, {"projects/p/steps.py": "from onward import asset\n\n@asset\ndef base():\n    return [2]\n"}
    )
    assert outcomes(run_in(folder)) == {"p/a_reader": "made", "p/base": "made"}


def test_what_no_step_makes_any_more_is_not_waited_for(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path, WORKSPACE)
    run_in(folder)
    lose_what_is_local(folder)
    workspace.write(folder, {"projects/p/steps.py": None})
    assert outcomes(run_in(folder)) == {"p/a_reader": "failed"}


def test_two_steps_of_which_each_once_loaded_what_the_other_saves_do_not_wait_for_each_other(tmp_path: Path) -> None:
    def steps(a_loads: str, b_loads: str) -> dict[str, str]:
        return {
            "onward.toml": "",
            "projects/p/a.py": LOADS_THE_OTHER.format(own="a", loads=a_loads),
            "projects/p/b.py": LOADS_THE_OTHER.format(own="b", loads=b_loads),
        }

    loads = 'ow.load("".join(["from", "_{}"])) if open("{}").read() else 0'
    files = steps(loads.format("b", "a.txt"), loads.format("a", "b.txt"))
    folder = workspace.write(tmp_path, {**files, "projects/p/a.txt": "", "projects/p/b.txt": "yes"})
    assert set(outcomes(run_in(folder)).values()) == {"made"}
    workspace.write(folder, {"projects/p/a.txt": "yes", "projects/p/b.txt": ""})
    assert set(outcomes(run_in(folder)).values()) == {"made"}
    lose_what_is_local(folder)
    assert set(outcomes(run_in(folder)).values()) == {"restored"}


def test_two_steps_that_load_what_the_other_saves_fail_with_the_circle_named(tmp_path: Path) -> None:
    files = {
        f"projects/p/{own}.py": LOADS_THE_OTHER.format(own=own, loads=f'ow.load("".join(["from", "_{other}"]))')
        for own, other in (("a", "b"), ("b", "a"))
    }
    report = run_in(workspace.write(tmp_path, {"onward.toml": "", **files}))
    assert {record.outcome for record in report.steps.values()} <= {"failed", "skipped"}
    errors = [
        record.error["message"] for record in report.steps.values() if record.error and record.outcome == "failed"
    ]
    assert len(errors) == 1
    assert "and what makes that needs something of" in errors[0]
