"""Old releases and old numbers on a machine that made none of them, with the store that it shares; and after `gc`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import onward
from tests.cli.workspaces import SHOP, commit, run_git, write


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A shop with two releases, three commits apart, whose data git ignores and a shared store has."""
    shared = (tmp_path / "team store").as_uri()
    (tmp_path / "team store").mkdir()
    root = write(tmp_path / "Größe", {**SHOP, "onward.toml": f'store = "{shared}"\n', ".gitignore": "data/\n"})
    assert onward(root, "run").status == 0
    assert onward(root, "release").status == 0
    for factor in (2.5, 9, 9.5):
        (root / "lib/common.py").write_text(f"def double(x):\n    return {factor} * x\n")
        commit(root, f"factor {factor}")
    (root / "projects/shop/data/visits.csv").write_text("day,visits\n1,10\n2,21\n")
    assert onward(root, "run").status == 0
    assert onward(root, "release").status == 0
    return root


@pytest.fixture
def clone(shop: Path, tmp_path: Path) -> Path:
    """A clean clone of it on another machine."""
    run_git(tmp_path, "clone", "-q", str(shop), "elsewhere")
    return tmp_path / "elsewhere"


def test_a_release_is_made_again_where_nothing_was_ever_run(clone: Path) -> None:
    answer = onward(clone, "reproduce", "main@1", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["counts"] == {"equal": 4, "differs": 0, "failed": 0, "not had": 0}
    assert answer.json["files"]["lost"] == []
    assert run_git(clone, "status", "--porcelain") == "", "what was fetched ignores itself"


def test_a_number_is_followed_where_nothing_was_ever_run(clone: Path) -> None:
    answer = onward(clone, "bisect", "total", "main@1", "main@2", "--json")
    assert answer.status == 0, answer.text
    step = answer.json["step"]
    assert [each["subject"] for each in step["commits"]] == ["factor 9"]
    assert [(each["axis"], each["where"]) for each in step["because"]] == [("code", "lib/common.py:2")]
    assert answer.json["points"][-1]["value"] == pytest.approx(31 * 9.5 * 3)


def test_releases_between_are_used_though_another_machine_made_them(shop: Path, clone: Path) -> None:
    (shop / "lib/common.py").write_text("def double(x):\n    return 9.6 * x\n")
    commit(shop, "factor 9.6")
    assert onward(shop, "run").status == 0
    assert onward(shop, "release").status == 0
    run_git(clone, "pull", "-q")
    answer = onward(clone, "bisect", "total", "main@1", "main@3", "--json")
    assert answer.status == 0, answer.text
    labels = [point["label"] for point in answer.json["points"] if point["outcome"] == "known"]
    assert labels == ["main@1", "main@2", "main@3"]


def test_what_was_measured_on_one_machine_another_restores(clone: Path, tmp_path: Path) -> None:
    assert onward(clone, "bisect", "total", "main@1", "main@2", "--all").status == 0
    run_git(tmp_path, "clone", "-q", str(clone), "third")
    answer = onward(tmp_path / "third", "bisect", "total", "main@1", "main@2", "--all", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["counts"]["measured"] >= 2
    assert "made in" not in answer.err, answer.err


def test_what_gc_leaves_of_a_release_is_enough_to_make_it_again(tmp_path: Path) -> None:
    root = write(tmp_path / "Größe", {**SHOP, ".gitignore": "data/\n"})
    assert onward(root, "run").status == 0
    assert onward(root, "release").status == 0
    (root / "projects/shop/data/visits.csv").write_text("day,visits\n1,1\n")
    assert onward(root, "run").status == 0
    assert onward(root, "gc", "--keep-days", "0").status == 0
    answer = onward(root, "reproduce", "main@1")
    assert answer.status == 0, answer.text
    assert "4 results, all equal" in answer.out
