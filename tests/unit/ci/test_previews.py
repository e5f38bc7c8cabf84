"""The channel of a branch, and when it goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onward.app.releases import history
from onward.app.releases.channels import check_name, open_channels
from onward.ci.previews import close_gone, preview_of
from tests.cli.workspaces import run_git
from tests.unit.app.recorded import Recorded


@pytest.mark.parametrize("branch", ["topic", "ada/new-prices", "fix/#12", "späte-flüge", "release.2"])
def test_a_branch_has_the_channel_of_its_name(branch: str) -> None:
    assert preview_of(branch) == f"preview/{branch}"


@given(st.text(min_size=1))
@example("ada@work")
@example("飛" * 40)
@example("x" * 250)
@example("\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}")
def test_every_branch_has_a_channel(branch: str) -> None:
    check_name(preview_of(branch))


def test_two_branches_have_two_channels() -> None:
    branches = ["ada@work", "ada-work", "ada%work", "飛" * 40, "飛" * 41, "x" * 250, "x" * 251]
    assert len({preview_of(branch) for branch in branches}) == len(branches)


@pytest.fixture
def cloned(tmp_path: Path) -> Recorded:
    """A clone with a channel for each branch of the remote, and for two that are gone."""
    run_git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    run_git(tmp_path, "clone", "-q", "remote.git", "clone")
    root = tmp_path / "clone"
    for branch in ("main", "ada@work"):
        run_git(root, "checkout", "-q", "-B", branch)
        run_git(root, "commit", "-q", "--allow-empty", "-m", branch)
        run_git(root, "push", "-q", "origin", branch)
    recorded = Recorded(root)
    for channel in ("main", "weekly", preview_of("ada@work"), "preview/gone", "preview/merged"):
        history.release(recorded.opened, channel, run=recorded.run({"rate": "one"}))
    return recorded


def test_a_preview_goes_with_its_branch_and_nothing_else_does(cloned: Recorded) -> None:
    with cloned.opened:
        assert list(close_gone(cloned.opened)) == ["preview/gone", "preview/merged"]
        assert open_channels(cloned.opened) == ["main", preview_of("ada@work"), "weekly"]
        assert list(close_gone(cloned.opened)) == []


def test_what_another_build_closes_meanwhile_is_passed_over(cloned: Recorded) -> None:
    with cloned.opened:
        closing = close_gone(cloned.opened)
        assert next(closing) == "preview/gone"
        history.close(cloned.opened, "preview/merged")
        assert list(closing) == []


def test_where_the_remote_cannot_be_asked_no_branch_is_gone(cloned: Recorded) -> None:
    with cloned.opened:
        run_git(cloned.opened.place.root, "remote", "set-url", "origin", "../nowhere.git")
        assert list(close_gone(cloned.opened)) == []
        assert "preview/gone" in open_channels(cloned.opened)
