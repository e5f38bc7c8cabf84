"""Where nothing has changed, the short way of `run` and `status` tells what the long way would tell."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from onward.cli.nothing_to_do import answered
from tests.cli.conftest import Writer
from tests.cli.program import onward
from tests.cli.workspaces import functions


@pytest.fixture
def settled(workspace: Writer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a run that found nothing to do; its files need not be old to be believed."""
    monkeypatch.setattr("onward.app.running.shortcut._RACY_NS", 0)
    root = workspace({"onward.toml": "", "projects/a/steps.py": functions(**{"x(factor=2)": "factor", "y": "1"})})
    onward(root, "run")
    assert onward(root, "run").status == 0
    assert (root / ".onward/state/unchanged").exists()
    return root


@pytest.mark.parametrize("command", ["run", "status"])
def test_the_short_way_says_what_the_long_way_says(settled: Path, command: str) -> None:
    short = onward(settled, command, "--json").json
    (settled / ".onward/state/unchanged").unlink()
    long = onward(settled, command, "--json").json
    for answer in (short, long):
        answer.pop("seconds", None), answer.pop("run", None)
    assert short == long


@pytest.mark.parametrize("command", ["run", "status"])
def test_the_short_way_says_it_to_people_as_the_long_way_does(settled: Path, command: str) -> None:
    short = onward(settled, command).out
    (settled / ".onward/state/unchanged").unlink()
    long = onward(settled, command).out
    assert re.sub(r"[\d.]+ m?s$", "", short.strip()) == re.sub(r"[\d.]+ m?s$", "", long.strip())


def test_a_check_that_warns_is_told_by_the_short_way_too(
    workspace: Writer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("onward.app.running.shortcut._RACY_NS", 0)
    check = "from onward import check\n\n@check('x', severity='warn')\ndef is_small(x):\n    return x < 1\n"
    root = workspace({"onward.toml": "", "projects/a/steps.py": functions(x="1"), "projects/a/checks.py": check})
    onward(root, "run")
    capsys.readouterr()
    assert answered(["run", "-C", str(root)])
    assert capsys.readouterr().out.splitlines()[0] == "check a/is_small (warn) is broken: the check returned False"


@pytest.mark.parametrize(
    "words",
    [
        ["run", "a/x"], ["run", "--force", "a/x"], ["status", "a"], ["why", "a/x"], ["run", "-C"], [], ["run", "run"],
        ["run", "--dry-run"], ["--help"], ["run", "-C", "nowhere"],
    ],
)  # fmt: skip
def test_other_words_are_left_to_the_program(settled: Path, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(settled)
    assert not answered(words)


@pytest.mark.parametrize("words", [["run"], ["status"], ["--json", "run"], ["status", "--json"]])
@pytest.mark.parametrize("folder", ["", "projects/a"])
def test_the_plain_words_are_answered_from_every_folder(settled: Path, words: list[str], folder: str) -> None:
    assert answered([*words, "-C", str(settled / folder)])


def test_little_is_loaded_to_find_out_that_nothing_has_changed(settled: Path) -> None:
    loaded = "import sys; print(*sorted(sys.modules), sep=chr(10))"
    said = f"import sys; from onward.cli import entry; sys.argv[1:] = ['status']; entry.main(); {loaded}"
    empty = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout
    done = subprocess.run([sys.executable, "-c", said], cwd=settled, capture_output=True, text=True, check=True).stdout
    others = set(done.splitlines()[1:]) - set(empty.splitlines())
    assert done.splitlines()[0] == "2 current"
    assert not others & {"click", "dataclasses", "json", "msgspec", "pathlib", "re", "sqlite3", "typing"}
    assert sum(name.startswith("onward") for name in others) <= 14, sorted(others)


def _set(root: Path) -> None:
    assert onward(root, "run", "--set", "a.factor=5").status == 0


def _run_a_part(root: Path) -> None:
    assert onward(root, "run", "a/y").status == 0


def _damage_standing(root: Path) -> None:
    (root / ".onward/state/standing").write_bytes(b"damaged")


def _damage_runs(root: Path) -> None:
    for path in (root / ".onward/store/runs").iterdir():
        path.chmod(0o644)
        path.write_bytes(b"damaged")


def _lose_catalogue(root: Path) -> None:
    for path in (root / ".onward/store/objects").rglob("*"):
        if path.is_file():
            path.unlink()


@pytest.mark.parametrize("spoil", [_set, _run_a_part, _damage_standing, _damage_runs, _lose_catalogue])
def test_after_anything_else_the_next_run_is_a_whole_one_again(settled: Path, spoil: Callable[[Path], None]) -> None:
    spoil(settled)
    answer = onward(settled, "run", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["complete"] is True
    assert onward(settled, "show", "a/x", "--json").json["value"] == 2, "never what another setting gave"
    released = onward(settled, "release", "--json")
    assert released.status == 0, released.text
    assert released.json["snapshot"] == answer.json["snapshot"]
    assert onward(settled, "site", "--out", str(settled / ".onward/out")).status == 0
