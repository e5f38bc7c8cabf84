"""The site in a real browser, from files and without network: as people meet it."""

from __future__ import annotations

import io
import statistics
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page

from onward.portal import frames, html, site
from onward.portal.content import Asset, File, Graph, Node
from tests.portal import browser as browsers
from tests.portal import sample
from tests.portal.browser import Watched, offline
from tests.portal.test_site import hostile, small

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample") / "site"
    sample.write_sample(out)
    return out


@pytest.fixture(scope="module")
def chromium_running() -> Iterator[Browser]:
    with browsers.running() as browser:
        yield browser


@pytest.fixture
def wide(chromium_running: Browser) -> Iterator[Watched]:
    with offline(chromium_running, viewport=WIDE) as context:
        yield Watched(context)


def every_page(site: Path) -> list[Path]:
    return sorted(site.rglob("index.html"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_asks_for_anything_or_complains(chromium_running: Browser, written: Path, scheme: str) -> None:
    with offline(chromium_running, viewport=WIDE, color_scheme=scheme) as context:
        watched = Watched(context)
        for page in every_page(written):
            watched.open(page)
        assert watched.complaints == []
        assert {url.split(":")[0] for url in watched.requests} <= {"file", "data", "about"}
        assert len(watched.requests) > 40


def test_no_page_is_wider_than_a_phone(chromium_running: Browser, written: Path) -> None:
    with offline(chromium_running, viewport=PHONE, has_touch=True) as context:
        watched = Watched(context)
        widths = {
            path.relative_to(written).as_posix(): watched.open(path).evaluate("document.documentElement.scrollWidth")
            for path in every_page(written)
        }
    assert {path: width for path, width in widths.items() if width > PHONE["width"]} == {}


def test_on_a_phone_the_list_of_everything_begins_with_names_and_numbers(
    chromium_running: Browser, written: Path
) -> None:
    with offline(chromium_running, viewport=PHONE, has_touch=True) as context:
        page = Watched(context).open(written / "index.html")
        row = page.locator("tr[data-search]", has_text="Median delay").first
        box = row.locator(".number").bounding_box()
        assert row.locator(".number").inner_text().startswith("12.54")
        assert box is not None
        assert box["x"] + box["width"] <= PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_table_that_scrolls_has_a_shadow_where_there_is_more(
    chromium_running: Browser, written: Path, scheme: str
) -> None:
    with offline(chromium_running, viewport=PHONE, color_scheme=scheme, java_script_enabled=False) as context:
        page = Watched(context).open(written / "delays/flights/index.html")
        rows = page.locator(".scroller.rows")
        rows.scroll_into_view_if_needed()
        start = shadows(rows)
        rows.evaluate("rows => { rows.scrollLeft = rows.scrollWidth; }")
        end = shadows(rows)
    assert start == (False, True)
    assert end == (True, False)


def shadows(scroller: Locator) -> tuple[bool, bool]:
    """Whether the left and the right edge of what scrolls differ from its ground, between two lines of text."""
    picture = Image.open(io.BytesIO(scroller.screenshot())).convert("L")
    (width, height), light = picture.size, picture.tobytes()
    columns = [[light[y * width + x] for y in range(height // 2, height - 4)] for x in (1, width // 3, width - 2)]
    left, ground, right = (statistics.median(column) for column in columns)
    return abs(left - ground) > 8, abs(right - ground) > 8


def test_names_of_any_length_fit_on_a_phone(chromium_running: Browser, tmp_path: Path) -> None:
    site.write(hostile("Ein_sehr_langer_Name_ohne_jede_Trennung_" * 4), tmp_path / "site")
    with offline(chromium_running, viewport=PHONE) as context:
        watched = Watched(context)
        for path in every_page(tmp_path / "site"):
            assert watched.open(path).evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


def test_a_wide_graph_can_be_seen_whole_without_scripts(chromium_running: Browser, tmp_path: Path) -> None:
    nodes = tuple(Node(name=f"s{number}", kind="source") for number in range(12))
    edges = tuple((left.name, right.name) for left, right in pairwise(nodes))
    site.write(small(graph=Graph(nodes, edges)), tmp_path / "site")
    with offline(chromium_running, viewport=WIDE, java_script_enabled=False) as context:
        page = Watched(context).open(tmp_path / "site" / "graph" / "index.html")
        drawing, frame = page.locator("svg.graph"), page.locator(".graph-frame")
        before, room = drawing.bounding_box(), frame.bounding_box()
        assert before and room and before["width"] > room["width"]
        page.get_by_label("The whole picture at once").check()
        after = drawing.bounding_box()
        assert after and after["width"] <= room["width"]


def test_her_number_is_found_by_typing(wide: Watched, written: Path) -> None:
    page = wide.open(written / "index.html")
    page.keyboard.press("/")
    page.keyboard.type("median del")
    shown = page.locator("tr[data-search]:visible")
    assert shown.count() == 2  # one is called so, the other only speaks of it
    assert "12.54" in shown.first.inner_text()
    assert page.locator("[data-search-count]").inner_text() == "2 results"
    page.keyboard.press("Enter")
    page.wait_for_url("**/delays/median_delay/index.html")
    assert "12.54" in page.locator(".big-number").inner_text()


def test_what_is_looked_for_stands_above_the_projects(wide: Watched, written: Path) -> None:
    page = wide.open(written / "index.html")
    found, card = page.locator("tr[data-search]", has_text="Median delay").first, page.locator(".card").first
    assert top(card) < top(found)
    page.fill("#search", "delay")
    assert top(found) < top(page.locator(".card:visible").first)


def top(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["y"]


def test_only_rows_that_can_be_sorted_have_the_sign_for_it(wide: Watched, written: Path) -> None:
    page = wide.open(written / "delays/carriers/index.html")
    signs = "head => getComputedStyle(head, '::after').content"
    assert "↕" in page.locator("[data-table] thead .sorter").first.evaluate(signs)
    assert page.locator("#checks >> xpath=../.. >> thead .sorter").first.evaluate(signs) == "none"


def test_search_forgives_case_and_accents(wide: Watched, written: Path) -> None:
    page = wide.open(written / "index.html")
    page.fill("#search", "MARKTE")
    assert page.locator("tr[data-search]:visible").count() == 5
    page.fill("#search", "there is no such thing")
    assert page.locator("tr[data-search]:visible").count() == 0
    page.fill("#search", "")
    assert page.locator("tr[data-search]:visible").count() == len(sample.content().assets)


def column(page: Page, place: int) -> list[str]:
    return page.locator(f"[data-table] tbody td:nth-child({place})").all_inner_texts()


def numbers(cells: list[str]) -> list[float]:
    return [float(cell.replace("−", "-").replace(",", "")) for cell in cells if cell != "–"]


def test_rows_are_sorted_both_ways_with_missing_ones_last(wide: Watched, written: Path) -> None:
    page = wide.open(written / "delays/flights/index.html")
    head = page.locator("[data-table] th", has_text="dep_delay")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    up = numbers(column(page, 6))
    expected = sorted(row[5] for row in sample.flights_table().head if row[5] is not None)
    assert up == expected[:50]
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert numbers(column(page, 6)) == expected[::-1][:50]
    for _ in range(1_200 // 50):
        if page.locator("[data-next]").is_disabled():
            break
        page.locator("[data-next]").click()
    assert column(page, 6)[-1] == "–"


def test_text_columns_are_sorted_too(wide: Watched, written: Path) -> None:
    page = wide.open(written / "delays/carriers/index.html")
    page.locator("[data-table] th", has_text="name").locator("button").click()
    names = column(page, 2)
    assert len(names) == 9
    assert names == sorted(names)


def test_rows_are_filtered_and_paged(wide: Watched, written: Path) -> None:
    page = wide.open(written / "delays/flights/index.html")
    said = page.locator("[data-row-count]")
    assert said.inner_text() == "1–50 of 1,200 rows, every 281st of 336,776"
    page.locator("[data-next]").click()
    assert said.inner_text() == "51–100 of 1,200 rows, every 281st of 336,776"
    page.fill("[data-filter]", "jfk")
    expected = sum(row[6] == "JFK" for row in sample.flights_table().head)
    assert said.inner_text() == f"1–50 of {expected} rows that fit, every 281st of 336,776"
    assert set(column(page, 7)) == {"JFK"}
    page.fill("[data-filter]", "nothing like it")
    assert said.inner_text() == "0 rows that fit, every 281st of 336,776"
    assert page.locator("[data-next]").is_disabled()
    page.fill("[data-filter]", "")
    assert said.inner_text() == "1–50 of 1,200 rows, every 281st of 336,776"


def test_the_script_writes_cells_as_the_page_does(chromium_running: Browser, written: Path) -> None:
    texts = []
    for scripted in (False, True):
        with offline(chromium_running, java_script_enabled=scripted) as context:
            page = Watched(context).open(written / "delays/flights/index.html")
            texts.append(page.locator("[data-table] tbody tr").all_inner_texts())
    assert texts[0] == texts[1]
    assert len(texts[0]) == 50


def test_a_report_is_shown_at_its_full_height_and_reaches_nothing(wide: Watched, written: Path) -> None:
    page = wide.open(written / "delays/report/index.html")
    frame = page.frames[1]
    frame.wait_for_function("document.documentElement.scrollHeight <= window.innerHeight")
    assert frame.locator("#drawn").inner_text() == "Drawn by a script."
    assert frame.locator("#drawn").get_attribute("data-reached") == "null"
    low = page.locator("iframe").bounding_box()
    page.set_viewport_size({"width": 500, "height": 900})
    page.wait_for_function(f"document.querySelector('iframe').offsetHeight > {low['height'] if low else 0}")
    frame.wait_for_function("document.documentElement.scrollHeight <= window.innerHeight")


GRASPING = """<!doctype html><p id="said"></p><script>
const said = [];
function attempt(name, act) { try { act(); said.push(name); } catch (error) { /* as it should be */ } }
attempt("pages", () => parent.document.body.replaceChildren());
attempt("cookies", () => { document.cookie = "a=1"; });
attempt("storage", () => localStorage.setItem("a", "1"));
attempt("windows", () => { if (!window.open("https://example.org/")) { throw new TypeError(); } });
attempt("navigation", () => { top.location = "https://example.org/"; });
const asking = setInterval(() => parent.postMessage({onward: "open", value: "https://example.org/"}, "*"), 20);
setTimeout(() => clearInterval(asking), 400);
document.getElementById("said").textContent = "got: " + said.join(", ");
</script>"""


def test_an_author_s_page_gets_nothing_of_what_is_around_it(chromium_running: Browser, tmp_path: Path) -> None:
    file = File(name="report.html", media="text/html", size=1, source=GRASPING.encode)
    site.write(small(assets=(Asset(name="a/report", project="a", kind="document", files=(file,)),)), tmp_path)
    with offline(chromium_running) as context:
        page = Watched(context).open(tmp_path / "a/report/index.html")
        page.wait_for_timeout(500)  # to look at the page would count as somebody's doing
        assert len(context.pages) == 1, "no window without a click"
        assert page.frame_locator("iframe").locator("#said").inner_text() == "got:"
        assert page.locator("h1").inner_text() == "report"


def test_a_link_out_of_a_report_opens_a_window_of_its_own(wide: Watched, written: Path) -> None:
    page = wide.open(written / "delays/report/index.html")
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_text("A page elsewhere").click()
    assert opened.value.evaluate("window.opener") is None
    assert page.url.endswith("delays/report/index.html")


def test_links_within_a_report_move_the_page(wide: Watched, written: Path) -> None:
    page = wide.open(written / "delays/report/index.html")
    page.set_viewport_size({"width": 600, "height": 500})
    frame = page.frames[1]
    frame.wait_for_function("document.documentElement.scrollHeight <= window.innerHeight")
    frame.locator("a", has_text="To the findings").click()
    page.wait_for_function("window.scrollY > 200")
    assert page.url.endswith("report/index.html")
    assert frame.locator("h2").count() == 1


@pytest.mark.parametrize("style", ["height: 120vh", "height: 100vh; margin: 9px", "height: 100%; padding: 9px"])
def test_a_page_that_grows_with_its_window_does_not_grow_for_ever(
    chromium_running: Browser, tmp_path: Path, style: str
) -> None:
    framed = frames.frame(f"<!doctype html><style>html {{ height: 100% }}</style><body style='{style}'>x</body>", "x")
    script = Path(site.__file__).parent / "static" / "site.js"
    (tmp_path / "index.html").write_text(
        html.document(html.meta(charset="utf-8"), html.body(framed, html.script(src=script.as_uri())))
    )
    with offline(chromium_running, viewport=WIDE) as context:
        page = Watched(context).open(tmp_path / "index.html")
        page.wait_for_timeout(800)
        height = page.locator("iframe").evaluate("element => element.offsetHeight")
        page.wait_for_timeout(400)
        assert page.locator("iframe").evaluate("element => element.offsetHeight") == height
        assert height < 600


def test_times_are_said_by_the_reader_s_clock(wide: Watched, written: Path) -> None:
    wide.page.clock.install(time=sample.NOW.timestamp() + 3 * 3600)
    page = wide.open(written / "delays/median_delay/index.html")
    moment = page.locator("main time[data-ago]").first
    assert moment.inner_text() == "3 hours ago"
    assert moment.get_attribute("title") == "22 November 2026, 06:12 UTC"


def test_without_scripts_everything_is_there(chromium_running: Browser, written: Path) -> None:
    with offline(chromium_running, viewport=WIDE, java_script_enabled=False) as context:
        watched = Watched(context)
        page = watched.open(written / "index.html")
        assert not page.locator("#search").is_visible()
        assert page.locator("time").first.inner_text() == "22 November 2026, 06:12 UTC"
        seen, waiting = set(), [page.url]
        while waiting:
            here = waiting.pop()
            if here in seen:
                continue
            seen.add(here)
            page.goto(here)
            links = page.locator("a[href]:visible").evaluate_all(
                "links => links.map(link => new URL(link.getAttribute('href'), document.baseURI).href)"
            )
            waiting += [link.split("#")[0] for link in links if link.split("#")[0].endswith("index.html")]
        assert {Path(url.removeprefix("file://")) for url in seen} == set(every_page(written))
        assert page.goto((written / "delays/flights/index.html").as_uri())
        assert page.locator("[data-table] tbody tr").count() == 50
        assert not page.locator("[data-filter]").is_visible()


def test_the_graph_lights_up_what_belongs_together(wide: Watched, written: Path) -> None:
    page = wide.open(written / "graph/index.html")
    page.locator("svg.graph a", has_text="carriers").first.focus()
    lit = page.locator("svg.graph .node.lit .node-label").all_text_contents()
    assert {"airlines", "flights_raw", "Flights", "carriers", "delays/worst_routes"} <= set(lit)
    assert "stations" not in lit
    page.keyboard.press("Enter")
    page.wait_for_url("**/delays/carriers/index.html")


def test_the_first_key_leads_past_the_masthead(wide: Watched, written: Path) -> None:
    page = wide.open(written / "delays/index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_moves_begin_apart_from_what_stands_above_them(wide: Watched, written: Path) -> None:
    for path in (*written.glob("timeline/*/index.html"), written / "releases/index.html"):
        page = wide.open(path)
        head, body = page.locator(".page-head").bounding_box(), page.locator(".page-head + *").bounding_box()
        assert head is not None
        assert body is not None
        assert body["y"] - head["y"] - head["height"] > 20, path


def test_what_a_timeline_folds_on_the_screen_is_on_paper(wide: Watched, written: Path) -> None:
    page = wide.open(written / "timeline/delays/index.html")
    folded = page.locator(".timeline details .what", has_text="old_share").first
    assert folded.count() == 1
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible()


def test_two_releases_are_held_against_each_other_by_keyboard_and_without_scripts(
    chromium_running: Browser, written: Path
) -> None:
    with offline(chromium_running, viewport=PHONE, java_script_enabled=False) as context:
        page = Watched(context).open(written / "timeline/delays/index.html")
        page.locator(".timeline a", has_text="before and after").nth(2).focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/compared/12/delays/index.html#delays/through_the_day")
        views = page.locator("article", has=page.locator("[id='delays/through_the_day']")).locator(".views input")
        views.first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert page.get_by_label("Onion skin").is_checked()
        after = page.locator("figure.after").first
        assert after.evaluate("figure => getComputedStyle(figure).opacity") == "0.5"


CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (color, under) => {
    canvas.fillStyle = under || '#fff'; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return Array.from(canvas.getImageData(0, 0, 1, 1).data.slice(0, 3));
  };
  const css = (c) => 'rgb(' + c.join(',') + ')';
  const light = (c) => { const [r, g, b] = c.map(v => { v /= 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (element) => element ? rgb(getComputedStyle(element).backgroundColor,
    css(behind(element.parentElement))) : [255, 255, 255];
  const poor = [];
  document.querySelectorAll('main *, header *, footer *').forEach((element) => {
    const own = Array.from(element.childNodes).some(
      n => n.nodeType === 3 && n.textContent.trim());
    const exempt = 'svg, button:disabled, [aria-hidden]';
    if (!own || !element.checkVisibility() || element.closest(exempt)) { return; }
    const ground = behind(element), ink = rgb(getComputedStyle(element).color, css(ground));
    const [a, b] = [light(ground), light(ink)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) { poor.push([element.className, element.textContent.trim().slice(0, 30), ratio]); }
  });
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(chromium_running: Browser, written: Path, scheme: str) -> None:
    with offline(chromium_running, viewport=WIDE, color_scheme=scheme) as context:
        watched = Watched(context)
        poor = {
            path.relative_to(written).as_posix(): found
            for path in every_page(written)
            if (found := watched.open(path).evaluate(CONTRAST))
        }
    assert poor == {}


def test_nothing_shifts_once_it_is_seen(wide: Watched, written: Path) -> None:
    wide.page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => "
        "{ window.shift += entry.value; })).observe({type: 'layout-shift', buffered: true});"
    )
    for name in ("index.html", "delays/flights/index.html", "delays/by_hour/index.html", "graph/index.html"):
        page = wide.open(written / name)
        page.wait_for_timeout(200)
        assert page.evaluate("window.shift") < 0.02, name
