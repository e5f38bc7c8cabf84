"""Two releases side by side in a real browser, from files and from a folder of a web server."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page, Route

from tests.portal import browser as browsers
from tests.portal import released_sample
from tests.portal.browser import Watched, offline
from tests.portal.released_sample import LATE, PRICE, REPORT, RULES
from tests.portal.test_beside import page_of
from tests.portal.test_in_browser import CONTRAST, PHONE, WIDE, top

pytestmark = pytest.mark.browser

BESIDE = re.compile(r"/compared/index\.html\?")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released_sample.write(tmp_path_factory.mktemp("released") / "site")


@pytest.fixture(scope="module")
def chromium_running() -> Iterator[Browser]:
    with browsers.running() as browser:
        yield browser


@pytest.fixture
def wide(chromium_running: Browser) -> Iterator[Page]:
    with offline(chromium_running, viewport=WIDE) as context:
        watched = Watched(context)
        yield watched.page
        assert watched.complaints == []


def beside(site: Path, **chosen: object) -> str:
    return f"{(site / 'compared' / 'index.html').as_uri()}?{urlencode(chosen)}"


def shown(page: Page, side: str) -> Frame:
    """The page that stands on one side, loaded."""
    frame = page.wait_for_selector(f"[data-side='{side}'] iframe")
    inside = frame.content_frame() if frame else None
    assert inside is not None
    inside.wait_for_load_state()
    return inside


def number(frame: Frame) -> str:
    return frame.locator(".big-number").inner_text()


def chosen(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_the_address_says_what_is_shown(wide: Page, written: Path) -> None:
    wide.goto(beside(written, asset=PRICE, before=1, after=3))
    assert (number(shown(wide, "before")), number(shown(wide, "after"))) == ("10", "99")
    assert wide.locator("h1").inner_text() == "Preis"
    assert wide.locator("#before-release").inner_text() == "Release 1"
    assert "It is not the same in both." in wide.locator("[role=status]").inner_text()
    assert wide.title().startswith("Preis: release 1 beside release 3")
    titles = wide.locator("iframe").evaluate_all("frames => frames.map(frame => frame.title)")
    assert titles == ["Preis in release 1", "Preis in release 3"]


def test_a_page_stands_there_without_what_is_around_it_elsewhere_and_at_its_full_height(
    wide: Page, written: Path
) -> None:
    wide.goto(beside(written, asset=REPORT))
    for side in ("before", "after"):
        inside = shown(wide, side)
        assert inside.locator("h1").first.is_visible()
        for hidden in (".masthead", ".trail", ".foot", ".banner", ".compare"):
            assert not inside.locator(hidden).first.is_visible(), hidden
        inside.wait_for_function("document.documentElement.scrollHeight <= window.innerHeight")
        report = inside.child_frames[0]
        report.wait_for_function("document.documentElement.scrollHeight <= window.innerHeight")
        assert report.locator("#said").inner_text() == ("Findings." if side == "before" else "New findings.")
    wide.goto((written / page_of(REPORT, 2)).as_uri())
    assert wide.locator(".masthead").is_visible()


def test_the_result_leads_there_and_the_way_back_too(wide: Page, written: Path) -> None:
    wide.goto((written / page_of(PRICE)).as_uri())
    wide.get_by_role("link", name="beside release 2").click()
    wide.wait_for_url(BESIDE)
    assert (number(shown(wide, "before")), number(shown(wide, "after"))) == ("12", "12.5")
    wide.get_by_role("link", name="The result as it is now").click()
    wide.wait_for_url(f"**/{page_of(PRICE)}")


def test_a_page_that_stays_for_good_leads_to_itself_beside_what_readers_have(wide: Page, written: Path) -> None:
    wide.goto((written / page_of(PRICE, 1)).as_uri())
    wide.get_by_role("link", name="beside another release").click()
    wide.wait_for_url(BESIDE)
    assert (number(shown(wide, "before")), number(shown(wide, "after"))) == ("10", "12.5")
    wide.goto((written / page_of(PRICE, 4)).as_uri())
    wide.get_by_role("link", name="beside another release").click()
    wide.wait_for_url(BESIDE)
    assert (number(shown(wide, "before")), number(shown(wide, "after"))) == ("12", "12.5"), "not itself beside itself"


def test_others_are_chosen_by_keyboard_and_the_address_follows(wide: Page, written: Path) -> None:
    wide.goto(beside(written, asset=PRICE, before=2, after=4))
    wide.get_by_label("Before").focus()
    wide.keyboard.press("ArrowDown")
    assert number(shown(wide, "before")) == "10"
    assert chosen(wide) == {"asset": PRICE, "before": "1", "after": "4"}
    wide.get_by_label("Result").select_option(REPORT)
    assert chosen(wide) == {"asset": REPORT, "before": "1", "after": "4"}
    assert wide.locator("h1").inner_text() == "report"
    wide.go_back()
    assert wide.locator("h1").inner_text() == "Preis"
    assert wide.get_by_label("Before").input_value() == "1"
    wide.go_back()
    assert number(shown(wide, "before")) == "12"
    assert chosen(wide) == {"asset": PRICE, "before": "2", "after": "4"}
    wide.reload()
    assert number(shown(wide, "before")) == "12"


def test_one_walks_from_change_to_change(wide: Page, written: Path) -> None:
    wide.goto(beside(written, asset=PRICE))
    earlier, later = (wide.get_by_role("button", name=f"{word} change") for word in ("Earlier", "Later"))
    walked = [chosen_now(wide)]
    assert later.is_disabled()
    while earlier.is_enabled():
        earlier.press("Enter")
        walked.append(chosen_now(wide))
    assert walked == [("2", "4"), ("2", "3"), ("1", "2")]
    later.click()
    assert chosen_now(wide) == ("2", "3")
    wide.goto(beside(written, asset=RULES))
    assert earlier.is_disabled() and later.is_disabled()
    assert "It is the same in both." in wide.locator("[role=status]").inner_text()


def chosen_now(page: Page) -> tuple[str, str]:
    return page.get_by_label("Before").input_value(), page.get_by_label("After").input_value()


def test_a_release_without_the_result_says_so(wide: Page, written: Path) -> None:
    wide.goto(beside(written, asset=LATE, before=1, after=4))
    said = "Release 1 does not hold this result. It came with release 2."
    assert wide.locator("[data-side='before'] .banner").inner_text() == said
    assert wide.locator("[data-side='before'] iframe").count() == 0
    assert shown(wide, "after").locator("h1").first.inner_text() == "late"
    assert "Release 1 does not hold it." in wide.locator("[role=status]").inner_text()
    marks = wide.locator("#before option").all_inner_texts()
    assert [mark.rpartition(" (")[2].strip(")") for mark in marks[2:]] == ["new", "does not hold it"]


@pytest.mark.parametrize(
    "asset", ["sales/gone", "javascript:alert(1)", "//example.org/x", "../../index.html", "__proto__"]
)
def test_what_no_release_holds_is_said_and_never_fetched(wide: Page, written: Path, asset: str) -> None:
    wide.goto(beside(written, asset=asset, before=1, after=4))
    assert f"holds no result called {asset}." in wide.locator("[role=status]").inner_text()
    assert wide.locator("iframe").count() == 0


def test_a_release_that_there_is_not_is_said(wide: Page, written: Path) -> None:
    wide.goto(beside(written, asset=PRICE, before=99, after="x"))
    said = wide.locator("[role=status]").inner_text()
    assert "There is no release x." in said and "There is no release 99." in said
    assert chosen_now(wide) == ("2", "4")


def test_without_a_choice_one_can_be_made(wide: Page, written: Path) -> None:
    wide.goto((written / "releases/index.html").as_uri())
    wide.get_by_role("link", name="Hold a result of any two beside each other").click()
    wide.wait_for_url("**/compared/index.html")
    assert wide.locator("iframe").count() == 0
    wide.get_by_label("Result").select_option(PRICE)
    assert (number(shown(wide, "before")), number(shown(wide, "after"))) == ("12", "12.5")


# Of a frame outside of the window nothing is drawn, and who clicks with a pointer waits for that: the links click.


def test_places_within_a_frame_move_the_page(wide: Page, written: Path) -> None:
    wide.set_viewport_size({"width": 1280, "height": 500})
    wide.goto(beside(written, asset=REPORT))
    inside = shown(wide, "before")
    wide.wait_for_function("document.querySelector(\"[data-side='before'] iframe\").offsetHeight > 1000")
    inside.locator("a[href='#marks']").first.evaluate("link => link.click()")
    wide.wait_for_function("window.scrollY > 200")
    assert "compared" in wide.url


def test_a_frame_that_is_whole_before_the_page_listens_is_as_high_as_its_document(wide: Page, written: Path) -> None:
    def late(route: Route) -> None:
        time.sleep(1)
        route.continue_()

    wide.route("**/site*.js", late)
    wide.goto(beside(written, asset=REPORT))
    shown(wide, "before")
    wide.wait_for_function("document.querySelector(\"[data-side='before'] iframe\").offsetHeight > 1000")


def test_links_lead_out_of_the_frame(wide: Page, written: Path) -> None:
    wide.goto(beside(written, asset=PRICE))
    shown(wide, "after").get_by_role("link", name="Release 2").first.evaluate("link => link.click()")
    wide.wait_for_url(f"**/{page_of(PRICE, 2)}")
    assert wide.locator(".masthead").is_visible()


def test_on_a_phone_they_stand_below_each_other(chromium_running: Browser, written: Path) -> None:
    with offline(chromium_running, viewport=PHONE, has_touch=True) as context:
        page = Watched(context).page
        page.goto(beside(written, asset=REPORT))
        shown(page, "after")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        above = page.locator("[data-side='before']").bounding_box()
        assert above is not None
        assert top(page.locator("[data-side='after']")) >= above["y"] + above["height"]
        assert shown(page, "before").evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(chromium_running: Browser, written: Path, scheme: str) -> None:
    with offline(chromium_running, viewport=WIDE, color_scheme=scheme) as context:
        page = Watched(context).page
        page.goto(beside(written, asset=LATE, before=1, after=4))
        ground = "getComputedStyle(document.body).backgroundColor"
        assert shown(page, "after").evaluate(ground) == page.evaluate(ground)
        assert page.evaluate(CONTRAST) == []
        assert shown(page, "after").evaluate(CONTRAST) == []


def test_without_scripts_the_releases_are_listed(chromium_running: Browser, written: Path) -> None:
    with offline(chromium_running, viewport=WIDE, java_script_enabled=False) as context:
        page = Watched(context).page
        page.goto(beside(written, asset=PRICE))
        assert not page.get_by_label("Result").is_visible()
        page.get_by_role("link", name="Release 2, ").click()
        page.wait_for_url("**/releases/2/index.html")


# From a web server.


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class calls it so
            """Says nothing of each request."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_it_works_below_any_folder_of_a_web_server(chromium_running: Browser, written: Path) -> None:
    with served(written.parent) as url, chromium_running.new_context(viewport=WIDE) as context:
        page = Watched(context).page
        page.goto(f"{url}/{written.name}/compared/?{urlencode({'asset': PRICE, 'before': 1, 'after': 2})}")
        assert (number(shown(page, "before")), number(shown(page, "after"))) == ("10", "12")
        inside = shown(page, "before")
        assert not inside.locator(".masthead").is_visible()
        page.get_by_label("After").select_option("3")
        assert number(shown(page, "after")) == "99"
        assert chosen(page) == {"asset": PRICE, "before": "1", "after": "3"}


def test_a_place_that_lacks_a_release_says_so(chromium_running: Browser, written: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(written, tmp_path / "site"))
    shutil.rmtree(place / "releases" / "1")
    with served(place) as url, chromium_running.new_context(viewport=WIDE) as context:
        page = context.new_page()
        page.goto(f"{url}/compared/index.html?{urlencode({'asset': PRICE, 'before': 1, 'after': 2})}")
        page.wait_for_selector("[data-side='before'] .banner")
        assert page.locator("[data-side='before'] .banner").inner_text() == "The pages of release 1 are not here."
        assert number(shown(page, "after")) == "12"
