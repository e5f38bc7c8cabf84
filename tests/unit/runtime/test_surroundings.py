"""What a step's process settles of libraries, and that settling it again changes nothing."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onward.runtime import loader, surroundings


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    module: Any = importlib.metadata
    before = getattr(module.FastPath.children, "__wrapped__", module.FastPath.children)
    monkeypatch.setattr(module.FastPath, "children", before)
    loader.searched.clear()
    yield module
    loader.searched.clear()


def test_the_listings_that_look_for_packages_are_counted_once(metadata: Any, tmp_path: Path) -> None:
    (tmp_path / "one-1.0.dist-info").mkdir()
    for _ in range(2_000):
        surroundings._settle_metadata(metadata)
    assert list(metadata.FastPath(str(tmp_path)).children()) == ["one-1.0.dist-info"]
    assert loader.searched == {str(tmp_path): 1}
