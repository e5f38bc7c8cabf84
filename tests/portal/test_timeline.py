"""What changed, when, and because of what: of a real workspace's moves, and of what pages say of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import onward
from onward.app.releases import channels
from onward.app.wiring import open_workspace
from onward.portal import content as nouns
from onward.portal import site
from onward.portal.gather import gather
from onward.testing import workspace as texts
from tests.portal import sample, timeline_sample
from tests.portal.reader import Reading, dead_ends, pages

WORKSPACE = """
=== onward.toml
name = "house"
=== data/prices.csv
day,price
1,10
2,30
=== projects/sales/onward.toml
title = "Sales"
=== projects/sales/steps.py
import csv
from pathlib import Path

from onward import asset

DISCOUNT = 0

@asset
def rows(prices: Path):
    with open(prices, newline="") as file:
        return [{"day": row["day"], "price": float(row["price"]) - DISCOUNT} for row in csv.DictReader(file)]

@asset(unit="USD", title="Mean <price>")
def mean_price(rows: list) -> float:
    return sum(row["price"] for row in rows) / len(rows)
=== projects/weather/steps.py
from onward import asset

DEGREES = 20

@asset
def warmth() -> float:
    return DEGREES + 0.3

@asset
def gone() -> int:
    return 1
"""


def edit(root: Path, path: str, old: str, new: str) -> None:
    file = root / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def released(workspace: onward.Workspace, channel: str = "main", note: str | None = None) -> None:
    assert workspace.run().run.complete
    workspace.release(channel, note=note)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Release 2 brings rows, 3 a mistake that is taken back, 4 changes the weather alone; and a preview."""
    root = texts.write(tmp_path_factory.mktemp("made"), WORKSPACE)
    with onward.Workspace(root) as workspace:
        released(workspace, note="The first one.")
        edit(root, "data/prices.csv", "2,30\n", "2,30\n3,80\n")
        released(workspace, note="The third day is in.")
        edit(root, "projects/sales/steps.py", "DISCOUNT = 0", "DISCOUNT = 5")
        released(workspace)
        workspace.rollback(note="nobody gave a discount")
        edit(root, "projects/sales/steps.py", "DISCOUNT = 5", "DISCOUNT = 0")
        edit(root, "projects/weather/steps.py", "DEGREES = 20", "DEGREES = 25")
        edit(root, "projects/weather/steps.py", "gone", "come")
        released(workspace)
        edit(root, "projects/weather/steps.py", "DEGREES = 25", "DEGREES = 30")
        released(workspace, "preview/warmer", note="What if it were <b>warm</b>?")
        released(workspace, "preview/closed")
        workspace.close_channel("preview/closed")
    return root


@pytest.fixture
def work(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "work", symlinks=True))


@pytest.fixture(scope="module")
def written(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(made, tmp_path_factory.mktemp("written") / "site")


def write(root: Path, out: Path) -> Path:
    with onward.Workspace(root) as workspace:
        workspace.site(out)
    return out


@pytest.fixture(scope="module")
def readings(written: Path) -> dict[str, Reading]:
    return pages(written)


def content(root: Path, detailed: int | None = None, *, is_for_good: bool = False) -> nouns.SiteContent:
    with open_workspace(root) as opened:
        move = channels.standing(opened)
        assert move is not None
        return gather(opened, channels.run_of(opened, move), move, detailed=detailed, is_for_good=is_for_good)


def entries(page: Reading) -> list[str]:
    return [element.text for element in page.all("article") if "result" not in (element.attributes.get("class") or "")]


def test_the_first_page_says_that_a_release_was_taken_back(work: Path, tmp_path: Path) -> None:
    with onward.Workspace(work) as workspace:
        workspace.rollback(note="too warm")
    again = pages(write(work, tmp_path / "site"))
    assert "Release 4 was taken back: too warm" in again["index.html"].text
    with onward.Workspace(work) as workspace:
        workspace.rollback(to=4)
        workspace.rollback(to=2)
    again = pages(write(work, tmp_path / "site"))
    assert "Release 4 was taken back." in again["index.html"].text


def test_a_project_has_an_entry_for_each_move_that_changed_anything_in_it(readings: dict[str, Reading]) -> None:
    heads = [element.text for element in readings["timeline/sales/index.html"].all("h2") if "elease" in element.text]
    assert heads == ["Release 3 was taken back", "Release 3", "Release 2", "Release 1"]
    heads = [element.text for element in readings["timeline/weather/index.html"].all("h2") if "elease" in element.text]
    assert heads == ["Release 4", "Release 1"]


def test_an_entry_says_what_when_and_because_of_what(readings: dict[str, Reading]) -> None:
    said = entries(readings["timeline/sales/index.html"])[2]
    assert "The third day is in." in said
    assert "2 results changed" in said
    assert "20 → 40\u00a0USD" in said
    assert "1 row came in" in said
    assert "data/prices.csv has 1 row more" in said
    assert said.count("data/prices.csv has 1 row more") == 1, "a cause is told once, not at each result"
    assert "20" in said.partition("by")[0], "the day"


def test_what_was_taken_back_is_told_with_who_why_and_what_readers_had_seen(readings: dict[str, Reading]) -> None:
    back, mistake = entries(readings["timeline/sales/index.html"])[:2]
    assert "nobody gave a discount" in back
    assert "Readers had release 3 from" in back
    assert "they have release 2 again" in back
    assert "until somebody releases it by hand: Mean <price>, rows." in back
    assert "35 USD" in back.replace("\u00a0", " ") and "40 USD" in back.replace("\u00a0", " ")
    assert "as it was before release 3" in back
    assert "Taken back on" in mistake and "nobody gave a discount" in mistake
    assert "nobody gave a discount" in readings["releases/index.html"].text


def test_a_release_stands_beside_what_its_readers_had(readings: dict[str, Reading]) -> None:
    page = readings["compared/4/index.html"].text
    assert "Release 4 beside release 2" in page, "release 3 was taken back: nobody had it when 4 came"
    assert "1 result changed, 1 is new, 1 is gone" in page
    assert "2 other results are equal in both" in page
    assert "weather/gone" in readings["compared/4/weather/index.html"].text


def test_both_releases_are_shown_with_what_differs(readings: dict[str, Reading]) -> None:
    page = readings["compared/2/sales/index.html"]
    assert "Mean <price>" in page.text
    assert {"sales/mean_price", "sales/rows"} <= set(page.ids())
    assert "rows paired by day" in page.text
    assert "80" in [element.text for element in page.all("td")]


def test_open_previews_are_told_with_what_they_would_change(readings: dict[str, Reading]) -> None:
    releases = readings["releases/index.html"].text
    assert "warmer" in releases and "1 result changed" in releases
    assert "What if it were <b>warm</b>?" in releases
    assert "closed" not in releases
    assert "warmer" in readings["timeline/weather/index.html"].text
    assert "warmer" not in readings["timeline/sales/index.html"].text
    page = readings["compared/preview/warmer/weather/index.html"].text
    assert "25.3" in page and "30.3" in page
    assert "Preview of warmer" in page


def test_a_result_says_when_it_changed(readings: dict[str, Reading]) -> None:
    page = readings["sales/mean_price/index.html"]
    assert "When it changed" in page.text
    assert "Release 3 was taken back" in page.text
    assert "When it changedRelease 4new: 1" in readings["weather/come/index.html"].text
    assert "When it changed" not in readings["sales/index.html"].text


def test_the_site_holds_together(written: Path, readings: dict[str, Reading]) -> None:
    assert dead_ends(written) == []
    assert {path: reading.faults for path, reading in readings.items() if reading.faults} == {}


def test_a_title_is_never_markup(written: Path) -> None:
    for page in written.rglob("*.html"):
        text = page.read_text("utf-8")
        assert "<price>" not in text, page
        assert "<b>warm" not in text, page


def test_what_differs_by_rounding_alone_is_no_change(work: Path) -> None:
    edit(work, "projects/weather/steps.py", "DEGREES = 30", "DEGREES = 25")
    edit(work, "projects/weather/steps.py", "DEGREES + 0.3", "DEGREES + (0.1 + 0.2)")
    with onward.Workspace(work) as workspace:
        released(workspace)
    told = content(work)
    assert told.release.number == 5
    assert told.moves[0].changes == ()
    assert told.changes == ()


def everything(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_writing_it_again_compares_nothing_and_gives_the_same(work: Path, tmp_path: Path) -> None:
    first = everything(write(work, tmp_path / "first"))
    shown = {address for asset in content(work).assets for address in stored(asset)}
    objects = work / ".onward/store/objects"
    told = [path for path in objects.glob("*/*") if path.parent.name + path.name not in shown and is_result(path)]
    assert told, "there are results of earlier releases"
    for path in told:
        path.unlink()
    assert everything(write(work, tmp_path / "again")) == first


def stored(asset: nouns.Asset) -> Iterator[str]:
    for file in asset.files:
        if isinstance(file.source, Path) and file.source.parent.parent.name == "objects":
            yield file.source.parent.name + file.source.name


def is_result(path: Path) -> bool:
    """What an earlier release showed: the numbers and tables."""
    head = path.read_bytes()[:9]
    return head.startswith((b'{"value"', b'{"unit"', b"PAR1"))


def test_what_is_kept_changes_nothing(work: Path, tmp_path: Path) -> None:
    first = everything(write(work, tmp_path / "first"))
    shutil.rmtree(work / ".onward/cache")
    assert everything(write(work, tmp_path / "again")) == first


def test_pages_of_earlier_releases_stay_as_they_are_when_another_follows(work: Path, tmp_path: Path) -> None:
    before = everything(write(work, tmp_path / "before"))
    edit(work, "projects/sales/steps.py", "DISCOUNT = 0", "DISCOUNT = 1")
    with onward.Workspace(work) as workspace:
        released(workspace)
    after = everything(write(work, tmp_path / "after"))
    earlier = [path for path in before if path.startswith(("compared/2/", "compared/3/", "compared/4/"))]
    assert len(earlier) >= 6
    assert [path for path in earlier if after[path] != before[path]] == []


def test_earlier_releases_are_told_in_short(work: Path, tmp_path: Path) -> None:
    told = content(work, detailed=1)
    assert [(move.number, move.comparison is not None) for move in told.moves] == [
        (4, True),
        (2, False),
        (3, False),
        (2, False),
        (1, False),
    ]
    site.write(told, tmp_path / "site")
    page = pages(tmp_path / "site")["timeline/sales/index.html"].text
    assert "20 USD → 40 USD" in page.replace("\u00a0", " "), "of numbers it is known what they were"
    assert "Release 3 and those before it are told in short." in page
    assert dead_ends(tmp_path / "site") == []


def test_how_many_are_told_in_detail_is_a_setting(work: Path) -> None:
    assert [move.number for move in content(work).moves if move.comparison] == [4, 3, 2]
    (work / "onward.toml").write_text('name = "house"\ntimeline = 2\n')
    assert [move.number for move in content(work).moves if move.comparison] == [4, 3]


@pytest.mark.parametrize("value", ["-1", "true", '"all"', "1.5"])
def test_a_number_of_releases_that_is_none_is_found_where_it_stands(work: Path, value: str) -> None:
    (work / "onward.toml").write_text(f'name = "house"\ntimeline = {value}\n')
    with onward.Workspace(work) as workspace:
        findings = workspace.list().findings
    assert [(finding.code, finding.line) for finding in findings] == [("config", 2)]
    assert "whole number" in findings[0].message


def test_nothing_has_to_be_compared_for_a_site_in_short(work: Path) -> None:
    shutil.rmtree(work / ".onward/cache")
    told = content(work, detailed=0)
    assert all(move.comparison is None for move in told.moves)
    assert [move.comparison for move in told.moves if move.comparison] == []


def test_a_site_that_stays_for_good_tells_its_own_release_and_nothing_that_is_open(work: Path) -> None:
    told = content(work, is_for_good=True)
    assert [move.number for move in told.moves if move.comparison is not None] == [4]
    assert told.previews == ()


def test_a_preview_whose_log_is_damaged_keeps_nobody_from_the_site(work: Path) -> None:
    (log,) = (work / ".onward/store/channels").glob("preview*warmer")
    (log / "00000001").write_text("{")
    assert [preview.channel for preview in content(work).previews] == []
    assert content(work).release.number == 4


# What pages make of content.


def test_a_project_that_is_gone_still_stands_in_the_comparison(tmp_path: Path) -> None:
    told = sample.content()
    moves = timeline_sample.moves(sample.NOW)
    lost = msgspec.structs.replace(
        told,
        projects=tuple(project for project in told.projects if project.name != "delays"),
        assets=tuple(asset for asset in told.assets if asset.project != "delays"),
        checks=(),
        graph=nouns.Graph(),
        changes=(),
        moves=moves,
    )
    site.write(lost, tmp_path / "site")
    there = pages(tmp_path / "site")
    assert "timeline/delays/index.html" not in there
    assert "Median delay" in there["compared/12/delays/index.html"].text
    assert dead_ends(tmp_path / "site") == []


def test_a_release_that_a_pipeline_made_says_so(tmp_path: Path) -> None:
    sample.write_sample(tmp_path)
    said = entries(pages(tmp_path)["timeline/delays/index.html"])
    assert [("released automatically" in entry, "by Mara Lindt" in entry) for entry in said[:2]] == [
        (False, True),
        (True, False),
    ]


def test_pictures_are_files_beside_the_page(tmp_path: Path) -> None:
    written = sample.write_sample(tmp_path)
    page = pages(tmp_path)["compared/12/delays/index.html"]
    shown = [image.attributes["src"] for image in page.all("img")]
    assert shown == ["through_the_day-before.svg", "through_the_day-after.svg", "through_the_day-moved.png"]
    assert {f"compared/12/delays/{name}" for name in shown} <= set(written)
