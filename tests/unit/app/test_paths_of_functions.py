"""Files that functions spell out: what they write is theirs, what they read is what they rest on."""

from __future__ import annotations

from pathlib import Path

import pytest

import onward
from onward.app.running.run import RunReport
from onward.testing import workspace

WORKSPACE = """
=== lib/shared/tables.py
from pathlib import Path

BESIDE = Path(__file__).parent / "limits.txt"

def keep(rows):
    with open("kept.txt", "w") as file:
        file.write(" ".join(map(str, rows)))

def limit():
    return int(BESIDE.read_text())

def nobody_calls_this():
    return open("unknown.txt").read()
=== lib/shared/limits.txt
10
=== projects/sales/steps.py
from onward import asset
from shared.tables import keep, limit

OUT = "out"

@asset
def rows():
    return [{"n": number} for number in range(limit())]

@asset
def exported(rows):
    numbers = [row["n"] for row in rows]
    with open(f"{OUT}/numbers.csv", "w") as file:
        print("n", *numbers, sep="\\n", file=file)
    keep(numbers)
    return len(numbers)

@asset
def noted():
    return open("note.txt").read()

if __name__ == "__main__":
    print(open("never.txt").read())
=== projects/sales/note.txt
Monday
=== projects/sales/out/.keep
=== projects/sales/count.py
lines = open("out/numbers.csv").read().splitlines()
import onward as ow
ow.metric("lines", len(lines))
=== projects/report/steps.py
from onward import asset

@asset
def kept():
    return open("../sales/kept.txt").read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return workspace.write(tmp_path / "work", WORKSPACE)


def _run(folder: Path, *targets: str) -> RunReport:
    with onward.Workspace(folder) as opened:
        return opened.run(*targets)


def _outcomes(report: RunReport) -> dict[str, str]:
    assert report.ok, report
    return {name: record.outcome for name, record in report.steps.items()}


def _made(report: RunReport) -> set[str]:
    return {name for name, outcome in _outcomes(report).items() if outcome == "made"}


def test_a_file_that_a_function_writes_is_an_asset_and_its_readers_come_after(folder: Path) -> None:
    with onward.Workspace(folder) as opened:
        graph = opened.list().reading.graph
        assert set(graph.steps["sales/exported"].assets) == {
            "sales/exported",
            "sales/out/numbers.csv",
            "sales/kept.txt",
        }
        assert graph.upstream["sales/count"] == ("sales/exported",)
        assert graph.upstream["report/kept"] == ("sales/exported",)
    report = _run(folder)
    assert report.run.artifacts["sales/out/numbers.csv"].kind == "table"
    assert report.run.artifacts["sales/kept.txt"].kind == "file"
    assert _outcomes(_run(folder)) == dict.fromkeys(report.steps, "kept")


def test_a_function_takes_the_paths_that_it_reaches_and_no_others(folder: Path) -> None:
    with onward.Workspace(folder) as opened:
        steps = opened.list().reading.graph.steps
    assert {name: step.reads for name, step in steps.items()} == {
        "sales/rows": ("lib/shared/limits.txt",),
        "sales/exported": (),
        "sales/noted": ("projects/sales/note.txt",),
        "sales/count": ("projects/sales/out/numbers.csv",),
        "report/kept": ("projects/sales/kept.txt",),
    }


def test_an_edit_of_a_file_that_a_function_reads_runs_that_function_alone(folder: Path) -> None:
    _run(folder)
    (folder / "projects/sales/note.txt").write_text("Tuesday\n")
    assert _made(_run(folder)) == {"sales/noted"}
    (folder / "lib/shared/limits.txt").write_text("11\n")
    assert _made(_run(folder)) == {"sales/rows", "sales/exported", "sales/count", "report/kept"}


def test_a_written_file_that_is_missing_is_put_back_and_equal_content_stops_the_wave(folder: Path) -> None:
    _run(folder)
    (folder / "projects/sales/out/numbers.csv").unlink()
    assert _made(_run(folder)) == set()
    assert (folder / "projects/sales/out/numbers.csv").read_text().splitlines() == ["n", *map(str, range(10))]
    steps = folder / "projects/sales/steps.py"
    steps.write_text(steps.read_text().replace("return len(numbers)", "return -len(numbers)"))
    assert _made(_run(folder)) == {"sales/exported"}


@pytest.mark.parametrize(("mode", "left", "edited"), [("w", "c", "C"), ("a", "abc", "abC")])
def test_a_file_of_several_writers_stays_as_the_last_one_left_it(
    tmp_path: Path, mode: str, left: str, edited: str
) -> None:
    texts = {f"projects/p/{name}.py": f"open('log.txt', '{mode}').write('{name}')\n" for name in "bc"}
    workspace.write(tmp_path, {"onward.toml": "", "projects/p/a.py": "open('log.txt', 'w').write('a')\n", **texts})
    log = tmp_path / "projects/p/log.txt"
    assert _made(_run(tmp_path)) == {"p/a", "p/b", "p/c"}
    assert log.read_text() == left
    state = log.stat()
    assert _made(_run(tmp_path)) == set()
    assert log.read_text() == left
    assert log.stat().st_mtime_ns == state.st_mtime_ns, "a run that makes nothing touches nothing"
    workspace.write(tmp_path, {"projects/p/c.py": f"open('log.txt', '{mode}').write('C')\n"})
    assert _made(_run(tmp_path)) == {"p/c"}
    assert log.read_text() == edited, "it found what the one before it had left"


def test_a_written_file_that_was_edited_by_hand_is_not_overwritten_in_silence(folder: Path) -> None:
    _run(folder)
    (folder / "projects/sales/kept.txt").write_text("by hand")
    steps = folder / "projects/sales/steps.py"
    steps.write_text(steps.read_text().replace("return len(numbers)", "return -len(numbers)"))
    report = _run(folder, "sales/exported")
    assert report.steps["sales/exported"].error is not None
    assert "edited by hand" in report.steps["sales/exported"].error["message"]
    assert (folder / "projects/sales/kept.txt").read_text() == "by hand"


def test_a_function_that_also_writes_files_is_still_referred_to_by_its_result(folder: Path) -> None:
    workspace.write(
        folder,
        {
            "projects/sales/more.py": "from onward import asset, check, ref\nfrom steps import exported\n"
            "@asset\ndef double(*, number=ref(exported)):\n    return number * 2\n"
            "@check(exported)\ndef some(number):\n    open('checked.txt', 'w').write('x')\n    return number > 0\n"
        },
    )
    report = _run(folder)
    assert _outcomes(report)["sales/double"] == "made"
    assert report.checks["sales/some"].outcome == "passed"
    assert "sales/checked.txt" not in report.run.artifacts


def test_a_script_has_the_files_of_the_functions_that_it_calls(folder: Path) -> None:
    workspace.write(
        folder,
        {"projects/other/go.py": "from shared.tables import keep, limit\nkeep(range(limit()))\n"},
    )
    with onward.Workspace(folder) as opened:
        step = opened.list().reading.graph.steps["other/go"]
    assert (step.reads, step.writes) == (("lib/shared/limits.txt",), ("projects/other/kept.txt",))
    assert _outcomes(_run(folder))["other/go"] == "made"
