"""Killed at any moment, interrupted, run twice at once, edited meanwhile: nothing is lost, the next run goes on."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli import shapes
from tests.cli.program import Answer, ended, in_process, onward, started
from tests.cli.schema import mistakes
from tests.cli.workspaces import write

STEPS = '''\
import os
import time
from pathlib import Path

from onward import asset

MADE = Path(os.environ["MADE"])


def note(name):
    """Leaves word outside of the workspace that a step has run."""
    with open(MADE / name, "a") as file:
        file.write("x")


@asset
def first() -> int:
    note("first")
    time.sleep(0.05)
    return 1


@asset
def second(first) -> dict:
    note("second")
    time.sleep(0.05)
    return {"n": [first] * 2000}


@asset
def third(first) -> str:
    note("third")
    Path("written.txt").write_text("written by third\\n")
    time.sleep(0.05)
    return f"# {first}\\n"


@asset
def last(second, third) -> int:
    note("last")
    return len(second["n"]) + len(third)
'''
WAIT = '    while not (MADE.parent / "go").exists():\n        time.sleep(0.01)\n'
FILES = {"onward.toml": "", "projects/a/steps.py": STEPS}


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose steps leave word in the folder beside it."""
    (tmp_path / "made").mkdir()
    monkeypatch.setenv("MADE", str(tmp_path / "made"))
    return write(tmp_path / "work", FILES)


def times_made(root: Path) -> dict[str, int]:
    """How often each step has run."""
    return {path.name: path.stat().st_size for path in (root.parent / "made").iterdir()}


def processes_of(root: Path) -> list[int]:
    """The processes that have anything to do with a workspace: by their folder, files, variables or words."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if f"MADE={root.parent}/made".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue  # it has ended, or is not ours
    return found


def assert_no_process_is_left(root: Path, patience_s: float = 10.0) -> None:
    deadline = time.monotonic() + patience_s
    while processes_of(root) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_of(root) == []


def assert_like_clean(root: Path) -> None:
    """A run goes on from what there is, and comes to what a clean one comes to."""
    answer = onward(root, "run", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["complete"] is True
    clean = write(root.parent / "clean", FILES)
    expected = onward(clean, "run", "--json").json
    shutil.rmtree(clean)
    assert answer.json["snapshot"] == expected["snapshot"]
    assert answer.json["basis"] == expected["basis"]
    again = onward(root, "run", "--json")
    assert set(again.outcomes().values()) == {"kept"}
    assert onward(root, "release").status == 0


def kill_group(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)


def kill_alone(process: subprocess.Popen[str]) -> None:
    process.kill()


def interrupt_twice(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)


def terminate(process: subprocess.Popen[str]) -> None:
    process.terminate()


@pytest.mark.parametrize("kill", [kill_group, kill_alone, terminate])
def test_killed_at_any_moment_the_next_run_goes_on(work: Path, kill: Callable[[subprocess.Popen[str]], None]) -> None:
    dice = random.Random(kill.__name__)
    for _ in range(3):
        process = started(work, "run")
        time.sleep(dice.uniform(0.1, 0.7))
        kill(process)
        process.communicate(timeout=30)
        assert_no_process_is_left(work)
        for words in (["list"], ["status"], ["snapshots"]):
            answer = onward(work, *words)
            assert answer.status == 0, answer.text
        if dice.random() < 0.5:
            shutil.rmtree(work / ".onward/state", ignore_errors=True)
    assert_like_clean(work)


def wait_for(path: Path, patience_s: float = 20.0) -> None:
    deadline = time.monotonic() + patience_s
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} has not come"
        time.sleep(0.01)


@pytest.fixture
def waiting(work: Path) -> Path:
    """The workspace, whose third step waits for a long time, with a program that it has started."""
    steps = (work / "projects/a/steps.py").read_text()
    slow = steps.replace('note("third")\n', 'note("third")\n    os.system("sleep 300 &")\n' + WAIT)
    (work / "projects/a/steps.py").write_text(slow)
    return work


def test_an_interrupt_ends_cleanly_and_what_was_finished_is_kept(waiting: Path) -> None:
    process = started(waiting, "run", "--json", "--jobs", "1")
    wait_for(waiting.parent / "made/third")
    process.send_signal(signal.SIGINT)
    answer = ended(process)
    assert answer.status != 0
    assert "Traceback" not in answer.text
    assert "stopping" in answer.err
    assert mistakes(answer.json, shapes.RUN) == []
    assert answer.json["ok"] is False
    assert answer.json["complete"] is False
    outcomes = answer.outcomes()
    assert (outcomes["a/first"], outcomes["a/third"], outcomes["a/last"]) == ("made", "failed", "skipped")
    assert_no_process_is_left(waiting)
    states = {step["name"]: step["state"] for step in onward(waiting, "status", "--json").json["steps"]}
    assert (states["a/first"], states["a/third"], states["a/last"]) == ("current", "never made", "never made")
    assert "failed" not in onward(waiting, "why", "a/third").text
    (waiting / "projects/a/steps.py").write_text(STEPS)
    assert_like_clean(waiting)
    # Once by the run that was stopped, once by the clean one that is compared with.
    assert times_made(waiting)["first"] == 2


def test_two_interrupts_end_at_once(waiting: Path) -> None:
    process = started(waiting, "run")
    wait_for(waiting.parent / "made/third")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    answer = ended(process)
    assert answer.status != 0
    assert "Traceback" not in answer.text
    assert_no_process_is_left(waiting)
    (waiting / "projects/a/steps.py").write_text(STEPS)
    assert_like_clean(waiting)


def terminate_twice_at_once(root: Path, process: subprocess.Popen[str]) -> None:
    """As `timeout` does: to the process, and then to its group."""
    process.terminate()
    process.terminate()


def terminate_everything(root: Path, process: subprocess.Popen[str]) -> None:
    """As what looks after services does: to every process of this one."""
    for pid in sorted(processes_of(root), key=lambda pid: (pid != process.pid, pid)):
        os.kill(pid, signal.SIGTERM)


@pytest.mark.parametrize(
    "stop", [lambda root, process: process.terminate(), terminate_twice_at_once, terminate_everything],
    ids=["it", "it twice at once", "all of its processes"],
)  # fmt: skip
def test_sigterm_ends_a_run_in_order(waiting: Path, stop: Callable[[Path, subprocess.Popen[str]], None]) -> None:
    process = started(waiting, "run", "--json", "--jobs", "1")
    wait_for(waiting.parent / "made/third")
    stop(waiting, process)
    answer = ended(process)
    assert answer.status == 143, answer.text
    assert "Traceback" not in answer.text
    assert "stopping" in answer.err
    assert mistakes(answer.json, shapes.RUN) == []
    outcomes = answer.outcomes()
    assert (outcomes["a/first"], outcomes["a/third"], outcomes["a/last"]) == ("made", "failed", "skipped")
    errors = {step["name"]: step["error"] for step in answer.json["steps"]}
    assert errors["a/third"]["type"] == "Interrupted"
    assert_no_process_is_left(waiting)
    assert "failed" not in onward(waiting, "why", "a/third").text
    (waiting / "projects/a/steps.py").write_text(STEPS)
    assert_like_clean(waiting)
    assert times_made(waiting)["first"] == 2  # by the run that was stopped, and by the clean one


def test_a_second_sigterm_ends_at_once(waiting: Path) -> None:
    steps = waiting / "projects/a/steps.py"
    steps.write_text(
        steps.read_text().replace('note("third")\n', 'note(f"parent {os.getppid()}")\n    note("third")\n')
    )
    process = started(waiting, "run", "--jobs", "1")
    wait_for(waiting.parent / "made/third")
    parent = next(int(name.partition(" ")[2]) for name in times_made(waiting) if name.startswith("parent"))
    # It cannot carry out any more that the step is to be ended, so that what ends in order waits for that.
    os.kill(parent, signal.SIGSTOP)
    try:
        process.terminate()
        assert process.stderr is not None
        assert any("stopping" in line for line in process.stderr)
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            process.terminate()
            time.sleep(0.1)
        assert process.poll() == 143
    finally:
        os.kill(parent, signal.SIGCONT)
    process.communicate()
    assert_no_process_is_left(waiting)
    steps.write_text(STEPS)
    assert_like_clean(waiting)


def test_what_a_step_leaves_running_is_ended_with_it(work: Path) -> None:
    steps = STEPS.replace('note("first")\n', 'note("first")\n    os.system("sleep 300 &")\n')
    (work / "projects/a/steps.py").write_text(steps)
    assert in_process(work, "run").status == 0
    assert_no_process_is_left(work)


@pytest.mark.parametrize("count", [2, 10])
def test_runs_at_once_make_each_step_once(work: Path, count: int) -> None:
    processes = [started(work, "run", "--json") for _ in range(count)]
    answers = [ended(process, timeout_s=120) for process in processes]
    assert [answer.status for answer in answers] == [0] * count, answers
    assert times_made(work) == {"first": 1, "second": 1, "third": 1, "last": 1}
    assert len({(answer.json["snapshot"], answer.json["basis"]) for answer in answers}) == 1
    for name in answers[0].outcomes():
        outcomes = sorted(answer.outcomes()[name] for answer in answers)
        assert outcomes.count("made") == 1, (name, outcomes)
        assert {"kept", "restored", "made"}.issuperset(outcomes)
    assert_like_clean(work)


@pytest.mark.parametrize("whose", ["os.getpid()", "os.getppid()"], ids=["the step's", "its parent's"])
def test_a_killed_process_fails_its_step_alone_and_the_next_run_goes_on(work: Path, whose: str) -> None:
    killing = STEPS.replace('    note("third")\n', f"    os.kill({whose}, 9)\n    time.sleep(5)\n")
    (work / "projects/a/steps.py").write_text(killing)
    answer = in_process(work, "run", "--keep-going", "--json")
    assert answer.status in (1, 4), answer.text
    assert "Traceback" not in answer.text
    if answer.status == 1:
        assert answer.outcomes()["a/third"] == "failed"
        assert answer.outcomes()["a/last"] == "skipped"
    assert_no_process_is_left(work)
    (work / "projects/a/steps.py").write_text(STEPS)
    assert_like_clean(work)


def test_a_run_goes_on_alone_where_the_one_that_it_waits_for_is_killed(waiting: Path) -> None:
    first = started(waiting, "run", "--json")
    wait_for(waiting.parent / "made/third")
    second = started(waiting, "run", "--json", "--time-limit", "1")
    while "another run is making it" not in _so_far(second):
        assert second.poll() is None
    kill_group(first)
    first.communicate(timeout=30)
    answer = ended(second)
    assert answer.outcomes()["a/third"] == "failed", "it was started again, and took too long"
    assert answer.outcomes()["a/first"] in ("kept", "restored")
    assert times_made(waiting)["third"] == 2
    assert_no_process_is_left(waiting)


@pytest.mark.parametrize("end", [kill_group, kill_alone, interrupt_twice])
def test_what_a_step_was_overwriting_when_its_run_ended_is_kept(
    tmp_path: Path, end: Callable[[subprocess.Popen[str]], None]
) -> None:
    """Only running the step shows that it writes the file, whose bytes are nowhere else but in the step's outbox."""
    script = (
        "import sys, time\nname = ''.join(['no', 'tes'])\n"
        "with open(f'{name}.txt', 'w') as file:\n    file.write('half')\n"
        f"open({str(tmp_path / 'written')!r}, 'w').close()\ntime.sleep(300)\n"
    )
    root = write(tmp_path / "work", {"onward.toml": "", "projects/a/script.py": script})
    (root / "projects/a/notes.txt").write_text("what nobody has kept")
    process = started(root, "run")
    wait_for(tmp_path / "written")
    end(process)
    process.communicate(timeout=30)
    assert (root / "projects/a/notes.txt").read_text() == "half"
    (root / "projects/a/script.py").write_text("import onward\nonward.metric('n', 1)\n")
    assert onward(root, "run").status == 0
    kept = [path.read_bytes() for path in (root / ".onward/store/objects").rglob("*") if path.is_file()]
    assert b"what nobody has kept" in kept


def _so_far(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


def test_a_source_that_changes_while_a_step_reads_it_gives_no_result(tmp_path: Path) -> None:
    go = tmp_path / "go"
    steps = (
        "import time\nfrom pathlib import Path\nfrom onward import asset\n\n@asset\ndef n(numbers: Path) -> int:\n"
        "    found = len(numbers.read_text())\n"
        f"    Path({str(tmp_path / 'read')!r}).touch()\n"
        f"    while not Path({str(go)!r}).exists():\n        time.sleep(0.01)\n"
        "    return found\n"
    )
    root = write(
        tmp_path / "work",
        {"onward.toml": "", "projects/a/steps.py": steps, "projects/a/data/numbers.csv": "n\n1\n"},
    )
    process = started(root, "run", "--json")
    wait_for(tmp_path / "read")
    (root / "projects/a/data/numbers.csv").write_text("n\n1\n2\n")
    go.touch()
    answer = ended(process)
    assert answer.status == 1
    (failed,) = answer.json["steps"]
    assert failed["outcome"] == "failed"
    assert "numbers" in failed["error"]["message"]
    assert "run again" in failed["error"]["hint"]
    assert onward(root, "run").status == 0
    assert onward(root, "show", "a/n", "--json").json["value"] == 6


def test_code_that_changes_while_a_run_goes_on_is_not_taken_for_what_ran(tmp_path: Path) -> None:
    """What is made belongs to the code that ran; the next run sees the edit."""
    go = tmp_path / "go"

    def steps(number: int) -> str:
        return (
            "import time\nfrom pathlib import Path\nfrom onward import asset\n\n@asset\ndef one() -> int:\n"
            f"    Path({str(tmp_path / 'read')!r}).touch()\n"
            f"    while not Path({str(go)!r}).exists():\n        time.sleep(0.01)\n"
            f"    return {number}\n\n@asset\ndef two(one) -> int:\n    return one + {number}\n"
        )

    root = write(tmp_path / "work", {"onward.toml": "", "projects/a/steps.py": steps(1)})
    process = started(root, "run", "--json")
    wait_for(tmp_path / "read")
    (root / "projects/a/steps.py").write_text(steps(5))
    go.touch()
    answer = ended(process)
    assert answer.status == 1
    (failed,) = [step for step in answer.json["steps"] if step["outcome"] == "failed"]
    assert "projects/a/steps.py" in failed["error"]["message"]
    assert "run again" in failed["error"]["hint"]
    final = onward(root, "run", "--json")
    assert final.status == 0, final.text
    assert onward(root, "show", "a/one", "--json").json["value"] == 5
    assert onward(root, "show", "a/two", "--json").json["value"] == 10
    # Going back finds what the old code gave, and that only.
    (root / "projects/a/steps.py").write_text(steps(1))
    assert onward(root, "run").status == 0
    assert onward(root, "show", "a/one", "--json").json["value"] == 1
    assert onward(root, "show", "a/two", "--json").json["value"] == 2


def test_an_edit_that_means_nothing_to_a_running_step_costs_nothing(waiting: Path) -> None:
    process = started(waiting, "run", "a/third", "--json")
    wait_for(waiting.parent / "made/third")
    steps = waiting / "projects/a/steps.py"
    was = steps.read_text()
    # Another step's code, a comment, and a new step: all in the file that the running one is in.
    steps.write_text(
        was.replace("[first] * 2000", "[first] * 3") + "\n\n# A word.\n@asset\ndef more():\n    return 1\n"
    )
    (waiting.parent / "go").touch()
    answer = ended(process)
    assert answer.status == 0, answer.text
    assert answer.outcomes()["a/third"] == "made"


@pytest.mark.parametrize("name", ["steps.py", "more.py"], ids=["its own", "another"])
def test_a_file_of_code_that_goes_away_while_a_run_goes_on_is_no_end(waiting: Path, name: str) -> None:
    more = waiting / "projects/a/more.py"
    more.write_text("from onward import asset\n\n@asset\ndef more():\n    return 1\n")
    process = started(waiting, "run", "--json")
    wait_for(waiting.parent / "made/third")
    (waiting / "projects/a" / name).unlink()
    (waiting.parent / "go").touch()
    answer = ended(process)
    assert mistakes(answer.json, shapes.RUN) == []
    assert answer.outcomes()["a/third"] == ("failed" if name == "steps.py" else "made")
    assert "Traceback" not in answer.err
    more.unlink(missing_ok=True)
    (waiting / "projects/a/steps.py").write_text(STEPS)
    assert_like_clean(waiting)


def test_one_who_reads_the_output_half_way_stops_nothing(work: Path) -> None:
    process = subprocess.run(
        ["sh", "-c", '"$0" "$@" | head -c 1', *started_words("run")],
        cwd=work,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in process.stderr
    assert_like_clean(work)


def started_words(*words: str) -> list[str]:
    from tests.cli.program import PROGRAM

    return [*PROGRAM, *words]


def test_a_full_disk_is_said_and_the_next_run_goes_on(work: Path) -> None:
    """A limit on the size of files stands for the disk: what is written over it fails as on a full one."""
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); "
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limited += "from onward.cli.entry import main; main()"
    import sys

    done = subprocess.run(
        [sys.executable, "-c", limited, "run", "--json"],
        cwd=work,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    answer = Answer(done.returncode, done.stdout, done.stderr)
    assert answer.status in (1, 4), answer.text
    assert "Traceback" not in answer.err
    assert_no_process_is_left(work)
    assert_like_clean(work)
