"""What a watched run makes of its step: edits of what only running it showed are noticed, and nothing else is."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from onward.app.environments.environment import workspace_python
from onward.app.observing import seen
from onward.app.observing.observe import Observer
from onward.app.observing.watched import PathState, Watched
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.settings.variables import Variables
from onward.app.wiring import open_workspace
from onward.base.digest import Digest
from onward.model.workspace import Settings
from onward.testing import workspace
from onward.testing.watchers import Recorder

SETTINGS = {"onward.toml": ""}
COMPUTED = """
import os
from onward import asset

@asset
def words():
    folder = "data".join(["", ""])
    name = os.sep.join([folder, "".join(["wor", "ds.txt"])])
    return len(open(name).read())

@asset
def other():
    return 1
"""


def run_in(root: Path) -> RunReport:
    with open_workspace(root, writes=True) as opened:
        return run(opened, RunOptions(keep_going=True), Recorder())


def outcomes(report: RunReport) -> dict[str, str]:
    return {name.partition("/")[2]: record.outcome for name, record in report.steps.items()}


def steps(code: str) -> dict[str, str]:
    return {**SETTINGS, "projects/p/steps.py": code}


on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only what Python itself opens is seen, by design; Linux runs it"
)


def test_a_file_that_only_running_showed_counts(tmp_path: Path) -> None:
    workspace.write(tmp_path, {**steps(COMPUTED), "projects/p/data/words.txt": "one"})
    assert outcomes(run_in(tmp_path)) == {"words": "made", "other": "made"}
    assert outcomes(run_in(tmp_path)) == {"words": "kept", "other": "kept"}
    workspace.write(tmp_path, {"projects/p/data/words.txt": "three"})
    assert outcomes(run_in(tmp_path)) == {"words": "made", "other": "kept"}
    workspace.write(tmp_path, {"projects/p/data/words.txt": "one"})
    assert outcomes(run_in(tmp_path)) == {"words": "restored", "other": "kept"}


LINKED = """
import os
import onward as ow

def at(*parts):
    return os.sep.join(parts)

{look}
"""
LOOKS = {
    "a file": "ow.metric('size', len(open(at('latest', 'a.txt')).read()))",
    "where it leads": "ow.metric('size', len(os.readlink(at('.', 'latest'))))",
    "the real path": "ow.metric('size', len(os.path.relpath(os.path.realpath(at('latest', 'a.txt')))))",
}


@on_linux
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_symbolic_link_that_leads_elsewhere_counts(tmp_path: Path, look: str) -> None:
    project, link = tmp_path / "projects/p", tmp_path / "projects/p/latest"
    files = {"projects/p/one/a.txt": "one", "projects/p/three/a.txt": "three", "projects/p/other.py": "print(1)\n"}
    workspace.write(tmp_path, {**SETTINGS, **files, "projects/p/linked.py": LINKED.format(look=look)})
    link.symlink_to("one")
    assert outcomes(run_in(tmp_path)) == {"linked": "made", "other": "made"}
    (project / "other").symlink_to("three")
    assert outcomes(run_in(tmp_path)) == {"linked": "kept", "other": "kept"}
    link.unlink()
    link.symlink_to("three")
    report = run_in(tmp_path)
    assert outcomes(report) == {"linked": "made", "other": "kept"}
    assert report.steps["p/linked"].reasons[0].startswith("file projects/p/latest changed")
    link.unlink()
    link.symlink_to("one")
    assert outcomes(run_in(tmp_path)) == {"linked": "restored", "other": "kept"}


@on_linux
def test_a_link_that_a_step_makes_itself_is_no_input_of_it(tmp_path: Path) -> None:
    makes = "import os\nif os.path.lexists(at('latest')): os.remove(at('latest'))\nos.symlink('one', at('latest'))\n"
    look = makes + LOOKS["a file"]
    workspace.write(
        tmp_path, {**SETTINGS, "projects/p/one/a.txt": "one", "projects/p/linked.py": LINKED.format(look=look)}
    )
    assert outcomes(run_in(tmp_path)) == {"linked": "made"}
    assert outcomes(run_in(tmp_path)) == {"linked": "kept"}


@on_linux
def test_a_file_that_was_asked_for_in_vain_counts_when_it_comes(tmp_path: Path) -> None:
    code = """
from onward import asset

@asset
def found():
    try:
        return len(open("".join(["may", "be.txt"])).read())
    except FileNotFoundError:
        return -1
"""
    workspace.write(tmp_path, steps(code))
    run_in(tmp_path)
    assert outcomes(run_in(tmp_path)) == {"found": "kept"}
    workspace.write(tmp_path, {"projects/p/maybe.txt": "here"})
    assert outcomes(run_in(tmp_path)) == {"found": "made"}


@on_linux
def test_a_file_that_another_program_read_counts(tmp_path: Path) -> None:
    code = """
import subprocess
from onward import asset

@asset
def lines():
    done = subprocess.run(["sh", "-c", "cat da*/x.txt | wc -l"], capture_output=True, text=True, check=True)
    return int(done.stdout)
"""
    workspace.write(tmp_path, {**steps(code), "projects/p/data/x.txt": "a\n"})
    run_in(tmp_path)
    assert outcomes(run_in(tmp_path)) == {"lines": "kept"}
    workspace.write(tmp_path, {"projects/p/data/x.txt": "a\nb\n"})
    assert outcomes(run_in(tmp_path)) == {"lines": "made"}


@on_linux
def test_a_new_file_in_a_folder_that_was_listed_counts_and_one_elsewhere_does_not(tmp_path: Path) -> None:
    code = """
import os
from onward import asset

@asset
def count():
    return len(os.listdir("".join(["in", "box"])))
"""
    workspace.write(tmp_path, {**steps(code), "projects/p/inbox/a.txt": "a", "projects/p/elsewhere/a.txt": "a"})
    run_in(tmp_path)
    workspace.write(tmp_path, {"projects/p/elsewhere/b.txt": "b", "projects/p/notes.txt": "n"})
    assert outcomes(run_in(tmp_path)) == {"count": "kept"}
    workspace.write(tmp_path, {"projects/p/inbox/b.txt": "b"})
    assert outcomes(run_in(tmp_path)) == {"count": "made"}


def test_a_comment_in_imported_code_is_no_edit_of_what_was_read(tmp_path: Path) -> None:
    code = "from onward import asset\nfrom shared import two\n\n@asset\ndef number():\n    return two()\n"
    workspace.write(tmp_path, {**steps(code), "lib/shared.py": "def two():\n    return 2\n"})
    run_in(tmp_path)
    workspace.write(tmp_path, {"lib/shared.py": "# a comment\ndef two():\n    return 2\n"})
    assert outcomes(run_in(tmp_path)) == {"number": "kept"}


@on_linux
def test_a_result_that_rests_on_something_outside_is_unpinned(tmp_path: Path) -> None:
    outside = Path.home() / f"onward-test-{tmp_path.name}.txt"
    code = f"from onward import asset\n\n@asset\ndef size():\n    return len(open({str(outside)!r}).read())\n"
    outside.write_text("outside")
    try:
        workspace.write(tmp_path / "work", steps(code))
        report = run_in(tmp_path / "work")
        assert report.steps["p/size"].marks == ("unpinned",)
        outside.write_text("otherwise")
        assert outcomes(run_in(tmp_path / "work")) == {"size": "made"}
        with open_workspace(tmp_path / "work") as opened:
            basis = opened.store.records.basis(report.run.basis)
        assert basis is not None
        assert not [path for path in basis.files if path.startswith("/")]
    finally:
        outside.unlink()


@on_linux
def test_a_server_makes_a_result_unpinned(tmp_path: Path) -> None:
    code = """
import socket
from onward import asset

@asset
def reached():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talker:
        talker.connect(("127.0.0.1", 9))
        talker.send(b"x")
    return 1
"""
    workspace.write(tmp_path, steps(code))
    marks = run_in(tmp_path).steps["p/reached"].marks
    assert "unpinned" in marks


@on_linux
def test_a_file_that_changes_while_its_reader_runs_fails_the_step(tmp_path: Path) -> None:
    code = """
import os, subprocess
from onward import asset

@asset
def read():
    name = "".join(["moving", ".txt"])
    before = open(name).read()
    while not os.path.exists("go"):
        pass
    return before
"""
    workspace.write(tmp_path, {**steps(code), "projects/p/moving.txt": "one"})

    def meddle() -> None:
        time.sleep(1.5)
        (tmp_path / "projects/p/moving.txt").write_text("two")
        (tmp_path / "projects/p/go").touch()

    meddler = threading.Thread(target=meddle)
    meddler.start()
    report = run_in(tmp_path)
    meddler.join()
    assert outcomes(report) == {"read": "failed"}
    error = report.steps["p/read"].error
    assert error is not None
    assert error["type"] == "InputChanged"
    assert "moving.txt" in error["message"]
    assert outcomes(run_in(tmp_path)) == {"read": "made"}


def test_where_the_watch_is_turned_off_nothing_is_watched(tmp_path: Path) -> None:
    workspace.write(tmp_path, {**steps(COMPUTED), "onward.toml": "watch = false\n", "projects/p/data/words.txt": "one"})
    assert run_in(tmp_path).steps["p/words"].marks == ()
    workspace.write(tmp_path, {"projects/p/data/words.txt": "three"})
    assert outcomes(run_in(tmp_path)) == {"words": "kept", "other": "kept"}


@on_linux
def test_a_file_that_comes_into_a_folder_after_it_was_listed_counts(tmp_path: Path) -> None:
    """Another step may be about to write it: what the result rests on is the folder as it was told to its step."""
    code = f"""
import os
from onward import asset

@asset
def count():
    found = len(os.listdir("".join(["in", "box"])))
    open({str(tmp_path / "listed")!r}, "w").close()
    while not os.path.exists({str(tmp_path / "go")!r}):
        pass
    return found
"""
    work = tmp_path / "work"
    workspace.write(work, {**steps(code), "projects/p/inbox/a.txt": "a", "projects/p/inbox/b.txt": "b"})

    def meddle() -> None:
        while not (tmp_path / "listed").exists():
            time.sleep(0.01)
        (work / "projects/p/inbox/c.txt").touch()
        (work / "projects/p/inbox/d.txt").touch()
        (work / "projects/p/inbox/a.txt").unlink()
        (tmp_path / "go").touch()

    meddler = threading.Thread(target=meddle)
    meddler.start()
    report = run_in(work)
    meddler.join()
    assert report.run.artifacts["p/count"].facts["value"] == 2
    again = run_in(work)
    assert outcomes(again) == {"count": "made"}
    assert again.run.artifacts["p/count"].facts["value"] == 3
    assert outcomes(run_in(work)) == {"count": "kept"}


class HastyWorld(Observer):
    """Where a file that is looked at has just been written by somebody else."""

    def file(self, path: str) -> Digest | None:
        with open(self._root / path, "a") as file:
            file.write("more")
        return super().file(path)


def test_a_file_that_changes_right_before_it_is_digested_makes_no_observation(tmp_path: Path) -> None:
    """What the step read was another state of it, though it was that very one when the step ended."""
    workspace.write(tmp_path, {**SETTINGS, "in.txt": "", "out.txt": ""})
    with open_workspace(tmp_path, writes=True) as opened:
        variables = Variables({}, b"")
        distributions = workspace_python(opened.place, Settings()).distributions
        world = HastyWorld(tmp_path, opened.index, "2026-01-01", distributions, variables)
        known = seen.Known(str(tmp_path), (), (), (), ())
        watched = watched_reading(tmp_path / "in.txt")
        assert seen.changed_path(watched, known) is None
        with pytest.raises(seen.ChangedError) as raised:
            list(seen.observations_of(watched, known, world))
    assert raised.value.path == "in.txt"


def watched_reading(path: Path) -> Watched:
    """The record of a step that read one file and did nothing else."""
    status = path.stat()
    state = PathState(str(path), "file", status.st_size, status.st_mtime_ns, status.st_ino)
    nothing: dict[str, Any] = dict.fromkeys(Watched.__struct_fields__, ())
    told = {"format": 1, "means": "seccomp", "confidence": "complete", "all_variables": False, "events": 1}
    return msgspec.convert({**nothing, **told, "read": [msgspec.to_builtins(state)]}, Watched)
