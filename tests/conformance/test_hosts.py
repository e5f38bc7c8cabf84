"""GitHub and GitLab, each against a fake of it on this machine over real HTTP, pass one suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from onward.base.errors import HostError, RefusedError, UsageError
from onward.hosts.github import GitHub
from onward.hosts.gitlab import GitLab
from onward.hosts.http import Api
from onward.testing.hosts import HEAD, TOKEN, FakeGitHub, FakeGitLab, Fault, HostSuite


class TestGitHub(HostSuite):
    host = GitHub()
    bot = "github-actions[bot]"

    def make_fake(self, folder: Path, *, branch: str = "topic", is_fork: bool = False) -> FakeGitHub:
        folder.mkdir(exist_ok=True)
        return FakeGitHub(folder, branch=branch, is_fork=is_fork)

    @pytest.mark.parametrize("event", ["pull_request_target", "workflow_run"])
    def test_an_event_that_gives_strangers_our_rights_is_refused(self, fake: FakeGitHub, event: str) -> None:
        with pytest.raises(RefusedError, match=event):
            self.host.build(fake.variables | {"GITHUB_EVENT_NAME": event}, "main")

    @pytest.mark.parametrize("name", ["GITHUB_REPOSITORY", "GITHUB_EVENT_PATH"])
    def test_half_of_its_variables_is_an_error_that_names_the_other(self, fake: FakeGitHub, name: str) -> None:
        half = {each: value for each, value in fake.variables.items() if each != name}
        with pytest.raises(UsageError, match=name):
            self.host.build(half, "main")

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"pull_request": {}}'])
    def test_an_event_that_cannot_be_read_is_an_error_that_names_it(self, fake: FakeGitHub, text: str) -> None:
        Path(fake.variables["GITHUB_EVENT_PATH"]).write_text(text, "utf-8")
        with pytest.raises(UsageError, match="GITHUB_EVENT_PATH"):
            self.build(fake)

    def test_a_request_is_judged_as_merged_unless_its_head_alone_was_checked_out(self, fake: FakeGitHub) -> None:
        assert self.build(fake).is_merged
        alone = self.host.build(fake.variables | {"GITHUB_REF": "refs/pull/7/head"}, "main")
        assert alone is not None
        assert not alone.is_merged

    def test_a_tag_is_no_branch(self, fake: FakeGitHub) -> None:
        build = self.host.build(fake.on_main(HEAD) | {"GITHUB_REF": "refs/tags/main"}, "main")
        assert build is not None
        assert build.branch is None
        assert not build.is_main

    def test_a_request_whose_fork_is_gone_is_still_one_of_a_fork(self, fake: FakeGitHub, tmp_path: Path) -> None:
        event = tmp_path / "event.json"
        event.write_text(event.read_text("utf-8").replace('{"full_name": "acme/analyses"}', "null", 1), "utf-8")
        assert self.build(fake).is_fork

    def test_the_page_of_the_build_is_added_to_and_needs_no_rights(self, fake: FakeGitHub) -> None:
        assert self.host.summarize(fake.variables, "one")
        assert self.host.summarize(fake.variables, "two")
        assert Path(fake.variables["GITHUB_STEP_SUMMARY"]).read_text("utf-8") == "one\ntwo\n"
        assert not self.host.summarize({}, "three")


def test_a_host_that_takes_its_time_to_fail_costs_the_patience_of_the_build(tmp_path: Path) -> None:
    fake = FakeGitHub(tmp_path)
    fake.world.faults += [Fault(503, delay_s=0.2)] * 4
    waited: list[float] = []
    api = Api(fake.address, {"Authorization": f"Bearer {TOKEN}"}, wait=waited.append, patience_s=0.3)
    with pytest.raises(HostError, match="503"):
        api.get("/user")
    fake.close()
    assert waited == [0.0]


class TestGitLab(HostSuite):
    host = GitLab()
    bot = "onward-bot"

    def make_fake(self, folder: Path, *, branch: str = "topic", is_fork: bool = False) -> FakeGitLab:
        return FakeGitLab(folder, branch=branch, is_fork=is_fork)

    @pytest.mark.parametrize("kind", ["merged_result", "merge_train"])
    def test_a_pipeline_for_merged_results_is_of_the_head_that_was_pushed(self, fake: FakeGitLab, kind: str) -> None:
        merged = {
            "CI_MERGE_REQUEST_EVENT_TYPE": kind,
            "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
            "CI_COMMIT_SHA": "6" * 40,
        }
        build = self.host.build(fake.variables | merged, "main")
        assert build is not None
        assert build.is_merged
        assert build.commit == HEAD

    def test_a_server_that_does_not_say_when_somebody_approved_says_it_in_its_log(self, tmp_path: Path) -> None:
        fake = FakeGitLab(tmp_path, tells_when=False)
        fake.world.reviews[7] = [("ada", "approved", HEAD, "2026-01-06T00:00:00Z")]
        approvals = self.conversation(fake).approvals(7, HEAD)
        fake.close()
        assert [(approval.by, approval.at) for approval in approvals] == [("ada", "2026-01-06T00:00:00Z")]


class TestOlderGitLab(TestGitLab):
    """One that does not say when somebody approved."""

    def make_fake(self, folder: Path, *, branch: str = "topic", is_fork: bool = False) -> FakeGitLab:
        return FakeGitLab(folder, branch=branch, is_fork=is_fork, tells_when=False)
