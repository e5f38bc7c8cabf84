"""`onward ci` and `onward review`: branches, the main one, clones that lack history, and what each tells."""

from __future__ import annotations

import shutil
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


def test_a_build_without_a_result_takes_from_readers_nothing_that_they_have(remote: Path) -> None:
    root = clone(remote, "ci")
    assert onward(root, "ci").status == 0
    run_git(root, "rm", "-q", "-r", "projects")
    commit(root, "a part of it")
    answer = onward(root, "ci", "--json")
    assert (answer.status, answer.json["released"]) == (1, None)
    (held,) = answer.json["held"]
    assert held["asset"] == "main"
    assert held["reason"].startswith("there is no result to release, and readers have 4 results of `main@1`: ")
    assert "there is no result to release" in onward(root, "ci").out
    assert onward(root, "show", "shop/total", "--at", "main", "--json").json["value"] == 180


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


def test_another_channel_has_gates_of_its_own_and_a_base_of_its_own(remote: Path) -> None:
    author = clone(remote, "author")
    with (author / "projects/shop/onward.toml").open("a", encoding="utf-8") as file:
        file.write('[gates.moves]\ntotal = "10 %"\n')
    pushed(author, "main", "a gate")
    root = clone(remote, "ci")
    assert onward(root, "ci", "--channel", "weekly", "--json").json["released"] == {"channel": "weekly", "number": 1}
    edit(author, VISITS, "2,20", "2,30")
    pushed(author, "main", "thirty")
    run_git(root, "pull", "-q")
    answer = onward(root, "ci", "--channel", "weekly", "--json")
    assert answer.json["base"]["word"] == "weekly@1"
    assert answer.json["released"] is None
    assert [hold["asset"] for hold in answer.json["held"]] == ["shop/total"]
    assert answer.status == 1


def test_where_nobody_can_tell_which_is_later_nothing_is_released(remote: Path) -> None:
    root = clone(remote, "ci")
    old = clone(remote, "old")
    author = clone(remote, "author")
    edit(author, VISITS, "2,20", "2,30")
    pushed(author, "main", "thirty")
    run_git(root, "pull", "-q")
    onward(root, "ci")
    # The build of the commit before is started again, with what the service has kept, and the remote is away.
    shutil.copytree(root / ".onward" / "store", old / ".onward" / "store")
    remote.rename(remote.with_name("away.git"))
    answer = onward(old, "ci")
    assert answer.status == 4, answer.text
    assert "git cannot fetch `main`" in answer.err
    assert onward(old, "releases", "--json").json["releases"][0]["id"] == "main@1"
    remote.with_name("away.git").rename(remote)
    again = onward(old, "ci")
    assert again.status == 0
    assert "not released: `main@1` is of a later commit" in again.out


def test_main_that_was_taken_back_by_force_is_released_as_it_is(remote: Path) -> None:
    root = clone(remote, "ci")
    first = run_git(root, "rev-parse", "HEAD")
    edit(root, VISITS, "2,20", "2,30")
    pushed(root, "main", "thirty, a mistake")
    run_git(root, "fetch", "-q")
    assert onward(root, "ci", "--json").json["released"] == {"channel": "main", "number": 1}
    run_git(root, "push", "-q", "--force", "origin", f"{first}:main")
    run_git(root, "reset", "-q", "--hard", first)
    answer = onward(root, "ci", "--json")
    assert answer.json["released"] == {"channel": "main", "number": 2}, answer.text


def test_the_main_branch_is_the_remotes_also_where_the_checkout_does_not_say_so(tmp_path: Path) -> None:
    """A CI service fetches one commit into an empty repository; the remote's HEAD is not among that."""
    first = write(tmp_path / "first" / "shop", SHOP)
    run_git(first, "branch", "-m", "trunk")
    run_git(tmp_path, "clone", "-q", "--bare", str(first), str(tmp_path / "remote.git"))
    root = tmp_path / "runner" / "shop"
    root.mkdir(parents=True)
    run_git(root, "init", "-q", "-b", "master")
    run_git(root, "remote", "add", "origin", (tmp_path / "remote.git").as_uri())
    run_git(root, "fetch", "-q", "origin", "+refs/heads/trunk:refs/remotes/origin/trunk")
    run_git(root, "checkout", "-q", "-B", "trunk", "refs/remotes/origin/trunk")
    assert onward(root, "ci", "--json").json["released"] == {"channel": "main", "number": 1}


def test_results_that_a_commit_brings_along_are_believed_by_nobody(remote: Path) -> None:
    root = clone(remote, "ci")
    onward(root, "ci")
    run_git(root, "checkout", "-q", "-b", "topic")
    run_git(root, "add", "--force", ".onward/store")
    commit(root, "results that nobody has to make")
    for words in (("ci",), ("review",)):
        answer = onward(root, *words)
        assert answer.status == 3
        assert "`.onward`" in answer.err
        assert "git rm -r --cached .onward" in answer.err


def test_where_git_refuses_to_work_its_words_are_told(remote: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = clone(remote, "ci")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    answer = onward(root, "ci")
    assert answer.status == 4
    assert "dubious ownership" in answer.err
    assert "safe.directory" in answer.err


def test_where_there_is_no_commit_nothing_is_released(tmp_path: Path) -> None:
    root = tmp_path / "empty"
    root.mkdir()
    run_git(root, "init", "-q", "-b", "main")
    answer = onward(root, "ci", "--json")
    assert answer.json["released"] is None
    assert [hold["reason"] for hold in answer.json["held"]] == ["the files are not those of a commit"]


def test_without_a_branch_it_is_said_that_nothing_can_be_released(remote: Path) -> None:
    root = clone(remote, "ci")
    run_git(root, "checkout", "-q", "--detach")
    assert "ONWARD_BRANCH" in onward(root, "ci").out
    assert "ONWARD_BRANCH" not in onward(root, "review").out


def test_a_release_that_a_cache_has_lost_gives_its_number_to_no_other(tmp_path: Path) -> None:
    """A service's cache may come back as it was some releases ago."""
    site = tmp_path / "site"
    remote = remote_of(tmp_path, {"onward.toml": f'name = "house"\npublish = ["folder:{site}"]\n'})
    root = clone(remote, "ci")
    assert onward(root, "ci").status == 0
    shutil.copytree(root / ".onward", tmp_path / "cache")
    for number in (30, 40):
        author = clone(remote, f"author-{number}")
        edit(author, VISITS, "2,20" if number == 30 else "2,30", f"2,{number}")
        pushed(author, "main", str(number))
        run_git(root, "pull", "-q")
        if number == 30:
            assert onward(root, "ci", "--json").json["released"] == {"channel": "main", "number": 2}
            shutil.rmtree(root / ".onward")
            shutil.copytree(tmp_path / "cache", root / ".onward")
    answer = onward(root, "ci", "--json")
    assert answer.status == 1
    assert answer.json["released"] is None
    (hold,) = answer.json["held"]
    assert "shows main@2, and the store knows no release of `main` after main@1" in hold["reason"]
    assert "240" in (site / "shop/total/total.json").read_text("utf-8")


def test_an_older_build_that_is_started_again_after_a_rollback_takes_readers_nowhere(remote: Path) -> None:
    """What it holds differs from what was taken back, and is as old."""
    root = clone(remote, "ci")
    onward(root, "ci")
    commits = []
    for old, new in (("2,20", "2,30"), ("2,30", "2,40")):
        edit(root, VISITS, old, new)
        commits.append(pushed(root, "main", new))
        onward(root, "ci")
    assert onward(root, "rollback", "--to", "1").status == 0
    run_git(root, "reset", "-q", "--hard", commits[0])
    answer = onward(root, "ci", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["released"] is None
    assert "not released: `main@3` is of a later commit" in answer.json["notes"]
    run_git(root, "reset", "-q", "--hard", commits[1])
    edit(root, VISITS, "2,40", "2,50")
    pushed(root, "main", "2,50")
    assert onward(root, "ci", "--json").json["released"] == {"channel": "main", "number": 4}
