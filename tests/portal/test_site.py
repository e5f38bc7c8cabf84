"""The whole site as files: links, escapes, what each page says, and what it never does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.app.changes.causes import Cause
from onward.app.comparing.diff import AssetDiff, CheckDiff
from onward.base.errors import RefusedError, StoreError
from onward.portal import content as nouns
from onward.portal import site
from onward.portal.content import (
    Asset,
    Change,
    Check,
    Column,
    Comparison,
    Excerpt,
    File,
    Graph,
    HistoryPoint,
    Input,
    Move,
    Node,
    OffendingRows,
    Preview,
    Project,
    Provenance,
    Release,
    SiteContent,
    TablePreview,
)
from tests.portal import review_sample, sample
from tests.portal.reader import Reading, dead_ends, fetched_from_elsewhere, pages, read

AT = datetime(2026, 11, 22, tzinfo=UTC)
HOSTILE = "\"><img src=x onerror=alert(1)></script><script>alert(2)</script>'&`#?%/ü"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample") / "site"
    sample.write_sample(out)
    return out


@pytest.fixture(scope="module")
def readings(written: Path) -> dict[str, Reading]:
    return pages(written)


def small(**fields: Any) -> SiteContent:
    """A site with little in it."""
    plain = SiteContent(workspace="acme", release=Release(channel="main", number=2, at=AT, previous=1))
    return msgspec.structs.replace(plain, **fields)


def one_asset(out: Path, asset: Asset, **fields: Any) -> Reading:
    """The page of `asset`, on a site of its own."""
    site.write(small(assets=(asset,), **fields), out)
    found = [reading for path, reading in pages(out).items() if path.count("/") > 1]
    assert len(found) == 1
    return found[0]


def test_what_is_written_is_said(written: Path) -> None:
    there = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    assert set(site.write(sample.content(), written)) == there - {".onward-site.json"}


def test_every_page_is_well_formed(readings: dict[str, Reading]) -> None:
    assert len(readings) > 20
    assert {path: reading.faults for path, reading in readings.items() if reading.faults} == {}


def test_every_link_leads_somewhere(written: Path) -> None:
    assert dead_ends(written) == []


def test_a_dead_end_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<a href="gone.html">x</a><a href="#nowhere">y</a><a href="index.html">z</a>')
    assert dead_ends(tmp_path) == ["index.html: gone.html", "index.html: #nowhere"]


def test_nothing_is_fetched_from_elsewhere(written: Path) -> None:
    assert fetched_from_elsewhere(written) == []
    for path in (written / "static").iterdir():
        assert "://" not in path.read_text("utf-8")


def test_every_page_has_what_a_reader_without_eyes_needs(readings: dict[str, Reading]) -> None:
    for path, reading in readings.items():
        assert len(reading.all("h1")) == 1, path
        assert len(reading.all("main")) == 1, path
        assert reading.all("html")[0].attributes["lang"] == "en", path
        assert reading.all("title")[0].text, path
        assert all("alt" in image.attributes for image in reading.all("img")), path
        assert all(frame.attributes.get("title") for frame in reading.all("iframe")), path
        assert reading.all("a")[0].attributes["href"] == "#content", path


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    first = site.write(sample.content(), tmp_path / "a")
    assert site.write(sample.content(), tmp_path / "b") == first
    for path in first:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes(), path


def test_another_number_gives_other_bytes(tmp_path: Path) -> None:
    metric = Asset(name="a/m", project="a", kind="metric", facts={"value": 1})
    site.write(small(assets=(metric,)), tmp_path / "a")
    site.write(small(assets=(msgspec.structs.replace(metric, facts={"value": 2}),)), tmp_path / "b")
    page = "a/m/index.html"
    assert (tmp_path / "a" / page).read_bytes() != (tmp_path / "b" / page).read_bytes()


def test_an_author_s_page_is_shut_in_without_the_site_s_origin(readings: dict[str, Reading]) -> None:
    frames = [frame for reading in readings.values() for frame in reading.all("iframe")]
    assert len(frames) == 2
    for frame in frames:
        assert frame.attributes["sandbox"] == "allow-scripts"
        assert "srcdoc" in frame.attributes
    report = readings["delays/report/index.html"].all("iframe")[0].attributes["srcdoc"] or ""
    assert report.startswith(sample.REPORT)
    assert "postMessage" in report


def test_pickles_and_specifications_are_only_for_download(written: Path, readings: dict[str, Reading]) -> None:
    model = readings["delays/late_model/index.html"]
    assert [a.attributes["href"] for a in model.all("a") if "download" in a.attributes] == ["late_model.joblib"]
    assert "HistGradientBoostingClassifier" in model.text
    assert "learning_rate" in model.text
    assert (written / "delays/late_model/late_model.joblib").stat().st_size == 900


def test_the_first_page_holds_every_number_and_every_project(readings: dict[str, Reading]) -> None:
    home = readings["index.html"]
    for said in (
        "12.54",
        "71,203",
        "1,284,331",
        "Flight delays",
        "Mara Lindt",
        "Which carriers are late",
        "Release 12",
    ):
        assert said in home.text
    assert "12.03\u00a0min → 12.54\u00a0min+0.51\u00a0min (+4.2\u00a0%)" in home.text
    assert "Old ranking" in home.text
    searchable = " ".join(element.attributes.get("data-search") or "" for element in home.elements)
    assert all(asset.name in searchable for asset in sample.content().assets)


def test_a_table_shows_its_first_rows_and_embeds_the_others(readings: dict[str, Reading]) -> None:
    page = readings["delays/flights/index.html"]
    data = next(element for element in page.all("script") if "data-rows" in element.attributes)
    embedded = json.loads(data.text)
    assert len(embedded["rows"]) == 1_200
    assert page.text.count("2013-0") + page.text.count("2013-1") >= 50
    assert "1–50 of 1,200 rows, every 281st of 336,776" in page.text
    assert "All 336,776 rows are in the files to download." in page.text
    assert len([svg for svg in page.all("svg") if svg.attributes.get("class") == "histogram"]) == 3


def test_never_more_than_five_thousand_rows_are_embedded(tmp_path: Path) -> None:
    head = tuple((number,) for number in range(6_000))
    preview = TablePreview(6_000, (Column("n", "Int64"),), head)
    page = one_asset(tmp_path, Asset(name="a/t", project="a", kind="table", table=preview))
    data = next(element for element in page.all("script") if "data-rows" in element.attributes)
    assert len(json.loads(data.text)["rows"]) == nouns.MAX_EMBEDDED_ROWS
    assert "1–50 of 5,000 rows, the first of 6,000" in page.text


def test_a_table_that_is_shown_whole_claims_nothing_else(tmp_path: Path) -> None:
    preview = TablePreview(2, (Column("n", "Int64"),), ((1,), (2,)))
    page = one_asset(tmp_path, Asset(name="a/t", project="a", kind="table", table=preview))
    assert "1–2 of 2 rowsn" in page.text
    assert "files to download" not in page.text


def test_all_numbers_of_a_column_have_their_thousands_apart_or_none_has(tmp_path: Path) -> None:
    columns = (Column("flights", "Int64", max=48_880), Column("year", "Int64", min=2012, max=2013), Column("late", "f"))
    preview = TablePreview(2, columns, ((2845, 2012, 1234.5), (48_880, 2013, 9.5)))
    page = one_asset(tmp_path, Asset(name="a/t", project="a", kind="table", table=preview))
    assert [cell.text for cell in page.all("td")[:6]] == ["2,845", "2012", "1234.5", "48,880", "2013", "9.5"]


def test_distinct_values_are_not_said_to_be_counted_beyond_what_was(tmp_path: Path) -> None:
    columns = (Column("a", "Int64", distinct=10_000), Column("b", "Int64", distinct=9_999))
    preview = TablePreview(20_000, columns, ((1, 1),))
    page = one_asset(tmp_path, Asset(name="a/t", project="a", kind="table", table=preview))
    said = [cell.text for cell in page.all("td")]
    assert "10,000+" in said
    assert "9,999" in said


@pytest.mark.parametrize(
    ("value", "embedded", "shown"),
    [
        (None, None, "–"),
        (2**60, str(2**60), str(2**60)),
        (-3, -3, "−3"),
        (1234.5, 1234.5, "1234.5"),
        (-1234.5, -1234.5, "−1234.5"),
        (12345.678, 12345.678, "12,345.678"),
        (float("nan"), "not a number", "not a number"),
        (1e-9, 1e-9, "1e-09"),
        (True, True, "true"),
        ([1, {"a": "<"}], '[1, {"a": "<"}]', '[1, {"a": "<"}]'),
        (AT, "2026-11-22 00:00:00", "2026-11-22 00:00:00"),
        (date(2026, 11, 22), "2026-11-22", "2026-11-22"),
    ],
)
def test_a_cell_is_shown_and_embedded_without_loss(tmp_path: Path, value: Any, embedded: Any, shown: str) -> None:
    preview = TablePreview(1, (Column("c", "Any"),), ((value,),))
    page = one_asset(tmp_path, Asset(name="a/t", project="a", kind="table", table=preview))
    data = next(element for element in page.all("script") if "data-rows" in element.attributes)
    assert json.loads(data.text)["rows"] == [[embedded]]
    assert page.all("td")[0].text == shown


def test_instants_are_shown_without_letters_and_look_alikes_as_they_are(tmp_path: Path) -> None:
    written = "2013-01-01T10:00:00.500000+00:00"
    preview = TablePreview(1, (Column("at", "Datetime('us', 'UTC')"), Column("text", "String")), ((written, written),))
    page = one_asset(tmp_path, Asset(name="a/t", project="a", kind="table", table=preview))
    assert [cell.text for cell in page.all("td")[:2]] == ["2013-01-01 10:00:00.5", written]


def test_an_empty_table_has_a_page(tmp_path: Path) -> None:
    page = one_asset(tmp_path, Asset(name="a/t", project="a", kind="table", table=TablePreview(0, (), ())))
    assert page.faults == []
    assert "This table has no rows." in page.text
    assert "1–" not in page.text


@pytest.mark.parametrize(
    ("number", "previous", "how", "said"),
    [
        (1, None, None, ""),
        (None, None, None, ""),
        (2, 1, "changed", "changed in this release"),
        (2, 1, "added", "new in this release"),
        (2, 1, None, ""),
    ],
)
def test_only_what_differs_from_the_release_before_is_said_to_be_new_or_changed(
    tmp_path: Path, number: int | None, previous: int | None, how: str | None, said: str
) -> None:
    asset = Asset(name="a/m", project="a", kind="metric", facts={"value": 1}, made_at=AT,
                  changed_in=number if how or previous is None else 1)  # fmt: skip
    site.write(
        small(
            release=Release(channel="main", number=number, at=AT, previous=previous),
            projects=(Project(name="a"),),
            assets=(asset,),
            changes=(Change(name="a/m", kind="metric", how=how, after={"value": 1}),) if how else (),
        ),
        tmp_path,
    )
    home, project, page = (pages(tmp_path)[path].text for path in ("index.html", "a/index.html", "a/m/index.html"))
    for text in (home, project):
        assert ("changed in this release" in text) == (said == "changed in this release")
        assert ("new in this release" in text) == (said == "new in this release")
    assert ("in this release" in page) == bool(said)
    assert ("Unchangedsince release 1" in page) == (previous is not None and not said)


def test_a_project_of_tables_alone_shows_them_on_the_first_page(tmp_path: Path) -> None:
    tables = tuple(Asset(name=f"a/t{number}", project="a", kind="table", facts={"rows": 1}) for number in range(8))
    site.write(small(projects=(Project(name="a"),), assets=tables), tmp_path)
    home = pages(tmp_path)["index.html"].text
    card = home[home.index("Projectsa") : home.index("Everything")]
    assert "t0t1t2t3t4t52 more" in card


def test_a_number_stands_before_everything_but_a_warning(tmp_path: Path) -> None:
    asset = Asset(name="a/m", project="a", kind="metric", facts={"value": 12_345}, unit="min", made_at=AT)
    broken = Check(name="a/is_small", asset="a/m", severity="warn", outcome="broken", message="too large.")
    text = one_asset(tmp_path, asset, checks=(broken,)).text
    assert "1 check did not hold. is small: too large. Details" in text
    assert text.index("did not hold") < text.index("12,345") < text.index("1 of 1 warns") < text.index("Made")


def test_a_folder_s_files_are_called_by_their_paths(tmp_path: Path) -> None:
    files = tuple(
        File(name=name, media=media, size=1, source=lambda: b"x")
        for name, media in (("a.txt", "text/plain"), ("sub/b.csv", "text/csv"))
    )
    page = one_asset(tmp_path, Asset(name="a/f", project="a", kind="file", files=files))
    assert [link.text for link in page.all("a") if "download" in link.attributes] == [
        "a.txt1\u00a0B",
        "sub/b.csv1\u00a0B",
    ]


def test_a_notebook_s_code_is_in_its_document(tmp_path: Path) -> None:
    provenance = Provenance(step="a/n", step_kind="notebook", path="n.ipynb", line=1, reasons=("never made",))
    text = one_asset(tmp_path, Asset(name="a/n", project="a", kind="document", provenance=provenance)).text
    assert "in n.ipynb." in text
    assert "The cells of the notebook" in text
    assert "it had not been made before" in text


@pytest.mark.parametrize(("severity", "look"), [("warn", "warned"), ("error", "broken")])
def test_the_graph_tells_a_warning_from_a_broken_result(tmp_path: Path, severity: str, look: str) -> None:
    node = Node(name="a/m", kind="metric", project="a")
    page = {
        "graph": Graph((node,), ()),
        "assets": (Asset(name="a/m", project="a", kind="metric", facts={"value": 1}),),
        "checks": (Check(name="a/c", asset="a/m", severity=severity, outcome="broken"),),
    }
    site.write(small(**page), tmp_path)
    drawn = [element.attributes.get("class") for element in pages(tmp_path)["graph/index.html"].elements]
    assert f"node {look}" in drawn


def test_a_metric_shows_its_delta_and_its_course(readings: dict[str, Reading]) -> None:
    page = readings["delays/median_delay/index.html"]
    assert "+0.51\u00a0min (+4.2\u00a0%) since release 11, when it was 12.03\u00a0min." in page.text
    assert "exactly 12.5384" in page.text
    assert len([svg for svg in page.all("svg") if svg.attributes.get("class") == "course"]) == 1
    assert "Release 1" in page.text


@pytest.mark.parametrize(
    ("value", "history"),
    [
        (3, ()),
        (3, (1, 3)),
        ("a", ("b", "a")),
        (True, (False, True)),
        (float("nan"), (1.0, float("nan"))),
        (5, (5, 5, 5)),
    ],
)
def test_a_metric_of_any_past_has_a_page(tmp_path: Path, value: Any, history: tuple[Any, ...]) -> None:
    points = tuple(HistoryPoint(number, AT, past) for number, past in enumerate(history, 1))
    page = one_asset(tmp_path, Asset(name="a/m", project="a", kind="metric", facts={"value": value}, history=points))
    assert page.faults == []


def test_where_it_comes_from_tells_code_inputs_surroundings_and_reasons(readings: dict[str, Reading]) -> None:
    page = readings["delays/carriers/index.html"]
    for said in (
        "projects/delays/carriers.py:6", "def carriers(flights: pl.LazyFrame", "delays/flights", "polars",
        "Python 3.11.2", "late_from", "27,434 rows are new", "412.0\u00a0MB", "delays/worst_routes",
        "def ranked(",
    ):  # fmt: skip
        assert said in page.text
    assert "../flights/index.html" in [url for _, url in page.pointers()]


def test_marks_are_explained_where_they_show(readings: dict[str, Reading]) -> None:
    page = readings["delays/report/index.html"]
    assert "unpinned" in page.text
    assert "reached a server or another machine" in page.text
    assert "it reached 192.0.2.7:443" in page.text
    assert "unpinned, partial" in readings["index.html"].text


def test_a_broken_check_is_said_before_the_result(readings: dict[str, Reading]) -> None:
    page = readings["delays/carriers/index.html"].text
    assert page.index("1 check did not hold") < page.index("ExpressJet")
    checks = readings["checks/index.html"].text
    assert checks.index("every carrier is named") < checks.index("delays are possible")
    assert "2 of 2 offending rows" not in checks, "the message says it already"
    assert "Q<" in checks


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([], "No checks"),
        (["passed"], "The one check passed"),
        (["passed", "passed"], "All 2 checks passed"),
        (["passed", "not run"], "1 of 2 checks not run"),
        (["broken", "not run", "failed"], "2 of 3 checks broken"),
    ],
)
def test_a_check_that_did_not_run_never_counts_as_passed(tmp_path: Path, outcomes: list[str], said: str) -> None:
    checks = tuple(Check(name=f"c{number}", asset="a/m", outcome=outcome) for number, outcome in enumerate(outcomes))
    site.write(small(checks=checks), tmp_path)
    home = pages(tmp_path)["index.html"].text
    assert said in home
    assert ("✓" in home) == (bool(outcomes) and set(outcomes) == {"passed"})


@pytest.mark.parametrize(
    ("severities", "look"), [(["warn"], "status warn"), (["warn", "error"], "status bad"), (["error"], "status bad")]
)
def test_a_broken_warning_is_quieter_than_a_broken_error(tmp_path: Path, severities: list[str], look: str) -> None:
    checks = tuple(
        Check(name=f"a/c_{number}", asset="a/m", outcome="broken", severity=severity)
        for number, severity in enumerate(severities)
    )
    page = one_asset(tmp_path, Asset(name="a/m", project="a", kind="metric", facts={"value": 1}), checks=checks)
    assert look in [element.attributes.get("class") for element in page.elements]
    assert ("banner" in [element.attributes.get("class") for element in page.elements]) == (look == "status warn")
    assert "c 0" in page.text
    assert "a/c" not in page.text
    assert f"{len(checks)} of {len(checks)} check" in pages(tmp_path)["index.html"].text


@pytest.mark.parametrize(
    ("number", "previous", "said"),
    [
        (None, None, "There is no release to compare with; this snapshot holds 0 results."),
        (1, None, "This is the first release, with 0 results."),
        (3, 2, "Nothing since release 2: 0 results unchanged."),
    ],
)
def test_where_nothing_changed_it_says_since_when(
    tmp_path: Path, number: int | None, previous: int | None, said: str
) -> None:
    site.write(small(release=Release(channel="main", number=number, at=AT, previous=previous)), tmp_path)
    assert said in pages(tmp_path)["index.html"].text


def test_an_asset_whose_bytes_are_gone_says_how_to_make_them(tmp_path: Path) -> None:
    page = one_asset(tmp_path, Asset(name="a/t", project="a", kind="table"))
    assert "onward get a/t" in page.text


def test_a_snapshot_that_was_never_released_says_so(tmp_path: Path) -> None:
    release = Release(channel=None, number=None, at=AT, commit="ab" * 20, dirty=True)
    site.write(small(release=release, missing=("a/x", "a/y")), tmp_path)
    home = pages(tmp_path)["index.html"].text
    assert "Unreleased snapshot" in home
    assert "Missing: a/x, a/y." in home
    assert "changes that were not committed" in home


def test_content_that_is_not_there_leaves_the_old_site(tmp_path: Path) -> None:
    site.write(small(), tmp_path / "site")
    before = (tmp_path / "site" / "index.html").read_bytes()
    lost = File(name="x.csv", media="text/csv", size=3, source=tmp_path / "lost.csv")
    with pytest.raises(StoreError, match=r"x\.csv"):
        site.write(small(assets=(Asset(name="a/f", project="a", kind="file", files=(lost,)),)), tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_many_files_are_folded_and_all_there(tmp_path: Path) -> None:
    files = tuple(
        File(name=f"part/{number}.csv", media="text/csv", size=1, source=lambda: b"x") for number in range(30)
    )
    page = one_asset(tmp_path, Asset(name="a/f", project="a", kind="file", files=files))
    links = [link.attributes["href"] for link in page.all("a") if "download" in link.attributes]
    assert links == [file.name for file in files]
    assert "22 more" in page.text
    assert all((tmp_path / "a/f" / str(link)).read_bytes() == b"x" for link in links)


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RefusedError):
        site.write(small(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_files_are_copied_byte_for_byte_from_paths_and_functions(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"\x00\r\n\xff")
    files = (
        File(name="A.bin", media="application/octet-stream", size=4, source=tmp_path / "blob"),
        File(name="a.bin", media="application/octet-stream", size=4, source=lambda: b"2"),
        File(name="index.html", media="text/html", size=4, source=lambda: b"3"),
    )
    asset = Asset(name="a/f", project="a", kind="file", files=files)
    paths = [path for path in site.write(small(assets=(asset,)), tmp_path / "site") if path.startswith("a/f/")]
    found = {(tmp_path / "site" / path).read_bytes() for path in paths}
    assert len({path.casefold() for path in paths}) == 4
    assert {b"\x00\r\n\xff", b"2", b"3"} <= found


def hostile(name: str = HOSTILE) -> SiteContent:
    """A site each of whose texts would like to be markup."""
    asset = f"{name}/{name}"
    text = File(name=name, media="text/plain", size=3, source=HOSTILE.encode)
    code = Excerpt(path=name, line=1, text=name, language="python", symbol=name)
    common: dict[str, Any] = {"project": name, "title": name, "doc": name, "unit": name, "marks": {name: (name,)}}
    preview = TablePreview(
        1,
        (Column(name, name, min=name, max=name, top=((name, 1),), histogram=((name, name, 1),)),),
        ((name,),),
    )
    provenance = Provenance(
        step=name,
        step_kind=name,
        path=name,
        commit=name,
        code=(code, code),
        inputs=(Input(name=name, kind=name, version=name),),
        parameters={name: name},
        reasons=(name,),
    )
    markdown = File(name="x.md", media="text/markdown", size=1, source=lambda: name.encode("utf-8", "replace"))
    page = File(name="x.html", media="text/html", size=1, source=lambda: name.encode("utf-8", "replace"))
    picture = File(name=name + ".png", media="image/png", size=1, source=bytes)
    change = Change(name=asset, kind=name, how="changed", project=name, title=name, unit=name, summary=name)
    cause = Cause("data", name, name)
    differing = AssetDiff(asset, name, "changed", name, {"sample": name}, causes=(cause,), title=name)
    check = CheckDiff(name, asset, "error", "passed", "broken", 1, name)
    comparison = Comparison(
        report=replace(review_sample.report(a=name, b=name, checks=(check,)), assets=(differing,)),
        pictures={asset: (File(name="before", media="image/png", size=0, source=bytes),)},
        projects={asset: name},
    )
    told: dict[str, Any] = {"by": name, "note": name, "commit": name, "at": AT}
    release = Move(
        kind="release", sequence=2, number=2, before=1, since=AT, changes=(change,), comparison=comparison, **told
    )
    back = Move(kind="rollback", sequence=3, number=1, before=2, since=AT, changes=(change,), **told)
    preview_of = Preview(channel=f"preview/{name}", number=1, comparison=comparison, **told)
    return SiteContent(
        workspace=name,
        release=Release(channel=name, number=2, at=AT, commit=name, note=name, previous=1),
        moves=(back, release),
        previews=(preview_of,),
        projects=(Project(name=name, title=name, owner=name, question=name, readme=name),),
        assets=(
            Asset(
                name=asset, kind="table", table=preview, provenance=provenance,
                used_by=(name, asset), **common
            ),
            Asset(name=asset + "m", kind="metric", facts={"value": name}, **common),
            Asset(name=asset + "o", kind="model", facts={name: name, "parameters": {name: name}}, **common),
            Asset(name=asset + "d", kind="document", files=(page,), **common),
            Asset(name=asset + "e", kind="document", files=(markdown,), **common),
            Asset(name=asset + "p", kind="figure", files=(picture,), **common),
            Asset(name=asset + "f", kind="file", files=(text,), **common),
            Asset(name=asset + "k", kind=name, **common),
        ),
        checks=(
            Check(
                name=name, asset=asset, outcome="broken", message=name, doc=name, code=code,
                offending=OffendingRows(1, (name,), ((name,),)),
            ),
            Check(name=name, asset=name, outcome=name),
        ),
        graph=Graph(
            (Node(name=asset, kind=name, project=name), Node(name=name, kind="source")), ((name, asset),)
        ),
        changes=(
            Change(name=asset, kind=name, how="changed", title=name, summary=name),
            Change(
                name=asset + "m", kind="metric", how="changed", before={"value": name}, after={"value": "b"}
            ),
            Change(name=name, kind="table", how="removed", title=name),
        ),
        missing=(name,),
    )  # fmt: skip


@settings(max_examples=10)
@given(
    st.sampled_from([HOSTILE, "<!--", "a/b/../..", "&lt;", "\u202e\u0000", "\ud83d"]) | st.text(min_size=1, max_size=12)
)
def test_no_name_and_no_value_becomes_markup(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    out = tmp_path_factory.mktemp("hostile")
    site.write(hostile(name), out)
    for path, reading in pages(out).items():
        assert reading.faults == [], path
        sources = [element.attributes.get("src") for element in reading.all("script") if "src" in element.attributes]
        assert len(sources) == 1, path
        for element in reading.elements:
            assert not any(attribute.startswith("on") for attribute in element.attributes), path
            assert element.attributes.get("src") != "x", path
    assert dead_ends(out) == []
    assert fetched_from_elsewhere(out) == []


def test_a_large_graph_is_drawn_project_by_project(tmp_path: Path) -> None:
    count = 400
    assets = tuple(
        Asset(name=f"p{number % 8}/t{number}", project=f"p{number % 8}", kind="table") for number in range(count)
    )
    nodes = tuple(Node(name=asset.name, kind="table", project=asset.project) for asset in assets)
    edges = tuple((assets[number // 2].name, assets[number].name) for number in range(1, count))
    site.write(small(assets=assets, graph=Graph(nodes, edges)), tmp_path)
    found = pages(tmp_path)
    graph = found["graph/index.html"]
    boxes = [element for element in graph.elements if "data-node" in element.attributes]
    assert sorted(box.attributes["href"] or "" for box in boxes) == [f"../p{n}/index.html#graph" for n in range(8)]
    assert dead_ends(tmp_path) == []
    assert any(svg.attributes.get("class") == "graph" for svg in found["p0/index.html"].all("svg"))
    assert len(graph.all("tr")) == count + 1


def test_boxes_of_the_graph_are_links_and_sources_are_not(readings: dict[str, Reading]) -> None:
    boxes = [element for element in readings["graph/index.html"].elements if "data-node" in element.attributes]
    links = {box.attributes["href"] for box in boxes if box.tag == "a"}
    assert "../delays/flights/index.html" in links
    assert len([box for box in boxes if box.tag == "g"]) == 5  # four sources and a result that is missing


def test_a_preview_from_plain_values_is_the_same_as_from_structs() -> None:
    described = {
        "rows": 2,
        "columns": [
            {
                "name": "a", "type": "Int64", "missing": 0, "distinct": 2, "min": 1, "max": 2, "mean": 1.5,
                "histogram": [[1, 2, 2]], "top": None,
            }
        ],
        "head": [[1], [2]],
    }  # fmt: skip
    column = Column("a", "Int64", 0, 2, 1, 2, 1.5, ((1, 2, 2),), None)
    assert nouns.table_preview(described) == TablePreview(2, (column,), ((1,), (2,)))
    with pytest.raises(msgspec.ValidationError):
        nouns.table_preview({"rows": "many", "columns": [], "head": []})


def _png() -> bytes:
    return sample.png(30, 20)


@pytest.mark.parametrize(
    ("media", "raw", "size"),
    [
        ("image/png", _png, ("30", "20")),
        ("image/svg+xml", lambda: b'<svg width="72pt" height="36pt"></svg>', ("96", "48")),
        ("image/svg+xml", lambda: b'<?xml version="1.0"?><svg viewBox="0 0 400 300.4">', ("400", "300")),
        ("image/svg+xml", lambda: b'<svg width="100%">', (None, None)),
        ("image/png", lambda: b"broken", (None, None)),
    ],
)
def test_a_picture_keeps_its_room(
    tmp_path: Path, media: str, raw: Callable[[], bytes], size: tuple[str | None, str | None]
) -> None:
    file = File(name="x.png", media=media, size=9, source=raw)
    image = one_asset(tmp_path, Asset(name="a/f", project="a", kind="figure", files=(file,))).all("img")[0]
    assert (image.attributes.get("width"), image.attributes.get("height")) == size


def test_html_that_is_not_well_formed_is_noticed() -> None:
    assert read("<p><b>x</p>").faults
    assert read("<div>").faults
    assert read('<i id="a"></i><i id="a"></i>').faults
    assert read("<p>x</p>").faults == []
