"""The environment variables of steps: what they read counts, what tells one shell from another does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onward.app.running.run import RunReport, run
from onward.app.settings import variables
from onward.app.settings.options import RunOptions
from onward.app.settings.variables import ALL, Variables
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder

REGION = """
import os
from onward import asset

@asset
def region():
    return os.environ.get("REGION", "nowhere")

@asset
def other():
    return 1
"""


def run_in(root: Path) -> RunReport:
    with open_workspace(root, writes=True) as opened:
        return run(opened, RunOptions(keep_going=True), Recorder())


def outcomes(report: RunReport) -> dict[str, str]:
    return {name.partition("/")[2]: record.outcome for name, record in report.steps.items()}


def test_a_variable_that_a_step_reads_counts_and_another_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write(tmp_path, {"onward.toml": "", "projects/p/steps.py": REGION})
    monkeypatch.delenv("REGION", raising=False)
    run_in(tmp_path)
    monkeypatch.setenv("ELSEWHERE", "x")
    assert outcomes(run_in(tmp_path)) == {"region": "kept", "other": "kept"}
    monkeypatch.setenv("REGION", "EU")
    report = run_in(tmp_path)
    assert outcomes(report) == {"region": "made", "other": "kept"}
    assert report.steps["p/region"].reasons == ("environment variable REGION changed",)
    monkeypatch.delenv("REGION")
    assert outcomes(run_in(tmp_path)) == {"region": "restored", "other": "kept"}


def test_the_value_is_nowhere_to_be_found_and_that_of_a_secret_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = REGION.replace('"REGION"', '"SHOP_TOKEN"').replace('return os.environ.get("SHOP_TOKEN", "nowhere")', "pass")
    code = code.replace("    pass", '    return len(os.environ["SHOP_TOKEN"] + os.environ["PLAIN"]) * 0')
    workspace.write(tmp_path, {"onward.toml": "", "projects/p/steps.py": code})
    monkeypatch.setenv("SHOP_TOKEN", "hush-hush-hush")
    monkeypatch.setenv("PLAIN", "an-open-value")
    run_in(tmp_path)
    kept = b"".join(path.read_bytes() for path in (tmp_path / ".onward").rglob("*") if path.is_file())
    assert b"hush-hush" not in kept
    assert b"an-open-value" not in kept
    monkeypatch.setenv("SHOP_TOKEN", "another")
    assert outcomes(run_in(tmp_path))["region"] == "kept"


def test_code_that_looks_through_all_variables_hangs_on_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = REGION.replace('os.environ.get("REGION", "nowhere")', '[name for name in os.environ if name == "X"]')
    workspace.write(tmp_path, {"onward.toml": "", "projects/p/steps.py": code})
    run_in(tmp_path)
    assert outcomes(run_in(tmp_path)) == {"region": "kept", "other": "kept"}
    monkeypatch.setenv("X", "1")
    report = run_in(tmp_path)
    assert report.steps["p/region"].reasons == ("environment all variables changed",)


def test_what_tells_one_terminal_from_another_is_the_same_for_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "77")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("HOME", "/home/her")
    found = variables.of_steps()
    assert "COLUMNS" not in found
    assert (found["TERM"], found["HOME"], found["PYTHONHASHSEED"]) == ("dumb", "/home/her", "0")


def test_a_digest_hangs_on_the_secret_the_value_and_whether_there_is_one() -> None:
    secret, other = b"a" * 32, b"b" * 32
    digests = {
        Variables(values, key).digest("X")
        for key in (secret, other)
        for values in ({"X": "1"}, {"X": ""}, {"X": "2"}, {})
    }
    assert len(digests) == 8
    assert Variables({"X": "1"}, secret).digest("X") == Variables({"X": "1", "Y": "2"}, secret).digest("X")
    assert Variables({"X": "1"}, secret).digest(ALL) != Variables({"X": "1", "Y": "2"}, secret).digest(ALL)
    assert Variables({"MY_KEY": "1"}, secret).digest("MY_KEY") == ""


def test_without_the_stores_secret_nothing_is_like_what_was_kept() -> None:
    assert Variables({"X": "1"}, b"").digest("X") not in ("", Variables({"X": "1"}, b"a" * 32).digest("X"))


def test_a_damaged_secret_is_replaced_and_costs_runs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGION", "EU")
    workspace.write(tmp_path, {"onward.toml": "", "projects/p/steps.py": REGION})
    run_in(tmp_path)
    (tmp_path / ".onward/store/secret").write_bytes(b"short")
    assert outcomes(run_in(tmp_path)) == {"region": "made", "other": "kept"}
    assert outcomes(run_in(tmp_path)) == {"region": "kept", "other": "kept"}


def test_what_is_only_looked_at_counts_by_being_there(tmp_path: Path) -> None:
    code = """
import os
from onward import asset

@asset
def found():
    return os.path.exists("".join(["fl", "ag"]))
"""
    workspace.write(tmp_path, {"onward.toml": "", "projects/p/steps.py": code, "projects/p/flag": "x"})
    run_in(tmp_path)
    workspace.write(tmp_path, {"projects/p/flag": "something else"})
    assert outcomes(run_in(tmp_path)) == {"found": "kept"}
    (tmp_path / "projects/p/flag").unlink()
    report = run_in(tmp_path)
    assert outcomes(report) == {"found": "made"}
    assert json.dumps(report.steps["p/found"].reasons) == '["file projects/p/flag removed"]'


def test_a_folder_for_shared_code_that_comes_later_is_no_reason(tmp_path: Path) -> None:
    workspace.write(tmp_path, {"onward.toml": "", "projects/p/steps.py": REGION})
    run_in(tmp_path)
    workspace.write(tmp_path, {"lib/shared.py": "x = 1\n"})
    assert outcomes(run_in(tmp_path)) == {"region": "kept", "other": "kept"}


SHOWN = """
import subprocess
from onward import asset

@asset
def shown():
    return subprocess.run(["sh", "-c", "echo $REGION"], capture_output=True, text=True, check=True).stdout.strip()

@asset
def other():
    return 1
"""


def values(root: Path) -> dict[str, object]:
    """The values of the last results."""
    with open_workspace(root, writes=False) as opened:
        results = opened.standing.results
        return {
            name.partition("/")[2]: next(iter(one.trace.artifacts.values())).content for name, one in results.items()
        }


def test_a_program_of_a_step_does_not_get_a_variable_that_nobody_would_see_it_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write(tmp_path, {"onward.toml": "", "projects/p/steps.py": SHOWN})
    monkeypatch.setenv("REGION", "EU")
    run_in(tmp_path)
    before = values(tmp_path)["shown"]
    monkeypatch.setenv("REGION", "US")
    assert outcomes(run_in(tmp_path)) == {"shown": "kept", "other": "kept"}
    (tmp_path / ".onward").rename(tmp_path / "elsewhere")
    run_in(tmp_path)
    assert values(tmp_path)["shown"] == before


def test_a_variable_that_is_handed_on_counts_where_a_program_was_started_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_on = {"onward.toml": '[environment]\npass = ["REGION"]\n'}
    workspace.write(tmp_path, {**handed_on, "projects/p/steps.py": SHOWN})
    monkeypatch.setenv("REGION", "EU")
    run_in(tmp_path)
    before = values(tmp_path)["shown"]
    assert outcomes(run_in(tmp_path)) == {"shown": "kept", "other": "kept"}
    monkeypatch.setenv("REGION", "US")
    report = run_in(tmp_path)
    assert outcomes(report) == {"shown": "made", "other": "kept"}
    assert report.steps["p/shown"].reasons == ("environment variable REGION changed",)
    assert values(tmp_path)["shown"] != before


def test_what_settings_hand_on_counts_for_a_library_below_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = {"projects/p/one.sql": "select 1 as x\n"}
    workspace.write(tmp_path, {"onward.toml": '[environment]\npass = ["REGION"]\n', **query})
    monkeypatch.setenv("REGION", "EU")
    run_in(tmp_path)
    assert outcomes(run_in(tmp_path)) == {"one": "kept"}
    monkeypatch.setenv("REGION", "US")
    assert outcomes(run_in(tmp_path)) == {"one": "made"}


@pytest.mark.parametrize("kind", ["function", "command"])
def test_what_is_handed_on_from_now_on_counts_and_what_no_longer_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    command = {"projects/p/onward.toml": '[commands.shown]\nrun = "echo $REGION > out.txt"\n'}
    workspace.write(tmp_path, command if kind == "command" else {"projects/p/steps.py": SHOWN})
    monkeypatch.setenv("REGION", "EU")
    for lines, outcome in [("", "made"), ('pass = ["REGION"]\n', "made"), ('pass = "OTHER"\n', "made")]:
        workspace.write(tmp_path, {"onward.toml": f"[environment]\n{lines}"})
        report = run_in(tmp_path)
        assert outcomes(report)["shown"] == outcome
        assert outcomes(run_in(tmp_path))["shown"] == "kept"
    assert "environment names in `pass` changed" in report.steps["p/shown"].reasons


def test_steps_see_nothing_that_tells_one_build_of_a_ci_service_from_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    withheld = {
        "CI": "true",
        "GITHUB_TOKEN": "hunter2",
        "GITHUB_RUN_ID": "42",
        "GH_TOKEN": "hunter2",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "hunter2",
        "CI_JOB_TOKEN": "hunter2",
        "ONWARD_GITLAB_TOKEN": "hunter2",
        "ONWARD_STORE_CREDENTIALS": "AWS_ACCESS_KEY_ID=hunter2\nAWS_REGION=eu-1\n",
        "AWS_ACCESS_KEY_ID": "hunter2",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_VALUE_0": "AUTHORIZATION: hunter2",
    }
    given = {"AWS_REGION": "us-1", "CIRCUS": "x", "GIT_CONFIG_GLOBAL": "/dev/null", "ONWARD_ELSE": "x"}
    for name, value in {**withheld, **given}.items():
        monkeypatch.setenv(name, value)
    found = variables.of_steps()
    assert withheld.keys() & found.keys() == set()
    assert given.items() <= found.items(), "a step may have credentials of its own"


@pytest.mark.parametrize("text", ["hunter2", "A=1\nhunter2", "=x", "A B=1"])
def test_credentials_of_another_form_are_none(text: str) -> None:
    assert variables.credentials_in(text) is None
