"""`onward ci --schedule`: what a nightly build asks again, and what it says it did not look at."""

from __future__ import annotations

from pathlib import Path

from tests.cli.changes import clone, remote_of
from tests.cli.program import onward
from tests.cli.workspaces import commit

ASKS = """\
import socket
import time

import onward as ow

socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.7", 9))
ow.metric("now", time.time_ns() % 1_000_003)
"""
ASKING = {"projects/ops/asks.py": ASKS, "projects/ops/onward.toml": '[strict]\nnetwork = ["asks"]\n'}


def test_where_nothing_changed_it_says_that_nothing_was_looked_at(tmp_path: Path) -> None:
    root = clone(remote_of(tmp_path), "ci")
    onward(root, "ci")
    answer = onward(root, "ci", "--schedule")
    assert answer.status == 0, answer.text
    assert "nothing was looked at, because nothing changed" in answer.out
    assert "no check looks at 3 published results: ops/rows, ops/seen, shop/report" in answer.out


def test_what_reaches_a_server_is_asked_again_and_what_moved_is_released(tmp_path: Path) -> None:
    root = clone(remote_of(tmp_path, ASKING), "ci")
    assert onward(root, "ci", "--json").json["released"]["number"] == 1
    plain = onward(root, "ci", "--json").json
    assert plain["counts"]["made"] == 0
    assert plain["schedule"] is None
    night = onward(root, "ci", "--schedule", "--json").json
    assert night["schedule"]["asked"] == ["ops/asks"]
    assert night["schedule"]["made"] == ["ops/asks"]
    assert night["schedule"]["moved"] == ["ops/now"]
    assert night["released"]["number"] == 2


def test_a_step_that_is_gone_is_not_asked(tmp_path: Path) -> None:
    root = clone(remote_of(tmp_path, ASKING), "ci")
    onward(root, "ci")
    (root / "projects/ops/asks.py").unlink()
    commit(root, "asks no more")
    answer = onward(root, "ci", "--schedule", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["schedule"]["asked"] == []
