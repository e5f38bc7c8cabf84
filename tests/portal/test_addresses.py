"""Addresses: safe, lasting, and one for each name."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from onward.portal.addresses import Addresses, file_segment, relative, segment

SAFE = re.compile(r"[a-z0-9][a-z0-9._-]*")
names = st.text(min_size=1, max_size=120) | st.sampled_from(
    [
        "Report",
        "report",
        "REPORT",
        "Übersicht",
        "a b",
        "a#b",
        "a?b",
        "50%",
        "a&b",
        "con",
        "aux.txt",
        "..",
        ".",
        "a.",
    ]
)


@given(names)
def test_a_part_of_an_address_is_safe_everywhere(name: str) -> None:
    part = segment(name)
    assert SAFE.fullmatch(part)
    assert len(part) <= 80
    assert not part.endswith(".")
    assert part.split(".")[0] not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    assert part != "index.html"


@given(st.sets(names, max_size=30))
def test_different_names_have_different_addresses_on_a_disk_without_case(found: set[str]) -> None:
    assert len({segment(name).casefold() for name in found}) == len(found)


def test_a_plain_name_is_its_own_address() -> None:
    for name in ("delays", "median_delay", "2013-01", "flights.csv", "a"):
        assert segment(name) == name


def test_an_address_does_not_hang_on_what_else_there_is() -> None:
    alone = Addresses(["p"], [("p", "p/Report")])
    among = Addresses(["p", "q"], [("p", "p/report"), ("p", "p/Report"), ("p", "p/REPORT"), ("q", "q/Report")])
    assert alone.asset("p/Report") == among.asset("p/Report")


@given(
    st.dictionaries(names, st.sets(names, max_size=6), max_size=6),
    st.sets(st.sampled_from(["a", "a/b", "a/b/c", "graph", "static", "checks/x"])),
)
def test_no_two_pages_share_a_folder(found: dict[str, set[str]], more: set[str]) -> None:
    projects = {*found, *more}
    assets = [(project, f"{project}/{name}") for project, names in found.items() for name in names]
    assets += [(project, f"{project}/b") for project in more]
    addresses = Addresses(projects, assets)
    pages = [addresses.project(project) for project in projects]
    pages += [addresses.asset(asset) for asset in {asset for _, asset in assets}]
    assert None not in pages
    assert len({str(page).casefold() for page in pages}) == len(pages)
    assert all(not str(page).startswith(("graph/", "checks/", "releases/", "static/")) for page in pages)


def test_a_project_within_a_project_keeps_its_place_beside_an_asset_of_that_name() -> None:
    addresses = Addresses(["ops", "ops/delays"], [("ops", "ops/delays"), ("ops/delays", "ops/delays/x")])
    assert addresses.project("ops/delays") == "ops/delays/index.html"
    assert addresses.asset("ops/delays/x") == "ops/delays/x/index.html"
    assert addresses.asset("ops/delays") not in (None, "ops/delays/index.html")


@given(names)
def test_a_file_stays_below_its_asset(name: str) -> None:
    path = file_segment(name)
    assert all(SAFE.fullmatch(part) for part in path.split("/"))


def test_a_file_keeps_its_extension() -> None:
    assert file_segment("flights.parquet") == "flights.parquet"
    assert file_segment("out/a.csv") == "out/a.csv"
    assert file_segment("Bericht Ö.PDF").endswith(".pdf")
    assert file_segment("x.tar.gz") == "x.tar.gz"
    assert file_segment("A.csv") != file_segment("a.csv")


def test_links_are_relative_and_name_the_file() -> None:
    assert relative("index.html", "a/b/index.html") == "../../index.html"
    assert relative("a/index.html", "a/b/index.html") == "../index.html"
    assert relative("a/b/index.html", "index.html") == "a/b/index.html"
    assert relative("a/index.html", "a/index.html") == "index.html"
