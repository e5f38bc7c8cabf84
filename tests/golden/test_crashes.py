"""A whole run and a release, ended or refused at every single write: the next run goes on, nothing is half or stale."""

from __future__ import annotations

import errno
import random
import time
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onward.app.releases import history, snapshots
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened, open_workspace
from onward.base import clock
from onward.base.errors import OnwardError
from onward.store.disk import Disk, System
from onward.store.opened import Store
from onward.testing import workspace
from onward.testing.watchers import Recorder
from tests.properties.in_process import InProcess
from tests.unit.store.failing import Crash, Failing

FILES = """
    === onward.toml
    === data/numbers.json
    [1, 2]
    === projects/p/steps.py
    from onward import asset, check

    @asset
    def total(numbers) -> int:
        return sum(numbers)

    @asset
    def told(total) -> str:
        return f"# {total}"

    @check(total)
    def it_is_positive(total):
        assert total > 0
    === projects/p/writes.py
    with open("out.txt", "w") as file:
        file.write("one")
    === projects/p/a_reads.py
    import onward as ow

    with open("out.txt") as file:
        ow.metric("size", len(file.read()))
    === projects/p/keeps.py
    with open("kept.txt", "w") as file:
        file.write("kept")
"""


def work(folder: Path, system: System | None = None) -> RunReport:
    """A run and its release, with the store on this file system."""
    with open_workspace(folder) as opened:
        if system is not None:
            opened.store = Store(opened.place.store, Disk(opened.place.store, system))
        return _work(opened)


def _work(opened: Opened) -> RunReport:
    opened.place.local.mkdir(exist_ok=True)
    opened.store.prepare()
    opened.executor = InProcess
    report = run(opened, RunOptions(jobs=1), Recorder())
    history.release(opened, "main")
    return report


def goes_on(folder: Path, clean: RunReport) -> None:
    """The next run comes to what a clean one does; one more has nothing to do."""
    report = work(folder)
    assert report.ok
    assert (report.run.snapshot, report.run.basis) == (clean.run.snapshot, clean.run.basis)
    assert sorted(path.name for path in (folder / "projects/p").glob("*.txt*")) == ["kept.txt", "out.txt"]
    assert (folder / "projects/p/out.txt").read_text() == "three"
    assert (folder / "projects/p/kept.txt").read_text() == "kept"
    again = work(folder)
    assert {record.outcome for record in again.steps.values()} == {"kept"}
    with open_workspace(folder) as opened:
        (move, *others) = reversed(opened.store.records.moves("main"))
        assert move.run in (report.run.id, again.run.id) or move.snapshot == clean.run.snapshot, others
        for record in again.steps.values():
            assert opened.store.traces.get(record.key or "", record.trace or "") is not None


def edit(folder: Path) -> None:
    writes = 'with open("out.txt", "w") as file:\n    file.write("three")\n'
    workspace.write(folder, {"data/numbers.json": "[3]\n", "projects/p/writes.py": writes})
    (folder / "projects/p/kept.txt").unlink(missing_ok=True)


@pytest.mark.parametrize("how", ["crash", "refused", "half"])
def test_a_run_that_ends_at_any_write_is_gone_on_from(tmp_path: Path, how: str) -> None:
    workspace.write(tmp_path / "clean", FILES)
    edit(tmp_path / "clean")
    clean = work(tmp_path / "clean")
    counter = Failing(0, "never")
    before = workspace.write(tmp_path / "counted", FILES)
    work(before)
    edit(before)
    work(before, counter)
    assert counter.count > 40
    for at in range(1, counter.count + 1, 1 if how == "crash" else 3):
        folder = workspace.write(tmp_path / f"at-{at}", FILES)
        work(folder)
        edit(folder)
        with suppress(OnwardError), pytest.raises(Crash) if how == "crash" else nullcontext():
            work(folder, Failing(at, how, errno.ENOSPC))
        goes_on(folder, clean)


def at(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: instant)


def test_a_clock_that_jumps_back_loses_nothing_and_the_last_run_stays_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    folder = workspace.write(tmp_path / "work", FILES)
    at(monkeypatch, noon)
    first = work(folder)
    edit(folder)
    at(monkeypatch, noon - timedelta(hours=5))
    second = work(folder)
    assert second.run.snapshot != first.run.snapshot
    with open_workspace(folder) as opened:
        assert snapshots.latest(opened).id == second.run.id
        assert [move.run for move in opened.store.records.moves("main")] == [first.run.id, second.run.id]
    again = work(folder)
    assert {record.outcome for record in again.steps.values()} == {"kept"}
    at(monkeypatch, noon + timedelta(days=4000))
    later = work(folder)
    assert {record.outcome for record in later.steps.values()} == {"kept"}
    assert later.run.snapshot == second.run.snapshot


def jumping(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """The machine's clock, set anew before each look at it: to before or after what it was, by up to some years."""
    dice = random.Random(seed)

    def now() -> datetime:
        return datetime(2026, 6, 1, 12, tzinfo=UTC) + timedelta(seconds=dice.uniform(-(10**8), 10**8))

    monkeypatch.setattr(clock, "now", now)
    monkeypatch.setattr(time, "time_ns", lambda: int(now().timestamp() * 10**9))


@pytest.mark.parametrize("seed", range(5))
def test_a_clock_that_jumps_to_and_fro_while_runs_go_on_changes_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    clean = workspace.write(tmp_path / "clean", FILES)
    first = work(clean)
    edit(clean)
    second = work(clean)
    jumping(monkeypatch, seed)
    folder = workspace.write(tmp_path / "work", FILES)
    told = [work(folder)]
    edit(folder)
    told += [work(folder), work(folder)]
    assert [(report.run.snapshot, report.run.basis) for report in told] == [
        (report.run.snapshot, report.run.basis) for report in (first, second, second)
    ]
    assert {record.outcome for record in told[2].steps.values()} == {"kept"}
    with open_workspace(folder) as opened:
        assert snapshots.latest(opened).snapshot == second.run.snapshot
        moves = opened.store.records.moves("main")
    assert [move.number for move in moves] == [1, 2]
    assert [move.snapshot for move in moves] == [first.run.snapshot, second.run.snapshot]


TODAY = """
    === onward.toml
    === projects/p/steps.py
    import onward as ow
    from onward import asset

    @asset
    def one() -> str:
        return str(ow.today())

    @asset
    def two(one) -> str:
        return str(ow.today())
"""


def test_all_steps_of_a_run_have_one_date_though_the_clock_jumps_over_midnight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace.write(tmp_path / "work", TODAY)
    dates = iter(range(1, 29))
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 6, next(dates), tzinfo=UTC))
    report = work(folder)
    traces = [record.assets for record in report.steps.values()]
    assert traces[0]["p/one"] == traces[1]["p/two"]
    at(monkeypatch, datetime(2026, 5, 1, tzinfo=UTC))
    earlier = work(folder)
    assert {record.outcome for record in earlier.steps.values()} == {"made"}
    at(monkeypatch, datetime(2026, 6, 1, tzinfo=UTC))
    back = work(folder)
    assert {record.outcome for record in back.steps.values()} == {"restored"}
    assert back.run.snapshot == report.run.snapshot


WRITES = """
    === onward.toml
    === projects/p/writes.py
    words = "{words}"
    with open("out.txt", "w") as file:
        file.write(words)
    {then}
"""


def test_what_a_failed_step_left_in_a_file_is_no_edit_by_hand(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path / "work", WRITES.format(words="one", then=""))
    assert _outcome(folder) == "made"
    for number in range(2):
        workspace.write(folder, WRITES.format(words=f"half {number}", then="raise ValueError(words)"))
        assert _outcome(folder) == "failed"
    workspace.write(folder, WRITES.format(words="two", then=""))
    assert _outcome(folder) == "made"
    assert (folder / "projects/p/out.txt").read_text() == "two"
    workspace.write(folder, {"projects/p/out.txt": "by hand"})
    workspace.write(folder, WRITES.format(words="three", then=""))
    assert _outcome(folder) == "failed", "an edit by hand is still one"
    assert (folder / "projects/p/out.txt").read_text() == "by hand"


def test_after_a_failed_attempt_the_old_result_can_be_put_back(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path / "work", WRITES.format(words="one", then=""))
    assert _outcome(folder) == "made"
    workspace.write(folder, WRITES.format(words="half", then="raise ValueError(words)"))
    assert _outcome(folder) == "failed"
    workspace.write(folder, WRITES.format(words="one", then=""))
    assert _outcome(folder) in ("kept", "restored")
    assert (folder / "projects/p/out.txt").read_text() == "one"


def _outcome(folder: Path) -> str:
    with open_workspace(folder, writes=True) as opened:
        opened.executor = InProcess
        return run(opened, RunOptions(keep_going=True), Recorder()).steps["p/writes"].outcome
