"""A step begins without the files that its last run has left: what lies there is never taken for what it makes now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from onward.app.running.plan import plan
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder
from tests.cli.workspaces import commit, run_git

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only what Python itself opens is seen, by design; Linux runs it"
)
PLACES = {"literal": '"made.txt"', "computed": '"".join(["made", ".txt"])'}
both_ways = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
PARTS = 'import os\nos.makedirs("out", exist_ok=True)\nfor n in range({}): open(f"out/{{n}}.txt", "w").write("x")\n'
COUNT = 'import glob\nimport onward as ow\now.metric("count", len(glob.glob("out/*.txt")))\n'
LIST = 'import os\nimport onward as ow\now.metric("listed", len(os.listdir("".join(["o", "ut"]))))\n'


def run_in(folder: Path, files: workspace.Contents) -> RunReport:
    """A run of one project, one step after the other; nothing that the plan says will be kept is made."""
    workspace.write(folder, {"onward.toml": "", **{f"projects/p/{name}": text for name, text in files.items()}})
    with open_workspace(folder, writes=True) as opened:
        planned = plan(opened, RunOptions()).steps
        report = run(opened, RunOptions(jobs=1, keep_going=True), Recorder())
    for name, record in report.steps.items():
        if name in planned and planned[name].outcome in ("kept", "would-restore") and record.outcome != "failed":
            assert record.outcome == {"kept": "kept", "would-restore": "restored"}[planned[name].outcome]
    return report


def outcomes(report: RunReport) -> dict[str, str]:
    return {name.partition("/")[2]: record.outcome for name, record in report.steps.items()}


def value(report: RunReport, name: str) -> object:
    return report.run.artifacts[f"p/{name}"].facts["value"]


def if_missing(place: str, word: str) -> str:
    """A step that does without what it would make, where there is such a file."""
    return f'import os\nif not os.path.exists({place}):\n    open({place}, "w").write("{word}")\n'


@both_ways
def test_a_step_that_makes_what_is_missing_makes_it_anew(tmp_path: Path, place: str) -> None:
    reader = f'import onward as ow\now.metric("size", len(open({place}).read()))\n'
    run_in(tmp_path, {"a.py": if_missing(place, "one"), "b.py": reader})
    report = run_in(tmp_path, {"a.py": if_missing(place, "three")})
    assert outcomes(report) == {"a": "made", "b": "made"}
    assert value(report, "size") == 5
    report = run_in(tmp_path, {"a.py": if_missing(place, "three") + "print('more')\n"})
    assert outcomes(report) == {"a": "made", "b": "kept"}
    assert "p/made.txt" in report.run.artifacts
    assert set(outcomes(run_in(tmp_path, {})).values()) == {"kept"}


def test_a_makefile_that_was_edited_makes_what_is_newer_than_its_sources(tmp_path: Path) -> None:
    makefile = "made.txt: source.txt\n\t{} source.txt > made.txt\n"
    run_in(
        tmp_path,
        {"onward.toml": '[commands.m]\nrun = "make"\n', "Makefile": makefile.format("cat"), "source.txt": "b\na\n"},
    )
    report = run_in(tmp_path, {"Makefile": makefile.format("sort")})
    assert outcomes(report) == {"m": "made"}
    assert (tmp_path / "projects/p/made.txt").read_text() == "a\nb\n"
    assert outcomes(run_in(tmp_path, {})) == {"m": "kept"}
    assert outcomes(run_in(tmp_path, {"source.txt": "c\n"})) == {"m": "made"}
    assert (tmp_path / "projects/p/made.txt").read_text() == "c\n"


def test_files_that_a_step_writes_no_more_are_gone_and_come_back_with_it(tmp_path: Path) -> None:
    report = run_in(tmp_path, {"a.py": PARTS.format(3), "b.py": COUNT, "c.py": LIST})
    assert (value(report, "count"), value(report, "listed")) == (3, 3)
    for parts, outcome in ((2, "made"), (3, "restored"), (2, "restored")):
        report = run_in(tmp_path, {"a.py": PARTS.format(parts)})
        assert set(outcomes(report).values()) == {outcome}
        assert (value(report, "count"), value(report, "listed")) == (parts, parts)
        assert len(list((tmp_path / "projects/p/out").iterdir())) == parts
        assert set(outcomes(run_in(tmp_path, {})).values()) == {"kept"}


def test_a_step_that_makes_its_folder_anew_is_kept(tmp_path: Path) -> None:
    anew = 'import shutil\nshutil.rmtree("out", ignore_errors=True)\n' + PARTS
    run_in(tmp_path, {"a.py": anew.format(3), "b.py": COUNT})
    assert outcomes(run_in(tmp_path, {})) == {"a": "kept", "b": "kept"}
    assert value(run_in(tmp_path, {"a.py": anew.format(2)}), "count") == 2


def test_a_folder_that_a_step_has_filled_alone_counts_when_something_else_is_in_it(tmp_path: Path) -> None:
    looks = 'import os\nprint(os.path.exists("out"))\n' + PARTS
    run_in(tmp_path, {"a.py": looks.format(3)})
    assert outcomes(run_in(tmp_path, {})) == {"a": "kept"}
    assert outcomes(run_in(tmp_path, {"out/mine.txt": "by hand"})) == {"a": "made"}
    assert (tmp_path / "projects/p/out/mine.txt").read_text() == "by hand"


def test_a_file_that_git_tracks_stays(tmp_path: Path) -> None:
    run_in(tmp_path, {"a.py": if_missing('"made.txt"', "one")})
    (tmp_path / ".gitignore").write_text(".onward\n")
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    run_in(tmp_path, {"a.py": if_missing('"made.txt"', "three")})
    assert (tmp_path / "projects/p/made.txt").read_text() == "one"


def test_what_a_failed_step_has_not_written_stays(tmp_path: Path) -> None:
    run_in(tmp_path, {"a.py": PARTS.format(2)})
    report = run_in(tmp_path, {"a.py": PARTS.format(1).replace('"x"', '"y"') + "raise ValueError('no')\n"})
    assert outcomes(report) == {"a": "failed"}
    assert [path.read_text() for path in sorted((tmp_path / "projects/p/out").iterdir())] == ["y", "x"]


def test_a_file_that_was_edited_by_hand_is_nobodys_to_take(tmp_path: Path) -> None:
    run_in(tmp_path, {"a.py": PARTS.format(3)})
    run_in(tmp_path, {"a.py": PARTS.format(2)})
    run_in(tmp_path, {"a.py": PARTS.format(3)})
    (tmp_path / "projects/p/out/2.txt").write_text("by hand")
    assert outcomes(run_in(tmp_path, {"a.py": PARTS.format(2)})) == {"a": "restored"}
    assert (tmp_path / "projects/p/out/2.txt").read_text() == "by hand"


def test_a_step_that_writes_code_and_imports_it_runs_what_it_has_written(tmp_path: Path) -> None:
    script = 'open("made.py", "w").write("K = {}\\n")\nimport made\nimport onward as ow\now.metric("k", made.K)\n'
    for number in (1, 2):
        report = run_in(tmp_path, {"a.py": script.format(number)})
        assert outcomes(report) == {"a": "made"}
        assert value(report, "k") == number


MADE = "projects/p/made.txt"
IF_MISSING = {
    "asked": if_missing('"made.txt"', "made"),
    "asked, by a computed path": if_missing(PLACES["computed"], "made"),
    "tried": 'try:\n    open("made.txt", "x").write("made")\nexcept FileExistsError:\n    pass\n',
}


@pytest.mark.parametrize("step", IF_MISSING.values(), ids=IF_MISSING)
def test_a_file_that_lay_there_by_hand_is_made_once_it_is_taken_away(tmp_path: Path, step: str) -> None:
    assert outcomes(run_in(tmp_path, {"a.py": step, "made.txt": "by hand"})) == {"a": "made"}
    assert outcomes(run_in(tmp_path, {"made.txt": "by hand, edited"})) == {"a": "kept"}
    report = run_in(tmp_path, {"made.txt": None})
    assert outcomes(report) == {"a": "made"}
    assert (tmp_path / MADE).read_text() == "made"
    assert set(outcomes(run_in(tmp_path, {})).values()) == {"kept"}


def test_of_two_that_make_what_is_missing_the_second_does_where_the_first_no_longer_does(tmp_path: Path) -> None:
    first, second = (if_missing('"made.txt"', word) for word in ("first", "second"))
    other = 'open("other.txt", "w").write("x")\n'
    run_in(tmp_path, {"a.py": first, "b.py": second})
    assert (tmp_path / MADE).read_text() == "first"
    assert outcomes(run_in(tmp_path, {"a.py": other})) == {"a": "made", "b": "made"}
    assert (tmp_path / MADE).read_text() == "second"
    run_in(tmp_path, {"a.py": first})
    assert (tmp_path / MADE).read_text() == "first"
    assert set(outcomes(run_in(tmp_path, {})).values()) == {"kept"}


def test_a_tracked_file_that_a_step_has_changed_and_now_leaves_alone_is_as_git_has_it(tmp_path: Path) -> None:
    workspace.write(tmp_path, {MADE: "tracked", ".gitignore": ".onward\n"})
    run_git(tmp_path, "init", "-q")
    commit(tmp_path, "tracked")
    run_in(tmp_path, {"a.py": 'open("made.txt", "w").write("made")\n'})
    assert outcomes(run_in(tmp_path, {"a.py": if_missing('"made.txt"', "made")})) == {"a": "made"}
    assert (tmp_path / MADE).read_text() == "tracked"
    commit(tmp_path, "all")
    assert set(outcomes(run_in(tmp_path, {})).values()) == {"kept"}


ADDS = {"at the end": 'open("made.txt", "a").write("made")\n', "in place": 'open("made.txt", "r+").write("made")\n'}


@pytest.mark.parametrize("step", ADDS.values(), ids=ADDS)
def test_a_file_that_a_step_has_changed_is_put_back_where_it_is_gone_or_as_it_was(tmp_path: Path, step: str) -> None:
    run_in(tmp_path, {"a.py": step, "made.txt": "by hand "})
    made = (tmp_path / MADE).read_text()
    for left in (None, "by hand "):
        assert outcomes(run_in(tmp_path, {"made.txt": left})) == {"a": "kept"}
        assert (tmp_path / MADE).read_text() == made
