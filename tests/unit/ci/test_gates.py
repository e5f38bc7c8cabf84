"""Whose yes counts, to what, and how several of them make a way from one content to another."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.app.comparing.diff import AssetDiff, DiffReport
from onward.app.reading.projects import rules
from onward.base.digest import digest_bytes
from onward.ci.gates import APPROVED, WAITING, Gatekeeper, GateRules, Owners, Yes, idle_gates, rules_in
from onward.model.artifact import Artifact
from onward.model.difference import Tolerance
from onward.model.hosting import ContentChange
from onward.model.records import Origin, Run
from onward.model.workspace import Gates, Settings

ADA = "Ada <ada@example.org>"


def content(word: str | None) -> str | None:
    return digest_bytes(word.encode()) if word is not None else None


def run() -> Run:
    nothing = digest_bytes(b"")
    return Run(1, "1", "", 0.0, nothing, nothing, True, (), Origin(), nothing, nothing, {}, {}, {})


def metric(name: str, before: float | None, after: float | None) -> AssetDiff:
    sides = [
        Artifact("metric", digest_bytes(str(value).encode()), digest_bytes(str(value).encode()), "application/json", 1)
        if value is not None
        else None
        for value in (before, after)
    ]
    change = "added" if before is None else "removed" if after is None else "changed"
    delta = after - before if before is not None and after is not None else None
    return AssetDiff(
        name, "metric", change, "moved", {"before": before, "delta": delta}, before=sides[0], after=sides[1]
    )


def outcome(gates: GateRules, asset: AssetDiff, *said: Yes) -> str | None:
    difference = DiffReport("a", "b", run(), run(), (asset,), ())
    found = Gatekeeper(gates, gates, frozenset({asset.name})).judge(difference, said)
    return found[0].outcome if found else None


def yes(before: str | None, after: str | None, by: str = ADA, asset: str = "shop/total") -> Yes:
    return Yes(asset, ContentChange(content(before), content(after)), by, "typed")


TWO_PERCENT = GateRules((), (("shop/*", Tolerance(0.02, True)),), {"shop": ADA})


@pytest.mark.parametrize(
    ("after", "is_held"), [(100.0, False), (102.0, False), (98.0, False), (102.1, True), (97.9, True)]
)
def test_a_share_is_of_what_was_there_and_both_ways(after: float, *, is_held: bool) -> None:
    asset = metric("shop/total", 100.0, after)
    assert outcome(TWO_PERCENT, asset) == (WAITING if is_held else None)


@pytest.mark.parametrize("after", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_any_more_waits(after: float) -> None:
    assert outcome(TWO_PERCENT, metric("shop/total", 100.0, after)) == WAITING


def test_of_nothing_any_move_is_far() -> None:
    assert outcome(TWO_PERCENT, metric("shop/total", 0.0, 0.001)) == WAITING


def test_a_metric_that_is_new_has_not_moved_but_may_have_to_be_approved() -> None:
    new = metric("shop/total", None, 5.0)
    assert outcome(TWO_PERCENT, new) is None
    assert outcome(GateRules(("shop/*",), (), {}), new) == WAITING
    assert outcome(GateRules(("shop/*",), (), {}), metric("shop/total", 5.0, None)) == WAITING


def test_a_metric_with_a_limit_does_not_get_past_it_by_going_away_or_by_another_name() -> None:
    assert outcome(TWO_PERCENT, metric("shop/total", 100.0, None)) == WAITING
    assert outcome(TWO_PERCENT, metric("shop/total", 100.0, None), yes("100.0", None)) == APPROVED
    assert outcome(TWO_PERCENT, metric("ops/total", 100.0, None)) is None


def test_nor_by_another_kind_or_unit() -> None:
    asset = metric("shop/total", 100.0, 100.0)
    assert asset.after is not None
    document = replace(asset, kind="document", detail={}, after=msgspec.structs.replace(asset.after, kind="document"))
    assert outcome(TWO_PERCENT, document) == WAITING
    thousands = replace(asset, after=msgspec.structs.replace(asset.after, facts={"unit": "thousand visits"}))
    assert outcome(TWO_PERCENT, thousands) == WAITING
    was_document = replace(asset, before=document.after)
    assert outcome(TWO_PERCENT, was_document) is None


def test_a_gate_that_fits_nothing_is_told_with_the_name_that_was_meant() -> None:
    number = metric("shop/total", 100.0, 100.0).after
    assert number is not None
    made = {"shop/total": number, "shop/report": msgspec.structs.replace(number, kind="document")}
    limit = Tolerance(0.1, True)
    gates = GateRules(("shop/reprt", "*/report"), (("shop/totl", limit), ("shop/report", limit), ("*/*", limit)), {})
    said = list(idle_gates(gates, made, ["shop/total", "shop/report", "shop/failed"]))
    assert said == [
        "the gate `shop/reprt` fits no result: did you mean `shop/report`?",
        "the gate `shop/totl` fits no metric: did you mean `shop/total`?",
        "the gate `shop/report` fits no metric",
    ]
    assert list(idle_gates(GateRules((), (("shop/failed", limit),)), made, ["shop/failed"])) == []


def test_another_asset_is_no_affair_of_the_gate() -> None:
    assert outcome(TWO_PERCENT, metric("ops/total", 100.0, 200.0)) is None


def test_several_requests_make_a_way_and_a_gap_in_it_is_none() -> None:
    gates = GateRules(("shop/total",), (), {"shop": ADA})
    asset = metric("shop/total", 1.0, 4.0)
    steps = [yes("1.0", "2.0"), yes("2.0", "3.0"), yes("3.0", "4.0")]
    assert outcome(gates, asset, *steps[::-1]) == APPROVED
    assert outcome(gates, asset, steps[0], steps[2]) == WAITING
    assert outcome(gates, asset, yes("4.0", "1.0")) == WAITING, "the way back was not asked for"
    assert outcome(gates, asset, *steps[:2], yes("3.0", "4.0", by="Bob <bob@example.org>")) == WAITING
    assert outcome(gates, asset, *steps[:2], yes("3.0", "4.0", asset="shop/other")) == WAITING


def test_a_way_that_goes_in_circles_comes_to_an_end() -> None:
    gates = GateRules(("shop/total",), (), {"shop": ADA})
    circle = [yes("1.0", "2.0"), yes("2.0", "1.0"), yes("2.0", "2.0")]
    assert outcome(gates, metric("shop/total", 1.0, 4.0), *circle) == WAITING


@pytest.mark.parametrize(
    ("owner", "person", "is_one"),
    [
        ("Ada", "Ada <ada@example.org>", True),
        ("Ada, ada@example.org", "A. Lovelace <ADA@example.org>", True),
        ("@ada @bob", "@bob", True),
        ("@acme/data", "@acme", False),
        ("@ada", "@adam", False),
        ("ada@example.org", "ada@example.org.evil.net", False),
        ("ada@example.org", "Mallory <mallory@example.org>", False),
        ("The team <team@example.org>", "The team", False),
        ("", "", False),
        ("Ada", "", False),
        (None, "anybody", True),
    ],
)
def test_who_is_an_owner(owner: str | None, person: str, *, is_one: bool) -> None:
    assert Owners(owner).holds(person) is is_one


@given(st.text(), st.text())
def test_any_text_is_some_owner_and_no_stranger_is_one(owner: str, person: str) -> None:
    owners = Owners(owner)
    assert not owners.holds(f"Mallory <mallory-{len(owner)}@stranger.example>") or "stranger.example" in owner.lower()
    owners.holds(person)
    assert all(address.startswith("@") or "@" in address for address in owners.addresses)


def test_a_projects_file_speaks_of_its_own_and_the_roots_of_all() -> None:
    configured = {
        "": Settings(name="house", owner="@lead", gates=Gates(("total", "*/report"))),
        "projects/shop": Settings(owner="@ada", gates=Gates((), {"total": Tolerance(1.0), "shop/x*": Tolerance(2.0)})),
        "projects/ops": Settings(),
    }
    found = rules_in(rules(configured, ["projects/shop/steps.py", "projects/ops/steps.py"]))
    assert found.approve == ("house/total", "*/report")
    assert dict(found.moves) == {"shop/total": Tolerance(1.0), "shop/x*": Tolerance(2.0)}
    assert found.owners_of("shop/total").text == "@ada"
    assert found.owners_of("ops/seen").text == "@lead"
    assert found.owners_of("unknown/x").text == "@lead"
    assert found.owners_of("shop/out/file.csv").text == "@ada"
