"""The record of a watched step, as the loop gets it."""

from __future__ import annotations

import json

import pytest

from onward.app.observing.collect import Result
from onward.app.observing.watched import RECORD, PathState, read_watched
from tests.unit.runtime.watching import workspace


def test_what_the_runtime_writes_is_what_the_loop_reads(tmp_path):
    with workspace(tmp_path) as here:
        path = here.write("data/in.txt")
        found = here.run(
            """
            import os, socket
            open("data/in.txt").read()
            os.listdir("data")
            os.symlink("data", "way")
            open("way/in.txt").read()
            open("old.txt", "w").close()
            os.rename("old.txt", "new.txt")
            try:
                socket.create_connection(("192.0.2.1", 80), 1)
            except OSError:
                pass
            """,
            strict={"reads": [str(tmp_path)], "writes": [str(tmp_path)]},
        )
        (here.outboxes[-1] / RECORD).write_text(json.dumps(found.record))
        watched = Result(here.outboxes[-1], found.ending.result).watched
    assert watched is not None
    state = path.stat()
    assert watched.read == (PathState(str(path), "file", 1, state.st_mtime_ns, state.st_ino),)
    assert [folder.names for folder in watched.listed] == [("in.txt",)]
    assert [(file.path, file.existed) for file in watched.written] == [
        (f"{tmp_path}/new.txt", False),
        (f"{tmp_path}/way", False),
    ]
    assert [(row.old, row.new) for row in watched.renamed] == [(f"{tmp_path}/old.txt", f"{tmp_path}/new.txt")]
    assert [(row.path, row.verb) for row in watched.refused] == [("192.0.2.1:80", "connect")]


@pytest.mark.parametrize("content", ["", '{"format": 1, "means": "seccomp"', json.dumps({"format": 2})])
def test_a_record_that_is_not_whole_or_not_ours_is_none(tmp_path, content):
    (tmp_path / "watch.json").write_text(content)
    assert read_watched(tmp_path) is None


def test_a_step_that_was_not_watched_has_none(tmp_path):
    assert Result(tmp_path, "{}").watched is None
