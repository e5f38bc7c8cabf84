"""The suite of hosts, and hosts of code on this machine that speak as GitHub and GitLab do, over real HTTP.

A fake knows requests, comments, statuses, reviews and teams, holds tokens to their rights, gives lists page by page,
and fails as a test tells it. What it was asked stands in `asked`.
"""

from __future__ import annotations

import json
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from onward.base.errors import HostError
from onward.model.hosting import Build, Request, Verdict
from onward.model.ports import Conversation, Host

TOKEN, READING_TOKEN = "hunter2-writes", "hunter2-reads"
"""The tokens of a fake: one may write, one only reads. No message may ever hold them."""
MARKER = "<!-- marker "
OWN_REPOSITORY, FORK = "acme/analyses", "stranger/analyses"
HEAD = "1" * 40
OLD_HEAD = "2" * 40


@dataclass(frozen=True)
class Fault:
    """What the next request meets instead of an answer, or after it was carried out.

    Attributes:
        status: the answer's status; None: the line breaks.
        is_late: the request is carried out first.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=lambda: {"Retry-After": "0"})
    body: bytes = b'{"message": "out of order"}'
    is_late: bool = False
    is_cut: bool = False
    """The line breaks in the middle of the answer."""
    delay_s: float = 0.0


@dataclass
class Said:
    """A comment as the fake keeps it."""

    id: int
    by: str
    text: str
    is_system: bool = False
    at: str = "2026-01-02T00:00:00Z"


@dataclass
class World:
    """What a host knows of one repository.

    Attributes:
        comments: by request.
        statuses: by commit, each as it was told: its state and words.
        reviews: by request: who, `approved`, `refused`, `dismissed` or `remarked`, the head, when.
        merged: by commit, the requests that brought it: number, head, and whether they are merged.
        pushed: by request, its heads with the time of each, newest first.
        members: of teams.
        strangers: who looks in from outside.
        asked: method and path of every request.
        faults: what the next requests meet.
    """

    comments: dict[int, list[Said]] = field(default_factory=dict)
    statuses: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    reviews: dict[int, list[tuple[str, str, str, str]]] = field(default_factory=dict)
    merged: dict[str, list[tuple[int, str, bool]]] = field(default_factory=dict)
    pushed: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    last: int = 0

    def say(
        self, request: int, by: str, text: str, *, is_system: bool = False, at: str = "2026-01-02T00:00:00Z"
    ) -> Said:
        """Adds a comment."""
        self.last += 1
        said = Said(self.last, by, text, is_system, at)
        self.comments.setdefault(request, []).append(said)
        return said

    def find(self, identity: int) -> Said | None:
        return next((said for all_said in self.comments.values() for said in all_said if said.id == identity), None)


class Fake(Protocol):
    """A host of code on this machine."""

    world: World
    variables: dict[str, str]
    """The environment of a build of the pull request 7 from a branch of ours, with a token that may write."""

    def close(self) -> None: ...


class _RefusedError(Exception):
    """What a fake answers instead of what was asked for."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


Route = Callable[[str, list[str], dict[str, str], dict[str, Any], bool], Any]
"""Method, parts of the path, query, body, whether the token may write; gives the answer."""


class _Server:
    """One HTTP server on this machine, in a thread."""

    def __init__(self, world: World, route: Route, token_of: Callable[[Message], str | None]) -> None:
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                fault = world.faults.pop(0) if world.faults else None
                world.asked.append((self.command, self.path))
                if fault is not None:
                    time.sleep(fault.delay_s)
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"{}")
                if fault is not None and not fault.is_late:
                    return self._give(fault)
                status, answer = self._carried_out(body)
                if fault is not None:
                    return self._give(fault)
                return self._send(status, json.dumps(answer).encode(), {})

            def _carried_out(self, body: dict[str, Any]) -> tuple[int, Any]:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                token = token_of(self.headers)
                if token not in (TOKEN, READING_TOKEN):
                    return 401, {"message": "Bad credentials"}
                try:
                    path = [unquote(part) for part in parts.path.strip("/").split("/")]
                    found = route(self.command, path, query, body, token == TOKEN)
                except _RefusedError as refused:
                    return refused.status, {"message": "Resource not accessible by integration"}
                return 200, _page(found, query) if isinstance(found, list) else found

            def _give(self, fault: Fault) -> None:
                if fault.status is None:
                    self.close_connection = True
                    return
                headers = {"Content-Length": str(len(fault.body) + 1)} if fault.is_cut else {}
                self._send(fault.status, fault.body, {**fault.headers, **headers})
                self.close_connection = self.close_connection or fault.is_cut

            def _send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own
                del format, args

            do_GET = do_POST = do_PATCH = do_PUT = _answer  # noqa: N815 - the library's own

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _page(items: list[Any], query: Mapping[str, str]) -> list[Any]:
    size, number = int(query.get("per_page", "30")), int(query.get("page", "1"))
    return items[(number - 1) * size : number * size]


def _writing(may_write: bool) -> None:
    if not may_write:
        raise _RefusedError(403)


class FakeGitHub:
    """GitHub, as far as onward speaks with it."""

    def __init__(self, folder: Path, *, branch: str = "topic", is_fork: bool = False) -> None:
        self.world = World()
        self._server = _Server(self.world, self._route, lambda headers: headers.get("Authorization", "")[7:])
        self.address = self._server.address
        event = folder / "event.json"
        head = FORK if is_fork else OWN_REPOSITORY
        request = {
            "number": 7,
            "head": {"ref": branch, "sha": HEAD, "repo": {"full_name": head}},
            "base": {"ref": "main", "repo": {"full_name": OWN_REPOSITORY}},
        }
        event.write_text(json.dumps({"pull_request": request}), "utf-8")
        self.variables = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_SHA": "3" * 40,
            "GITHUB_REPOSITORY": OWN_REPOSITORY,
            "GITHUB_RUN_ID": "42",
            "GITHUB_API_URL": self.address,
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "GITHUB_TOKEN": READING_TOKEN if is_fork else TOKEN,
        }

    def of_head(self, head: str) -> None:
        """Makes the build one of another head of the request."""
        file = Path(self.variables["GITHUB_EVENT_PATH"])
        event = json.loads(file.read_text("utf-8"))
        event["pull_request"]["head"]["sha"] = head
        file.write_text(json.dumps(event), "utf-8")

    def on_main(self, commit: str) -> dict[str, str]:
        """The environment of a build of the main branch."""
        return self.variables | {
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_SHA": commit,
        }

    def close(self) -> None:
        self._server.close()

    def _route(self, method: str, path: list[str], query: dict[str, str], body: dict[str, Any], may_write: bool) -> Any:
        if path[:1] == ["orgs"]:
            if path[-1] not in self.world.members.get(f"{path[1]}/{path[3]}", ()):
                raise _RefusedError(404)
            return {"state": "active"}
        if path[:3] != ["repos", *OWN_REPOSITORY.split("/")]:
            raise _RefusedError(404)
        match [method, *path[3:]]:
            case ["GET", "issues", number, "comments"]:
                return [self._comment(said) for said in self.world.comments.get(int(number), ())]
            case ["POST", "issues", number, "comments"]:
                _writing(may_write)
                return self._comment(self.world.say(int(number), "github-actions[bot]", body["body"]))
            case ["PATCH", "issues", "comments", identity]:
                _writing(may_write)
                said = self.world.find(int(identity))
                if said is None:
                    raise _RefusedError(404)
                said.text = body["body"]
                return self._comment(said)
            case ["POST", "statuses", commit]:
                _writing(may_write)
                self.world.statuses.setdefault(commit, []).append((body["state"], body["description"]))
                return {}
            case ["GET", "pulls", number, "reviews"]:
                return [self._review(*review) for review in self.world.reviews.get(int(number), ())]
            case ["GET", "commits", commit, "pulls"]:
                return [
                    {"number": number, "head": {"sha": head}, "merged_at": "2026-01-03T00:00:00Z" if merged else None}
                    for number, head, merged in self.world.merged.get(commit, ())
                ]
        raise _RefusedError(404)

    def _comment(self, said: Said) -> dict[str, Any]:
        kind = "Bot" if said.by.endswith("[bot]") else "User"
        page = f"{self.address}/comment/{said.id}"
        return {"id": said.id, "body": said.text, "html_url": page, "user": {"login": said.by, "type": kind}}

    def _review(self, by: str, what: str, head: str, at: str) -> dict[str, Any]:
        states = {
            "approved": "APPROVED",
            "refused": "CHANGES_REQUESTED",
            "dismissed": "DISMISSED",
            "remarked": "COMMENTED",
        }
        association = "NONE" if by in self.world.strangers else "MEMBER"
        return {
            "user": {"login": by},
            "author_association": association,
            "state": states[what],
            "commit_id": head,
            "submitted_at": at,
        }


class FakeGitLab:
    """GitLab, as far as onward speaks with it."""

    def __init__(self, folder: Path, *, branch: str = "topic", is_fork: bool = False, tells_when: bool = True) -> None:
        del folder
        self.world = World()
        self._tells_when = tells_when
        self._server = _Server(self.world, self._route, lambda headers: headers.get("PRIVATE-TOKEN"))
        self.address = self._server.address
        self.variables: dict[str, str] = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": self.address,
            "CI_PROJECT_ID": "9" if is_fork else "5",
            "CI_COMMIT_SHA": HEAD,
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "9" if is_fork else "5",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": branch,
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_EVENT_TYPE": "detached",
            "CI_JOB_URL": f"{self.address}/jobs/42",
            "ONWARD_GITLAB_TOKEN": READING_TOKEN if is_fork else TOKEN,
        }

    def of_head(self, head: str) -> None:
        """Makes the build one of another head of the request."""
        self.variables["CI_COMMIT_SHA"] = head

    def on_main(self, commit: str) -> dict[str, str]:
        """The environment of a build of the main branch."""
        own = {name: value for name, value in self.variables.items() if "MERGE_REQUEST" not in name}
        return own | {"CI_COMMIT_SHA": commit, "CI_COMMIT_BRANCH": "main"}

    def close(self) -> None:
        self._server.close()

    def _route(self, method: str, path: list[str], query: dict[str, str], body: dict[str, Any], may_write: bool) -> Any:
        if path == ["user"]:
            return {"username": "onward-bot"}
        if path[:1] == ["groups"]:
            members = self.world.members.get(path[1], set())
            return [{"username": name, "state": "active"} for name in sorted(members) if query["query"] in name]
        if path[:2] != ["projects", "5"]:
            raise _RefusedError(404)
        match [method, *path[2:]]:
            case ["GET", "merge_requests", number, "notes"]:
                return [self._note(said) for said in self._notes(int(number))]
            case ["POST", "merge_requests", number, "notes"]:
                _writing(may_write)
                return self._note(self.world.say(int(number), "onward-bot", body["body"]))
            case ["PUT", "merge_requests", _, "notes", identity]:
                _writing(may_write)
                said = self.world.find(int(identity))
                if said is None:
                    raise _RefusedError(404)
                said.text = body["body"]
                return self._note(said)
            case ["POST", "statuses", commit]:
                _writing(may_write)
                self.world.statuses.setdefault(commit, []).append((body["state"], body["description"]))
                return {}
            case ["GET", "merge_requests", number, "approvals"]:
                return {"approved_by": [self._approval(by, at) for by, at in self._approved(int(number)).items()]}
            case ["GET", "merge_requests", number, "versions"]:
                pushed = self.world.pushed.get(int(number), [(HEAD, "2026-01-01T00:00:00Z")])
                return [{"head_commit_sha": head, "created_at": at} for head, at in pushed]
            case ["GET", "repository", "commits", commit, "merge_requests"]:
                return [
                    {"iid": number, "sha": head, "state": "merged" if merged else "opened"}
                    for number, head, merged in self.world.merged.get(commit, ())
                ]
        raise _RefusedError(404)

    def _approved(self, request: int) -> dict[str, str]:
        """Who approves now: a later word of somebody takes the place of an earlier one."""
        last: dict[str, tuple[str, str]] = {}
        for by, what, _, at in self.world.reviews.get(request, ()):
            if what != "remarked":
                last[by] = (what, at)
        return {by: at for by, (what, at) in last.items() if what == "approved"}

    def _approval(self, by: str, at: str) -> dict[str, Any]:
        return {"user": {"username": by}, **({"approved_at": at} if self._tells_when else {})}

    def _notes(self, request: int) -> list[Said]:
        log = [
            Said(0, by, "approved this merge request", is_system=True, at=at)
            for by, what, _, at in self.world.reviews.get(request, ())
            if what == "approved"
        ]
        return [*log, *self.world.comments.get(request, ())]

    def _note(self, said: Said) -> dict[str, Any]:
        author = {"username": said.by}
        return {"id": said.id, "body": said.text, "author": author, "system": said.is_system, "created_at": said.at}


class HostSuite:
    """What every host must do."""

    host: Host
    bot: str
    """Who the writing token is, as the host has it."""

    def make_fake(self, folder: Path, *, branch: str = "topic", is_fork: bool = False) -> FakeGitHub | FakeGitLab:
        raise NotImplementedError("a suite is subclassed, and its `make_fake` gives a host on this machine")

    @pytest.fixture
    def fake(self, tmp_path: Path) -> Any:
        fake = self.make_fake(tmp_path)
        yield fake
        fake.close()

    def conversation(self, fake: FakeGitHub | FakeGitLab) -> Conversation:
        build = self.build(fake)
        found = self.host.converse(build, fake.variables, MARKER)
        assert found is not None
        return found

    def build(self, fake: FakeGitHub | FakeGitLab) -> Build:
        build = self.host.build(fake.variables, "main")
        assert build is not None
        return build

    # Which build it is.

    def test_elsewhere_there_is_no_build_of_it(self) -> None:
        assert self.host.build({"CI": "true"}, "main") is None

    def test_a_request_from_a_branch_of_ours(self, fake: FakeGitHub | FakeGitLab) -> None:
        build = self.build(fake)
        assert (build.service, build.branch, build.commit) == (self.host.name, "topic", HEAD)
        assert (build.request, build.target, build.is_main, build.is_fork) == (7, "main", False, False)
        assert build.page is not None and build.artifacts is not None

    def test_a_request_from_a_fork_is_one_and_never_main_whatever_its_branch_is_called(self, tmp_path: Path) -> None:
        fake = self.make_fake(tmp_path, branch="main", is_fork=True)
        build = self.build(fake)
        fake.close()
        assert build.is_fork
        assert not build.is_main

    def test_a_branch_of_ours_that_is_called_as_main_is_by_a_request_is_not_main(self, tmp_path: Path) -> None:
        fake = self.make_fake(tmp_path, branch="main")
        build = self.build(fake)
        fake.close()
        assert not build.is_main

    def test_the_main_branch(self, fake: FakeGitHub | FakeGitLab) -> None:
        build = self.host.build(fake.on_main(HEAD), "main")
        assert build is not None
        assert (build.is_main, build.branch, build.request, build.is_fork) == (True, "main", None, False)
        other = self.host.build(fake.on_main(HEAD), "trunk")
        assert other is not None
        assert not other.is_main

    def test_without_a_token_nobody_is_spoken_with(self, fake: FakeGitHub | FakeGitLab) -> None:
        bare = {name: value for name, value in fake.variables.items() if "TOKEN" not in name}
        assert self.host.converse(self.build(fake), bare, MARKER) is None

    # The comment.

    def test_a_comment_is_made_once_and_then_changed(self, fake: FakeGitHub | FakeGitLab) -> None:
        fake.world.say(7, "ada", "looks good")
        conversation = self.conversation(fake)
        conversation.say(7, f"{MARKER} one")
        self.conversation(fake).say(7, f"{MARKER} two")
        assert [(said.by, said.text) for said in fake.world.comments[7]] == [
            ("ada", "looks good"),
            (self.bot, f"{MARKER} two"),
        ]
        comment = conversation.comment(7)
        assert comment is not None
        assert comment.text == f"{MARKER} two"

    def test_the_same_again_is_not_written(self, fake: FakeGitHub | FakeGitLab) -> None:
        self.conversation(fake).say(7, f"{MARKER} one")
        fake.world.asked.clear()
        self.conversation(fake).say(7, f"{MARKER} one")
        assert {method for method, _ in fake.world.asked} == {"GET"}

    def test_it_is_found_behind_many_others(self, fake: FakeGitHub | FakeGitLab) -> None:
        for number in range(230):
            fake.world.say(7, "ada", f"remark {number}")
        self.conversation(fake).say(7, f"{MARKER} one")
        self.conversation(fake).say(7, f"{MARKER} two")
        assert len(fake.world.comments[7]) == 231

    def test_what_somebody_else_wrote_is_not_ours_although_it_holds_the_marker(
        self, fake: FakeGitHub | FakeGitLab
    ) -> None:
        planted = fake.world.say(7, "mallory", f"{MARKER} planted")
        conversation = self.conversation(fake)
        assert conversation.comment(7) is None
        conversation.say(7, f"{MARKER} ours")
        assert planted.text == f"{MARKER} planted"
        comment = conversation.comment(7)
        assert comment is not None
        assert comment.text == f"{MARKER} ours"

    def test_nor_is_what_we_wrote_that_only_repeats_the_marker(self, fake: FakeGitHub | FakeGitLab) -> None:
        """Another program with our token may repeat what a stranger wrote."""
        echo = fake.world.say(7, self.bot, f"mallory says:\n{MARKER} planted")
        assert self.conversation(fake).comment(7) is None
        self.conversation(fake).say(7, f"{MARKER} ours")
        assert echo.text.endswith("planted")

    # Trouble.

    @pytest.mark.parametrize("status", [500, 502, 503, 429])
    def test_a_host_that_fails_for_a_while_is_asked_again(self, fake: FakeGitHub | FakeGitLab, status: int) -> None:
        conversation = self.conversation(fake)
        conversation.say(7, f"{MARKER} one")
        fake.world.faults += [Fault(status), Fault(status)]
        comment = conversation.comment(7)
        assert comment is not None
        assert comment.text == f"{MARKER} one"

    def test_a_broken_line_is_tried_again(self, fake: FakeGitHub | FakeGitLab) -> None:
        conversation = self.conversation(fake)
        conversation.comment(7)
        fake.world.faults.append(Fault(None))
        assert conversation.comment(7) is None

    @pytest.mark.parametrize("status", [200, 403, 502])
    def test_an_answer_that_breaks_off_is_an_error_of_the_host_or_tried_again(
        self, fake: FakeGitHub | FakeGitLab, status: int
    ) -> None:
        conversation = self.conversation(fake)
        conversation.comment(7)
        fake.world.faults.append(Fault(status, {}, b"[", is_cut=True))
        if status == 403:
            with pytest.raises(HostError, match="403"):
                conversation.comment(7)
        else:
            assert conversation.comment(7) is None

    @pytest.mark.parametrize("end", ["\n", "\r\n", " "])
    def test_a_token_with_a_line_end_is_that_token(self, fake: FakeGitHub | FakeGitLab, end: str) -> None:
        variables = {name: value + end if "TOKEN" in name else value for name, value in fake.variables.items()}
        conversation = self.host.converse(self.build(fake), variables, MARKER)
        assert conversation is not None
        assert conversation.comment(7) is None

    @pytest.mark.parametrize("token", ["hunter2\nX-Evil: 1", "hunter2\N{EURO SIGN}", "hunter2\x7f"])
    def test_a_token_that_no_header_can_hold_is_told_without_being_shown(
        self, fake: FakeGitHub | FakeGitLab, token: str
    ) -> None:
        variables = {name: token if "TOKEN" in name else value for name, value in fake.variables.items()}
        conversation = self.host.converse(self.build(fake), variables, MARKER)
        assert conversation is not None
        with pytest.raises(HostError) as refusal:
            conversation.comment(7)
        assert "token" in refusal.value.message
        story = "".join(traceback.format_exception(refusal.value))
        assert "hunter2" not in story

    def test_a_comment_whose_answer_got_lost_is_not_written_twice(self, fake: FakeGitHub | FakeGitLab) -> None:
        conversation = self.conversation(fake)
        conversation.comment(7)
        fake.world.asked.clear()
        # The list of comments is read; the one that is then added is kept, and the answer is lost.
        fake.world.faults += [Fault(200, body=b"[]", headers={}), Fault(502, is_late=True)]
        with pytest.raises(HostError):
            conversation.say(7, f"{MARKER} one")
        conversation.say(7, f"{MARKER} two")
        assert [said.text for said in fake.world.comments[7]] == [f"{MARKER} two"]

    def test_a_host_that_asks_for_an_hour_is_not_waited_for(self, fake: FakeGitHub | FakeGitLab) -> None:
        conversation = self.conversation(fake)
        fake.world.faults.append(Fault(429, {"Retry-After": "3600"}))
        with pytest.raises(HostError):
            conversation.comment(7)

    def test_an_answer_that_is_no_json_is_an_error_that_says_so(self, fake: FakeGitHub | FakeGitLab) -> None:
        conversation = self.conversation(fake)
        fake.world.faults.append(Fault(200, body=b"<html>", headers={}))
        with pytest.raises(HostError, match="no JSON"):
            conversation.comment(7)

    def test_a_redirect_does_not_carry_the_token_away(self, fake: FakeGitHub | FakeGitLab, tmp_path: Path) -> None:
        other = self.make_fake(tmp_path / "other")
        conversation = self.conversation(fake)
        fake.world.faults.append(Fault(302, {"Location": f"{other.address}/elsewhere"}))
        with pytest.raises(HostError):
            conversation.comment(7)
        other.close()
        assert other.world.asked == []

    def test_a_token_without_rights_is_told_and_no_message_holds_it(self, tmp_path: Path) -> None:
        fake = self.make_fake(tmp_path, is_fork=True)
        conversation = self.conversation(fake)
        attempts: list[Callable[[], object]] = [
            lambda: conversation.say(7, f"{MARKER} one"),
            lambda: conversation.report(HEAD, None, None),
        ]
        for attempt in attempts:
            with pytest.raises(HostError) as refusal:
                attempt()
            assert "403" in refusal.value.message
            assert "hunter2" not in repr(refusal.value.describe())
        fake.close()
        assert "hunter2" not in repr(conversation)

    # The status.

    def test_a_status_is_told_from_the_beginning_to_the_end(self, fake: FakeGitHub | FakeGitLab) -> None:
        conversation = self.conversation(fake)
        conversation.report(HEAD, None, "https://ci.example.org/42")
        fake.world.faults.append(Fault(502, is_late=True))
        conversation.report(HEAD, Verdict(False, "x" * 1000), None)
        conversation.report(HEAD, Verdict(True, "2 changed"), None)
        states = [state for state, _ in fake.world.statuses[HEAD]]
        assert len(set(states)) == 3
        assert fake.world.statuses[HEAD][-1][1] == "2 changed"

    # Approvals.

    def test_a_yes_is_to_one_head_alone(self, fake: FakeGitHub | FakeGitLab) -> None:
        fake.world.pushed[7] = [(HEAD, "2026-01-05T00:00:00Z"), (OLD_HEAD, "2026-01-01T00:00:00Z")]
        fake.world.reviews[7] = [
            ("bob", "approved", OLD_HEAD, "2026-01-04T00:00:00Z"),
            ("ada", "approved", HEAD, "2026-01-06T00:00:00Z"),
            ("ada", "remarked", HEAD, "2026-01-07T00:00:00Z"),
        ]
        conversation = self.conversation(fake)
        assert [approval.by for approval in conversation.approvals(7, HEAD)] == ["ada"]

    @pytest.mark.parametrize("how", ["refused", "dismissed"])
    def test_a_yes_that_was_taken_back_is_none(self, fake: FakeGitHub | FakeGitLab, how: str) -> None:
        fake.world.reviews[7] = [
            ("ada", "approved", HEAD, "2026-01-06T00:00:00Z"),
            ("ada", how, HEAD, "2026-01-07T00:00:00Z"),
        ]
        assert self.conversation(fake).approvals(7, HEAD) == []

    def test_the_requests_of_a_commit_are_those_that_are_merged(self, fake: FakeGitHub | FakeGitLab) -> None:
        fake.world.merged["4" * 40] = [(7, HEAD, True), (8, OLD_HEAD, False)]
        conversation = self.conversation(fake)
        assert conversation.merged("4" * 40) == [Request(7, HEAD)]
        assert conversation.merged("5" * 40) == []

    def test_who_belongs_to_a_team(self, fake: FakeGitHub | FakeGitLab) -> None:
        fake.world.members["acme/data"] = {"ada"}
        conversation = self.conversation(fake)
        assert conversation.is_member("acme/data", "ada")
        assert not conversation.is_member("acme/data", "ad")
