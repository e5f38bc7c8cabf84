"""Workspaces that many tests of the command line look at, made once; who changes one takes a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.program import onward
from tests.cli.workspaces import QUERY, SHOP, write


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop with its query, made once and released. Only to be looked at."""
    root = write(tmp_path_factory.mktemp("made") / "shop", SHOP | QUERY)
    assert onward(root, "run").status == 0
    assert onward(root, "release").status == 0
    return root


@pytest.fixture(scope="session")
def _plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write(tmp_path_factory.mktemp("plain") / "shop", SHOP)
    assert onward(root, "run").status == 0
    return root


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The shop without its query, nothing made."""
    return write(tmp_path / "shop", SHOP)


@pytest.fixture
def made_shop(_plain: Path, tmp_path: Path) -> Path:
    """A copy of the shop with everything made: another folder with equal contents and its own store."""
    return Path(shutil.copytree(_plain, tmp_path / "shop", symlinks=True))


Writer = Callable[..., Path]


@pytest.fixture
def workspace(tmp_path: Path) -> Writer:
    """Writes a workspace of given files below the test's folder."""

    def make(files: dict[str, str | bytes], name: str = "work", *, git: bool = True) -> Path:
        return write(tmp_path / name, files, git=git)

    return make
