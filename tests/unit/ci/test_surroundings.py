"""What a build's environment gets while it lasts, and that it is as before afterwards."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from onward.base.errors import UsageError
from onward.ci.surroundings import surroundings
from tests.cli.workspaces import run_git


def test_the_store_finds_its_credentials_while_a_build_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-1")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    before = dict(os.environ)
    text = "AWS_REGION=eu-1\n\n AWS_SECRET_ACCESS_KEY=a=b\n"
    with surroundings("git", {"ONWARD_STORE_CREDENTIALS": text}):
        assert os.environ["AWS_REGION"] == "eu-1"
        assert os.environ["AWS_SECRET_ACCESS_KEY"] == "a=b"
    assert dict(os.environ) == before


def test_git_reaches_github_with_the_token_and_without_writing_it_down(tmp_path: Path) -> None:
    before = dict(os.environ)
    with surroundings("github", {"GITHUB_TOKEN": "hunter2"}):
        said = subprocess.check_output(
            ["git", "config", "http.https://github.com/.extraheader"], cwd=tmp_path, text=True
        ).strip()
    assert base64.b64decode(said.rpartition(" ")[2]) == b"x-access-token:hunter2"
    assert dict(os.environ) == before


def test_what_is_set_for_git_already_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a container the way to trust its folders is often this one."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "/builds")
    before = dict(os.environ)
    with surroundings("github", {"GITHUB_TOKEN": "hunter2"}):
        said = subprocess.check_output(["git", "config", "--get-all", "safe.directory"], cwd=tmp_path, text=True)
    assert "/builds" in said.split()
    assert dict(os.environ) == before


def test_git_sends_the_token_once_although_the_checkout_has_left_one(tmp_path: Path) -> None:
    """GitHub refuses a request with two of them, and its own action leaves one unless it is told not to."""
    seen: list[list[str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get_all("Authorization") or [])
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own
            del format, args

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    run_git(tmp_path, "init", "-q")
    run_git(tmp_path, "config", f"http.{address}/.extraheader", "AUTHORIZATION: basic old")
    with surroundings("github", {"GITHUB_TOKEN": "hunter2", "GITHUB_SERVER_URL": address}):
        subprocess.run(["git", "ls-remote", f"{address}/a/b"], cwd=tmp_path, capture_output=True, check=False)
    server.shutdown()
    server.server_close()
    assert [[base64.b64decode(each.split()[-1]) for each in all_sent] for all_sent in seen] == [
        [b"x-access-token:hunter2"]
    ]


def test_credentials_of_a_wrong_form_are_refused_and_nothing_is_set() -> None:
    before = dict(os.environ)
    with pytest.raises(UsageError) as refusal, surroundings("git", {"ONWARD_STORE_CREDENTIALS": "A=1\nhunter2"}):
        pass
    assert "hunter2" not in repr(refusal.value.describe())
    assert dict(os.environ) == before
