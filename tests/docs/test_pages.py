"""Every sample in the README and in docs/ runs, and prints what its page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.harness import read_page, run_page

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = sorted(path for path in (REPOSITORY / "README.md", *REPOSITORY.glob("docs/**/*.md")))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_the_samples_of_the_page_run_as_shown(path: Path, tmp_path: Path) -> None:
    page = read_page(path.relative_to(REPOSITORY).as_posix(), path.read_text("utf-8"))
    run_page(page, tmp_path)
