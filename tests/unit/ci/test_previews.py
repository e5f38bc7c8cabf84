"""The channel of a branch."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onward.app.channels import check_name
from onward.ci.previews import preview_of


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
