"""How the site says things: numbers, instants, marks, outcomes and changes in words for people.

Pure text in, text or small inline elements out. An instant is written in full; `site.js` turns it into
`3 hours ago` by the reader's clock, which a static page cannot know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from onward.base.numbers import SHARES, alike, number, numeric
from onward.base.text import duration as plain_duration
from onward.base.text import size as plain_size
from onward.portal import content, html

_INSTANT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<clock>\d\d:\d\d(?::\d\d)?)(?:\.(?P<fraction>\d+))?(?:Z|\+00:00)?"
)
_LONGEST_BOUND = 40

GROUPED_FROM = 10_000
"""A column's thousands are set apart where it has a number this large: below are years and hours of the day."""

_IDENTIFIES = re.compile(r"(?:^|[\W_])(?i:ids?|key|code|zip|plz|postcode|year)$|(?<=[a-z])Id$")

NO_BREAK = "\u00a0"

MARKS = {
    "unpinned": "It read something outside of the workspace, or reached a server or another machine, so what it was "
    "made from cannot be pinned down: made again, it may come out differently.",
    "unstable": "Made twice from exactly the same inputs, it came out differently.",
    "unchecked": "No check looks at it: nothing but its author's care says that it is right.",
    "partial": "Not everything that it depends on could be watched, so it may be out of date without a sign.",
    "self-changing": "Its step changes what it also reads, so it is made once and kept until its code or "
    "another input changes.",
}

OUTCOMES = {
    content.PASSED: "Passed",
    content.BROKEN: "Broken",
    content.FAILED: "Failed to run",
    content.NOT_RUN: "Not run",
}

KINDS = {
    "table": ("Table", "Tables"),
    "metric": ("Metric", "Metrics"),
    "figure": ("Figure", "Figures"),
    "document": ("Document", "Documents"),
    "model": ("Model", "Models"),
    "app": ("App", "Apps"),
    "file": ("File", "Files"),
}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Not strftime's: its names follow the machine's locale.

KIND_ORDER = ("document", "metric", "figure", "table", "model", "app", "file")
"""What a reader looks for first comes first."""


def kind_word(kind: str, *, many: bool = False) -> str:
    """`Table`, `Tables`; a kind that is not known is its own word."""
    return KINDS.get(kind, (kind.capitalize(), kind.capitalize()))[many]


def with_unit(value: Any, unit: str | None) -> str:
    """`12.5 min`; the two do not part at the end of a line."""
    return f"{number(value)}{NO_BREAK}{unit}" if unit and not isinstance(value, bool) else number(value)


def difference(before: Any, after: Any, unit: str | None) -> str | None:
    """`+0.5 min (+4.2 %)`, or None where the two are no numbers or are equal.

    A share grows by points, and a percentage of it would be read as some; of what may be negative there is none.
    """
    old, new = numeric(before), numeric(after)
    if old is None or new is None or old == new:
        return None
    delta: int | float = new - old
    if isinstance(before, int) and isinstance(after, int):
        delta = after - before
    else:
        # As fine as the two numbers are said, unless nothing would be left of it.
        delta = round(delta, max(_decimals_said(old), _decimals_said(new))) or delta
    is_share = unit in SHARES
    said = with_unit(delta, ("point" if abs(delta) == 1 else "points") if is_share else unit)
    sign = "+" if delta > 0 else ""
    if is_share or old <= 0 or new < 0:
        return sign + said
    share = (new - old) / abs(old) * 100
    return f"{sign}{said} ({'+' if share > 0 else ''}{number(_rounded(share))}{NO_BREAK}%)"


def _decimals_said(value: float) -> int:
    return len(number(value).partition(".")[2]) if "e" not in number(value) else 15


def _rounded(share: float) -> float | int:
    """A percentage with the digits that a reader can use."""
    if abs(share) >= 10:
        return round(share)
    return round(share, 1) if abs(share) >= 0.1 else share


def day(instant: datetime) -> str:
    """`22 November 2026`."""
    moment = instant.astimezone(UTC)
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def weekday(instant: datetime) -> str:
    """`Sunday, 22 November 2026`."""
    return f"{WEEKDAYS[instant.astimezone(UTC).weekday()]}, {day(instant)}"


def instant(moment: datetime, *, relative: bool = True) -> html.Markup:
    """The instant as an element: `22 November 2026, 21:33 UTC`; the script makes it relative."""
    moment = moment.astimezone(UTC)
    return html.time(
        f"{day(moment)}, {moment:%H:%M} UTC",
        datetime=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        data_ago=relative,
    )


def duration(seconds: float) -> str:
    """`1.4 s`, `3 min 20 s`."""
    return plain_duration(seconds).replace(" ", NO_BREAK)


def size(count: int) -> str:
    """`1.2 MB`."""
    return plain_size(count).replace(" ", NO_BREAK)


def short(digest: str, length: int = 10) -> html.Markup:
    """The start of a digest or commit, with the whole of it on hover; a readable version stays whole."""
    if len(digest) <= 16:
        return html.code(digest)
    return html.code(digest[:length], title=digest)


def value_text(value: Any) -> str:
    """A cell's value as text, exactly; a missing one is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def moment(written: str) -> str:
    """An instant in UTC as a table shows it: `2013-01-01 10:00:00`; any other text stays as it is."""
    found = _INSTANT.fullmatch(written)
    if found is None:
        return written
    fraction = (found["fraction"] or "").rstrip("0")
    return f"{found['day']} {found['clock']}" + (f".{fraction}" if fraction else "")


def is_grouped(name: str, values: Iterable[Any]) -> bool:
    """Whether the numbers of a column stand with their thousands apart: all of them do, or none does.

    They do where one of `values` has five digits or more, for then all have to be compared. Ids and years are read
    as words are, whatever their size.
    """
    return not _IDENTIFIES.search(name) and any(
        isinstance(value, int | float) and abs(value) >= GROUPED_FROM for value in values
    )


def column_is_grouped(column: content.Column) -> bool:
    """The same, by what is known of all rows."""
    return is_grouped(column.name, (column.min, column.max))


def bound(value: Any, *, grouped: bool) -> str:
    """The least or the greatest value of a column, short; instants lose what is zero in them."""
    if isinstance(value, int | float) and not grouped:
        return number(value).replace(",", "")
    if not isinstance(value, str):
        return number(value)
    moment = _INSTANT.fullmatch(value)
    if moment is not None:
        clock = moment["clock"]
        value = moment["day"] if clock in ("00:00", "00:00:00") else f"{moment['day']} {clock}"
    return value if len(value) <= _LONGEST_BOUND else value[: _LONGEST_BOUND - 1] + "…"


def ordinal(count: int) -> str:
    """`2nd`, `3rd`, `57th`."""
    ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count:,}{ending}"


def spoken(sentence: str) -> html.Markup:
    """A sentence with what stands between backticks set as code; nothing else in it is markup."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:
        return html.text(sentence)
    return html.text(html.code(part) if place % 2 else part for place, part in enumerate(parts))


def reason(said: str) -> html.Markup:
    """Why something was made, as a reader who never saw a run understands it."""
    return spoken("it had not been made before" if said == "never made" else said)


def changed_results(counts: Mapping[str, int]) -> str:
    """`22 results changed, 1 is new`; empty where there is nothing of this. The counts are by what happened."""
    parts = [(content.CHANGED, "changed", "changed"), (content.ADDED, "is new", "are new")]
    parts.append((content.REMOVED, "is gone", "are gone"))
    said: list[str] = []
    for how, one, many in parts:
        count = counts.get(how, 0)
        if count:
            noun = "" if said else f" {'result' if count == 1 else 'results'}"
            said.append(f"{count:,}{noun} {one if count == 1 else many}")
    return ", ".join(said)


def first_paragraph(doc: str) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join(doc.strip().split("\n\n")[0].split())


def change_sentence(change: content.Change) -> html.Markup:
    """What happened to an asset, without its name: `12.0 min → 12.5 min, +0.5 min (+4.2 %)`."""
    if change.how == content.ADDED:
        return html.text("new", _facts_in_brackets(change.after, change.unit))
    if change.how == content.REMOVED:
        return html.text("no longer made")
    for fact, unit in (("value", change.unit), ("rows", "rows")):
        before, after = change.before.get(fact), change.after.get(fact)
        if before is None or after is None or before == after:
            continue
        delta = difference(before, after, unit)
        said = [f"{each}{NO_BREAK}{unit}" if unit else each for each in alike(before, after)]
        return html.text(
            html.span(said[0], class_="before"),
            " → ",
            html.strong(said[1]),
            html.span(delta, class_="delta") if delta else None,
        )
    return spoken(change.summary or "changed")


def _facts_in_brackets(facts: dict[str, Any], unit: str | None) -> html.Markup | None:
    if "value" in facts:
        return html.text(": ", html.strong(with_unit(facts["value"], unit)))
    if "rows" in facts:
        return html.text(": ", with_unit(facts["rows"], "rows"))
    return None
