"""A channel's moves with something of everything: releases in detail and in short, one taken back, and a preview."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from onward.app.comparing.diff import AssetDiff
from onward.portal.content import RELEASE, ROLLBACK, Change, Comparison, File, Move, Preview
from tests.portal import review_sample

NOTES = {12: "November's flights are in.", 9: "The weather model is new.", 1: "First."}
TAKEN_BACK, BACK_AT = 8, 7


def moves(now: datetime) -> tuple[Move, ...]:
    """Twelve releases a week apart, the eighth of which was taken back: the three newest are told in detail."""
    found = []
    sequence, before, since = 0, None, None
    for number in range(1, 13):
        at = now - timedelta(days=7 * (12 - number))
        sequence += 1
        found.append(
            Move(
                kind=RELEASE, sequence=sequence, number=number, before=before, since=since, at=at, by="Mara Lindt",
                note=NOTES.get(number, ""), commit=f"{number:02x}" * 20, automatic=number == 11,
                changes=changes(number), comparison=comparison(number, before) if number >= 10 else None,
            )
        )  # fmt: skip
        before, since = number, at
        if number == TAKEN_BACK:
            sequence += 1
            at += timedelta(hours=5)
            found.append(
                Move(
                    kind=ROLLBACK, sequence=sequence, number=BACK_AT, before=number, since=since, at=at,
                    by="Jonas Öst", note="the currency was wrong", changes=changes(number),
                )
            )  # fmt: skip
            before, since = BACK_AT, at
    return tuple(found[::-1])


def changes(number: int) -> tuple[Change, ...]:
    """What a release changed: as its comparison tells it, where there is one."""
    told = [
        Change(
            name=asset.name, kind=asset.kind, how=asset.change, project="delays", title=asset.title or "",
            summary=asset.effect if asset.change == "changed" else "",
        )
        for asset in assets(number)
    ]  # fmt: skip
    if told:
        return tuple(told)
    price = Change(
        name="Umsatz & Märkte/price", kind="metric", how="changed", project="Umsatz & Märkte", unit="€",
        before={"value": number}, after={"value": number + 1},
    )  # fmt: skip
    rows = Change(name="weather/rows", kind="table", how="added", project="weather", after={"rows": 12 * number})
    return (price, rows) if number % 3 else ()


def assets(number: int) -> tuple[AssetDiff, ...]:
    """What differs in a release that is told in detail."""
    if number == 12:
        return tuple(asset for asset in review_sample.everything() if asset.change != "equal")
    return (review_sample.median_delay(12.1, 12.5),) if number in (10, 11) else ()


def comparison(number: int, before: int | None) -> Comparison:
    return compared(assets(number), f"main@{before}", f"main@{number}")


def compared(differing: tuple[AssetDiff, ...], a: str, b: str) -> Comparison:
    """Assets of the project `delays`, with their pictures as files."""
    checks = review_sample.checks()
    told = tuple(replace(asset, pictures=()) for asset in differing)
    return Comparison(
        report=replace(review_sample.report(checks=checks, a=a, b=b), assets=told),
        equal=4,
        pictures={
            asset.name: tuple(
                File(name=each.name, media=each.media, size=len(each.content), source=lambda each=each: each.content)
                for each in asset.pictures
            )
            for asset in differing
            if asset.pictures
        },
        projects=dict.fromkeys([*(asset.name for asset in told), *(check.asset for check in checks)], "delays"),
    )


def previews(now: datetime) -> tuple[Preview, ...]:
    """One that changes something, and one that does not."""
    return tuple(
        Preview(
            channel=f"preview/{branch}", number=2, at=now - timedelta(hours=3), by="Aiko Tanaka",
            note=f"What if {branch}?", commit="ab" * 20, comparison=compared(differing, "main@12", f"preview/{branch}"),
        )
        for branch, differing in (
            ("stricter", (review_sample.median_delay(12.5, 13.5), review_sample.carriers())),
            ("Ümlaut/same", ()),
        )
    )  # fmt: skip
