"""`onward bisect` as people and a script see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import shapes
from tests.cli.program import in_process, onward
from tests.cli.schema import mistakes
from tests.cli.workspaces import commit


@pytest.fixture
def moved(made_shop: Path) -> Path:
    """A shop with four commits after the one that was run, of which the third moves the total most."""
    common = made_shop / "lib/common.py"
    for factor, subject in ((2.1, "a little"), (2.2, "a little more"), (5, "the größte jump"), (5.1, "a little again")):
        common.write_text(f"def double(x):\n    return {factor} * x\n")
        commit(made_shop, subject)
    return made_shop


def test_the_commit_is_told_with_a_chart_and_with_what_it_changed(moved: Path) -> None:
    answer = onward(moved, "bisect", "total", "HEAD~4", "HEAD")
    assert answer.status == 0, answer.text
    lines = answer.out.splitlines()
    assert lines[0] == "shop/total  HEAD~4 → HEAD: 180 → 459 visits"
    jump = next(line for line in lines if "◀" in line)
    assert "450" in jump and "the größte jump" in jump and jump.endswith("◀ +252, +127.3 %")
    assert lines[-3].startswith("it moved most with ") and lines[-3].endswith(" the größte jump")
    assert lines[-2] == "  198 → 450 visits (+252, +127.3 %): `common.double` changed (`lib/common.py:2`)"
    assert lines[-1].endswith("moves there that cancel each other show with `--all`")
    assert "1 commit not measured" in answer.out
    assert "a little more" in answer.err, "each measured commit is told at once"


def test_every_commit_is_measured_when_asked(moved: Path) -> None:
    answer = onward(moved, "bisect", "total", "HEAD~4", "HEAD", "--all")
    assert answer.status == 0, answer.text
    assert "not measured" not in answer.out
    assert answer.out.splitlines()[-1] == "1 run used, 4 measured"


def test_in_json_it_is_what_the_page_says(moved: Path) -> None:
    answer = onward(moved, "bisect", "total", "HEAD~4", "HEAD", "--json")
    assert answer.status == 0, answer.text
    assert mistakes(answer.json, shapes.BISECT) == []
    step = answer.json["step"]
    assert [each["subject"] for each in step["commits"]] == ["the größte jump"]
    assert (step["before"], step["after"], step["delta"]) == (198, 450, 252)
    assert answer.json["points"][step["to"]]["value"] == 450
    assert answer.json["counts"] == {"known": 1, "measured": 3, "not measured": 1, "skipped": 0}


def test_nothing_moved_is_an_answer_too(made_shop: Path) -> None:
    commit(made_shop, "nothing")
    answer = onward(made_shop, "bisect", "total", "HEAD~1", "HEAD")
    assert answer.status == 0, answer.text
    assert "it did not move between what was measured" in answer.out
    found = onward(made_shop, "bisect", "total", "HEAD~1", "HEAD", "--json")
    assert (found.json["step"], mistakes(found.json, shapes.BISECT)) == (None, [])


def test_an_end_that_cannot_be_measured_ends_with_one_and_says_why(made_shop: Path) -> None:
    (made_shop / "lib/common.py").write_text("def double(x):\n    return 2 / 0\n")
    commit(made_shop, "broken")
    answer = onward(made_shop, "bisect", "total", "HEAD~1", "HEAD")
    assert answer.status == 1, answer.text
    assert "cannot be measured: ZeroDivisionError" in answer.out
    assert "lib/common.py:2" in answer.out
    found = onward(made_shop, "bisect", "total", "HEAD~1", "HEAD", "--json")
    assert (found.status, found.json["points"][-1]["outcome"]) == (1, "skipped")
    assert mistakes(found.json, shapes.BISECT) == []


def test_an_end_that_was_not_measured_is_not_drawn_as_one_that_failed(made_shop: Path) -> None:
    common = made_shop / "lib/common.py"
    text = common.read_text()
    common.write_text("def double(x):\n    return 2 / 0\n")
    commit(made_shop, "broken")
    common.write_text(text)
    commit(made_shop, "mended")
    answer = onward(made_shop, "bisect", "total", "HEAD~1", "HEAD")
    assert answer.status == 1, answer.text
    first, last = (
        line for line in answer.out.splitlines() if line.endswith(("(lib/common.py:2)", "mended")) and line[0] == " "
    )
    assert "✗" in first
    assert "✗" not in last


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["total", "HEAD"], "B"),
        (["totl", "HEAD~4", "HEAD"], "no metric is called `totl`"),
        (["report", "HEAD~4", "HEAD"], "no metric is called `report`: `shop/report` is a document"),
        (["report", "HEAD~4", "HEAD"], "the metrics are ops/seen, shop/total"),
        (["total", "HEAD", "HEAD~4"], "onward bisect shop/total 'HEAD~4' HEAD"),
        (["total", "main", "HEAD"], "has no release yet"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_with_what_to_do(moved: Path, words: list[str], said: str) -> None:
    answer = onward(moved, "bisect", *words)
    assert answer.status == 2, answer.text
    assert said in answer.err


def test_the_working_tree_may_be_an_end(moved: Path) -> None:
    (moved / "projects/shop/data/visits.csv").write_text("day,visits\n1,1000\n")
    answer = in_process(moved, "bisect", "total", "HEAD~4", "work", "--json")
    assert answer.status == 0, answer.text
    assert [cause["axis"] for cause in answer.json["step"]["because"]] == ["data"]


def test_of_a_long_course_only_what_moved_most_is_drawn(shop: Path) -> None:
    (shop / "projects/shop/steps.py").write_text(
        "from onward import asset\nfrom common import NUMBER\n\n@asset\ndef total() -> float:\n    return NUMBER\n"
    )
    for number in range(40):
        (shop / "lib/common.py").write_text(f"NUMBER = {number * 0.01 + (10 if number > 20 else 0)}\n")
        commit(shop, f"number {number}")
    answer = onward(shop, "bisect", "total", "HEAD~39", "HEAD", "--all")
    assert answer.status == 0, answer.text
    lines = answer.out.splitlines()
    assert len(lines) < 40
    assert any("◀ +10.01" in line and "number 21" in line for line in lines)
    assert any("more, where it moved less" in line for line in lines)
    assert len(onward(shop, "bisect", "total", "HEAD~39", "HEAD", "--all", "--json").json["points"]) == 40
