"""A made-up workspace as the portal gets it; `python -m tests.portal.sample DIR` writes its site."""

from __future__ import annotations

import math
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from onward.portal import site
from onward.portal.content import (
    Asset,
    Change,
    Check,
    Environment,
    Excerpt,
    File,
    Graph,
    HistoryPoint,
    Input,
    Node,
    OffendingRows,
    Project,
    Provenance,
    Release,
    RunFacts,
    SiteContent,
    TablePreview,
    table_preview,
)
from tests.portal import timeline_sample
from tests.portal.drawn import bars_svg, png

NOW = datetime(2026, 11, 22, 6, 12, 40, tzinfo=UTC)
COMMIT = "4be1f0c2a97d3e5568aa0b1c2d3e4f5061728394"

REPORT = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Delays</title>
<style>body {{ font: 16px/1.6 Georgia, serif; max-width: 46rem; margin: 2rem auto; color: #222 }}
table {{ border-collapse: collapse }} td, th {{ padding: 4px 14px 4px 0; border-bottom: 1px solid #ccc }}
#drawn {{ color: #0b5f59 }}</style></head>
<body><h1>Where delays come from</h1>
<p><a href="#second">To the findings</a> · <a href="https://example.org/">A page elsewhere</a></p>
<p>{"Half of all late flights are late before they leave. " * 12}</p>
<p id="drawn">Without scripts.</p>
<h2 id="second">Findings</h2><table><tr><th>Carrier</th><th>Median delay</th></tr>
<tr><td>ExpressJet</td><td>−1</td></tr><tr><td>Frontier</td><td>6</td></tr></table>
<p>{"Winter is worse than summer. " * 40}</p>
<script>document.getElementById("drawn").textContent = "Drawn by a script.";
try {{ window.reached = parent.document.title; }} catch (error) {{ window.reached = null; }}
document.getElementById("drawn").dataset.reached = String(window.reached);</script>
</body></html>
"""

QUERY = """-- One row per flight that left New York in 2013.
-- Delays are in minutes; negative ones are early.
select
    f.*,
    a.name as carrier_name,
    dep_delay > 15 as is_late
from flights_raw as f
left join airlines as a using (carrier)
where dep_time is not null
"""

CARRIERS = '''@asset(key=["carrier"])
def carriers(flights: pl.LazyFrame, airlines: pl.DataFrame) -> pl.DataFrame:
    """One row per carrier. Delays in minutes.

    A carrier without a flight is left out.
    """
    late = flights.filter(pl.col("dep_delay") > 15)  # 15 minutes is the regulator's line
    return (
        late.group_by("carrier")
        .agg(pl.len().alias("flights"), pl.col("dep_delay").median().alias("median_delay"))
        .collect()
        .join(airlines, on="carrier")
        .pipe(ranked, by="median_delay")
    )
'''


def write_sample(folder: Path) -> list[str]:
    """Writes the sample's site into `folder`."""
    return site.write(content(), folder)


def content() -> SiteContent:
    """The whole sample."""
    assets = (*_delays(), *_weather(), *_sales())
    return SiteContent(
        workspace="Acme Analytics",
        release=Release(
            channel="main", number=12, at=NOW, commit=COMMIT, note="November's flights are in.", previous=11
        ),
        moves=timeline_sample.moves(NOW),
        previews=timeline_sample.previews(NOW),
        projects=(
            Project(
                name="delays",
                title="Flight delays",
                owner="Mara Lindt",
                question="Which carriers are late, and is it the weather or is it them?",
                readme="# Flight delays\n\nWe look at every flight that left **New York**.\n\n"
                "- A delay is counted from 15 minutes on.\n- Cancelled flights are left out.\n\n"
                "See [the report](report.ipynb) and [the regulator](https://example.org/rules).\n\n"
                "| Airport | Code |\n|---|---|\n| Newark | EWR |\n| Kennedy | JFK |\n",
            ),
            Project(name="weather", title="Weather", owner="Jonas Öst", question="How hard did it blow?"),
            Project(
                name="Umsatz & Märkte",
                title="Umsatz & Märkte",
                owner="Aiko Tanaka",
                question="Wie viel, wo, und warum?",
            ),
        ),
        assets=assets,
        checks=_checks(),
        graph=_graph(assets),
        changes=_changes(),
        run=RunFacts(
            id="01JD9K3QW8ZP6V2N", started_at=NOW - timedelta(minutes=4), seconds=83.4, made=4, kept=11,
            onward="0.1.0",
        ),
    )  # fmt: skip


def _history(last: float, wobble: float, digits: int = 1) -> tuple[HistoryPoint, ...]:
    return tuple(
        HistoryPoint(
            number,
            NOW - timedelta(days=7 * (12 - number)),
            round(last + wobble * math.sin(number * 1.7) * (12 - number) / 6, digits) if number < 12 else last,
        )
        for number in range(1, 13)
    )


def _made(name: str, path: str, line: int, code: str, language: str, inputs: tuple[Input, ...]) -> Provenance:
    return Provenance(
        step=name,
        step_kind="SQL query" if language == "sql" else "Python function",
        path=path,
        line=line,
        commit=COMMIT,
        code=(
            Excerpt(path=path, line=line, text=code, language=language, symbol=name.rpartition("/")[2]),
            Excerpt(
                path="lib/acme/ranking.py",
                line=8,
                text="def ranked(frame: pl.DataFrame, by: str) -> pl.DataFrame:\n    return frame.sort(by)\n",
                language="python",
                symbol="ranked",
            ),
        ),
        inputs=inputs,
        environment=Environment(
            python="3.11.2",
            platform="Linux x86_64",
            distributions=(
                ("duckdb", "2.0.1"),
                ("polars", "2.1.0"),
                ("pyarrow", "24.0.0"),
                ("tzdata", "2026b"),
            ),
        ),
        parameters={"late_from": 15, "airports": ["EWR", "JFK", "LGA"]},
        seconds=1.84,
        cpu_seconds=3.1,
        peak_memory=412_000_000,
        reasons=("the source `flights_raw` changed: 27,434 rows are new", "the function `ranked` changed"),
    )


def _delays() -> tuple[Asset, ...]:
    flights = Input(name="delays/flights", kind="table", version="9f86d081884c7d659a2feaa0c55ad015")
    raw = Input(name="flights_raw", kind="source", version="2c26b46b68ffc68ff99b453c1d304134")
    return (
        Asset(
            name="delays/flights",
            project="delays",
            kind="table",
            title="Flights",
            doc="One row per flight that left New York in 2013.\n\nDelays are in *minutes*.",
            facts={"rows": 336_776},
            files=(
                _file("flights.parquet", "application/vnd.apache.parquet", b"PAR1" + bytes(2000) + b"PAR1"),
                _file("flights.csv", "text/csv", b"year,month\n2013,1\n" * 400),
            ),
            content="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            made_at=NOW,
            changed_in=12,
            table=flights_table(),
            provenance=_made("delays/flights", "projects/delays/flights.sql", 1, QUERY, "sql", (raw,)),
            used_by=("delays/carriers", "delays/median_delay", "delays/report"),
        ),
        Asset(
            name="delays/carriers",
            project="delays",
            kind="table",
            doc="One row per carrier. Delays in minutes.",
            facts={"rows": 16},
            content="aa" * 32,
            made_at=NOW,
            changed_in=12,
            table=carriers_table(),
            provenance=_made("delays/carriers", "projects/delays/carriers.py", 6, CARRIERS, "python", (flights,)),
            used_by=("delays/worst_routes", "delays/report"),
        ),
        Asset(
            name="delays/median_delay",
            project="delays",
            kind="metric",
            title="Median delay",
            doc="Of all flights that were late, by how much half of them were.",
            unit="min",
            facts={"value": 12.5384},
            content="bb" * 32,
            made_at=NOW,
            changed_in=12,
            history=_history(12.5384, 2.4),
            provenance=_made("delays/median_delay", "projects/delays/carriers.py", 31, CARRIERS, "python", (flights,)),
            used_by=("delays/report",),
        ),
        Asset(
            name="delays/late_share",
            project="delays",
            kind="metric",
            title="Share of late flights",
            unit="%",
            facts={"value": 21.4},
            content="bc" * 32,
            made_at=NOW - timedelta(days=9),
            changed_in=10,
            history=_history(21.4, 1.1),
            marks={"unchecked": ()},
        ),
        Asset(
            name="delays/late_flights",
            project="delays",
            kind="metric",
            title="Late flights",
            facts={"value": 71_203},
            content="bd" * 32,
            made_at=NOW,
            changed_in=12,
            history=tuple(HistoryPoint(p.number, p.at, int(p.value)) for p in _history(71_203, 900, 0)),
        ),
        Asset(
            name="delays/by_hour",
            project="delays",
            kind="figure",
            title="Delay by hour of day",
            doc="Median departure delay in minutes, by the hour that a flight was planned for.",
            files=(
                _file("by_hour.svg", "image/svg+xml", bars_svg().encode()),
                _file("by_hour.vl.json", "application/vnd.vegalite.v5+json", b'{"mark": "bar"}'),
            ),
            content="be" * 32,
            made_at=NOW - timedelta(days=2),
            changed_in=11,
            used_by=(),
        ),
        Asset(
            name="delays/report",
            project="delays",
            kind="document",
            title="Where delays come from",
            doc="What we found, for those who plan the timetable.",
            files=(
                _file("report.html", "text/html; charset=utf-8", REPORT.encode()),
                _file("report.ipynb", "application/x-ipynb+json", b'{"cells": []}'),
            ),
            marks={"unpinned": ("it reached 192.0.2.7:443",), "partial": ()},
            content="bf" * 32,
            made_at=NOW,
            changed_in=12,
        ),
        Asset(
            name="delays/late_model",
            project="delays",
            kind="model",
            title="Which flight will be late",
            doc="Gradient boosting on what is known an hour before departure.",
            facts={
                "class": "sklearn.ensemble.HistGradientBoostingClassifier",
                "parameters": {"max_depth": 6, "learning_rate": 0.1, "class_weight": None},
            },
            files=(_file("late_model.joblib", "application/octet-stream", bytes(900)),),
            content="c0" * 32,
            made_at=NOW - timedelta(days=30),
            changed_in=7,
            marks={"unstable": ()},
        ),
    )


def _weather() -> tuple[Asset, ...]:
    return (
        Asset(
            name="weather/gusts",
            project="weather",
            kind="figure",
            title="Strongest gust of each day",
            files=(_file("gusts.png", "image/png", png(320, 120)),),
            content="d0" * 32,
            made_at=NOW - timedelta(hours=30),
            changed_in=11,
        ),
        Asset(
            name="weather/strongest_gust",
            project="weather",
            kind="metric",
            title="Strongest gust",
            unit="km/h",
            facts={"value": 107},
            content="d1" * 32,
            made_at=NOW - timedelta(hours=30),
            changed_in=3,
            history=_history(107.0, 0.0),
        ),
        Asset(
            name="weather/notes",
            project="weather",
            kind="document",
            title="How it was measured",
            files=(
                _file(
                    "notes.md",
                    "text/markdown",
                    b"# How it was measured\n\nBy *three* stations, one at each airport.\n\n"
                    b"<b>not bold</b> ![away](https://example.org/x.png)\n\n## Gaps\n\nNone in May.\n",
                ),
            ),
            content="d2" * 32,
            made_at=NOW - timedelta(days=70),
            changed_in=2,
        ),
        Asset(
            name="weather/explorer",
            project="weather",
            kind="figure",
            title="Gusts to explore",
            files=(
                _file("spec.json", "application/vnd.plotly.v1+json", b'{"data": []}'),
                _file("figure.html", "text/html", b"<p id='plot'></p><script>plot.textContent='drawn'</script>"),
            ),
            content="d3" * 32,
            made_at=NOW - timedelta(days=1),
            changed_in=11,
        ),
        Asset(
            name="weather/only_a_spec",
            project="weather",
            kind="figure",
            title="Kept as its specification",
            files=(_file("spec.json", "application/vnd.plotly.v1+json", b'{"data": []}'),),
            content="d4" * 32,
        ),
    )


def _sales() -> tuple[Asset, ...]:
    project = "Umsatz & Märkte"
    return (
        Asset(
            name=f"{project}/Umsatz je Markt #1?",
            project=project,
            kind="metric",
            title="Umsatz je Markt",
            unit="€",
            facts={"value": 1_284_331.2},
            content="e0" * 32,
            made_at=NOW,
            changed_in=12,
        ),
        Asset(
            name=f"{project}/out/Märkte 100%.csv",
            project=project,
            kind="file",
            files=(_file("Märkte 100%.CSV", "text/csv", "Markt;Umsatz\nWien;12\nKöln;9\n".encode()),),
            content="e1" * 32,
            made_at=NOW,
            changed_in=12,
        ),
        Asset(name=f"{project}/Profit", project=project, kind="metric", facts={"value": -0.0132}, unit="%"),
        Asset(name=f"{project}/profit", project=project, kind="metric", facts={"value": True}),
        Asset(
            name=f"{project}/expired",
            project=project,
            kind="table",
            facts={"rows": 12},
            marks={"self-changing": ()},
        ),
    )


def _file(name: str, media: str, raw: bytes) -> File:
    return File(name=name, media=media, size=len(raw), source=lambda: raw)


def _checks() -> tuple[Check, ...]:
    return (
        Check(
            name="every_carrier_is_named",
            asset="delays/carriers",
            outcome="broken",
            message="2 carriers have no name",
            doc="A carrier without a name cannot be shown to anybody.",
            offending=OffendingRows(2, ("carrier", "name", "flights"), (("ZZ", None, 12), ("Q<", None, 3))),
            code=Excerpt(
                path="projects/delays/checks.py",
                line=14,
                text="@check(carriers)\ndef every_carrier_is_named(carriers: pl.DataFrame):\n"
                '    return carriers.filter(pl.col("name").is_null())\n',
                language="python",
                symbol="every_carrier_is_named",
            ),
        ),
        Check(name="delays_are_possible", asset="delays/flights", outcome="passed"),
        Check(name="one_row_per_flight", asset="delays/flights", outcome="passed", doc="No flight counts twice."),
        Check(name="delay_is_plausible", asset="delays/median_delay", outcome="passed"),
        Check(
            name="is_recent",
            asset="weather/strongest_gust",
            severity="warn",
            outcome="not run",
            message="its result was missing",
        ),
    )


def _changes() -> tuple[Change, ...]:
    return (
        Change(
            name="delays/median_delay", kind="metric", how="changed", unit="min",
            before={"value": 12.03}, after={"value": 12.5384},
        ),
        Change(name="delays/late_flights", kind="metric", how="changed",
               before={"value": 69_880}, after={"value": 71_203}),
        Change(name="delays/flights", kind="table", how="changed",
               before={"rows": 309_342}, after={"rows": 336_776}),
        Change(name="delays/carriers", kind="table", how="changed",
               summary="3 of 16 rows changed in `median_delay`"),
        Change(name="delays/report", kind="document", how="changed", summary="2 paragraphs changed"),
        Change(name="Umsatz & Märkte/Umsatz je Markt #1?", kind="metric", how="added", unit="€",
               after={"value": 1_284_331.2}),
        Change(name="delays/old_ranking", kind="table", how="removed", title="Old ranking"),
    )  # fmt: skip


def _graph(assets: tuple[Asset, ...]) -> Graph:
    sources = [Node(name=name, kind="source") for name in ("flights_raw", "airlines", "stations", "orders")]
    nodes = [Node(name=asset.name, kind=asset.kind, project=asset.project, title=asset.title) for asset in assets]
    nodes.append(Node(name="delays/worst_routes", kind="table", project="delays"))
    return Graph(
        tuple(sources + nodes),
        (
            ("flights_raw", "delays/flights"),
            ("airlines", "delays/flights"),
            ("airlines", "delays/carriers"),
            ("delays/flights", "delays/carriers"),
            ("delays/flights", "delays/median_delay"),
            ("delays/flights", "delays/late_share"),
            ("delays/flights", "delays/late_flights"),
            ("delays/flights", "delays/by_hour"),
            ("delays/flights", "delays/late_model"),
            ("weather/gusts", "delays/late_model"),
            ("delays/median_delay", "delays/report"),
            ("delays/carriers", "delays/report"),
            ("delays/by_hour", "delays/report"),
            ("delays/carriers", "delays/worst_routes"),
            ("stations", "weather/gusts"),
            ("stations", "weather/strongest_gust"),
            ("stations", "weather/explorer"),
            ("orders", "Umsatz & Märkte/Umsatz je Markt #1?"),
            ("orders", "Umsatz & Märkte/Profit"),
        ),
    )


def flights_table(count: int = 1_200) -> TablePreview:
    """A table with each kind of column, `count` rows of it embedded."""
    chance = random.Random(7)
    carriers = ["UA", "B6", "EV", "DL", "AA", "MQ"]
    rows: list[list[Any]] = []
    for number in range(count):
        delay = None if number % 41 == 7 else round(chance.gauss(6, 14), 1)
        rows.append(
            [
                2013, number % 12 + 1, f"2013-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
                chance.choice(carriers), 10_000 + number, delay, chance.choice(["EWR", "JFK", "LGA"]),
                None if delay is None else delay > 15,
            ]
        )  # fmt: skip
    return table_preview(
        {
            "rows": 336_776,
            "every": 281,
            "columns": [
                _column("year", "Int64", distinct=1, least=2013, mean=2013.0, greatest=2013),
                _column("month", "Int64", distinct=12, least=1, mean=6.55, greatest=12,
                        histogram=[[m, m + 1, 27_000 + (m * 7919) % 2400] for m in range(1, 13)]),
                _column("date", "Date", distinct=365, least="2013-01-01", greatest="2013-12-31T00:00:00"),
                _column("carrier", "String", distinct=16,
                        top=[["UA", 58_665], ["B6", 54_635], ["EV", 54_173], ["DL", 48_110]]),
                _column("flight", "Int64", distinct=3844, least=1, mean=1971.9, greatest=8500,
                        histogram=[[k * 500, k * 500 + 500, max(0, 60_000 - k * 4_000)] for k in range(17)]),
                _column("dep_delay", "Float64", missing=8255, distinct=527, least=-43.0, mean=12.639070,
                        greatest=1301.0, histogram=[[k, k + 4, bell(k)] for k in range(-43, 60, 4)]),
                _column("origin", "String", distinct=3,
                        top=[["EWR", 120_835], ["JFK", 111_279], ["LGA", 104_662]]),
                _column("is_late", "Boolean", missing=8255, distinct=2,
                        top=[[False, 257_318], [True, 71_203]]),
            ],
            "head": rows,
        }
    )  # fmt: skip


def bell(place: int) -> int:
    """Rows in a bin of a distribution with one hump."""
    return int(90_000 * math.exp(-((place + 2) ** 2) / 300)) + 40


def _column(name: str, kind: str, **known: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "missing": known.get("missing", 0),
        "distinct": known.get("distinct"),
        "min": known.get("least"),
        "max": known.get("greatest"),
        "mean": known.get("mean"),
        "histogram": known.get("histogram"),
        "top": known.get("top"),
    }


def carriers_table() -> TablePreview:
    """A small table: all of its rows fit into the page."""
    names = [
        "ExpressJet",
        "Frontier",
        "AirTran",
        "Mesa",
        "JetBlue",
        "SkyWest",
        "Southwest",
        "Envoy",
        "United",
    ]
    rows = [[name[:2].upper(), name, 700 * (place + 1), 8.25 - place * 1.5] for place, name in enumerate(names)]
    return table_preview(
        {
            "rows": len(rows),
            "columns": [
                _column("carrier", "String", distinct=9),
                _column("name", "String", distinct=9),
                _column("flights", "Int64", distinct=9, least=700, greatest=6300, mean=3500.0),
                _column("median_delay", "Float64", distinct=9, least=-3.75, greatest=8.25, mean=2.25),
            ],
            "head": rows,
        }
    )


if __name__ == "__main__":
    print(f"{len(write_sample(Path(sys.argv[1])))} files")
