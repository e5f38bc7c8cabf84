"""Files of code that a step reads for their text, and not only to run them: then a comment counts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only what Python itself opens is seen, by design; Linux runs it"
)
STEP = "from onward import asset\nfrom clean import f\n\n\n@asset\ndef a() -> str:\n    return f()\n"


def outcome(root: Path) -> str:
    with open_workspace(root, writes=True) as opened:
        report = run(opened, RunOptions(jobs=1), Recorder())
    assert report.ok, report.steps["p/a"].error
    return report.steps["p/a"].outcome


def outcome_of_a_comment(root: Path, code: str) -> str:
    """What becomes of the step when `lib/clean.py` gets a comment."""
    workspace.write(root, {"onward.toml": "", "projects/p/steps.py": STEP, "lib/clean.py": code})
    assert outcome(root) == "made"
    workspace.write(root, {"lib/clean.py": f"{code}# a comment\n"})
    return outcome(root)


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    return open(__file__).read()\n",
        (
            "import subprocess\n\n\ndef f():\n"
            "    return subprocess.run(['cat', __file__], capture_output=True, text=True).stdout\n"
        ),
        "import linecache\n\n\ndef f():\n    return ''.join(linecache.getlines(__file__))\n",
        "from linecache import getlines as got\n\n\ndef f():\n    return ''.join(got(__file__))\n",
        (
            "import subprocess, sys\n\n\ndef f():\n"
            "    return subprocess.run([sys.executable, __file__], capture_output=True, text=True).stdout\n\n\n"
            "if __name__ == '__main__':\n    print(1)\n"
        ),
    ],
    ids=["opened", "by a program", "lines", "lines, by another name", "run by another Python"],
)
def test_code_that_is_read_counts_as_text(code: str, tmp_path: Path) -> None:
    assert outcome_of_a_comment(tmp_path, code) == "made"


@pytest.mark.parametrize(
    "code",
    [
        "import warnings\n\n\ndef f():\n    warnings.warn('odd')\n    return 'x'\n",
        (
            "import traceback\n\n\ndef g():\n    raise ValueError\n\n\ndef f():\n    try:\n        g()\n"
            "    except ValueError as error:\n        traceback.print_exception(error)\n    return 'x'\n"
        ),
        (
            "import logging\n\n\ndef f():\n    try:\n        1 / 0\n    except ZeroDivisionError:\n"
            "        logging.exception('odd')\n    return 'x'\n"
        ),
        "def f():\n    return 'x'\n",
    ],
    ids=["a warning", "an exception", "a logged traceback", "nothing"],
)
def test_code_of_which_python_shows_a_line_in_the_log_does_not(code: str, tmp_path: Path) -> None:
    assert outcome_of_a_comment(tmp_path, code) == "kept"


def test_code_behind_a_symbolic_link_counts_by_its_meaning(tmp_path: Path) -> None:
    files = {"onward.toml": "", "projects/p/steps.py": STEP, "shared/real.py": "def f():\n    return 'x'\n"}
    workspace.write(tmp_path, files)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/clean.py").symlink_to("../shared/real.py")
    assert outcome(tmp_path) == "made"
    workspace.write(tmp_path, {"shared/real.py": "def f():\n    return 'x'  # a comment\n"})
    assert outcome(tmp_path) == "kept"
    workspace.write(tmp_path, {"shared/real.py": "def f():\n    return 'y'\n"})
    assert outcome(tmp_path) == "made"
