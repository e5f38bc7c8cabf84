"""The review page in a real browser, from a file, without network and without scripts: as a reviewer meets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page

from onward.app.comparing.diff import AssetDiff
from onward.model.difference import Picture
from onward.portal.review.page import page as review_page
from tests.portal import browser as browsers
from tests.portal import review_sample as sample
from tests.portal.browser import Watched, offline

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
REACHING_OUT = b"""<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="alert(1)">
<script>alert(2)</script><image href="https://example.invalid/x.png" width="9" height="9"/></svg>"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("review") / "review.html", *sample.everything())


def written(file: Path, *assets: AssetDiff) -> Path:
    file.write_text(review_page(sample.report(*assets, checks=sample.checks()), "Acme air"), "utf-8")
    return file


@pytest.fixture(scope="module")
def chromium_running() -> Iterator[Browser]:
    with browsers.running() as browser:
        yield browser


@pytest.fixture
def plain(chromium_running: Browser, file: Path) -> Iterator[Page]:
    """The page at a desk, with scripts off."""
    with offline(chromium_running, viewport=WIDE, java_script_enabled=False) as context:
        yield Watched(context).open(file)


def result(page: Page, name: str) -> Locator:
    return page.locator("article", has=page.locator(f"[id='{name}']"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_it_asks_for_nothing_complains_of_nothing_and_fits(
    chromium_running: Browser, file: Path, scheme: str, viewport: dict[str, int]
) -> None:
    with offline(chromium_running, viewport=viewport, color_scheme=scheme) as context:
        watched = Watched(context)
        page = watched.open(file)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert watched.complaints == []
        assert {url.partition(":")[0] for url in watched.requests} <= {"file", "data"}
        assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")


def test_names_of_any_length_fit_on_a_phone(chromium_running: Browser, tmp_path: Path) -> None:
    name = "ein_sehr_langer_Name" * 9
    assets = [replace(asset, name=f"delays/{name}{at}", title=name) for at, asset in enumerate(sample.everything())]
    with offline(chromium_running, viewport=PHONE) as context:
        page = Watched(context).open(written(tmp_path / "long.html", *assets))
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_what_moved_can_be_seen_without_scrolling(plain: Page) -> None:
    line = plain.locator(".glance > li").first
    box = line.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < WIDE["height"]
    assert "Median delay" in line.inner_text()
    assert "12.5 → 11.9" in line.inner_text()
    assert "3 checks are broken" in plain.locator(".tally").inner_text()


def test_a_line_leads_to_its_result(plain: Page) -> None:
    plain.locator(".glance a", has_text="Median delay").click()
    box = plain.locator("[id='delays/median_delay']").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < WIDE["height"]


def test_pictures_are_laid_over_each_other_without_scripts(plain: Page) -> None:
    figure = result(plain, "delays/through_the_day")
    before, after, moved = (figure.locator(f"figure.{side}") for side in ("before", "after", "moved"))
    assert left(before) < left(after)
    assert not moved.is_visible()
    figure.get_by_label("Onion skin").check()
    assert left(before) == left(after)
    assert after.evaluate("figure => getComputedStyle(figure).opacity") == "0.5"
    figure.get_by_label("Swipe").check()
    assert left(before) == left(after)
    assert before.evaluate("figure => getComputedStyle(figure).resize") == "horizontal"
    widths = [side.locator("img").evaluate("image => image.clientWidth") for side in (before, after)]
    assert widths[0] == widths[1]
    figure.get_by_label("What moved").check()
    assert moved.is_visible()
    assert not before.is_visible()
    assert not after.is_visible()


def left(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["x"]


def test_on_a_phone_a_column_is_told_on_lines_of_its_own(chromium_running: Browser, file: Path) -> None:
    with offline(chromium_running, viewport=PHONE, java_script_enabled=False) as context:
        page = Watched(context).open(file)
        row = result(page, "delays/carriers").locator(".changed-columns tbody tr").first
        for part in (row.locator("th"), row.locator("svg.histograms")):
            box = part.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= PHONE["width"]


def test_what_is_folded_on_the_screen_is_on_paper(chromium_running: Browser, tmp_path: Path) -> None:
    assets = [sample.changed(f"p/r{at}", "file", f"sentence {at}", {}) for at in range(14)]
    with offline(chromium_running, viewport=WIDE, java_script_enabled=False) as context:
        page = Watched(context).open(written(tmp_path / "many.html", *assets))
        last = result(page, "p/r13").locator(".sentence")
        assert not last.is_visible()
        page.emulate_media(media="print")
        assert last.is_visible()


def test_on_paper_pictures_stand_side_by_side_whatever_is_chosen(plain: Page) -> None:
    figure = result(plain, "delays/through_the_day")
    figure.get_by_label("What moved").check()
    plain.emulate_media(media="print")
    assert all(figure.locator(f"figure.{side}").is_visible() for side in ("before", "after", "moved"))


def test_a_picture_can_neither_act_nor_fetch(chromium_running: Browser, tmp_path: Path) -> None:
    pictures = tuple(Picture(side, "image/svg+xml", REACHING_OUT) for side in ("before", "after"))
    asset = replace(sample.through_the_day(), pictures=pictures)
    with offline(chromium_running, viewport=WIDE) as context:
        watched = Watched(context)
        said: list[str] = []

        def note(dialog: Dialog) -> None:
            said.append(dialog.message)
            dialog.dismiss()

        watched.page.on("dialog", note)
        page = watched.open(written(tmp_path / "reaching.html", asset))
        assert page.locator("figure img").count() == 2
        assert said == []
        assert not any("example.invalid" in url for url in watched.requests)
