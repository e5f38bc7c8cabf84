"""`run --twice`: what is made is made a second time, and what then differs is marked unstable."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli import shapes
from tests.cli.conftest import Writer
from tests.cli.program import onward
from tests.cli.schema import mistakes

HEAD = "import os\nimport polars as pl\nfrom onward import asset, check\nimport onward as ow\n\n"
COUNTER = "COUNTER = {counter!r}\n\ndef times():\n    with open(COUNTER, 'a') as file:\n        file.write('x')\n"
COUNTER += "    return os.path.getsize(COUNTER)\n\n"
STEPS = """
@asset(unit="s")
def number():
    return times()

@asset
def rows():
    return pl.DataFrame({"x": list(range(times()))})

@asset
def values():
    return pl.DataFrame({"same": [1, 2], "other": [times(), 0]})

@asset
def plain():
    return 1
"""


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    """A file of a temporary folder, which no result is held to rest on; each step of a test has its own."""
    return tmp_path / "counter"


def code(body: str, counter: Path) -> str:
    return HEAD + COUNTER.format(counter=str(counter)) + body


def script(body: str, counter: Path) -> str:
    counts = f"COUNTER = {str(counter)!r}\nopen(COUNTER, 'a').write('x')\ntimes = os.path.getsize(COUNTER)\n"
    return f"import os\n{counts}{body}"


def test_what_differs_is_told_by_the_means_of_its_kind_and_the_first_serves(workspace: Writer, tmp_path: Path) -> None:
    bodies = STEPS.strip().split("\n\n")
    files: dict[str, str | bytes] = {
        f"projects/p/s{number}.py": code(body + "\n", tmp_path / f"c{number}") for number, body in enumerate(bodies)
    }
    root = workspace(files | {"onward.toml": ""})
    answer = onward(root, "run", "--twice", "--json")
    assert answer.status == 0, answer.text
    assert mistakes(answer.json, shapes.RUN) == []
    told = {step["name"]: step["marks_because"].get("unstable") for step in answer.json["steps"]}
    assert told == {
        "p/number": ["`p/number` was 1 and then 2"],
        "p/rows": ["`p/rows` had 1 rows and then 2"],
        "p/values": ["`p/values` has other values in other"],
        "p/plain": None,
    }
    assert set(answer.outcomes().values()) == {"made"}
    shown = onward(root, "show", "p/number", "--json").json
    assert shown["value"] == 1
    assert "unstable" in shown["marks"]
    assert "p/number is unstable: `p/number` was 1 and then 2" in answer.err
    assert set(onward(root, "run", "--twice", "--json").outcomes().values()) == {"kept"}
    assert (tmp_path / "c0").read_text() == "xx", "what is kept is not run for it"


@pytest.mark.parametrize("more", [["--jobs", "1"], ["--keep-going"], ["--jobs", "3", "--force", "p"]])
def test_it_goes_with_other_options(workspace: Writer, counter: Path, more: list[str]) -> None:
    body = (
        "@asset\ndef a():\n    return times()\n\n@asset\ndef b(a):\n    return a\n\n@asset\ndef c(b):\n    return b\n"
    )
    root = workspace({"onward.toml": "", "projects/p/steps.py": code(body, counter)})
    answer = onward(root, "run", "--twice", *more, "--json").json
    assert {step["name"]: step["marks"] for step in answer["steps"]} == {"p/a": ["unstable"], "p/b": [], "p/c": []}
    assert counter.read_text() == "xx"


def test_a_second_run_that_fails_leaves_the_first_and_says_so(workspace: Writer, counter: Path) -> None:
    body = '@asset\ndef a():\n    assert times() < 2, "it is used up"\n    return 1\n'
    root = workspace({"onward.toml": "", "projects/p/steps.py": code(body, counter)})
    answer = onward(root, "run", "--twice", "--json")
    assert answer.status == 0
    (step,) = answer.json["steps"]
    assert (step["outcome"], step["marks"]) == ("made", ["unstable"])
    assert step["marks_because"]["unstable"] == ["it failed the second time: AssertionError: it is used up"]
    assert onward(root, "show", "p/a", "--json").json["value"] == 1


def test_a_check_that_finds_something_else_is_said(workspace: Writer, counter: Path) -> None:
    body = "@asset\ndef a():\n    return 1\n\n@check('a')\ndef holds(a):\n    return times() < 2\n"
    root = workspace({"onward.toml": "", "projects/p/steps.py": code(body, counter)})
    answer = onward(root, "run", "--twice", "--json")
    assert "p/holds is unstable: it was passed and then broken" in answer.err
    assert [check["outcome"] for check in answer.json["checks"]] == ["passed"]


def test_files_in_the_tree_are_as_before_for_the_second_and_then_as_the_first_left_them(
    workspace: Writer, counter: Path
) -> None:
    keep = 'if not os.path.exists("kept.txt"):\n    open("kept.txt", "w").write("once")\n'
    files: dict[str, str | bytes] = {
        "onward.toml": "",
        "projects/p/differs.py": script('open("out.txt", "w").write(str(times))\n', counter),
        "projects/p/keeps.py": script(keep, counter.with_name("other")),
    }
    root = workspace(files)
    answer = onward(root, "run", "--twice", "--json").json
    marks = {step["name"]: step["marks"] for step in answer["steps"]}
    assert marks == {"p/differs": ["unstable"], "p/keeps": []}
    assert (root / "projects/p/out.txt").read_text() == "1"
    assert (root / "projects/p/kept.txt").read_text() == "once"
    assert set(onward(root, "run", "--json").outcomes().values()) == {"kept"}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere not everything that is written is seen, by design")
def test_a_step_that_changes_what_it_reads_starts_from_the_same_file_twice(workspace: Writer, counter: Path) -> None:
    body = 'text = open("log.txt").read()\nopen("log.txt", "w").write(text + "more")\n'
    root = workspace({"onward.toml": "", "projects/p/log.txt": "first", "projects/p/a.py": script(body, counter)})
    (step,) = onward(root, "run", "--twice", "--json").json["steps"]
    assert step["marks"] == ["self-changing"]
    assert counter.read_text() == "xx"
    assert (root / "projects/p/log.txt").read_text() == "firstmore"
    assert onward(root, "run", "--json").outcomes() == {"p/a": "kept"}


def test_a_reader_that_comes_too_early_is_run_twice_in_each_round(workspace: Writer, counter: Path) -> None:
    reads = 'import onward as ow\nname = ".".join(["shared", "txt"])\now.metric("size", len(open(name).read()))\n'
    files: dict[str, str | bytes] = {
        "onward.toml": "",
        "projects/p/a_reader.py": reads,
        "projects/p/b_writer.py": 'open(".".join(["shared", "txt"]), "w").write("one")\n',
    }
    root = workspace(files)
    answer = onward(root, "run", "--twice", "--json")
    assert answer.outcomes() == {"p/a_reader": "made", "p/b_writer": "made"}, answer.text
    assert [step["marks"] for step in answer.json["steps"]] == [[], []]
    assert onward(root, "show", "p/size", "--json").json["value"] == 3


def test_another_content_under_a_known_fingerprint_is_told_with_the_mark(workspace: Writer, counter: Path) -> None:
    root = workspace(
        {"onward.toml": "", "projects/p/steps.py": code("@asset\ndef a():\n    return times()\n", counter)}
    )
    assert onward(root, "run", "--json").json["steps"][0]["marks"] == []
    (step,) = onward(root, "run", "--force", "p", "--json").json["steps"]
    assert step["marks_because"]["unstable"] == ["`p/a` was 1 and then 2"]
    assert onward(root, "show", "p/a", "--json").json["value"] == 1
    lines = onward(root, "status").out.splitlines()
    assert "marked: unstable p/a" in lines
    (root / "projects/p/steps.py").write_text(code("@asset\ndef a():\n    return 7\n", counter))
    onward(root, "run")
    (root / "projects/p/steps.py").write_text(code("@asset\ndef a():\n    return times()\n", counter))
    (step,) = onward(root, "run", "--json").json["steps"]
    assert (step["outcome"], step["marks"]) == ("restored", ["unstable"])
