"""Where a metric moved most: what is found, what was run for it, and what was not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from onward.app.releases import history, snapshots
from onward.app.reproducing.bisect import BisectReport, bisect
from onward.app.reproducing.checkout import checked_out
from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.base.errors import UnknownNameError, UsageError
from onward.model.records import Run
from onward.testing import workspace
from onward.testing.watchers import Recorder
from onward.workspace import Workspace
from tests.cli.workspaces import commit, run_git

WORKSPACE = """
=== .gitignore
extern/
=== lib/shared.py
FACTOR = 1

def scaled(value):
    return value * FACTOR
=== projects/größe a/onward.toml
[sources]
prices = "../../extern/day prices.csv"
=== projects/größe a/steps.py
from pathlib import Path

from onward import asset, check
from shared import scaled

@asset(unit="USD")
def mean(prices: Path) -> float:
    lines = prices.read_text().split()[1:]
    return scaled(sum(float(line.partition(",")[2]) for line in lines) / len(lines))

@asset
def other() -> int:
    return 7

@check(mean)
def it_is_there(mean) -> bool:
    return mean > 0
"""
STEPS = "projects/größe a/steps.py"
DATA = "extern/day prices.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace in git whose names have a space and an umlaut, with data that git ignores."""
    folder = workspace.write(tmp_path / "Übersicht a", WORKSPACE)
    (folder / "extern").mkdir()
    (folder / DATA).write_text("day,price\n1,10\n2,30\n")
    run_git(folder, "init", "-q", "-b", "main")
    commit(folder, "first")
    return folder


class Session:
    """Runs, commits and bisections in one workspace, with what was made for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[str] = []

    def factor(self, value: float, subject: str) -> str:
        path = self.folder / "lib/shared.py"
        lines = path.read_text().splitlines()
        path.write_text("\n".join([f"FACTOR = {value}", *lines[1:]]) + "\n")
        return commit(self.folder, subject)

    def run(self, release: bool = False) -> Run:
        with open_workspace(self.folder, writes=True) as opened:
            made = run(opened, RunOptions(keep_going=True), Recorder())
            assert made.ok, made.steps
            if release:
                history.release(opened)
            return made.run

    def bisect(self, a: str, b: str, metric: str = "mean", *, everything: bool = False) -> BisectReport:
        watchers: list[Recorder] = []

        def watcher() -> Recorder:
            watchers.append(Recorder())
            return watchers[-1]

        with open_workspace(self.folder, writes=True) as opened:
            report = bisect(opened, metric, a, b, work=self.run, watcher=watcher, everything=everything)
        self.made = [step for each in watchers for step, outcome in each.outcomes.items() if outcome == "made"]
        return report


@pytest.fixture
def session(folder: Path) -> Session:
    return Session(folder)


def values(report: BisectReport) -> list[float | None]:
    return [point.value for point in report.points]


def outcomes(report: BisectReport) -> list[str]:
    return [point.outcome for point in report.points]


def subjects(report: BisectReport) -> list[str]:
    return [commit.subject for commit in report.commits]


# Commits between two runs.


def test_the_commit_at_which_it_moved_most_is_found_between_two_releases(session: Session) -> None:
    session.run(release=True)
    for number in range(1, 6):
        session.factor(1 + number / 1000, f"small {number}")
    session.factor(3, "the jump, größer")
    for number in range(1, 6):
        session.factor(3 + number / 1000, f"after {number}")
    session.run(release=True)
    report = session.bisect("main@1", "main@2")
    assert report.ok
    assert subjects(report) == ["the jump, größer"]
    assert report.step is not None
    assert report.step.delta == pytest.approx(20 * (3 - 1.005))
    assert "FACTOR" in report.step.summary
    assert [(cause.axis, cause.where) for cause in report.step.causes] == [("code", "lib/shared.py:1")]
    assert report.counts["known"] == 2
    assert report.counts["not measured"] >= 4, "what can hold no larger step is left alone"
    assert report.counts["measured"] + report.counts["not measured"] == 10
    assert set(session.made) == {"größe a/mean"}, "neither other results nor checks are run"


def test_every_commit_is_measured_when_asked(session: Session) -> None:
    session.run()
    for factor in (2, 9, 2, 1):
        session.factor(factor, f"factor {factor}")
    session.run()
    few = session.bisect("HEAD~4", "HEAD")
    assert (few.step, few.counts["not measured"]) == (None, 3), "up and down again does not show between the ends"
    report = session.bisect("HEAD~4", "HEAD", everything=True)
    assert values(report) == [20, 40, 180, 40, 20]
    assert subjects(report) == ["factor 9"]
    assert report.counts["not measured"] == 0


def test_runs_between_are_used_and_nothing_is_run(session: Session) -> None:
    session.run()
    for factor in (2, 9, 2):
        session.factor(factor, f"factor {factor}")
        session.run()
    report = session.bisect("HEAD~3", "HEAD")
    assert values(report) == [20, 40, 180, 40]
    assert outcomes(report) == ["known"] * 4
    assert session.made == []
    assert subjects(report) == ["factor 9"]


def test_what_was_measured_once_is_restored_the_next_time(session: Session) -> None:
    session.run()
    for factor in (2, 3, 9, 10):
        session.factor(factor, f"factor {factor}")
    session.run()
    first = session.bisect("HEAD~4", "HEAD")
    assert session.made
    again = session.bisect("HEAD~4", "HEAD")
    assert session.made == []
    assert values(again) == values(first)


def test_a_metric_that_did_not_move_is_told_so(session: Session) -> None:
    session.run()
    for number in range(3):
        commit(session.folder, f"nothing {number}")
    session.run()
    report = session.bisect("HEAD~3", "HEAD")
    assert (report.ok, report.step, session.made) == (True, None, [])
    assert report.counts == {"known": 2, "measured": 0, "not measured": 2, "skipped": 0}


def test_ends_that_were_never_run_are_measured(session: Session) -> None:
    (session.folder / STEPS).write_text("from onward import asset\n\n@asset\ndef mean() -> float:\n    return 1.5\n")
    commit(session.folder, "without data")
    (session.folder / STEPS).write_text("from onward import asset\n\n@asset\ndef mean() -> float:\n    return 4.5\n")
    commit(session.folder, "three more")
    report = session.bisect("HEAD~1", "HEAD")
    assert values(report) == [1.5, 4.5]
    assert subjects(report) == ["three more"]


def test_a_merged_branch_is_one_step_of_the_line(session: Session) -> None:
    session.run()
    run_git(session.folder, "checkout", "-q", "-b", "side")
    session.factor(5, "on the side")
    run_git(session.folder, "checkout", "-q", "main")
    (session.folder / "README.md").write_text("words\n")
    commit(session.folder, "words")
    run_git(session.folder, "merge", "-q", "--no-ff", "-m", "merge the side", "side")
    session.run()
    report = session.bisect("HEAD~2", "HEAD")
    assert [point.commit.subject for point in report.points if point.commit] == ["first", "words", "merge the side"]
    assert subjects(report) == ["merge the side"]


# Commits that cannot be measured.


def test_a_commit_that_cannot_be_built_is_skipped_and_named(session: Session) -> None:
    session.run()
    session.factor(2, "fine")
    text = (session.folder / "lib/shared.py").read_text()
    (session.folder / "lib/shared.py").write_text("FACTOR = = 3\n")
    commit(session.folder, "broken")
    (session.folder / "lib/shared.py").write_text(text.replace("FACTOR = 2", "FACTOR = 9"))
    commit(session.folder, "mended")
    session.run()
    report = session.bisect("HEAD~3", "HEAD")
    assert outcomes(report) == ["known", "measured", "skipped", "known"]
    assert "SyntaxError" in (report.points[2].problem or "")
    assert subjects(report) == ["broken", "mended"], "one of these, for there is nothing between them"


def test_a_commit_whose_code_does_not_parse_is_told_by_that(session: Session) -> None:
    session.run()
    steps = session.folder / STEPS
    text = steps.read_text()
    steps.write_text(f"{text}\ndef (\n")
    commit(session.folder, "half an edit")
    steps.write_text(text)
    session.factor(3, "mended")
    session.run()
    report = session.bisect("HEAD~2", "HEAD")
    assert outcomes(report) == ["known", "skipped", "known"]
    assert "does not parse" in (report.points[1].problem or "")
    assert f"{STEPS}:" in (report.points[1].problem or "")


def test_a_value_that_is_no_number_is_told_as_such(session: Session) -> None:
    session.run()
    session.factor(2, "two")
    path = session.folder / "lib/shared.py"
    path.write_text(path.read_text().replace("FACTOR = 2", 'FACTOR = float("nan")'))
    commit(session.folder, "a slip")
    session.factor(3, "three")
    session.run()
    report = session.bisect("HEAD~3", "HEAD", everything=True)
    assert values(report) == [20, 40, None, 60]
    assert report.points[2].problem == "`größe a/mean` is no number"
    assert (report.step is not None) and (report.step.before, report.step.after) == (0, 1)


def test_a_step_that_fails_at_an_end_is_told_and_ends_the_search(session: Session) -> None:
    session.run()
    session.factor(2, "fine")
    (session.folder / STEPS).write_text(
        (session.folder / STEPS).read_text().replace("prices.read_text()", "prices.read()")
    )
    commit(session.folder, "fails")
    report = session.bisect("HEAD~2", "HEAD")
    assert (report.ok, report.step) == (False, None)
    assert "read" in (report.points[-1].problem or "")
    assert outcomes(report) == ["known", "not measured", "skipped"]


def test_before_there_was_such_a_metric_there_is_nothing_to_measure(session: Session) -> None:
    steps = session.folder / STEPS
    text = steps.read_text()
    steps.write_text(text + "\n@asset\ndef late() -> int:\n    return 1\n")
    commit(session.folder, "a new metric")
    steps.write_text(text + "\n@asset\ndef late() -> int:\n    return 2\n")
    commit(session.folder, "it moves")
    session.run()
    report = session.bisect("HEAD~2", "HEAD", "late")
    assert not report.ok
    assert "late" in (report.points[0].problem or "")
    assert subjects(session.bisect("HEAD~1", "HEAD", "late")) == ["it moves"]


# Data and environment.


def test_data_that_git_does_not_have_is_told_from_the_commit(session: Session) -> None:
    session.run()
    session.factor(1.5, "code")
    (session.folder / DATA).write_text("day,price\n1,10\n2,30\n3,200\n")
    session.run()
    report = session.bisect("HEAD~1", "HEAD")
    assert values(report) == [20, 30, 120]
    assert [point.is_between for point in report.points] == [False, True, False]
    assert report.step is not None
    assert (report.step.before, report.step.after, report.commits) == (1, 2, [])
    assert [cause.axis for cause in report.step.causes] == ["data"]
    assert report.step.summary.endswith("`extern/day prices.csv` has 1 row more")


def test_commits_are_measured_with_the_data_of_the_run_before(session: Session) -> None:
    session.run()
    session.factor(2, "doubled")
    session.factor(2.5, "more")
    (session.folder / DATA).write_text("day,price\n1,11\n2,31\n")
    session.run()
    (session.folder / DATA).write_text("day,price\n1,9999\n")
    report = session.bisect("HEAD~2", "HEAD", everything=True)
    assert values(report) == [20, 40, 50, 52.5]
    assert subjects(report) == ["doubled"]


def test_data_that_nobody_kept_keeps_only_what_rests_on_it_from_being_measured(session: Session) -> None:
    workspace.write(
        session.folder,
        {
            "onward.toml": "keep_sources = 0\n",
            "projects/plain/steps.py": "from onward import asset\nfrom shared import FACTOR\n\n"
            "@asset\ndef plain() -> float:\n    return FACTOR\n",
        },
    )
    commit(session.folder, "nothing is kept")
    session.run()
    session.factor(2, "doubled")
    session.factor(5, "five")
    (session.folder / DATA).write_text("day,price\n1,50\n")
    session.run()
    report = session.bisect("HEAD~2", "HEAD")
    assert outcomes(report) == ["known", "skipped", "skipped", "known"]
    assert "was not kept, git does not have it, and the file has changed since" in (report.points[1].problem or "")
    plain = session.bisect("HEAD~2", "HEAD", "plain", everything=True)
    assert values(plain) == [1, 2, 5, 5]
    assert subjects(plain) == ["five"]


def test_runs_of_one_commit_are_in_the_order_of_time(session: Session) -> None:
    first = session.run()
    for price in (40, 100, 104):
        (session.folder / DATA).write_text(f"day,price\n1,{price}\n")
        last = session.run()
    report = session.bisect(first.id, last.id)
    assert values(report) == [20, 40, 100, 104]
    assert report.step is not None
    assert (report.step.before, report.commits, session.made) == (1, [], [])


def test_code_that_no_commit_holds_is_left_out_unless_it_is_asked_for(session: Session) -> None:
    session.run()
    shared = session.folder / "lib/shared.py"
    text = shared.read_text()
    shared.write_text(text.replace("FACTOR = 1", "FACTOR = 100"))
    tried = session.run()
    shared.write_text(text)
    session.factor(2, "doubled")
    session.run()
    report = session.bisect("HEAD~1", "HEAD")
    assert values(report) == [20, 40]
    asked = session.bisect("HEAD~1", tried.id)
    assert values(asked) == [20, 2000]
    assert report.points[0].label == asked.points[0].label
    assert asked.points[1].label.endswith("+")


def test_new_data_that_no_commit_holds_is_no_edit_of_code(session: Session) -> None:
    (session.folder / ".gitignore").unlink()
    commit(session.folder, "data is not ignored")
    session.run()
    (session.folder / DATA).write_text("day,price\n1,40\n")
    assert session.run().origin.dirty
    session.factor(2, "doubled")
    session.run()
    report = session.bisect("HEAD~1", "HEAD")
    assert values(report)[0:2] == [20, 40]


def test_without_git_runs_are_in_the_order_of_time(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path / "plain", WORKSPACE)
    (folder / "extern").mkdir()
    session = Session(folder)
    runs = []
    for price in (10, 12, 50, 52):
        (folder / DATA).write_text(f"day,price\n1,{price}\n")
        runs.append(session.run())
    report = session.bisect(runs[0].id, "latest")
    assert values(report) == [10, 12, 50, 52]
    assert report.step is not None
    assert report.step.summary.startswith("12 → 50 USD")
    with pytest.raises(UsageError, match="comes after"):
        session.bisect("latest", runs[0].id)


def test_runs_whose_commits_have_gone_are_in_the_order_of_time(session: Session) -> None:
    first = session.run()
    session.factor(4, "rewritten")
    last = session.run()
    run_git(session.folder, "checkout", "-q", "--orphan", "anew")
    commit(session.folder, "all of it in one")
    run_git(session.folder, "branch", "-q", "-D", "main")
    run_git(session.folder, "reflog", "expire", "--expire=now", "--all")
    run_git(session.folder, "gc", "-q", "--prune=now")
    report = session.bisect(first.id, last.id)
    assert values(report) == [20, 80]
    assert report.step is not None
    assert [cause.axis for cause in report.step.causes] == ["code"]


def test_where_the_history_is_cut_off_it_is_told_how_to_bring_it(session: Session, tmp_path: Path) -> None:
    session.run(release=True)
    for factor in (2, 3, 4):
        session.factor(factor, f"factor {factor}")
    run_git(tmp_path, "clone", "-q", "--depth", "1", session.folder.as_uri(), "cut off")
    shutil.copytree(session.folder / ".onward", tmp_path / "cut off/.onward")
    shutil.copytree(session.folder / "extern", tmp_path / "cut off/extern")
    there = Session(tmp_path / "cut off")
    run_git(there.folder, "fetch", "-q", "--depth", "1", "origin", run_git(session.folder, "rev-parse", "HEAD~3"))
    with pytest.raises(UsageError) as raised:
        there.bisect("main@1", "HEAD")
    assert raised.value.hint == "bring the whole history: `git fetch --unshallow`"


# What is left behind, and what is refused.


def test_nothing_is_left_in_the_repository_nor_among_the_runs(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.run()
    session.factor(2, "doubled")
    session.factor(3, "tripled")
    (session.folder / "untracked.txt").write_text("mine\n")
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    before = state_of(session.folder)
    session.bisect("HEAD~2", "HEAD", everything=True)
    assert state_of(session.folder) == before
    assert os.listdir(place) == []


def test_what_one_that_was_killed_has_left_is_removed_and_nobody_elses(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.run()
    session.factor(2, "doubled")
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    before = state_of(session.folder)
    with open_workspace(session.folder, writes=True) as opened:
        if (child := os.fork()) == 0:
            with checked_out(opened) as checkout:
                checkout.go_to("HEAD", None)
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        (left,) = os.listdir(place)
        with checked_out(opened) as alive:
            alive.go_to("HEAD", None)
            assert left not in os.listdir(place)
            session.bisect("HEAD~1", "HEAD")
            assert len(os.listdir(place)) == 1
            alive.go_to("HEAD~1", None)
    assert state_of(session.folder) == before
    assert os.listdir(place) == []


def state_of(folder: Path) -> Sequence[object]:
    with open_workspace(folder) as opened:
        runs, standing = [each.id for each in snapshots.runs(opened)], opened.standing.run
    git = [run_git(folder, *words.split()) for words in ("worktree list", "status --porcelain", "for-each-ref")]
    return [runs, standing, git, (folder / DATA).read_bytes()]


@pytest.mark.parametrize(
    ("metric", "a", "b", "error", "said"),
    [
        ("mean", "HEAD", "HEAD~1", UsageError, "`HEAD` comes after `HEAD~1`"),
        ("mean", "side", "HEAD", UsageError, "`HEAD` does not build upon `side`"),
        ("meen", "HEAD~1", "HEAD", UnknownNameError, "no metric is called `meen`"),
        ("mean", "HEAD~1", "nothing", UnknownNameError, "no snapshot is called `nothing`"),
    ],
)
def test_what_cannot_be_is_refused(
    session: Session, metric: str, a: str, b: str, error: type[Exception], said: str
) -> None:
    run_git(session.folder, "checkout", "-q", "-b", "side")
    session.factor(5, "on the side")
    run_git(session.folder, "checkout", "-q", "main")
    session.factor(2, "doubled")
    session.run()
    with pytest.raises(error, match=said):
        session.bisect(a, b, metric)


def test_the_python_face_does_the_same(session: Session) -> None:
    session.run(release=True)
    session.factor(3, "tripled")
    session.run()
    with Workspace(session.folder) as face:
        report = face.bisect("mean", "main@1", "latest")
        assert subjects(report) == ["tripled"]
        assert face.reproduce("main@1").ok
