"""A CI job that is cancelled: nothing goes to readers, no place is left locked, and the next one goes on."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from onward.base.bucket import open_bucket
from onward.destinations.bucket import LEASE
from tests.cli.changes import clone, edit, pushed, remote_of
from tests.cli.program import ended, in_process, onward, started
from tests.s3 import Server


def test_a_delivery_that_is_terminated_leaves_no_lease_and_the_next_one_goes_on(tmp_path: Path, s3: Server) -> None:
    site, address = tmp_path / "site", f"{s3.make_bucket()}/pages"
    remote = remote_of(tmp_path, {"onward.toml": f'name = "house"\npublish = ["folder:{site}", "{address}"]\n'})
    root = clone(remote, "ci")
    is_writing, is_terminated = threading.Event(), threading.Event()

    def hold_up(verb: str, path: str) -> None:
        if verb == "PUT" and "/pages/static/" in path:
            is_writing.set()
            assert is_terminated.wait(60)
            time.sleep(1)  # the network is slow, and the program has heard of the signal long before the answer

    s3.fault = hold_up
    process = started(root, "ci")
    assert is_writing.wait(120), process.poll()
    bucket = open_bucket(address)
    assert bucket.read(LEASE) is not None
    process.terminate()
    is_terminated.set()
    answer = ended(process)
    s3.mend()
    assert (answer.status, answer.err.splitlines()[-1]) == (143, "stopped"), answer.text
    assert bucket.read(LEASE) is None
    assert bucket.read("index.html") is None, "it did not go on to the end"
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".site.onward-")] == []
    assert list((root / ".onward/cache/publish").iterdir()) == []
    again = in_process(root, "ci", "--json")
    assert again.status == 0, again.text
    assert {(one["outcome"], one["number"]) for one in again.json["published"]} <= {("brought", 1), ("unchanged", 1)}
    assert bucket.read("index.html") is not None
    assert (site / "index.html").is_file()


def test_a_build_whose_run_is_terminated_goes_no_further(tmp_path: Path) -> None:
    site, begun = tmp_path / "site", tmp_path / "begun"
    remote = remote_of(tmp_path, {"onward.toml": f'name = "house"\npublish = ["folder:{site}"]\n'})
    root = clone(remote, "ci")
    wait = f"    Path({str(begun)!r}).touch()\n    while True:\n        pass\n"
    edit(root, "projects/shop/steps.py", '    print("counting")\n', wait)
    pushed(root, "main")
    process = started(root, "ci")
    while not begun.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.terminate()
    answer = ended(process)
    assert (answer.status, answer.err.splitlines()[-1]) == (143, "stopped"), answer.text
    assert answer.out == "", "nothing is judged by half a run"
    assert not site.exists()
    assert onward(root, "releases", "--json").json["releases"] == []
