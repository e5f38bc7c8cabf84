"""Imports of the workspace's own modules: by what they say, and of installed ones as Python does it.

Each runs in a process of its own, for `install` changes how the whole process imports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import onward
from onward.testing import workspace

PROGRAM = """
import importlib, json, os, sys
sys.dont_write_bytecode = False
task = json.loads(sys.argv[1])
sys.path.insert(0, task["package"])
from onward.runtime import loader
sys.path.insert(0, task["path"])
loader.install(task["root"], task["outside"], task["folder"], task["roots"])
for path, text, state in task["edits"]:
    module = importlib.import_module("answer")
    print(json.dumps([module.VALUE, type(module.__spec__.loader).__name__]))
    with open(path, "w") as file:
        file.write(text)
    os.utime(path, ns=tuple(state))
    del sys.modules["answer"]
module = importlib.import_module("answer")
print(json.dumps([module.VALUE, type(module.__spec__.loader).__name__]))
"""


def _import(
    root: Path, folder: Path, *edits: str, is_root: bool = True, outside: tuple[Path, ...] = ()
) -> list[list[object]]:
    """What `answer.VALUE` of `folder` is and which loader brought it, before and after each edit of its file.

    The edits leave the file its size and its times. `is_root`: the folder is one of the step's import path.
    """
    path = folder / "answer.py"
    status = path.stat()
    assert all(len(text) == status.st_size for text in edits)
    task = {
        "package": str(Path(onward.__file__).parents[1]),
        "path": str(folder),
        "root": str(root),
        "roots": [str(folder)] if is_root else [],
        "outside": [str(place) for place in outside],
        "folder": str(root / ".onward" / "bytecode"),
        "edits": [[str(path), text, [status.st_atime_ns, status.st_mtime_ns]] for text in edits],
    }
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(task)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=variables,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return workspace.write(tmp_path / "work", {"lib/answer.py": "VALUE = 1\n"})


def test_an_edit_of_the_same_size_and_time_gives_the_new_code(root: Path) -> None:
    lib = root / "lib"
    assert _import(root, lib, "VALUE = 2\n") == [[1, "SourceByDigest"], [2, "SourceByDigest"]]
    assert _import(root, lib, "VALUE = 1\n") == [[2, "SourceByDigest"], [1, "SourceByDigest"]]
    assert not (lib / "__pycache__").exists()


def test_compiled_code_is_kept_by_the_digest_of_its_source(root: Path) -> None:
    kept = root / ".onward" / "bytecode"
    _import(root, root / "lib")
    (first,) = [path for path in kept.rglob("*") if path.is_file()]
    written = first.stat().st_mtime_ns
    _import(root, root / "lib", "VALUE = 2\n")
    assert len([path for path in kept.rglob("*") if path.is_file()]) == 2
    assert first.stat().st_mtime_ns == written, "what is kept is taken and not written again"


def test_damaged_compiled_code_is_compiled_anew(root: Path) -> None:
    _import(root, root / "lib")
    (kept,) = [path for path in (root / ".onward" / "bytecode").rglob("*") if path.is_file()]
    whole = kept.read_bytes()
    for damaged in (b"", b"no code", whole[:-1], whole[:32] + b"N"):
        kept.write_bytes(damaged)
        assert _import(root, root / "lib") == [[1, "SourceByDigest"]]
        assert kept.read_bytes() == whole


def test_an_installed_package_in_the_workspace_keeps_python_s_own_cache(root: Path) -> None:
    packages = workspace.write(root / ".venv" / "lib", {"answer.py": "VALUE = 1\n"})
    assert _import(root, packages, is_root=False, outside=(packages,)) == [[1, "SourceFileLoader"]]
    assert list((packages / "__pycache__").glob("answer.*.pyc"))


def test_a_folder_outside_of_the_workspace_keeps_python_s_own_cache(root: Path, tmp_path: Path) -> None:
    elsewhere = workspace.write(tmp_path / "elsewhere", {"answer.py": "VALUE = 1\n"})
    assert _import(root, elsewhere, is_root=False) == [[1, "SourceFileLoader"]]
    assert list((elsewhere / "__pycache__").glob("answer.*.pyc"))


def test_a_root_of_imports_behind_a_symbolic_link_is_the_workspace_s_code(root: Path, tmp_path: Path) -> None:
    shared = workspace.write(tmp_path / "shared", {"answer.py": "VALUE = 1\n"})
    (root / "src").symlink_to(shared)
    assert _import(root, root / "src", "VALUE = 2\n") == [[1, "SourceByDigest"], [2, "SourceByDigest"]]
    assert not (shared / "__pycache__").exists()


def test_a_workspace_behind_a_symbolic_link_is_the_same_workspace(root: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    # A folder that is no root of the step's, so that only its real place can tell.
    found = _import(link, link / "lib", "VALUE = 2\n", is_root=False)
    assert found == [[1, "SourceByDigest"], [2, "SourceByDigest"]]
    assert not (root / "lib" / "__pycache__").exists()
