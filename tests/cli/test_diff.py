"""`onward diff` as people, a pull request and a script see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from onward import Workspace
from tests.cli import shapes
from tests.cli.program import onward
from tests.cli.schema import mistakes


def edited(shop: Path) -> Path:
    """A released shop with one more day of visits."""
    assert onward(shop, "release").status == 0
    with (shop / "projects/shop/data/visits.csv").open("a") as file:
        file.write("3,30\n")
    return shop


def test_the_working_tree_is_brought_up_to_date_and_held_against_what_readers_have(made_shop: Path) -> None:
    answer = onward(edited(made_shop), "diff")
    assert answer.status == 0, answer.text
    first, *rest = answer.out.splitlines()
    assert first == "main → work"
    told = next(line for line in rest if "shop/total" in line)
    assert "180 → 360 visits (+180, +100 %): `projects/shop/data/visits.csv` has 1 row more" in told
    assert "equal" in rest[-1]


def test_in_json_it_is_what_the_page_says(made_shop: Path) -> None:
    answer = onward(edited(made_shop), "diff", "--json")
    assert answer.status == 0
    assert mistakes(answer.json, shapes.DIFF) == []
    total = next(asset for asset in answer.json["assets"] if asset["name"] == "shop/total")
    assert total["detail"]["before"] == 180
    assert total["detail"]["after"] == 360
    assert total["detail"]["delta"] == 180
    assert total["published"]


def test_a_caller_in_python_writes_the_same_pages(made_shop: Path, tmp_path: Path) -> None:
    mine, theirs = (tmp_path / name for name in ("mine", "theirs"))
    for folder in (mine, theirs):
        folder.mkdir()
    words = [word for name in ("html", "markdown") for word in (f"--{name}", str(theirs / name))]
    assert onward(edited(made_shop), "diff", "main", "work", *words).status == 0
    with Workspace(made_shop) as workspace:
        report = workspace.diff("main", "work", html=mine / "html", markdown=mine / "markdown")
    assert report.counts["changed"] > 0
    for name in ("html", "markdown"):
        assert (mine / name).read_text("utf-8") == (theirs / name).read_text("utf-8")


def test_only_when_asked_to_a_difference_ends_with_one(made_shop: Path) -> None:
    assert onward(edited(made_shop), "diff", "--exit-code").status == 1
    assert onward(made_shop, "diff", "latest", "latest", "--exit-code").status == 0


def test_before_the_first_release_it_begins_with_nothing_unless_a_word_asks_for_readers(made_shop: Path) -> None:
    bare = onward(made_shop, "diff")
    assert bare.out.startswith("nothing → work\n")
    answer = onward(made_shop, "diff", "main")
    assert answer.status == 2
    assert "has no release yet" in answer.err
    assert "onward release" in answer.err


@pytest.mark.parametrize(
    ("word", "hint"), [("mian", "for the snapshot write `main`"), ("shop/totla", "write `shop/total`")]
)
def test_a_mistyped_word_is_told_before_anything_is_run(made_shop: Path, word: str, hint: str) -> None:
    answer = onward(edited(made_shop), "diff", word)
    assert answer.status == 2
    assert hint in answer.err
    assert onward(made_shop, "status", "shop/total").out.startswith("stale"), "nothing was run for it"


def test_markdown_has_what_matters_and_folds_the_rest(made_shop: Path, tmp_path: Path) -> None:
    page = tmp_path / "Übersicht review.md"
    assert onward(edited(made_shop), "diff", "--markdown", str(page)).status == 0
    text = page.read_text("utf-8")
    assert text.startswith("### Results: `main → work`\n")
    assert "| ~ | `shop/total` | 180 → 360 visits" in text
    assert text.count("<details>") == text.count("</details>") > 0


def test_markdown_knows_of_files_whose_samples_are_no_rows(made_shop: Path, tmp_path: Path) -> None:
    onward(made_shop, "release")
    script = made_shop / "projects/ops/script.py"
    script.write_text(script.read_text("utf-8").replace('{"a": 1}', '{"a": 2}'), "utf-8")
    page = tmp_path / "review.md"
    assert onward(made_shop, "diff", "--markdown", str(page)).status == 0
    assert "`ops/rows`" in page.read_text("utf-8")


@pytest.mark.parametrize("option", ["--markdown", "--html"])
def test_a_page_that_cannot_be_written_is_an_error_that_names_it(made_shop: Path, tmp_path: Path, option: str) -> None:
    answer = onward(made_shop, "diff", "latest", "latest", option, str(tmp_path / "none" / "review"))
    assert answer.status == 4
    assert "none/review" in answer.err
    assert f"choose another place with `{option}`" in answer.err


def test_a_word_that_means_nothing_names_what_is_near(made_shop: Path) -> None:
    answer = onward(made_shop, "diff", "latest", "latest", "shop/totl")
    assert answer.status == 2
    assert "shop/total" in answer.err


def test_the_page_to_look_at_is_one_file_with_what_moved(made_shop: Path, tmp_path: Path) -> None:
    page = tmp_path / "Übersicht review.html"
    answer = onward(edited(made_shop), "diff", "--html", str(page))
    assert answer.status == 0, answer.text
    assert answer.out.startswith("main → work\n")
    text = page.read_text("utf-8")
    assert 'id="shop/total"' in text
    assert "has 1 row more" in text
    assert "<script" not in text
    assert '<link rel="stylesheet"' not in text


def test_a_check_that_stays_broken_is_counted_and_no_news(made_shop: Path, tmp_path: Path) -> None:
    assert onward(made_shop, "release").status == 0
    assert listed_total(made_shop).endswith(" · 1 ✓, 1 ✗")
    page, review = tmp_path / "page.md", tmp_path / "review.html"
    again = onward(made_shop, "diff", "--markdown", str(page), "--html", str(review))
    assert "✗" not in again.text
    assert "  1 check stays broken: `shop/is_a_party`" in again.out.splitlines()
    assert "- ⚠️ 1 check stays broken: `shop/is_a_party`" in page.read_text("utf-8").splitlines()
    assert "1 check stays broken: " in review.read_text("utf-8")
    assert onward(made_shop, "diff", "--json").json["still_broken"] == ["shop/is_a_party"]


def test_a_check_that_breaks_or_is_mended_is_news(made_shop: Path) -> None:
    steps = made_shop / "projects/shop/steps.py"
    assert onward(made_shop, "release").status == 0
    steps.write_text(steps.read_text("utf-8").replace("> 1_000_000", "> 100"), "utf-8")
    mended = onward(made_shop, "diff")
    assert "  check shop/is_a_party: broken → passed" in mended.out.splitlines()
    assert "broken:" not in mended.out
    assert listed_total(made_shop).endswith(" · 2 ✓")
    steps.write_text(steps.read_text("utf-8").replace("total > 100", "total > 1_000"), "utf-8")
    broke = onward(made_shop, "diff", "latest", "work")
    assert "✗ shop/is_a_party" in broke.err
    assert "  check shop/is_a_party: passed → broken" in broke.out.splitlines()


def test_a_check_that_has_not_run_yet_is_listed_as_that(shop: Path) -> None:
    assert listed_total(shop).endswith(" · 2 checks not run")


def listed_total(shop: Path) -> str:
    return next(line for line in onward(shop, "list").out.splitlines() if line.startswith("  shop/total"))
