"""The shortcut is not taken over an edit that came while a run was under way."""

from __future__ import annotations

from pathlib import Path

import pytest

from onward.app.running import unchanged
from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder

WORKSPACE = """
=== onward.toml
=== data/prices.json
[3, 1, 2]
=== projects/sales/steps.py
import time
from pathlib import Path

from onward import asset

@asset
def total(prices):
    return sum(prices)

@asset
def slow():
    # Somebody edits the data while this step takes its time, longer than a file's times are in doubt.
    target = Path(__file__).parents[2] / "".join(["da", "ta"]) / "prices.json"
    target.write_text("[5]")
    time.sleep(2.3)
    return 1
"""


@pytest.mark.long
def test_an_edit_during_a_long_run_is_seen_by_the_next_one(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path, WORKSPACE)
    with open_workspace(folder, writes=True) as opened:
        first = run(opened, RunOptions(jobs=2, targets=["sales/total"]), Recorder())
        assert first.ok
    with open_workspace(folder, writes=True) as opened:
        assert run(opened, RunOptions(jobs=2), Recorder()).ok
    assert unchanged.find(str(folder)) is None
    with open_workspace(folder, writes=True) as opened:
        report = run(opened, RunOptions(), Recorder())
    assert report.steps["sales/total"].outcome == "made"
