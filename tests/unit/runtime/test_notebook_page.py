"""The page of a notebook: readable, of one piece, and without the network."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from onward.runtime import notebook_page
from tests.portal.browser import Watched, offline, running
from tests.unit.runtime.notebooks import code, notebook, prose

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def result(source: str, *tags: str, metadata: dict[str, Any] | None = None, **data: Any) -> dict[str, Any]:
    cell = code(source, *tags)
    media = {name.replace("_", "/", 1): value for name, value in data.items()}
    cell["outputs"] = [{"output_type": "display_data", "data": media, "metadata": metadata or {}}]
    return cell


def printed(source: str, text: str, *tags: str) -> dict[str, Any]:
    cell = code(source, *tags)
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    return cell


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "ws" / "p"
    made.mkdir(parents=True)
    return made


def page(folder: Path, *cells: Any) -> str:
    root = str(folder.parent)
    return notebook_page.page(notebook(*cells), title="A <title>", folder=str(folder), root=root, cache=root)


def body(folder: Path, *cells: Any) -> str:
    return page(folder, *cells).split("<main>")[1].split("</main>")[0]


def test_results_come_first_and_code_is_folded_with_what_led_to_it(folder: Path) -> None:
    shown = body(folder, code("a = 1"), code("b = 2"), printed("print(a)", "1"), prose("# End"), code("c"))
    assert shown.count("<details") == 2
    first = shown.split("</details>")[0]
    assert first.count("<pre>") == 3
    assert (
        shown.index("<details") < shown.index('<pre class="stdout">1</pre>') < shown.index("<h1") < shown.rindex("<det")
    )
    assert "<title>A &lt;title&gt;</title>" in page(folder)


def test_tags_say_what_is_shown(folder: Path) -> None:
    assert "SECRET" not in body(folder, printed("SECRET", "SECRET", "remove-cell"), prose("SECRET", "remove-cell"))
    shown = body(folder, printed("SOURCE", "OUT", "remove-input"))
    assert "SOURCE" not in shown
    assert "OUT" in shown
    shown = body(folder, printed("SOURCE", "OUT", "remove-output"))
    assert "SOURCE" in shown
    assert "OUT" not in shown
    assert "<summary>Show output</summary>" in body(folder, printed("x", "OUT", "hide-output"))
    assert "<summary>Show text</summary>" in body(folder, prose("words", "hide-cell"))
    assert "<summary>Show code</summary>" in body(folder, printed("x", "OUT", "hide-input"))


def test_markdown_is_jupyters(folder: Path) -> None:
    text = (
        "## A *b*\n\n| a |\n|---|\n| 1 |\n\n~~x~~ $a_1 + b_1$ <b>raw</b>\n\n```python\nx = 1\n```\n\n$$\\frac{1}{2}$$\n"
    )
    shown = body(folder, prose(text))
    for part in ('<h2 id="A-b">', "<table>", "<del>x</del>", "<msub>", "<b>raw</b>", "<mfrac>"):
        assert part in shown
    assert '<span class="n">x</span>' in shown


def test_pictures_of_the_workspace_become_part_of_the_page(folder: Path) -> None:
    (folder / "a b.png").write_bytes(base64.b64decode(PIXEL))
    (folder.parent.parent / "outside.png").write_bytes(base64.b64decode(PIXEL))
    data = f'src="data:image/png;base64,{PIXEL}"'
    assert data in body(folder, prose("![x](a%20b.png)"))
    assert data in body(folder, prose('<img alt="x" src="a b.png">'))
    assert data in body(folder, prose("![x](attachment:y.png)", attachments={"y.png": {"image/png": PIXEL}}))
    assert data not in body(folder, prose("![x](../../outside.png)"))
    assert 'src="missing.png"' in body(folder, prose("![x](missing.png)"))


REMOTE = [
    '<script src="https://cdn.example/x.js"></script>',
    "<script type='module' src='//cdn.example/x.js'></script>",
    '<link rel="stylesheet" href="https://cdn.example/x.css">',
    '<img src="https://cdn.example/x.png">',
    '<iframe width="9" src="https://cdn.example/x"></iframe>',
    '<style>@import url("https://cdn.example/x.css");</style>',
    "<video src='http://cdn.example/x.mp4'></video>",
]


@pytest.mark.parametrize("text", REMOTE)
def test_nothing_is_fetched_from_elsewhere(folder: Path, text: str) -> None:
    for shown in (body(folder, prose(f"words\n\n{text}\n")), body(folder, result("x", text_html=text))):
        for word in ("src=", "<link", "@import"):
            assert word not in shown


def test_links_stay(folder: Path) -> None:
    assert '<a href="https://example.com">x</a>' in body(folder, prose("[x](https://example.com)"))


def test_terminals_and_text_are_escaped_and_coloured(folder: Path) -> None:
    shown = body(folder, printed("x", "<b>\x1b[1;31mred\x1b[0m \x1b[38;5;9mother\x1b[0m \x1b[2Kend"))
    assert '&lt;b&gt;<span class="bold ansi-red">red</span> other end' in shown


def test_a_chart_without_its_library_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specification = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "mark": "bogus"}
    assert "cannot be drawn" in body(folder, result("x", **{"application_vnd.vegalite.v6.json": specification}))
    monkeypatch.setattr(notebook_page.libraries, "is_installed", lambda name: False)
    monkeypatch.setattr(notebook_page, "_plotly_script", lambda: None)
    assert "vl-convert-python" in body(folder, result("x", **{"application_vnd.vegalite.v6+json": specification}))
    assert "plotly is not installed" in body(folder, result("x", **{"application_vnd.plotly.v1+json": {"data": []}}))


def test_what_the_last_call_on_a_figure_gave_back_is_left_out_beside_the_picture(folder: Path) -> None:
    line = {"output_type": "execute_result", "metadata": {}, "data": {"text/plain": "[<matplotlib.lines.Line2D>]"}}
    drawn = result("plt.plot()", metadata={"image/png": {"width": 7}}, image_png=PIXEL + "\n")
    alone = code("x")
    alone["outputs"] = [line]
    drawn["outputs"].insert(0, line)
    assert "Line2D" not in body(folder, drawn)
    assert 'width="7"' in body(folder, drawn)
    assert "Line2D" in body(folder, alone)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running() as started:
        yield started


CHARTS = (
    result("a", **{"application_vnd.plotly.v1+json": {"data": [{"type": "bar", "y": [1, 2]}], "layout": {}}}),
    result("b", text_html="<p id='later'>after </script> and <!-- </p>"),
    result(
        "c",
        **{
            "application_vnd.vegalite.v6.json": {
                "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
                "data": {"values": [{"a": "</script><script>alert(1)</script>", "b": 2}]},
                "mark": {"type": "bar", "tooltip": True},
                "encoding": {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}},
            }
        },
    ),
)


@pytest.mark.browser
def test_a_browser_draws_the_charts_offline_and_asks_for_nothing(folder: Path, browser: Any) -> None:
    file = folder / "page.html"
    file.write_text(page(folder, prose("# Charts"), *CHARTS), encoding="utf-8")
    with offline(browser) as context:
        watched = Watched(context)
        opened = watched.open(file)
        opened.wait_for_selector(".plotly .plot-container svg.main-svg")
        opened.wait_for_selector(".vega .vega-embed svg, .vega div svg")
        assert opened.locator(".vega .picture").count() == 0
        assert [url for url in watched.requests if not url.startswith(("data:", "blob:"))] == [file.as_uri()]
        assert watched.complaints == []


@pytest.mark.browser
def test_numbers_of_a_frame_stand_below_their_heads_and_dates_on_one_line(folder: Path, browser: Any) -> None:
    frame = pd.DataFrame({"first day": ["2013-01-01"] * 2, "distance of it": [1.5, 2.25]} | dict.fromkeys("abcdefg", 1))
    file = folder / "page.html"
    file.write_text(page(folder, result("frame", text_html=frame.to_html())), encoding="utf-8")
    with offline(browser, viewport={"width": 390, "height": 844}) as context:
        opened = Watched(context).open(file)
        styles = "cells => cells.map(cell => getComputedStyle(cell).textAlign)"
        assert set(opened.locator(".dataframe thead th, .dataframe td").evaluate_all(styles)) == {"right"}
        heights = opened.locator(".dataframe td").evaluate_all("cells => cells.map(cell => cell.clientHeight)")
        assert max(heights) < 40, "one line"
        assert opened.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.browser
def test_without_scripts_all_but_plotlys_charts_is_there(folder: Path, browser: Any) -> None:
    file = folder / "page.html"
    file.write_text(page(folder, prose("# Charts"), *CHARTS), encoding="utf-8")
    with offline(browser, java_script_enabled=False) as context:
        opened = Watched(context).open(file)
        assert opened.locator(".vega .picture img").evaluate("image => image.naturalWidth") > 10
        assert opened.get_by_text("drawn by a script").is_visible()
        opened.locator("details.code summary").first.click()
        assert opened.locator("details.code pre").first.is_visible()
