"""The short way of a run that has nothing to do tells what the long way would tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Writer
from tests.cli.program import onward
from tests.cli.workspaces import functions


@pytest.fixture
def settled(workspace: Writer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a run that found nothing to do; its files need not be old to be believed."""
    monkeypatch.setattr("onward.app.shortcut._RACY_NS", 0)
    root = workspace({"onward.toml": "", "projects/a/steps.py": functions(**{"x(factor=2)": "factor", "y": "1"})})
    onward(root, "run")
    assert onward(root, "run").status == 0
    assert (root / ".onward/state/unchanged").exists()
    return root


def test_the_short_way_says_what_the_long_way_says(settled: Path) -> None:
    short = onward(settled, "run", "--json").json
    (settled / ".onward/state/unchanged").unlink()
    long = onward(settled, "run", "--json").json
    for answer in (short, long):
        del answer["seconds"], answer["run"]
    assert short == long


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
