"""`onward ci` on machines that forget everything, with a shared store and places of the site: what each finds there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from onward.testing.hosts import FakeGitHub
from tests.cli.changes import VISITS, clone, edit, pushed, remote_of
from tests.cli.program import Answer, onward
from tests.cli.workspaces import commit, run_git


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A remote whose settings share a store and name a folder as the site's place."""
    shared, site = (tmp_path / "shared").as_uri(), tmp_path / "site"
    settings = f'name = "house"\nstore = "{shared}"\npublish = ["folder:{site}"]\n'
    return remote_of(tmp_path, {"onward.toml": settings})


def on_a_clean_machine(remote: Path, branch: str = "main", *how: str) -> tuple[Path, Answer]:
    """A build in a fresh clone, and what it says."""
    shutil.rmtree(remote.parent / "runner", ignore_errors=True)
    root = clone(remote, "runner", f"--branch={branch}", *how)
    return root, onward(root, "ci", "--json")


def text_of(site: Path) -> str:
    return "".join(page.read_text("utf-8") for page in site.rglob("*.html") if "releases" not in page.parts)


def test_a_merge_reaches_the_readers_and_what_main_made_no_other_machine_makes(remote: Path, tmp_path: Path) -> None:
    _, first = on_a_clean_machine(remote)
    assert first.status == 0, first.text
    assert first.json["counts"]["made"] == 3
    assert [(one["outcome"], one["number"]) for one in first.json["published"]] == [("brought", 1)]
    _, again = on_a_clean_machine(remote)
    assert again.json["counts"] == {"made": 0, "kept": 0, "restored": 3, "failed": 0, "skipped": 0}
    assert again.json["released"] == {"channel": "main", "number": 1}
    author = clone(remote, "author")
    edit(author, VISITS, "2,20", "2,30")
    pushed(author, "main", "thirty")
    _, merged = on_a_clean_machine(remote, "main", "--depth=1")
    assert merged.status == 0, merged.text
    assert merged.json["released"] == {"channel": "main", "number": 2}
    assert merged.json["base"]["word"] == "main@1"
    assert [(one["outcome"], one["number"]) for one in merged.json["published"]] == [("brought", 2)]
    assert "240" in text_of(tmp_path / "site")


def test_a_branch_finds_its_base_in_the_store_and_its_preview_comes_and_goes(remote: Path, tmp_path: Path) -> None:
    on_a_clean_machine(remote)
    author = clone(remote, "author")
    edit(author, VISITS, "2,20", "2,30")
    pushed(author, "topic", "thirty")
    root, answer = on_a_clean_machine(remote, "topic", "--depth=1")
    assert answer.status == 0, answer.text
    assert "its results are made now" not in answer.err
    assert answer.json["changes"]["changed"] == 3
    assert answer.json["released"] == {"channel": "preview/topic", "number": 1}
    preview = tmp_path / "site" / "preview" / "topic"
    assert "240" in text_of(preview)
    assert run_git(root, "status", "--porcelain") == ""
    run_git(author, "push", "-q", "origin", "--delete", "topic")
    _, main = on_a_clean_machine(remote)
    assert main.json["closed"] == ["preview/topic"]
    assert not preview.exists()


def test_what_a_branch_made_main_makes_itself(remote: Path) -> None:
    on_a_clean_machine(remote)
    author = clone(remote, "author")
    edit(author, VISITS, "2,20", "2,30")
    pushed(author, "topic", "thirty")
    _, branch = on_a_clean_machine(remote, "topic")
    assert branch.json["counts"]["made"] == 3
    run_git(author, "push", "-q", "origin", "HEAD:main")
    _, main = on_a_clean_machine(remote)
    assert main.json["counts"]["made"] == 3, "main believes nobody but itself"


def test_a_fork_changes_nothing_that_others_have(remote: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_clean_machine(remote)
    author = clone(remote, "stranger")
    run_git(author, "checkout", "-q", "-b", "main-of-mine")
    edit(author, VISITS, "2,20", "2,30")
    commit(author, "a stranger's")
    before = text_of(tmp_path / "site")
    fork = FakeGitHub(tmp_path, branch="main", is_fork=True)
    fork.of_head(run_git(author, "rev-parse", "HEAD"))
    with monkeypatch.context() as surroundings:
        for name, value in fork.variables.items():
            surroundings.setenv(name, value)
        answer = onward(author, "ci", "--json")
    fork.close()
    assert answer.status == 0, answer.text
    assert answer.json["released"] is None
    assert answer.json["published"] == []
    assert text_of(tmp_path / "site") == before
    # The same change by a colleague is made again: nobody believes what the fork's build says.
    run_git(author, "push", "-q", "origin", "HEAD:topic")
    _, own = on_a_clean_machine(remote, "topic")
    assert own.json["counts"]["made"] == 3


def test_a_place_that_cannot_be_reached_fails_the_build_and_is_said(remote: Path, tmp_path: Path) -> None:
    (tmp_path / "site").write_text("in the way", "utf-8")
    _, answer = on_a_clean_machine(remote)
    assert answer.status == 1
    assert answer.json["released"] == {"channel": "main", "number": 1}
    assert [one["outcome"] for one in answer.json["published"]] == ["failed"]


def test_a_build_that_is_held_brings_the_rollback_that_did_not_reach_its_readers(remote: Path, tmp_path: Path) -> None:
    on_a_clean_machine(remote)
    author = clone(remote, "author")
    edit(author, VISITS, "2,20", "2,30")
    pushed(author, "main", "wrong day")
    on_a_clean_machine(remote)
    place, aside = tmp_path / "site", tmp_path / "aside"
    place.rename(aside)
    place.write_text("out of reach", "utf-8")
    assert onward(author, "rollback").status == 1
    place.unlink()
    aside.rename(place)
    assert "240" in (place / "shop/total/total.json").read_text("utf-8")
    edit(author, "projects/ops/script.py", 'ow.save("rows", {"a": 1})', 'ow.save("rows", {"a": 2})')
    pushed(author, "main", "something else")
    _, answer = on_a_clean_machine(remote)
    assert answer.status == 0, answer.text
    assert (answer.json["released"], bool(answer.json["held"])) == (None, True)
    assert [(one["outcome"], one["number"]) for one in answer.json["published"]] == [("brought", 1)]
    assert "180" in (place / "shop/total/total.json").read_text("utf-8")


def test_a_preview_that_may_not_be_brought_fails_no_branch_but_main_is_told_on_the_host(
    remote: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build of a request may not write to a branch of pages on GitHub."""
    on_a_clean_machine(remote)
    site, aside = tmp_path / "site", tmp_path / "aside"
    site.rename(aside)
    site.write_text("in the way", "utf-8")
    author = clone(remote, "author")
    edit(author, VISITS, "2,20", "2,30")
    head = pushed(author, "topic", "thirty")
    _, branch = on_a_clean_machine(remote, "topic")
    assert branch.status == 0, branch.text
    assert [one["outcome"] for one in branch.json["published"]] == ["failed"]
    run_git(author, "push", "-q", "origin", "HEAD:main")
    fake = FakeGitHub(tmp_path)
    with monkeypatch.context() as surroundings:
        for name, value in fake.on_main(head).items():
            surroundings.setenv(name, value)
        _, main = on_a_clean_machine(remote)
    fake.close()
    assert main.status == 1
    state, words = fake.world.statuses[head][-1]
    assert state == "failure"
    assert "1 place does not show it" in words
