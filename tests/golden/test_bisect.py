"""Where a metric moved, in real environments and in processes that are stopped."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from onward.app.reproducing.bisect import BisectReport, bisect
from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.model.records import Run
from onward.testing import workspace
from onward.testing.watchers import Recorder
from tests.cli.program import ended, started
from tests.cli.workspaces import SHOP, commit, run_git, write
from tests.golden.venvs import uv, wheel

METRIC = """
=== .gitignore
.venv/
=== projects/größe a/steps.py
import tables
from onward import asset

FACTOR = 1

@asset
def edition() -> float:
    return float(tables.VERSION) * FACTOR
"""
STEPS = "projects/größe a/steps.py"


def made(folder: Path) -> Run:
    with open_workspace(folder, writes=True) as opened:
        report = run(opened, RunOptions(), Recorder())
    assert report.ok, report.steps
    return report.run


def bisected(folder: Path, a: str, b: str) -> BisectReport:
    with open_workspace(folder, writes=True) as opened:
        return bisect(opened, "edition", a, b, work=lambda: made(folder), watcher=Recorder)


def install(folder: Path, version: str) -> None:
    uv(folder, "pip", "install", "--python", ".venv/bin/python", wheel(folder.parent / "wheels", "tables", version))


def edit(folder: Path, factor: float) -> None:
    path = folder / STEPS
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(f"FACTOR = {factor}\n" if line.startswith("FACTOR") else line for line in lines))
    commit(folder, f"factor {factor}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace in git with an environment of its own."""
    folder = workspace.write(tmp_path / "Übersicht a", METRIC)
    uv(folder, "venv", ".venv")
    install(folder, "1.0")
    run_git(folder, "init", "-q", "-b", "main")
    commit(folder, "first")
    return folder


def test_another_version_of_a_library_is_told_from_the_commits(folder: Path) -> None:
    made(folder)
    edit(folder, 1.1)
    edit(folder, 1.2)
    install(folder, "9.0")
    made(folder)
    report = bisected(folder, "HEAD~2", "HEAD")
    assert [point.value for point in report.points] == [1.0, 9.0, None, pytest.approx(10.8)]
    assert report.points[1].is_between, "the first commit in the environment of now"
    assert report.step is not None
    assert (report.step.before, report.step.after, report.commits) == (0, 1, [])
    assert [(cause.axis, cause.words) for cause in report.step.causes] == [("environment", "tables 1.0 → 9.0")]


def test_commits_are_told_from_another_version_of_a_library(folder: Path) -> None:
    made(folder)
    edit(folder, 1.1)
    edit(folder, 50)
    install(folder, "1.5")
    made(folder)
    report = bisected(folder, "HEAD~2", "HEAD")
    assert [each.subject for each in report.commits] == ["factor 50"]
    assert report.step is not None
    assert [cause.axis for cause in report.step.causes] == ["code"]


def test_a_linked_worktree_may_be_where_it_is_asked(folder: Path) -> None:
    made(folder)
    edit(folder, 3)
    other = folder.parent / "other worktree"
    run_git(folder, "worktree", "add", "-q", "-b", "other", str(other))
    uv(other, "venv", ".venv")
    install(other, "1.0")
    report = bisected(other, "HEAD~1", "HEAD")
    assert [point.value for point in report.points] == [1.0, 3.0]
    assert run_git(folder, "worktree", "list").count("\n") == 1


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("shown", ["bisect", "reproduce"])
def test_stopped_it_leaves_nothing(tmp_path: Path, shown: str, number: signal.Signals, status: int) -> None:
    root = write(tmp_path / "shop", SHOP)
    made(root)
    flag = tmp_path / "begun"
    wait = f"    while 'SLOW_TOKEN' in os.environ:\n        Path({str(flag)!r}).touch()\n"
    steps = root / "projects/shop/steps.py"
    text = steps.read_text().replace('    print("counting")\n', wait)
    steps.write_text(f"import os\n{text}")
    if shown == "bisect":
        commit(root, "slow")
        words = ["bisect", "total", "HEAD~1", "HEAD"]
    else:
        made(root)
        words = ["reproduce", "latest"]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = started(root, *words, TMPDIR=str(temporary), SLOW_TOKEN="1")
    while not flag.exists():
        assert process.poll() is None, process.communicate()
    os.killpg(process.pid, number)
    answer = ended(process)
    assert (answer.status, answer.err.splitlines()[-1]) == (status, "stopped"), answer.text
    assert [path for path in os.listdir(temporary) if path.startswith(("onward-bisect", "onward-reproduce"))] == []
    assert run_git(root, "worktree", "list").count("\n") == 0
