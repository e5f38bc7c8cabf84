"""What a build's environment gets while it lasts, and that it is as before afterwards."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path

import pytest

from onward.base.errors import UsageError
from onward.ci.surroundings import surroundings


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


def test_credentials_of_a_wrong_form_are_refused_and_nothing_is_set() -> None:
    before = dict(os.environ)
    with pytest.raises(UsageError) as refusal, surroundings("git", {"ONWARD_STORE_CREDENTIALS": "A=1\nhunter2"}):
        pass
    assert "hunter2" not in repr(refusal.value.describe())
    assert dict(os.environ) == before
