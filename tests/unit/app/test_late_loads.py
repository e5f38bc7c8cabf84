"""Names that only running a step shows, where nothing but its trace is left of that run: in a fresh clone, say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from onward.app.running.plan import plan
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
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
        return {name: step.outcome for name, step in plan(opened, RunOptions(keep_going=True)).steps.items()}


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


GIVES_UP = """
import onward as ow

if {fails}:
    raise ValueError("no")
open("".join(["shared", ".txt"]), "w").write("one")
ow.save("base", [1])
"""
LOADS = 'import onward as ow\n\now.save("seen", {"it": ow.load("".join(["bas", "e"]))})\n'
READS = 'import onward as ow\n\now.save("seen", {"it": open("".join(["shared", ".txt"])).read()})\n'
LOOKS = """
import os
import onward as ow

name = "".join(["shared", ".txt"])
ow.save("seen", {"it": open(name).read() if os.path.exists(name) else "nothing"})
"""
LISTS = 'import os\nimport onward as ow\n\now.save("seen", {"it": sorted(os.listdir("."))})\n'
DOES_WITHOUT = 'import onward as ow\n\now.save("seen", {"it": "nothing of it"})\n'


def steps(reader: str, *, fails: bool) -> dict[str, str | None]:
    """`p/a_maker`, which may fail, and `p/b_reader`."""
    return {
        "onward.toml": "",
        "projects/p/a_maker.py": GIVES_UP.format(fails=fails),
        "projects/p/b_reader.py": reader,
    }


@pytest.mark.parametrize("reader", [LOADS, READS, LOOKS, LISTS])
def test_a_step_that_no_longer_needs_what_failed_is_made(tmp_path: Path, reader: str) -> None:
    folder = workspace.write(tmp_path, steps(reader, fails=False))
    assert outcomes(run_in(folder)) == {"p/a_maker": "made", "p/b_reader": "made"}
    workspace.write(folder, steps(DOES_WITHOUT, fails=True))
    report = run_in(folder)
    assert outcomes(report) == {"p/a_maker": "failed", "p/b_reader": "made"}
    assert report.run.artifacts.keys() == {"p/seen"}
    assert outcomes(run_in(folder)) == {"p/a_maker": "failed", "p/b_reader": "kept"}
    workspace.write(folder, steps(DOES_WITHOUT, fails=False))
    assert outcomes(run_in(folder)) == {"p/a_maker": "kept", "p/b_reader": "kept"}


@pytest.mark.parametrize("reader", [LOADS, READS, LOOKS, LISTS])
def test_a_step_that_needs_what_failed_as_it_did_before_is_skipped(tmp_path: Path, reader: str) -> None:
    folder = workspace.write(tmp_path, steps(reader, fails=False))
    run_in(folder)
    workspace.write(folder, steps(reader, fails=True))
    watcher = Recorder()
    with open_workspace(folder, writes=True) as opened:
        report = run(opened, RunOptions(keep_going=True), watcher)
    assert outcomes(report) == {"p/a_maker": "failed", "p/b_reader": "skipped"}
    assert "p/b_reader" not in watcher.begun
    error = report.steps["p/b_reader"].error
    assert error is not None
    assert error["message"] == "it needs `p/a_maker`, which was not made"
    workspace.write(folder, steps(reader, fails=False))
    assert outcomes(run_in(folder)) == {"p/a_maker": "kept", "p/b_reader": "kept"}


@pytest.mark.parametrize("reader", [LOADS, READS, LOOKS, LISTS])
def test_a_step_that_is_edited_and_still_needs_what_failed_has_no_result(tmp_path: Path, reader: str) -> None:
    folder = workspace.write(tmp_path, steps(reader, fails=False))
    run_in(folder)
    workspace.write(folder, steps(f"{reader}print('more')\n", fails=True))
    report = run_in(folder)
    assert report.steps["p/b_reader"].outcome in ("failed", "skipped")
    assert report.run.artifacts == {}
    error = report.steps["p/b_reader"].error
    assert error is not None
    assert error["type"] == "Skipped"
    assert "p/a_maker" in error["message"]
    workspace.write(folder, steps(f"{reader}print('more')\n", fails=False))
    assert outcomes(run_in(folder)) == {"p/a_maker": "kept", "p/b_reader": "made"}


def test_a_step_that_begins_to_read_what_failed_has_no_result(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path, steps(DOES_WITHOUT, fails=False))
    run_in(folder)
    workspace.write(folder, steps(READS, fails=True))
    report = run_in(folder)
    assert report.steps["p/b_reader"].outcome in ("failed", "skipped")
    assert report.run.artifacts == {}


@pytest.mark.parametrize("reader", [READS, LOOKS, LISTS])
def test_a_step_that_begins_to_read_what_fails_after_it_has_ended_has_no_result(tmp_path: Path, reader: str) -> None:
    folder = workspace.write(tmp_path, steps(DOES_WITHOUT, fails=False))
    run_in(folder)
    workspace.write(folder, steps(reader, fails=True))
    looks_around = 'import os\nimport time\n\nos.path.exists("".join(["other", ".txt"]))\ntime.sleep(1.5)\n'
    fails_late = looks_around + GIVES_UP.format(fails=True)
    workspace.write(folder, {"projects/p/a_maker.py": fails_late})
    for _ in range(2):
        report = run_in(folder)
        assert report.steps["p/a_maker"].outcome == "failed"
        assert report.steps["p/b_reader"].outcome in ("failed", "skipped")  # a slow machine may let it end second
        assert report.run.artifacts == {}
    workspace.write(folder, steps(reader, fails=False))
    assert set(outcomes(run_in(folder)).values()) <= {"kept", "made"}


def test_without_going_on_after_a_failure_nothing_more_is_started(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path, steps(LOADS, fails=False))
    run_in(folder)
    workspace.write(folder, steps(DOES_WITHOUT, fails=True))
    with open_workspace(folder, writes=True) as opened:
        assert outcomes(run(opened, RunOptions(), Recorder())) == {"p/a_maker": "failed", "p/b_reader": "skipped"}


def test_a_step_whose_file_says_that_it_needs_no_more_is_looked_at_again(tmp_path: Path) -> None:
    chooses = 'import onward as ow\n\ntold = open("".join(["choice", ".txt"])).read()\n'
    chooses += 'ow.save("seen", {"it": ow.load("".join(["bas", "e"])) if told else 0})\n'
    folder = workspace.write(tmp_path, {**steps(chooses, fails=False), "projects/p/choice.txt": "yes"})
    run_in(folder)
    workspace.write(folder, {**steps(chooses, fails=True), "projects/p/choice.txt": ""})
    assert outcomes(run_in(folder)) == {"p/a_maker": "failed", "p/b_reader": "made"}


def test_the_plan_looks_at_a_step_without_what_was_learned_and_cannot_be_made(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path, steps(LOADS, fails=False))
    run_in(folder)
    no_maker = {"projects/p/a_maker.py": "import onward as ow\now.load('nowhere')\now.save('base', 1)\n"}
    workspace.write(folder, {**steps(DOES_WITHOUT, fails=False), **no_maker})
    assert planned_in(folder) == {"p/a_maker": "would-skip", "p/b_reader": "would-make"}
    assert outcomes(run_in(folder)) == {"p/a_maker": "skipped", "p/b_reader": "made"}


def test_of_two_steps_that_read_each_others_files_one_may_fail_and_the_other_is_not_asked_for_ever(
    tmp_path: Path,
) -> None:
    text = """
import os
own, other = ".".join(["{own}", "txt"]), ".".join(["{other}", "txt"])
before = open(other).read() if os.path.exists(other) else ""
if {fails}: raise ValueError("no")
open(own, "w").write("x")
"""
    a = text.format(own="a", other="b", fails=False)
    files = {"onward.toml": "", "projects/p/a.py": a, "projects/p/b.py": text.format(own="b", other="a", fails=False)}
    run_in(workspace.write(tmp_path, files))
    workspace.write(tmp_path, {"projects/p/b.py": text.format(own="b", other="a", fails=True)})
    watcher = Recorder()
    with open_workspace(tmp_path, writes=True) as opened:
        report = run(opened, RunOptions(keep_going=True), watcher)
    assert report.steps["p/b"].outcome == "failed"
    assert watcher.begun == ["p/b"]


TRIES = "import onward as ow\n\ntry:\n    it = ow.load(''.join(['bas', 'e']))\nexcept LookupError:\n    it = None\n"
TRIES += "ow.save('seen', {'it': it})\n"


def makes(name: str, value: int) -> str:
    return f"from onward import asset\n\n@asset\ndef {name}():\n    return {value}\n"


def test_a_word_that_a_step_loads_by_counts_by_what_it_means(tmp_path: Path) -> None:
    """Nothing, then the only one of that name, then the one of its own project."""
    workspace.write(
        tmp_path, {"onward.toml": "", "projects/q/reader.py": TRIES, "projects/p/other.py": makes("other", 1)}
    )
    before = run_in(tmp_path)
    for project, reason in (
        ("p", "input base meant nothing and now means `p/base`"),
        ("q", "input base meant `p/base` and now means `q/base`"),
    ):
        workspace.write(tmp_path, {f"projects/{project}/steps.py": makes("base", 2)})
        report = run_in(tmp_path)
        assert outcomes(report)["q/reader"] == "made"
        assert reason in report.steps["q/reader"].reasons
        assert set(outcomes(run_in(tmp_path)).values()) == {"kept"}
    for project in "qp":
        workspace.write(tmp_path, {f"projects/{project}/steps.py": None})
        assert outcomes(run_in(tmp_path))["q/reader"] == "restored"
    assert run_in(tmp_path).run.snapshot == before.run.snapshot


def test_another_name_changes_nothing_for_who_loads_by_a_word(tmp_path: Path) -> None:
    workspace.write(
        tmp_path, {"onward.toml": "", "projects/q/reader.py": TRIES, "projects/p/steps.py": makes("base", 1)}
    )
    run_in(tmp_path)
    workspace.write(tmp_path, {"projects/q/steps.py": makes("bases", 2)})
    assert outcomes(run_in(tmp_path)) == {"p/base": "kept", "q/bases": "made", "q/reader": "kept"}


def test_who_asks_for_what_cannot_be_made_is_skipped_in_each_run(tmp_path: Path) -> None:
    """The maker waits for an open step of its project, which is just the one that asks for what it makes."""
    files = {
        "projects/p/steps.py": "from onward import asset, ref\n\n@asset\ndef c(*, f=ref('q/f')):\n    return f\n",
        "projects/q/steps.py": "from onward import asset, ref\n\n@asset\ndef b(f, *, c=ref('p/c')):\n    return f, c\n",
        "projects/q/late.py": "import onward as ow\n\now.save('late', ow.load(''.join(['b'])))\n",
    }
    workspace.write(tmp_path, {"onward.toml": "", **files})
    for _ in range(2):
        record = run_in(tmp_path).steps["q/late"]
        assert record.outcome == "skipped"
        assert record.error is not None and record.error["message"] == "it needs `q/b`, which was not made"
