"""What all tests share: plain surroundings, the settings of hypothesis, and the browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import s3 as servers

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# No test, and nothing that a test starts, depends on how the caller's shell is set.
_OF_SHELLS = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "CI")
_OF_BUILDS = ("GITHUB_ACTIONS", "GITLAB_CI", "ONWARD_BRANCH")
for _name in (*_OF_SHELLS, *_OF_BUILDS):
    os.environ.pop(_name, None)

# `ci`: the same examples on every machine. `explore`: other ones each time, for a developer who looks
# for trouble (`ONWARD_TEST_PROFILE=explore make test`).
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("ONWARD_TEST_PROFILE", "ci"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of onward's own repository."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[servers.Server]:
    """A real S3 server, for all tests of one process."""
    with servers.serving() as server:
        yield server


@pytest.fixture
def s3(s3_server: servers.Server, monkeypatch: pytest.MonkeyPatch) -> servers.Server:
    """The S3 server, as what the environment says of S3."""
    for name, value in s3_server.variables.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium. A test that asks for it fails, with the reason, where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("no Chromium on this machine: install it (Debian: `apt-get install chromium`)")
    return found
