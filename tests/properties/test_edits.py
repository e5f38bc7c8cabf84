"""Edits of which it is known by construction what they reach: exactly that runs, and the rest is kept or restored.

`python -m tests.properties.test_edits 50000` is the long run: so many edits, in histories of forty, each with a
seed that is printed where something is wrong. After one edit in ten, a run is killed on its way before the one that
is looked at. `--seed N` does one history again, `--processes` runs each step in a process of its own. It ends, or is
ended by SIGTERM, with the steps that ran without need, by kind of edit.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from onward.app.running.plan import plan
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.store.disk import Disk
from onward.store.opened import Store
from onward.testing import workspace
from onward.testing.watchers import Recorder
from tests.properties import packages
from tests.properties.in_process import InProcess
from tests.properties.killed import run_and_kill
from tests.properties.test_histories import assert_kept_to, outcome_of
from tests.properties.worlds import EDITS, WORDS_ONLY, World, edited, first_world
from tests.unit.store.failing import Crash, Failing

LENGTH = 40
"""Edits in a history."""
KILLED = 0.1
"""Of so many edits, a run is killed before the one that is looked at."""
MOST_OPERATIONS = 80
"""About as many as the store of a run has that makes everything."""


@dataclass
class Tally:
    """What a long run has counted: edits and needless steps by kind of edit, steps that ran at all."""

    edits: collections.Counter[str] = field(default_factory=collections.Counter)
    needless: collections.Counter[str] = field(default_factory=collections.Counter)
    ran: collections.Counter[str] = field(default_factory=collections.Counter)
    reasons: dict[str, str] = field(default_factory=dict)
    """Why the first step ran without need, by kind of edit."""


class History:
    """One workspace through its edits, beside a model that knows what each step has been made from."""

    def __init__(self, folder: Path, seed: int, *, processes: bool = False) -> None:
        self.folder = folder
        self.processes = processes
        self.random = Random(seed)
        self.worlds = [first_world(self.random)]
        self.last: dict[str, object] = {}
        self.seen: dict[str, set[object]] = collections.defaultdict(set)
        self.without: set[str] = set()
        """Steps that had no result before this edit: what kept them from one may go with what nobody uses."""
        self.clean: dict[str, dict[str, object]] = {}
        """What a clean run of a state comes to, by what its files and packages are."""

    def edit(self, tally: Tally) -> None:
        """One edit, judged: the snapshot, the plan, the steps that ran, and that running again does nothing."""
        world, action = self.worlds[-1], "first run"
        if self.seen:
            action = self.random.choice([*EDITS, "revert"])
            before = self.random.choice(self.worlds) if action == "revert" else world
            world = before if action == "revert" else edited(world, action, self.random)
        self.worlds.append(world)
        work = self.folder / "work"
        self.lay_out(work, world)
        killed = self.run_and_be_killed(work) if self.random.random() < KILLED else None
        with open_workspace(work, writes=True) as opened:
            planned = plan(opened, RunOptions(keep_going=True))
        report = self.run_in(work)
        assert outcome_of(report) == self.outcome_of_clean(world), f"after {action}"
        assert_kept_to(planned, report)
        tally.edits[action] += 1
        self.judge(world, action, report, tally, killed)
        again = self.run_in(work)
        assert (again.counts["made"], again.counts["restored"]) == (0, 0), f"again after {action}: {again.steps}"
        assert again.run.snapshot == report.run.snapshot

    def judge(
        self, world: World, action: str, report: RunReport, tally: Tally, killed: Mapping[str, str] | None
    ) -> None:
        """Holds each step's outcome against the model's.

        `killed` is what a run told that was killed before this one.
        """
        contents: dict[str, object] = {}
        for name in world.in_order():
            outcome = report.steps[name].outcome
            expected, meaning = self.expected(world, name, contents)
            if killed is not None and expected in ("made", "restored"):
                expected = self.expected_after(killed, name, expected, outcome)
            if outcome in ("kept", "restored", "made"):
                contents[name] = report.steps[name].assets[name]
                self.last[name] = meaning
                self.seen[name].add(meaning)
            if outcome == "made":
                tally.ran[action] += 1
                is_new = action not in WORDS_ONLY or name in self.without
                assert is_new, f"{name} ran after {action}: {report.steps[name].reasons}"
            if (outcome, expected) == ("made", "kept") or (outcome, expected) == ("made", "restored"):
                tally.needless[action] += 1
                tally.reasons.setdefault(action, f"{name}: {', '.join(report.steps[name].reasons)}")
            else:
                assert outcome == expected, f"{name} is {outcome} after {action}: {report.steps[name].reasons}"
        self.without = {name for name, record in report.steps.items() if record.outcome in ("failed", "skipped")}
        for gone in self.last.keys() - world.steps.keys():
            del self.last[gone]

    def expected(self, world: World, name: str, contents: dict[str, object]) -> tuple[str, object]:
        """The outcome that the model gives a step, and what it would be made from."""
        if any(asset not in contents for asset in world.upstream(name)):
            return "skipped", None
        meaning = world.meaning(name, contents, is_watched=self.processes)
        if world.cannot_run(name):
            return "failed", None
        if self.last.get(name) == meaning:
            return "kept", meaning
        return ("restored" if meaning in self.seen[name] else "made"), meaning

    def outcome_of_clean(self, world: World) -> dict[str, object]:
        """What a run in an empty folder comes to; a state that comes again is not run again."""
        state = json.dumps([world.files(), world.packages], sort_keys=True)
        if state not in self.clean:
            folder = self.folder / f"clean-{len(self.clean)}"
            self.lay_out(folder, world)
            self.clean[state] = outcome_of(self.run_in(folder))
            shutil.rmtree(folder)
        return self.clean[state]

    @staticmethod
    def expected_after(killed: Mapping[str, str], name: str, expected: str, outcome: str) -> str:
        """The outcome after a run that was killed: what that one has finished is not done again.

        It may have recorded a result and not come to say so, and it may have come to its very end.
        """
        if killed.get(name) == "made":
            expected = "restored"
        return outcome if outcome in ("restored", "kept") else expected

    def run_and_be_killed(self, folder: Path) -> Mapping[str, str]:
        """The outcomes that a run tells of which is killed.

        In memory, nothing of it is carried out any more from some operation of its store on.
        """
        if self.processes:
            return run_and_kill(folder, self.random.randrange(6))
        recorder = Recorder()
        with open_workspace(folder, writes=True) as opened, suppress(Crash):
            opened.executor = InProcess
            system = Failing(self.random.randrange(1, MOST_OPERATIONS), "crash")
            opened.store = Store(opened.place.store, Disk(opened.place.store, system))
            run(opened, RunOptions(keep_going=True, jobs=2), recorder)
        return recorder.outcomes

    def lay_out(self, folder: Path, world: World) -> None:
        lay_out(folder, world)
        packages.install(folder, world.packages, with_own=self.processes)

    def run_in(self, folder: Path) -> RunReport:
        with open_workspace(folder, writes=True) as opened:
            if not self.processes:
                opened.executor = InProcess
            return run(opened, RunOptions(keep_going=True, jobs=2), Recorder())


def lay_out(folder: Path, world: World) -> None:
    """Makes the folder hold this world's files and no others, touching only those that differ."""
    wanted = world.files()
    there = workspace.contents_of(folder) if folder.exists() else {}
    changed: dict[str, str | bytes | None] = {
        path: text for path, text in wanted.items() if there.get(path) != text.encode()
    }
    workspace.write(folder, {**dict.fromkeys(there.keys() - wanted.keys()), **changed})


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2))])
def test_exactly_what_an_edit_reaches_runs(tmp_path: Path, seed: int) -> None:
    tally = Tally()
    history = History(tmp_path, seed)
    for _ in range(LENGTH):
        history.edit(tally)
    assert not tally.needless


def test_with_real_processes_it_is_the_same(tmp_path: Path) -> None:
    tally = Tally()
    history = History(tmp_path, 1, processes=True)
    for _ in range(12):
        history.edit(tally)
    assert not tally.needless


def main() -> None:
    """The long run."""
    parser = argparse.ArgumentParser(description="Random edits of which the reach is known.")
    parser.add_argument("edits", type=int)
    parser.add_argument("--seed", type=int, help="one history alone")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first history")
    parser.add_argument("--processes", action="store_true", help="each step in a process of its own")
    words = parser.parse_args()
    tally, started = Tally(), time.monotonic()
    stopped: list[int] = []
    # Between two edits: raised in the middle of one, it would be the failure of whatever step runs just then.
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    seeds = [words.seed] if words.seed is not None else range(words.first, words.first + -(-words.edits // LENGTH))
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="onward-edits-", dir=_in_memory()) as folder:
            history = History(Path(folder), seed, processes=words.processes)
            try:
                for _ in range(LENGTH):
                    if not stopped:
                        history.edit(tally)
            except BaseException:
                print(f"history {seed} went wrong")
                raise
        if stopped:
            print(f"stopped in history {seed}")
            break
    _tell(tally, time.monotonic() - started)


def _in_memory() -> str | None:
    """A folder on a file system in memory, where there is one: nothing of a history has to last."""
    return "/dev/shm" if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK) else None


def _tell(tally: Tally, spent: float) -> None:
    processor = f"{time.process_time():.0f} s of a processor"
    print(f"{tally.edits.total():,} edits in {spent:.0f} s, {processor}; {tally.ran.total():,} steps ran after them")
    for action, count in sorted(tally.edits.items()):
        rate = 100 * tally.needless[action] / max(1, tally.ran[action])
        told = f"{count:6} edits {tally.ran[action]:6} ran {tally.needless[action]:4} needless ({rate:.1f} %)"
        print(f"  {action:30} {told}  {tally.reasons.get(action, '')}")


if __name__ == "__main__":
    main()
