"""What a run without a result has left in files of the tree, failed or killed, is never taken for a result."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only what Python itself opens is seen, by design; Linux runs it"
)
LOG = "projects/p/log.txt"
FAILS = "raise ValueError('no')\n"
ADDS = 'file = open("".join(["log", ".txt"]), "a")\nfile.write("{}")\nfile.flush()\n'
KILLS = (
    "import os, signal, time\nif os.path.exists({0!r}):\n    os.kill(int(open({0!r}).read()), 9)\n    time.sleep(60)\n"
)
"""Ends the run that it is a step of, where that has written its number down."""
COUNTS = 'import glob\nimport onward as ow\now.metric("count", len(glob.glob("*.txt")))\n'
PROGRAM = "import os, sys; open({!r}, 'w').write(str(os.getpid())); from onward.cli.entry import main; main()"


def run_in(folder: Path, **files: str | None) -> RunReport:
    """Scripts of one project, each by its stem, and a run of them, one step after the other."""
    workspace.write(folder, {"onward.toml": "", **{f"projects/p/{name}.py": text for name, text in files.items()}})
    with open_workspace(folder, writes=True) as opened:
        return run(opened, RunOptions(jobs=1, keep_going=True), Recorder())


def run_that_is_killed(folder: Path, **files: str) -> None:
    """The same, by a process of its own, which a step of its ends."""
    number = folder.parent / "number"
    texts = {f"projects/p/{name}.py": text for name, text in files.items()}
    workspace.write(folder, {"onward.toml": "", **texts})
    command = [sys.executable, "-c", PROGRAM.format(str(number)), "run", "-j", "1"]
    assert subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == -9
    number.unlink()


def outcomes(report: RunReport) -> dict[str, str]:
    return {name.partition("/")[2]: record.outcome for name, record in report.steps.items()}


def count(report: RunReport) -> object:
    return report.run.artifacts["p/count"].facts["value"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def kills(tmp_path: Path) -> str:
    return KILLS.format(str(tmp_path / "number"))


def test_what_a_failed_step_has_made_is_gone_when_it_is_made_otherwise(folder: Path) -> None:
    assert count(run_in(folder, a="print(1)\n", b=COUNTS)) == 0
    assert outcomes(run_in(folder, a=ADDS.format("half") + FAILS))["a"] == "failed"
    assert (folder / LOG).read_text() == "half"
    report = run_in(folder, a="print(2)\n")
    assert outcomes(report) == {"a": "made", "b": "kept"}
    assert count(report) == 0
    assert not (folder / LOG).exists()


def test_going_back_after_a_failure_brings_what_was_there(folder: Path) -> None:
    run_in(folder, a=ADDS.format("whole"))
    assert outcomes(run_in(folder, a=ADDS.format("half") + FAILS)) == {"a": "failed"}
    assert (folder / LOG).read_text() == "half"
    assert outcomes(run_in(folder, a=ADDS.format("whole"))) == {"a": "kept"}
    assert (folder / LOG).read_text() == "whole"


def test_a_step_that_fails_twice_begins_anew_each_time(folder: Path) -> None:
    for word in ("one", "two"):
        run_in(folder, a=ADDS.format(word) + FAILS)
        assert (folder / LOG).read_text() == word
    assert outcomes(run_in(folder, a=ADDS.format("whole"))) == {"a": "made"}
    assert (folder / LOG).read_text() == "whole"


def test_what_somebody_has_edited_since_the_failure_stays(folder: Path) -> None:
    run_in(folder, a=ADDS.format("half") + FAILS)
    (folder / LOG).write_text("typed by hand")
    run_in(folder, a="print(1)\n")
    assert (folder / LOG).read_text() == "typed by hand"


def test_a_first_run_that_is_killed_half_way_leaves_nothing_to_go_on_from(folder: Path, kills: str) -> None:
    adds = ADDS.format("half ") + kills + 'file.write("whole")\n'
    run_that_is_killed(folder, a=adds)
    assert (folder / LOG).read_text() == "half "
    assert outcomes(run_in(folder, a=adds)) == {"a": "made"}
    assert (folder / LOG).read_text() == "half whole"
    assert outcomes(run_in(folder)) == {"a": "kept"}
    run_in(folder, a=ADDS.format("other"))
    assert (folder / LOG).read_text() == "other"


def test_what_was_there_before_a_run_that_was_killed_is_what_the_next_one_begins_with(folder: Path, kills: str) -> None:
    workspace.write(folder, {LOG: "begun "})
    adds = ADDS.format("half ") + kills + 'file.write("whole")\n'
    run_that_is_killed(folder, a=adds)
    assert (folder / LOG).read_text() == "begun half "
    assert outcomes(run_in(folder, a=adds)) == {"a": "made"}
    assert (folder / LOG).read_text() == "begun half whole"


def test_going_back_after_a_kill_takes_away_what_it_had_made(folder: Path, kills: str) -> None:
    assert count(run_in(folder, a="print(1)\n", b=COUNTS)) == 0
    run_that_is_killed(folder, a=ADDS.format("half") + kills)
    assert (folder / LOG).read_text() == "half"
    report = run_in(folder, a="print(1)\n")
    assert outcomes(report) == {"a": "kept", "b": "kept"}
    assert count(report) == 0
    assert not (folder / LOG).exists()


def test_another_worktrees_killed_run_is_for_that_one_to_look_at(folder: Path, kills: str, tmp_path: Path) -> None:
    run_in(folder, a="print(1)\n")
    (folder / ".gitignore").write_text("*.txt\n")
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    other = tmp_path / "other"
    subprocess.run(["git", "worktree", "add", "-q", str(other)], cwd=folder, check=True)
    adds = ADDS.format("half ") + kills + 'file.write("whole")\n'
    run_that_is_killed(other, a=adds)
    assert outcomes(run_in(folder, a="print(2)\n")) == {"a": "made"}
    assert outcomes(run_in(other, a=adds)) == {"a": "made"}
    assert (other / LOG).read_text() == "half whole"
