"""Where a command may be typed, and what its words mean: folders, TARGETs, SNAPSHOTs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli import shapes
from tests.cli.conftest import Writer
from tests.cli.program import in_process, onward
from tests.cli.schema import mistakes
from tests.cli.workspaces import SHOP, commit, functions, run_git

ALL = {"shop/total", "shop/report", "ops/script"}

TARGETS = {
    "project": (["shop"], {"shop/total", "shop/report"}),
    "asset": (["shop/total"], {"shop/total"}),
    "asset and what it needs": (["shop/report"], {"shop/total", "shop/report"}),
    "with all that it needs": (["+shop/report"], {"shop/total", "shop/report"}),
    "with all that depends on it": (["shop/total+"], ALL),
    "both": (["+shop/report+"], {"shop/total", "shop/report"}),
    "asset of a script": (["ops/seen"], {"shop/total", "ops/script"}),
    "script's step": (["ops/script"], {"shop/total", "ops/script"}),
    "glob": (["*/report"], {"shop/total", "shop/report"}),
    "glob of a project": (["shop/*"], {"shop/total", "shop/report"}),
    "glob of letters": (["shop/[rt]e*"], {"shop/total", "shop/report"}),
    "file from the root": (["projects/shop/steps.py"], {"shop/total", "shop/report"}),
    "file of a script": (["projects/ops/script.py"], {"shop/total", "ops/script"}),
    "project and all that depends on it": (["shop+"], ALL),
    "name without its project": (["seen"], {"shop/total", "ops/script"}),
    "name without its project and all that depends on it": (["total+"], ALL),
    "folder": (["projects/ops/"], {"shop/total", "ops/script"}),
    "the folder at hand": (["."], ALL),
    "several": (["shop/report", "ops"], ALL),
    "none": ([], ALL),
}


@pytest.mark.parametrize(("words", "steps"), TARGETS.values(), ids=TARGETS.keys())
def test_a_target_names_steps_and_run_takes_what_they_need(shop: Path, words: list[str], steps: set[str]) -> None:
    assert onward(shop, "run", "--dry-run", "--json", *words).outcomes().keys() == steps


def test_a_file_is_named_from_where_one_is(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = shop / "projects/shop"
    assert onward(below, "run", "--dry-run", "--json", "steps.py").outcomes().keys() == {"shop/total", "shop/report"}
    assert onward(below, "list", "--json", "../ops/script.py").json["steps"][0]["name"] == "ops/script"
    assert onward(below, "status", "--json", "./steps.py").json["counts"]["never made"] == 2
    answer = in_process(below, "run", "--dry-run", "--json", "steps.py")
    assert answer.outcomes().keys() == {"shop/total", "shop/report"}
    absolute = str(shop / "projects/ops/script.py")
    assert "ops/script" in onward(below, "run", "--dry-run", "--json", absolute).outcomes()


def test_a_folder_and_a_name_are_those_at_hand(workspace: Writer) -> None:
    root = workspace(
        {
            "projects/a/steps.py": functions(same="1", a_only="1"),
            "projects/b/steps.py": functions(same="2"),
            "projects/b/deep/more.py": functions(deep="3"),
            "projects/c/broken.py": "def (\n",
            "data/t.csv": "n\n1\n",
        }
    )

    def plan(folder: str, *words: str) -> set[str] | str:
        answer = onward(root / folder, "run", "--dry-run", "--json", *words)
        return set(answer.outcomes()) if answer.status == 0 else answer.json["error"]["code"]

    assert plan("projects/b", "same") == {"b/same"}
    assert plan("projects/b/deep", "same") == {"b/same"}
    assert plan("projects/b/deep", ".") == {"b/deep"}
    assert plan("projects/b", ".") == plan("", "projects/b") == plan("projects/b/deep", "..") == {"b/same", "b/deep"}
    assert plan("projects/b", "a_only") == {"a/a_only"}
    assert plan("", "same") == plan("", "data") == plan("", "nothing") == "unknown-name"
    assert plan("projects/c", ".") == plan("", "projects") == plan("", ".") == "syntax"


def test_status_and_list_show_just_what_is_named(shop: Path) -> None:
    status = onward(shop, "status", "shop/report", "--json").json
    assert [step["name"] for step in status["steps"]] == ["shop/report"]
    listed = onward(shop, "list", "shop/report", "--json").json
    assert [step["name"] for step in listed["steps"]] == ["shop/report"]


def test_a_run_of_some_targets_is_incomplete_and_says_what_is_missing(shop: Path) -> None:
    answer = onward(shop, "run", "shop/total", "--json").json
    assert answer["complete"] is False
    assert set(answer["missing"]) == {"shop/report", "ops/seen", "ops/rows"}
    assert {check["name"] for check in answer["checks"]} == {"shop/somebody_came", "shop/is_a_party"}
    everything = onward(shop, "run", "shop", "ops", "--json").json
    assert everything["complete"] is False, "even if they name all"


def test_a_name_that_is_a_project_and_an_asset_is_a_finding(workspace: Writer) -> None:
    files = {
        "onward.toml": 'projects = "*/*"\n',
        "a/b/steps.py": functions(c="1"),
        "a/b/c/onward.toml": "",
        "a/b/c/steps.py": functions(d="1"),
    }
    root = workspace(files)
    answer = onward(root, "run", "a/b/c", "--json")
    assert answer.status == 2
    assert mistakes(answer.json, shapes.ERROR) == []
    assert "a/b/c/*" in str(answer.json["error"]["hint"])
    assert onward(root, "run", "a/b/c/*", "--json").outcomes() == {"a/b/c/d": "made"}


def test_force_makes_again_what_is_named_and_cuts_off_where_nothing_changed(made_shop: Path) -> None:
    answer = onward(made_shop, "run", "--force", "shop/total", "--json")
    assert answer.outcomes() == {"shop/total": "made", "shop/report": "kept", "ops/script": "kept"}


def test_set_gives_a_parameter_another_value_for_one_run(made_shop: Path) -> None:
    for word in ("shop.factor=10", "factor=10"):
        answer = onward(made_shop, "run", "--set", word, "--json")
        assert answer.status == 0
        assert answer.json["complete"] is False
        shown = onward(made_shop, "show", "shop/total", "--json").json
        assert shown["value"] == 600
        assert shown["basis"]["parameters"] == {"shop.factor": 10}
        back = onward(made_shop, "run", "--json")
        assert set(back.outcomes().values()) <= {"kept", "restored"}
        assert onward(made_shop, "show", "shop/total", "--json").json["value"] == 180


# Folders.


def test_any_folder_of_the_workspace_will_do(made_shop: Path) -> None:
    expected = onward(made_shop, "list", "--json").json
    for folder in ("projects", "projects/shop/data", "lib"):
        assert onward(made_shop / folder, "list", "--json").json == expected
        assert in_process(made_shop / folder, "list", "--json").json == expected


def test_the_folder_may_stand_before_and_after_the_command(made_shop: Path, tmp_path: Path) -> None:
    expected = onward(made_shop, "status", "--json").json
    for words in (["-C", str(made_shop), "status"], ["status", "-C", str(made_shop)]):
        assert in_process(tmp_path, *words, "--json").json == expected
    assert in_process(tmp_path, "-C", "shop/projects", "status", "--json").json == expected


def test_without_git_a_folder_is_a_workspace(tmp_path: Path, workspace: Writer) -> None:
    root = workspace(SHOP, git=False)
    first = onward(root, "run", "--json")
    assert first.status == 0, first.text
    assert onward(root / "projects/shop", "run", "--json").json["snapshot"] == first.json["snapshot"]
    (row,) = onward(root, "snapshots", "--json").json["snapshots"][:1]
    assert (row["commit"], row["dirty"]) == (None, False)
    assert onward(root, "release").status == 0
    assert onward(root, "show", "shop/total", "--json").json["basis"]["code"]["commit"] is None
    assert onward(root, "show", "shop/total", "--at", "HEAD").status == 2


def test_a_linked_worktree_shares_the_store_and_nothing_runs(made_shop: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    run_git(made_shop, "worktree", "add", "-q", "-b", "side", str(linked))
    plan = onward(linked, "run", "--dry-run", "--json")
    assert set(plan.outcomes().values()) == {"would-restore"}
    answer = onward(linked, "run", "--json")
    assert answer.status == 0, answer.text
    assert answer.outcomes() == dict.fromkeys(ALL, "restored")
    before = onward(made_shop, "run", "--json").json
    assert answer.json["snapshot"] == before["snapshot"]
    assert answer.json["basis"] == before["basis"]
    assert onward(linked, "run", "--json").outcomes() == dict.fromkeys(ALL, "kept")
    assert not (linked / ".onward/store").exists()
    assert run_git(linked, "status", "--porcelain") == ""
    # What one of them releases, both see.
    assert onward(linked, "release").status == 0
    assert onward(made_shop, "show", "shop/total", "--at", "main", "--json").status == 0


def test_a_copy_of_the_folder_has_a_copy_of_the_results(made_shop: Path, tmp_path: Path) -> None:
    moved = Path(shutil.move(made_shop, tmp_path / "moved"))
    assert set(onward(moved, "run", "--json").outcomes().values()) == {"kept"}


def test_going_back_finds_what_was_made_before(made_shop: Path) -> None:
    steps = made_shop / "projects/shop/steps.py"
    was = steps.read_text()
    steps.write_text(was.replace("visits\\n", "guests\\n"))
    assert onward(made_shop, "run", "--json").outcomes()["shop/report"] == "made"
    steps.write_text(was)
    assert onward(made_shop, "run", "--dry-run", "--json").outcomes()["shop/report"] == "would-restore"
    assert onward(made_shop, "run", "--json").outcomes()["shop/report"] == "restored"


# Snapshots.


def value_at(root: Path, word: str) -> object:
    answer = onward(root, "show", "shop/total", "--at", word, "--json")
    return answer.json["value"] if answer.status == 0 else answer.status


def test_a_snapshot_is_named_in_six_ways(made_shop: Path) -> None:
    data = made_shop / "projects/shop/data/visits.csv"
    first = run_git(made_shop, "rev-parse", "HEAD")
    assert onward(made_shop, "run").status == 0
    one = onward(made_shop, "release", "--json").json["snapshot"]
    data.write_text("day,visits\n1,1\n")
    commit(made_shop, "second")
    assert onward(made_shop, "run").status == 0
    two = onward(made_shop, "release", "--json").json["snapshot"]
    data.write_text("day,visits\n1,2\n")
    assert onward(made_shop, "run").status == 0
    assert value_at(made_shop, "latest") == 12
    assert value_at(made_shop, "main") == 6
    assert (value_at(made_shop, "main@1"), value_at(made_shop, "main@2"), value_at(made_shop, "main@3")) == (180, 6, 2)
    for digest, value in ((one, 180), (two, 6)):
        assert value_at(made_shop, digest) == value
        assert value_at(made_shop, digest[:6]) == value
        assert value_at(made_shop, digest[:5]) == 2, "a prefix has six digits at least"
    for revision in ("HEAD", "HEAD~0", run_git(made_shop, "rev-parse", "HEAD"), "git:HEAD"):
        assert value_at(made_shop, revision) == 6
    for revision in ("HEAD~1", first, first[:8], "git:HEAD~1", f"git:{first[:8]}"):
        assert value_at(made_shop, revision) == 180
    # `main` is a channel before it is a branch; `git:` forces the other reading.
    assert value_at(made_shop, "git:main") == 6
    onward(made_shop, "rollback")
    assert value_at(made_shop, "main") == 180
    assert value_at(made_shop, "git:main") == 6


def test_a_revision_without_a_snapshot_says_how_to_get_one(made_shop: Path) -> None:
    commit(made_shop, "empty")
    answer = onward(made_shop, "show", "shop/total", "--at", "HEAD", "--json")
    assert answer.status == 2
    assert "onward run" in answer.json["error"]["hint"]
    dirty = made_shop / "projects/shop/data/visits.csv"
    dirty.write_text("day,visits\n1,1\n")
    onward(made_shop, "run")
    assert onward(made_shop, "show", "shop/total", "--at", "HEAD").status == 2, "a dirty tree is not the commit's"


def test_work_is_the_working_tree_run_first_where_it_is_stale(made_shop: Path) -> None:
    (made_shop / "projects/shop/data/visits.csv").write_text("day,visits\n1,1\n")
    assert value_at(made_shop, "latest") == 180
    assert value_at(made_shop, "work") == 6
    assert value_at(made_shop, "latest") == 6
