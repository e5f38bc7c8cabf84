"""GitHub and its Actions."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from onward.base.errors import RefusedError, UsageError
from onward.hosts.http import Api, NotThereError
from onward.model.hosting import Approval, Build, Comment, Request, Verdict
from onward.model.ports import Conversation

_CONTEXT = "onward"
_REPOSITORY, _EVENT = "GITHUB_REPOSITORY", "GITHUB_EVENT_PATH"
_LONGEST_COMMENT = 65_000
_LONGEST_DESCRIPTION = 140
_REQUEST_EVENTS = ("pull_request", "pull_request_review")
_COLLABORATORS = ("OWNER", "MEMBER", "COLLABORATOR")


class GitHub:
    """The host GitHub, on github.com or a server of one's own."""

    name = "github"
    ci_path = ".github/workflows/onward.yml"
    owners_path = ".github/CODEOWNERS"
    owners_paths: Sequence[str] = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
    token = "GITHUB_TOKEN"

    def build(self, variables: Mapping[str, str], main: str) -> Build | None:
        if variables.get("GITHUB_ACTIONS") != "true":
            return None
        event = variables.get("GITHUB_EVENT_NAME", "")
        if event in ("pull_request_target", "workflow_run"):
            raise RefusedError(
                f"the event `{event}` runs the code of strangers with the rights of this repository",
                hint="start the workflow with `pull_request`; `onward ci init github` writes one that does",
            )
        server, repository = variables.get("GITHUB_SERVER_URL", "https://github.com"), _given(variables, _REPOSITORY)
        page = f"{server}/{repository}/actions/runs/{variables.get('GITHUB_RUN_ID', '')}"
        places = {
            "repository": repository,
            "server": variables.get("GITHUB_API_URL", "https://api.github.com"),
            "page": page,
            "artifacts": f"{page}#artifacts",
        }
        if event in _REQUEST_EVENTS:
            return _of_request(_event(variables), variables, places)
        ref = variables.get("GITHUB_REF", "")
        branch = ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else None
        return Build("github", branch, variables.get("GITHUB_SHA"), is_main=branch == main, **places)

    def converse(self, build: Build, variables: Mapping[str, str], marker: str) -> Conversation | None:
        token = _token(variables)
        if not token or build.repository is None or build.server is None:
            return None
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        return GitHubConversation(Api(build.server, headers), build.repository, marker)

    def summarize(self, variables: Mapping[str, str], text: str) -> bool:
        file = variables.get("GITHUB_STEP_SUMMARY")
        if not file:
            return False
        with Path(file).open("a", encoding="utf-8") as summary:
            summary.write(f"{text}\n")
        return True

    def git_settings(self, variables: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        token = _token(variables)
        if not token:
            return ()
        name = f"http.{variables.get('GITHUB_SERVER_URL', 'https://github.com')}/.extraheader"
        credentials = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        # Nothing first, which takes back what `actions/checkout` may have left: GitHub refuses two.
        return ((name, ""), (name, f"AUTHORIZATION: basic {credentials}"))

    def ci_file(self, tools: Mapping[str, str], main: str, *, pushes: bool) -> str:
        filled = _template("github.yml")
        filled = filled.replace("{steps}\n", _template("github_steps.yml"))
        filled = filled.replace("{artifact}\n", _template("github_artifact.yml"))
        filled = filled.replace("{contents}", "write # a branch of pages" if pushes else "read")
        filled = filled.replace("{main_text}", "'refs/heads/{}'".format(main.replace("'", "''")))
        filled = filled.replace("{main}", json.dumps(main, ensure_ascii=False))
        for name, version in tools.items():
            filled = filled.replace(f"{{{name}}}", version)
        return filled


def _template(name: str) -> str:
    return resources.files("onward.hosts").joinpath(name).read_text("utf-8")


def _token(variables: Mapping[str, str]) -> str | None:
    return (variables.get("GITHUB_TOKEN") or variables.get("GH_TOKEN") or "").strip() or None


def _given(variables: Mapping[str, str], name: str) -> str:
    """A variable that every build of the service has.

    Raises:
        UsageError: this one has not.
    """
    if not variables.get(name):
        raise UsageError(
            f"`GITHUB_ACTIONS` is set and `{name}` is not, so nobody can tell which build this is",
            hint="hand on to a container all variables of the build, or none of them",
        )
    return variables[name]


class GitHubConversation:
    """What is said below one repository's pull requests."""

    def __init__(self, api: Api, repository: str, marker: str) -> None:
        self._api = api
        self._repository = f"/repos/{quote(repository)}"
        self._marker = marker

    def comment(self, request: int) -> Comment | None:
        found = self._found(request)
        return _comment(found) if found is not None else None

    def say(self, request: int, text: str) -> Comment:
        text = _cut(text)
        found = self._found(request)
        if found is not None:
            path = f"{self._repository}/issues/comments/{found['id']}"
            return _comment(found if found["body"] == text else self._api.patch(path, {"body": text}))
        return _comment(self._api.post(f"{self._repository}/issues/{request}/comments", {"body": text}))

    def report(self, commit: str, verdict: Verdict | None, page: str | None) -> None:
        state = "pending" if verdict is None else "success" if verdict.ok else "failure"
        words = verdict.words if verdict is not None else "under way"
        body = {"state": state, "context": _CONTEXT, "description": words[:_LONGEST_DESCRIPTION]}
        if page is not None:
            body["target_url"] = page
        self._api.post(f"{self._repository}/statuses/{quote(commit)}", body, is_repeatable=True)

    def approvals(self, request: int, head: str) -> list[Approval]:
        last: dict[str, dict[str, Any]] = {}
        for review in self._api.pages(f"{self._repository}/pulls/{request}/reviews"):
            # A remark does not take back what its author has said before.
            if review.get("user") is not None and review["state"] in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
                last[review["user"]["login"]] = review
        return [
            Approval(login, head, review["submitted_at"], review.get("author_association") in _COLLABORATORS)
            for login, review in last.items()
            if review["state"] == "APPROVED" and review["commit_id"] == head
        ]

    def merged(self, commit: str) -> list[Request]:
        try:
            found = list(self._api.pages(f"{self._repository}/commits/{quote(commit)}/pulls"))
        except NotThereError:
            return []
        return [Request(each["number"], each["head"]["sha"]) for each in found if each.get("merged_at")]

    def is_member(self, team: str, person: str) -> bool:
        organization, _, name = team.partition("/")
        path = f"/orgs/{quote(organization)}/teams/{quote(name)}/memberships/{quote(person)}"
        try:
            return bool(self._api.get(path)["state"] == "active")
        except NotThereError:
            return False

    def _found(self, request: int) -> dict[str, Any] | None:
        """Our comment: what an App has written that begins with the marker. People cannot write as one, but some Apps
        repeat what people have written."""
        for each in self._api.pages(f"{self._repository}/issues/{request}/comments"):
            author = each.get("user") or {}
            if (each["body"] or "").startswith(self._marker) and author.get("type") == "Bot":
                return dict(each)
        return None


def _of_request(event: Any, variables: Mapping[str, str], places: Mapping[str, str]) -> Build:
    try:
        request = event["pull_request"]
        head, base = request["head"], request["base"]
        is_fork = head["repo"] is None or head["repo"]["full_name"] != base["repo"]["full_name"]
        return Build(
            "github",
            head["ref"],
            head["sha"],
            is_main=False,
            request=request["number"],
            target=base["ref"],
            is_fork=is_fork,
            is_merged=variables.get("GITHUB_REF", "").endswith("/merge"),
            **places,
        )
    except (KeyError, TypeError) as error:
        raise _unreadable_event(variables) from error


def _event(variables: Mapping[str, str]) -> Any:
    """What started the build, as GitHub tells it in a file."""
    try:
        return json.loads(Path(_given(variables, _EVENT)).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable_event(variables) from error


def _unreadable_event(variables: Mapping[str, str]) -> UsageError:
    return UsageError(
        f"`{variables[_EVENT]}`, which `{_EVENT}` names, does not tell of a pull request",
        hint="hand on to a container that file too, under the same path",
    )


def _comment(answer: Mapping[str, Any]) -> Comment:
    return Comment(answer["body"], answer.get("html_url"))


def _cut(text: str) -> str:
    """A text that is not too long for a comment; what is left out is on the review page."""
    if len(text) <= _LONGEST_COMMENT:
        return text
    return f"{text[:_LONGEST_COMMENT]}\n\n… the rest is on the review page.\n"
