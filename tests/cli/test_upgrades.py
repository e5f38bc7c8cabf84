"""Another onward may read code in another way: results are made again then, and nobody is told of an edit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import onward as package
from onward.languages.python import closure, normal, symbols
from onward.steps.notebook import NotebookKind
from onward.steps.sql import SqlKind
from tests.cli import shapes
from tests.cli.conftest import Writer
from tests.cli.program import onward
from tests.cli.schema import mistakes

REASON = "onward reads the code in another way now (nobody edited it)"
SOME = "onward reads the code in another way now"


def upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed from here on is another onward, whose digests of code are of another format."""
    monkeypatch.setattr(symbols, "SYMBOLS_FORMAT", symbols.SYMBOLS_FORMAT + 1)
    monkeypatch.setattr(normal, "NORMAL_FORMAT", normal.NORMAL_FORMAT + 1)
    monkeypatch.setattr(closure, "SOURCE_FORMAT", closure.SOURCE_FORMAT + 101)
    monkeypatch.setattr(package, "__version__", "999.1")


def edit(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text()
    assert old in text
    (root / path).write_text(text.replace(old, new))


def reasons(root: Path) -> dict[str, list[str]]:
    """By step, why `status` says that it would run."""
    return {step["name"]: step["reasons"] for step in onward(root, "status", "--json").json["steps"]}


def test_status_run_and_why_say_that_nobody_edited_the_code(made_shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade(monkeypatch)
    waits = [REASON, "input shop/total is to be made first"]
    assert reasons(made_shop) == {"shop/total": [REASON], "shop/report": waits, "ops/script": waits}
    said = onward(made_shop, "status").out
    assert REASON in said
    assert "what is read in another way reaches 3 steps" in said
    assert "changed" not in said
    told = onward(made_shop, "why", "shop/total", "--json").json
    assert mistakes(told, shapes.WHY) == []
    (reason,) = told["reasons"]
    assert (reason["kind"], reason["where"], reason["path"], reason["diffs"]) == ("onward", None, [], [])
    assert f"    {REASON}\n" in onward(made_shop, "why", "shop/total").out
    planned = onward(made_shop, "run", "--dry-run", "--json").json
    assert {step["reasons"][0] for step in planned["steps"]} == {REASON}
    answer = onward(made_shop, "run")
    assert answer.status == 0, answer.text
    assert [line for line in answer.out.splitlines() if "onward reads" in line] == [f"{REASON}  → 3 steps"]
    assert "changed" not in answer.out
    assert onward(made_shop, "run", "--json").json["counts"]["kept"] == 3


def test_a_run_records_that_nobody_edited_the_code(made_shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade(monkeypatch)
    steps = onward(made_shop, "run", "--json").json["steps"]
    assert {(step["outcome"], *step["reasons"]) for step in steps} == {("made", REASON)}
    assert all(step["edits"] == [] for step in steps)


def test_a_difference_names_once_what_was_made_again_and_is_equal(
    made_shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert onward(made_shop, "release").status == 0
    upgrade(monkeypatch)
    pages = tmp_path / "page.html", tmp_path / "page.md"
    answer = onward(made_shop, "diff", "main", "--html", str(pages[0]), "--markdown", str(pages[1]))
    assert answer.status == 0, answer.text
    (line,) = (line for line in answer.out.splitlines() if "onward reads" in line)
    assert line.startswith(f"made again, and equal: {REASON}: 4 results, ")
    assert "`shop/total`" in line
    for page in pages:
        assert page.read_text("utf-8").count(REASON) == 1
    assets = onward(made_shop, "diff", "main", "latest", "--json").json["assets"]
    assert {(asset["change"], asset["equal"]) for asset in assets} == {("equal", "made again")}
    assert {cause["words"] for asset in assets for cause in asset["because"]} == {REASON}


def test_an_edit_beside_it_is_told_with_its_place(made_shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert onward(made_shop, "release").status == 0
    upgrade(monkeypatch)
    edit(made_shop, "lib/common.py", "return 2 * x", "return 3 * x")
    told = reasons(made_shop)
    assert told["shop/total"] == ["code common.double changed", SOME]
    assert told["ops/script"] == [REASON, "input shop/total is to be made first"]
    said = onward(made_shop, "why", "shop/total").out
    assert "code common.double changed  (lib/common.py:2)" in said
    assert "nobody edited" not in said
    assets = {asset["name"]: asset for asset in onward(made_shop, "diff", "main", "--json").json["assets"]}
    (cause,) = assets["shop/total"]["because"]
    assert (cause["words"], cause["where"]) == ("`common.double` changed", "lib/common.py:2")
    assert onward(made_shop, "diff", "main", "latest").out.count("onward reads") == 0


def test_an_edit_that_counts_for_nothing_is_none(made_shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade(monkeypatch)
    edit(made_shop, "lib/common.py", "return 2 * x", "return 2 * x  # twice")
    assert reasons(made_shop)["shop/total"] == [REASON]


def test_with_the_same_onward_an_edit_is_an_edit(made_shop: Path) -> None:
    edit(made_shop, "lib/common.py", "return 2 * x", "return 3 * x")
    assert reasons(made_shop)["shop/total"] == ["code common.double changed"]


def test_a_result_of_an_onward_that_did_not_say_how_it_reads_is_one_of_another(
    made_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        then.setattr("onward.app.running.recording.this_onward", lambda _: {"onward": "0.0.1"})
        assert onward(made_shop, "run", "--force", "shop/total", "shop/total").status == 0
    edit(made_shop, "lib/common.py", "return 2 * x", "return 3 * x")
    assert reasons(made_shop)["shop/total"] == ["code common.double changed"]
    edit(made_shop, "lib/common.py", "return 3 * x", "return 2 * x")
    assert onward(made_shop, "run", "--force", "shop/total", "shop/total").status == 0
    upgrade(monkeypatch)
    assert reasons(made_shop)["shop/total"] == [REASON]


def test_a_kind_of_another_format_is_no_edit_of_its_queries_and_notebooks(
    workspace: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = {"cell_type": "code", "source": "1 + 1", "metadata": {}, "outputs": [], "execution_count": None}
    page = {"cells": [cell], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    root = workspace(
        {
            "onward.toml": "",
            "projects/p/data/visits.csv": "day,visits\n1,10\n",
            "projects/p/daily.sql": "select day, visits * 2 as twice from visits\n",
            "projects/p/report.ipynb": json.dumps(page),
        }
    )
    answer = onward(root, "run")
    assert answer.status == 0, answer.text
    upgrade(monkeypatch)
    monkeypatch.setattr(SqlKind, "format", SqlKind.format + 1)
    monkeypatch.setattr(NotebookKind, "format", NotebookKind.format + 1)
    assert reasons(root) == {"p/daily": [REASON], "p/report": [REASON]}
    edit(root, "projects/p/daily.sql", "visits * 2", "visits * 3")
    edit(root, "projects/p/report.ipynb", "1 + 1", "1 + 2")
    told = reasons(root)
    assert "code projects/p/daily.sql (query) changed" in told["p/daily"]
    assert "code projects/p/report.ipynb (cells) changed" in told["p/report"]
    assert REASON not in (*told["p/daily"], *told["p/report"])


def test_a_model_of_the_same_bytes_is_equal_whoever_read_the_code_that_it_names(
    workspace: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "from est import Est\nfrom onward import asset\n\n\n@asset\ndef model():\n    return Est()\n"
    root = workspace({"onward.toml": "", "lib/est.py": "class Est:\n    a = 1\n", "projects/p/steps.py": code})
    assert onward(root, "run").status == 0
    assert onward(root, "release").status == 0
    before = onward(root, "show", "p/model", "--json").json["digest"]
    upgrade(monkeypatch)
    assert onward(root, "run").status == 0
    assert onward(root, "show", "p/model", "--json").json["digest"] != before, "it is one of the code that it names too"
    (asset,) = onward(root, "diff", "main", "latest", "--json").json["assets"]
    assert (asset["change"], asset["equal"], asset["summary"]) == (
        "equal",
        "made again",
        f"made again, and equal: {REASON}",
    )


def test_a_review_says_that_nobody_edited_the_code(made_shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert onward(made_shop, "release").status == 0
    upgrade(monkeypatch)
    answer = onward(made_shop, "review", "--base", "main@1")
    assert answer.status == 0, answer.text
    assert answer.out.count(f"made again, and equal: {REASON}: 4 results, ") == 1
    assert "changed" not in answer.out
