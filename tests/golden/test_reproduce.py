"""Old releases made again in real environments, made by uv: what has changed of them, and what a lock brings back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from onward.app.releases import history
from onward.app.reproducing.reproduce import ReproduceReport, reproduce
from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder
from tests.golden.test_environments import WORKSPACE, sync
from tests.golden.venvs import uv, wheel
from tools.dev import find_uv


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A released workspace with a locked environment, one of whose packages it edits itself; uv is at hand."""
    for name, value in (("UV_OFFLINE", "1"), ("UV_PYTHON_DOWNLOADS", "never"), ("UV_NO_CACHE", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{Path(find_uv()).parent}{os.pathsep}{os.environ['PATH']}")
    wheels = tmp_path / "wheels"
    for name, requires in (("plotting", ["tables"]), ("tables", []), ("other", [])):
        wheel(wheels, name, "1.0", requires)
    folder = workspace.write(tmp_path / "Größe a", WORKSPACE.replace("../wheels", str(wheels)))
    sync(folder)
    with open_workspace(folder, writes=True) as opened:
        assert run(opened, RunOptions(), Recorder()).ok
        history.release(opened)
    return folder


def again(folder: Path, *, installs: bool = True) -> tuple[ReproduceReport, list[str]]:
    """The report, and what was said meanwhile."""
    recorder = Recorder()
    with open_workspace(folder) as opened:
        return reproduce(opened, "main@1", recorder, installs=installs), recorder.said


def outcomes(report: ReproduceReport) -> dict[str, str]:
    return {asset.name: asset.outcome for asset in report.assets}


def upgrade_tables(folder: Path) -> None:
    wheel(folder.parent / "wheels", "tables", "2.0")
    sync(folder, "tables")


EQUAL = {"p/figure": "equal", "p/plain": "equal", "p/table": "equal"}


def test_code_that_is_installed_as_it_is_edited_is_that_of_then(folder: Path) -> None:
    workspace.write(folder, {"packages/member/member/__init__.py": "def used():\n    return 100\n"})
    report, said = again(folder)
    assert (report.ok, outcomes(report)) == (True, EQUAL)
    assert (report.lock, report.environment, said) == (None, (), [])


def test_another_version_is_named_with_the_results_that_rest_on_it(folder: Path) -> None:
    upgrade_tables(folder)
    report, _ = again(folder, installs=False)
    assert outcomes(report) == {**EQUAL, "p/table": "not had"}
    assert [change.words for change in report.environment] == ["tables 1.0 → 2.0"]
    table = next(asset for asset in report.assets if asset.name == "p/table")
    assert [lack.words for lack in table.lacks] == ["tables 1.0 → 2.0"]
    assert (report.lock, report.no_lock) == (None, None)


def test_where_it_has_changed_what_the_lock_of_then_names_is_installed(folder: Path) -> None:
    upgrade_tables(folder)
    report, said = again(folder)
    assert (report.ok, outcomes(report)) == (True, EQUAL)
    assert (report.lock, report.no_lock, report.environment) == ("uv.lock", None, ())
    assert said == ["the environment has changed; installing what `uv.lock` names"]


def test_a_lock_that_cannot_be_installed_is_told_and_the_workspace_s_environment_serves(folder: Path) -> None:
    upgrade_tables(folder)
    shutil.rmtree(folder.parent / "wheels")
    report, said = again(folder)
    assert report.lock is None
    assert report.no_lock
    assert outcomes(report) == {**EQUAL, "p/table": "not had"}
    assert said[-1].startswith("`uv.lock` cannot be installed: ")


def test_a_list_of_requirements_serves_as_a_lock(folder: Path) -> None:
    wheels = folder.parent / "wheels"
    text = f"--no-index\n--find-links {wheels}\ntables==1.0\nplotting==1.0\n"
    code = "def used():\n    return 1\n"
    workspace.write(
        folder,
        {"pyproject.toml": None, "uv.lock": None, "requirements.txt": text, "lib/member.py": code},
    )
    with open_workspace(folder, writes=True) as opened:
        assert run(opened, RunOptions(), Recorder()).ok
        history.release(opened)
        upgrade = wheel(wheels, "tables", "2.0")
        uv(folder, "pip", "install", "--python", ".venv/bin/python", "--no-index", upgrade)
        report = reproduce(opened, "main@2", Recorder())
    assert report.lock == "requirements.txt"
    assert outcomes(report) == EQUAL


def test_no_lock_is_installed_where_settings_name_another_python(folder: Path) -> None:
    workspace.write(folder, {"onward.toml": f'[environment]\npython = "{folder}/.venv"\n'})
    with open_workspace(folder, writes=True) as opened:
        assert run(opened, RunOptions(), Recorder()).ok
        history.release(opened)
        upgrade_tables(folder)
        report = reproduce(opened, "main@2", Recorder())
    assert (report.lock, [change.words for change in report.environment]) == (None, ["tables 1.0 → 2.0"])
    assert outcomes(report) == {**EQUAL, "p/table": "not had"}
