"""Keep, restore or run, with every reason; and that nothing else than what was seen decides."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.engine.decide import decide, foresee, holds
from onward.model.decision import Decision, Reason
from onward.model.trace import CompleteInputs, Inputs, Observation, PartialInputs, Trace

STEP = "sales/margin"


def inputs_with(**others: str) -> CompleteInputs:
    """Inputs by `kind__name=digest`, the step itself always among them."""
    known: Inputs = {("step", STEP): "definition"}
    for name, digest in others.items():
        kind, _, what = name.partition("__")
        known[kind, what] = digest
    return CompleteInputs(STEP, known)


def trace_of(inputs: CompleteInputs, *observations: Observation, at: str = "2026-01-01") -> Trace:
    return Trace(
        format=1,
        step=STEP,
        key=inputs.key(),
        inputs=tuple((kind, name, digest) for (kind, name), digest in sorted(inputs.inputs.items())),
        observations=observations,
        artifacts={},
        made_at=at,
    )


INPUTS = inputs_with(code__f="body", input__orders="o1")
FILE = Observation("file", "a.csv", "f1")
TRUE_NOW = {("file", "a.csv"): "f1"}


def only(decision: Decision) -> Reason:
    (reason,) = decision.reasons
    return reason


def test_the_last_result_is_kept_where_it_still_fits() -> None:
    trace = trace_of(INPUTS, FILE)
    decision = decide(INPUTS, trace, [trace], TRUE_NOW)
    assert decision == Decision(STEP, "keep", INPUTS.key(), trace)


def test_another_result_that_fits_is_restored_and_says_what_changed() -> None:
    old = trace_of(inputs_with(code__f="other body", input__orders="o1"))
    fitting = trace_of(INPUTS)
    decision = decide(INPUTS, old, [fitting], {})
    assert (decision.action, decision.trace) == ("restore", fitting)
    assert only(decision) == Reason("code", "f", "other body", "body")


def test_a_result_made_elsewhere_is_restored_where_nothing_was_made_here() -> None:
    decision = decide(INPUTS, None, [trace_of(INPUTS)], {})
    assert decision.action == "restore"
    assert str(only(decision)) == "never made"


def test_the_newest_of_several_that_fit_is_restored() -> None:
    older, newer = trace_of(INPUTS, at="2026-01-01"), trace_of(INPUTS, FILE, at="2026-01-02")
    assert decide(INPUTS, None, [older, newer], TRUE_NOW).trace == newer
    assert decide(INPUTS, None, [older, newer], {("file", "a.csv"): "f2"}).trace == older


def test_a_step_that_was_never_made_runs() -> None:
    decision = decide(INPUTS, None, [], {})
    assert (decision.action, decision.key, decision.trace) == ("run", INPUTS.key(), None)
    assert only(decision) == Reason("never made", STEP)


def test_a_last_result_whose_bytes_are_gone_is_made_again() -> None:
    decision = decide(INPUTS, trace_of(INPUTS), [], {})
    assert decision.action == "run"
    assert only(decision).change == "lost its result"


def test_forced_runs_whatever_was_seen() -> None:
    trace = trace_of(INPUTS)
    decision = decide(INPUTS, trace, [trace], {}, forced=True)
    assert decision.action == "run"
    assert only(decision).change == "forced"


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (inputs_with(code__f="body 2", input__orders="o1"), Reason("code", "f", "body", "body 2")),
        (inputs_with(code__f="body", input__orders="o2"), Reason("input", "orders", "o1", "o2")),
        (inputs_with(code__f="body"), Reason("input", "orders", "o1", None, change="removed")),
        (
            inputs_with(code__f="body", input__orders="o1", parameter__limit="3"),
            Reason("parameter", "limit", None, "3", change="added"),
        ),
        (
            inputs_with(code__f="body", input__orders="o1", source__raw="s"),
            Reason("input", "raw", None, "s", change="added"),
        ),
        (
            inputs_with(code__f="body", input__orders="o1", environment__python="3.12"),
            Reason("environment", "python", None, "3.12", change="added"),
        ),
    ],
)
def test_every_input_that_differs_is_a_reason(now: CompleteInputs, reason: Reason) -> None:
    decision = decide(now, trace_of(INPUTS), [], {})
    assert decision.action == "run"
    assert only(decision) == reason


@pytest.mark.parametrize(
    ("seen", "now", "reason"),
    [
        (FILE, "f2", Reason("file", "a.csv", "f1", "f2", "a.csv", "changed")),
        (FILE, None, Reason("file", "a.csv", "f1", None, "a.csv", "removed")),
        (Observation("absent", "b"), "b1", Reason("file", "b", None, "b1", "b", "appeared")),
        (Observation("listing", "d/", "l1"), "l2", Reason("file", "d/", "l1", "l2", "d/", "changed")),
        (Observation("asset", "p/x", "x1"), "x2", Reason("input", "p/x", "x1", "x2", "p/x", "changed")),
        (Observation("asset", "p/x", "x1"), None, Reason("input", "p/x", "x1", None, "p/x", "removed")),
        (Observation("today", "today", "1 May"), "2 May", Reason("parameter", "the as-of date", "1 May", "2 May")),
    ],
)
def test_every_observation_that_is_no_longer_true_is_a_reason(
    seen: Observation, now: str | None, reason: Reason
) -> None:
    trace = trace_of(INPUTS, seen)
    decision = decide(INPUTS, trace, [trace], {(seen.kind, seen.name): now})
    assert decision.action == "run"
    assert only(decision) == reason


def test_a_trace_of_a_key_that_is_a_part_of_the_inputs_is_never_kept() -> None:
    fewer = inputs_with(code__f="body")
    decision = decide(INPUTS, trace_of(fewer), [], {})
    assert decision.action == "run"
    assert only(decision).change == "added"


SEEN = st.builds(
    Observation, st.sampled_from(["file", "listing", "asset"]), st.sampled_from("ab"), st.sampled_from("12")
) | st.builds(Observation, st.just("absent"), st.sampled_from("ab"))


@given(
    st.lists(st.lists(SEEN, max_size=3), max_size=4),
    st.dictionaries(
        st.tuples(st.sampled_from(["file", "listing", "asset", "absent"]), st.sampled_from("ab")),
        st.sampled_from(["1", "2", None]),
    ),
    st.none() | st.integers(0, 3),
)
def test_what_is_kept_or_restored_is_always_true_now_and_of_this_key(
    seen: list[list[Observation]], world: dict[tuple[str, str], str | None], which: int | None
) -> None:
    traces = [trace_of(INPUTS, *observations, at=str(at)) for at, observations in enumerate(seen)]
    previous = traces[which] if which is not None and which < len(traces) else None
    decision = decide(INPUTS, previous, traces, world)
    fits = [trace for trace in traces if holds(trace, world)]
    assert (decision.action == "run") == (not fits)
    assert (decision.action == "keep") == (previous in fits and previous is not None)
    assert decision.trace in (fits or [None])
    assert decision.reasons or decision.action != "run"
    for trace in traces:
        for observation in trace.observations:
            if holds(trace, world):
                now = world.get((observation.kind, observation.name))
                assert now == (None if observation.kind == "absent" else observation.digest)


def test_incomplete_inputs_await_and_say_what_for() -> None:
    partial = PartialInputs(STEP, INPUTS.inputs, (("input", "sales/late"),))
    decision = foresee(partial, trace_of(INPUTS), {})
    assert (decision.action, decision.key) == ("await", None)
    assert str(only(decision)) == "input sales/late is to be made first"


def test_what_is_yet_to_be_made_is_no_reason_by_itself() -> None:
    before = inputs_with(code__f="body", input__orders="o1")
    partial = PartialInputs(STEP, inputs_with(code__f="body 2").inputs, (("input", "orders"),))
    changes = [str(reason) for reason in foresee(partial, trace_of(before), {}).reasons]
    assert changes == ["code f changed", "input orders is to be made first"]


def test_an_observation_of_what_is_yet_to_be_made_is_not_called_changed() -> None:
    seen = trace_of(INPUTS, Observation("asset", "p/x", "1"), Observation("file", "out/t.csv", "1"))
    partial = PartialInputs(STEP, INPUTS.inputs, (("input", "p/x"), ("file", "out/t.csv")))
    changes = [reason.change for reason in foresee(partial, seen, {}).reasons]
    assert changes == ["is to be made first", "is to be made first"]


def test_a_forced_step_runs_for_certain_before_its_inputs_are_there() -> None:
    partial = PartialInputs(STEP, INPUTS.inputs, (("input", "sales/late"),))
    assert foresee(partial, None, {}, forced=True).action == "run"


def test_a_fingerprint_hangs_on_the_key_and_on_what_was_seen_and_on_nothing_else() -> None:
    trace = trace_of(INPUTS, FILE)
    assert trace.fingerprint() == trace_of(INPUTS, FILE, at="2027-01-01").fingerprint()
    assert trace.fingerprint() != trace_of(INPUTS).fingerprint()
    assert trace.fingerprint() != msgspec.structs.replace(trace, key="other").fingerprint()


SHOWN = inputs_with(code__f="body", render__prose="old words")
SHOWN_NOW = inputs_with(code__f="body", render__prose="new words")


def test_a_result_that_differs_in_what_is_shown_alone_gives_its_outputs() -> None:
    kept = trace_of(SHOWN, FILE)
    decision = decide(SHOWN_NOW, kept, [], TRUE_NOW, executed=[kept])
    assert (decision.action, decision.outputs_from) == ("run", kept)
    assert only(decision) == Reason("code", "prose", "old words", "new words")


def test_the_newest_of_such_results_serves() -> None:
    older, newer = trace_of(SHOWN, at="2026-01-01"), trace_of(SHOWN, FILE, at="2026-01-02")
    assert decide(SHOWN_NOW, None, [], TRUE_NOW, executed=[older, newer]).outputs_from == newer


@pytest.mark.parametrize(
    "kept",
    [
        trace_of(inputs_with(code__f="other", render__prose="old words")),
        trace_of(inputs_with(code__f="body", code__g="one more", render__prose="old words")),
        trace_of(inputs_with(render__prose="old words")),
        trace_of(SHOWN, Observation("file", "a.csv", "another")),
        trace_of(SHOWN_NOW),
    ],
    ids=["other code", "more code", "less code", "an observation that is untrue", "this very key"],
)
def test_nothing_else_gives_its_outputs(kept: Trace) -> None:
    assert decide(SHOWN_NOW, kept, [], TRUE_NOW, executed=[kept]).outputs_from is None


def test_what_is_forced_takes_no_outputs() -> None:
    kept = trace_of(SHOWN)
    assert decide(SHOWN_NOW, kept, [], {}, forced=True, executed=[kept]).outputs_from is None


def test_what_is_only_shown_is_no_reason_beside_another() -> None:
    other = trace_of(inputs_with(code__f="other", render__prose="old words"))
    assert only(decide(SHOWN_NOW, other, [], {})) == Reason("code", "f", "other", "body")


def test_a_text_that_was_quoted_and_has_changed_is_a_reason_of_code() -> None:
    quoting = trace_of(SHOWN, Observation("text", "report.ipynb", "t1"))
    now = {("text", "report.ipynb"): "t2"}
    decision = decide(SHOWN_NOW, quoting, [], now, executed=[quoting])
    assert decision.outputs_from is None
    assert only(decision) == Reason("code", "report.ipynb (text)", "t1", "t2", "report.ipynb")
