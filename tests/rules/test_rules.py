"""Every example of the page on what runs again, in both directions, against what really happens.

Where the page says that a step's code counts, Python alone runs old and new code in fresh interpreters, and what
comes out has to differ; where it says that it does not, it has to be equal. What `why` names, the line with it, has
to be the edit. Where running matters, onward runs
the workspace, and a clean run of the edited one has to end with the same contents.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path

import pytest

import onward
from onward.app.changes.edits import Edits
from onward.app.changes.past import CodeState
from onward.app.reading.whole import Reading, read
from onward.app.running.run import RunReport
from onward.app.wiring import open_workspace
from onward.model.decision import Reason
from onward.testing import workspace
from tests.rules.page import PAGE, Case, cases

ORACLE = Path(__file__).with_name("oracle.py")
PACKAGES = Path(onward.__file__).resolve().parents[1]
CASES = cases(PAGE.read_text("utf-8"))
READ = [case for case in CASES if not case.really]
RUN = [case for case in CASES if case.really]


class Seen:
    """A step as onward reads it, and what Python makes of it."""

    def __init__(self, file: str, symbol: str | None, roots: tuple[str, ...], code: Mapping[str, str]) -> None:
        self.file = file
        self.symbol = symbol
        self.roots = roots
        self.code = code


@functools.cache
def read_files(files: tuple[tuple[str, str], ...]) -> Reading:
    """A workspace of these files, read; its folder is there as long as the tests."""
    folder = workspace.write(Path(tempfile.mkdtemp()).resolve(), {"onward.toml": "", **dict(files)})
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with open_workspace(folder) as opened:
        return read(opened.place, opened.index, {}, {})


@functools.cache
def look(files: tuple[tuple[str, str], ...], step: str) -> tuple[Mapping[str, str], str]:
    """The digests of a step's code by name, and the outcome of running it."""
    reading = read_files(files)
    folder = reading.place.root
    found = reading.graph.steps.get(step)
    if found is None:
        problems = [finding.message for finding in reading.graph.findings]
        assert problems, f"there is no step `{step}`, and no finding says why"
        return {"(finding)": " ".join(problems)}, "fails as a finding"
    assert found.symbol is not None
    code = dict(reading.code(found))
    return code, _run(folder, found.file, found.symbol, reading.roots_of(found.file))


def _run(folder: Path, file: str, function: str, roots: tuple[str, ...]) -> str:
    surroundings = {"PATH": os.defpath, "PYTHONHASHSEED": "0", "TZ": "UTC", "PYTHONPATH": str(PACKAGES)}
    words = [sys.executable, "-s", str(ORACLE), str(folder), file, function, *roots]
    done = subprocess.run(words, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().rpartition("\n")[2]


@pytest.mark.parametrize("case", READ, ids=lambda case: case.title)
def test_code_counts_as_the_page_says(case: Case) -> None:
    for step, verdict in case.verdicts.items():
        old_code, old = look(tuple(case.before.items()), step)
        new_code, new = look(tuple(case.after.items()), step)
        changed = {name for name in old_code.keys() | new_code.keys() if old_code.get(name) != new_code.get(name)}
        if verdict == "stays":
            assert old == new, f"the page says that nothing changes, and {step}: {old} became {new}"
            assert not changed, f"{step} would run again although {old} stays: {changed}"
            continue
        if verdict == "runs, to be safe":
            assert old == new, f"{step} has to run: {old} became {new}"
        else:
            assert old != new, f"the page says that {step} changes, and it stays: {old}"
            assert new.startswith("fails") == (verdict == "fails"), new
        assert changed, f"{step} would be kept, and it is stale: {old} became {new}"
        missing = set(case.named) - changed
        assert not missing, f"the reasons of {step} are {sorted(changed)}, and name no {sorted(missing)}"
        if step in read_files(tuple(case.after.items())).graph.steps:
            for name in sorted(changed):
                where = origin_of(case, step, name)
                assert is_edited(where, case), f"{name} of {step} was edited elsewhere than in {where}"


def origin_of(case: Case, step: str, name: str) -> str | None:
    """Where `why` says that an edit of a step's code is, with the texts of the two workspaces."""
    old, new = (read_files(tuple(files.items())) for files in (case.before, case.after))
    before, after = (
        CodeState(reading.links, lambda path, files=files: files[path].encode() if path in files else None)
        for reading, files in ((old, case.before), (new, case.after))
    )
    return Edits(new.graph.steps, after, lambda _: before).origin(step, Reason("code", name)).where


def lines_at(place: str, files: Mapping[str, str]) -> list[str]:
    """The lines of a file, or of a notebook's cell (`report.ipynb:cell 3`)."""
    path, _, cell = place.partition(":cell ")
    if not cell:
        return files.get(path, "").splitlines()
    cells = json.loads(files[path])["cells"] if path in files else []
    return str(cells[int(cell) - 1]["source"]).splitlines() if int(cell) <= len(cells) else []


def is_edited(where: str | None, case: Case) -> bool:
    """Whether a `path:line` (`path:cell 3:2` in a notebook) is a line that the edit of a case changed or added, or the
    one right below it; or, where it only took something away, one of the lines that are gone. A path alone is a file
    that came or went.
    """
    if where in case.before.keys() ^ case.after.keys():
        return True
    place, _, line = (where or "").rpartition(":")
    before, after = (lines_at(place, files) for files in (case.before, case.after))
    edited: set[int] = set()
    gone: set[int] = set()
    for kind, first, last, new_first, new_last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            edited.update(range(new_first + 1, new_last + 2))
            gone.update(range(first + 1, last + 1) if kind == "delete" else ())
    return line.isdigit() and int(line) in edited | gone


def contents(report: RunReport) -> dict[str, object]:
    return {name: (record.assets, record.outcome == "failed") for name, record in report.steps.items()}


def run(folder: Path) -> RunReport:
    with onward.Workspace(folder) as opened:
        return opened.run(keep_going=True, jobs=2)


@functools.cache
def made(files: tuple[tuple[str, str], ...]) -> tuple[Path, RunReport]:
    """A workspace of these files in which everything has been made, and how that went."""
    folder = workspace.write(Path(tempfile.mkdtemp()), {"onward.toml": "", **dict(files)})
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    report = run(folder)
    assert {record.outcome for record in report.steps.values()} == {"made"}, report.steps
    return folder, report


def edit(folder: Path, case: Case) -> None:
    """Lays the edited files out. What was replaced keeps its time in whole seconds, as an edit in a hurry does."""
    seconds = {path: int((folder / path).stat().st_mtime) for path in case.before}
    workspace.write(folder, {**dict.fromkeys(case.before.keys() - case.after.keys()), **case.after})
    for path in case.after.keys() & case.before.keys():
        if case.after[path] != case.before[path]:
            os.utime(folder / path, (seconds[path], seconds[path]))


OUTCOMES = {
    "runs": "made",
    "stays": "kept",
    "fails": "failed",
    "skipped": "skipped",
    "runs, to be safe": "made",
    "renders": "made",
}


@pytest.mark.parametrize(
    "case",
    # What code counts is held for every case above; of whole runs, each fourth suffices from day to day.
    [pytest.param(case, marks=[pytest.mark.long] if at % 4 else []) for at, case in enumerate(RUN)],
    ids=lambda case: case.title,
)
def test_a_run_makes_what_the_page_says(case: Case, tmp_path: Path) -> None:
    folder, before = made(tuple(case.before.items()))
    edited = Path(shutil.copytree(folder, tmp_path / "edited"))
    edit(edited, case)
    with onward.Workspace(edited) as opened:
        planned = opened.plan()
        explained = [opened.why(step) for step in planned.steps]
    after = run(edited)
    clean = run(workspace.write(tmp_path / "clean", {"onward.toml": "", **case.after}))
    assert contents(after) == contents(clean)
    assert after.run.snapshot == clean.run.snapshot
    for step, verdict in case.verdicts.items():
        assert after.steps[step].outcome == OUTCOMES[verdict], (step, planned.steps[step], after.steps[step])
        assert after.steps[step].executed == (verdict != "renders"), (step, after.steps[step])
        is_other = contents(after)[step] != contents(before)[step]
        assert is_other == (verdict not in ("stays", "runs, to be safe")), (step, verdict)
    reasons = {reason.what for step in planned.steps.values() for reason in step.decision.reasons}
    assert set(case.named) <= reasons, reasons
    for report in explained:
        for link in report.reasons:
            if report.decision.action == "run" and link.reason.what in case.named:
                assert is_edited(link.reason.where, case), (link.reason, link.files)


@pytest.mark.parametrize("case", RUN[:: max(1, len(RUN) // 4)], ids=lambda case: case.title)
def test_what_was_made_before_an_edit_is_restored_after_it_is_taken_back(case: Case, tmp_path: Path) -> None:
    folder, before = made(tuple(case.before.items()))
    edited = Path(shutil.copytree(folder, tmp_path / "edited"))
    edit(edited, case)
    run(edited)
    workspace.write(edited, {**dict.fromkeys(case.after.keys() - case.before.keys()), **case.before})
    back = run(edited)
    assert back.counts["made"] == 0
    assert contents(back) == contents(before)
