"""Steps that list folders, into which they or others write."""

from __future__ import annotations

from pathlib import Path

import pytest

import onward
from onward.testing import workspace

SCRIPTS = {
    "glob": "import glob\nnames = glob.glob('out/*.txt')\nopen('out/count.txt', 'w').write(str(len(names)))\n",
    "folder": "import os\nnames = os.listdir('out')\nopen('out/count.txt', 'w').write(str(len(names)))\n",
    "folder of folders": "import os\nos.makedirs('out/sub', exist_ok=True)\nnames = os.listdir('out')\n"
    "open('out/sub/count.txt', 'w').write(str(len(names)))\n",
}
LISTED = "import onward as ow\nfrom pathlib import Path\now.metric('n', len(list(Path('out').glob('**/*.txt'))))\n"


def _outcomes(folder: Path) -> dict[str, str]:
    with onward.Workspace(folder) as opened:
        plan = {name: planned.outcome for name, planned in opened.plan().steps.items()}
        report = opened.run()
    assert report.ok, report.steps
    outcomes = {name: record.outcome for name, record in report.steps.items()}
    assert {name for name, outcome in plan.items() if outcome == "kept"} == {
        name for name, outcome in outcomes.items() if outcome == "kept"
    }
    return outcomes


@pytest.mark.parametrize("there", [True, False], ids=["folder there", "folder made by the step"])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_listing_does_not_hold_what_its_step_writes(tmp_path: Path, script: str, there: bool) -> None:
    first = {
        "p/onward.toml": "",
        "p/a.py": script if there else "import os\nos.makedirs('out', exist_ok=True)\n" + script,
    }
    folder = workspace.write(tmp_path, {**first, "p/out/one.txt": "1"} if there else first)
    assert _outcomes(folder) == {"p/a": "made"}
    assert _outcomes(folder) == {"p/a": "kept"}
    workspace.write(folder, {"p/out/two.txt": "2"})
    assert _outcomes(folder) == {"p/a": "made"}
    assert _outcomes(folder) == {"p/a": "kept"}
    workspace.write(folder, {"p/out/two.txt": None})
    assert _outcomes(folder) == {"p/a": "restored"}


def test_a_listing_holds_what_others_write(tmp_path: Path) -> None:
    folder = workspace.write(
        tmp_path, {"p/onward.toml": "", "p/a.py": SCRIPTS["glob"], "p/b.py": LISTED, "p/out/one.txt": "1"}
    )
    assert _outcomes(folder) == {"p/a": "made", "p/b": "made"}
    assert _outcomes(folder) == {"p/a": "kept", "p/b": "kept"}
    workspace.write(folder, {"p/out/two.txt": "2"})
    assert _outcomes(folder) == {"p/a": "made", "p/b": "made"}
    assert _outcomes(folder) == {"p/a": "kept", "p/b": "kept"}
