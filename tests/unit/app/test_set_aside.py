"""What an import can find beside the workspace's own code: files that git ignores, and compiled modules."""

from __future__ import annotations

import py_compile
import subprocess
from pathlib import Path

import pytest

import onward
from onward.app.reading.code import ImportPath
from onward.testing import workspace

STEPS = """
=== onward.toml
=== .gitignore
_*.py
*.pyc
=== lib/_version.py
VERSION = 1
=== lib/_unused.py
VERSION = 1
=== projects/p/steps.py
from onward import asset
import _version

@asset
def ignored():
    return {"version": _version.VERSION}
=== projects/p/fast_steps.py
from onward import asset
import fast

@asset
def compiled():
    return {"value": fast.value()}
=== projects/p/others.py
from onward import asset

@asset
def neither():
    return {"value": 1}
=== projects/p/_generated.py
from onward import asset

@asset
def never():
    return {"value": 1}
"""


def compile_module(root: Path, value: int) -> None:
    source = root / "fast_source.txt"
    source.write_text(f"def value():\n    return {value}\n")
    py_compile.compile(str(source), cfile=str(root / "lib/fast.pyc"), doraise=True)
    source.unlink()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = workspace.write(tmp_path / "w", STEPS)
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    compile_module(root, 1)
    return root


def run(root: Path) -> dict[str, tuple[str, object]]:
    with onward.Workspace(root) as opened:
        report = opened.run()
        return {name.removeprefix("p/"): (record.outcome, record.assets) for name, record in report.steps.items()}


def outcomes(root: Path) -> dict[str, str]:
    return {name: outcome for name, (outcome, _) in run(root).items()}


def test_what_git_ignores_is_no_step_and_counts_for_whoever_imports_it(root: Path) -> None:
    first = run(root)
    assert set(first) == {"ignored", "compiled", "neither"}
    assert set(outcomes(root).values()) == {"kept"}
    (root / "lib/_version.py").write_text("VERSION = 2\n")
    edited = run(root)
    assert edited["ignored"][0] == "made"
    assert edited["ignored"][1] != first["ignored"][1]
    assert edited["neither"][0] == "kept"


def test_an_edit_of_what_is_ignored_and_not_imported_reaches_nothing(root: Path) -> None:
    run(root)
    (root / "lib/_unused.py").write_text("VERSION = 2\n")
    assert outcomes(root) == {"ignored": "kept", "neither": "kept", "compiled": "made"}, "who knows what that imports"
    (root / "lib/fast.pyc").unlink()
    (root / "projects/p/fast_steps.py").unlink()
    with onward.Workspace(root) as opened:
        basis = opened.run().run.basis
        (root / "lib/_unused.py").write_text("VERSION = 3\n")
        assert opened.run().run.basis == basis, "what nobody imports is no part of what results rest on"


def test_a_compiled_module_counts_by_its_bytes(root: Path) -> None:
    first = run(root)
    compile_module(root, 2)
    edited = run(root)
    assert edited["compiled"][0] == "made"
    assert edited["compiled"][1] != first["compiled"][1]


def test_a_compiled_module_that_goes_fails_its_importers(root: Path) -> None:
    run(root)
    (root / "lib/fast.pyc").unlink()
    with onward.Workspace(root) as opened:
        steps = opened.run(keep_going=True).steps
    assert {name: steps[f"p/{name}"].outcome for name in ("ignored", "compiled", "neither")} == {
        "ignored": "kept",
        "compiled": "failed",
        "neither": "kept",
    }


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["lib/a.py", "lib/a.x.so"], "lib/a.x.so"),
        (["lib/a.py", "lib/a.other.so"], "lib/a.py"),
        (["lib/a.so", "lib/a.x.so"], "lib/a.x.so"),
        (["lib/a/__init__.py", "lib/a.x.so"], "lib/a/__init__.py"),
        (["lib/a.pyc", "lib/a.py"], "lib/a.py"),
        (["lib/a.pyc"], "lib/a.pyc"),
        (["lib/a.pyx"], "lib/a.pyx"),
        (["lib/a.pyx", "lib/a.so"], "lib/a.so"),
    ],
)
def test_of_one_name_the_file_wins_that_python_takes(files: list[str], found: str) -> None:
    path = ImportPath(("lib",), files, {"lib"}, (".x.so", ".so"))
    assert path.find("a") == found
    assert path.importable("") == ["a"]
