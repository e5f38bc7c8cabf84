"""What a script has written and not closed is there when its step has ended, as it is when a shell runs it."""

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

LEFT_OPEN = {
    "a file": 'file = open("out", "w")\nfile.write("text")\n',
    "bytes": 'file = open("out", "wb")\nfile.write(b"text")\n',
    "a table": 'import csv\nrows = csv.writer(open("out", "w"))\nrows.writerow([1, 2])\n',
    "compressed": 'import gzip\nfile = gzip.GzipFile("out", "wb", mtime=0)\nfile.write(b"text" * 9)\n',
    "compressed text": 'import bz2\nfile = bz2.open("out", "wt")\nfile.write("text" * 9)\n',
    "an archive": 'import zipfile\nfile = zipfile.ZipFile("out", "w")\nfile.writestr(zipfile.ZipInfo("a"), "text")\n',
    "in an object": 'class Log: pass\nlog = Log()\nlog.me = log\nlog.file = open("out", "w")\nlog.file.write("text")\n',
    "closed": 'with open("out", "w") as file:\n    file.write("text")\n',
    "closed below": 'import os\nfile = open("out", "w")\nfile.write("text")\nfile.flush()\nos.close(file.fileno())\n',
}


@pytest.mark.parametrize("script", LEFT_OPEN.values(), ids=LEFT_OPEN)
def test_what_is_left_open_is_written(tmp_path: Path, script: str) -> None:
    plain = workspace.write(tmp_path / "plain", {"a.py": script})
    subprocess.run([sys.executable, "a.py"], cwd=plain, check=True, capture_output=True)
    expected = (plain / "out").read_bytes()
    assert expected
    workspace.write(tmp_path / "work", {"onward.toml": "", "projects/p/a.py": script})
    with open_workspace(tmp_path / "work", writes=True) as opened:
        report = run(opened, RunOptions(jobs=1), Recorder())
        assert report.ok, report.steps
        kept = opened.store.objects.path(report.run.artifacts["p/out"].bytes)
        assert kept is not None
        assert kept.read_bytes() == expected
    assert (tmp_path / "work/projects/p/out").read_bytes() == expected
