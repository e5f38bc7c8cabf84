"""A `DiffReport` as Markdown, for a comment under a pull request, and the words that it shares with a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from onward.app.changes.causes import ANOTHER_READING, Cause, told_together
from onward.app.comparing.diff import (
    ADDED,
    CHANGED,
    EQUAL,
    MADE_AGAIN,
    MOST_CAUSES,
    NOISE,
    REMOVED,
    TOLERATED,
    UNTOUCHED,
    AssetDiff,
    DiffReport,
)
from onward.base.numbers import number
from onward.base.text import listed, plural
from onward.model.artifact import TABLE

MOST_SHOWN = 12
SIGNS = {CHANGED: "~", ADDED: "+", REMOVED: "−", EQUAL: "≈"}
"""Of an equal result people are told where it is equal within its tolerance."""
_MOST_CHECKS = 4
"""Of those that stay broken, by name."""
_MOST_COLUMNS = 8
_MOST_NAMED = 5
"""Results that are named on one line."""
_MOST_LINES = 40
"""Lines of a text that are shown."""
_CODE = re.compile(r"(`[^`]+`)")
_SPECIAL = re.compile(r"[\\`*_~\[\]<>&]")
_CALL = re.compile(r"(?<![\w/])([@#])(?=\w)")
"""What a host takes for a call of somebody, or for the number of an issue."""


def markdown(report: DiffReport, longest: int | None = None) -> str:
    """The difference as a comment under a pull request: what matters, then all of it, folded.

    Args:
        report: the difference.
        longest: how many letters it may have, about: what would pass that is left out, and it is said.
    """
    changed = report.told
    lines = [f"### Results: {code(heading(report))}", "", f"**{counted(report)}**", ""]
    if (again := read_otherwise(report)) is not None:
        lines += [prose(again), ""]
    lines += [
        f"- {'❌' if check.after == 'broken' else '✅'} check {code(check.name)}: {prose(check.summary)}"
        for check in report.checks
    ]
    if report.still_broken:
        lines.append(f"- ⚠️ {prose(stays_broken(report))}")
    if report.checks or report.still_broken:
        lines.append("")
    if changed:
        lines += [*_table(changed[:MOST_SHOWN]), ""]
    folded = []
    if len(changed) > MOST_SHOWN:
        rest = changed[MOST_SHOWN:]
        folded.append(_folded(plural(len(rest), "more change", "more changes"), _table(rest)))
    told: set[tuple[Cause, ...]] = set()
    for asset in changed[:MOST_SHOWN]:
        details = _details(asset, has_told_causes=asset.causes in told)
        told.add(asset.causes)
        if details:
            folded.append(_folded(f"<code>{escape(asset.name)}</code>", details))
    equal = [asset.name for asset in report.assets if asset not in changed]
    if equal:
        folded.append(_folded(f"{len(equal)} equal", [", ".join(map(code, equal))]))
    return "\n".join([*lines, *_that_fit(folded, lines, longest)]).rstrip() + "\n"


def _that_fit(folded: Sequence[Sequence[str]], before: Sequence[str], longest: int | None) -> list[str]:
    """The lines of those folded parts for which there is room behind the lines before them."""
    room = longest - sum(len(line) + 1 for line in before) if longest is not None else None
    lines: list[str] = []
    left_out = 0
    for part in folded:
        length = sum(len(line) + 1 for line in part)
        if room is not None and length > room:
            left_out += 1
            continue
        lines += part
        room = room - length if room is not None else None
    if left_out:
        lines += [f"… {plural(left_out, 'longer part')} only on the review page.", ""]
    return lines


def sentences(assets: Sequence[AssetDiff]) -> list[str]:
    """What each means, where they are listed: a cause that stands on an earlier line is not told again."""
    first: dict[tuple[Cause, ...], str] = {}
    last: tuple[Cause, ...] = ()
    said = []
    for asset in assets:
        causes = asset.causes
        if not causes or causes not in first:
            said.append(asset.summary)
        else:
            whose = "" if causes == last else f" as {code(first[causes])}"
            said.append(f"{asset.effect} (same cause{whose})")
        if causes:
            first.setdefault(causes, asset.name)
            last = causes
    return said


def _table(assets: Sequence[AssetDiff]) -> list[str]:
    rows = [_row(asset, said) for asset, said in zip(assets, sentences(assets), strict=True)]
    return ["| | result | what it means |", "|---|---|---|", *rows]


def _row(asset: AssetDiff, said: str) -> str:
    far = " **far from its usual course**" if asset.is_unusual else ""
    return f"| {SIGNS[asset.change]} | {_in_cell(code(asset.name))} | {_in_cell(prose(said))}{far} |"


def _folded(title: str, lines: Sequence[str]) -> list[str]:
    return ["<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>", ""]


def _details(asset: AssetDiff, *, has_told_causes: bool = False) -> list[str]:
    """Of a table, some of its rows; of a text, its lines; of anything, what made for it where its row has no room."""
    lines = [f"- {prose(said)}" for said in told_together(asset.causes)]
    is_told = has_told_causes or len(lines) <= MOST_CAUSES
    lines = [] if is_told else ["What made for it:", "", *lines, ""]
    sample = asset.detail.get("sample") or [] if asset.kind == TABLE else []
    keys = list(asset.detail.get("key") or [])
    columns = list(dict.fromkeys(name for row in sample for side in ("before", "after") for name in row.get(side, {})))
    columns = columns[:_MOST_COLUMNS]
    if sample:
        lines += [f"| | {' | '.join(map(_cell, [*keys, *columns]))} |", "|---" * (1 + len(keys) + len(columns)) + "|"]
    for row in sample:
        cells = [str(row["key"].get(key, "")) for key in keys] + [_sample_cell(row, column) for column in columns]
        lines.append(f"| {SIGNS[row['change']]} | {' | '.join(map(_cell, cells))} |")
    return lines + _lines_that_differ(asset)


def _sample_cell(row: dict[str, dict[str, object]], column: str) -> str:
    sides = [_value(row[side][column]) for side in ("before", "after") if column in row.get(side, {})]
    if len(sides) == 2 and sides[0] == sides[1]:
        sides = [str(row[side][column]) for side in ("before", "after")]
    return " → ".join(sides)


def _value(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)


def _lines_that_differ(asset: AssetDiff) -> list[str]:
    """Of a text, a page and the cells of a notebook the lines that came and went, as a fenced difference."""
    lines: list[str] = []
    for place, hunks in _hunks(asset):
        told = [line["sign"] + _on_one_line(line["words"]) for hunk in hunks for line in hunk["lines"]]
        lines += [f"@@ {place} @@", *told] if place and told else told
    if not lines:
        return []
    shown = lines[:_MOST_LINES]
    rest = [f"… and {plural(len(lines) - len(shown), 'more line')}"] if len(lines) > len(shown) else []
    # No text that is shown ends the fence that it stands in.
    ticks = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, ticks + 1)
    return [f"{fence}diff", *shown, *rest, fence]


def _on_one_line(words: Sequence[Sequence[Any]]) -> str:
    return " ".join("".join(text for text, _ in words).splitlines())


def _hunks(asset: AssetDiff) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The places of a text that differ; of a notebook by cell, with which one it is."""
    detail = asset.detail
    if detail.get("form") == "notebook":
        for cell in detail["sample"]:
            for part in cell["parts"]:
                place = cell["after"] if cell["after"] is not None else cell["before"]
                yield f"cell {place}: {part['what']}", part.get("hunks") or []
    elif asset.kind != TABLE:
        yield "", detail.get("hunks") or []


def heading(report: DiffReport) -> str:
    """`main → work`; of a side that is incomplete, that it is."""
    sides = []
    for word, run in ((report.a, report.run_a), (report.b, report.run_b)):
        sides.append(f"{word} (incomplete)" if run is not None and not run.complete else word)
    return " → ".join(sides)


def counted(report: DiffReport) -> str:
    """`2 changed, 1 added, 37 equal: 30 that nothing reached, 7 made again`; where nothing differs, what proves it."""
    counts = report.counts
    if proved := made_again_and_equal(report):
        untouched = report.how_equal[UNTOUCHED]
        return f"{proved}; {untouched:,} that nothing reached" if untouched else proved
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


def made_again_and_equal(report: DiffReport) -> str:
    """`37 results made again, all equal`; empty where something differs or moved, or nothing was made again."""
    how = report.how_equal
    again = how[MADE_AGAIN] + how[NOISE]
    if report.counts[EQUAL] < len(report.assets) or how[TOLERATED] or not again:
        return ""
    noise = f" ({how[NOISE]:,} but for noise)" if how[NOISE] else ""
    return f"{plural(again, 'result')} made again, {'all ' if again > 1 else ''}equal{noise}"


def stays_broken(report: DiffReport) -> str:
    """`1 check stays broken: shop/every_day_is_open`: no news, and not to be forgotten."""
    count = len(report.still_broken)
    verb = "stays" if count == 1 else "stay"
    return f"{plural(count, 'check')} {verb} broken: {listed(map(code, report.still_broken), _MOST_CHECKS)}"


def read_otherwise(report: DiffReport) -> str | None:
    """Of results that were made again although nobody edited anything, which these are; None where there are none."""
    names = report.read_otherwise
    if not names:
        return None
    which = listed(map(code, names), _MOST_NAMED)
    return f"made again, and equal: {ANOTHER_READING.words}: {plural(len(names), 'result')}, {which}"


def code(text: str) -> str:
    """A name as code, whatever letters it has."""
    line = _in_one_line(text)
    if "`" not in line:
        return f"`{line}`"
    fence = "`" * (max(map(len, re.findall("`+", line))) + 1)
    return f"{fence} {line} {fence}"


def prose(text: str) -> str:
    """Words of ours, where names stand between backticks; what data and errors brought into them stays plain text."""
    parts = _CODE.split(_in_one_line(text))
    return "".join(part if place % 2 else _plain(part) for place, part in enumerate(parts))


def _cell(text: object) -> str:
    """A value as it is, in a cell of a table."""
    return _in_cell(_plain(_in_one_line(str(text))))


def _plain(line: str) -> str:
    """Text of which nothing is taken for Markdown or HTML, for a call of somebody or for an issue."""
    return _CALL.sub(r"\1&#8203;", _SPECIAL.sub(r"\\\g<0>", line))


def _in_cell(line: str) -> str:
    return line.replace("|", "\\|")


def _in_one_line(text: str) -> str:
    return " ".join(text.splitlines())
