"""The chain of reasons, from an asset back to the edit."""

from __future__ import annotations

from onward.engine.graph import Graph, link
from onward.engine.why import Compared, chain, compared
from onward.model.decision import Decision, Reason
from onward.model.draft import Draft, OutputDraft, Reference
from onward.model.trace import Observation, Trace
from onward.model.workspace import Project


def graph_of(**takes: str) -> Graph:
    drafts = [
        Draft("function", "s.py", 1, "", name, symbol=name, outputs=(OutputDraft(name),),
              references=tuple(Reference(word, word, "name") for word in needs.split()))
        for name, needs in takes.items()
    ]  # fmt: skip
    return link(drafts, [Project("p", "")], [], {}, {})


def runs(step: str, *reasons: Reason, action: str = "run") -> Decision:
    return Decision(step, action, None, None, reasons)


def test_the_chain_leads_from_an_asset_over_its_inputs_to_the_code_that_changed() -> None:
    graph = graph_of(a="", b="a", c="b")
    edit = Reason("code", "s.py:a")
    to_b, to_c = Reason("input", "p/a", change="is to be made first"), Reason("input", "p/b as x")
    decisions = {
        "p/a": runs("p/a", edit),
        "p/b": runs("p/b", to_b, action="await"),
        "p/c": runs("p/c", to_c, action="await"),
    }
    assert chain("p/c", graph, decisions) == [("p/c", to_c), ("p/b", to_b), ("p/a", edit)]


def test_the_chain_ends_at_an_input_that_is_kept() -> None:
    graph = graph_of(a="", b="a")
    reason = Reason("input", "p/a")
    decisions = {"p/a": runs("p/a", action="keep"), "p/b": runs("p/b", reason)}
    assert chain("p/b", graph, decisions) == [("p/b", reason)]


def test_two_ways_to_one_edit_name_it_once() -> None:
    graph = graph_of(a="", b="a", c="a", d="b c")
    edit = Reason("code", "s.py:a")
    decisions = {
        "p/a": runs("p/a", edit),
        "p/b": runs("p/b", Reason("input", "p/a")),
        "p/c": runs("p/c", Reason("input", "p/a")),
        "p/d": runs("p/d", Reason("input", "p/b"), Reason("input", "p/c")),
    }
    links = chain("p/d", graph, decisions)
    assert [name for name, _ in links] == ["p/d", "p/d", "p/b", "p/c", "p/a"]


def test_a_step_of_which_nothing_is_decided_has_no_reasons() -> None:
    assert chain("p/a", graph_of(a=""), {}) == []


def test_a_source_ends_the_chain() -> None:
    reason = Reason("input", "raw")
    assert chain("p/a", graph_of(a=""), {"p/a": runs("p/a", reason)}) == [("p/a", reason)]


def test_what_is_compared_is_told_by_what_it_is_with_the_steps_own_code_first() -> None:
    inputs = (("step", "p/a", "1"), ("code", "lib.f", "2"), ("code", "lib (top level)", "3"), ("code", "p/s.py:a", "4"),
              ("source", "orders", "5"), ("input", "p/b", "6"), ("parameter", "p.limit", "7"),
              ("render", "n (prose)", "8"), ("environment", "python", "9"))  # fmt: skip
    seen = (Observation("file", "x.csv", "1"), Observation("absent", "y.csv"), Observation("asset", "p/c", "2"),
            Observation("distribution", "polars", "3"), Observation("today", "", "4"))  # fmt: skip
    assert compared(Trace(1, "p/a", "k", inputs, seen, {}, ""), ["numpy", "polars"]) == Compared(
        symbols=("p/s.py:a", "lib.f"),
        code=("lib (top level)",),
        sources=("orders",),
        assets=("p/b", "p/c"),
        files=("x.csv", "y.csv"),
        parameters=("p.limit",),
        distributions=("polars",),
        prose=("n (prose)",),
    )


def test_where_every_distribution_counts_all_that_are_installed_are_compared() -> None:
    trace = Trace(1, "p/a", "k", (), (Observation("distributions", "all", "1"),), {}, "")
    assert compared(trace, ["polars", "numpy"]).distributions == ("numpy", "polars")
