"""What differs between two runs is compared once, and kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from onward.app.comparing.compared import Differences, differences, differing
from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened, open_workspace
from onward.model.records import Run
from onward.testing import workspace
from onward.testing.watchers import Recorder

WORKSPACE = """
=== onward.toml
=== projects/sales/steps.py
import math
import matplotlib.figure

from onward import asset, check

PRICE = 10

@asset(unit="USD")
def price() -> float:
    return PRICE

@asset
def ratio() -> float:
    return math.nan if PRICE > 10 else 1.0

@asset
def old() -> int:
    return 1

@asset
def constant() -> int:
    return 7

@asset
def table():
    return [{"day": "1", "price": PRICE}]

@asset
def chart():
    figure = matplotlib.figure.Figure(figsize=(1, 1))
    figure.add_subplot().plot([PRICE, 3])
    return figure

@check(price)
def it_is_low(price):
    return price < 15
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that was run twice, and differs between the two."""
    folder = workspace.write(tmp_path_factory.mktemp("made"), WORKSPACE)
    file = folder / "projects/sales/steps.py"
    with open_workspace(folder, writes=True) as opened:
        run(opened, RunOptions(keep_going=True), Recorder())
        text = file.read_text().replace("PRICE = 10", "PRICE = 20").replace("def old()", "def new()")
        file.write_text(text)
        run(opened, RunOptions(keep_going=True), Recorder())
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "work", symlinks=True))


def both(opened: Opened) -> tuple[Run, Run]:
    first, second = opened.store.records.runs()
    return first, second


def told(folder: Path) -> Differences:
    with open_workspace(folder) as opened:
        return differences(opened, *both(opened))


def lose_the_bytes(folder: Path) -> Path:
    objects = folder / ".onward/store/objects"
    return objects.rename(folder / "objects-aside")


def test_what_differs_is_named_without_opening_anything(folder: Path) -> None:
    lose_the_bytes(folder)
    with open_workspace(folder) as opened:
        before, after = both(opened)
        found = differing(before, after)
    assert found == {
        "sales/chart": "changed",
        "sales/new": "added",
        "sales/old": "removed",
        "sales/price": "changed",
        "sales/ratio": "changed",
        "sales/table": "changed",
    }


def test_it_is_told_as_a_diff_tells_it(folder: Path) -> None:
    found = {asset.name: asset for asset in told(folder).assets}
    assert found["sales/price"].summary.startswith("10 → 20 USD (+10, +100 %)")
    assert [cause.axis for cause in found["sales/price"].causes] == ["code"]
    assert "sales/constant" not in found
    assert (found["sales/new"].change, found["sales/old"].change) == ("added", "removed")
    assert [(check.name, check.after) for check in told(folder).checks] == [("sales/it_is_low", "broken")]


def test_what_was_compared_is_told_again_without_comparing(folder: Path) -> None:
    first = told(folder)
    lose_the_bytes(folder)
    assert told(folder) == first
    shutil.rmtree(folder / ".onward/cache/compared")
    with open_workspace(folder, writes=True) as opened:
        again = differences(opened, *both(opened))
    assert "no longer in the store" in again.assets[0].summary, "or nothing was compared the first time either"


def test_what_could_not_be_compared_is_compared_once_its_bytes_are_back(folder: Path) -> None:
    aside = lose_the_bytes(folder)
    lost = {asset.name: asset.summary for asset in told(folder).assets}
    assert lost["sales/price"].startswith("changed; its bytes are no longer in the store")
    shutil.rmtree(folder / ".onward/store/objects", ignore_errors=True)
    aside.rename(folder / ".onward/store/objects")
    found = {asset.name: asset.summary for asset in told(folder).assets}
    assert found["sales/price"].startswith("10 → 20 USD")
    assert found["sales/table"] != lost["sales/table"]


def test_pictures_are_files_and_one_that_is_gone_is_drawn_again(folder: Path) -> None:
    pictures = {picture.name: picture for picture in told(folder).pictures["sales/chart"]}
    assert {"before", "after"} <= pictures.keys()
    content = pictures["after"].path.read_bytes()
    assert len(content) == pictures["after"].size
    pictures["after"].path.unlink()
    assert {picture.name: picture for picture in told(folder).pictures["sales/chart"]} == pictures
    assert pictures["after"].path.read_bytes() == content


@pytest.mark.parametrize("damage", [b"", b"{", b'{"checks": 1}'])
def test_a_damaged_file_is_no_file(folder: Path, damage: bytes) -> None:
    first = told(folder)
    (file,) = (folder / ".onward/cache/compared").glob("*.json")
    file.write_bytes(damage)
    assert told(folder) == first


def test_the_first_run_is_held_against_nothing(folder: Path) -> None:
    with open_workspace(folder) as opened:
        first, _ = both(opened)
        found = differences(opened, None, first)
    assert {asset.change for asset in found.assets} == {"added"}
    assert len(found.assets) == 6
