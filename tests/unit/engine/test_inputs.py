"""Inputs and keys: what counts changes the key, what does not leaves it."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.engine.inputs import definition_digest, inputs_of
from onward.model.artifact import Artifact, ColumnContent
from onward.model.difference import Tolerance
from onward.model.trace import CompleteInputs, PartialInputs
from onward.model.workspace import Binding, CheckFacts, Output, ParameterUse, Step

STEP = Step(
    name="sales/margin",
    project="sales",
    kind="function",
    file="projects/sales/steps.py",
    line=3,
    folder="projects/sales",
    symbol="margin",
    bindings=(Binding("orders", "sales/orders", "asset"), Binding("raw", "raw", "source", "pathlib.Path")),
    parameters=(ParameterUse("limit", "sales.limit", 3, True),),
    outputs=(Output("sales/margin", unit="EUR", title="Margin", key=("id",)),),
    title="Margin",
    doc="What is left.",
)
ORDERS = Artifact("table", "content of orders", "bytes of orders", "text/csv", 10)


def complete(
    step: Step = STEP,
    kind_format: int = 1,
    code: dict[str, str] | None = None,
    sources: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    artifacts: dict[str, Artifact | None] | None = None,
) -> CompleteInputs:
    inputs = inputs_of(
        step,
        kind_format,
        {"projects/sales/steps.py:margin": "body"} if code is None else code,
        {"raw": "raw bytes"} if sources is None else sources,
        {"python": "3.11"} if environment is None else environment,
        {"sales/orders": ORDERS} if artifacts is None else artifacts,
    )
    assert isinstance(inputs, CompleteInputs)
    return inputs


def with_(**changes: Any) -> Step:
    return msgspec.structs.replace(STEP, **changes)


KEY = complete().key()


@pytest.mark.parametrize(
    "changed",
    [
        complete(kind_format=2),
        complete(code={"projects/sales/steps.py:margin": "another body"}),
        complete(code={"projects/sales/steps.py:margin": "body", "lib/x.py:f": "more"}),
        complete(code={}),
        complete(sources={"raw": "other bytes"}),
        complete(environment={"python": "3.12"}),
        complete(artifacts={"sales/orders": msgspec.structs.replace(ORDERS, content="other")}),
        complete(artifacts={"sales/orders": None}),
        complete(with_(name="sales/other")),
        complete(with_(kind="script")),
        complete(with_(symbol="margin_2")),
        complete(with_(parameters=(ParameterUse("limit", "sales.limit", 4, True),))),
        complete(with_(parameters=(ParameterUse("limit", "sales.limit", 3, False),))),
        complete(with_(outputs=(Output("sales/margin", unit="USD"),))),
        complete(with_(outputs=(Output("sales/margin", unit="EUR", kind="metric"),))),
        complete(with_(outputs=(Output("sales/margin_2", unit="EUR"),))),
        complete(with_(outputs=(Output("sales/margin", field="a", unit="EUR"),))),
        complete(with_(check=CheckFacts("sales/orders", "warn"))),
        complete(with_(bindings=STEP.bindings[:1])),
        complete(with_(bindings=(Binding("orders", "sales/orders", "asset", "polars.DataFrame"), STEP.bindings[1]))),
        complete(with_(bindings=(Binding("o", "sales/orders", "asset"), STEP.bindings[1]))),
    ],
)
def test_what_a_result_rests_on_changes_the_key(changed: CompleteInputs) -> None:
    assert changed.key() != KEY


@pytest.mark.parametrize(
    "same",
    [
        complete(),
        complete(with_(title="Another title", doc="Other words.")),
        complete(with_(outputs=(Output("sales/margin", unit="EUR", title="Another", key=()),))),
        complete(with_(outputs=(Output("sales/margin", unit="EUR", tolerance=Tolerance(0.1)),))),
        complete(with_(line=99)),
        complete(with_(time_limit_s=5.0)),
        complete(artifacts={"sales/orders": msgspec.structs.replace(ORDERS, bytes="other bytes", size=11)}),
        complete(artifacts={"sales/orders": ORDERS, "sales/unrelated": None}),
        complete(sources={"raw": "raw bytes", "unrelated": "more"}),
    ],
)
def test_what_is_only_shown_or_written_otherwise_leaves_the_key(same: CompleteInputs) -> None:
    assert same.key() == KEY


def test_the_order_in_which_inputs_are_found_leaves_the_key() -> None:
    code = {"a": "1", "b": "2"}
    assert complete(code=code).key() == complete(code=dict(reversed(code.items()))).key()


def test_a_dependant_that_takes_the_file_counts_its_bytes() -> None:
    raw = with_(bindings=(Binding("orders", "sales/orders", "asset", "pathlib.Path"),))
    other_bytes = msgspec.structs.replace(ORDERS, bytes="other bytes")
    other_content = msgspec.structs.replace(ORDERS, content="other")
    key = complete(raw).key()
    assert complete(raw, artifacts={"sales/orders": other_bytes}).key() != key
    assert complete(raw, artifacts={"sales/orders": other_content}).key() == key


def table(rows: int = 2, **contents: str) -> dict[str, Artifact | None]:
    columns = tuple(ColumnContent(name, "int64", content) for name, content in contents.items())
    content = f"{rows} {contents}"
    return {"sales/orders": msgspec.structs.replace(ORDERS, content=content, facts={"rows": rows}, columns=columns)}


def test_of_a_table_the_columns_count_that_the_step_can_name() -> None:
    query = with_(columns=("id", "select"))
    key = complete(query, artifacts=table(ID="1", x="2")).key()
    assert complete(query, artifacts=table(ID="1", x="3")).key() == key
    assert complete(query, artifacts=table(ID="2", x="2")).key() != key
    assert complete(query, artifacts=table(3, ID="1", x="2")).key() != key, "the number of rows"
    assert complete(query, artifacts=table(ID="1", x="2", more="1")).key() != key, "a name may come to mean another"
    assert complete(query, artifacts=table(ID="1", y="2")).key() != key
    assert complete(query, artifacts=table(x="2", ID="1")).key() != key
    whole = complete(artifacts=table(ID="1", x="2")).key()
    assert complete(artifacts=table(ID="1", x="3")).key() != whole, "a step that may use them all"


def test_of_a_table_whose_columns_are_not_known_the_content_counts() -> None:
    query = with_(columns=("id",))
    older: dict[str, Artifact | None] = {"sales/orders": msgspec.structs.replace(ORDERS, content="another")}
    assert complete(query).key() != complete(query, artifacts=older).key()


def test_one_target_under_two_names_counts_as_each() -> None:
    twice = with_(
        bindings=(Binding("a", "sales/orders", "asset"), Binding("b", "sales/orders", "asset", "pathlib.Path"))
    )
    inputs = complete(twice).inputs
    assert inputs["input", "sales/orders as a"] == "content of orders"
    assert inputs["input", "sales/orders as b"] == "bytes of orders"


def test_swapping_what_two_names_stand_for_changes_the_key() -> None:
    one = with_(bindings=(Binding("a", "sales/x", "asset"), Binding("b", "sales/y", "asset")))
    two = with_(bindings=(Binding("a", "sales/y", "asset"), Binding("b", "sales/x", "asset")))
    artifacts: dict[str, Artifact | None] = {
        "sales/x": ORDERS,
        "sales/y": msgspec.structs.replace(ORDERS, content="y"),
    }
    assert complete(one, artifacts=artifacts).key() != complete(two, artifacts=artifacts).key()


def test_inputs_that_are_yet_to_be_made_are_partial_and_say_which() -> None:
    inputs = inputs_of(STEP, 1, {}, {"raw": "x"}, {}, {})
    assert isinstance(inputs, PartialInputs)
    assert inputs.unknown == (("input", "sales/orders"),)
    assert ("source", "raw") in inputs.inputs
    assert ("step", STEP.name) in inputs.inputs


def test_an_asset_that_its_step_did_not_make_is_known_and_not_unknown() -> None:
    assert complete(artifacts={"sales/orders": None}).inputs["input", "sales/orders"] == ""


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def key_with(value: Any) -> str:
    return complete(with_(parameters=(ParameterUse("limit", "sales.limit", value, True),))).key()


@given(VALUES, VALUES)
def test_a_parameter_has_the_same_key_only_where_it_is_the_same_value(one: Any, other: Any) -> None:
    assert (key_with(one) == key_with(other)) == (repr(one) == repr(other))


def test_numbers_that_json_does_not_know_are_told_apart() -> None:
    odd = [math.inf, -math.inf, math.nan, None, 2**80, -0.0, 0.0, 0, False, "inf"]
    assert len({key_with(value) for value in odd}) == len(odd)
    assert len({key_with([value]) for value in odd}) == len(odd)


def test_the_definition_of_a_step_hangs_on_the_format_of_its_kind() -> None:
    assert definition_digest(STEP, 1) != definition_digest(STEP, 2)
