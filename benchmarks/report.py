"""The tables of a benchmark as Markdown, and their place in the page of the documentation.

Absolute times are those of one machine at one time. What can be compared are the ratios within one table, so
each row has two: to onward, and to an empty Python that was started in between. They are ratios of least times,
for what else a machine does at the same time only ever adds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.situations import ANCHOR, Precision, Table

BEGIN = "<!-- measured: begin (written by benchmarks/run.py --write) -->"
END = "<!-- measured: end -->"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "speed.md"


def seconds(value: float) -> str:
    """A duration that can be read at a glance: `14 ms`, `2.3 s`, `1.8 min`."""
    if value < 0.9995:
        return f"{value * 1000:.1f} ms" if value < 0.00995 else f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 99.95 else f"{value / 60:.1f} min"


def ratio(value: float) -> str:
    """A ratio with two telling digits: `0.08`, `1.0`, `12`."""
    if value >= 9.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 0.095 else f"{value:.2f}"


def table_text(table: Table) -> str:
    """One situation as a Markdown table, the quickest tool first."""
    ours = table.row("onward").series.least_s
    anchor = table.anchor
    lines = [
        f"### {table.title}",
        "",
        f"| tool | median | least | processor | a step | to onward | to `{ANCHOR}` | ran |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in sorted(table.rows, key=lambda row: row.series.least_s):
        series = row.series
        ran = str(row.ran) if row.ran == table.expected else f"{row.ran} (should be {table.expected})"
        cells = [
            row.peer,
            seconds(series.median_s),
            seconds(series.least_s),
            seconds(series.cpu_s),
            seconds(series.least_s / table.steps) if table.steps > 1 else "–",
            ratio(series.least_s / ours),
            ratio(series.least_s / anchor.least_s),
            f"{ran} STALE {row.stale}" if row.stale else ran,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    cells = [f"`{ANCHOR}`", seconds(anchor.median_s), seconds(anchor.least_s), seconds(anchor.cpu_s)]
    lines.append(f"| {' | '.join(cells)} | – | {ratio(anchor.least_s / ours)} | 1.0 | – |")
    return "\n".join(lines) + "\n"


def precision_text(found: Precision) -> str:
    """The precision table: what ran again after each change."""
    names = list(found.rows[0][2])
    lines = [
        f"### What runs again, {found.steps} steps",
        "",
        f"| what was changed | a perfect tool | {' | '.join(names)} |",
        f"| --- | ---: | {' | '.join(['---:'] * len(names))} |",
    ]
    for change, perfect, counted in found.rows:
        cells = [str(ran) + (f" STALE {stale}" if stale else "") for ran, stale in counted.values()]
        lines.append(f"| {change} | {perfect} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def stamped(table: Table | Precision, state: Mapping[str, str], date: str) -> str:
    """A table with what is not in it, and when and on what it was measured: not all of a page are of one run."""
    text = precision_text(table) if isinstance(table, Precision) else table_text(table)
    for name, reason in table.absent.items():
        text += f"\n**{name} is not in this table**, for it could not be installed here: {reason}\n"
    said = "; ".join(f"{name}: {value}" for name, value in state.items())
    return f"{text}\nMeasured {date}. {said}.\n"


def write_page(tables: Iterable[str], page: Path = PAGE) -> None:
    """Puts tables into their places in the page, by their titles, and leaves the rest of the page alone.

    A table that the page has is replaced where it stands, a new one comes after the others.

    Raises:
        ValueError: the page lacks one of the marks that the tables lie between.
    """
    before, begin, rest = page.read_text("utf-8").partition(BEGIN)
    between, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the lines `{BEGIN}` and `{END}`")
    shown = {_title(text): text for text in re.split(r"^(?=### )", between, flags=re.MULTILINE) if text.strip()}
    shown |= {_title(text): text for text in tables}
    inside = "\n\n".join(text.strip() for text in shown.values())
    page.write_text(f"{before}{BEGIN}\n\n{inside}\n\n{END}{after}", "utf-8")


def _title(text: str) -> str:
    return text.strip().partition("\n")[0]
