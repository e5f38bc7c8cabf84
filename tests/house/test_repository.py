"""What holds for the files around the source: the lock, the Makefile, the pages, the change fragments."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
KINDS_OF_CHANGE = ("breaking", "added", "changed", "fixed", "removed", "security")


def lines_of(name: str) -> list[str]:
    return (REPOSITORY / name).read_text("utf-8").splitlines()


def targets_of_the_makefile() -> set[str]:
    return {found[1] for line in lines_of("Makefile") if (found := re.match(r"([a-z][a-z-]*):", line))}


def test_the_lock_names_every_version_and_digest_and_no_registry() -> None:
    lines = lines_of("requirements.lock")
    requirements = [at for at, line in enumerate(lines) if re.match(r"[A-Za-z0-9]", line)]
    assert len(requirements) > 50
    for at in requirements:
        assert re.match(r"\S+==\S+ .*\\$", lines[at]), lines[at]
        assert lines[at + 1].strip().startswith("--hash=sha256:"), lines[at]
    assert [line for line in lines if "://" in line or "--index" in line or "--find" in line] == []


def test_no_lock_with_addresses_is_tracked() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    tracked = listed.stdout.splitlines()
    assert "requirements.lock" in tracked
    assert [path for path in tracked if path.rpartition("/")[2] == "uv.lock" and "/" not in path] == []


def test_every_make_that_a_page_names_exists() -> None:
    pages = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *REPOSITORY.glob("docs/**/*.md")]
    named = {
        target
        for page in pages
        for target in re.findall(r"(?:^\$ *|`)make ([a-z][a-z-]*)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert {"test", "check"} <= named
    assert named - targets_of_the_makefile() == set()


def test_every_target_of_the_makefile_is_phony_and_explained() -> None:
    text = (REPOSITORY / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == targets_of_the_makefile()
    assert set(re.findall(r"^([a-z-]+):.*## \S", text, re.MULTILINE)) == targets_of_the_makefile()


def test_the_first_target_lists_the_others() -> None:
    done = subprocess.run(["make"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^  make ([a-z-]+) ", done.stdout, re.MULTILINE))
    assert listed == targets_of_the_makefile()


def test_change_fragments_are_named_by_issue_and_kind() -> None:
    kinds = "|".join(KINDS_OF_CHANGE)
    fragments = [path for path in REPOSITORY.glob("changes/*") if path.name != "README.md"]
    assert [path.name for path in fragments if not re.fullmatch(rf"\d+\.({kinds})\.md", path.name)] == []
    assert set(KINDS_OF_CHANGE) <= set(re.findall(r"`(\w+)`", "\n".join(lines_of("CONTRIBUTING.md"))))


def test_what_ci_runs_is_a_program_that_asks_nothing() -> None:
    program = REPOSITORY / ".ci" / "run"
    assert program.stat().st_mode & 0o111
    text = program.read_text("utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "exec </dev/null" in text and "make check" in text
