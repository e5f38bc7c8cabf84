"""What a step's process says of the modules that it loaded and looked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from onward.testing import workspace

FILES = """
=== site-packages/plain/__init__.py
=== site-packages/plain/inner/__init__.py
=== site-packages/single.py
=== site-packages/shared/one/__init__.py
=== site-packages/shared/two/__init__.py
=== site-packages/renames.py
import sys
from plain import inner
sys.modules["another_name"] = inner
=== workspace/own.py
=== elsewhere/apart.py
"""
PROGRAM = """
import json, sys
from onward.runtime import surroundings
surroundings.watch_imports()
before = set(surroundings.loaded_modules("{root}/workspace"))
sys.path += ["{root}/site-packages", "{root}/workspace", "{root}/elsewhere"]
{code}
loaded = surroundings.loaded_modules("{root}/workspace")
print(json.dumps([sorted(set(loaded) - before), surroundings.missing_modules()]))
"""


def told(folder: Path, code: str) -> list[list[str]]:
    workspace.write(folder, FILES)
    package = Path(__file__).resolve().parents[3] / "src"
    program = f"import sys; sys.path.insert(0, {str(package)!r})\n" + PROGRAM.format(root=folder, code=code)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_installed_modules_are_told_by_where_their_files_lie(tmp_path: Path) -> None:
    loaded, _ = told(tmp_path, "import plain.inner, single, renames, shared.two, own, json, decimal")
    assert loaded == ["plain", "renames", "shared.two", "single"]


def test_a_module_from_elsewhere_is_told_by_its_name(tmp_path: Path) -> None:
    assert told(tmp_path, "import apart")[0] == ["apart"]


def test_what_was_looked_for_in_vain_is_told_and_what_was_found_is_not(tmp_path: Path) -> None:
    code = """
try:
    import nowhere.inner
except ImportError:
    import plain
from importlib.util import find_spec
assert find_spec("single")
"""
    assert told(tmp_path, code)[1] == ["nowhere", "single"]


def test_asking_what_is_installed_is_told(tmp_path: Path) -> None:
    assert "importlib.metadata" in told(tmp_path, "import importlib.metadata")[0]
