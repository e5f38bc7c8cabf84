"""Steps that want one file at the same time: who comes second waits until the first has ended, and nobody else does."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.runtime.watching import Outcome, Workspace, workspace

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a call wait, by design; Linux runs it")

AWAIT = """
import os, time

def wait_for(path, seconds=20):
    until = time.monotonic() + seconds
    while not os.path.exists(path):
        assert time.monotonic() < until, f"nobody made {path}"
        time.sleep(0.01)
"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Workspace]:
    with workspace(tmp_path) as made:
        yield made


def both(here: Workspace, first: str, second: str) -> tuple[Outcome, Outcome]:
    """Two steps that run at once; each has ended well."""
    here.start(AWAIT + first, "first.py")
    here.start(AWAIT + second, "second.py")
    ended = sorted(here.wait(2), key=lambda outcome: outcome.ending.identity)
    for outcome in ended:
        assert outcome.result.get("ok"), outcome.result
    return ended[0], ended[1]


def test_who_opens_a_file_that_another_step_is_writing_reads_the_whole(here: Workspace) -> None:
    first = 'file = open("out.txt", "w"); file.write("half "); file.flush(); open("begun", "w").close()\n'
    first += 'time.sleep(0.3); file.write("whole"); file.close()\n'
    _, second = both(here, first, 'wait_for("begun"); assert open("out.txt").read() == "half whole"\n')
    assert second["read"] == ["begun", "out.txt"] or second["read"] == ["out.txt"]


def test_who_looks_whether_a_file_is_there_waits_for_nobody(here: Workspace) -> None:
    first = 'open("out.txt", "w").write("x"); wait_for("seen")\n'
    both(here, first, 'wait_for("out.txt"); os.listdir("."); os.stat("out.txt"); open("seen", "w").close()\n')


def test_what_another_step_changes_between_reading_and_writing_is_told(here: Workspace) -> None:
    here.write("out.txt", "old")
    first = (
        'text = open("out.txt").read(); open("read", "w").close(); wait_for("done"); open("out.txt", "w").write(text)\n'
    )
    second = 'wait_for("read"); open("out.txt", "w").write("new one"); open("done", "w").close()\n'
    reader, writer = both(here, first, second)
    assert (reader["moved"], writer["moved"]) == (["out.txt"], [])


USES = {
    "reads and writes it": 'text = open("out.txt").read(); open("out.txt", "w").write(text + "x")',
    "writes it anew": 'open("out.txt", "w").write("x")',
    "adds to it": 'open("out.txt", "a").write("x")',
    "removes it": 'os.remove("out.txt")',
    "renames it": 'os.rename("out.txt", "other.txt")',
    "replaces it": 'open("new.txt", "w").write("x"); os.rename("new.txt", "out.txt")',
}


@pytest.mark.parametrize("use", USES)
def test_what_another_step_makes_between_a_look_and_a_change_is_told(here: Workspace, use: str) -> None:
    first = f'assert not os.path.exists("out.txt"); open("looked", "w").close(); wait_for("done"); {USES[use]}\n'
    second = 'wait_for("looked"); open("out.txt", "w").write("new"); open("done", "w").close()\n'
    looker, writer = both(here, first, second)
    assert (looker["moved"], writer["moved"]) == (["out.txt"], [])


def test_what_another_step_removes_between_a_look_and_a_change_is_told(here: Workspace) -> None:
    here.write("out.txt", "old")
    first = 'os.stat("out.txt"); open("looked", "w").close(); wait_for("done"); open("out.txt", "a").write("x")\n'
    second = 'wait_for("looked"); os.remove("out.txt"); open("done", "w").close()\n'
    looker, remover = both(here, first, second)
    assert (looker["moved"], remover["moved"]) == (["out.txt"], [])


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_two_that_open_one_database_and_change_nothing_do_not_wait(here: Workspace, mode: str) -> None:
    """Libraries of databases open a file to change it also where they only read."""
    here.write("data.db", "pages")
    first = f'file = open("data.db", "{mode}"); open("begun", "w").close(); wait_for("done"); file.read()\n'
    both(here, first, f'wait_for("begun"); file = open("data.db", "{mode}"); file.read(); open("done", "w").close()\n')


@pytest.mark.parametrize("path", [".cache/fonts.json", "lib/__pycache__/x.pyc"])
def test_what_programs_keep_for_themselves_is_waited_for_by_nobody(here: Workspace, path: str) -> None:
    here.write(f"{Path(path).parent}/there")
    first = f'file = open("{path}", "w"); open("begun", "w").close(); wait_for("done")\n'
    both(here, first, f'wait_for("begun"); open("{path}", "w").write("x"); open("done", "w").close()\n')


def test_what_lies_outside_of_the_workspace_is_waited_for_by_nobody(
    here: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("elsewhere") / "log"
    first = f'file = open("{path}", "a"); open("begun", "w").close(); wait_for("done")\n'
    both(here, first, f'wait_for("begun"); open("{path}", "a").write("x"); open("done", "w").close()\n')


def test_two_that_would_wait_for_each_other_go_on_and_are_doubted(here: Workspace) -> None:
    first = 'open("x", "w").write("1"); wait_for("y"); open("y", "a").write("1")\n'
    second = 'open("y", "w").write("2"); wait_for("x"); open("x", "a").write("2")\n'
    for outcome in both(here, first, second):
        assert outcome.record["confidence"] == "partial"
        assert any("while it was being written" in reason for reason in outcome.record["reasons"])


def test_who_waits_goes_on_when_the_other_one_is_killed(here: Workspace) -> None:
    killed = here.start(
        AWAIT + 'open("out.txt", "w").write("1"); open("begun", "w").close(); time.sleep(60)\n', "first.py"
    )
    here.start(AWAIT + 'wait_for("begun"); open("out.txt", "a").write("2")\n', "second.py")
    deadline = time.monotonic() + 20
    while not (here.root / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.2)
    here.workers.kill(killed)
    first, second = sorted(here.wait(2), key=lambda outcome: outcome.ending.identity)
    assert (first.ending.identity, first.ending.signal) == (killed, 9)
    assert second.result.get("ok"), second.result


@pytest.mark.long
def test_who_only_reads_does_not_wait_for_ever(here: Workspace) -> None:
    """Two steps that talk to each other through files would."""
    first = 'open("asked", "w").write("?"); wait_for("answered", 90)\n'
    second = 'wait_for("asked"); open("asked").read(); open("answered", "w").close()\n'
    _, reader = both(here, first, second)
    assert reader.record["reasons"] == [f"`{here.root}/asked` was read while another step was writing it"]


def test_who_waits_can_be_killed(here: Workspace) -> None:
    here.start(AWAIT + 'open("out.txt", "w").write("1"); open("begun", "w").close(); wait_for("killed")\n', "first.py")
    held = here.start(AWAIT + 'wait_for("begun"); open("held", "w"); open("out.txt", "a").write("2")\n', "second.py")
    deadline = time.monotonic() + 20
    while not (here.root / "held").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.2)
    here.workers.kill(held)
    second = here.wait()[0]
    assert (second.ending.identity, second.ending.signal) == (held, 9)
    here.write("killed")
    first = here.wait()[0]
    assert first.result.get("ok"), first.result
    assert (here.root / "out.txt").read_text() == "1"
