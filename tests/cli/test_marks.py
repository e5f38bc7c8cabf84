"""The marks of results are told by every command that shows results, each with what made for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli import shapes
from tests.cli.conftest import Writer
from tests.cli.program import onward
from tests.cli.schema import mistakes

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only what Python itself opens is seen, by design; Linux runs it"
)
SERVER = "it talked to a server of this machine: 127.0.0.1:9"
CODE = """
import socket
from onward import asset, check

@asset
def asked():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talker:
        talker.connect(("127.0.0.1", 9))
    return 1

@asset
def plain():
    return 1

@check("plain")
def is_one(plain):
    return plain == 1
"""


@pytest.fixture
def marked(workspace: Writer) -> Path:
    """One result that was made with the help of a server, and one that was not, which a check looks at."""
    root = workspace({"onward.toml": "", "projects/p/steps.py": CODE})
    assert onward(root, "run").status == 0
    return root


def test_run_and_status_name_the_steps_that_bear_marks(workspace: Writer) -> None:
    root = workspace({"onward.toml": "", "projects/p/steps.py": CODE})
    line = "marked: partial p/asked; unpinned p/asked"
    assert line in onward(root, "run").out.splitlines()
    assert line not in onward(root, "run").out, "what is kept was told when it was made"
    assert line in onward(root, "status").out.splitlines()


def test_run_status_and_why_tell_what_made_for_a_mark(marked: Path) -> None:
    for words, shape in ((["run"], shapes.RUN), (["status"], shapes.STATUS)):
        answer = onward(marked, *words, "--json").json
        assert mistakes(answer, shape) == []
        asked, plain = sorted(answer["steps"], key=lambda step: step["name"])
        assert asked["marks"] == ["partial", "unpinned"]
        assert asked["marks_because"]["unpinned"] == [SERVER]
        assert (plain["marks"], plain["marks_because"]) == ([], {})
    told = onward(marked, "why", "p/asked", "--json").json
    assert mistakes(told, shapes.WHY) == []
    assert told["marks_because"]["unpinned"] == [SERVER]
    assert f"  unpinned: {SERVER}" in onward(marked, "why", "p/asked").out.splitlines()


def test_show_and_list_tell_also_what_no_check_looks_at(marked: Path) -> None:
    shown = onward(marked, "show", "p/asked", "--json").json
    assert shown["marks"] == ["partial", "unpinned", "unchecked"]
    assert shown["marks_because"]["unpinned"] == [SERVER]
    assert f"  unpinned: {SERVER}" in onward(marked, "show", "p/asked").out.splitlines()
    assert onward(marked, "show", "p/plain", "--json").json["marks"] == []
    listed = {asset["name"]: asset for asset in onward(marked, "list", "--json").json["assets"]}
    assert listed["p/asked"]["marks"] == ["partial", "unpinned", "unchecked"]
    assert listed["p/asked"]["marks_because"]["unpinned"] == [SERVER]
    assert listed["p/plain"]["marks"] == []
    lines = onward(marked, "list").out.splitlines()
    assert [line for line in lines if "unpinned" in line] == [line for line in lines if "p/asked" in line]


def test_the_site_tells_what_made_for_a_mark(marked: Path, tmp_path: Path) -> None:
    onward(marked, "release")
    assert onward(marked, "site", "--out", str(tmp_path / "site")).status == 0
    assert SERVER in (tmp_path / "site/p/asked/index.html").read_text()
    assert "to know before" not in (tmp_path / "site/p/plain/index.html").read_text().lower()


def test_where_nothing_has_changed_marks_are_told_as_well(marked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onward.app.running.shortcut._RACY_NS", 0)
    onward(marked, "run")
    assert (marked / ".onward/state/unchanged").exists()
    short = [onward(marked, *words).out for words in (["status"], ["status", "--json"])]
    (marked / ".onward/state/unchanged").unlink()
    assert short == [onward(marked, *words).out for words in (["status"], ["status", "--json"])]
    assert SERVER in short[1]


def test_what_a_server_says_when_it_is_asked_again_serves_from_then_on(workspace: Writer) -> None:
    """It is no instability: nothing that is known of the step tells what a server says."""
    counts = CODE.replace("    return 1\n\n@asset\ndef plain", "    return time.time_ns()\n\n@asset\ndef plain")
    root = workspace({"onward.toml": "", "projects/p/steps.py": counts.replace("import socket", "import socket, time")})
    seen = []
    for _ in range(3):
        answer = onward(root, "run", "--force", "p/asked", "--json")
        assert answer.status == 0, answer.text
        assert "unstable" not in str(answer.json["steps"])
        seen.append(onward(root, "show", "p/asked", "--json").json["value"])
    assert len(set(seen)) == 3
    (root / ".onward/state/standing").unlink()
    assert onward(root, "run", "--json").outcomes() == {"p/asked": "restored", "p/plain": "restored"}
    assert onward(root, "show", "p/asked", "--json").json["value"] == seen[-1]
