"""Two snapshots compared: what changed, what made it change, and of what is equal, why that is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from onward.app.comparing.diff import AssetDiff, DiffReport, choose, diff
from onward.app.explaining.listing import listing
from onward.app.releases import history, snapshots
from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened, open_workspace
from onward.base.errors import UnknownNameError
from onward.model.records import Run
from onward.testing import workspace
from onward.testing.watchers import Recorder

WORKSPACE = """
=== onward.toml
=== data/prices.csv
day,price
1,10
2,30
=== lib/shared.py
def rounded(value):
    return round(value, 2)

def unused():
    return 0
=== projects/sales/steps.py
import csv
from pathlib import Path

from onward import asset, check
from shared import rounded

@asset
def rows(prices: Path):
    with open(prices, newline="") as file:
        return [{"day": row["day"], "price": float(row["price"])} for row in csv.DictReader(file)]

@asset(unit="USD")
def mean_price(rows: list) -> float:
    return rounded(sum(row["price"] for row in rows) / len(rows))

@asset
def days(rows: list) -> int:
    return len(rows)

@asset
def constant() -> int:
    return 7

@asset
def scaled(limit: int = 3) -> int:
    return limit * 2

@check(mean_price)
def it_is_low(mean_price):
    return mean_price < 25
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The workspace, run and released."""
    folder = workspace.write(tmp_path, WORKSPACE)
    with open_workspace(folder, writes=True) as opened:
        assert made(opened).complete
        history.release(opened)
    return folder


def made(opened: Opened) -> Run:
    return run(opened, RunOptions(keep_going=True), Recorder()).run


def compared(folder: Path, *words: str) -> DiffReport:
    with open_workspace(folder, writes=True) as opened:
        work: Callable[[], Run] = lambda: made(opened)  # noqa: E731 - one word for what the loop would do
        return diff(opened, choose(opened, words, work))


def by_name(report: DiffReport) -> dict[str, AssetDiff]:
    return {asset.name.removeprefix("sales/"): asset for asset in report.assets}


def edit(folder: Path, path: str, old: str, new: str) -> None:
    file = folder / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_nothing_has_changed_and_that_is_proved(folder: Path) -> None:
    report = compared(folder)
    assert report.counts == {"changed": 0, "equal": 5, "added": 0, "removed": 0}
    assert report.how_equal == {"untouched": 5, "made again": 0, "noise": 0, "within tolerance": 0}
    assert not report.differs


def test_data_that_came_in_is_told_with_its_rows_at_everything_that_it_reaches(folder: Path) -> None:
    (folder / "data/prices.csv").write_text("day,price\n1,10\n2,30\n3,80\n")
    report = compared(folder)
    found = by_name(report)
    assert found["mean_price"].summary == "20 → 40 USD (+20, +100 %): `data/prices.csv` has 1 row more"
    assert found["rows"].summary.endswith("`data/prices.csv` has 1 row more")
    assert (found["rows"].detail["rows"]["added"], found["rows"].detail["key"]) == (1, ["day"])
    assert (found["constant"].change, found["constant"].how_equal) == ("equal", "untouched")
    assert [(check.name, check.before, check.after) for check in report.checks] == [
        ("sales/it_is_low", "passed", "broken")
    ]


def test_code_is_named_by_the_function_that_was_edited(folder: Path) -> None:
    edit(folder, "lib/shared.py", "round(value, 2)", "round(value, 2) + 1")
    found = by_name(compared(folder))
    assert found["mean_price"].summary == "20 → 21 USD (+1, +5 %): `shared.rounded` changed (`lib/shared.py:2`)"
    (cause,) = found["mean_price"].causes
    assert (cause.axis, cause.words, cause.where) == ("code", "`shared.rounded` changed", "lib/shared.py:2")
    assert {name for name, asset in found.items() if asset.change != "equal"} == {"mean_price"}


def test_code_is_placed_in_the_two_states_that_are_compared_whatever_the_tree_holds_now(folder: Path) -> None:
    edit(folder, "lib/shared.py", "round(value, 2)", "round(value, 2) + 1")
    with open_workspace(folder, writes=True) as opened:
        made(opened)
        history.release(opened)
    edit(folder, "lib/shared.py", "def rounded", "LATER = 1\n\n\ndef rounded")
    edit(folder, "lib/shared.py", "+ 1", "+ 2")
    told = by_name(compared(folder, "main@1", "main@2"))["mean_price"].summary
    assert told.endswith("`shared.rounded` changed (`lib/shared.py:2`)")
    told = by_name(compared(folder, "main@2", "work"))["mean_price"].summary
    assert told.endswith("`shared.rounded` changed (`lib/shared.py:5`)")


def test_code_that_a_step_comes_to_use_and_that_it_does_not_use_any_more_is_placed_where_that_was_edited(
    folder: Path,
) -> None:
    edit(folder, "projects/sales/steps.py", "import rounded", "import rounded, unused")
    edit(folder, "projects/sales/steps.py", "return 7", "return unused()")
    found = by_name(compared(folder))["constant"]
    assert found.summary.endswith("`constant` changed (`projects/sales/steps.py:22`)")
    assert "`shared.unused` is used now" in {cause.words for cause in found.causes}
    with open_workspace(folder, writes=True) as opened:
        made(opened)
        history.release(opened)
    edit(folder, "projects/sales/steps.py", "return unused()", "return 8")
    causes = by_name(compared(folder))["constant"].causes
    assert {(cause.words, cause.where) for cause in causes} >= {
        ("`shared.unused` is no longer used", "projects/sales/steps.py:22")
    }


def test_a_setting_that_was_edited_and_a_definition_are_placed(folder: Path) -> None:
    edit(folder, "projects/sales/steps.py", 'unit="USD"', 'unit="EUR"')
    told = by_name(compared(folder))["mean_price"].summary
    assert told.endswith("the definition of `sales/mean_price` changed (`projects/sales/steps.py:12`)"), told


def test_a_notebook_is_placed_by_the_cell(tmp_path: Path) -> None:
    cells = [nbformat.v4.new_code_cell(text) for text in ("# nothing", "x = 1", "y = 2\nprint(x + y)")]
    report = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    folder = workspace.write(tmp_path, {"onward.toml": "", "projects/p/report.ipynb": report})
    with open_workspace(folder, writes=True) as opened:
        made(opened)
        history.release(opened)
    edit(folder, "projects/p/report.ipynb", "print(x + y)", "print(x - y)")
    (found,) = compared(folder).assets
    assert found.summary.endswith("(`projects/p/report.ipynb:cell 3:2`)"), found.summary
    assert "layout" not in found.summary


def test_what_a_tolerance_allows_is_told_and_counted_and_no_tolerance_makes_anything_run(folder: Path) -> None:
    edit(folder, "projects/sales/steps.py", 'unit="USD"', 'unit="USD", tolerance=1')
    with open_workspace(folder, writes=True) as opened:
        assert {record.outcome for record in made(opened).steps.values()} == {"kept"}
    (folder / "data/prices.csv").write_text("day,price\n1,10\n2,32\n")
    report = compared(folder)
    found = by_name(report)["mean_price"]
    assert (found.change, found.how_equal) == ("equal", "within tolerance")
    assert found.summary == ("20 → 21 USD (+1, +5 %), within its tolerance of 1 USD: `data/prices.csv` changed")
    assert report.how_equal["within tolerance"] == 1
    assert [asset.name for asset in report.told] == ["sales/rows", "sales/mean_price"]
    (folder / "data/prices.csv").write_text("day,price\n1,10\n2,33\n")
    assert by_name(compared(folder))["mean_price"].change == "changed"


def test_a_tolerance_can_be_set_in_onward_toml_which_goes_before_the_code(folder: Path) -> None:
    edit(folder, "projects/sales/steps.py", 'unit="USD"', 'unit="USD", tolerance=1')
    own, root = "projects/sales/onward.toml", "onward.toml"
    of_project = {own: "[tolerance]\nmean_price = '10 %'\n"}
    of_root = {own: "", root: "[tolerance]\n'sales/mean_price' = 2\n"}
    for files in (of_project, of_root):
        workspace.write(folder, files)
        with open_workspace(folder, writes=True) as opened:
            assert {record.outcome for record in made(opened).steps.values()} == {"kept"}
            history.release(opened)
        (folder / "data/prices.csv").write_text("day,price\n1,10\n2,34\n")
        assert by_name(compared(folder))["mean_price"].how_equal == "within tolerance"
        (folder / "data/prices.csv").write_text("day,price\n1,10\n2,35\n")
        assert by_name(compared(folder))["mean_price"].change == "changed"
        (folder / "data/prices.csv").write_text("day,price\n1,10\n2,30\n")
        with open_workspace(folder, writes=True) as opened:
            made(opened)


@pytest.mark.parametrize(
    ("path", "setting", "said"),
    [
        ("projects/sales/onward.toml", "mean_pric = 1", "`[tolerance]` names `mean_pric`, which nothing makes"),
        ("onward.toml", "'sales/mean_pric' = 1", "`[tolerance]` names `sales/mean_pric`, which nothing makes"),
        ("projects/sales/onward.toml", "mean_price = 'little'", "has `mean_price` of the wrong form"),
        ("projects/sales/onward.toml", "mean_price = -1", "has `mean_price` of the wrong form"),
    ],
)
def test_a_tolerance_that_means_nothing_is_a_finding_with_its_line(
    folder: Path, path: str, setting: str, said: str
) -> None:
    workspace.write(folder, {path: f"title = 'x'\n[tolerance]\n{setting}\n"})
    with open_workspace(folder) as opened:
        (finding,) = listing(opened, []).findings
    assert said in finding.message
    assert (finding.path, finding.line) == (path, 3 if "names" in said else 2)


def test_a_check_that_other_rows_offend_is_told_with_them(folder: Path) -> None:
    steps = folder / "projects/sales/steps.py"
    offending = "return [row for row in rows if row['price'] > 25]"
    steps.write_text(steps.read_text() + f"\n@check(rows)\ndef none_is_dear(rows):\n    {offending}\n")
    (new,) = [check for check in compared(folder).checks if check.name == "sales/none_is_dear"]
    assert (new.before, new.after, new.summary) == (None, "broken", "new, broken on 1 row")
    (folder / "data/prices.csv").write_text("day,price\n1,10\n2,30\n3,80\n")
    found = {check.name: check for check in compared(folder, "latest", "work").checks}
    dear = found["sales/none_is_dear"]
    assert dear.summary == "still broken, on other rows: 1 → 2 rows, 1 row came in"
    (row,) = dear.detail["offending"]["sample"]
    assert (row["change"], row["key"], row["after"]["price"]) == ("added", {"day": "3"}, 80.0)
    assert found["sales/it_is_low"].summary == "passed → broken"
    again = compared(folder, "latest", "work")
    assert not again.checks
    assert again.still_broken == ("sales/it_is_low", "sales/none_is_dear")
    assert compared(folder, "latest", "latest", "mean_price").still_broken == ("sales/it_is_low",)


def test_a_refactoring_is_proved_equal(folder: Path) -> None:
    edit(folder, "lib/shared.py", "return round(value, 2)", "digits = 2\n    return round(value, digits)")
    report = compared(folder)
    assert by_name(report)["mean_price"].how_equal == "made again"
    assert report.how_equal == {"untouched": 4, "made again": 1, "noise": 0, "within tolerance": 0}


def test_a_parameter_is_told_with_its_values(folder: Path) -> None:
    workspace.write(folder, {"projects/sales/onward.toml": "[parameters]\nlimit = 4\n"})
    with open_workspace(folder, writes=True) as opened:
        made(opened)
        history.release(opened)
    workspace.write(folder, {"projects/sales/onward.toml": "[parameters]\nlimit = 5\n"})
    assert by_name(compared(folder))["scaled"].summary == (
        "8 → 10 (+2, +25 %): `sales.limit` 4 → 5 (`projects/sales/onward.toml:2`)"
    )


def test_what_came_and_what_went(folder: Path) -> None:
    edit(folder, "projects/sales/steps.py", "def constant()", "def other()")
    found = by_name(compared(folder))
    assert (found["other"].change, found["other"].summary) == ("added", "new: 7")
    assert found["other"].detail["after"] == 7
    assert (found["constant"].change, found["constant"].summary) == ("removed", "no longer made")


def test_what_could_not_be_made_is_not_said_to_have_gone(folder: Path) -> None:
    edit(folder, "projects/sales/steps.py", "return 7", "raise ValueError('no constant')")
    found = by_name(compared(folder))["constant"]
    assert (found.change, found.summary) == ("removed", "not made: its step failed: ValueError: no constant")


def test_targets_narrow_it_and_the_first_word_that_is_no_snapshot_begins_them(folder: Path) -> None:
    assert [asset.name for asset in compared(folder, "main", "sales/days").assets] == ["sales/days"]
    assert {asset.name for asset in compared(folder, "sales/*s").assets} == {"sales/days", "sales/rows"}
    assert [asset.name for asset in compared(folder, "main@1", "latest", "days").assets] == ["sales/days"]
    edit(folder, "projects/sales/steps.py", "def constant()", "def other()")
    assert [asset.change for asset in compared(folder, "sales/constant").assets] == ["removed"]


@pytest.mark.parametrize("words", [("nobody",), ("main@9",), ("latest", "main", "nothing/like/that")])
def test_a_word_that_means_nothing_is_an_error(folder: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(UnknownNameError):
        compared(folder, *words)


def test_without_a_release_a_bare_diff_begins_with_nothing(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path, WORKSPACE)
    report = compared(folder)
    assert (report.a, report.b) == ("nothing", "work")
    assert report.counts["added"] == len(report.assets) == 5
    assert by_name(report)["rows"].detail["sample"][0]["after"] == {"day": "1", "price": 10.0}
    with pytest.raises(UnknownNameError, match="has no release yet"):
        compared(folder, "sales/days")


def test_metrics_that_readers_have_come_first_and_equal_ones_last(folder: Path) -> None:
    (folder / "data/prices.csv").write_text("day,price\n1,10\n2,30\n3,80\n")
    order = [asset.name for asset in compared(folder).assets]
    assert order[0] == "sales/mean_price", "a check looks at it"
    assert set(order[-2:]) == {"sales/constant", "sales/scaled"}


def test_a_metric_far_from_its_usual_course_is_marked(folder: Path) -> None:
    for price in (31, 32, 33):
        (folder / "data/prices.csv").write_text(f"day,price\n1,10\n2,{price}\n")
        with open_workspace(folder, writes=True) as opened:
            made(opened)
            history.release(opened)
    (folder / "data/prices.csv").write_text("day,price\n1,10\n2,34\n")
    assert not by_name(compared(folder))["mean_price"].is_unusual
    (folder / "data/prices.csv").write_text("day,price\n1,10\n2,90\n")
    unusual = by_name(compared(folder))["mean_price"]
    assert unusual.is_unusual
    assert [point["value"] for point in unusual.detail["course"]] == [20, 20.5, 21, 21.5]


def test_bytes_that_are_lost_are_said_to_be(folder: Path) -> None:
    with open_workspace(folder) as opened:
        artifact = snapshots.resolve(opened, "main").artifacts["sales/rows"]
        path = opened.store.objects.path(artifact.bytes)
        assert path is not None
        path.unlink()
    (folder / "data/prices.csv").write_text("day,price\n1,10\n2,30\n3,80\n")
    assert by_name(compared(folder))["rows"].summary.startswith(
        "changed; its bytes are no longer in the store (before)"
    )


MODELS = """
=== onward.toml
=== data/rows.csv
x,y
1,2
2,4
3,6
=== projects/m/steps.py
import polars as pl
from sklearn.linear_model import LinearRegression

from onward import asset

@asset
def table(rows: pl.DataFrame) -> pl.DataFrame:
    return rows

@asset
def model(table: pl.DataFrame):
    return LinearRegression(fit_intercept=True).fit(table.select("x").to_pandas(), table["y"].to_pandas())
"""


def test_a_model_is_looked_into_by_the_workspaces_python_on_the_rows_that_its_step_takes(tmp_path: Path) -> None:
    folder = workspace.write(tmp_path, MODELS)
    with open_workspace(folder, writes=True) as opened:
        assert made(opened).complete
        history.release(opened)
    edit(folder, "projects/m/steps.py", "fit_intercept=True", "fit_intercept=False")
    edit(folder, "data/rows.csv", "3,6", "3,7")
    found = next(asset for asset in compared(folder).assets if asset.name == "m/model")
    assert found.summary.startswith("3 of 3 predictions changed")
    assert "`fit_intercept` true → false" in found.summary
    assert found.detail["predictions"]["rows"] == 3
