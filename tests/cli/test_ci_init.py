"""`onward ci init`: one file, once, that serves every project for good; and who owns which files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.changes import clone, remote_of
from tests.cli.program import onward
from tests.cli.workspaces import commit, write

FILES = {"github": ".github/workflows/onward.yml", "gitlab": ".gitlab-ci.yml"}
OWNED = {
    "onward.toml": 'name = "house"\nowner = "The lead, @lead"\n',
    "projects/shop/onward.toml": 'owner = "Ada <ada@example.org>, @acme/data"\n',
    "projects/shop/steps.py": "from onward import asset\n\n\n@asset\ndef one() -> int:\n    return 1\n",
    "projects/ops/steps.py": "from onward import asset\n\n\n@asset\ndef two() -> int:\n    return 2\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "house", OWNED)


def parsed(root: Path, host: str) -> Any:
    return yaml.safe_load((root / FILES[host]).read_text("utf-8"))


@pytest.mark.parametrize("host", FILES)
def test_it_writes_one_file_and_not_again_whatever_projects_come(root: Path, host: str) -> None:
    answer = onward(root, "ci", "init", host, "--json")
    assert answer.status == 0, answer.text
    assert FILES[host] in answer.json["created"]
    text = (root / FILES[host]).read_bytes()
    write(root, {"projects/new/steps.py": OWNED["projects/ops/steps.py"], "lib/more.py": "x = 1\n"}, git=False)
    again = onward(root, "ci", "init", host, "--json")
    assert again.status == 0, again.text
    assert again.json["created"] == again.json["changed"] == []
    assert (root / FILES[host]).read_bytes() == text
    assert b"projects/" not in text


@pytest.mark.parametrize("host", FILES)
def test_a_file_that_is_there_and_differs_is_refused_and_nothing_is_written(root: Path, host: str) -> None:
    file = root / FILES[host]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("mine: true\n", "utf-8")
    answer = onward(root, "ci", "init", host)
    assert answer.status == 3
    assert FILES[host] in answer.err
    assert file.read_text("utf-8") == "mine: true\n"
    assert list(root.rglob("CODEOWNERS")) == []


def test_a_host_that_is_none_is_told_with_those_that_are(root: Path) -> None:
    answer = onward(root, "ci", "init", "gitbub")
    assert answer.status == 2
    assert "github" in answer.err


def test_on_github_strangers_get_no_rights_and_no_secrets(root: Path) -> None:
    onward(root, "ci", "init", "github")
    text = (root / FILES["github"]).read_text("utf-8")
    workflow = parsed(root, "github")
    events = workflow[True]  # YAML takes the key `on` for a yes
    assert "pull_request" in events
    assert "pull_request_target" not in text
    assert "workflow_run" not in text
    assert workflow["permissions"] == {}
    assert "types" not in (events["pull_request"] or {})
    review, release = workflow["jobs"]["review"], workflow["jobs"]["release"]
    assert review["permissions"] == {"contents": "read", "pull-requests": "write", "statuses": "write"}
    assert release["permissions"] == {"contents": "read", "pull-requests": "read", "statuses": "write"}
    given = [step.get("env", {}) for step in review["steps"]]
    secret = [value for env in given for value in env.values() if "secrets." in value]
    assert len(secret) == 1
    assert secret[0].startswith("${{ github.event.pull_request.head.repo.full_name == github.repository && ")
    assert "secrets.ONWARD_STORE_MAIN" not in str(review)
    assert release["environment"] == "onward-main"
    assert "github.ref == 'refs/heads/main'" in release["if"]
    assert "pull_request" not in release["if"]


def test_on_github_every_action_is_pinned_to_a_commit_and_what_is_installed_to_a_version(root: Path) -> None:
    onward(root, "ci", "init", "github")
    jobs = parsed(root, "github")["jobs"]
    used = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
    assert len(used) == 10
    assert all(re.fullmatch(r"actions/[\w/-]+@[0-9a-f]{40}", each) for each in used)
    installs = [step["run"] for job in jobs.values() for step in job["steps"] if "pip install" in step.get("run", "")]
    assert all(re.search(r'"onward\[all\]==\d+\.\d+\.\d+"', text) and re.search(r"uv==\d", text) for text in installs)
    checkouts = [step["with"] for job in jobs.values() for step in job["steps"] if "checkout" in step.get("uses", "")]
    assert checkouts == [{"persist-credentials": False, "filter": "blob:none", "fetch-depth": 0}] * 2


@pytest.mark.parametrize("host", FILES)
def test_nothing_is_left_to_be_filled_in_and_the_main_branch_is_the_settings(root: Path, host: str) -> None:
    (root / "onward.toml").write_text("name = 'house'\nmain = \"it's/trunk\"\n", "utf-8")
    assert onward(root, "ci", "init", host).status == 0
    text = (root / FILES[host]).read_text("utf-8")
    assert re.findall(r"(?<![$\{])\{\w+\}", text) == []
    workflow = parsed(root, host)
    if host == "github":
        assert workflow[True]["push"]["branches"] == ["it's/trunk"]
        assert "'refs/heads/it''s/trunk'" in workflow["jobs"]["release"]["if"]
    else:
        assert workflow["workflow"]["rules"][1]["if"] == '$CI_COMMIT_BRANCH == "it\'s/trunk"'


def test_on_github_what_is_released_is_kept_whatever_fails_later_and_known_to_the_next(root: Path) -> None:
    """A number would be given twice: the cache of a job that failed is not saved by the action that does both."""
    onward(root, "ci", "init", "github")
    for job in parsed(root, "github")["jobs"].values():
        steps = [step.get("uses", step.get("run", "")) for step in job["steps"]]
        restored, built, saved = (
            next(place for place, step in enumerate(steps) if sign in step)
            for sign in ("actions/cache/restore@", "onward ci", "actions/cache/save@")
        )
        assert restored < built < saved
        assert job["steps"][saved]["if"] == "${{ !cancelled() && steps.store.outputs.shared != 'yes' }}"
        assert "cache@" not in str(steps)
    release = parsed(root, "github")["jobs"]["release"]
    assert release["concurrency"] == {"group": "onward-release"}


def test_on_gitlab_too_and_no_branch_writes_what_main_reads(root: Path) -> None:
    onward(root, "ci", "init", "gitlab")
    job = parsed(root, "gitlab")["onward"]
    assert job["cache"]["when"] == "always"
    assert job["resource_group"] == "onward-$CI_COMMIT_REF_SLUG"
    assert job["cache"]["key"] == "onward-$SCOPE"
    assert [rule["variables"]["SCOPE"] for rule in job["rules"]] == ["request-$CI_MERGE_REQUEST_IID", "main"]


def test_a_branch_of_pages_is_what_the_release_may_write(root: Path) -> None:
    with (root / "onward.toml").open("a", encoding="utf-8") as file:
        file.write('publish = ["git:gh-pages"]\n')
    onward(root, "ci", "init", "github")
    jobs = parsed(root, "github")["jobs"]
    assert jobs["release"]["permissions"]["contents"] == "write"
    assert jobs["review"]["permissions"]["contents"] == "read"


def test_on_gitlab_requests_and_main_are_built_and_the_review_is_kept(root: Path) -> None:
    onward(root, "ci", "init", "gitlab")
    pipeline = parsed(root, "gitlab")
    assert [rule["if"] for rule in pipeline["workflow"]["rules"]] == [
        '$CI_PIPELINE_SOURCE == "merge_request_event"',
        '$CI_COMMIT_BRANCH == "main"',
    ]
    job = pipeline["onward"]
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["paths"] == [".onward/review.html", ".onward/review.md"]
    assert job["variables"]["GIT_DEPTH"] == "0"
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-\w+", job["image"])


@pytest.mark.parametrize("host", FILES)
def test_a_file_that_somebody_made_their_own_is_kept_and_the_owners_are_written(root: Path, host: str) -> None:
    onward(root, "ci", "init", host)
    file = root / FILES[host]
    own = file.read_text("utf-8") + "# of our own\n"
    file.write_text(own, "utf-8")
    (root / "onward.toml").write_text('name = "house"\nowner = "@boss"\n', "utf-8")
    answer = onward(root, "ci", "init", host, "--json")
    assert answer.status == 0, answer.text
    assert answer.json["kept"] == [FILES[host]]
    assert len(answer.json["changed"]) == 1
    assert file.read_text("utf-8") == own
    assert f"kept {FILES[host]}: it calls `onward ci`" in onward(root, "ci", "init", host).out
    file.write_text("# says nothing but onward ci\n", "utf-8")
    assert onward(root, "ci", "init", host).status == 3


# Who owns what.


def test_owners_are_written_where_the_host_looks_by_the_addresses_that_it_knows(root: Path) -> None:
    answer = onward(root, "ci", "init", "github", "--json")
    assert ".github/CODEOWNERS" in answer.json["created"]
    rules = [line for line in (root / ".github/CODEOWNERS").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert rules == [
        "* @lead",
        "/projects/shop/ ada@example.org @acme/data",
        "/approvals/shop/ ada@example.org @acme/data",
    ]


def test_what_others_wrote_there_stays_and_goes_first(root: Path) -> None:
    file = root / "CODEOWNERS"
    file.write_text("/docs/ @writers\n", "utf-8")
    answer = onward(root, "ci", "init", "github", "--json")
    assert answer.json["changed"] == ["CODEOWNERS"]
    text = file.read_text("utf-8")
    assert text.endswith("\n/docs/ @writers\n")
    assert text.index("* @lead") < text.index("/docs/ @writers")
    onward(root, "ci", "init", "github")
    assert file.read_text("utf-8") == text


def test_our_part_is_found_at_the_very_end_and_beside_what_no_utf8_is(root: Path) -> None:
    file = root / "CODEOWNERS"
    onward(root, "ci", "init", "github")
    ours = (root / ".github/CODEOWNERS").read_bytes().rstrip()
    (root / ".github/CODEOWNERS").unlink()
    file.write_bytes(b"# f\xfcr alle\n" + ours)
    assert onward(root, "ci", "init", "github", "--json").json["changed"] == ["CODEOWNERS"], "only a line's end"
    (root / "onward.toml").write_text('name = "house"\nowner = "@boss"\n', "utf-8")
    onward(root, "ci", "init", "github")
    content = file.read_bytes()
    assert content.count(b"# onward: begin") == 1
    assert b"@lead" not in content
    assert content.startswith(b"# f\xfcr alle\n")


def test_a_build_fails_while_they_are_stale_and_init_mends_it(tmp_path: Path) -> None:
    remote = remote_of(tmp_path, {"onward.toml": 'name = "house"\nowner = "@lead"\n'})
    root = clone(remote, "mine")
    onward(root, "ci", "init", "github")
    commit(root, "one CI")
    assert onward(root, "ci").status == 0
    (root / "onward.toml").write_text('name = "house"\nowner = "@boss"\n', "utf-8")
    commit(root, "another lead")
    answer = onward(root, "ci")
    assert answer.status == 1
    assert ".github/CODEOWNERS" in answer.out
    assert "`onward ci init github`" in answer.out
    assert onward(root, "ci", "init", "github", "--json").json["changed"] == [".github/CODEOWNERS"]
    commit(root, "owners")
    assert onward(root, "ci").status == 0


def test_without_an_address_nobody_is_written(tmp_path: Path) -> None:
    root = write(tmp_path / "house", {**OWNED, "onward.toml": "owner = 'The lead'\n", "projects/shop/onward.toml": ""})
    onward(root, "ci", "init", "github")
    assert list(root.rglob("CODEOWNERS")) == []
