"""A `DiffReport` as Markdown, for a comment under a pull request, and the words that it shares with a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from onward.app.changes.causes import told_together
from onward.app.comparing.diff import (
    ADDED,
    CHANGED,
    EQUAL,
    MADE_AGAIN,
    NOISE,
    REMOVED,
    TOLERATED,
    UNTOUCHED,
    AssetDiff,
    DiffReport,
)
from onward.base.text import plural
from onward.model.artifact import TABLE

MOST_SHOWN = 12
SIGNS = {CHANGED: "~", ADDED: "+", REMOVED: "−", EQUAL: "≈"}
"""Of an equal result people are told where it is equal within its tolerance."""
_MOST_COLUMNS = 8


def markdown(report: DiffReport) -> str:
    """The difference as a comment under a pull request: what matters, then all of it, folded."""
    changed = report.told
    lines = [f"### Results: {_code(heading(report))}", "", f"**{counted(report)}**", ""]
    lines += [
        f"- {'❌' if check.after == 'broken' else '✅'} check {_code(check.name)}: {check.summary}"
        for check in report.checks
    ]
    if report.checks:
        lines.append("")
    if changed:
        lines += ["| | result | what it means |", "|---|---|---|", *map(_row, changed[:MOST_SHOWN]), ""]
    if len(changed) > MOST_SHOWN:
        rest = changed[MOST_SHOWN:]
        lines += _folded(
            plural(len(rest), "more change", "more changes"),
            ["| | result | what it means |", "|---|---|---|", *map(_row, rest)],
        )
    for asset in changed[:MOST_SHOWN]:
        details = _details(asset)
        if details:
            lines += _folded(f"<code>{asset.name}</code>", details)
    equal = [asset.name for asset in report.assets if asset not in changed]
    if equal:
        lines += _folded(f"{len(equal)} equal", [", ".join(map(_code, equal))])
    return "\n".join(lines).rstrip() + "\n"


def _row(asset: AssetDiff) -> str:
    far = " **far from its usual course**" if asset.is_unusual else ""
    return f"| {SIGNS[asset.change]} | {_code(asset.name)} | {_cell(asset.summary)}{far} |"


def _folded(title: str, lines: Sequence[str]) -> list[str]:
    return ["<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>", ""]


def _details(asset: AssetDiff) -> list[str]:
    """Of a table, some of its rows; of anything, what made for the change."""
    lines = [f"- {_cell(said)}" for said in told_together(asset.causes)]
    if lines:
        lines = ["What made for it:", "", *lines, ""]
    sample = asset.detail.get("sample") or [] if asset.kind == TABLE else []
    keys = list(asset.detail.get("key") or [])
    columns = list(dict.fromkeys(name for row in sample for side in ("before", "after") for name in row.get(side, {})))
    columns = columns[:_MOST_COLUMNS]
    if sample:
        lines += [f"| | {' | '.join(map(_cell, [*keys, *columns]))} |", "|---" * (1 + len(keys) + len(columns)) + "|"]
    for row in sample:
        cells = [str(row["key"].get(key, "")) for key in keys] + [_sample_cell(row, column) for column in columns]
        lines.append(f"| {SIGNS[row['change']]} | {' | '.join(map(_cell, cells))} |")
    return lines


def _sample_cell(row: dict[str, dict[str, object]], column: str) -> str:
    sides = [str(row[side][column]) for side in ("before", "after") if column in row.get(side, {})]
    return " → ".join(sides)


def heading(report: DiffReport) -> str:
    """`main → work`; of a side that is incomplete, that it is."""
    sides = []
    for word, run in ((report.a, report.run_a), (report.b, report.run_b)):
        sides.append(f"{word} (incomplete)" if run is not None and not run.complete else word)
    return " → ".join(sides)


def counted(report: DiffReport) -> str:
    """`2 changed, 1 added, 37 equal: 30 that nothing reached, 7 made again`."""
    counts = report.counts
    parts = [f"{counts[change]} {change}" for change in (CHANGED, ADDED, REMOVED) if counts[change]]
    how = report.how_equal
    words = {
        UNTOUCHED: f"{how[UNTOUCHED]} that nothing reached",
        MADE_AGAIN: f"{how[MADE_AGAIN]} made again",
        NOISE: f"{how[NOISE]} but for noise",
        TOLERATED: f"{how[TOLERATED]} within tolerance",
    }
    equal = ", ".join(words[each] for each in words if how[each])
    if counts[EQUAL]:
        parts.append(f"{counts[EQUAL]} equal" + (f": {equal}" if equal else ""))
    return ", ".join(parts) or "there is nothing to compare"


def _code(text: str) -> str:
    return f"`{text}`"


def _cell(text: object) -> str:
    """A text in a cell of a table of Markdown."""
    return str(text).replace("|", "\\|").replace("\n", " ")
