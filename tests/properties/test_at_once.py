"""Steps that write one file at the same time, before anybody knows that they do: the file is never a mixture of theirs.

One of them waits where it opens the file, until the other has ended; from then on it is known who comes after whom.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder
from tests.cli.workspaces import commit, run_git
from tests.properties.test_histories import outcome_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a call wait, by design; Linux runs it")
SHARED = "projects/p/shared.txt"
WAYS = {
    "anew": 'file = open({place}, "w")',
    "at the end": 'file = open({place}, "a")',
    "read first": 'import os\ntext = open({place}).read() if os.path.exists({place}) else ""\n'
    'file = open({place}, "w")\nfile.write(text)',
    "to be renamed": 'import os\nfile = open({place} + ".{word}", "w")',
}
LOOKED = "import os, time\nthere = os.path.exists({place})\ntime.sleep(0.3)\n"
"""The other step has time to make the file between the look and what is done then."""
LOOKING_FIRST = {
    "to add to it": LOOKED + 'file = open({place}, "a")\nfile.write(str(there))',
    "to write it anew": LOOKED + 'file = open({place}, "w")\nfile.write(str(there))',
    "to remove it": LOOKED + "if os.path.exists({place}):\n    os.remove({place})\n"
    'file = open({place}, "w")\nfile.write(str(there))',
    "to read it": LOOKED + 'text = open({place}).read() if os.path.exists({place}) else ""\n'
    'file = open({place}, "w")\nfile.write(text)',
}
IN_PLACE = 'file = open({place}, "r+")\ntime.sleep(0.2)\nfile.seek(0, 2)'
BESIDE_IN_PLACE = {
    "anew": WAYS["anew"],
    "at the end": WAYS["at the end"],
    "read long before": 'text = open({place}).read()\ntime.sleep(0.2)\nfile = open({place}, "w")\nfile.write(text)',
    "in place": IN_PLACE,
}
PLACE = '"".join(["shared", ".txt"])'


def writer(way: str, word: str, before_s: float, between_s: float) -> str:
    """A script that writes two words into the file, with some time before, and between the two."""
    lines = [
        f"import time\ntime.sleep({before_s})",
        way.format(place=PLACE, word=word),
        f'file.write("{word}1 ")\nfile.flush()\ntime.sleep({between_s})\nfile.write("{word}2 ")\nfile.close()',
    ]
    if way is WAYS["to be renamed"]:
        lines.append(f'os.replace({PLACE} + ".{word}", {PLACE})')
    return "\n".join(lines) + "\n"


def run_in(folder: Path, jobs: int) -> RunReport:
    with open_workspace(folder, writes=True) as opened:
        return run(opened, RunOptions(keep_going=True, jobs=jobs), Recorder())


def ends_as_one_after_the_other(tmp_path: Path, files: dict[str, str], *, is_tracked: bool = False) -> None:
    at_once, in_order = tmp_path / "at once", tmp_path / "in order"
    for folder in (at_once, in_order):
        if is_tracked:
            workspace.write(folder, {SHARED: "tracked ", ".gitignore": ".onward\n"})
            run_git(folder, "init", "-q")
            commit(folder, "tracked")
        workspace.write(folder, {"onward.toml": "", **files})
    report, clean = run_in(at_once, 3), run_in(in_order, 1)
    assert report.ok, {name: record.error for name, record in report.steps.items()}
    assert outcome_of(report) == outcome_of(clean)
    assert (at_once / SHARED).read_text() == (in_order / SHARED).read_text()
    again = run_in(at_once, 3)
    assert (again.counts["made"], again.counts["restored"]) == (0, 0)
    assert again.run.snapshot == report.run.snapshot
    assert (at_once / SHARED).read_text() == (in_order / SHARED).read_text()


def files_of(first: str, second: str, *, is_first_longer: bool) -> dict[str, str]:
    """Two steps; the first one has the file open before and after the other, or within the time of the other."""
    times = ((0.0, 0.5), (0.2, 0.0)) if is_first_longer else ((0.2, 0.0), (0.0, 0.5))
    a, b = (writer(way, word, *spent) for way, word, spent in zip((first, second), "ab", times, strict=True))
    return {"projects/p/a.py": a, "projects/p/b.py": b}


@pytest.mark.parametrize("second", WAYS)
@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("is_first_longer", [True, False], ids=["around", "within"])
def test_two_that_write_one_file_at_once(tmp_path: Path, first: str, second: str, is_first_longer: bool) -> None:
    ends_as_one_after_the_other(tmp_path, files_of(WAYS[first], WAYS[second], is_first_longer=is_first_longer))


@pytest.mark.parametrize("use", LOOKING_FIRST)
def test_one_that_looks_for_the_file_before_the_other_makes_it(tmp_path: Path, use: str) -> None:
    files = files_of(LOOKING_FIRST[use], WAYS["at the end"], is_first_longer=False)
    ends_as_one_after_the_other(tmp_path, files)


@pytest.mark.parametrize("other", BESIDE_IN_PLACE)
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "second"])
def test_one_that_has_a_file_open_to_change_it_in_place(tmp_path: Path, other: str, is_first: bool) -> None:
    """Nobody waits for it before it has changed anything: it may be a database that is only read."""
    ways = (IN_PLACE, BESIDE_IN_PLACE[other])
    files = files_of(*(ways if is_first else reversed(ways)), is_first_longer=is_first)
    ends_as_one_after_the_other(tmp_path, files, is_tracked=True)
