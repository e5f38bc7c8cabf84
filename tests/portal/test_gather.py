"""A site of a real workspace: what is taken from the store, and what is computed for its pages."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import onward
from tests.portal.reader import Reading, pages

FILES = {
    "projects/shop/tables.py": """
from datetime import timedelta
from pathlib import Path
import polars as pl
from onward import asset, check

@asset
def daily() -> pl.DataFrame:
    return pl.DataFrame({"day": ["mon", "tue"], "visits": [12_000, 2_845]})

@asset
def waits() -> pl.DataFrame:
    return pl.DataFrame({"wait": [timedelta(seconds=90)]})

@asset
def nothing() -> pl.DataFrame:
    return pl.DataFrame()

@asset
def long() -> pl.DataFrame:
    return pl.DataFrame({"n": range(10_001)})

@check(daily, severity="warn")
def is_wrong_itself(daily: pl.DataFrame):
    raise ValueError("no such month")

@check(daily, severity="warn")
def visits_are_many(daily: pl.DataFrame):
    return daily.filter(pl.col("visits") < 10_000).with_columns(missing=pl.col("visits") - 20_000.5)
""",
    "projects/shop/export.py": """
import json
from onward import load
with open("out.csv", "w") as file:
    file.write("day,visits\\nmon,12\\n")
with open("out.jsonl", "w") as file:
    file.write(json.dumps({"day": "tue", "visits": 34}) + "\\n")
with open("ragged.csv", "w") as file:
    file.write("a,b\\n1,2,3,4\\n5\\n")
with open("empty.csv", "w") as file:
    pass
""",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop")
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    out = root / "site"
    with onward.Workspace(root) as workspace:
        workspace.run()
        workspace.release()
        workspace.site(out=out)
    return out


@pytest.fixture(scope="module")
def readings(written: Path) -> dict[str, Reading]:
    return pages(written)


def test_a_release_is_compared_with_what_its_readers_had(tmp_path: Path) -> None:
    code = tmp_path / "projects/shop/numbers.py"
    code.parent.mkdir(parents=True)
    with onward.Workspace(tmp_path) as workspace:
        for value in (1, 2):
            code.write_text(f"from onward import asset\n@asset\ndef total() -> int:\n    return {value}\n")
            workspace.run()
            workspace.release()
        workspace.rollback()
        code.write_text("from onward import asset\n@asset\ndef total() -> int:\n    return 3\n")
        workspace.run()
        workspace.release()
        workspace.site(out=tmp_path / "site")
    said = pages(tmp_path / "site")
    assert "since release 1" in said["index.html"].text
    assert "1 → 3" in said["index.html"].text
    assert "+2 (+200\u00a0%) since release 1, when it was 1." in said["shop/total/index.html"].text


def test_the_list_of_releases_says_what_is_quarantined_and_until_when(tmp_path: Path) -> None:
    code = tmp_path / "projects/shop/numbers.py"
    code.parent.mkdir(parents=True)
    steps = "from onward import asset\n@asset\ndef total() -> int:\n    return {0}\n"
    steps += "@asset\ndef rows() -> int:\n    return {0}\n"

    def listed(out: str) -> str:
        workspace.site(out=tmp_path / out)
        return pages(tmp_path / out)["releases/index.html"].text

    with onward.Workspace(tmp_path) as workspace:
        for value in (1, 2):
            code.write_text(steps.format(value))
            workspace.run()
            workspace.release()
        workspace.rollback(note="a slip")
        assert "Quarantined until somebody releases it by hand: shop/rows, shop/total." in listed("back")
        workspace.rollback(to=1, assets=["shop/total"])
        narrowed = listed("narrowed")
        assert "The quarantine was narrowed" in narrowed
        assert "No longer quarantined: shop/rows." in narrowed
        assert "Quarantined until somebody releases it by hand: shop/total." in narrowed
        assert narrowed.count("Readers had release 2") == 1
        assert "Readers had release 1" not in narrowed
        workspace.release()
        released = listed("released")
    assert "Quarantined until" not in released
    assert "No longer quarantined: shop/total." in released


def test_a_metric_that_is_no_number_says_so_in_every_place(tmp_path: Path) -> None:
    code = tmp_path / "projects/shop/numbers.py"
    code.parent.mkdir(parents=True)
    steps = "from onward import asset\n@asset\ndef ratio() -> float:\n    return {}\n"
    steps += "@asset\ndef other() -> int:\n    return {}\n"
    with onward.Workspace(tmp_path) as workspace:
        for number, value in enumerate(("2.5", "float('nan')", "float('nan')", "float('-inf')")):
            code.write_text(steps.format(value, number))
            workspace.run()
            workspace.release()
            workspace.site(out=tmp_path / f"site{number}")
    said = [{page: reading.text for page, reading in pages(tmp_path / f"site{number}").items()} for number in range(4)]
    assert "2.5 → not a number" in said[1]["index.html"]
    assert "changed since release 1, when it was 2.5." in said[1]["shop/ratio/index.html"]
    assert "not a number" in said[2]["shop/index.html"]
    assert "Unchanged since release 2." in said[2]["shop/ratio/index.html"]
    assert "not a number → \N{MINUS SIGN}∞" in said[3]["index.html"]
    assert "changed since release 3, when it was not a number." in said[3]["shop/ratio/index.html"]


@pytest.mark.parametrize(("name", "row"), [("out.csv", ("mon", 12)), ("out.jsonl", ("tue", 34))])
def test_a_table_that_a_step_wrote_as_text_has_a_table_s_page(
    written: Path, readings: dict[str, Reading], name: str, row: tuple[str, int]
) -> None:
    page = readings[f"shop/{name}/index.html"]
    assert [cell.text for cell in page.all("td")[:2]] == [str(value) for value in row]
    assert "int64" in page.text
    files = {path.suffix: path for path in (written / "shop" / name).rglob("out.*")}
    assert {".csv", ".parquet"} <= files.keys()
    assert pl.read_parquet(files[".parquet"]).rows() == [row]
    assert pl.read_csv(files[".csv"]).rows() == [row]


def test_text_that_is_no_table_is_shown_as_text(readings: dict[str, Reading]) -> None:
    assert "1,2,3,4" in readings["shop/ragged.csv/index.html"].text
    assert readings["shop/empty.csv/index.html"].faults == []


def test_a_duration_is_no_number(readings: dict[str, Reading]) -> None:
    page = readings["shop/waits/index.html"]
    assert page.all("td")[0].text == "0:01:30"
    assert "duration[us]" in page.text


def test_a_table_without_columns_has_a_page(readings: dict[str, Reading]) -> None:
    assert "This table has no rows." in readings["shop/nothing/index.html"].text


def test_it_is_said_which_rows_of_a_long_table_are_shown(readings: dict[str, Reading]) -> None:
    assert "of 3,334 rows, every 3rd of 10,001" in readings["shop/long/index.html"].text


def test_a_check_that_could_not_be_made_is_said_to_have_failed(readings: dict[str, Reading]) -> None:
    page = readings["shop/daily/index.html"].text
    assert "Failed to run" in page
    assert "ValueError: no such month" in page
    assert "2 of 2 warn" in page


def test_offending_rows_are_written_as_those_of_a_table(readings: dict[str, Reading]) -> None:
    page = readings["checks/index.html"]
    assert [cell.text for cell in page.all("td")] == ["tue", "2845", "−17,155.5"]
