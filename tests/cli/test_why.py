"""`why` tells which edit, where, through what and with which text; `status`, `run` and the site tell it in short."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli import shapes
from tests.cli.conftest import Writer
from tests.cli.program import onward
from tests.cli.schema import mistakes
from tests.cli.workspaces import commit


def edit(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text()
    assert text.count(old) == 1
    (root / path).write_text(text.replace(old, new))


def why(root: Path, target: str) -> dict[str, Any]:
    answer = onward(root, "why", target, "--json")
    assert answer.status == 0, answer.text
    assert mistakes(answer.json, shapes.WHY) == []
    return answer.json


def notebook(*cells: tuple[str, str]) -> str:
    return json.dumps(
        {
            "cells": [
                {"cell_type": kind, "source": source, "metadata": {}}
                | ({"outputs": [], "execution_count": None} if kind == "code" else {})
                for kind, source in cells
            ],
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def test_an_edit_of_shared_code_is_told_with_its_line_its_way_and_its_text(made_shop: Path) -> None:
    edit(made_shop, "lib/common.py", "return 2 * x", "# twice\n    return x + x + 1")
    (reason,) = why(made_shop, "shop/total")["reasons"]
    assert (reason["what"], reason["where"]) == ("common.double", "lib/common.py:3")
    assert reason["path"] == ["projects/shop/steps.py:total", "common.double"]
    assert reason["diffs"] == [
        {
            "before": "lib/common.py:1",
            "after": "lib/common.py:1",
            "lines": [
                "@@ -1,2 +1,3 @@",
                " def double(x):",
                "-    return 2 * x",
                "+    # twice",
                "+    return x + x + 1",
            ],
            "left_out": 0,
        }
    ]  # fmt: skip


def test_people_see_the_way_and_the_text_once(made_shop: Path) -> None:
    edit(made_shop, "lib/common.py", "return 2 * x", "return 3 * x")
    said = onward(made_shop, "why", "shop/report").out
    assert "code common.double changed  (lib/common.py:2)" in said
    assert "shop/total → projects/shop/steps.py:total → common.double" in said
    assert said.count("+    return 3 * x") == 1
    assert "with what depends on it these are 3 steps" in onward(made_shop, "why", "shop/total").out


def test_edits_since_the_result_count_and_not_those_since_the_last_run(made_shop: Path) -> None:
    edit(made_shop, "lib/common.py", "return 2 * x", "return 1 / 0")
    assert onward(made_shop, "run").status == 1
    edit(made_shop, "lib/common.py", "return 1 / 0", "return 5 * x")
    report = why(made_shop, "shop/total")
    assert "-    return 2 * x" in report["reasons"][0]["diffs"][0]["lines"]
    assert report["failed"]


def test_a_result_of_an_earlier_run_is_held_against_the_code_of_then(made_shop: Path) -> None:
    (made_shop / "projects/ops/other.py").write_text("from onward import asset\n\n\n@asset\ndef one():\n    return 1\n")
    edit(made_shop, "lib/common.py", "return 2 * x", "return 7 * x")
    assert onward(made_shop, "run", "ops/one").status == 0
    (reason,) = why(made_shop, "shop/total")["reasons"]
    assert "-    return 2 * x" in reason["diffs"][0]["lines"]


def test_a_source_is_told_by_file_line_and_size(made_shop: Path) -> None:
    (made_shop / "projects/shop/data/visits.csv").write_text("day,visits\n1,10\n2,25\n3,1\n")
    (reason,) = why(made_shop, "shop/total")["reasons"]
    assert reason["where"] == "projects/shop/data/visits.csv:3"
    assert reason["files"] == [
        {"path": "projects/shop/data/visits.csv", "change": "changed", "bytes_before": 21, "bytes_after": 25,
         "lines_before": 3, "lines_after": 4, "line": 3}
    ]  # fmt: skip
    assert "visits.csv:3 changed: 25 B, 4 lines, was 21 B, 3 lines" in onward(made_shop, "why", "shop/total").out


def test_a_parameter_is_told_by_its_values_and_the_line_that_sets_it(made_shop: Path) -> None:
    edit(made_shop, "projects/shop/onward.toml", "factor = 3", "factor = 4")
    (reason,) = why(made_shop, "shop/total")["reasons"]
    assert (reason["kind"], reason["values"]) == ("parameter", {"before": 3, "after": 4})
    assert reason["where"] == "projects/shop/onward.toml:3"
    assert "changed, from 3 to 4" in onward(made_shop, "why", "shop/total").out


def test_of_a_kept_step_it_is_told_what_was_compared(made_shop: Path) -> None:
    report = why(made_shop, "shop/total")
    assert report["decision"] == "keep"
    assert report["compared"]["symbols"] == ["projects/shop/steps.py:total", "common.double"]
    assert report["compared"]["sources"] == ["shop/visits"]
    assert report["compared"]["parameters"] == ["shop.factor"]
    said = onward(made_shop, "why", "shop/total").out
    assert "compared, and equal" in said
    assert "2 symbols  projects/shop/steps.py:total, common.double" in said


def test_how_a_step_is_declared_is_told_with_its_line(made_shop: Path) -> None:
    edit(made_shop, "projects/shop/steps.py", 'unit="visits"', 'unit="guests"')
    (reason,) = why(made_shop, "shop/total")["reasons"]
    line = (made_shop / "projects/shop/steps.py").read_text().splitlines().index(
        '@asset(unit="guests", title="Visits")'
    ) + 1
    assert (reason["kind"], reason["where"]) == ("step", f"projects/shop/steps.py:{line}")


def test_a_step_that_was_never_made_is_told_with_its_place(shop: Path) -> None:
    reason = why(shop, "shop/report")["reasons"][0]
    assert reason["kind"] == "never made"
    path, _, line = reason["where"].partition(":")
    assert "def report" in (shop / path).read_text().splitlines()[int(line) - 1]


def test_a_query_is_told_by_its_line(workspace: Writer) -> None:
    root = workspace(
        {"onward.toml": "", "projects/p/data/x.csv": "a\n1\n", "projects/p/q.sql": "select\n  a\nfrom x\n"}
    )
    assert onward(root, "run").status == 0
    (root / "projects/p/q.sql").write_text("-- more\nSELECT\n  a + 1 as a\nfrom x\n")
    (reason,) = why(root, "p/q")["reasons"]
    assert reason["where"] == "projects/p/q.sql:3"
    assert {"-  a", "+  a + 1 as a"} <= set(reason["diffs"][0]["lines"])


@pytest.mark.parametrize(
    ("cell", "text", "where"),
    [
        (2, "y = x + 2\nprint(y)", "cell 3:1"),
        (2, "y = x + 1\nprint(y, y)", "cell 3:2"),
        (1, "x = 1;", "cell 2:1"),
        (0, "# Title\n\nother", "cell 1:3"),
        (1, "x = 1  # one", "cell 2:1"),
    ],
)
def test_a_notebook_is_told_by_cell_and_line(workspace: Writer, cell: int, text: str, where: str) -> None:
    cells = [("markdown", "# Title\n\nwords"), ("code", "x = 1"), ("code", "y = x + 1\nprint(y)")]
    root = workspace({"onward.toml": "", "projects/p/n.ipynb": notebook(*cells)})
    assert onward(root, "run").status == 0
    cells[cell] = (cells[cell][0], text)
    (root / "projects/p/n.ipynb").write_text(notebook(*cells))
    reasons = why(root, "p/n")["reasons"]
    assert {reason["where"] for reason in reasons} == {f"projects/p/n.ipynb:{where}"}


def test_a_widening_is_told_with_its_line_and_how_to_narrow_it(made_shop: Path) -> None:
    edit(made_shop, "lib/common.py", "return 2 * x", "return globals()['K'] * x")
    widened = why(made_shop, "shop/total")["widened"]
    assert {item["what"] for item in widened} == {"common.double", "common (whole file)"}
    assert {item["where"] for item in widened} == {"lib/common.py:2"}
    said = onward(made_shop, "why", "shop/total").out
    assert said.count(f"to narrow it: {widened[0]['hint']}") == 1
    assert "globals()" in widened[0]["hint"]


def test_status_says_how_far_edits_reach_and_what_is_published_of_it(made_shop: Path) -> None:
    commit(made_shop, "all")
    assert onward(made_shop, "run").status == 0
    assert onward(made_shop, "release").status == 0
    edit(made_shop, "lib/common.py", "return 2 * x", "return 3 * x")
    answer = onward(made_shop, "status", "--json").json
    assert mistakes(answer, shapes.STATUS) == []
    assert set(answer["reach"]["steps"]) == {"shop/total", "shop/report", "ops/script"}
    assert answer["reach"]["seconds"] > 0
    assert answer["reach"]["release"] == "main@1"
    published = answer["reach"]["published"]
    assert {"asset": "shop/total", "kind": "metric"} in published
    assert [each["kind"] for each in published][:2] == ["metric", "metric"]
    (total,) = [step for step in answer["steps"] if step["name"] == "shop/total"]
    assert [each["where"] for each in total["edits"]] == ["lib/common.py:2"]
    said = onward(made_shop, "status").out
    assert "what changed reaches 3 steps, which took" in said
    assert "published in main@1, and may change: ops/seen (metric), shop/total (metric)" in said
    assert "code common.double changed (lib/common.py:2)" in said


def test_a_damaged_log_of_releases_keeps_no_one_from_the_status(made_shop: Path) -> None:
    commit(made_shop, "all")
    assert onward(made_shop, "run").status == 0
    assert onward(made_shop, "release").status == 0
    (move,) = (path for path in (made_shop / ".onward/store/channels").rglob("*") if path.is_file())
    move.chmod(0o644)
    move.write_bytes(b"damaged")
    edit(made_shop, "lib/common.py", "return 2 * x", "return 3 * x")
    answer = onward(made_shop, "status", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["reach"]["release"] is None


def test_status_reaches_nothing_where_nothing_changed(made_shop: Path) -> None:
    assert onward(made_shop, "status", "--json").json["reach"]["steps"] == []


def test_a_run_says_where_the_edits_are_and_keeps_its_reasons(made_shop: Path) -> None:
    edit(made_shop, "lib/common.py", "return 2 * x", "return 3 * x")
    planned = onward(made_shop, "run", "--dry-run").out
    assert "code common.double changed (lib/common.py:2)" in planned
    plan = onward(made_shop, "run", "--dry-run", "--json").json
    assert mistakes(plan, shapes.PLAN) == []
    answer = onward(made_shop, "run", "--json").json
    assert mistakes(answer, shapes.RUN) == []
    for steps in (plan["steps"], answer["steps"]):
        (total,) = [step for step in steps if step["name"] == "shop/total"]
        assert total["reasons"] == ["code common.double changed"]
        assert total["edits"] == [
            {"reason": "code common.double changed", "where": "lib/common.py:2",
             "path": ["projects/shop/steps.py:total", "common.double"]}
        ]  # fmt: skip


def test_a_run_tells_people_each_edit_once(made_shop: Path) -> None:
    edit(made_shop, "lib/common.py", "return 2 * x", "return 3 * x")
    assert "lib/common.py:2  common.double changed  → 1 step\n" in onward(made_shop, "run").out


def test_the_site_says_where_the_edit_behind_a_result_is(made_shop: Path) -> None:
    edit(made_shop, "lib/common.py", "return 2 * x", "return 3 * x")
    onward(made_shop, "run")
    assert onward(made_shop, "site", "--at", "latest", "--out", str(made_shop / "out")).status == 0
    page = (made_shop / "out/shop/total/index.html").read_text()
    assert "code common.double changed in <code>lib/common.py:2</code> through" in page


@pytest.mark.parametrize("lost", ["bases", "runs", "objects"])
def test_without_the_code_of_then_the_reasons_remain(made_shop: Path, lost: str) -> None:
    edit(made_shop, "lib/common.py", "return 2 * x", "return 3 * x")
    for path in (made_shop / ".onward/store" / lost).rglob("*"):
        if path.is_file():
            path.unlink()
    report = why(made_shop, "shop/total")
    assert "common.double" in {reason["what"] for reason in report["reasons"]}
    assert onward(made_shop, "status").status == 0
    assert onward(made_shop, "run").status == 0
