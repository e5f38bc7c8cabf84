"""Real environments, made by uv: what an upgrade makes stale, and what it leaves alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onward.app.explaining.show import show
from onward.app.explaining.status import status
from onward.app.explaining.why import why
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder
from tests.golden.venvs import uv, wheel

MEMBER = """
=== packages/member/pyproject.toml
[project]
name = "member"
version = "0.1"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
=== packages/member/backend.py
import os, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "member-0.1-py3-none-any.whl"
    about = {
        "METADATA": "Metadata-Version: 2.1\\nName: member\\nVersion: 0.1\\n",
        "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "RECORD": "_member.pth,,\\nmember-0.1.dist-info/METADATA,,\\nmember-0.1.dist-info/WHEEL,,\\n"
                  "member-0.1.dist-info/RECORD,,\\n",
    }
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        archive.writestr("_member.pth", os.path.dirname(os.path.abspath(__file__)) + "\\n")
        for file, content in about.items():
            archive.writestr("member-0.1.dist-info/" + file, content)
    return name
=== packages/member/member/__init__.py
def used():
    return 1

def unused():
    return 2
"""

WORKSPACE = (
    """
=== onward.toml
=== pyproject.toml
[project]
name = "team"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["plotting", "tables", "member"]
[tool.uv.workspace]
members = ["packages/*"]
[tool.uv.sources]
member = {workspace = true}
[tool.uv]
no-index = true
find-links = ["../wheels"]
=== projects/p/figures.py
import plotting
from onward import asset

@asset
def figure():
    return plotting.VERSION
=== projects/p/rows.py
import tables
from member import used
from onward import asset

@asset
def table():
    return {"version": tables.VERSION, "used": used()}
=== projects/p/plain.py
from onward import asset

@asset
def plain():
    return 7
"""
    + MEMBER
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with a locked environment, and the wheels beside it."""
    for name, requires in (("plotting", ["tables"]), ("tables", []), ("other", [])):
        wheel(tmp_path / "wheels", name, "1.0", requires)
    folder = workspace.write(tmp_path / "w", WORKSPACE)
    sync(folder)
    return folder


def sync(folder: Path, *upgrade: str) -> None:
    uv(folder, "lock", *(word for name in upgrade for word in ("--upgrade-package", name)))
    uv(folder, "sync")


def bring_up_to_date(folder: Path) -> RunReport:
    with open_workspace(folder, writes=True) as opened:
        return run(opened, RunOptions(jobs=2), Recorder())


def made(report: RunReport) -> dict[str, tuple[str, ...]]:
    assert report.ok, {name: record.error for name, record in report.steps.items()}
    return {name: record.reasons for name, record in report.steps.items() if record.outcome == "made"}


ALL = {"p/figure", "p/table", "p/plain"}


def test_an_upgrade_of_anything_runs_everything_that_was_not_watched(folder: Path) -> None:
    (folder / "onward.toml").write_text("watch = false\n")
    assert made(bring_up_to_date(folder)).keys() == ALL
    assert made(bring_up_to_date(folder)) == {}
    wheel(folder.parent / "wheels", "plotting", "2.0", ["tables"])
    sync(folder, "plotting")
    assert made(bring_up_to_date(folder)) == dict.fromkeys(ALL, ("environment plotting changed from 1.0 to 2.0",))


def test_an_upgrade_of_the_plotting_library_runs_the_figures_and_not_the_tables(folder: Path) -> None:
    assert made(bring_up_to_date(folder)).keys() == ALL
    wheel(folder.parent / "wheels", "plotting", "2.0", ["tables"])
    sync(folder, "plotting")
    with open_workspace(folder) as opened:
        assert why(opened, "p/figure").chain[0].reason.before == "1.0"
        assert why(opened, "p/table").decision.action == "keep"
    assert made(bring_up_to_date(folder)) == {"p/figure": ("environment plotting changed from 1.0 to 2.0",)}
    wheel(folder.parent / "wheels", "tables", "1.1")
    sync(folder, "tables")
    assert made(bring_up_to_date(folder)).keys() == {"p/figure", "p/table"}


def test_going_back_to_the_old_version_restores_the_old_result(folder: Path) -> None:
    bring_up_to_date(folder)
    old = (folder / "uv.lock").read_text()
    wheel(folder.parent / "wheels", "plotting", "2.0", ["tables"])
    sync(folder, "plotting")
    bring_up_to_date(folder)
    (folder / "uv.lock").write_text(old)
    uv(folder, "sync", "--frozen")
    report = bring_up_to_date(folder)
    assert {name: record.outcome for name, record in report.steps.items()} == {
        "p/figure": "restored", "p/table": "kept", "p/plain": "kept",
    }  # fmt: skip


def test_show_tells_the_distributions_that_a_result_rests_on(folder: Path) -> None:
    bring_up_to_date(folder)
    with open_workspace(folder) as opened:
        assert show(opened, "p/figure").distributions == {"plotting": "1.0", "tables": "1.0"}
        assert show(opened, "p/table").distributions == {"tables": "1.0"}
        assert show(opened, "p/plain").distributions == {}


LOOKS = """
=== projects/p/looks.py
from onward import asset

try:
    import other
except ImportError:
    other = None

@asset
def looked():
    return other.VERSION if other else "none"
"""


def test_a_module_that_was_looked_for_in_vain_counts_once_it_is_installed(folder: Path) -> None:
    workspace.write(folder, LOOKS)
    bring_up_to_date(folder)
    with open_workspace(folder) as opened:
        assert show(opened, "p/looked").absent == ["other"]
        assert show(opened, "p/figure").absent == []
    uv(folder, "pip", "install", "other")
    assert made(bring_up_to_date(folder)) == {"p/looked": ("environment other 1.0 was added",)}
    with open_workspace(folder) as opened:
        assert show(opened, "p/looked").distributions == {"other": "1.0"}


def test_a_computed_import_keeps_everything_in(folder: Path) -> None:
    computed = "from onward import asset\n\n@asset\ndef computed():\n    return __import__('tab' + 'les').VERSION\n"
    workspace.write(folder, {"projects/p/computed.py": computed})
    bring_up_to_date(folder)
    with open_workspace(folder) as opened:
        assert not show(opened, "p/computed").is_narrow
        assert show(opened, "p/figure").is_narrow


def test_a_lock_edit_that_changes_no_installed_version_changes_nothing(folder: Path) -> None:
    before = bring_up_to_date(folder)
    lock = folder / "uv.lock"
    lock.write_text(
        "# a comment\n" + lock.read_text().replace('requires-python = ">=3.9"', 'requires-python = ">=3.10"')
    )
    after = bring_up_to_date(folder)
    assert made(after) == {}
    assert after.run.snapshot == before.run.snapshot
    assert not after.reading.warnings


def test_code_of_an_editable_distribution_in_the_workspace_counts_by_what_it_says(folder: Path) -> None:
    assert made(bring_up_to_date(folder)).keys() == ALL
    member = folder / "packages" / "member" / "member" / "__init__.py"
    member.write_text(member.read_text().replace("return 2", "return 3"))
    assert made(bring_up_to_date(folder)) == {}
    member.write_text(member.read_text().replace("return 1", "return 10"))
    assert made(bring_up_to_date(folder)) == {"p/table": ("code member.used changed",)}


def test_the_version_of_an_editable_distribution_in_the_workspace_does_not_count(folder: Path) -> None:
    bring_up_to_date(folder)
    for name in ("pyproject.toml", "backend.py"):
        path = folder / "packages" / "member" / name
        path.write_text(path.read_text().replace("0.1", "0.2"))
        # uv takes what was built a moment ago for up to date.
        os.utime(path, (path.stat().st_mtime + 10,) * 2)
    sync(folder)
    assert list((folder / ".venv").glob("lib/python*/site-packages/member-0.2.dist-info"))
    assert made(bring_up_to_date(folder)) == {}


def test_an_environment_that_does_not_match_its_lock_is_told_and_stops_nothing(folder: Path) -> None:
    bring_up_to_date(folder)
    uv(folder, "pip", "uninstall", "tables")
    wheel(folder.parent / "wheels", "plotting", "2.0", ["tables"])
    uv(folder, "pip", "install", "--no-deps", "plotting==2.0")
    with open_workspace(folder) as opened:
        (warning,) = status(opened).reading.warnings
    assert (
        warning.message == "what is installed does not match `uv.lock`: plotting is 2.0 and not 1.0, tables is missing"
    )
    uv(folder, "sync")
    uv(folder, "pip", "install", "plotting==2.0")
    report = bring_up_to_date(folder)
    assert report.ok
    assert report.run.complete
    assert [finding.hint for finding in report.reading.warnings] == ["bring it up to date: `uv sync`"]
    uv(folder, "sync")
    assert not bring_up_to_date(folder).reading.warnings


def test_without_a_lock_a_plain_environment_counts_all_the_same(tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "tables", "1.0")
    wheel(tmp_path / "wheels", "tables", "1.1")
    folder = workspace.write(
        tmp_path / "w",
        """
        === projects/p/a.py
        import tables
        from onward import asset

        @asset
        def one():
            return tables.VERSION
        """,
    )
    uv(folder, "venv", ".venv")
    install = ("pip", "install", "--no-index", "--find-links", "../wheels")
    uv(folder, *install, "tables==1.0")
    assert made(bring_up_to_date(folder)).keys() == {"p/one"}
    uv(folder, *install, "tables==1.1")
    assert made(bring_up_to_date(folder)) == {"p/one": ("environment tables changed from 1.0 to 1.1",)}
    workspace.write(folder, {"requirements.txt": "tables==1.0\n"})
    report = bring_up_to_date(folder)
    assert made(report) == {}
    assert [finding.hint for finding in report.reading.warnings] == [
        "bring it up to date: `pip install -r requirements.txt`"
    ]
