"""A place with four releases of a made-up workspace, the third of which was taken back, as a delivery leaves it."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from onward.portal.content import (
    RELEASE,
    ROLLBACK,
    Asset,
    Change,
    File,
    Move,
    Project,
    Release,
    Released,
    SiteContent,
    State,
)
from onward.portal.site import lay_out

PRICE, REPORT, LATE, RULES = "Umsatz & Märkte/Preis <Ä>", "sales/report", "sales/late", "sales/rules"
NOW = datetime(2026, 11, 22, 6, 12, 40, tzinfo=UTC)
NUMBERS = (1, 2, 3, 4)
_TAKEN_BACK = 3
_PRICES = {1: 10, 2: 12, 3: 99, 4: 12.5}
_STATES = {
    PRICE: (State(1, 1), State(2, 2), State(3, 3), State(4, 4)),
    REPORT: (State(1, 1), State(4, 2)),
    LATE: (State(2, 1),),
    RULES: (State(1, 1),),
}


def write(folder: Path) -> Path:
    """Lays out what readers have now, and each release at its own address, below `folder`."""
    for address, number in [("", NUMBERS[-1]), *((f"releases/{number}", number) for number in NUMBERS)]:
        with tempfile.TemporaryDirectory() as stage:
            files = lay_out(
                content(number, is_now=not address), address, "", Path(stage), keeps_names=not address, released=NUMBERS
            )
            for path, held in files.items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(held if isinstance(held, bytes) else held.read_bytes())
    return folder


def content(number: int, *, is_now: bool = False) -> SiteContent:
    """The site of a release."""
    return SiteContent(
        workspace="Acme",
        release=Release(channel="main", number=number, at=_at(number), previous=number - 1 or None),
        moves=_moves(number),
        released=tuple(_released(each) for each in NUMBERS) if is_now else (),
        projects=(Project(name="sales", title="Sales"), Project(name="Umsatz & Märkte")),
        assets=tuple(_assets(number, is_now=is_now)),
    )


def _at(number: int) -> datetime:
    return NOW - timedelta(days=7 * (NUMBERS[-1] - number))


def _released(number: int) -> Released:
    note = f"Week {number}: <b>more</b> & more."
    return Released(number=number, at=_at(number), note=note, is_taken_back=number == _TAKEN_BACK)


def _moves(until: int) -> tuple[Move, ...]:
    """Oldest last; the price changed with each of them."""
    found = []
    before = None
    for number in range(1, until + 1):
        steps = [(RELEASE, number)]
        if number == _TAKEN_BACK < until:
            steps.append((ROLLBACK, number - 1))
        for kind, to in steps:
            change = Change(
                name=PRICE, kind="metric", how="changed", project="Umsatz & Märkte",
                before={"value": _PRICES[before]} if before else {}, after={"value": _PRICES[to]},
            )  # fmt: skip
            sequence = len(found) + 1
            found.append(
                Move(kind=kind, sequence=sequence, number=to, before=before, at=_at(number), changes=(change,))
            )
            before = to
    return tuple(reversed(found))


def _assets(number: int, *, is_now: bool) -> list[Asset]:
    price = Asset(
        name=PRICE, project="Umsatz & Märkte", kind="metric", title="Preis", facts={"value": _PRICES[number]},
        states=_STATES[PRICE] if is_now else (),
    )  # fmt: skip
    texts = {REPORT: _report(number), RULES: "<!doctype html><p>The rules.</p>"}
    if number > 1:
        texts[LATE] = "<!doctype html><p>It came late.</p>"
    documents = [
        Asset(
            name=name, project="sales", kind="document", files=(_file(text),), marks={"unchecked": ()},
            states=_STATES[name] if is_now else (),
        )
        for name, text in texts.items()
    ]  # fmt: skip
    return [price, *documents]


def _report(number: int) -> str:
    said = "New findings." if number == NUMBERS[-1] else "Findings."
    long = "It was a long week. " * 300
    return f"<!doctype html><style>* {{ margin: 0 }}</style><h1>Report</h1><p id='said'>{said}</p><p>{long}</p>"


def _file(text: str) -> File:
    return File(name="page.html", media="text/html", size=len(text), source=text.encode)
