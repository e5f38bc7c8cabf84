"""A team and what it works with: a remote, people with clones, an empty machine for each build, a host, readers.

Nobody here does anything but what people do: type git and onward, push, open a request, approve it, read the site.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onward.base import clock
from onward.testing.hosts import FORK, OWN_REPOSITORY, READING_TOKEN, TOKEN, FakeGitHub
from tests.cli.program import PROGRAM, Answer, ended, in_process

MAIN = "main"
_GIT_TIME_S = 60
_BUILD_TIME_S = 180

Install = Callable[[Path], None]


def git(folder: Path, *words: str, fails: bool = False) -> str:
    """What git says in a folder; with `fails`, it has to refuse, and that is what it says."""
    done = subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=_GIT_TIME_S, check=False
    )
    assert (done.returncode != 0) == fails, f"git {' '.join(words)}: {done.stdout}{done.stderr}"
    return (done.stderr if fails else done.stdout).strip()


@dataclass
class Request:
    """A pull request as the host has it."""

    number: int
    branch: str
    head: str
    is_fork: bool = False


@dataclass
class Build:
    """One build, on a machine that was empty before and is gone afterwards."""

    answer: Answer
    review: str = ""
    """The review page, as the service keeps it."""

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def counts(self) -> dict[str, int]:
        found: dict[str, int] = self.answer.json["counts"]
        return found

    @property
    def released(self) -> str | None:
        """The release, as `main@3`; None where there is none."""
        found = self.answer.json["released"]
        return None if found is None else f"{found['channel']}@{found['number']}"

    @property
    def held(self) -> dict[str, str]:
        """What holds the release, by asset."""
        return {hold["asset"]: hold["reason"] for hold in self.answer.json["held"]}


class Person:
    """Somebody with a clone of their own, which stays."""

    def __init__(self, team: Team, name: str, remote: Path) -> None:
        self.team = team
        self.name = name
        self.folder = team.folder / "people" / name
        git(team.folder, "clone", "-q", str(remote), str(self.folder))
        for setting, value in (("user.name", name), ("user.email", f"{name}@example.org"), ("commit.gpgsign", "false")):
            git(self.folder, "config", setting, value)
        team.install(self.folder)

    def git(self, *words: str, fails: bool = False) -> str:
        return git(self.folder, *words, fails=fails)

    def onward(self, *words: str) -> Answer:
        """What onward says to them, in a process of its own."""
        return in_process(self.folder, *words, **self.team.variables)

    def write(self, files: Mapping[str, str | None]) -> None:
        """Writes files; None takes one away."""
        for name, text in files.items():
            path = self.folder / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replaces a piece of a file, which has to be there once."""
        path = self.folder / name
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"`{old}` is {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), "utf-8")

    def begin(self, branch: str) -> None:
        """A new branch from what the main one is now."""
        self.git("fetch", "-q", "--prune", "origin")
        self.git("checkout", "-q", "--no-track", "-B", branch, f"origin/{MAIN}")
        self.team.install(self.folder)

    def commit(self, message: str) -> str:
        """Commits all that there is."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def push(self, *words: str) -> None:
        self.git("push", "-q", *words, "origin", "HEAD")


@dataclass
class Team:
    """Everybody, and everything that outlasts a build.

    Attributes:
        folder: where all of it lies.
        install: brings a clone's environment to what its lock says, as `uv sync` would.
    """

    folder: Path
    install: Install
    requests: dict[int, Request] = field(default_factory=dict)
    builds: int = 0

    def __post_init__(self) -> None:
        self.remote = self.folder / "remote.git"
        self.store = self.folder / "store of the team"
        self.site = self.folder / "site"
        self.host = FakeGitHub(self._made(self.folder / "host"))
        self.variables: dict[str, str] = {}
        git(self.folder, "init", "-q", "--bare", "-b", MAIN, str(self.remote))

    def close(self) -> None:
        self.host.close()

    def _made(self, folder: Path) -> Path:
        folder.mkdir(parents=True)
        return folder

    def join(self, name: str) -> Person:
        """Somebody comes, with a fresh clone."""
        return Person(self, name, self.remote)

    # The host of code.

    def open_request(self, by: Person, branch: str, *, remote: Path | None = None) -> Request:
        """Opens a request for a branch that is pushed."""
        number = len(self.requests) + 1
        request = Request(number, branch, by.git("rev-parse", "HEAD"), is_fork=remote is not None)
        self.requests[number] = request
        git(self.remote, "fetch", "-q", str(remote or self.remote), f"+{branch}:refs/pull/{number}/head")
        return request

    def approve(self, request: Request, by: str) -> None:
        """Somebody says yes to the request as it is now."""
        reviews = self.host.world.reviews.setdefault(request.number, [])
        reviews.append((by, "approved", request.head, clock.text_of(clock.now())))

    def merge(self, request: Request, by: Person) -> str:
        """Merges a request with a commit of its own, and takes its branch away, as the button of a host does."""
        folder = self.folder / f"merge of {request.number}"
        git(self.folder, "clone", "-q", str(self.remote), str(folder))
        git(folder, "fetch", "-q", "origin", f"refs/pull/{request.number}/head")
        git(
            folder, "-c", f"user.name={by.name}", "-c", f"user.email={by.name}@example.org", "merge", "-q", "--no-ff",
            "-m", f"Merge request {request.number}", "FETCH_HEAD",
        )  # fmt: skip
        git(folder, "push", "-q", "origin", MAIN)
        if not request.is_fork:
            git(folder, "push", "-q", "origin", "--delete", request.branch)
        commit = git(folder, "rev-parse", "HEAD")
        self.host.world.merged[commit] = [(request.number, request.head, True)]
        shutil.rmtree(folder)
        return commit

    def comments(self, request: Request) -> list[str]:
        """What the builds have said under a request."""
        return [said.text for said in self.host.world.comments.get(request.number, ())]

    def status(self, request: Request) -> str:
        """The last status of a request's head."""
        return self.host.world.statuses[request.head][-1][0]

    # Builds.

    def build_main(self, commit: str | None = None, **variables: str) -> Build:
        """The build of the main branch, as it is, or as it was at a commit."""
        return self._built(self.start_main(commit, **variables))

    def start_main(self, commit: str | None = None, **variables: str) -> tuple[Path, subprocess.Popen[str]]:
        """Starts the build of the main branch on a machine of its own."""
        at = commit or git(self.remote, "rev-parse", MAIN)
        return self._start(MAIN, at, self.host.on_main(at) | variables)

    def end(self, started: tuple[Path, subprocess.Popen[str]]) -> Build:
        """The end of a build that was started."""
        return self._built(started)

    def build(self, request: Request, **variables: str) -> Build:
        """The build of a request, of what merging it would give."""
        git(self.remote, "fetch", "-q", ".", f"+{request.branch}:refs/pull/{request.number}/head") if (
            not request.is_fork
        ) else None
        request.head = git(self.remote, "rev-parse", f"refs/pull/{request.number}/head")
        event = self.folder / "host" / f"event-{request.number}.json"
        head_repository = FORK if request.is_fork else OWN_REPOSITORY
        pull = {
            "number": request.number,
            "head": {"ref": request.branch, "sha": request.head, "repo": {"full_name": head_repository}},
            "base": {"ref": MAIN, "repo": {"full_name": OWN_REPOSITORY}},
        }
        event.write_text(json.dumps({"pull_request": pull}), "utf-8")
        merged = self._merged(request)
        about = {
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": f"refs/pull/{request.number}/merge",
            "GITHUB_SHA": merged,
            "GITHUB_TOKEN": READING_TOKEN if request.is_fork else TOKEN,
        }
        return self._built(
            self._start(f"refs/pull/{request.number}/merge", merged, self.host.variables | about | variables)
        )

    def _merged(self, request: Request) -> str:
        """The commit that a host keeps ready: the request, merged into the main branch as it is."""
        folder = self.folder / "merging"
        git(self.folder, "clone", "-q", str(self.remote), str(folder))
        git(folder, "fetch", "-q", "origin", request.head)
        who = ("-c", "user.name=host", "-c", "user.email=host@example.org")
        git(folder, *who, "merge", "-q", "--no-ff", "-m", "merged", request.head)
        git(folder, "push", "-q", "-f", "origin", f"HEAD:refs/pull/{request.number}/merge")
        commit = git(folder, "rev-parse", "HEAD")
        shutil.rmtree(folder)
        return commit

    def _start(self, ref: str, commit: str, variables: Mapping[str, str]) -> tuple[Path, subprocess.Popen[str]]:
        """Checks out one commit, as the services do it, on an empty machine, and starts the build there."""
        self.builds += 1
        machine = self._made(self.folder / "machines" / str(self.builds))
        root = machine / "work"
        git(machine, "init", "-q", str(root))
        git(root, "remote", "add", "origin", self.remote.as_uri())
        git(root, "fetch", "-q", "--depth=1", "origin", f"+{commit}:refs/remotes/origin/built")
        if ref == MAIN:
            git(root, "checkout", "-q", "-B", MAIN, commit)
        else:
            git(root, "checkout", "-q", "--detach", commit)
        self.install(root)
        home = self._made(machine / "home")
        surroundings = {**os.environ, **self.variables, **variables, "HOME": str(home), "CI": "true"}
        process = subprocess.Popen(
            [*PROGRAM, "ci", "--json"], cwd=root, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        )  # fmt: skip
        return machine, process

    def _built(self, started: tuple[Path, subprocess.Popen[str]]) -> Build:
        machine, process = started
        answer = ended(process, _BUILD_TIME_S)
        built = Build(answer)
        said: dict[str, Any] = json.loads(answer.out) if answer.out else {}
        if said.get("review"):
            built.review = (machine / "work" / said["review"]).read_text("utf-8")
        shutil.rmtree(machine)
        return built

    # Readers.

    def read(self, page: str) -> str:
        """What a reader of the site sees on a page, without its marks."""
        text = (self.site / page).read_text("utf-8")
        body = re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL)
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))
