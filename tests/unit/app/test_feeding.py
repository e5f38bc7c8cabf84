"""Steps that feed each other files by paths which no code spells out: they find each other, in the right order."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from onward.app.explaining.listing import listing
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only what Python itself opens is seen, by design; Linux runs it"
)
READER = 'import onward as ow\n\nname = ".".join(["shared", "txt"])\now.metric("size", len(open(name).read()))\n'
WRITER = 'name = ".".join(["shared", "txt"])\nopen(name, "w").write("{word}")\n'


def run_in(root: Path) -> tuple[RunReport, Recorder]:
    """One step after the other, so that what nothing is known of yet comes in the order of names."""
    watcher = Recorder()
    with open_workspace(root, writes=True) as opened:
        return run(opened, RunOptions(jobs=1), watcher), watcher


def outcomes(report: RunReport) -> dict[str, str]:
    return {name.partition("/")[2]: record.outcome for name, record in report.steps.items()}


def lay_out(root: Path, **files: str) -> None:
    """Scripts of one project, each by its stem."""
    workspace.write(root, {"onward.toml": "", **{f"projects/p/{name}.py": text for name, text in files.items()}})


def test_a_reader_that_comes_before_its_writer_by_name_ends_well_in_the_first_run(tmp_path: Path) -> None:
    lay_out(tmp_path, a_reader=READER, b_writer=WRITER.format(word="one"))
    report, watcher = run_in(tmp_path)
    assert outcomes(report) == {"a_reader": "made", "b_writer": "made"}
    assert report.ok
    assert report.run.complete
    assert report.run.artifacts["p/size"].facts["value"] == 3
    assert report.run.artifacts["p/shared.txt"].kind == "file"
    assert any("shared.txt" in said and "runs again" in said for said in watcher.said)


def test_the_second_run_does_nothing_and_an_edit_runs_both_once_in_order(tmp_path: Path) -> None:
    lay_out(tmp_path, a_reader=READER, b_writer=WRITER.format(word="one"))
    first, _ = run_in(tmp_path)
    again, watcher = run_in(tmp_path)
    assert outcomes(again) == {"a_reader": "kept", "b_writer": "kept"}
    assert again.run.snapshot == first.run.snapshot
    assert watcher.begun == []
    lay_out(tmp_path, b_writer=WRITER.format(word="three"))
    report, watcher = run_in(tmp_path)
    assert watcher.begun == ["p/b_writer", "p/a_reader"]
    assert report.run.artifacts["p/size"].facts["value"] == 5


def test_equal_bytes_stop_the_wave(tmp_path: Path) -> None:
    lay_out(tmp_path, a_reader=READER, b_writer=WRITER.format(word="one"))
    run_in(tmp_path)
    lay_out(tmp_path, b_writer="print('more')\n" + WRITER.format(word="one"))
    assert outcomes(run_in(tmp_path)[0]) == {"a_reader": "kept", "b_writer": "made"}


def test_a_reader_of_a_folder_runs_again_when_another_step_has_filled_it(tmp_path: Path) -> None:
    counts = 'import os\nimport onward as ow\n\now.metric("count", len(os.listdir("".join(["in", "box"]))))\n'
    fills = 'open("/".join(["inbox", "{name}.txt"]), "w").write("x")\n'
    lay_out(tmp_path, a=counts, b=fills.format(name="b"))
    workspace.write(tmp_path, {"projects/p/inbox/a.txt": "a"})
    report, _ = run_in(tmp_path)
    assert report.run.artifacts["p/count"].facts["value"] == 2
    assert outcomes(run_in(tmp_path)[0]) == {"a": "kept", "b": "kept"}


def test_a_step_that_looked_for_a_folder_in_vain_runs_again_when_another_has_made_it(tmp_path: Path) -> None:
    counts = (
        'import os\nimport onward as ow\n\nplace = "".join(["in", "box"])\n'
        'ow.metric("count", len(os.listdir(place)) if os.path.isdir(place) else 0)\n'
    )
    fills = 'import os\nos.mkdir("inbox")\nopen("/".join(["inbox", "b.txt"]), "w").write("x")\n'
    lay_out(tmp_path, a=counts, b=fills)
    report, _ = run_in(tmp_path)
    assert report.run.artifacts["p/count"].facts["value"] == 1
    assert outcomes(run_in(tmp_path)[0]) == {"a": "kept", "b": "kept"}


def test_a_missing_file_that_nothing_writes_is_still_a_failure(tmp_path: Path) -> None:
    lay_out(tmp_path, a_reader=READER, b_other="print(1)\n")
    report, _ = run_in(tmp_path)
    assert outcomes(report) == {"a_reader": "failed", "b_other": "made"}
    assert not report.ok


def test_a_failure_of_another_kind_starts_nothing_more(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        a_broken="import os\nprint(os.path.exists('maybe.txt'))\nraise ValueError('no')\n",
        b_other="print(1)\n",
    )
    report, _ = run_in(tmp_path)
    assert outcomes(report) == {"a_broken": "failed", "b_other": "skipped"}


def test_a_written_file_is_listed_put_back_and_let_go_when_it_is_written_no_more(tmp_path: Path) -> None:
    lay_out(tmp_path, writer=WRITER.format(word="one"))
    run_in(tmp_path)
    with open_workspace(tmp_path) as opened:
        assert "p/shared.txt" in listing(opened).kinds
    (tmp_path / "projects/p/shared.txt").unlink()
    assert outcomes(run_in(tmp_path)[0]) == {"writer": "kept"}
    assert (tmp_path / "projects/p/shared.txt").read_text() == "one"
    lay_out(tmp_path, writer="print(1)\n")
    report, _ = run_in(tmp_path)
    assert "p/shared.txt" not in report.run.artifacts
    assert outcomes(run_in(tmp_path)[0]) == {"writer": "kept"}


def test_steps_that_change_what_each_other_reads_are_self_changing_and_settle(tmp_path: Path) -> None:
    text = """
import os
own, other = ".".join(["{own}", "txt"]), ".".join(["{other}", "txt"])
before = open(other).read() if os.path.exists(other) else ""
open(own, "w").write(str(len(before) % 2))
"""
    lay_out(tmp_path, a=text.format(own="a", other="b"), b=text.format(own="b", other="a"))
    report, _ = run_in(tmp_path)
    assert set(outcomes(report).values()) == {"made"}
    assert outcomes(run_in(tmp_path)[0]) == {"a": "kept", "b": "kept"}


def test_a_step_that_rewrites_what_its_code_says_it_reads_is_kept(tmp_path: Path) -> None:
    lay_out(tmp_path, log='text = open("log.txt").read()\nopen(".".join(["log", "txt"]), "a").write("more")\n')
    workspace.write(tmp_path, {"projects/p/log.txt": "first"})
    report, _ = run_in(tmp_path)
    assert report.steps["p/log"].marks == ("self-changing",)
    assert outcomes(run_in(tmp_path)[0]) == {"log": "kept"}
    assert (tmp_path / "projects/p/log.txt").read_text() == "firstmore"


def held(root: Path) -> set[bytes]:
    """What the store holds."""
    return {path.read_bytes() for path in (root / ".onward/store/objects").rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "change",
    [
        'open(name, "w").write("new")',
        'open(name, "a").write("new")',
        'open("other", "w").write("new"); os.replace("other", name)',
        "os.remove(name)",
        'os.system("echo new > " + name)',
    ],
)
def test_what_a_file_held_before_a_step_changed_it_is_kept(tmp_path: Path, change: str) -> None:
    lay_out(tmp_path, careless=f'import os\nname = ".".join(["precious", "txt"])\n{change}\n')
    workspace.write(tmp_path, {"projects/p/precious.txt": "typed by hand, and nowhere else"})
    report, _ = run_in(tmp_path)
    assert report.ok
    assert b"typed by hand, and nowhere else" in held(tmp_path)


def test_a_tracked_file_that_a_failed_step_wrote_by_any_path_is_put_back(tmp_path: Path) -> None:
    import subprocess

    lay_out(tmp_path, fails='open(".".join(["kept", "txt"]), "w").write("half")\nraise ValueError("no")\n')
    workspace.write(tmp_path, {"projects/p/kept.txt": "whole", ".gitignore": ".onward\n"})
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    report, _ = run_in(tmp_path)
    assert outcomes(report) == {"fails": "failed"}
    assert (tmp_path / "projects/p/kept.txt").read_text() == "whole"
