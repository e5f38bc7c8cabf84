"""A result in any two releases side by side: what the page knows, who leads to it, and that nothing else changes."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from onward.portal import site
from onward.portal.addresses import Addresses
from tests.portal import released_sample, sample
from tests.portal.reader import Element, Reading, dead_ends, fetched_from_elsewhere, pages
from tests.portal.released_sample import LATE, NUMBERS, PRICE, REPORT, RULES

BESIDE = "compared/index.html"
FOLDERS = Addresses(
    ["Umsatz & Märkte", "sales"], [("Umsatz & Märkte", PRICE), *(("sales", name) for name in (LATE, REPORT, RULES))]
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released_sample.write(tmp_path_factory.mktemp("released") / "site")


@pytest.fixture(scope="module")
def readings(written: Path) -> dict[str, Reading]:
    return pages(written)


def page_of(asset: str, release: int | None = None) -> str:
    path = FOLDERS.asset(asset)
    assert path is not None
    return f"releases/{release}/{path}" if release else path


def options(page: Reading, name: str) -> list[Element]:
    """The options of one list to choose from, without its first where that chooses nothing."""
    found: list[Element] = []
    inside = None
    for element in page.elements:
        if element.tag == "select":
            inside = element.attributes["name"]
        elif element.tag == "option" and inside == name and element.attributes["value"]:
            found.append(element)
    return found


def beside_links(page: Reading) -> list[tuple[str, dict[str, list[str]]]]:
    """What a page says of each link to two releases side by side, and what that link chooses."""
    found = []
    for link in page.all("a"):
        parts = urlsplit(link.attributes["href"] or "")
        if parts.path.endswith(BESIDE):
            found.append((link.text, parse_qs(parts.query)))
    return found


def test_there_is_one_such_page_and_it_belongs_to_what_readers_have(written: Path) -> None:
    assert [path.relative_to(written).as_posix() for path in written.rglob(f"*/{BESIDE}")] == []
    assert (written / BESIDE).is_file()


def test_a_site_without_releases_at_addresses_of_their_own_has_none(tmp_path: Path) -> None:
    sample.write_sample(tmp_path)
    assert not (tmp_path / BESIDE).exists()
    assert all(not beside_links(page) for page in pages(tmp_path).values())
    site.write(released_sample.content(4, is_now=True), tmp_path)
    assert not (tmp_path / BESIDE).exists()


def test_it_holds_together(written: Path, readings: dict[str, Reading]) -> None:
    assert readings[BESIDE].faults == []
    assert dead_ends(written) == []
    assert fetched_from_elsewhere(written) == []


def test_every_result_and_every_release_can_be_chosen(written: Path, readings: dict[str, Reading]) -> None:
    page = readings[BESIDE]
    assets = options(page, "asset")
    assert {option.attributes["value"] for option in assets} == {PRICE, LATE, REPORT, RULES}
    for side in ("before", "after"):
        releases = options(page, side)
        assert [option.attributes["value"] for option in releases] == ["4", "3", "2", "1"]
        for release in releases:
            for asset in assets:
                target = (written / "compared" / (release.attributes["data-site"] or "")).resolve()
                target /= asset.attributes["data-page"] or ""
                is_there = (release.attributes["value"], asset.attributes["value"]) != ("1", LATE)
                assert target.is_file() == is_there


def test_a_release_is_told_with_when_and_what_came_of_it(readings: dict[str, Reading]) -> None:
    said = [option.text for option in options(readings[BESIDE], "before")]
    assert said[0] == "Release 4, 22 November 2026, now: Week 4: <b>more</b> & more."
    assert said[1] == "Release 3, 15 November 2026, taken back: Week 3: <b>more</b> & more."


def test_what_can_be_chosen_has_a_label(readings: dict[str, Reading]) -> None:
    page = readings[BESIDE]
    labelled = {label.attributes["for"] for label in page.all("label")}
    assert {select.attributes["id"] for select in page.all("select")} == labelled
    assert [section.attributes["aria-labelledby"] for section in page.all("section")] == [
        "before-release",
        "after-release",
    ]


@pytest.mark.parametrize(
    ("asset", "before"),
    [(PRICE, "2"), (REPORT, "2"), (LATE, "2"), (RULES, "2")],
)
def test_a_result_leads_to_itself_beside_what_it_was_before(
    readings: dict[str, Reading], asset: str, before: str
) -> None:
    said, chosen = beside_links(readings[page_of(asset)])[0]
    assert said == f"beside release {before}"
    assert chosen == {"asset": [asset], "before": [before], "after": ["4"]}


def test_a_result_leads_to_what_it_was_when_it_changed_without_a_script(
    written: Path, readings: dict[str, Reading]
) -> None:
    page = readings[page_of(PRICE)]
    here = (written / page_of(PRICE)).parent
    led_to = {
        (here / (link.attributes["href"] or "")).resolve().relative_to(written.resolve()).as_posix()
        for link in page.all("a")
        if (link.attributes["href"] or "").startswith("../../releases/")
    }
    assert {page_of(PRICE, number) for number in NUMBERS} <= led_to
    assert "It first came with release 1" in page.text


def test_each_change_leads_to_both_of_its_sides(readings: dict[str, Reading]) -> None:
    chosen = [chosen for said, chosen in beside_links(readings[page_of(PRICE)]) if said == "side by side"]
    assert [(each["before"], each["after"]) for each in chosen] == [
        (["2"], ["4"]),
        (["3"], ["2"]),
        (["2"], ["3"]),
        (["1"], ["2"]),
    ]


def test_a_release_that_stays_as_it_is_leads_there_and_names_none_after_it(readings: dict[str, Reading]) -> None:
    assert beside_links(readings[page_of(RULES, 2)]) == [
        ("beside another release", {"asset": [RULES], "before": ["2"]})
    ]


def test_what_cannot_be_chosen_without_a_script_is_listed(readings: dict[str, Reading]) -> None:
    page = readings[BESIDE]
    start = page.elements.index(page.all("noscript")[0])
    links = [element.attributes["href"] for element in page.elements[start:] if element.tag == "a"]
    assert links[:4] == [f"../releases/{number}/index.html" for number in reversed(NUMBERS)]
    assert page.all("form")[0].attributes["class"] == "chooser scripted-only"
