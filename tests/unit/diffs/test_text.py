"""What the difference between two texts says."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pandas
import plotly.graph_objects
import pytest

from onward.diffs.text import LARGEST, TextDiff
from onward.model.difference import Difference, DiffOptions
from tests.unit.diffs.files import blob, difference


def compared(folder: Path, before: str | bytes, after: str | bytes, name: str = "notes.txt") -> Difference:
    return difference(TextDiff(), blob(folder, name, before), blob(folder, name, after))


def test_a_line_that_changed_names_the_numbers_that_moved(tmp_path: Path) -> None:
    found = compared(tmp_path, "Delays\nmedian 12.5 min\nend\n", "Delays\nmedian 11.9 min\nend\n")
    assert found.summary == "1 line changed: 12.5 → 11.9"
    assert found.detail["lines"] == {"before": 3, "after": 3, "added": 0, "removed": 0, "changed": 1}
    (hunk,) = found.detail["hunks"]
    assert (hunk["before"], hunk["after"]) == (1, 1)
    assert [line["sign"] for line in hunk["lines"]] == [" ", "-", "+", " "]
    assert hunk["lines"][2]["words"] == [["median ", False], ["11.9", True], [" min", False]]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("a\nb\n", "a\nnew\nb\n", "1 line came in"),
        ("a\nb\nc\n", "a\n", "2 lines went"),
        ("one line here\n", "quite another thing\n", "1 line came in, 1 went"),
        ("rose by −3 %\n", "rose by −4 %\n", "1 line changed: −3 % → −4 %"),
        ("on 2024-01-02 at 10:30\n", "on 2024-01-03 at 10:30\n", "1 line changed: 2024-01-02 → 2024-01-03"),
        ("a\nb\n", "a\nb", "the same text with other line ends"),
    ],
)
def test_what_came_went_and_changed_is_counted(tmp_path: Path, before: str, after: str, words: str) -> None:
    assert compared(tmp_path, before, after).summary == words


def test_lines_that_moved_below_new_ones_are_numbered_on_both_sides(tmp_path: Path) -> None:
    old = [f"line {number}" for number in range(1, 31)]
    new = ["first", *old[:19], *old[20:], "last"]
    found = compared(tmp_path, "\n".join(old), "\n".join(new))
    assert found.summary == "2 lines came in, 1 went"
    places = [(hunk["before"], hunk["after"]) for hunk in found.detail["hunks"]]
    assert places == [(1, 1), (18, 19), (29, 29)]


def test_examples_are_limited_and_counts_are_not(tmp_path: Path) -> None:
    old = "\n".join(f"a {number}\nsame" for number in range(500))
    new = "\n".join(f"a {number + 1000}\nsame" for number in range(500))
    found = compared(tmp_path, old, new)
    assert found.detail["lines"]["changed"] + found.detail["lines"]["added"] >= 500
    assert len(found.detail["hunks"]) <= 10
    assert len(json.dumps(found.detail)) < 20_000


def test_two_hundred_thousand_lines_are_counted_where_they_cannot_be_paired(tmp_path: Path) -> None:
    old = "\n".join(f"row {number}" for number in range(200_000))
    new = "\n".join(f"row {number + 100_000}" for number in range(200_000))
    assert compared(tmp_path, old, new).summary == "100,000 lines came in, 100,000 went"


def test_line_ends_and_the_mark_of_an_encoding_mean_nothing_and_a_blank_does(tmp_path: Path) -> None:
    assert compared(tmp_path, "a\nb\n", "\ufeffa\r\nb\r\n").means_nothing
    assert not compared(tmp_path, "a\nb\n", "a\nb c\n").means_nothing
    assert not compared(tmp_path, "a\nb\n", "a\n b\n").means_nothing


# JSON


def test_reformatted_json_of_equal_meaning_means_nothing(tmp_path: Path) -> None:
    value = {"b": [1, 2.50, "é"], "a": {"x": None}}
    found = compared(tmp_path, json.dumps(value), json.dumps(value, indent=2, sort_keys=True), "m.json")
    assert found.means_nothing
    assert found.summary == "the same values, written otherwise"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('{"m": {"rmse": 12.5}}', '{"m": {"rmse": 11.9}}', "1 value changed: `m.rmse` 12.5 → 11.9"),
        ('{"a": 1}', '{"a": 1, "b": 2}', "1 value came in: `b` is new"),
        ('{"a": [1, 2, 3]}', '{"a": [0, 1, 2, 3]}', "1 value came in: `a[0]` is new"),
        ('{"a": 1}', '{"a": true}', "1 value changed: `a` 1 → true"),
        ('{"a": "1"}', '{"a": 1}', "1 value changed: `a` 1 → 1"),
        ('{"a": null}', "{}", "1 value went: `a` is gone"),
    ],
)
def test_values_of_json_that_changed_are_named_by_their_path(
    tmp_path: Path, before: str, after: str, words: str
) -> None:
    found = compared(tmp_path, before, after, "m.json")
    assert found.summary == words
    assert not found.means_nothing


def test_rounding_means_nothing_unless_most_values_move_to_one_side(tmp_path: Path) -> None:
    values = [float(number) for number in range(1, 101)]
    jitter = [value * (1 + (1e-13 if at % 4 == 0 else -1e-13 if at % 4 == 1 else 0)) for at, value in enumerate(values)]
    shifted = [value * (1 + 1e-13) for value in values]
    assert compared(tmp_path, json.dumps(values), json.dumps(jitter), "m.json").means_nothing
    assert not compared(tmp_path, json.dumps(values), json.dumps(shifted), "m.json").means_nothing


def test_json_lines_are_values_too(tmp_path: Path) -> None:
    found = compared(tmp_path, '{"a":1}\n{"a":2}\n', '{"a": 1}\n{"a": 3}\n', "rows.jsonl")
    assert found.summary == "1 value changed: `[1].a` 2 → 3"


def test_what_says_two_things_under_one_name_is_text(tmp_path: Path) -> None:
    assert not compared(tmp_path, '{"a": 1, "a": 2}', '{"a": 2}', "m.json").means_nothing


def test_numbers_that_json_does_not_have_can_be_told(tmp_path: Path) -> None:
    found = compared(tmp_path, '{"a": NaN}', '{"a": 1.5}', "m.json")
    assert json.dumps(found.detail, allow_nan=False)
    assert compared(tmp_path, '{"a": NaN}', '{"a":  NaN}', "m.json").means_nothing


# HTML


def styled(*values: int) -> str:
    # pandas gives each Styler a random name.
    return pandas.DataFrame({"a": values}).style.highlight_max().to_html()


def drawn(*values: int) -> str:
    figure = plotly.graph_objects.Figure(plotly.graph_objects.Scatter(y=values))
    return figure.to_html(include_plotlyjs="cdn")


@pytest.mark.parametrize("page", [styled, drawn])
def test_random_names_on_pages_mean_nothing_and_their_data_does(tmp_path: Path, page) -> None:
    assert page(1, 2) != page(1, 2)
    assert compared(tmp_path, page(1, 2), page(1, 2), "page.html").means_nothing
    assert not compared(tmp_path, page(1, 2), page(1, 3), "page.html").means_nothing


BOKEH = """<!DOCTYPE html>
<html><body>
<div id="{0}" data-root-id="p1008" style="display: contents;"></div>
<script type="application/json" id="{1}">{{"{2}":{{"version":"3.9.2","data":[1, 2, {value}]}}}}</script>
<script>const docs_json = document.getElementById('{1}').textContent;
const render_items = [{{"docid":"{2}","roots":{{"p1008":"{0}"}},"root_ids":["p1008"]}}];</script>
</body></html>
"""

GREAT_TABLE = """<div id="{0}" style="width:auto;">
<style>
#{0} table {{ color: #333333; }}
#{0} p {{ margin: 0; }}
</style><table><tr><td>{value}</td></tr></table></div>
"""


@pytest.mark.parametrize(
    ("template", "one", "other"),
    [
        (
            BOKEH,
            [str(uuid.UUID(int=number)) for number in (1, 2, 3)],
            [str(uuid.UUID(int=number)) for number in (7, 8, 9)],
        ),
        (GREAT_TABLE, ["ijysjgqriu"], ["zjrpyoxqxh"]),
    ],
)
def test_pages_of_bokeh_and_great_tables_differ_by_what_they_show(
    tmp_path: Path, template: str, one: list[str], other: list[str]
) -> None:
    old, new = template.format(*one, value=5), template.format(*other, value=5)
    assert compared(tmp_path, old, new, "page.html").means_nothing
    assert not compared(tmp_path, old, template.format(*other, value=6), "page.html").means_nothing


def test_a_random_name_among_the_data_is_data(tmp_path: Path) -> None:
    page = "<html><script>1</script><table><tr><td>{}</td></tr></table></html>"
    found = compared(tmp_path, page.format(uuid.UUID(int=1)), page.format(uuid.UUID(int=2)), "page.html")
    assert not found.means_nothing


def test_comments_are_not_shown_and_what_a_script_holds_is(tmp_path: Path) -> None:
    page = "<html><!-- made by X {} --><p>1</p></html>"
    assert compared(tmp_path, page.format(1), page.format(2), "page.html").means_nothing
    script = "<html><script>const a = '<!-- {} -->'</script></html>"
    assert not compared(tmp_path, script.format(1), script.format(2), "page.html").means_nothing


def test_times_that_a_cell_took_mean_nothing_on_a_page_and_what_follows_them_does(tmp_path: Path) -> None:
    page = "<html><pre>CPU times: user {0} ms\nWall time: {0} ms\n&lt;object at 0x7f{0}123&gt;</pre><p>{1}</p></html>"
    assert compared(tmp_path, page.format(1, 5), page.format(2, 5), "page.html").means_nothing
    assert compared(tmp_path, page.format(1, 5), page.format(2, 6), "page.html").summary == "1 line changed: 5 → 6"


# What is full of the same


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_periods_of_few_lines_are_no_hours_of_work(tmp_path: Path, name: str) -> None:
    import time

    old = "\n".join(str(at % 150) for at in range(50_000))
    new = "\n".join(str(at * 7 % 150) for at in range(49_999))
    begun = time.process_time()
    assert compared(tmp_path, old, new, name).summary
    assert compared(tmp_path, old.replace("\n", " ")[:3000], new.replace("\n", " ")[:3000], name).summary
    assert time.process_time() - begun < 30


# What cannot be compared


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\0a", b"a\0b", b"x" * (LARGEST + 1)], ids=["UTF-16", "zeros", "too large"]
)
def test_what_is_no_text_or_too_large_is_left_to_its_bytes(tmp_path: Path, content: bytes) -> None:
    assert TextDiff().compare(blob(tmp_path, "a.txt", "a"), blob(tmp_path, "a.txt", content), DiffOptions()) is None


def test_numbers_and_signs_that_few_can_hold_are_values_too(tmp_path: Path) -> None:
    large = f"[1{'0' * 400}, 1.5, 1e999]"
    found = compared(tmp_path, large, f"[1.5, 1{'0' * 400}, 2.5]", "m.json")
    assert found.detail["values"]["changed"] == 3
    found = compared(tmp_path, r'{"\ud800": "\ud800"}', r'{"\ud800": "a"}', "m.json")
    assert found.summary.encode()
    assert json.dumps(found.detail, allow_nan=False, ensure_ascii=False).encode()


def test_json_that_is_nested_too_deeply_is_text(tmp_path: Path) -> None:
    deep = "[" * 100_000
    assert compared(tmp_path, deep, deep + "]", "m.json").summary
    nested = "[" * 900 + "1" + "]" * 900
    assert compared(tmp_path, nested, nested.replace("1", "2"), "m.json").summary


def test_a_line_of_megabytes_is_looked_through_once(tmp_path: Path) -> None:
    """What is tried at every letter of a script that a page holds takes minutes."""
    script = "a=1;" * 500_000
    old, new = (f'<html><div id="{digit * 32}"></div>\n<script>{script}</script></html>' for digit in "ab")
    assert compared(tmp_path, old, new, "p.html").means_nothing


@pytest.mark.parametrize("before", ["", "x\n", "<pre>"])
def test_what_timeit_says_means_nothing_wherever_it_stands(tmp_path: Path, before: str) -> None:
    old, new = (f"{before}{number} ms ± 3 µs per loop (mean ± std. dev. of 7 runs)\ny" for number in (1, 2))
    assert compared(tmp_path, old, new).means_nothing


def test_a_file_that_is_called_html_is_markup_whatever_it_begins_with(tmp_path: Path) -> None:
    old, new = (f'<p id="{uuid.UUID(int=number)}">median 12.5</p>' for number in (1, 2))
    assert compared(tmp_path, old, new, "a.html").means_nothing
    assert not compared(tmp_path, old, new, "a.txt").means_nothing
    assert not compared(tmp_path, old, new.replace("12.5", "11.9"), "a.html").means_nothing
