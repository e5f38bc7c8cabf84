"""`onward ci` and `onward review`: branches, the main one, clones that lack history, and what each tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import shapes
from tests.cli.changes import VISITS, clone, edit, pushed, remote_of
from tests.cli.program import onward
from tests.cli.schema import mistakes
from tests.cli.workspaces import SHOP, commit, run_git, write


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return remote_of(tmp_path)


def test_the_main_branch_releases(remote: Path) -> None:
    root = clone(remote, "ci")
    answer = onward(root, "ci", "--json")
    assert answer.status == 0, answer.text
    assert mistakes(answer.json, shapes.CI) == []
    assert answer.json["released"] == {"channel": "main", "number": 1}
    assert answer.json["build"]["main"]
    assert (root / answer.json["review"]).is_file()
    again = onward(root, "ci", "--json").json
    assert again["released"] == {"channel": "main", "number": 1}
    assert again["counts"]["kept"] == 3


def test_a_branch_is_held_against_where_it_began_and_releases_nothing_to_readers(remote: Path) -> None:
    root = clone(remote, "ci")
    onward(root, "ci")
    run_git(root, "checkout", "-q", "-b", "topic")
    edit(root, VISITS, "2,20", "2,30")
    began = run_git(root, "rev-parse", "HEAD")
    commit(root, "thirty")
    answer = onward(root, "ci", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["base"]["commit"] == began
    assert answer.json["changes"]["changed"] == 3
    assert answer.json["released"] == {"channel": "preview/topic", "number": 1}
    assert onward(root, "show", "shop/total", "--at", "main", "--json").json["value"] == 180


def test_what_is_not_run_is_said_with_the_reason(remote: Path) -> None:
    root = clone(remote, "ci")
    onward(root, "ci")
    run_git(root, "checkout", "-q", "-b", "topic")
    edit(root, "projects/ops/script.py", "+ 1", "+ 2")
    commit(root, "two")
    answer = onward(root, "ci", "--json")
    assert answer.json["not_run"]["unchanged"] == ["shop"]
    assert answer.json["not_run"]["projects"] == 2
    text = onward(root, "review").out
    assert "not run: 1 of 2 projects: nothing that they rest on changed since" in text


@pytest.mark.parametrize("how", [("--depth=1",), ("--filter=blob:none",), ("--filter=tree:0",), ()])
def test_a_clone_that_lacks_history_finds_its_base(remote: Path, how: tuple[str, ...]) -> None:
    root = clone(remote, "author")
    began = run_git(root, "rev-parse", "HEAD")
    for day in range(3, 8):
        with (root / VISITS).open("a", encoding="utf-8") as file:
            file.write(f"{day},10\n")
        pushed(root, "topic", f"day {day}")
    run_git(root, "checkout", "-q", "main")
    run_git(root, "reset", "-q", "--hard", began)
    edit(root, "projects/ops/script.py", "+ 1", "+ 2")
    pushed(root, "main", "elsewhere")
    runner = clone(remote, "runner", "--branch=topic", *how)
    answer = onward(runner, "ci", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["base"]["commit"] == began
    assert answer.json["changes"]["changed"] == 3
    # The base had no run: its results were made in a folder of their own, and that is gone.
    assert "its results are made now" in answer.err
    assert run_git(runner, "worktree", "list").count("\n") == 0
    assert any("`main` has 1 commit more beside this branch" in note for note in answer.json["notes"])


def test_a_branch_without_a_main_to_be_found_is_held_against_what_readers_have(tmp_path: Path) -> None:
    root = write(tmp_path / "shop", SHOP)
    run_git(root, "branch", "-m", "trunk")
    answer = onward(root, "ci", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["released"] == {"channel": "preview/trunk", "number": 1}
    assert "git cannot tell where this branch left `main`" in answer.json["notes"][0]
    (root / "onward.toml").write_text('name = "house"\nmain = "trunk"\n', "utf-8")
    commit(root, "main is trunk")
    assert onward(root, "ci", "--json").json["released"] == {"channel": "main", "number": 1}


def test_on_a_service_that_is_not_known_a_variable_says_the_branch(
    remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = clone(remote, "ci")
    run_git(root, "checkout", "-q", "--detach")
    assert onward(root, "ci", "--json").json["released"] is None
    monkeypatch.setenv("ONWARD_BRANCH", "main")
    assert onward(root, "ci", "--json").json["released"] == {"channel": "main", "number": 1}


def test_a_failing_step_fails_the_build_and_readers_keep_what_they_have(remote: Path) -> None:
    root = clone(remote, "ci")
    onward(root, "ci")
    edit(root, "projects/shop/steps.py", "return total > 0", "return total < 0")
    commit(root, "wrong")
    answer = onward(root, "ci", "--json")
    assert answer.status == 1
    assert mistakes(answer.json, shapes.CI) == []
    assert answer.json["released"] is None
    assert {"asset": "shop/total", "reason": "the check `shop/somebody_came` is broken"} in answer.json["held"]


def test_what_no_commit_holds_does_not_reach_readers(remote: Path) -> None:
    root = clone(remote, "ci")
    edit(root, VISITS, "2,20", "2,30")
    answer = onward(root, "ci", "--json")
    assert answer.json["released"] is None
    assert "not those of a commit" in answer.json["held"][0]["reason"]


def test_what_a_step_does_without_declaring_it_fails_the_build(remote: Path) -> None:
    root = clone(remote, "ci")
    connects = "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.7', 9))\n"
    edit(root, "projects/ops/script.py", "import onward as ow\n", f"import onward as ow\n{connects}")
    commit(root, "asks a server")
    answer = onward(root, "ci")
    assert answer.status == 1
    assert "`--strict` refused what is not declared" in answer.text


def test_an_older_build_that_ends_later_takes_nothing_back(remote: Path) -> None:
    root = clone(remote, "ci")
    first = run_git(root, "rev-parse", "HEAD")
    edit(root, VISITS, "2,20", "2,30")
    second = pushed(root, "main")
    assert onward(root, "ci", "--json").json["released"] == {"channel": "main", "number": 1}
    run_git(root, "reset", "-q", "--hard", first)
    late = onward(root, "ci", "--json")
    assert late.status == 0, late.text
    assert late.json["released"] is None
    assert "of a later commit" in late.json["notes"][-1]
    assert onward(root, "show", "shop/total", "--at", "main", "--json").json["value"] == 240
    assert second != first


def test_what_a_rollback_took_back_is_held_and_the_build_is_green(remote: Path) -> None:
    root = clone(remote, "ci")
    onward(root, "ci")
    edit(root, VISITS, "2,20", "2,30")
    pushed(root, "main", "wrong day")
    assert onward(root, "ci", "--json").json["released"]["number"] == 2
    assert onward(root, "rollback").status == 0
    edit(root, "projects/ops/script.py", 'ow.save("rows", {"a": 1})', 'ow.save("rows", {"a": 2})')
    pushed(root, "main", "something else")
    answer = onward(root, "ci", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["released"] is None
    assert "shop/total" in {hold["asset"] for hold in answer.json["held"]}
    said = onward(root, "ci").out
    assert "held: main@1 stays, for this holds what was rolled back" in said
    assert "`onward release` lets it in again" in said


def test_on_a_branch_it_is_said_that_a_rollback_took_back_what_it_holds(remote: Path) -> None:
    root = clone(remote, "ci")
    onward(root, "ci")
    edit(root, VISITS, "2,20", "2,30")
    pushed(root, "main", "wrong day")
    onward(root, "ci")
    onward(root, "rollback", "--note", "the wrong day")
    run_git(root, "checkout", "-q", "-b", "topic")
    edit(root, "projects/ops/script.py", 'ow.save("rows", {"a": 1})', 'ow.save("rows", {"a": 2})')
    commit(root, "something else")
    notes = onward(root, "ci", "--json").json["notes"]
    (note,) = [note for note in notes if "shop/total" in note]
    assert note.startswith("once merged, this is held from readers of `main`: ")
    assert note.endswith(": the wrong day")
    edit(root, VISITS, "2,30", "2,20")
    commit(root, "as it was")
    assert not [note for note in onward(root, "ci", "--json").json["notes"] if "once merged" in note]


def test_a_preview_goes_with_its_branch(remote: Path) -> None:
    root = clone(remote, "ci")
    run_git(root, "checkout", "-q", "-b", "topic")
    edit(root, VISITS, "2,20", "2,30")
    pushed(root, "topic")
    assert onward(root, "ci", "--json").json["released"] == {"channel": "preview/topic", "number": 1}
    run_git(root, "checkout", "-q", "main")
    assert onward(root, "ci", "--json").json["closed"] == []
    run_git(root, "push", "-q", "origin", "--delete", "topic")
    assert onward(root, "ci", "--json").json["closed"] == ["preview/topic"]
    assert onward(root, "show", "shop/total", "--at", "preview/topic").status == 2


def test_without_git_there_is_no_change_to_look_at(tmp_path: Path) -> None:
    root = write(tmp_path / "shop", SHOP, git=False)
    answer = onward(root, "ci")
    assert answer.status == 2
    assert "git init" in answer.err


def test_a_review_before_a_push_says_what_the_build_would_and_releases_nothing(remote: Path) -> None:
    root = clone(remote, "mine")
    edit(root, VISITS, "2,20", "2,30")
    answer = onward(root, "review", "--json")
    assert answer.status == 0, answer.text
    assert mistakes(answer.json, shapes.REVIEW) == []
    assert answer.json["changes"]["changed"] == 3
    assert onward(root, "releases", "--json").json["releases"] == []


def test_another_base_can_be_asked_for(remote: Path) -> None:
    root = clone(remote, "mine")
    onward(root, "ci")
    edit(root, VISITS, "2,20", "2,30")
    commit(root, "thirty")
    edit(root, VISITS, "2,30", "2,40")
    commit(root, "forty")
    assert onward(root, "review", "--base", "main@1", "--json").json["base"]["word"] == "main@1"
    answer = onward(root, "review", "--base", "HEAD~1", "--json")
    assert answer.json["base"]["commit"] == run_git(root, "rev-parse", "HEAD~1")
    wrong = onward(root, "review", "--base", "nothing-is-called-so")
    assert wrong.status == 2
