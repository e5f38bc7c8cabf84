"""What `onward doctor` finds, each thing spoilt in turn."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from onward.app.doctor import Diagnosis, doctor
from onward.app.releases import history
from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder

FILES = {
    "onward.toml": "",
    "projects/p/steps.py": "from onward import asset\n\n@asset\ndef one():\n    return 1\n",
}


@pytest.fixture
def released(tmp_path: Path) -> Path:
    workspace.write(tmp_path, FILES)
    with open_workspace(tmp_path, writes=True) as opened:
        run(opened, RunOptions(), Recorder())
        history.release(opened, "main", None)
    return tmp_path


def states(root: Path) -> dict[str, Diagnosis]:
    with open_workspace(root) as opened:
        return {one.name: one for one in doctor(opened)}


def test_what_is_well_is_said(released: Path) -> None:
    found = states(released)
    assert {one.state for one in found.values()} <= {"ok", "note"}
    assert "all whole" in found["objects"].message
    assert "main@1" in found["channel main"].message
    assert found["files"].message == "1 step in 1 project"


def test_what_is_quarantined_is_told_and_a_closed_channel_is_none(released: Path) -> None:
    with open_workspace(released, writes=True) as opened:
        history.release(opened, "preview/topic")
        history.close(opened, "preview/topic")
    (released / "projects/p/steps.py").write_text("from onward import asset\n\n@asset\ndef one():\n    return 2\n")
    with open_workspace(released, writes=True) as opened:
        run(opened, RunOptions(), Recorder())
        history.release(opened)
        history.rollback(opened)
    found = states(released)
    assert found["channel main"].message == "stands at main@1, with all its results; quarantined: p/one"
    assert "channel preview/topic" not in found


def test_a_workspace_that_has_made_nothing_is_well(tmp_path: Path) -> None:
    workspace.write(tmp_path, FILES)
    assert states(tmp_path)["store"].state == "ok"
    assert not (tmp_path / ".onward").exists(), "looking leaves nothing behind"


def test_a_damaged_object_is_found_and_left(released: Path) -> None:
    path = next(path for path in (released / ".onward/store/objects").glob("??/*"))
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    found = states(released)["objects"]
    assert found.state == "damaged"
    assert path.parent.name + path.name in found.message
    assert path.read_bytes() == b"damaged"


def test_what_is_damaged_is_mended_by_what_the_doctor_says(released: Path) -> None:
    with open_workspace(released) as opened:
        digest = opened.standing.results["p/one"].trace.artifacts["p/one"].bytes
    path = released / ".onward/store/objects" / digest[:2] / digest[2:]
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    hint = states(released)["objects"].hint or ""
    assert hint == "`onward run --force p/one` makes p/one again"
    for options, state in ((RunOptions(), "damaged"), (RunOptions(force=("p/one",)), "ok")):
        with open_workspace(released, writes=True) as opened:
            run(opened, options, Recorder())
        assert states(released)["objects"].state == state


def test_what_only_older_states_need_is_not_said_to_be_made_by_a_run(released: Path) -> None:
    old = released / ".onward/store/objects/00" / ("0" * 62)
    old.parent.mkdir(exist_ok=True)
    old.write_bytes(b"of an older state")
    hint = states(released)["objects"].hint or ""
    assert "no result of the working tree" in hint
    assert "--at" in hint


def test_a_record_that_is_not_what_its_name_says_is_found(released: Path) -> None:
    path = next((released / ".onward/store/bases").iterdir())
    path.chmod(0o644)
    path.write_bytes(b"{}")
    found = states(released)["records"]
    assert found.state == "damaged"
    assert "bases/" in found.message


def test_a_channel_whose_results_are_gone_is_found(released: Path) -> None:
    shutil.rmtree(released / ".onward/store/objects")
    assert states(released)["channel main"].state == "damaged"


def test_a_channel_whose_run_is_gone_is_found(released: Path) -> None:
    shutil.rmtree(released / ".onward/store/runs")
    found = states(released)["channel main"]
    assert found.state == "damaged"
    assert found.hint is not None
    assert "onward release" in found.hint


def test_leftovers_are_a_note(released: Path) -> None:
    (released / ".onward/store/tmp/run-1-abcd").mkdir()
    assert states(released)["leftovers"].state == "note"


def test_a_python_that_does_not_exist_is_lacking(released: Path) -> None:
    workspace.write(released, {"onward.toml": '[environment]\npython = "no-such-python"\n'})
    found = states(released)["python"]
    assert found.state == "lacking"
    assert found.hint


def test_findings_are_a_note_and_lead_to_the_list(released: Path) -> None:
    workspace.write(released, {"projects/p/more.py": "def broken(:\n"})
    found = states(released)["findings"]
    assert (found.state, found.hint) == ("note", "`onward list` shows them all")
