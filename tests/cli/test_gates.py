"""Gates: which changes wait for a yes, whose yes counts, for what, and that no change opens the gate it has to pass."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.base.digest import digest_bytes
from onward.testing.hosts import OLD_HEAD, Fake, FakeGitHub, FakeGitLab
from tests.cli.changes import VISITS, clone, edit, pushed, remote_of
from tests.cli.program import Answer, onward
from tests.cli.workspaces import commit, run_git

SETTINGS = "projects/shop/onward.toml"
OWNED = 'title = "Shop"\nowner = "Ada @ada ada@example.org"\n[parameters]\nfactor = 3\n'
MOVES = OWNED + '[gates.moves]\ntotal = "10 %"\n'
APPROVE = OWNED + '[gates]\napprove = "report"\n'
ADA, BOB = "Ada <ada@example.org>", "Bob <bob@example.org>"


def gated(folder: Path, settings: str = MOVES) -> Path:
    """A remote whose shop has gates, and whose first release readers have, by `ci`."""
    remote = remote_of(folder, {SETTINGS: settings})
    root = clone(remote, "ci")
    assert onward(root, "ci").status == 0
    return remote


def branch(root: Path, old: str, new: str, file: str = VISITS) -> None:
    """A branch with one edit."""
    run_git(root, "checkout", "-q", "-B", "topic")
    edit(root, file, old, new)
    commit(root, "a change")


def outcomes(answer: Answer) -> dict[str, str]:
    return {gate["asset"]: gate["outcome"] for gate in answer.json["gates"]}


def test_a_metric_may_move_a_little_and_waits_where_it_moves_far(tmp_path: Path) -> None:
    root = clone(gated(tmp_path), "mine")
    branch(root, "2,20", "2,22")
    little = onward(root, "review", "--json")
    assert little.status == 0, little.text
    assert outcomes(little) == {}
    branch(root, "2,22", "2,24")
    far = onward(root, "review", "--json")
    assert far.status == 1
    assert outcomes(far) == {"shop/total": "waiting"}
    (gate,) = far.json["gates"]
    assert gate["why"] == "moved by more than 10 %"
    assert gate["owner"] == "Ada @ada ada@example.org"


def test_an_amount_is_in_the_unit_of_the_metric(tmp_path: Path) -> None:
    root = clone(gated(tmp_path, OWNED + "[gates.moves]\ntotal = 6\n"), "mine")
    branch(root, "2,20", "2,21")
    assert onward(root, "review").status == 0
    branch(root, "2,21", "2,22")
    answer = onward(root, "review")
    assert answer.status == 1
    assert "gate shop/total: moved by more than 6 visits; waits for a yes of Ada" in answer.out


def test_the_root_speaks_of_every_project(tmp_path: Path) -> None:
    remote = remote_of(tmp_path, {"onward.toml": 'name = "house"\n[gates.moves]\n"*/*" = "10 %"\n'})
    root = clone(remote, "mine")
    assert onward(root, "ci").status == 0
    branch(root, "2,20", "2,30")
    assert outcomes(onward(root, "review", "--json")) == {"shop/total": "waiting", "ops/seen": "waiting"}


def test_what_is_to_be_approved_waits_whatever_it_is_and_however_little_it_changes(tmp_path: Path) -> None:
    root = clone(gated(tmp_path, APPROVE), "mine")
    branch(root, "visits\\n", "visits.\\n", "projects/shop/steps.py")
    answer = onward(root, "review", "--json")
    assert answer.status == 1
    assert outcomes(answer) == {"shop/report": "waiting"}


def test_before_anything_was_released_nothing_waits(tmp_path: Path) -> None:
    root = clone(remote_of(tmp_path, {SETTINGS: APPROVE}), "ci")
    answer = onward(root, "ci", "--json")
    assert answer.status == 0
    assert answer.json["gates"] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('[gates.moves]\ntotal = "10 %"\n', ""),
        ('total = "10 %"', 'total = "1000 %"'),
        ("[gates.moves]", "[tolerance]\ntotal = 1000\n[gates.moves]"),
    ],
)
def test_no_change_opens_the_gate_that_it_has_to_pass(tmp_path: Path, old: str, new: str) -> None:
    root = clone(gated(tmp_path), "mine")
    branch(root, "2,20", "2,30")
    edit(root, SETTINGS, old, new)
    commit(root, "no gate")
    answer = onward(root, "review", "--json")
    assert answer.status == 1
    assert outcomes(answer) == {"shop/total": "waiting"}


# A yes that is typed.


def test_a_yes_of_the_owner_opens_the_gate_on_the_branch_and_on_main_and_the_release_keeps_it(tmp_path: Path) -> None:
    remote = gated(tmp_path)
    root = clone(remote, "ada", person=ADA)
    branch(root, "2,20", "2,30")
    answer = onward(root, "review", "--approve", "shop/total", "--json")
    assert answer.status == 0, answer.text
    (file,) = answer.json["approvals"]
    assert file.startswith("approvals/shop/total-")
    commit(root, "yes")
    again = onward(root, "review", "--json")
    assert again.status == 0, again.text
    assert outcomes(again) == {"shop/total": "approved"}
    run_git(root, "push", "-q", "origin", "HEAD:main")
    runner = tmp_path / "ci" / "shop"
    run_git(runner, "pull", "-q")
    done = onward(runner, "ci", "--json")
    assert done.status == 0, done.text
    assert done.json["released"] == {"channel": "main", "number": 2}
    (row,) = [row for row in onward(runner, "releases", "--json").json["releases"] if row["id"] == "main@2"]
    assert [(yes["asset"], yes["by"]) for yes in row["approved"]] == [("shop/total", ADA)]


def test_a_yes_is_to_one_content_and_no_other(tmp_path: Path) -> None:
    root = clone(gated(tmp_path), "ada", person=ADA)
    branch(root, "2,20", "2,30")
    onward(root, "review", "--approve", "total")
    commit(root, "yes")
    branch(root, "2,30", "2,40")
    answer = onward(root, "review")
    assert answer.status == 1
    assert "said so of other contents" in answer.out


def test_who_does_not_own_it_cannot_say_yes(tmp_path: Path) -> None:
    root = clone(gated(tmp_path), "bob", person=BOB)
    branch(root, "2,20", "2,30")
    answer = onward(root, "review", "--approve", "shop/total")
    assert answer.status == 3
    assert "not yours to approve" in answer.err
    assert not (root / "approvals").exists()


def test_a_yes_in_the_name_of_somebody_who_does_not_own_it_is_none(tmp_path: Path) -> None:
    root = clone(gated(tmp_path), "ada", person=ADA)
    branch(root, "2,20", "2,30")
    onward(root, "review", "--approve", "shop/total")
    (file,) = (root / "approvals").rglob("*.toml")
    file.write_text(file.read_text("utf-8").replace(ADA, BOB), "utf-8")
    answer = onward(root, "review")
    assert answer.status == 1
    assert "Bob <bob@example.org> does not own it" in answer.out


def test_a_change_cannot_name_its_author_as_the_owner(tmp_path: Path) -> None:
    root = clone(gated(tmp_path), "bob", person=BOB)
    branch(root, "2,20", "2,30")
    edit(root, SETTINGS, "Ada @ada ada@example.org", "Bob bob@example.org")
    commit(root, "mine now")
    assert onward(root, "review", "--approve", "shop/total").status == 3


def test_without_an_owner_anybody_may_say_yes_but_nobody_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = 'title = "Shop"\n[gates.moves]\ntotal = "10 %"\n'
    remote = gated(tmp_path, settings)
    root = clone(remote, "bob", person=BOB)
    branch(root, "2,20", "2,30")
    assert onward(root, "review", "--approve", "shop/total").status == 0
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    nameless = clone(remote, "nameless")
    branch(nameless, "2,20", "2,30")
    answer = onward(nameless, "review", "--approve", "shop/total")
    assert answer.status == 3
    assert "git config user.email" in answer.err


def test_a_yes_to_one_result_is_no_word_on_another(tmp_path: Path) -> None:
    root = clone(gated(tmp_path, APPROVE + '[gates.moves]\ntotal = "10 %"\n'), "ada", person=ADA)
    branch(root, "2,20", "2,30")
    assert onward(root, "review", "--approve", "shop/total").status == 1
    assert onward(root, "review", "--approve", "shop/total", "--approve", "shop/report").status == 0


def test_a_gate_with_a_mistyped_name_is_told(tmp_path: Path) -> None:
    root = clone(gated(tmp_path, MOVES.replace("total", "totl")), "mine")
    assert "note: the gate `shop/totl` fits no metric: did you mean `shop/total`?" in onward(root, "review").out


def test_gates_that_the_store_has_lost_let_nothing_pass(tmp_path: Path) -> None:
    remote = gated(tmp_path)
    root = tmp_path / "ci" / "shop"
    settings = digest_bytes((root / SETTINGS).read_bytes())
    author = clone(remote, "author")
    edit(author, VISITS, "2,20", "2,30")
    edit(author, SETTINGS, '[gates.moves]\ntotal = "10 %"\n', "")
    pushed(author, "main", "far, and no gate")
    (root / ".onward" / "store" / "objects" / settings[:2] / settings[2:]).unlink()
    run_git(root, "pull", "-q")
    answer = onward(root, "ci")
    assert answer.status != 0
    assert "nobody can tell which gates hold" in answer.err
    assert onward(root, "show", "shop/total", "--at", "main", "--json").json["value"] == 180


def test_a_name_that_waits_at_no_gate_is_an_error_that_names_those_that_do(tmp_path: Path) -> None:
    root = clone(gated(tmp_path), "ada", person=ADA)
    branch(root, "2,20", "2,30")
    answer = onward(root, "review", "--approve", "shop/totl")
    assert answer.status == 2
    assert "shop/total" in answer.err


def test_an_approval_that_is_damaged_opens_nothing(tmp_path: Path) -> None:
    root = clone(gated(tmp_path), "ada", person=ADA)
    branch(root, "2,20", "2,30")
    onward(root, "review", "--approve", "shop/total")
    (file,) = (root / "approvals").rglob("*.toml")
    file.write_bytes(file.read_bytes()[:20])
    assert onward(root, "review").status == 1


# A yes on the host.


@pytest.fixture(params=["github", "gitlab"])
def fake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeGitHub | FakeGitLab]:
    fake = FakeGitHub(tmp_path) if request.param == "github" else FakeGitLab(tmp_path)
    yield fake
    fake.close()


def built(fake: FakeGitHub | FakeGitLab, root: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """`ci` as the host's service runs it for request 7 from the branch that is checked out."""
    fake.of_head(run_git(root, "rev-parse", "HEAD"))
    with monkeypatch.context() as surroundings:
        for name, value in fake.variables.items():
            surroundings.setenv(name, value)
        return onward(root, "ci", "--json")


def built_on_main(fake: FakeGitHub | FakeGitLab, root: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """`ci` as the host's service runs it for the main branch."""
    with monkeypatch.context() as surroundings:
        for name, value in fake.on_main(run_git(root, "rev-parse", "HEAD")).items():
            surroundings.setenv(name, value)
        return onward(root, "ci", "--json")


def approve(fake: Fake, root: Path, by: str, at: str = "2100-01-01T00:00:00Z") -> None:
    head = run_git(root, "rev-parse", "HEAD")
    fake.world.pushed[7] = [(head, "2026-01-01T00:00:00Z")]
    fake.world.reviews.setdefault(7, []).append((by, "approved", head, at))


def test_an_approving_review_of_an_owner_opens_the_gate_for_that_head_and_on_main(
    fake: FakeGitHub | FakeGitLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = gated(tmp_path / "work")
    root = clone(remote, "runner")
    branch(root, "2,20", "2,30")
    assert built(fake, root, monkeypatch).status == 1
    approve(fake, root, "bob")
    assert built(fake, root, monkeypatch).status == 1, "Bob does not own it"
    approve(fake, root, "ada")
    done = built(fake, root, monkeypatch)
    assert done.status == 0, done.text
    assert done.json["gates"][0]["approved"] == [{"by": "@ada", "how": "request 7"}]

    head = run_git(root, "rev-parse", "HEAD")
    run_git(root, "push", "-q", "origin", "HEAD:main")
    runner = tmp_path / "work" / "ci" / "shop"
    run_git(runner, "pull", "-q")
    assert built_on_main(fake, runner, monkeypatch).status == 1, "no request is known that brought it"
    fake.world.merged[head] = [(7, head, True)]
    merged = built_on_main(fake, runner, monkeypatch)
    assert merged.status == 0, merged.text
    assert merged.json["released"] == {"channel": "main", "number": 2}


def test_a_yes_to_an_older_head_or_before_the_numbers_were_there_opens_nothing(
    fake: FakeGitHub | FakeGitLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = clone(gated(tmp_path / "work"), "runner")
    branch(root, "2,20", "2,30")
    approve(fake, root, "ada", at="2026-01-02T00:00:00Z")
    assert built(fake, root, monkeypatch).status == 1
    assert built(fake, root, monkeypatch).status == 1
    fake.world.reviews[7] = [("ada", "approved", OLD_HEAD, "2100-01-01T00:00:00Z")]
    fake.world.pushed[7] = [(OLD_HEAD, "2026-01-01T00:00:00Z")]
    assert built(fake, root, monkeypatch).status == 1


def test_what_comes_out_otherwise_after_the_merge_waits_again(
    fake: FakeGitHub | FakeGitLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = gated(tmp_path / "work")
    root = clone(remote, "runner")
    branch(root, "2,20", "2,30")
    built(fake, root, monkeypatch)
    approve(fake, root, "ada")
    assert built(fake, root, monkeypatch).status == 0
    head = run_git(root, "rev-parse", "HEAD")
    # Another change, which moves the number too, was merged in between.
    other = clone(remote, "other")
    edit(other, SETTINGS, "factor = 3", "factor = 2")
    pushed(other, "main", "another")
    run_git(other, "fetch", "-q", str(root), "topic")
    run_git(other, "merge", "-q", "--no-edit", "FETCH_HEAD")
    run_git(other, "push", "-q", "origin", "HEAD:main")
    fake.world.merged[run_git(other, "rev-parse", "HEAD")] = [(7, head, True)]
    runner = tmp_path / "work" / "ci" / "shop"
    run_git(runner, "pull", "-q")
    answer = built_on_main(fake, runner, monkeypatch)
    assert answer.status == 1
    assert "shop/total" in {hold["asset"] for hold in answer.json["held"]}


def test_a_member_of_the_team_that_owns_it_may_say_yes(
    fake: FakeGitHub | FakeGitLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = clone(gated(tmp_path / "work", MOVES.replace("Ada @ada ada@example.org", "@acme/data")), "runner")
    branch(root, "2,20", "2,30")
    built(fake, root, monkeypatch)
    approve(fake, root, "ada")
    assert built(fake, root, monkeypatch).status == 1
    fake.world.members["acme/data"] = {"ada"}
    assert built(fake, root, monkeypatch).status == 0


def test_where_nobody_owns_it_a_passer_by_cannot_say_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody at all may review a request of a public repository."""
    settings = 'title = "Shop"\n[parameters]\nfactor = 3\n[gates.moves]\ntotal = "10 %"\n'
    root = clone(gated(tmp_path / "work", settings), "runner")
    branch(root, "2,20", "2,30")
    fake = FakeGitHub(tmp_path)
    fake.world.strangers = {"mallory"}
    try:
        built(fake, root, monkeypatch)
        approve(fake, root, "mallory")
        assert built(fake, root, monkeypatch).status == 1
        approve(fake, root, "bob")
        assert built(fake, root, monkeypatch).status == 0
    finally:
        fake.close()


def test_a_file_that_a_stranger_brings_along_is_no_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = clone(gated(tmp_path / "work"), "ada", person=ADA)
    branch(root, "2,20", "2,30")
    onward(root, "review", "--approve", "shop/total")
    commit(root, "yes, says a stranger")
    fork = FakeGitHub(tmp_path, is_fork=True)
    own = FakeGitHub(tmp_path / "work")
    try:
        assert built(fork, root, monkeypatch).status == 1
        assert built(own, root, monkeypatch).status == 0
    finally:
        fork.close()
        own.close()
