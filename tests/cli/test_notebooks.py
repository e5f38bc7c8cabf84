"""A folder of plain notebooks, of which nobody has said anything, is a workspace of documents."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli import shapes
from tests.cli.program import onward
from tests.cli.schema import mistakes
from tests.cli.workspaces import write


def notebook(*cells: str) -> str:
    return json.dumps(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{number}",
                    "metadata": {},
                    "execution_count": None,
                    "outputs": [],
                    "source": text,
                }
                for number, text in enumerate(cells)
            ],
            "metadata": {"kernelspec": {"name": "some-kernel", "display_name": "Some", "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("notebooks") / "plain"
    files = {
        "first look.ipynb": notebook("n = 1 + 1", "print('n is', n)"),
        "analysis/second.ipynb": notebook("len(open('numbers.txt').read())"),
        "analysis/numbers.txt": "123",
        "clean.py": "print('a script that nobody asked to run')\n",
    }
    write(root, files)
    answer = onward(root, "run", "--json")
    assert answer.status == 0, answer.text
    assert mistakes(answer.json, shapes.RUN) == []
    assert set(answer.outcomes().values()) == {"made"}
    return root


def test_every_notebook_is_a_document_and_a_script_is_a_candidate(made: Path) -> None:
    listed = onward(made, "list", "--json").json
    assert mistakes(listed, shapes.LIST) == []
    assert {step["file"]: step["kind"] for step in listed["steps"]} == {
        "first look.ipynb": "notebook",
        "analysis/second.ipynb": "notebook",
    }
    assert {asset["kind"] for asset in listed["assets"]} == {"document"}
    (candidate,) = listed["candidates"]
    assert candidate["file"] == "clean.py"
    assert candidate["line"] == 'steps = ["clean.py"]'


def test_the_notebooks_themselves_are_left_as_they_were(made: Path) -> None:
    assert (made / "first look.ipynb").read_text() == notebook("n = 1 + 1", "print('n is', n)")
    assert sorted(path.name for path in made.iterdir() if path.name[0] != ".") == [
        "analysis",
        "clean.py",
        "first look.ipynb",
    ]


def test_a_document_can_be_shown_and_taken_out(made: Path, tmp_path: Path) -> None:
    shown = onward(made, "show", "first look", "--json")
    assert mistakes(shown.json, {**shapes.SHOW, "kind": {"document"}}) == []
    for form in ("html", "ipynb"):
        target = tmp_path / f"page.{form}"
        assert onward(made, "get", "first look", "--out", str(target)).status == 0
        assert "n is" in target.read_text()


def test_a_copy_of_a_document_takes_no_notebook_s_place_and_is_no_new_step(made: Path, tmp_path: Path) -> None:
    before = (made / "first look.ipynb").read_text()
    for out, what in (("first look.ipynb", "is made of"), ("copy.ipynb", "one more step"), ("analysis", "one more")):
        answer = onward(made, "get", "first look", "--as", "ipynb", "--out", str(made / out), "--json")
        assert answer.status == 3
        assert what in answer.json["error"]["message"]
        assert "--out" in answer.json["error"]["hint"]
    assert (made / "first look.ipynb").read_text() == before
    assert not (made / "copy.ipynb").exists()
    for allowed in (made / "page.html", made / ".hidden" / "copy.ipynb", tmp_path / "copy.ipynb"):
        assert onward(made, "get", "first look", "--out", str(allowed)).status == 0
        allowed.unlink()
    assert len(onward(made, "list", "--json").json["steps"]) == 2


def test_a_notebook_that_does_not_parse_stops_those_that_run_it_and_no_other(tmp_path: Path) -> None:
    files = {
        "old.ipynb": notebook("print 'Python 2'"),
        "fine.ipynb": notebook("print('Python 3')"),
        "uses old.ipynb": notebook("%run old.ipynb"),
        "below/apart.ipynb": notebook("1"),
    }
    root = write(tmp_path / "work", files)

    def outcome(*words: str) -> tuple[int, dict[str, str], list[str]]:
        answer = onward(root, "run", *words, "--json")
        if answer.status == 2:
            return 2, {}, [finding["where"] for finding in answer.json["error"]["findings"]]
        return answer.status, answer.outcomes(), answer.json["missing"]

    broken = (2, {}, ["old.ipynb:1"])
    assert outcome() == outcome("root") == outcome("old.ipynb") == outcome("root/old") == outcome("root/*") == broken
    assert outcome("root/uses old") == broken
    assert outcome("root/fine")[:2] == (0, {"root/fine": "made"})
    assert outcome("below")[:2] == (0, {"below/apart": "made"})
    states = {step["name"]: step["state"] for step in onward(root, "status", "--json").json["steps"]}
    assert states == {"root/fine": "current", "below/apart": "current", "root/uses old": "never made"}
    kept = {"root/fine": "kept", "below/apart": "kept", "root/uses old": "skipped"}
    assert outcome("--keep-going") == (1, kept, ["old.ipynb", "root/uses old"])
    assert onward(root, "release").status == 3
    (root / "old.ipynb").write_text(files["fine.ipynb"])
    assert outcome()[:2] == (0, {**kept, "root/uses old": "made", "root/old": "made"})


def test_a_notebook_of_words_alone_or_of_nothing_is_a_document_too(tmp_path: Path) -> None:
    words = json.loads(notebook())
    words["cells"] = [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# What we know"}]
    root = write(tmp_path / "work", {"words.ipynb": json.dumps(words), "nothing.ipynb": notebook()})
    assert onward(root, "run", "--json").outcomes() == {"root/words": "made", "root/nothing": "made"}
    assert onward(root, "get", "words", "--out", str(tmp_path)).status == 0
    assert "What we know" in (tmp_path / "words.html").read_text()
    words["cells"][0]["source"] = "# What we knew"
    (root / "words.ipynb").write_text(json.dumps(words))
    again = onward(root, "run", "--json").json
    (step,) = (step for step in again["steps"] if step["outcome"] == "made")
    assert (step["name"], step["executed"]) == ("root/words", False)


def test_a_command_that_is_said_can_be_pasted_whatever_the_name(made: Path) -> None:
    bad = made / "odds & ends.ipynb"
    bad.write_text(notebook("print('so far')", "a / 0"))
    failed = onward(made, "run").text
    shown = onward(made, "show", "odds & ends", "--json").json["error"]
    bad.unlink()
    assert re.search(r"onward logs '\w+/odds & ends'", failed)
    assert re.search(r"`onward run '\w+/odds & ends'`", shown["hint"])


def test_a_notebook_that_fails_tells_the_cell_and_the_others_are_kept(made: Path) -> None:
    bad = made / "bad.ipynb"
    bad.write_text(notebook("a = 1", "a / 0"))
    answer = onward(made, "run", "--json")
    bad.unlink()
    assert answer.status == 1
    assert mistakes(answer.json, shapes.RUN) == []
    outcomes = sorted(answer.outcomes().values())
    assert outcomes == ["failed", "kept", "kept"]
    (error,) = [step["error"] for step in answer.json["steps"] if step["outcome"] == "failed"]
    assert "ZeroDivisionError" in error["message"]
    assert error["file"] == "bad.ipynb"
    assert str(made) not in json.dumps(error)
    assert set(onward(made, "run", "--json").outcomes().values()) == {"kept"}


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook that writes files beside itself, and one that reads one of them."""
    files = {
        "a & b/1 write.ipynb": notebook(
            "open('t.tsv', 'w').write('n\\tm\\n1\\t2\\n')\nopen('t.csv', 'w').write('n,m\\n1,2\\n')"
        ),
        "a & b/2 read.ipynb": notebook("len(open('t.csv').read())"),
    }
    root = write(tmp_path_factory.mktemp("products") / "plain", files)
    assert onward(root, "run").status == 0
    return root


def test_a_file_that_a_notebook_wrote_is_used_by_who_reads_it(products: Path) -> None:
    assert onward(products, "show", "a & b/t.csv", "--json").json["used_by"] == ["a & b/2 read"]
    assert onward(products, "show", "a & b/t.tsv", "--json").json["used_by"] == []
    edges = onward(products, "graph", "--json").json["edges"]
    assert edges == [{"from": "a & b/t.csv", "to": "a & b/2 read"}]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
def test_get_writes_a_table_that_is_a_file_as_it_is(products: Path, tmp_path: Path, name: str) -> None:
    answer = onward(products, "get", f"a & b/{name}", "--out", str(tmp_path), "--json")
    assert answer.status == 0, answer.text
    assert (tmp_path / name).read_bytes() == (products / "a & b" / name).read_bytes()
    refused = onward(products, "get", f"a & b/{name}", "--as", "parquet", "--out", str(tmp_path), "--json")
    assert refused.status == 2
    assert refused.json["error"]["hint"] == f"its formats are {name[2:]}"
