"""Every sample in the README and in docs/ runs, and prints what its page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.harness import read_page, run_page

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = sorted(path for path in (REPOSITORY / "README.md", *REPOSITORY.glob("docs/**/*.md")))
LONG = {"docs/tutorial/demonstration.md"}
"""It builds and edits the whole demonstration, as the README's walk does in `tests/golden`."""


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=[pytest.mark.long] if name_of(path) in LONG else []) for path in PAGES],
    ids=name_of,
)
def test_the_samples_of_the_page_run_as_shown(path: Path, tmp_path: Path) -> None:
    page = read_page(name_of(path), path.read_text("utf-8"))
    run_page(page, tmp_path)
