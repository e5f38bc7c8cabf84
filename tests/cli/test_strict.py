"""`run --strict`: what a step does not declare is refused, and said with the line that allows it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import shapes
from tests.cli.conftest import Writer
from tests.cli.program import Answer, onward
from tests.cli.schema import mistakes

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere only what Python itself opens is refused, by design; Linux runs it"
)
HEAD = "import os, socket\nfrom onward import asset\n\n@asset\ndef made():\n"
READS = "    return len(open({outside!r} + '/a.csv').read())\n"
WRITES = "    open({outside!r} + '/b.csv', 'w').close()\n    return 1\n"
CONNECTS = (
    "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talker:\n"
    "        talker.connect(('192.0.2.7', 9))\n"
    "    return 1\n"
)
SWALLOWS = "    try:\n        open({outside!r} + '/a.csv')\n    except OSError:\n        pass\n    return 1\n"


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder outside of the workspace that is none of the temporary ones, which are free."""
    folder = Path.home() / f"onward-test-{os.getpid()}-{tmp_path.name}"
    folder.mkdir()
    (folder / "a.csv").write_text("x\n1\n")
    yield folder
    shutil.rmtree(folder)


def step_of(body: str, outside: Path) -> dict[str, str | bytes]:
    return {"onward.toml": "", "projects/p/steps.py": HEAD + body.format(outside=str(outside))}


def error_of(answer: Answer) -> dict[str, str]:
    (step,) = answer.json["steps"]
    assert step["outcome"] == "failed", step
    return dict(step["error"])


@pytest.mark.parametrize(
    ("body", "deed", "line"),
    [
        (READS, "read `{outside}/a.csv`, outside of the workspace", 'reads = ["{outside}/a.csv"]'),
        (WRITES, "write `{outside}/b.csv`, outside of the workspace", 'writes = ["{outside}/b.csv"]'),
        (CONNECTS, "connect to 192.0.2.7:9, another machine", 'network = ["p/made"]'),
    ],
)
def test_what_is_not_declared_is_refused_and_the_line_that_is_named_allows_it(
    workspace: Writer, outside: Path, body: str, deed: str, line: str
) -> None:
    root = workspace(step_of(body, outside))
    answer = onward(root, "run", "--strict", "--json")
    assert answer.status == 1
    assert mistakes(answer.json, shapes.RUN) == []
    error = error_of(answer)
    assert error["type"] == "Refused"
    assert error["message"].endswith(f"p/made tried to {deed.format(outside=outside)}")
    said = line.format(outside=outside)
    assert f"below `[strict]` in `onward.toml`: `{said}`" in error["hint"]
    (root / "onward.toml").write_text(f"[strict]\n{said}\n")
    assert onward(root, "run", "--strict", "--json").outcomes() == {"p/made": "made"}


def test_people_see_the_verdict_before_what_a_library_makes_of_it(workspace: Writer, outside: Path) -> None:
    told = onward(workspace(step_of(READS, outside)), "run", "--strict").out
    assert told.index("tried to read") < told.index("PermissionError") < told.index("hint: if it may, write below")


def test_a_step_that_swallows_the_refusal_fails_all_the_same(workspace: Writer, outside: Path) -> None:
    root = workspace(step_of(SWALLOWS, outside))
    assert "tried to read" in error_of(onward(root, "run", "--strict", "--json"))["message"]
    assert onward(root, "run", "--json").outcomes() == {"p/made": "made"}


def test_the_projects_own_settings_are_named_with_what_they_hold_already(workspace: Writer, outside: Path) -> None:
    files = step_of(READS, outside) | {"projects/p/onward.toml": 'title = "P"\n[strict]\nreads = ["~/nothing"]\n'}
    root = workspace(files)
    hint = error_of(onward(root, "run", "--strict", "--json"))["hint"]
    assert f'in `projects/p/onward.toml:2`: `reads = ["~/nothing", "{outside}/a.csv"]`' in hint
    (root / "projects/p/onward.toml").write_text(f'[strict]\nreads = ["~/{outside.name}"]\nnetwork = ["m*"]\n')
    assert onward(root, "run", "--strict", "--json").outcomes() == {"p/made": "made"}


def test_a_step_writes_into_its_project_and_where_its_code_says_so(workspace: Writer, outside: Path) -> None:
    body = """
    import tempfile, subprocess, sys
    open("".join(["own", ".txt"]), "w").close()
    open("../../results/said.txt", "w").close()
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"x")
    subprocess.run([sys.executable, "-c", "import sys; sys.path.insert(0, '../../lib'); import shared"], check=True)
    return 1
"""
    files = step_of(body, outside) | {"results/README": "", "lib/shared.py": "x = 1\n"}
    root = workspace(files)
    answer = onward(root, "run", "--strict", "--json")
    assert answer.outcomes() == {"p/made": "made"}, answer.text


@pytest.mark.parametrize("path", ["../q/data.csv", "../../lib/x.csv", "../../.git/x", "../../.onward/x"])
def test_a_step_writes_nowhere_else(workspace: Writer, outside: Path, path: str) -> None:
    folder, _, name = path.rpartition("/")
    files = step_of(f"    open('/'.join([{folder!r}, {name!r}]), 'w').close()\n    return 1\n", outside)
    root = workspace(files | {"projects/q/steps.py": "x = 1\n", "lib/y.py": "", "onward.toml": ""})
    error = error_of(onward(root, "run", "--strict", "--json"))
    inside = os.path.relpath(os.path.join("projects/p", path))
    assert f"tried to write `{inside}`, which is not its project's" in error["message"]
    assert not (root / inside).exists()
    (root / "onward.toml").write_text(re.sub(r".*`(writes.*)`", r"[strict]\n\1\n", error["hint"]))
    assert onward(root, "run", "--strict", "--json").outcomes() == {"p/made": "made"}


def test_many_refusals_are_listed_up_to_a_limit_and_allowed_by_their_folder(workspace: Writer, outside: Path) -> None:
    for number in range(14):
        (outside / f"{number}.csv").write_text("")
    body = """
    for number in range(14):
        try:
            open({outside!r} + f"/{{number}}.csv")
        except OSError:
            pass
    return 1
"""
    error = error_of(onward(workspace(step_of(body, outside)), "run", "--strict", "--json"))
    assert error["message"].count("tried to read") == 10
    assert error["message"].endswith("and 4 more")
    assert f'`reads = ["{outside}"]`' in error["hint"]


def test_strictness_is_in_no_key(workspace: Writer, outside: Path) -> None:
    root = workspace(step_of(READS, outside))
    assert onward(root, "run", "--json").outcomes() == {"p/made": "made"}
    assert onward(root, "run", "--strict", "--json").outcomes() == {"p/made": "kept"}
    assert onward(root, "run", "--strict", "--force", "p", "--json").outcomes() == {"p/made": "failed"}


def test_strict_holds_where_the_watch_is_turned_off(workspace: Writer, outside: Path) -> None:
    root = workspace(step_of(SWALLOWS, outside) | {"onward.toml": "watch = false\n"})
    assert "tried to read" in error_of(onward(root, "run", "--strict", "--json"))["message"]


def test_where_the_kernel_cannot_be_asked_it_is_said_for_what_strict_holds(workspace: Writer, outside: Path) -> None:
    root = workspace(step_of(READS, outside))
    system = os.uname()
    on = f"{system.sysname} {system.release} {system.machine} uid {os.getuid()}"
    (root / ".onward/cache").mkdir(parents=True)
    (root / ".onward/cache/watch-probe.json").write_text(json.dumps({"format": 1, "on": on, "reason": "it is old"}))
    answer = onward(root, "run", "--strict", "--json")
    assert "--strict holds for what Python itself does, and for nothing else" in answer.err
    assert "tried to read" in error_of(answer)["message"]


def test_a_notebook_and_a_query_run_under_strict(workspace: Writer) -> None:
    cell = {"cell_type": "code", "source": "print(1)", "metadata": {}, "outputs": [], "execution_count": None}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    files: dict[str, str | bytes] = {
        "onward.toml": "",
        "projects/p/a.ipynb": json.dumps(notebook),
        "projects/p/b.sql": "select 1 as x\n",
    }
    answer = onward(workspace(files), "run", "--strict", "--json")
    assert answer.outcomes() == {"p/a": "made", "p/b": "made"}, answer.text


@pytest.mark.parametrize(
    ("where", "is_refused"),
    [
        ("f'/proc/{os.getppid()}/environ'", True),
        ("f'/proc/self/../{os.getppid()}/environ'", True),
        ("link()", True),
        ("'/proc/self/environ'", False),
        ("'/proc/self/status'", False),
        ("f'/proc/{os.getppid()}/status'", False),
    ],
)
def test_the_variables_of_the_program_that_runs_it_are_no_steps_to_know(
    workspace: Writer, outside: Path, where: str, *, is_refused: bool
) -> None:
    """Those of a build may hold a token. A step sees what it was given."""
    link = "def link():\n    import tempfile\n    path = tempfile.mkdtemp() + '/x'\n"
    link += "    os.symlink(f'/proc/{os.getppid()}/environ', path)\n    return path\n\n"
    head, _, rest = HEAD.partition("@asset")
    code = head + link + "@asset" + rest + f"    return len(open({where}, 'rb').read())\n"
    root = workspace({"onward.toml": "", "projects/p/steps.py": code})
    answer = onward(root, "run", "--strict", "--json")
    if is_refused:
        assert "environ`, outside of the workspace" in error_of(answer)["message"]
    else:
        assert answer.status == 0, answer.text


def test_what_is_wrong_below_strict_is_a_finding(workspace: Writer, outside: Path) -> None:
    root = workspace(step_of(READS, outside) | {"onward.toml": "[strict]\nread = []\nwrites = 3\n"})
    findings = onward(root, "list", "--json").json["findings"]
    assert [(found["where"], found["hint"]) for found in findings] == [
        ("onward.toml:2", "write `strict.reads`"),
        ("onward.toml:3", None),
    ]


def test_strict_is_a_table(workspace: Writer, outside: Path) -> None:
    (found,) = onward(workspace(step_of(READS, outside) | {"onward.toml": "strict = true\n"}), "list", "--json").json[
        "findings"
    ]
    assert (found["message"], found["where"]) == ("`strict` is a table, not a yes or no", "onward.toml:1")


def test_a_command_is_refused_and_allowed_like_any_step(workspace: Writer, outside: Path) -> None:
    command = f'[commands.take]\nrun = "cat {outside}/a.csv > out.csv; true"\n'
    root = workspace({"onward.toml": "", "projects/p/onward.toml": command})
    error = error_of(onward(root, "run", "--strict", "--json"))
    assert f"p/take tried to read `{outside}/a.csv`" in error["message"]
    (root / "projects/p/onward.toml").write_text(f'{command}\n[strict]\nreads = ["{outside}"]\n')
    answer = onward(root, "run", "--strict", "--json")
    assert answer.outcomes() == {"p/take": "made"}, answer.text
    assert (root / "projects/p/out.csv").read_text() == "x\n1\n"
