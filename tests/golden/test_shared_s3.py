"""A real S3 server that fails, refuses, stalls and garbles: each costs time, and none a result."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.store.shared.guarded import Limits
from onward.testing.watchers import Recorder
from onward.testing.workspace import write
from tests.machines import FILES, STEPS
from tests.s3 import Server


class Clones:
    """Clones of one workspace that share a bucket of the server."""

    def __init__(self, folder: Path, address: str) -> None:
        self._folder = folder
        self._files = {**FILES, "onward.toml": f'store = "{address}/analyses"\n'}

    def run(self, name: str, words: str = "# It is", answer_s: float = 15.0) -> tuple[RunReport, list[str]]:
        """A run on the machine of a name, and what it was told."""
        steps = FILES["projects/p/steps.py"].replace("# It is", words)
        root = write(self._folder / name / "work", {**self._files, "projects/p/steps.py": steps})
        watcher = Recorder()
        with open_workspace(root, writes=True, limits=Limits(answer_s=answer_s)) as opened:
            report = run(opened, RunOptions(jobs=2), watcher)
        return report, watcher.said


@pytest.fixture
def clones(tmp_path: Path, s3: Server) -> Iterator[Clones]:
    yield Clones(tmp_path, s3.make_bucket())
    s3.mend()


def counts(report: RunReport) -> Counter[str]:
    return Counter(record.outcome for record in report.steps.values())


def test_a_server_that_is_busy_now_and_then_is_asked_again(clones: Clones, s3: Server) -> None:
    turn = itertools.count()
    s3.fault = lambda verb, path: 503 if next(turn) % 5 == 0 else None
    assert counts(clones.run("ann")[0]) == Counter(made=len(STEPS))
    report, said = clones.run("bob")
    assert counts(report) == Counter(restored=len(STEPS))
    assert said == []


def test_a_server_that_fails_at_everything_is_told_of_once(clones: Clones, s3: Server) -> None:
    s3.fault = lambda verb, path: 500
    report, said = clones.run("ann")
    assert counts(report) == Counter(made=len(STEPS))
    assert len(said) == 1
    assert "going on without the shared store" in said[0]


def test_who_may_not_write_restores_all_the_same(clones: Clones, s3: Server) -> None:
    clones.run("ann")
    s3.fault = lambda verb, path: 403 if verb in ("PUT", "POST", "DELETE") else None
    report, said = clones.run("bob", "# Now it is")
    assert {name: record.outcome for name, record in report.steps.items()}["p/twice"] == "restored"
    assert report.steps["p/words"].outcome == "made"
    assert [one for one in said if "what is made here is not shared" in one] == said


def test_who_may_not_read_makes_everything(clones: Clones, s3: Server) -> None:
    clones.run("ann")
    s3.fault = lambda verb, path: 403
    report, said = clones.run("bob")
    assert counts(report) == Counter(made=len(STEPS))
    assert len(said) == 1


def test_bytes_that_are_garbled_on_their_way_are_made_again(clones: Clones, s3: Server) -> None:
    first = clones.run("ann")[0]
    s3.changes = lambda verb, path, body: bytes(reversed(body)) if "/objects/" in path else body
    report, _ = clones.run("bob", "# Now it is")
    assert report.run.complete
    assert report.run.artifacts["p/twice"].content == first.run.artifacts["p/twice"].content
    assert report.steps["p/twice"].outcome == "made"


def test_answers_that_are_all_garbled_change_no_result(clones: Clones, s3: Server) -> None:
    first = clones.run("ann")[0]
    s3.changes = lambda verb, path, body: bytes(reversed(body))
    report, _ = clones.run("bob")
    assert report.run.snapshot == first.run.snapshot


def test_a_server_that_stalls_is_waited_for_once(clones: Clones, s3: Server) -> None:
    clones.run("ann")
    s3.goes_on.clear()
    report, said = clones.run("bob", answer_s=0.3)
    assert counts(report) == Counter(made=len(STEPS))
    assert len([one for one in said if "has not answered" in one]) == 1
