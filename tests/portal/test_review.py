"""The review page as HTML: what it says, in which order, and that it needs nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from onward.app.changes.causes import CODE, Cause
from onward.app.comparing.diff import AssetDiff, CheckDiff, DiffReport, _origin
from onward.model.difference import Picture
from onward.portal.review.markdown import counted, markdown, sentences
from onward.portal.review.page import in_short, page
from tests.portal import review_sample as sample
from tests.portal.reader import FETCHING, read

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp; `x` ]]> -->"


def written(report: DiffReport, workspace: str = "Acme air") -> str:
    text = page(report, workspace)
    assert read(text).faults == []
    return text


def words(written: str) -> str:
    """What a reader reads, in the order in which it stands, one word after the other."""
    text = re.sub(r"<style>.*?</style>|<wbr>", "", written, flags=re.DOTALL)
    return re.sub(r" ([,:])", r"\1", " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split()))


def section(written: str, name: str) -> str:
    """The words of a result's section."""
    (found,) = [each for each in re.findall(r"<article.*?</article>", written, re.DOTALL) if f'id="{name}"' in each]
    return words(found)


def block(written: str, anchor: str) -> str:
    """The words of a part of the page, by the id of its heading."""
    parts = re.split(r"(?=<section)", written)
    (found,) = [each for each in parts if f'<h2 id="{anchor}"' in each]
    return words(found)


@pytest.fixture(scope="module")
def whole() -> str:
    return written(sample.report(checks=sample.checks()))


def test_the_verdict_comes_first_with_what_is_proved_equal(whole: str) -> None:
    assert read(whole).all("h1")[0].text == "9 results changed, 1 is new, 1 is gone"
    head = words(whole).partition("At a glance")[2].partition("Data 57,039")[0]
    assert "= 4 equal proved: 2 nothing that they rest on differs, 1 made again, and the same came out" in head
    assert "main commit 3f2bd71c9a made 25 November 2026, 21:33 UTC" in head
    assert "work commit 3f2bd71c9a with changes that were not committed" in head


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("changed", "1 result changed"),
        ("changed added added", "1 result changed, 2 are new"),
        ("added", "1 result is new"),
        ("removed removed", "2 results are gone"),
        ("equal", "The one result is equal"),
        ("equal equal equal", "All 3 results are equal"),
        ("", "There is nothing to compare"),
    ],
)
def test_the_verdict_counts_what_there_is(changes: str, said: str) -> None:
    assets = tuple(AssetDiff(f"p/{at}", "file", change, "x", {}) for at, change in enumerate(changes.split()))
    assert in_short(replace(sample.report(), assets=assets)) == said


MORE = Cause(CODE, "clean", "`lib/x.py:clean` changed", where="lib/x.py:3")
OTHER = Cause(CODE, "fit", "`lib/y.py:fit` changed", where="lib/y.py:9")


def test_a_cause_is_told_once_and_then_pointed_at() -> None:
    made = [("a", (MORE,)), ("b", (MORE,)), ("c", (OTHER,)), ("d", (MORE,)), ("e", ()), ("f", (MORE,))]
    assets = [
        sample.changed(f"p/{name}", "file", f"it moved{_origin(causes)}", {}, causes=causes) for name, causes in made
    ]
    assert sentences(assets) == [
        f"it moved{_origin((MORE,))}", "it moved (same cause)", f"it moved{_origin((OTHER,))}",
        "it moved (same cause as `p/a`)", "it moved", "it moved (same cause)",
    ]  # fmt: skip
    report = sample.report(*assets)
    assert markdown(report).count("lib/x.py:3") == markdown(report).count("lib/y.py:9") == 1
    page = written(report)
    assert "lib/x.py:3" in section(page, "p/a") and "The same cause as" not in section(page, "p/a")
    assert "The same cause as p/a" in section(page, "p/d") and "lib/x.py:3" not in section(page, "p/d")
    assert "The same cause as" not in section(page, "p/e")


def test_many_causes_are_told_below_the_first_that_they_reach_alone() -> None:
    causes = tuple(Cause(CODE, name, f"`lib.{name}` changed") for name in ("one", "two", "three"))
    assets = [
        sample.changed(f"p/{name}", "file", f"it moved{_origin(causes)}", {}, causes=causes) for name in ("a", "b")
    ]
    assert markdown(sample.report(*assets)).count("- `lib.three` changed") == 1


def test_a_refactoring_is_told_as_results_that_were_made_again_and_are_equal() -> None:
    report = replace(sample.report(), assets=tuple(equal(f"p/{at}", "made again") for at in range(37)))
    assert in_short(report) == counted(report) == "37 results made again, all equal"
    assert "**37 results made again, all equal**" in markdown(report)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("made again", "1 result made again, equal"),
        ("made again, untouched, untouched", "1 result made again, equal; 2 that nothing reached"),
        ("made again, noise", "2 results made again, all equal (1 but for noise)"),
        ("untouched, untouched", "2 equal: 2 that nothing reached"),
        ("made again, within tolerance", "2 equal: 1 made again, 1 within tolerance"),
    ],
)
def test_what_was_made_again_is_told_where_nothing_moved(how: str, said: str) -> None:
    report = replace(sample.report(), assets=tuple(equal(f"p/{at}", each) for at, each in enumerate(how.split(", "))))
    assert counted(report) == said


def equal(name: str, how: str) -> AssetDiff:
    return AssetDiff(name, "file", "equal", "x", {}, how_equal=how)


def test_what_made_for_it_is_told_once_with_all_that_it_reaches(whole: str) -> None:
    told = words(whole.partition('id="causes"')[2].partition("</dl>")[0])
    assert "Data 57,039 rows came in with 2 new files in data/flights → delays/median_delay, delays/carriers" in told
    assert "Code delays.carriers changed ( lib/delays.py:12 ) → delays/carriers, delays/flights_in_all" in told
    assert "Environment polars 1.33.0 → 1.34.0 → delays/through_the_day" in told


def test_a_cause_of_many_results_counts_them() -> None:
    cause = Cause(CODE, "clean", "`clean` changed")
    assets = [sample.changed(f"p/{at}", "file", "x: `clean` changed", {}, causes=(cause,)) for at in range(4)]
    assert "clean changed → 4 results" in words(written(sample.report(*assets)))


def test_broken_checks_come_before_those_that_were_mended(whole: str) -> None:
    told = block(whole, "checks")
    places = [told.index(name) for name in ("plausible", "often", "every_carrier_is_named")]
    assert places == sorted(places)
    assert "Broken delays/plausible was passed, on 3 rows delay is below −60" in told
    assert "Gone delays/old was passed" in told


def test_the_rows_that_offend_a_check_are_a_click_away(whole: str) -> None:
    told = block(whole, "checks")
    assert "The rows that offend it 0 → 3 rows + 3 came in Some of the rows What happened carrier delay" in told
    assert "+ added OO −61.5" in told
    assert "Broken delays/late still broken, on other rows" in told
    assert told.count("The rows that offend it") == 1


def test_results_stand_in_the_order_of_the_report_each_with_a_way_to_it(whole: str) -> None:
    reading = read(whole)
    named = [asset.name for asset in sample.everything() if asset.change != "equal"]
    assert [element.attributes["id"] for element in reading.all("h3")] == named
    links = [url.removeprefix("#") for element, url in reading.pointers() if element.tag == "a"]
    assert set(named) <= set(links)
    assert set(links) <= set(reading.ids())


def test_what_came_in_is_shown_by_its_value_its_rows_and_its_picture(whole: str) -> None:
    assert "new: 336,776 flights" in block(whole, "glance")
    assert "336,776 flights Code delays.carriers changed" in section(whole, "delays/flights_in_all")
    assert "→" not in section(whole, "delays/flights_in_all")
    rows = AssetDiff("p/rows", "table", "added", "new: 3 rows", sample.offending())
    picture = Picture("after", "image/svg+xml", b"<svg/>")
    chart = AssetDiff("p/chart", "figure", "added", "new", {}, pictures=(picture,))
    text = written(sample.report(rows, chart))
    assert "+ added OO −61.5" in section(text, "p/rows")
    assert 'alt="p/chart: after"' in text


def test_what_moved_within_its_tolerance_is_said_and_not_called_proved() -> None:
    words_of_it = "12.5 → 12.55 min (+0.05, +0.4 %), within its tolerance of 0.1 min"
    text = written(sample.report(AssetDiff("p/m", "metric", "equal", words_of_it, {}, how_equal="within tolerance")))
    assert f"They moved within their tolerance: 1 result p/m: {words_of_it}" in block(text, "equal")
    assert "1 equal 1 within tolerance" in words(text)
    assert "proved" not in words(text)


def test_equal_results_are_folded_by_how_that_is_known(whole: str) -> None:
    reading = read(whole)
    told = block(whole, "equal")
    assert "Nothing that they rest on differs: 2 results sales/orders sales/margin" in told
    assert "Made again, and the same came out: 1 result weather/storms" in told
    assert "weather/fit: 3 values differ by rounding alone" in told
    assert not any("open" in element.attributes for element in reading.all("details")[-3:])


def test_the_page_needs_nothing_beside_it_and_runs_nothing(whole: str) -> None:
    reading = read(whole)
    assert reading.all("script") == []
    assert reading.all("iframe") == []
    fetched = {url.partition(":")[0] for element, url in reading.pointers() if element.tag in FETCHING}
    assert fetched == {"data"}
    policy = next(each for each in reading.all("meta") if each.attributes.get("http-equiv"))
    assert "default-src 'none'" in (policy.attributes["content"] or "")
    assert "script-src" not in (policy.attributes["content"] or "")
    assert not any(name.startswith("on") for each in reading.elements for name in each.attributes)


def test_what_authors_wrote_is_text_wherever_it_stands() -> None:
    def hostile(value: Any) -> Any:
        if isinstance(value, str):
            return value if value in ("-", "+", " ", "changed", "added", "removed", "metric", "table") else HOSTILE
        if isinstance(value, dict):
            kept = {"before", "after", "name", "path"}
            return {key: hostile(each) for key, each in value.items()} | {
                key: HOSTILE for key in kept if isinstance(value.get(key), str)
            }
        return [hostile(each) for each in value] if isinstance(value, list) else value

    assets = [
        replace(
            asset, name=f"{HOSTILE}/{at}", title=HOSTILE, kind=HOSTILE, summary=HOSTILE, detail=hostile(asset.detail)
        )
        for at, asset in enumerate(sample.everything())
    ]
    check = CheckDiff(HOSTILE, HOSTILE, HOSTILE, HOSTILE, "broken", 1, HOSTILE)
    text = written(replace(sample.report(*assets, checks=(check,)), a=HOSTILE, b=HOSTILE), HOSTILE)
    reading = read(text)
    assert reading.all("script") == []
    assert not any("onerror" in each.attributes for each in reading.elements)
    assert "alert(1)" in reading.text


def test_a_number_stands_large_with_how_far_it_moved_and_its_course(whole: str) -> None:
    told = section(whole, "delays/median_delay")
    assert "12.5 → 11.9 min −0.6, −4.8 %" in told
    assert "far from its usual course" in told
    assert "57,039 rows came in with 2 new files" in told
    assert "Release 12: 12.5 min" in told
    assert "work: 11.9 min" in told


def test_between_two_releases_the_course_ends_with_the_later_one() -> None:
    text = written(sample.report(sample.median_delay(), a="main@10", b="main@11"))
    told = section(text, "delays/median_delay")
    assert "Release 11:" in told
    assert "Release 12:" not in told
    assert "main@11:" not in told


def test_a_number_of_another_unit_and_one_that_is_none_are_said() -> None:
    detail = {"before": 2, "after": None, "after_text": "NaN", "unit": "h", "unit_before": None, "delta": None,
              "relative": None}  # fmt: skip
    told = section(written(sample.report(sample.changed("p/m", "metric", "x", detail))), "p/m")
    assert "2 (no unit) → NaN h" in told


def test_a_table_shows_its_rows_its_schema_and_its_columns(whole: str) -> None:
    told = section(whole, "delays/carriers")
    assert "16 → 17 rows + 2 came in − 1 went ~ 12 changed rows paired by carrier" in told
    for said in ("cancelled is new", "late is gone", "base is called otherwise", "flights: BIGINT → INTEGER"):
        assert said in told
    assert "delay 12 ↑ 2 ↓ 10 by 1.431 on average 4.3 at most mean 14.19 → 12.87 0 → 2 missing" in told
    assert "Distribution of delay from 1 to 21, before and after" in told
    assert "EWR 50.0 → 70.6 %" in told
    assert told.index("delay 12") < told.index("hub 1")  # what changed in most rows comes first


def test_one_row_is_one_row() -> None:
    rows = {"before": 2, "after": 1, "added": 0, "removed": 1, "changed": 0}
    detail = sample.carriers().detail | {"rows": rows}
    assert "2 → 1 row −" in section(written(sample.report(sample.changed("p/t", "table", "x", detail))), "p/t")


def test_of_a_changed_row_what_was_stands_beside_what_is(whole: str) -> None:
    reading = read(whole)
    article = next(each for each in reading.all("article") if "delays/carriers" in each.text[:60])
    assert "changedAA13.50 → 12.25" in article.text
    assert "addedOO8EWR" in article.text
    assert "removedYV–JFK" in article.text
    assert {"13.50"} <= {each.text for each in reading.all("del")}
    assert {"12.25"} <= {each.text for each in reading.all("ins")}


def test_columns_without_a_changed_row_have_no_room_for_one() -> None:
    detail = sample.carriers().detail
    columns = [{**column, "changed": 0} for column in detail["columns"]]
    told = section(written(sample.report(sample.changed("p/t", "table", "x", detail | {"columns": columns}))), "p/t")
    assert "Rows changed" not in told
    assert "Before → after" in told


def test_values_that_name_rows_are_no_distribution() -> None:
    names = [{"value": f"id-{at}", "before": 1, "after": 1} for at in range(4)]
    column = {"name": "id", "changed": 0, "before": {"distinct": 900, "missing": 0},
              "after": {"distinct": 900, "missing": 0}, "values": names}  # fmt: skip
    rows = {"before": 900, "after": 900, "added": 0, "removed": 0, "changed": 0}
    detail = sample.carriers().detail | {"columns": [column], "rows": rows}
    told = section(written(sample.report(sample.changed("p/t", "table", "x", detail))), "p/t")
    assert "900 values" in told
    assert "id-1" not in told


def test_texts_notebooks_json_and_folders_show_what_differs(whole: str) -> None:
    reading = read(whole)
    marked = {each.text for each in reading.all("del")} | {each.text for each in reading.all("ins")}
    assert {"half", "a third", "12.5", "11.9", "Delay", "Lag"} <= marked
    assert "and that is new" in section(whole, "delays/notes.txt")
    assert "model.rmse 12.5 11.9" in section(whole, "delays/config.json")
    assert "model.tags[0] weekly" in section(whole, "delays/config.json")
    cells = section(whole, "delays/report")
    assert "~ Cell 3 code" in cells
    assert "− Cell 5 markdown, removed" in cells
    folder = section(whole, "delays/pages")
    assert "+ 12 came in: b.txt and 11 more" in folder
    assert "1 line changed, 1 came in: half → a third" in folder


def test_a_model_shows_what_it_predicts_otherwise_and_its_parameters(whole: str) -> None:
    told = section(whole, "delays/fit")
    assert "312 of 5,000 predictions changed ↑ 300 ↓ 12 by 0.4 on average, 3.1 at most" in told
    assert "12 by rounding the first rows of 8,000" in told
    assert "row 5 12.50 → 11.25" in told
    assert "Parameters What happened Value Before After ~ changed alpha 0.1 0.5" in told
    assert "What it has learned" not in told


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({"predictions": None}, "Nothing was predicted"),
        ({"predictions": {"error": "no column x"}}, "Nothing could be predicted: no column x"),
        ({"errors": {"before": "no module acme"}}, "The one before cannot be opened: no module acme"),
        ({"class": {"before": "a.Old", "after": "a.New"}, "predictions": None}, "class a.Old → a.New"),
    ],
)
def test_a_model_says_what_could_not_be_found_out(detail: dict[str, Any], said: str) -> None:
    assert said in section(written(sample.report(sample.changed("p/m", "model", "x", detail))), "p/m")


def test_of_classes_it_is_shown_which_became_which() -> None:
    told = sample.model().detail["predictions"] | {"mean": None, "moves": [["late", "on time", 44]], "examples": []}
    text = written(sample.report(sample.changed("p/m", "model", "x", {"predictions": told})))
    assert "late → on time 44" in section(text, "p/m")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (-0.544731471745624, -0.5100773081464202, "−0.5447 −0.5101"),
        (1.00000001, 1.00000002, "1.00000001 1.00000002"),
        (None, "x", "null x"),
        (True, False, "true false"),
    ],
)
def test_values_are_said_as_people_read_them(before: Any, after: Any, said: str) -> None:
    sample_of = [{"path": "p", "change": "changed", "before": before, "after": after}]
    detail = {"form": "json", "values": {"changed": 1}, "sample": sample_of}
    assert f"p {said}" in section(written(sample.report(sample.changed("p/m", "file", "x", detail))), "p/m")


def test_an_unknown_kind_is_told_by_its_sentence(whole: str) -> None:
    assert "Gadget delays/app does something else now" in section(whole, "delays/app")


def test_pictures_stand_side_by_side_with_ways_to_hold_them_against_each_other(whole: str) -> None:
    reading = read(whole)
    article = next(each for each in reading.all("article") if "through_the_day" in each.text[:80])
    assert [each.text for each in reading.all("figcaption")] == ["Before", "After", "What moved"]
    views = [each for each in reading.all("input") if each.attributes["type"] == "radio"]
    assert [each.attributes["value"] for each in views] == ["beside", "swipe", "onion", "moved"]
    assert [each.attributes["value"] for each in views if "checked" in each.attributes] == ["beside"]
    assert "3 changed" in article.text


def test_a_picture_of_one_side_has_no_ways_and_what_is_no_picture_is_none() -> None:
    pictures = (Picture("after", "image/png", b"x"), Picture("before", "text/html", b"<script>"))
    asset = sample.changed("p/f", "figure", "x", {}, pictures=pictures)
    text = written(sample.report(asset))
    reading = read(text)
    assert len(reading.all("img")) == 1
    assert reading.all("input") == []


def test_a_page_that_pictures_would_make_too_large_says_that_they_are_left_out() -> None:
    def figure(name: str, size: int) -> AssetDiff:
        sides = tuple(Picture(side, "image/png", bytes(size)) for side in ("before", "after"))
        return sample.changed(name, "figure", "x", {}, pictures=sides)

    text = written(sample.report(figure("p/small", 10), figure("p/large", 21_000_000)))
    reading = read(text)
    assert len(reading.all("img")) == 2
    assert "Its pictures are left out" in section(text, "p/large")
    assert "left out" not in section(text, "p/small")


def test_the_first_results_are_open_and_beyond_many_there_is_the_sentence_alone() -> None:
    assets = [sample.changed(f"p/r{at}", "file", f"sentence {at}", {}) for at in range(153)]
    text = written(sample.report(*assets))
    reading = read(text)
    folds = [each for each in reading.all("details") if "sentence" in each.text]
    assert len(folds) == 150
    assert ["open" in each.attributes for each in folds[:14]] == [True] * 12 + [False] * 2
    assert "sentence 152" in reading.text
    assert "Of 3 more changes there is the sentence above alone" in words(text)
    links = {url for element, url in reading.pointers() if element.tag == "a"}
    assert {url.removeprefix("#") for url in links} <= set(reading.ids())


def test_what_was_made_of_nothing_and_what_is_incomplete_is_said() -> None:
    report = replace(sample.report(), a="nothing", run_a=None, run_b=sample.run("b", dirty=False, complete=False))
    told = words(written(report))
    assert "nothing no results at all" in told
    assert "incomplete" in told


def test_one_report_gives_one_page() -> None:
    assert page(sample.report(), "A") == page(sample.report(), "A")
    assert unescape(page(sample.report(), "A & B")).count("A & B") >= 2
