"""Where a step goes whose file others read, the run says so: the file stays, and a fresh clone has none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only what Python itself opens is seen, by design; Linux runs it"
)
MAKER = 'open("made.txt", "w").write("1")\n'
READERS = {
    "literal": 'import onward as ow\now.save("seen", {"it": open("made.txt").read()})\n',
    "computed": 'import onward as ow\now.save("seen", {"it": open("".join(["made", ".txt"])).read()})\n',
}


def told(folder: Path, files: dict[str, str | None]) -> list[str]:
    """What a run says of files that are left."""
    workspace.write(folder, {"onward.toml": "", **{f"projects/p/{name}": text for name, text in files.items()}})
    watcher = Recorder()
    with open_workspace(folder, writes=True) as opened:
        run(opened, RunOptions(jobs=1, keep_going=True), watcher)
    return [each for each in watcher.said if "is left of" in each]


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_file_whose_maker_is_gone_is_named_with_who_reads_it(tmp_path: Path, reader: str) -> None:
    assert told(tmp_path, {"a_maker.py": MAKER, "b_reader.py": reader}) == []
    (said,) = told(tmp_path, {"a_maker.py": None})
    assert said.startswith(
        "`projects/p/made.txt` is left of `p/a_maker`, which is no step any more, and is read by `p/"
    )
    assert said.endswith("commit it, or bring the step back")
    assert (tmp_path / "projects/p/made.txt").read_text() == "1"


def test_a_source_that_a_step_once_made_is_named_too(tmp_path: Path) -> None:
    told(tmp_path, {"data/other.txt": "", "a_maker.py": MAKER.replace("made.txt", "data/made.csv")})
    takes = "from pathlib import Path\nfrom onward import asset\n\n"
    takes += "@asset\ndef seen(made: Path):\n    return {'it': made.read_text()}\n"
    (said,) = told(tmp_path, {"a_maker.py": None, "b_reader.py": takes})
    assert "`projects/p/data/made.csv` is left of `p/a_maker`" in said
    assert "read by `p/seen`" in said


def test_nothing_is_said_where_another_step_makes_it(tmp_path: Path) -> None:
    told(tmp_path, {"a_maker.py": MAKER, "b_reader.py": READERS["computed"]})
    assert told(tmp_path, {"a_maker.py": None, "another.py": MAKER}) == []


def test_nor_where_nobody_reads_it(tmp_path: Path) -> None:
    told(tmp_path, {"a_maker.py": MAKER})
    assert told(tmp_path, {"a_maker.py": None}) == []


def test_nor_where_git_has_it(tmp_path: Path) -> None:
    told(tmp_path, {"a_maker.py": MAKER, "b_reader.py": READERS["literal"]})
    for words in (["init", "-q"], ["add", "projects"]):
        subprocess.run(["git", "-C", tmp_path, *words], check=True)
    assert told(tmp_path, {"a_maker.py": None}) == []


def test_what_is_left_in_a_file_that_git_tracks_is_named(tmp_path: Path) -> None:
    workspace.write(tmp_path, {"projects/p/made.txt": "tracked", ".gitignore": ".onward\n"})
    for words in (["init", "-q"], ["add", "projects"]):
        subprocess.run(["git", "-C", tmp_path, *words], check=True)
    told(tmp_path, {"a_maker.py": MAKER, "b_reader.py": READERS["computed"]})
    (said,) = told(tmp_path, {"a_maker.py": None})
    assert "a fresh clone has another one" in said


def test_nothing_is_said_where_another_step_makes_it_as_soon_as_it_is_missing(tmp_path: Path) -> None:
    other = 'import os\nif not os.path.exists("made.txt"):\n    open("made.txt", "w").write("2")\n'
    told(tmp_path, {"a_maker.py": MAKER, "other.py": other})
    assert told(tmp_path, {"a_maker.py": None}) == []
    assert (tmp_path / "projects/p/made.txt").read_text() == "2"
