"""Whatever is wrong in what was typed or in the files: what, where, what to do, and nothing is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli import shapes
from tests.cli.program import PROGRAM, Answer, onward
from tests.cli.schema import mistakes
from tests.cli.workspaces import functions, write

GOOD = {"onward.toml": "", "projects/good/steps.py": functions(one="1", **{"two(one)": "one + 1"})}


def look(root: Path, *words: str) -> tuple[Answer, dict[str, object]]:
    """What a command says to people, and its JSON error; both with one status and without onward's own traceback."""
    said = onward(root, *words)
    told = onward(root, *words, "--json")
    assert said.status == told.status
    assert mistakes(told.json, shapes.ERROR) == []
    assert "Traceback" not in said.text + told.err
    error = told.json["error"]
    assert error["message"] in said.err
    assert error["where"] is None or error["where"] in said.err
    assert error["findings"][0]["message"] == error["message"]
    return said, error


@pytest.fixture(scope="session")
def _good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write(tmp_path_factory.mktemp("good") / "work", GOOD)
    assert onward(root, "run").status == 0
    return root


@pytest.fixture
def work(_good: Path, tmp_path: Path) -> Path:
    """A workspace with one good project that is made; a test adds what is wrong."""
    return Path(shutil.copytree(_good, tmp_path / "work", symlinks=True))


def assert_nothing_lost(root: Path) -> None:
    """The good project's results are there, and a run keeps them."""
    assert onward(root, "show", "good/two", "--json").json["value"] == 2
    answer = onward(root, "run", "good", "--json")
    assert answer.status == 0, answer.text
    assert answer.outcomes() == {"good/one": "kept", "good/two": "kept"}


# What was typed.

TYPED = {
    "command": (["rnu"], "rnu", "onward run"),
    "command that is far from any": (["zzzzzz"], "zzzzzz", "onward --help"),
    "option": (["run", "--kep-going"], "--kep-going", "--keep-going"),
    "option's value": (["run", "--jobs", "many"], "many", "onward run --help"),
    "option's value that is too small": (["run", "--jobs", "0"], "0", "onward run --help"),
    "choice": (["graph", "--format", "jsn"], "jsn", "json"),
    "missing argument": (["show"], "ASSET", "onward show --help"),
    "argument too many": (["snapshots", "more"], "more", "onward snapshots --help"),
    "target": (["run", "good/twoo"], "good/twoo", "good/two"),
    "target that is far from any": (["run", "zzzzzz"], "zzzzzz", "onward list"),
    "asset that is far from any": (["show", "zzzzzz"], "zzzzzz", "onward list"),
    "target of status": (["status", "good/twoo"], "good/twoo", "good/two"),
    "target of list": (["list", "godo"], "godo", "good"),
    "target of graph": (["graph", "godo"], "godo", "good"),
    "target to force": (["run", "--force", "godo"], "godo", "good"),
    "target of why": (["why", "good/twoo"], "good/twoo", "good/two"),
    "project": (["run", "godo"], "godo", "good"),
    "asset to show": (["show", "twoo"], "twoo", "good/two"),
    "asset to get": (["get", "good/tow"], "good/tow", "good/two"),
    "step to log": (["logs", "good/tow"], "no step is called `good/tow`", "good/two"),
    "run to log": (["logs", "good/two", "--run", "19990101"], "19990101", "onward snapshots"),
    "snapshot": (["show", "good/two", "--at", "latets"], "latets", "latest"),
    "snapshot's digest": (["show", "good/two", "--at", "0123456789ab"], "0123456789ab", "onward snapshots"),
    "release": (["show", "good/two", "--at", "main@7"], "main", "onward"),
    "revision": (["show", "good/two", "--at", "git:nowhere"], "git:nowhere", "onward snapshots"),
    "channel without a release": (["show", "good/two", "--at", "main"], "main", "onward release"),
    "channel to roll back": (["rollback", "--channel", "mian"], "mian", "onward release"),
    "site without a release": (["site"], "main", "onward release"),
    "parameter": (["run", "--set", "good.fator=3"], "good.fator", ""),
    "parameter without a value": (["run", "--set", "factor"], "factor", "--set project.name=value"),
    "folder": (["list", "-C", "/no/such/folder"], "/no/such/folder", "-C DIR"),
    "format": (["get", "good/two", "--as", "xlsx"], "xlsx", "json"),
    "file to overwrite": (["run", "--overwrite", "a.csv"], "a.csv", "onward list"),
    "file to overwrite, in a plan": (["run", "--dry-run", "--overwrite", "a.csv"], "a.csv", "onward list"),
}


@pytest.mark.parametrize(("words", "name", "near"), TYPED.values(), ids=TYPED.keys())
def test_a_word_that_means_nothing_is_named_with_what_is_near(
    work: Path, words: list[str], name: str, near: str
) -> None:
    said, error = look(work, *words)
    assert said.status == 2
    assert name in str(error["message"])
    assert near in json.dumps(error)
    assert near in said.err
    assert_nothing_lost(work)


def test_an_unknown_parameter_is_named_with_the_nearest(work: Path) -> None:
    (work / "projects/good/more.py").write_text(functions(**{"three(factor=2)": "factor"}))
    for word, near in (("fctor=3", "factor"), ("factr=1", "factor")):
        assert look(work, "run", "--set", word)[1]["hint"] == f"write `{near}`"
    settings = work / "projects/good/onward.toml"
    settings.write_text('title = "Good"\n[parameters]\nfctor = 3\n')
    error = look(work, "run")[1]
    assert (error["where"], error["hint"]) == ("projects/good/onward.toml:3", "write `factor`")
    settings.unlink()
    for text, line in (("[parameters]\nfctor = 3\n", 2), ("\n[parameters.good]\nfctor = 3\n", 2),
                       ("[parameters]\ngood.fctor = 3\n", 2)):  # fmt: skip
        (work / "onward.toml").write_text(text)
        assert look(work, "run")[1]["where"] == f"onward.toml:{line}"
    (work / "onward.toml").write_text("")
    said, error = look(work, "run", "--set", "good.fctor=3")
    assert said.status == 2
    assert "fctor" in str(error["message"])
    assert "good.factor" in str(error["hint"])


def test_a_file_that_could_be_a_step_runs_once_outside_of_snapshots_and_is_told_how_to_become_one(work: Path) -> None:
    before = onward(work, "snapshots", "--json").json
    (work / "clean.py").write_text("print(1)\n")
    said = onward(work, "run", "clean.py")
    assert said.status == 0
    assert 'steps = ["clean.py"]' in said.out
    assert onward(work, "run", "clean.py", "--json").json["run"] is None
    assert onward(work, "snapshots", "--json").json == before
    assert "root/clean" not in str(onward(work, "status", "--json").json)
    (work / "onward.toml").write_text('steps = ["clean.py"]\n')
    named = onward(work, "run", "clean.py", "--json").json
    assert named["run"] is not None
    assert [step["name"] for step in named["steps"]] == ["root/clean"]


def test_a_folder_that_is_a_file_is_said_so(work: Path) -> None:
    said, error = look(work, "list", "-C", str(work / "onward.toml"))
    assert said.status == 2
    assert "onward.toml" in str(error["message"])


@pytest.mark.parametrize("name", ["", " ", "a/../b", "/a", "main@1", "latest", "work", "git:main", "two\nlines"])
def test_a_channel_has_a_name_that_means_nothing_else(work: Path, name: str) -> None:
    said, error = look(work, "release", f"--channel={name}")
    assert said.status == 2
    assert "weekly/team" in str(error["hint"])
    assert onward(work, "releases", "--json").json["releases"] == []


@pytest.mark.parametrize("name", ["x" * 300, "\N{LATIN SMALL LETTER E WITH ACUTE}" * 80])
def test_a_channel_s_name_is_no_longer_than_a_file_s(work: Path, name: str) -> None:
    for words in (["release"], ["rollback"], ["site"]):
        said, error = look(work, *words, f"--channel={name}")
        assert said.status == 2, said.text
        assert error["code"] in ("usage", "unknown-name")
    assert onward(work, "releases", "--json").json["releases"] == []


def test_why_of_several_steps_asks_for_one(work: Path) -> None:
    said, error = look(work, "why", "good")
    assert said.status == 2
    assert "good/one, good/two" in str(error["message"])
    (work / "projects/good/single.py").write_text(functions(single="1"))
    for word in ("projects/good/single.py", "*/sing*", "single"):
        assert onward(work, "why", word, "--json").json["name"] == "good/single"


def test_a_folder_that_was_removed_is_said_so(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    removed = "import os, sys; os.rmdir(os.getcwd()); from onward.cli.entry import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", removed, "list"], cwd=gone, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "removed" in done.stderr
    assert "-C DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_command_at_all_is_answered_with_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    from onward.cli.main import run

    assert run([]) == 2
    assert "Commands:" in capsys.readouterr().err
    assert run(["--json"]) == 2
    assert mistakes(json.loads(capsys.readouterr().out), shapes.ERROR) == []


def test_a_setting_that_cannot_be_read_says_what_to_do(work: Path) -> None:
    name = "projects/good/onward.toml"
    (work / name).symlink_to(work / "nowhere")
    said, error = look(work, "run", "good")
    assert said.status == 2
    assert name in str(error["message"])
    assert "right to read" in str(error["hint"])


def test_a_store_that_cannot_be_read_says_what_to_do(work: Path) -> None:
    form = work / ".onward/store/FORMAT"
    form.unlink()
    form.mkdir()
    said, error = look(work, "run")
    assert said.status == 4
    assert ".onward" in str(error["hint"])


def test_a_release_that_readers_should_not_see_is_refused(work: Path) -> None:
    refused: dict[str, Callable[[], object]] = {
        "--set": lambda: onward(work, "run", "--set", "good.factor=3"),
        "incomplete": lambda: onward(work, "run", "good/one"),
        "changed": lambda: (work / "projects/good/steps.py").write_text(functions(one="3", **{"two(one)": "one"})),
    }
    (work / "projects/good/more.py").write_text(functions(**{"three(factor=2)": "factor"}))
    for word, spoil in refused.items():
        onward(work, "run")
        spoil()
        said, error = look(work, "release")
        assert said.status == 3
        assert word in str(error["message"])
        assert "onward run" in str(error["hint"])
    assert onward(work, "releases", "--json").json["releases"] == []
    onward(work, "run")
    assert onward(work, "release").status == 0


def test_a_release_is_refused_before_findings_are_told(work: Path) -> None:
    (work / "projects/good/broken.py").write_text("def (\n")
    assert look(work, "release")[0].status == 3


def test_a_release_without_any_run_is_refused(tmp_path: Path) -> None:
    root = write(tmp_path / "new", GOOD)
    said, error = look(root, "release")
    assert said.status == 3
    assert "onward run" in str(error["hint"])
    assert look(root, "rollback")[0].status == 2


def test_there_is_nothing_before_the_first_release(work: Path) -> None:
    assert onward(work, "release").status == 0
    said, error = look(work, "rollback")
    assert said.status == 3
    assert error["hint"] == "it is the only release: mend what is wrong, run, then release"
    assert look(work, "rollback", "--to", "7")[0].status == 2


# What stands in the files.

BROKEN: dict[str, tuple[dict[str, str | bytes], str, str]] = {
    "Python": ({"steps.py": "from onward import asset\n\n@asset\ndef x(:\n"}, "steps.py:4", "does not parse"),
    "Python that is no text": ({"steps.py": b"\xff\xfe\x00x = 1\n"}, "steps.py", "does not parse"),
    "SQL": ({"query.sql": "select a\nfrom where b\n"}, "query.sql:2", "does not parse"),
    "TOML": ({"onward.toml": 'title = "a"\nowner = \n'}, "onward.toml:2", "does not parse"),
    "TOML that is no text": ({"onward.toml": b'title = "\xff"\n'}, "onward.toml", "UTF-8"),
    "notebook that is no JSON": ({"page.ipynb": '{"cells": [\n'}, "page.ipynb", "does not parse"),
    "notebook with broken code": (
        {
            "page.ipynb": json.dumps(
                {
                    "cells": [
                        {"cell_type": "markdown", "metadata": {}, "source": "# A"},
                        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1, "source": "x = ("},
                    ],
                    "metadata": {},
                    "nbformat": 4,
                    "nbformat_minor": 5,
                }
            )
        },
        "page.ipynb",
        "cell 2",
    ),
    "circle": ({"steps.py": functions(**{"a(b)": "b", "b(c)": "c", "c(a)": "a"})}, "steps.py", "circle"),
    "asset made twice": ({"one.py": functions(a="1"), "two.py": functions(a="2")}, "two.py", "twice"),
    "asset of two kinds of step": ({"a.sql": "select 1 as n", "b.py": functions(a="2")}, "", "twice"),
    "unknown input": ({"steps.py": functions(thing="1", **{"a(thign)": "1"})}, "steps.py:10", "thing"),
    "unknown table": ({"thing.sql": "select 1 as n", "q.sql": "select *\nfrom thign"}, "q.sql", "thing"),
    "unknown ref": (
        {"steps.py": 'from onward import asset, ref\n@asset\ndef a(*, b=ref("good/twoo")):\n    return b\n'},
        "steps.py:3",
        "good/two",
    ),
    "unknown load": ({"page.py": 'import onward as ow\now.save("x", ow.load("good/twoo"))\n'}, "page.py:2", "good/two"),
    "check of nothing": (
        {"steps.py": 'from onward import check\n@check("good/twoo")\ndef fine(x):\n    return True\n'},
        "steps.py:3",
        "good/two",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "where", "what"), BROKEN.values(), ids=BROKEN.keys())
def test_a_mistake_in_the_files_is_told_with_its_place_and_stops_nobody_else(
    work: Path, files: dict[str, str | bytes], where: str, what: str
) -> None:
    write(work, {f"projects/bad/{name}": content for name, content in files.items()}, git=False)
    for words in (["run"], ["run", "bad"], ["run", "--dry-run"], ["status"], ["graph"]):
        said, error = look(work, *words)
        assert said.status == 2, words
        assert str(error["where"]).startswith(f"projects/bad/{where}")
        assert what in str(error["message"])
    assert error["hint"]
    listed = onward(work, "list", "--json")
    assert listed.status == 2
    assert mistakes(listed.json, {**shapes.LIST, **shapes.ERROR}) == []
    assert "good/two" in {asset["name"] for asset in listed.json["assets"]}
    assert_nothing_lost(work)
    told = onward(work, "run", "good", "--json").json["findings"]
    assert any(what in finding["message"] for finding in told), "elsewhere it is a warning"
    going = onward(work, "run", "--keep-going", "--json")
    assert going.status == 1
    assert mistakes(going.json, shapes.RUN) == []
    assert going.json["ok"] is False
    assert going.json["complete"] is False
    assert going.json["missing"]
    outcomes = going.outcomes()
    assert (outcomes.pop("good/one"), outcomes.pop("good/two")) == ("kept", "kept")
    assert {outcome for name, outcome in outcomes.items() if name != "bad/thing"} <= {"skipped"}
    assert look(work, "release")[0].status == 3
    shutil.rmtree(work / "projects/bad")
    assert onward(work, "run").status == 0


def test_a_broken_root_setting_counts_for_all_and_an_unknown_one_comes_with_the_nearest(work: Path) -> None:
    (work / "onward.toml").write_text('\nprojcts = "*"\n')
    said, error = look(work, "run")
    assert said.status == 2
    assert (error["where"], error["hint"]) == ("onward.toml:2", "write `projects`")
    (work / "onward.toml").write_text("name = \n")
    assert look(work, "run", "good")[0].status == 2
    (work / "onward.toml").write_text("")
    assert_nothing_lost(work)


def test_all_mistakes_are_told_at_once(work: Path) -> None:
    files = {"a.py": "def (\n", "b.sql": "select from where", "onward.toml": "titel = 1\n"}
    write(work, {f"projects/bad/{name}": content for name, content in files.items()}, git=False)
    _, error = look(work, "run")
    assert len(error["findings"]) == 3  # type: ignore[arg-type]


def test_a_file_that_no_step_reaches_may_be_anything(work: Path) -> None:
    write(work, {"notes/draft.py": "def (\n", "notes/draft.sql": "selec"}, git=False)
    assert onward(work, "list").status == 0
    assert onward(work, "run").status == 0


# Sources.

READER = (
    "from pathlib import Path\nfrom onward import asset\n\n@asset\ndef n(numbers: Path) -> int:\n"
    "    return sum(int(line) for line in numbers.read_text().splitlines()[1:])\n"
)


def test_a_source_that_goes_missing_is_named_and_its_result_stays(work: Path) -> None:
    write(work, {"projects/bad/steps.py": READER, "projects/bad/data/numbers.csv": "n\n1\n2\n"}, git=False)
    assert onward(work, "run").status == 0
    (work / "projects/bad/data/numbers.csv").rename(work / "projects/bad/data/nmbers.csv")
    said, error = look(work, "run")
    assert said.status == 2
    assert "numbers" in str(error["message"])
    assert "nmbers" in str(error)
    assert onward(work, "show", "bad/n", "--json").json["value"] == 3
    assert_nothing_lost(work)
    (work / "projects/bad/data/nmbers.csv").rename(work / "projects/bad/data/numbers.csv")
    assert set(onward(work, "run", "--json").outcomes().values()) == {"kept"}


def test_a_declared_source_without_a_file_fails_the_steps_that_take_it(work: Path) -> None:
    write(
        work,
        {"projects/bad/steps.py": READER, "projects/bad/onward.toml": '[sources]\nnumbers = "data/nmbrs.csv"\n'},
        git=False,
    )
    answer = onward(work, "run", "--json")
    assert answer.status == 1
    (failed,) = [step for step in answer.json["steps"] if step["outcome"] == "failed"]
    assert "projects/bad/data/nmbrs.csv" in failed["error"]["message"]
    assert_nothing_lost(work)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01", b"n\none\n"], ids=["empty", "no text", "no number"])
def test_a_source_that_cannot_be_read_as_such_fails_its_step_alone(work: Path, content: bytes) -> None:
    reader = READER.replace("[1:])", "[1:]) + int(numbers.read_text()[2])")
    write(work, {"projects/bad/steps.py": reader, "projects/bad/data/numbers.csv": "n\n1\n2\n"}, git=False)
    assert onward(work, "run").status == 0
    (work / "projects/bad/data/numbers.csv").write_bytes(content)
    answer = onward(work, "run", "--json", "--keep-going")
    assert answer.status == 1
    (failed,) = [step for step in answer.json["steps"] if step["outcome"] == "failed"]
    assert (failed["error"]["file"], failed["error"]["line"]) == ("projects/bad/steps.py", 6)
    assert onward(work, "show", "bad/n", "--json").json["value"] == 4
    assert_nothing_lost(work)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01", b"PAR1 but no more"], ids=["empty", "noise", "cut off"])
@pytest.mark.parametrize("name", ["numbers.parquet", "numbers.csv"])
def test_a_broken_table_fails_the_query_that_reads_it(work: Path, name: str, content: bytes) -> None:
    write(work, {"projects/bad/q.sql": "select n from numbers", f"projects/bad/data/{name}": content}, git=False)
    answer = onward(work, "run", "--json")
    assert answer.status == 1
    (failed,) = [step for step in answer.json["steps"] if step["outcome"] == "failed"]
    assert failed["error"]["file"] == "projects/bad/q.sql"
    assert str(work) not in json.dumps(failed["error"])
    assert_nothing_lost(work)


# Steps.

FAILING = {
    "raises": ("1 / 0", "ZeroDivisionError: division by zero"),
    "exits": ("sys.exit(3)", "exit status 3"),
    "exits at once": ("os._exit(4)", "exit status 4"),
    "is killed": ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    "is interrupted": ("signal.raise_signal(signal.SIGINT)", "SIGINT"),
    "is terminated": ("signal.raise_signal(signal.SIGTERM)", "SIGTERM"),
    "crashes": ("os.abort()", "SIGABRT"),
    "returns a lock": ("threading.Lock()", "cannot be kept"),
    "returns nothing": ("None", "returned nothing"),
    "never ends its recursion": ("(f := lambda: f())()", "RecursionError"),
    "lacks a library": ("__import__('no_such_library')", "no_such_library"),
    "closes what it prints to": ("[os.close(1), os.close(2), 1 / 0]", "ZeroDivisionError"),
    "fails in a thread's shadow": ("[threading.Thread(target=lambda: None).start(), 1 / 0]", "ZeroDivisionError"),
}


@pytest.mark.parametrize(("body", "what"), FAILING.values(), ids=FAILING.keys())
def test_a_step_that_fails_is_told_with_its_place_and_the_rest_stands(work: Path, body: str, what: str) -> None:
    write(work, {"projects/bad/steps.py": functions(bad=body, **{"after(bad)": "bad"})}, git=False)
    answer = onward(work, "run", "--keep-going", "--json")
    assert answer.status == 1
    assert mistakes(answer.json, shapes.RUN) == []
    outcomes = answer.outcomes()
    assert (outcomes["bad/bad"], outcomes["bad/after"], outcomes["good/two"]) == ("failed", "skipped", "kept")
    assert set(answer.json["missing"]) == {"bad/bad", "bad/after"}
    (error,) = [step["error"] for step in answer.json["steps"] if step["name"] == "bad/bad"]
    assert what in error["message"]
    assert error["file"] == "projects/bad/steps.py"
    assert error["line"] in (6, 7), "the function, or the line in it"
    assert "onward" not in error["traceback"] + error["message"], "frames and names of the user alone"
    assert str(work) not in json.dumps(error), "a record holds no absolute path"
    said = onward(work, "run", "--keep-going")
    assert what in said.text
    assert "projects/bad/steps.py" in said.text
    assert what in onward(work, "logs", "bad/bad").text
    assert onward(work, "status", "bad/bad", "--json").json["steps"][0]["state"] == "failed"
    assert what in str(onward(work, "why", "bad/bad", "--json").json["failed"])
    assert look(work, "release")[0].status == 3
    assert_nothing_lost(work)
    (work / "projects/bad/steps.py").write_text(functions(bad="5", **{"after(bad)": "bad"}))
    mended = onward(work, "run", "--json")
    assert mended.status == 0
    assert mended.outcomes() | {"good/one": "kept"} == mended.outcomes()
    assert mended.outcomes()["bad/after"] == "made"


def test_the_first_failure_starts_no_further_step(work: Path) -> None:
    steps = functions(a="1 / 0", **{f"z{number}": "time.sleep(0.2)" for number in range(6)})
    write(work, {"projects/bad/steps.py": steps}, git=False)
    answer = onward(work, "run", "bad", "--jobs", "1", "--json")
    assert answer.status == 1
    assert answer.json["counts"]["failed"] + answer.json["counts"]["skipped"] == 7
    assert answer.json["counts"]["skipped"] >= 5


@pytest.mark.parametrize("path", ["steps.py", "projects/first/steps.py"])
def test_a_first_file_that_does_not_parse_is_no_empty_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("from onward import asset\n\n@asset\ndef x(:\n")
    answer = onward(tmp_path, "run")
    assert answer.status == 2
    assert f"{path}:4" in answer.err and "does not parse" in answer.err
    (tmp_path / path).write_text("def x(:\n")
    assert onward(tmp_path, "run").status == 0, "a file that nobody meant for onward is its owner's affair"


def test_a_step_that_takes_too_long_is_ended(work: Path) -> None:
    steps = functions(slow="[os.system('sleep 60'), time.sleep(60)]")
    write(work, {"projects/bad/steps.py": steps}, git=False)
    answer = onward(work, "run", "--time-limit", "0.4", "--json")
    assert answer.status == 1
    (failed,) = [step for step in answer.json["steps"] if step["outcome"] == "failed"]
    assert "time limit" in failed["error"]["message"]
    assert "time_limit" in failed["error"]["hint"]
    assert failed["seconds"] < 20
    assert_nothing_lost(work)


def test_a_broken_check_holds_the_release_and_lets_dependants_run(work: Path) -> None:
    steps = functions(one="1", **{"two(one)": "one + 1"}) + (
        "from onward import check\n@check(one)\ndef is_big(one):\n    assert one > 5, 'it is small'\n"
        "@check(two, severity='warn')\ndef is_odd(two):\n    return two % 2 == 1\n"
        "@check(two)\ndef is_mistaken(two):\n    return two / 0\n"
    )
    (work / "projects/good/steps.py").write_text(steps)
    answer = onward(work, "run", "--keep-going", "--json")
    assert answer.status == 1
    checks = {check["name"]: (check["outcome"], check["message"]) for check in answer.json["checks"]}
    assert checks["good/is_big"] == ("broken", "it is small")
    assert checks["good/is_odd"][0] == "broken"
    assert checks["good/is_mistaken"][0] == "not run"
    assert "ZeroDivisionError" in str(checks["good/is_mistaken"][1])
    assert answer.outcomes()["good/two"] in ("made", "kept")
    said, error = look(work, "release")
    assert said.status == 3
    assert "is_big" in str(error["message"])


def test_a_file_that_was_edited_by_hand_is_not_overwritten_in_silence(work: Path) -> None:
    script = work / "projects/good/script.py"
    script.write_text('open("out.txt", "w").write("1")\n')
    assert onward(work, "run").status == 0
    out = work / "projects/good/out.txt"
    out.write_text("by hand")
    script.write_text('open("out.txt", "w").write("2")\n')
    answer = onward(work, "run", "--json")
    assert answer.status == 1
    (failed,) = [step["error"] for step in answer.json["steps"] if step["outcome"] == "failed"]
    assert "--overwrite projects/good/out.txt" in failed["message"]
    assert out.read_text() == "by hand"
    assert onward(work / "projects/good", "run", "--overwrite", "out.txt").status == 0
    assert out.read_text() == "2"
    script.write_text('open("out.txt", "w").write("3")\n')
    out.write_text("by hand again")
    said, error = look(work, "run", "--overwrite", "projects/good/ou.txt")
    assert said.status == 2
    assert error["hint"] == "write `--overwrite projects/good/out.txt`"
    assert onward(work, "run", "--overwrite", "projects/good/out.txt").status == 0
    assert out.read_text() == "3"


# Names.


def test_names_with_spaces_umlauts_and_signs_are_names_like_any_other(tmp_path: Path) -> None:
    project = "projects/Größen & Maße"
    root = write(
        tmp_path / "Über uns, 100% 'echt'",
        {
            "onward.toml": "",
            f"{project}/onward.toml": 'title = "Größen & <Maße>"\n',
            f"{project}/data/größe.csv": "n\n1\n",
            f"{project}/mein schritt.py": (
                "from pathlib import Path\nfrom onward import asset\n@asset\ndef länge(größe: Path) -> int:\n"
                "    return len(größe.read_text())\n"
            ),
            f"{project}/das skript.py": (
                'import onward as ow\now.save("Ergebnis ä", {"a": 1})\nopen("aus gabe.txt", "w").write("ü")\n'
            ),
        },
    )
    answer = onward(root, "run", "--json")
    assert answer.status == 0, answer.text
    assert answer.outcomes() == {"Größen & Maße/das skript": "made", "Größen & Maße/länge": "made"}
    assert "Größen & Maße/länge" in answer.out, "letters as they are"
    for target in ("Größen & Maße", "Größen & Maße/länge", "*/länge", f"{project}/mein schritt.py"):
        assert onward(root, "run", target, "--json").outcomes()["Größen & Maße/länge"] == "kept"
    assert onward(root, "show", "Größen & Maße/aus gabe.txt", "--json").json["kind"] == "file"
    target = tmp_path / "Länge & Maß.json"
    assert onward(root, "get", "länge", "--out", str(target)).status == 0
    assert json.loads(target.read_text())["value"] == 4
    assert onward(root, "run").status == 0
    assert onward(root, "release", "--channel", "für alle", "--json").status == 0
    assert onward(root, "site", "--channel", "für alle", "--out", str(tmp_path / "die seite")).status == 0
    assert "lange" in str(look(root, "show", "lange")[1]["message"])
    assert "Größen & Maße/länge" in look(root, "show", "lange")[0].err


# Damage.


def objects(root: Path) -> list[Path]:
    return [path for path in (root / ".onward/store/objects").rglob("*") if path.is_file()]


LOOKS_AND_MOVES = (
    ["list"],
    ["status"],
    ["run"],
    ["snapshots"],
    ["releases"],
    ["show", "good/two"],
    ["site"],
    ["release"],
)


def damage(path: Path, content: bytes = b"damaged") -> None:
    path.chmod(0o644)
    path.write_bytes(content)


def test_a_damaged_object_is_made_again_and_said(work: Path) -> None:
    shown = onward(work, "show", "good/two", "--json").json
    address = shown["bytes_digest"]
    path = work / ".onward/store/objects" / address[:2] / address[2:]
    for words in (["show", "good/two"], ["get", "good/two", "--out", str(work / "two.json")]):
        damage(path)
        answer = onward(work, *words, "--json")
        assert answer.status == 0, answer.text
        assert "damaged" in answer.err
        assert "Traceback" not in answer.text
    assert json.loads((work / "two.json").read_text())["value"] == 2
    assert onward(work, "show", "good/two", "--json").json["digest"] == shown["digest"]
    assert_nothing_lost(work)


@pytest.mark.parametrize("words", [["show", "good/two"], ["get", "good/two"], ["site", "--at", "latest"]])
def test_who_only_looked_at_what_was_damaged_can_still_release(work: Path, words: list[str]) -> None:
    address = onward(work, "show", "good/two", "--json").json["bytes_digest"]
    damage(work / ".onward/store/objects" / address[:2] / address[2:])
    looked = onward(work, *words, *([] if words[0] == "show" else ["--out", str(work / "build")]))
    assert looked.status == 0, looked.text
    assert "made again" in looked.err
    released = onward(work, "release", "--json")
    assert released.status == 0, released.text
    assert onward(work, "site", "--json").status == 0


def test_what_is_made_again_otherwise_is_not_released_unseen(work: Path) -> None:
    address = onward(work, "show", "good/two", "--json").json["bytes_digest"]
    damage(work / ".onward/store/objects" / address[:2] / address[2:])
    (work / "projects/good/steps.py").write_text(functions(one="1", **{"two(one)": "one + 2"}))
    assert onward(work, "show", "good/two", "--json").json["value"] == 3
    assert onward(work, "release").status == 3


def test_a_damaged_input_is_made_again_before_the_step_that_takes_it(work: Path) -> None:
    address = onward(work, "show", "good/one", "--json").json["bytes_digest"]
    damage(work / ".onward/store/objects" / address[:2] / address[2:], b"")
    (work / "projects/good/steps.py").write_text(functions(one="1", **{"two(one)": "one + 2"}))
    answer = onward(work, "run", "--json")
    assert answer.status == 0, answer.text
    assert answer.outcomes() == {"good/one": "made", "good/two": "made"}
    assert "damaged" in answer.err


@pytest.mark.parametrize("content", [b"", b"damaged"], ids=["cut off", "other bytes"])
def test_a_store_with_all_its_objects_damaged_is_mended_by_use(work: Path, content: bytes) -> None:
    assert onward(work, "release").status == 0
    for path in objects(work):
        damage(path, content)
    site = work / "out"
    for _ in range(3):
        answer = onward(work, "site", "--out", str(site))
        assert answer.status in (0, 4), answer.text
        assert "Traceback" not in answer.text
        if answer.status == 0:
            break
        assert onward(work, "run", "--force", "good").status == 0
    assert answer.status == 0, answer.text
    assert onward(work, "show", "good/two", "--json").json["value"] == 2


@pytest.mark.parametrize("part", ["traces", "runs", "bases", "snapshots", "channels"])
def test_damaged_records_are_no_end(work: Path, part: str) -> None:
    assert onward(work, "release").status == 0
    for path in (work / ".onward/store" / part).rglob("*"):
        if path.is_file():
            damage(path)
    for words in (
        ["list"],
        ["status"],
        ["run"],
        ["snapshots"],
        ["releases"],
        ["show", "good/two"],
        ["site"],
        ["release"],
    ):
        answer = onward(work, *words)
        assert answer.status in (0, 2, 3, 4), answer.text
        assert "Traceback" not in answer.text
        assert answer.status == 0 or "hint" in answer.err, answer.text
    shutil.rmtree(work / ".onward/store/channels")
    assert onward(work, "run", "--json").status == 0
    assert onward(work, "release").status == 0, "one run later all is well again"
    assert onward(work, "site", "--out", str(work / "out")).status == 0


@pytest.mark.parametrize("name", ["state/standing", "state/unchanged", "cache/index.sqlite"])
def test_what_can_be_worked_out_again_may_be_damaged_or_gone(work: Path, name: str) -> None:
    onward(work, "run")
    for spoil in (lambda path: damage(path, b"no such thing"), lambda path: damage(path, b""), Path.unlink):
        path = work / ".onward" / name
        if path.exists():
            spoil(path)
        answer = onward(work, "run", "--json")
        assert answer.status == 0, answer.text
        assert set(answer.outcomes().values()) <= {"kept", "restored"}
        assert onward(work, "release").status == 0


def test_a_lost_local_folder_costs_a_run_and_nothing_else(work: Path) -> None:
    shutil.rmtree(work / ".onward")
    assert set(onward(work, "run", "--json").outcomes().values()) == {"made"}


# Rights.


_WITHOUT_RIGHTS = """
import ctypes, os, sys
if os.geteuid() == 0:
    # Root passes every mode by two capabilities; without them it is an owner like any other.
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def unprivileged(folder: Path, *words: str) -> Answer:
    """The program with no more rights than the modes of files give."""
    command = [sys.executable, "-c", _WITHOUT_RIGHTS, *PROGRAM[1:], *words]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=60)
    return Answer(done.returncode, done.stdout, done.stderr)


@contextmanager
def unwritable(work: Path) -> Iterator[None]:
    """While nobody may write to a workspace."""
    everything = [path for path in [work, *work.rglob("*")] if not path.is_symlink()]
    modes = {path: path.stat().st_mode for path in everything}
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.fixture
def locked(work: Path) -> Iterator[Path]:
    """The workspace, which nobody may write to."""
    with unwritable(work):
        yield work


def test_without_the_right_to_write_it_is_said_what_is_lacking(locked: Path) -> None:
    answer = unprivileged(locked, "run", "--force", "good", "--json")
    assert answer.status == 4, answer.text
    assert mistakes(answer.json, shapes.ERROR) == []
    assert ".onward" in answer.json["error"]["message"]
    assert "right" in answer.json["error"]["hint"]
    assert "Traceback" not in answer.err


def test_without_the_right_to_write_one_can_still_look(locked: Path) -> None:
    for words in (["list"], ["status"], ["run", "--dry-run"], ["snapshots"], ["why", "good/two"], ["show", "good/two"]):
        answer = unprivileged(locked, *words, "--json")
        assert answer.status == 0, answer.text
        assert answer.json["schema"] == 1


def test_what_is_written_elsewhere_needs_no_right_to_write_here(work: Path, tmp_path: Path) -> None:
    frame = "import polars as pl\nfrom onward import asset\n\n@asset\ndef rows() -> pl.DataFrame:\n    return"
    for value in (1, 2):
        write(work, {"projects/good/rows.py": f"{frame} pl.DataFrame({{'a': [{value}]}})\n"}, git=False)
        assert onward(work, "run").status == 0
        assert onward(work, "release").status == 0
    with unwritable(work):
        out = ("--out", str(tmp_path / "out"))
        copied = unprivileged(work, "get", "good/rows", "--as", "csv", "--out", str(tmp_path / "rows.csv"))
        assert copied.status == 0, copied.text
        difference = unprivileged(work, "diff", "main@1", "main@2", "--json")
        assert difference.status == 0, difference.text
        site = unprivileged(work, "site", *out)
        assert site.status == 0, site.text
        refused = [unprivileged(work, "site"), unprivileged(work, "diff"), unprivileged(work, "get", "good/rows")]
    assert (tmp_path / "rows.csv").read_text().split() == ["a", "2"]
    assert difference.json["counts"]["changed"] == 1
    assert (tmp_path / "out" / "index.html").is_file()
    for answer in refused:  # these write here
        assert answer.status == 4, answer.text
        assert "Traceback" not in answer.err


def test_a_target_without_rights_is_named(work: Path, tmp_path: Path) -> None:
    onward(work, "release")
    (tmp_path / "file").write_text("in the way")
    for words in (["get", "good/two"], ["site"]):
        said, error = look(work, *words, "--out", str(tmp_path / "file" / "below" / "x.json"))
        assert said.status == 4
        assert "file" in str(error["message"])
        assert "--out" in str(error["hint"])
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_source_file_without_rights_is_a_finding(work: Path) -> None:
    write(work, {"projects/bad/steps.py": functions(x="1")}, git=False)
    (work / "projects/bad/steps.py").chmod(0)
    for words in (["run"], ["run", "bad"]):
        answer = unprivileged(work, *words, "--json")
        assert answer.status == 2, answer.text
        assert "projects/bad/steps.py" in answer.json["error"]["message"]
    assert unprivileged(work, "run", "good", "--json").status == 0
