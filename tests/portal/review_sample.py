"""A difference with something of everything, as the review page takes it in."""

from __future__ import annotations

from typing import Any

from onward.app.changes.causes import CODE, DATA, ENVIRONMENT, Cause
from onward.app.comparing.diff import AssetDiff, CheckDiff, DiffReport
from onward.base.digest import digest_text
from onward.model.difference import Picture
from onward.model.records import Origin, Run
from tests.portal.drawn import bars_svg, png

MAY = Cause(DATA, "data/flights/2013-05.csv", "28,796 rows came in with `data/flights/2013-05.csv`", 28_796)
JUNE = Cause(DATA, "data/flights/2013-06.csv", "28,243 rows came in with `data/flights/2013-06.csv`", 28_243)
EDIT = Cause(CODE, "delays.carriers", "`delays.carriers` changed", where="lib/delays.py:12")
POLARS = Cause(ENVIRONMENT, "polars", "polars 1.33.0 → 1.34.0")


def report(*assets: AssetDiff, checks: tuple[CheckDiff, ...] = (), a: str = "main", b: str = "work") -> DiffReport:
    """A report of the sample's assets, or of those given."""
    return DiffReport(a, b, run("a", dirty=False), run("b", dirty=True), assets or everything(), checks)


def run(name: str, *, dirty: bool, complete: bool = True) -> Run:
    digest = digest_text(name)
    origin = Origin(commit="3f2bd71c9a", dirty=dirty)
    return Run(
        format=1, id=name, at="2026-11-25T21:33:00+00:00", seconds=1.0, basis=digest, snapshot=digest,
        complete=complete, missing=(), origin=origin, catalogue=digest, environment=digest, steps={}, checks={},
        artifacts={},
    )  # fmt: skip


def changed(name: str, kind: str, summary: str, detail: dict[str, Any], **more: Any) -> AssetDiff:
    return AssetDiff(name, kind, "changed", summary, detail, **more)


def checks() -> tuple[CheckDiff, ...]:
    broke = {"before": "passed", "after": "broken", "rows": {"before": 0, "after": 3}, "offending": offending()}
    named = "delays/every_carrier_is_named"
    return (
        CheckDiff(named, "delays/carriers", "error", "broken", "passed", 0, None, "broken → passed"),
        CheckDiff(
            "delays/plausible", "delays/median_delay", "error", "passed", "broken", 3, "`delay` is below −60",
            "passed → broken on 3 rows", broke,
        ),
        CheckDiff("delays/often", "delays/carriers", "warn", None, "broken", 1, "1 airline has few flights"),
        CheckDiff("delays/old", "delays/carriers", "error", "passed", None, None, None, "gone"),
        CheckDiff(
            "delays/late", "delays/carriers", "error", "broken", "broken", 2, None, "still broken, on other rows"
        ),
    )  # fmt: skip


def offending() -> dict[str, Any]:
    rows = [{"change": "added", "key": {}, "after": {"carrier": name, "delay": -61.5}} for name in ("AA", "OO", "YV")]
    return {
        "rows": {"before": 0, "after": 3, "added": 3, "removed": 0, "changed": 0},
        "key": [],
        "schema": {},
        "columns": [],
        "sample": rows,
    }


def everything() -> tuple[AssetDiff, ...]:
    equal = [("untouched", "sales/orders"), ("untouched", "sales/margin"), ("made again", "weather/storms")]
    return (
        median_delay(),
        carriers(),
        through_the_day(),
        notebook(),
        notes(),
        config(),
        pages(),
        model(),
        changed("delays/app", "gadget", "does `something` else now", {"unheard": ["of"], "sample": [{"odd": 1}]}),
        AssetDiff(
            "delays/flights_in_all", "metric", "added", "new: 336,776 flights",
            {"before": None, "after": 336_776, "unit": "flights", "delta": None, "relative": None}, causes=(EDIT,),
        ),
        AssetDiff("delays/old_share", "metric", "removed", "no longer made", {}),
        *(AssetDiff(name, "table", "equal", "equal", {}, how_equal=how) for how, name in equal),
        AssetDiff("weather/fit", "model", "equal", "3 values differ by rounding alone", {}, how_equal="noise"),
    )  # fmt: skip


def median_delay(before: float = 12.5, after: float = 11.9) -> AssetDiff:
    course = [{"release": number, "value": value} for number, value in enumerate((12.1, 12.3, 12.2, before), start=9)]
    detail = {"before": before, "after": after, "unit": "min", "delta": after - before, "relative": -0.048}
    return changed(
        "delays/median_delay", "metric", "12.5 → 11.9 min (−0.6, −4.8 %): 57,039 rows came in with 2 new files in "
        "`data/flights`", detail | {"course": course}, causes=(MAY, JUNE), title="Median delay", is_published=True,
        is_checked=True, is_unusual=True,
    )  # fmt: skip


def carriers() -> AssetDiff:
    delay = {
        "name": "delay", "changed": 12, "rising": 2, "falling": 10, "greatest": 4.3, "mean": 1.43125,
        "before": {"min": 1.0, "mean": 14.19, "max": 21.0, "missing": 0, "histogram": [4, 2, 6, 4]},
        "after": {"min": 1.0, "mean": 12.87, "max": 21.0, "missing": 2, "histogram": [6, 4, 4, 3]},
        "bins": [1.0, 6.0, 11.0, 16.0, 21.0],
    }  # fmt: skip
    hub = {
        "name": "hub", "changed": 1, "before": {"distinct": 3, "missing": 0}, "after": {"distinct": 2, "missing": 0},
        "values": [{"value": "EWR", "before": 8, "after": 12}, {"value": "JFK", "before": 8, "after": 5}],
    }  # fmt: skip
    detail = {
        "rows": {"before": 16, "after": 17, "added": 2, "removed": 1, "changed": 12},
        "key": ["carrier"],
        "paired": "by key",
        "tolerance": 1e-9,
        "schema": {
            "added": {"cancelled": "DOUBLE"},
            "removed": {"late": "DOUBLE"},
            "retyped": {"flights": {"before": "BIGINT", "after": "INTEGER"}},
            "renamed": {"hub": {"before": "base", "after": "hub"}},
        },
        "columns": [hub, delay],
        "sample": [
            {"change": "changed", "key": {"carrier": "AA"}, "before": {"delay": 13.5}, "after": {"delay": 12.25}},
            {"change": "added", "key": {"carrier": "OO"}, "after": {"delay": 8.0, "hub": "EWR"}},
            {"change": "removed", "key": {"carrier": "YV"}, "before": {"delay": None, "hub": "JFK"}},
        ],
    }
    told = "2 rows came in, 1 went, 12 changed in `delay`: 57,039 rows came in with 2 new files in `data/flights`, `delays.carriers` changed (`lib/delays.py:12`)"  # noqa: E501
    return changed("delays/carriers", "table", told, detail, causes=(MAY, JUNE, EDIT), is_published=True)


def through_the_day() -> AssetDiff:
    svg = bars_svg().encode()
    pictures = (
        Picture("before", "image/svg+xml", svg),
        Picture("after", "image/svg+xml", svg.replace(b"<svg", b"<svg data-later='yes'", 1)),
        Picture("moved", "image/png", png(320, 180)),
    )
    looks = {"changed": 1, "sample": [
        {"part": "title", "path": "layout.title", "change": "changed", "before": "Delay", "after": "Lag"}
    ]}  # fmt: skip
    detail = {"form": "specification", "library": "plotly", "looks": looks,
              "points": {"before": 24, "after": 24, "added": 0, "removed": 0, "changed": 3}}  # fmt: skip
    return changed(
        "delays/through_the_day", "figure", "title Delay → Lag; 3 points changed", detail, pictures=pictures,
        causes=(POLARS,),
    )  # fmt: skip


def hunk(before: str, after: str) -> dict[str, Any]:
    return {
        "before": 4,
        "after": 4,
        "lines": [
            {"sign": " ", "words": [["The flights of a day", False]]},
            {"sign": "-", "words": [["are ", False], [before, True], [" late", False]]},
            {"sign": "+", "words": [["are ", False], [after, True], [" late", False]]},
            {"sign": "+", "words": [["and that is new", True]]},
        ],
    }


def notebook() -> AssetDiff:
    cell = {"kind": "code", "change": "changed", "before": 3, "after": 3, "parts": [
        {"what": "text", "summary": "12.5 → 11.9", "hunks": [hunk("12.5", "11.9")]}
    ]}  # fmt: skip
    gone = {"kind": "markdown", "change": "removed", "before": 5, "after": None, "parts": []}
    cells = {"before": 9, "after": 8, "added": 0, "removed": 1, "changed": 1}
    detail = {"form": "notebook", "cells": cells, "sample": [cell, gone]}
    return changed("delays/report", "document", "cell 3: 12.5 → 11.9; 1 cell went", detail)


def notes() -> AssetDiff:
    lines = {"before": 9, "after": 10, "added": 1, "removed": 0, "changed": 1}
    detail = {"form": "text", "lines": lines, "hunks": [hunk("half", "a third")]}
    return changed("delays/notes.txt", "file", "1 line changed, 1 came in: half → a third", detail)


def config() -> AssetDiff:
    sample = [
        {"path": "model.rmse", "change": "changed", "before": 12.5, "after": 11.9},
        {"path": "model.tags[0]", "change": "added", "after": "weekly"},
    ]
    detail = {"form": "json", "values": {"compared": 3, "added": 1, "removed": 0, "changed": 1}, "sample": sample}
    return changed("delays/config.json", "file", "1 value changed, 1 came in: `model.rmse` 12.5 → 11.9", detail)


def pages() -> AssetDiff:
    inner = notes()
    parts = {
        "added": {"count": 12, "names": ["b.txt"]},
        "removed": {"count": 0, "names": []},
        "changed": {"count": 1, "names": ["notes.txt"]},
        "noise": {"count": 0, "names": []},
    }
    told = {"name": "notes.txt", "summary": inner.summary, "share": 0.2, "detail": inner.detail}
    return changed("delays/pages", "file", "1 file changed, 12 came in", {"parts": parts, "changed": [told]})


def model() -> AssetDiff:
    name = "sklearn.linear_model._ridge.Ridge"
    sample = [{"path": "alpha", "change": "changed", "before": 0.1, "after": 0.5}]
    predictions = {
        "rows": 5000, "of": 8000, "changed": 312, "small": 12, "rising": 300, "falling": 12,
        "greatest": 3.1, "mean": 0.4, "moves": [], "examples": [{"row": 4, "before": 12.5, "after": 11.25}],
    }  # fmt: skip
    detail = {
        "class": {"before": name, "after": name},
        "parameters": {"added": 0, "removed": 0, "changed": 1, "sample": sample},
        "learned": {"added": 0, "removed": 0, "changed": 0, "sample": []},
        "predictions": predictions,
    }
    told = "312 of 5,000 predictions changed, by 0.4 in the mean and 3.1 at most; `alpha` 0.1 → 0.5"
    return changed("delays/fit", "model", told, detail)
