"""GitLab and its pipelines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from typing import Any
from urllib.parse import quote

from onward.hosts.http import Api, NotThereError
from onward.model.hosting import Approval, Build, Comment, Request, Verdict
from onward.model.ports import Conversation

_CONTEXT = "onward"
_LONGEST_NOTE = 900_000


class GitLab:
    """The host GitLab, on gitlab.com or a server of one's own."""

    name = "gitlab"
    ci_path = ".gitlab-ci.yml"
    owners_path = ".gitlab/CODEOWNERS"
    owners_paths: Sequence[str] = ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
    token = "ONWARD_GITLAB_TOKEN"

    def build(self, variables: Mapping[str, str], main: str) -> Build | None:
        if variables.get("GITLAB_CI") != "true":
            return None
        job = variables.get("CI_JOB_URL")
        places = {
            "repository": variables.get("CI_MERGE_REQUEST_PROJECT_ID") or variables.get("CI_PROJECT_ID"),
            "server": variables.get("CI_API_V4_URL", "https://gitlab.com/api/v4"),
            "page": job,
            "artifacts": f"{job}/artifacts/browse" if job else None,
        }
        commit = variables.get("CI_COMMIT_SHA")
        request = variables.get("CI_MERGE_REQUEST_IID")
        if request:
            source, own = variables.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), variables["CI_MERGE_REQUEST_PROJECT_ID"]
            return Build(
                "gitlab",
                variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"),
                variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or commit,
                is_main=False,
                request=int(request),
                target=variables.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
                is_fork=source != own,
                is_merged=variables.get("CI_MERGE_REQUEST_EVENT_TYPE") in ("merged_result", "merge_train"),
                **places,
            )
        branch = variables.get("CI_COMMIT_BRANCH") or None
        return Build("gitlab", branch, commit, is_main=branch == main, **places)

    def converse(self, build: Build, variables: Mapping[str, str], marker: str) -> Conversation | None:
        token = variables.get(self.token, "").strip()
        if not token or build.repository is None or build.server is None:
            return None
        return GitLabConversation(Api(build.server, {"PRIVATE-TOKEN": token}), build.repository, marker)

    def summarize(self, variables: Mapping[str, str], text: str) -> bool:
        del variables, text
        return False

    def git_settings(self, variables: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        del variables
        return ()  # what GitLab has checked out knows already how to ask for more

    def ci_file(self, tools: Mapping[str, str], main: str, *, pushes: bool) -> str:
        del pushes
        text = resources.files("onward.hosts").joinpath("gitlab.yml").read_text("utf-8")
        for name, version in tools.items():
            text = text.replace(f"{{{name}}}", version)
        return text.replace("{main}", json.dumps(main, ensure_ascii=False))


class GitLabConversation:
    """What is said below one project's merge requests."""

    def __init__(self, api: Api, project: str, marker: str) -> None:
        self._api = api
        self._project = f"/projects/{quote(project, safe='')}"
        self._marker = marker
        self._own_name: str | None = None

    def comment(self, request: int) -> Comment | None:
        found = self._found(request)
        return Comment(found["body"]) if found is not None else None

    def say(self, request: int, text: str) -> Comment:
        text = text[:_LONGEST_NOTE]
        found = self._found(request)
        notes = f"{self._project}/merge_requests/{request}/notes"
        if found is None:
            found = self._api.post(notes, {"body": text})
        elif found["body"] != text:
            found = self._api.put(f"{notes}/{found['id']}", {"body": text})
        return Comment(found["body"])

    def report(self, commit: str, verdict: Verdict | None, page: str | None) -> None:
        state = "running" if verdict is None else "success" if verdict.ok else "failed"
        body = {"state": state, "name": _CONTEXT, "description": verdict.words[:255] if verdict else "under way"}
        if page is not None:
            body["target_url"] = page
        self._api.post(f"{self._project}/statuses/{quote(commit)}", body, is_repeatable=True)

    def approvals(self, request: int, head: str) -> list[Approval]:
        """GitLab does not say which head somebody approved: those count that came after it was pushed. Nobody but a
        member of the project can approve there."""
        where = f"{self._project}/merge_requests/{request}"
        answer = self._api.get(f"{where}/approvals")
        pushed = self._pushed_at(where, head)
        if pushed is None:
            return []
        return [
            Approval(each["user"]["username"], head, at, is_collaborator=True)
            for each in answer["approved_by"]
            if (at := each.get("approved_at") or self._said_yes_at(where, each["user"])) and _time(at) > pushed
        ]

    def merged(self, commit: str) -> list[Request]:
        try:
            found = list(self._api.pages(f"{self._project}/repository/commits/{quote(commit)}/merge_requests"))
        except NotThereError:
            return []
        return [Request(each["iid"], each["sha"]) for each in found if each["state"] == "merged"]

    def is_member(self, team: str, person: str) -> bool:
        path = f"/groups/{quote(team, safe='')}/members/all?query={quote(person)}"
        return any(each["username"] == person and each["state"] == "active" for each in self._api.pages(path))

    def _found(self, request: int) -> dict[str, Any] | None:
        """Our note: what this token's user has written that begins with the marker."""
        if self._own_name is None:
            self._own_name = self._api.get("/user")["username"]
        for note in self._api.pages(f"{self._project}/merge_requests/{request}/notes"):
            if (note["body"] or "").startswith(self._marker) and note["author"]["username"] == self._own_name:
                return dict(note)
        return None

    def _pushed_at(self, where: str, head: str) -> datetime | None:
        """When a head was pushed; None where it is not the newest, which alone can be merged."""
        newest = next(iter(self._api.pages(f"{where}/versions")), None)
        return _time(newest["created_at"]) if newest is not None and newest["head_commit_sha"] == head else None

    def _said_yes_at(self, where: str, user: Mapping[str, Any]) -> str | None:
        """When somebody approved last, from what the request's log says: older servers tell it nowhere else."""
        said = [
            note["created_at"]
            for note in self._api.pages(f"{where}/notes")
            if note["system"]
            and note["author"]["username"] == user["username"]
            and note["body"].startswith("approved this merge request")
        ]
        return max(said, key=_time, default=None)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
