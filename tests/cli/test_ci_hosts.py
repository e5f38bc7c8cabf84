"""`onward ci` on GitHub and GitLab, each a fake on this machine: what people see there, and that nobody's secret is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.testing.hosts import TOKEN, FakeGitHub, FakeGitLab, Fault
from tests.cli import shapes
from tests.cli.changes import VISITS, clone, edit, pushed, remote_of
from tests.cli.program import Answer, onward
from tests.cli.schema import mistakes
from tests.cli.workspaces import commit, run_git

Host = FakeGitHub | FakeGitLab


@pytest.fixture(params=["github", "gitlab"])
def fake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    fake = FakeGitHub(tmp_path) if request.param == "github" else FakeGitLab(tmp_path)
    yield fake
    fake.close()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A remote whose main branch is released."""
    remote = remote_of(tmp_path / "work")
    onward(clone(remote, "main"), "ci")
    return remote


def topic(remote: Path) -> Path:
    """A runner's clone with a branch that moves a number."""
    root = clone(remote, "runner")
    run_git(root, "checkout", "-q", "-b", "topic")
    edit(root, VISITS, "2,20", "2,30")
    commit(root, "thirty")
    return root


def built(fake: Host, root: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Answer:
    fake.of_head(run_git(root, "rev-parse", "HEAD"))
    with monkeypatch.context() as surroundings:
        for name, value in fake.variables.items():
            surroundings.setenv(name, value)
        return onward(root, "ci", *words)


def test_a_request_gets_one_comment_that_is_changed_and_a_status(
    fake: Host, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = topic(remote)
    answer = built(fake, root, monkeypatch, "--json")
    assert answer.status == 0, answer.text
    assert mistakes(answer.json, shapes.CI) == []
    assert answer.json["build"]["request"] == 7
    (said,) = fake.world.comments[7]
    assert "180 → 240 visits" in said.text
    assert "[The review page](" in said.text
    edit(root, VISITS, "2,30", "2,40")
    commit(root, "forty")
    assert built(fake, root, monkeypatch).status == 0
    (said,) = fake.world.comments[7]
    assert "180 → 300 visits" in said.text
    head = run_git(root, "rev-parse", "HEAD")
    states = [state for state, _ in fake.world.statuses[head]]
    assert states in (["pending", "success"], ["running", "success"])
    assert fake.world.statuses[head][-1][1] == "3 changed"


def test_a_failing_build_says_what_fails(fake: Host, remote: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = topic(remote)
    edit(root, "projects/shop/steps.py", 'return f"# {total} visits\\n"', "raise ValueError('no report today')")
    head = commit(root, "broken")
    assert built(fake, root, monkeypatch).status == 1
    assert (
        "❌ step `shop/report` failed (projects/shop/steps.py:18): ValueError: no report today"
        in fake.world.comments[7][0].text
    )
    assert fake.world.statuses[head][-1] in (("failure", "1 step failed"), ("failed", "1 step failed"))


def test_a_build_that_comes_to_no_end_is_not_left_under_way(
    fake: Host, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = topic(remote)
    answer = built(fake, root, monkeypatch, "--base", "nothing-is-called-so")
    assert answer.status == 2
    assert fake.world.statuses[run_git(root, "rev-parse", "HEAD")][-1][0] in ("failure", "failed")


def test_a_fork_gets_its_results_under_a_word_of_its_own_and_no_rights(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = topic(remote)
    fork = FakeGitHub(tmp_path, is_fork=True)
    try:
        answer = built(fork, root, monkeypatch, "--json")
    finally:
        fork.close()
    assert answer.status == 0, answer.text
    assert answer.json["build"]["fork"]
    assert answer.json["released"] is None
    assert answer.json["comment"] is None
    assert any("not told to the host" in note and "403" in note for note in answer.json["notes"])
    assert fork.world.comments == {}
    summary = Path(fork.variables["GITHUB_STEP_SUMMARY"]).read_text("utf-8")
    assert "180 → 240 visits" in summary
    traces = root / ".onward" / "store" / "traces"
    assert {path.relative_to(traces).parts[:2] for path in traces.rglob("*") if path.is_file()} == {("pr", "7")}


def test_a_host_that_is_down_fails_no_build_and_is_said(
    fake: Host, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = topic(remote)
    fake.world.faults += [Fault(503, {"Retry-After": "3600"})] * 20
    answer = built(fake, root, monkeypatch, "--json")
    assert answer.status == 0, answer.text
    assert any("503" in note for note in answer.json["notes"])


def test_nothing_that_a_build_prints_keeps_or_writes_holds_a_token(
    fake: Host, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = topic(remote)
    edit(
        root,
        "projects/ops/script.py",
        "import onward as ow\n",
        "import os\nimport onward as ow\nprint(dict(os.environ))\n",
    )
    commit(root, "prints what it can")
    monkeypatch.setenv("ONWARD_STORE_CREDENTIALS", f"AWS_SECRET_ACCESS_KEY={TOKEN}\nAWS_REGION=eu-1")
    answer = built(fake, root, monkeypatch)
    assert answer.status == 0, answer.text
    logs = onward(root, "logs", "ops/script")
    assert "PATH" in logs.out
    assert "hunter2" not in answer.text + logs.text
    assert all("hunter2" not in said.text for said in fake.world.comments[7])
    held = [path for path in (root / ".onward").rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert held == []


def test_credentials_of_a_wrong_form_are_told_without_being_shown(
    fake: Host, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONWARD_STORE_CREDENTIALS", "hunter2")
    answer = built(fake, topic(remote), monkeypatch)
    assert answer.status == 2
    assert "ONWARD_STORE_CREDENTIALS" in answer.err
    assert "hunter2" not in answer.err


def test_an_event_that_gives_strangers_our_rights_is_refused(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGitHub(tmp_path)
    fake.variables["GITHUB_EVENT_NAME"] = "pull_request_target"
    answer = built(fake, topic(remote), monkeypatch)
    fake.close()
    assert answer.status == 3
    assert "pull_request_target" in answer.err


def test_a_merge_result_is_judged_as_merged_and_held_against_main(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two branches that are each fine and wrong together are seen where the service gives what merging would."""
    root = topic(remote)
    head = run_git(root, "rev-parse", "HEAD")
    other = clone(remote, "other")
    edit(other, "projects/shop/steps.py", "return total > 0", "return total < 200")
    pushed(other, "main", "a check that holds on main")
    run_git(root, "fetch", "-q", "origin")
    alone = FakeGitHub(tmp_path)
    alone.variables["GITHUB_REF"] = "refs/pull/7/head"
    fine = built(alone, root, monkeypatch, "--json")
    assert fine.status == 0, fine.text
    assert any("`main` has 1 commit more beside this branch" in note for note in fine.json["notes"])
    run_git(root, "checkout", "-q", "--detach")
    run_git(root, "merge", "-q", "--no-edit", "origin/main")
    with monkeypatch.context() as surroundings:
        alone.of_head(head)
        for name, value in {**alone.variables, "GITHUB_REF": "refs/pull/7/merge"}.items():
            surroundings.setenv(name, value)
        wrong = onward(root, "ci", "--json")
    alone.close()
    assert wrong.status == 1
    assert wrong.json["build"]["merged"]
    assert wrong.json["build"]["commit"] == head
    assert wrong.json["base"]["commit"] == run_git(root, "rev-parse", "origin/main")
    assert list(alone.world.statuses) == [head]


def test_a_build_of_main_that_has_checked_out_something_else_is_refused(
    fake: Host, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workflow that starts on a remark and checks out the request: its code would be released with our rights."""
    root = topic(remote)
    main = run_git(root, "rev-parse", "origin/main")
    with monkeypatch.context() as surroundings:
        for name, value in fake.on_main(main).items():
            surroundings.setenv(name, value)
        answer = onward(root, "ci")
        assert answer.status == 3
        assert "is not on `main`" in answer.err
        # What has been merged since the build was ordered is main's.
        run_git(root, "push", "-q", "origin", "HEAD:main")
        later = onward(root, "ci", "--json")
    assert later.status == 0, later.text
    assert later.json["released"] == {"channel": "main", "number": 1}


def test_an_older_build_that_ends_later_leaves_the_newer_comment(
    fake: Host, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = topic(remote)
    run_git(root, "push", "-q", "origin", "HEAD:topic")
    old = clone(remote, "old", "--branch=topic")
    edit(root, VISITS, "2,30", "2,40")
    pushed(root, "topic", "forty")
    assert built(fake, root, monkeypatch).status == 0
    answer = built(fake, old, monkeypatch, "--json")
    assert answer.status == 0, answer.text
    assert answer.json["comment"] is None
    assert any("of a later commit" in note for note in answer.json["notes"])
    assert "180 → 300 visits" in fake.world.comments[7][0].text


def test_what_an_error_says_is_plain_text_in_the_comment(
    fake: Host, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = topic(remote)
    said = "<img src=x> @everybody see #12, *all* of [it](http://e.org) and `this"
    edit(root, "projects/shop/steps.py", 'return f"# {total} visits\\n"', f"raise ValueError({said!r})")
    commit(root, "broken")
    built(fake, root, monkeypatch)
    text = fake.world.comments[7][0].text
    assert "\\<img src=x\\> @&#8203;everybody see #&#8203;12, \\*all\\*" in text
    assert re.search(r"(?<!\\)<img|@everybody|#12|(?<!\\)\*all", text) is None


def test_a_token_that_is_missing_is_said(fake: Host, remote: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = topic(remote)
    (name,) = [name for name in fake.variables if "TOKEN" in name]
    del fake.variables[name]
    monkeypatch.delenv("GH_TOKEN", raising=False)
    answer = built(fake, root, monkeypatch, "--json")
    assert answer.status == 0, answer.text
    assert f"not told to the host: the build has no `{name}`" in answer.json["notes"]
    assert fake.world.asked == []


def test_a_request_to_another_branch_is_held_against_that_one(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One on top of another, or to a branch where a release is kept: what else that branch holds is no change of it."""
    root = topic(remote)
    began = pushed(root, "topic", "nothing more")
    run_git(root, "checkout", "-q", "-b", "on-top")
    edit(root, "projects/ops/script.py", "+ 1", "+ 2")
    commit(root, "two")
    fake = FakeGitHub(tmp_path, branch="on-top")
    event = Path(fake.variables["GITHUB_EVENT_PATH"])
    event.write_text(event.read_text("utf-8").replace('"ref": "main"', '"ref": "topic"'), "utf-8")
    answer = built(fake, root, monkeypatch, "--json")
    fake.close()
    assert answer.status == 0, answer.text
    assert answer.json["base"]["commit"] == began
    assert [asset["name"] for asset in answer.json["assets"]] == ["ops/seen"]
