"""The watch where things go wrong: its process dies, it cannot be had, something is left behind or refused."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.unit.runtime.watching import Workspace, workspace


@pytest.fixture
def here(tmp_path):
    with workspace(tmp_path) as running:
        yield running


def supervisor_of(here: Workspace) -> int:
    return here.workers._process.pid


def wait_for(path: Path) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not come"
        time.sleep(0.005)


# The supervisor dies.


def test_a_step_whose_watch_dies_is_told_as_failed_by_the_watch_whatever_it_says(here):
    here.start(
        """
        import os, time
        open("running", "w").close()
        while os.path.exists("running"):
            time.sleep(0.01)
        """
    )
    wait_for(here.root / "running")
    os.kill(supervisor_of(here), signal.SIGKILL)
    (found,) = here.wait()
    assert found.result["error"]["type"] == "WatchLost"
    assert not found.result["ok"]
    assert found.record is None


def test_the_next_steps_are_watched_by_another_one(here):
    for number in range(2):
        here.start(f"import time; open('running{number}', 'w').close(); time.sleep(60)", f"step{number}.py")
    wait_for(here.root / "running0")
    wait_for(here.root / "running1")
    os.kill(supervisor_of(here), signal.SIGKILL)
    assert [each.result["error"]["type"] for each in here.wait(2)] == ["WatchLost", "WatchLost"]
    here.write("in.txt")
    found = here.run("open('in.txt').read()")
    assert (found.record["means"], found.record["confidence"]) == ("seccomp", "complete")
    assert found["read"] == ["in.txt"]


def test_where_nothing_was_watched_yet_the_loss_stops_nobody(here):
    here.run("x = 1", watch=False)
    os.kill(supervisor_of(here), signal.SIGKILL)
    here.workers._process.wait()
    found = here.run("open('step.py').read()")
    assert (found.record["means"], found.record["confidence"]) == ("audit", "partial")


# What a step's Python says of itself.


def test_what_code_makes_of_the_module_json_is_its_own_affair(here):
    here.write("in.txt")
    found = here.run(
        """
        import json, onward
        plain = json.dumps
        json.dumps = lambda value, **options: plain(value, **options) + "!"
        json.loads = None
        open("in.txt").read()
        onward.metric("number", 5)
        onward.save("text", {"a": 1})
        """
    )
    assert (found.record["confidence"], found["read"]) == ("complete", ["in.txt"])
    assert [saved["name"] for saved in found.result["saves"]] == ["number", "text"]
    kept = list(here.outboxes[0].glob("save-*"))
    assert kept
    assert not [path for path in kept if "!" in path.read_text()]


def test_what_nobody_can_read_of_a_step_is_a_doubt_of_that_step_alone(here):
    for number, said in enumerate(("no JSON\\n", "[1]\\n", "")):
        here.start(
            f"""
            import pathlib
            said = pathlib.Path(".onward/outboxes/{number}/python.jsonl")
            said.write_text("{said}")
            """,
            f"step{number}.py",
        )
    found = {each.ending.identity: each.record for each in here.wait(3)}
    unread = ["what one of its Python processes said of itself cannot be read"]
    assert [found[number]["reasons"] for number in (1, 2, 3)] == [unread, unread, []]


# Something is left behind.


def test_what_a_step_leaves_running_does_not_hold_up_its_end_and_is_ended(here):
    started = time.monotonic()
    found = here.run(
        """
        import subprocess
        subprocess.Popen("exec 1>&- 2>&-; echo $$ > pid; exec sleep 60", shell=True, start_new_session=True)
        import os, time
        while not (os.path.exists("pid") and open("pid").read().strip()):
            time.sleep(0.005)
        time.sleep(0.1)
        """
    )
    assert time.monotonic() - started < 20
    assert found.record["reasons"] == ["it left a process running, which was ended"]
    pid = int((here.root / "pid").read_text())
    until = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < until, "it still runs"
        time.sleep(0.01)


def test_what_stays_in_the_steps_group_is_ended_without_a_word(here):
    found = here.run("import subprocess\nsubprocess.Popen(['sleep', '60'], stdout=-3, stderr=-3)")
    assert found.record["confidence"] == "complete"


def test_two_steps_at_once_have_a_record_each(here):
    for number in range(4):
        here.write(f"{number}.txt")
        here.start(f"for _ in range(200): open('{number}.txt').read()", f"step{number}.py")
    found = here.wait(4)
    assert sorted(each["read"] for each in found) == [[f"{number}.txt"] for number in range(4)]


def test_what_one_step_serves_is_another_ones_server(here):
    here.start(
        """
        import os, socket, time
        with socket.create_server(("127.0.0.1", 0)) as server:
            with open("port.new", "w") as file:
                file.write(str(server.getsockname()[1]))
            os.rename("port.new", "port")
            server.accept()
        """,
        "serving.py",
    )
    wait_for(here.root / "port")
    port = (here.root / "port").read_text()
    here.start(f"import socket; socket.create_connection(('127.0.0.1', {port})).close()", "asking.py")
    servers = sorted(each.record["servers"] for each in here.wait(2))
    assert servers == [[], [f"127.0.0.1:{port}"]]


# It cannot be had.


def test_without_the_kernel_python_says_what_it_opens(here):
    here.refuse_kernel("the kernel does not allow it: Function not implemented")
    here.write("in.txt")
    here.write("data/a.csv")
    here.write("lib/acme.py", "x = 1")
    found = here.run(
        """
        import os, socket, acme
        open("in.txt").read()
        os.listdir("data")
        open("out.txt", "w").write("1")
        os.mkdir("folder")
        os.rename("out.txt", "folder/out.txt")
        os.environ.get("NAME")
        try:
            open("none.txt")
        except FileNotFoundError:
            pass
        """
    )
    assert found.record["means"] == "audit"
    assert found.record["confidence"] == "partial"
    assert found.record["reasons"] == [
        "only what Python code itself opens could be seen: the kernel does not allow it: Function not implemented"
    ]
    assert (found["read"], found["written"], found["absent"]) == (["in.txt"], ["folder/out.txt"], ["none.txt"])
    assert (found["listed"], found.record["variables"]) == (["data"], ["NAME"])
    assert found["imported"] == ["lib/acme.py", "step.py"]


def test_a_program_that_could_not_be_watched_is_a_doubt(here):
    here.refuse_kernel("no")
    found = here.run("import subprocess\nsubprocess.run(['cat', '/dev/null'])")
    assert [Path(path).name for path in found.record["programs"]] == ["cat"]
    assert "a program was started, whose doings could not be seen" in found.record["reasons"]


def test_a_watch_within_a_watch_falls_back(here, repository):
    inner = here.root / "inner"
    inner.mkdir()
    here.write("in.txt")
    found = here.run(
        f"""
        import subprocess, sys
        code = '''
        import sys, pathlib, json
        sys.path[:0] = [{str(repository)!r}, {str(repository / "src")!r}]
        from tests.unit.runtime.watching import workspace
        with workspace(pathlib.Path({str(inner)!r})) as here:
            found = here.run("open('../in.txt').read()")
            print(json.dumps(found.record))
        '''
        import textwrap
        done = subprocess.run([{sys.executable!r}, "-c", textwrap.dedent(code)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        open("inner.json", "w").write(done.stdout)
        """
    )
    record = json.loads((here.root / "inner.json").read_text())
    assert (record["means"], record["confidence"]) == ("audit", "partial")
    assert [Path(row["path"]).name for row in record["read"]] == ["in.txt"]
    assert (record["absent"], record["written"]) == ([], [])
    assert "in.txt" in found["read"]


def test_what_the_machine_can_do_is_tried_once_and_remembered(here):
    here.run("x = 1")
    kept = json.loads((here.root / ".onward/cache/watch-probe.json").read_text())
    assert kept["reason"] == ""
    assert os.uname().release in kept["on"]


def test_what_is_remembered_of_another_kernel_does_not_count(here):
    other = {"format": 1, "on": "Linux 2.6 x86_64 uid 0", "reason": "too old"}
    here.write(".onward/cache/watch-probe.json", json.dumps(other))
    assert here.run("x = 1").record["means"] == "seccomp"


# Strict.


def test_what_is_not_declared_is_refused_and_recorded(here):
    for name in ("data/a.csv", "data/b.csv", "secret.csv"):
        here.write(name)
    strict = {"reads": [f"{here.root}/data/a.csv", f"{here.root}/step.py"], "writes": [f"{here.root}/out"]}
    (here.root / "out").mkdir()
    found = here.run(
        """
        import errno, os, socket, subprocess
        def refused(act):
            try:
                act()
            except OSError as error:
                return error.errno
        open("data/a.csv").read()
        assert os.listdir("data") == ["a.csv", "b.csv"] or os.listdir("data") == ["b.csv", "a.csv"]
        open("out/x.txt", "w").write("1")
        assert open("out/x.txt").read() == "1"
        assert os.path.exists("secret.csv")
        assert refused(lambda: open("none.csv")) == errno.ENOENT
        assert refused(lambda: open("secret.csv")) == errno.EACCES
        assert refused(lambda: open("stray.txt", "w")) == errno.EACCES
        assert refused(lambda: os.remove("data/b.csv")) == errno.EACCES
        assert refused(lambda: os.rename("data/a.csv", "out/a.csv")) == errno.EACCES
        assert refused(lambda: os.mkdir("made")) == errno.EACCES
        assert refused(lambda: socket.create_connection(("192.0.2.1", 80), 1)) == errno.EACCES
        assert subprocess.run(["cat", "secret.csv"], stderr=subprocess.DEVNULL).returncode == 1
        """,
        strict=strict,
    )
    refused = [(row["path"].removeprefix(f"{here.root}/"), row["verb"]) for row in found.record["refused"]]
    assert refused == [
        ("secret.csv", "read"),
        ("stray.txt", "write"),
        ("data/b.csv", "remove"),
        ("data/a.csv", "rename"),
        ("made", "write"),
        ("192.0.2.1:80", "connect"),
    ]
    assert (found["read"], found["written"]) == (["data/a.csv"], ["out/x.txt"])
    assert not (here.root / "stray.txt").exists()


def test_strict_holds_without_the_kernel_for_what_python_does(here):
    here.refuse_kernel("no")
    here.write("secret.csv")
    found = here.attempt("open('secret.csv').read()", strict={"reads": [f"{here.root}/step.py"], "writes": []})
    assert found.result["error"]["type"] == "PermissionError"
    assert found.record["refused"] == [{"path": f"{here.root}/secret.csv", "verb": "read"}]
    assert os.strerror(errno.EACCES) in found.result["error"]["message"]


def test_what_is_sealed_is_not_written_unless_something_nearer_may_be(here):
    for folder in ("open/sealed/inner", "made", "lib"):
        (here.root / folder).mkdir(parents=True)
    root = str(here.root)
    strict = {
        "reads": [root],
        "writes": [f"{root}/open", f"{root}/open/sealed/inner"],
        "sealed": [root, f"{root}/open/sealed"],
        "folders": [f"{root}/made"],
        "network": True,
    }
    found = here.run(
        """
        import os, socket
        def tried(act):
            try:
                act()
            except PermissionError:
                return "refused"
            return "done"
        def write(path):
            return tried(lambda: open(path, "w").close())
        assert write("open/x") == "done"
        assert write("open/sealed/x") == "refused"
        assert write("open/sealed/inner/x") == "done"
        assert write("made/x") == "refused"
        assert tried(lambda: os.mkdir("made/folder")) == "done"
        assert tried(lambda: os.mkdir("lib/folder")) == "refused"
        assert tried(lambda: os.makedirs("lib/__pycache__")) == "done"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talker:
            try:
                talker.connect(("192.0.2.1", 80))
            except PermissionError:
                raise
            except OSError:
                pass  # this machine knows no way there
        """,
        strict=strict,
    )
    refused = [(row["path"].removeprefix(f"{root}/"), row["verb"]) for row in found.record["refused"]]
    assert refused == [("open/sealed/x", "write"), ("made/x", "write"), ("lib/folder", "write")]
    assert found.record["network"] == [{"address": "192.0.2.1", "port": 80}]


# Its record cannot be written.


READS_MUCH = """
import os, time
for number in range(300):
    os.path.exists(f"some/file/of/many/{{number}}")
open("running", "w").close()
while os.path.exists("running"):
    time.sleep(0.01)
{then}
"""


@pytest.mark.parametrize("then", ["", "raise ValueError('by itself')"])
def test_a_step_whose_record_finds_no_room_has_not_gone_well(here, then):
    """A limit on the size of the watching process's files stands for a disk that is nearly full."""
    here.start(READS_MUCH.format(then=then))
    wait_for(here.root / "running")
    resource.prlimit(supervisor_of(here), resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
    (here.root / "running").unlink()
    (found,) = here.wait()
    assert not found.result["ok"]
    assert found.record is None
    error = found.result["error"]
    assert error["type"] == ("ValueError" if then else "WatchLost")
    assert then or os.strerror(errno.EFBIG) in error["message"]


def test_without_the_kernel_a_record_that_finds_no_room_is_missed_too(here):
    here.refuse_kernel("no")
    limits = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))\n"
    found = here.attempt(limits + "import os\nfor number in range(300): os.listdir() and open('step.py').close()\n")
    assert found.result["ok"], "a small record has room"
    many = "for number in range(300):\n    try: open(f'some/file/of/many/{number}')\n    except OSError: pass\n"
    found = here.attempt(limits + many)
    assert found.record is None
    assert found.result["error"]["type"] == "WatchLost"
