"""What the difference between two tables says."""

from __future__ import annotations

import math
import random
import statistics
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onward.diffs.table.database import open_tables
from onward.diffs.table.kind import TableDiff
from onward.model.artifact import Artifact, ColumnContent
from onward.model.difference import DiffOptions
from onward.model.ports import Side
from onward.testing.diffs import side_of
from tests.unit.diffs.tables import compared, table

FLIGHTS = "select range as id, range % 7 as carrier, range * 1.5 as delay from range(1000)"


def rows_of(detail: dict[str, Any]) -> tuple[int, int, int]:
    return detail["rows"]["added"], detail["rows"]["removed"], detail["rows"]["changed"]


def test_rows_that_came_went_and_changed_are_counted_by_the_key_that_was_found(tmp_path: Path) -> None:
    after = """select range as id, range % 7 as carrier, case when range % 100 = 3 then 0 else range * 1.5 end as delay
        from range(5, 1010)"""
    found = compared(tmp_path, FLIGHTS, after)
    assert found.detail["key"] == ["id"]
    assert rows_of(found.detail) == (10, 5, 9)
    assert found.summary.startswith("10 rows came in, 5 went, 9 changed in `delay`; mean `delay` ")
    assert [row["key"] for row in found.detail["sample"] if row["change"] == "removed"] == [{"id": n} for n in range(5)]
    changed = next(row for row in found.detail["sample"] if row["change"] == "changed")
    assert changed == {"change": "changed", "key": {"id": 103}, "before": {"delay": "154.5"}, "after": {"delay": "0.0"}}


def test_of_several_keys_the_one_with_most_shared_values_is_taken(tmp_path: Path) -> None:
    before = "select range + 5000 as line, 'n' || range as name, range % 3 as x from range(100)"
    after = "select range + 9000 as line, 'n' || range as name, range % 4 as x from range(100)"
    assert compared(tmp_path, before, after).detail["key"] == ["name"]


def test_two_columns_are_a_key_where_none_is_alone(tmp_path: Path) -> None:
    before = "select a.range as day, b.range as route, 1 as seats from range(30) a, range(20) b"
    after = "select a.range as day, b.range as route, (b.range = 3)::int as seats from range(30) a, range(20) b"
    found = compared(tmp_path, before, after)
    assert found.detail["key"] == ["day", "route"]
    assert rows_of(found.detail) == (0, 0, 570)


def test_a_declared_key_is_taken_only_where_it_names_each_row(tmp_path: Path) -> None:
    assert compared(tmp_path, FLIGHTS, f"{FLIGHTS} limit 999", key=("carrier",)).detail["key"] == ["id"]
    by_delay = compared(tmp_path, FLIGHTS, f"{FLIGHTS} limit 999", key=("delay",))
    assert by_delay.detail["key"] == ["delay"]


def test_without_a_key_rows_are_paired_by_place_or_counted_whole(tmp_path: Path) -> None:
    before = "select range % 3 as a, range % 2 as b from range(100)"
    found = compared(tmp_path, before, "select range % 3 as a, 0 as b from range(100)")
    assert (found.detail["key"], found.detail["paired"], rows_of(found.detail)) == ([], "by place", (0, 0, 50))
    fewer = compared(tmp_path, before, f"{before} limit 90")
    assert (fewer.detail["paired"], rows_of(fewer.detail)) == ("as whole rows", (0, 10, 0))


def test_another_order_of_the_same_rows_is_said(tmp_path: Path) -> None:
    found = compared(tmp_path, FLIGHTS, f"{FLIGHTS} order by id desc")
    assert found.summary == "the same 1,000 rows in another order"
    assert not found.means_nothing


def test_another_order_of_the_columns_is_not_taken_for_one_of_the_rows(tmp_path: Path) -> None:
    assert compared(tmp_path, FLIGHTS, f"select delay, id, carrier from ({FLIGHTS})").summary == (
        "the columns stand in another order"
    )


def test_columns_that_came_went_changed_type_or_got_another_name_are_told(tmp_path: Path) -> None:
    before = "select range as id, range * 2 as delay, 1::int as small, 'x' as gone from range(100)"
    after = "select range as id, range * 2 as minutes, 1::bigint as small, 2.5::double as fresh from range(100)"
    schema = compared(tmp_path, before, after).detail["schema"]
    assert schema["renamed"] == {"minutes": {"before": "delay", "after": "minutes"}}
    assert schema["retyped"] == {"small": {"before": "INTEGER", "after": "BIGINT"}}
    assert (schema["added"], schema["removed"]) == ({"fresh": "DOUBLE"}, {"gone": "VARCHAR"})


def test_rounding_means_nothing_and_is_said(tmp_path: Path) -> None:
    noise = "case range % 4 when 1 then x * (1 + 1e-13) when 2 then x * (1 - 1e-13) else x end"
    base = "select range, sqrt(range + 2) as x from range(1000)"
    found = compared(tmp_path, base, f"select range, {noise} as x from ({base})")
    assert found.means_nothing
    assert found.summary == "`x` differs by rounding alone"


def test_what_goes_to_one_side_in_most_rows_is_no_rounding(tmp_path: Path) -> None:
    base = "select range, sqrt(range + 2) as x from range(1000)"
    found = compared(
        tmp_path, base, f"select range, case when range < 600 then x * (1 + 1e-13) else x end as x from ({base})"
    )
    assert not found.means_nothing
    assert rows_of(found.detail)[2] > 500


def test_a_difference_beyond_the_tolerance_counts_beside_rounding(tmp_path: Path) -> None:
    base = "select range, sqrt(range + 2) as x, sqrt(range + 3) as y from range(1000)"
    noise = "case range % 4 when 1 then x * (1 + 1e-13) when 2 then x * (1 - 1e-13) else x end"
    found = compared(
        tmp_path, base, f"select range, {noise} as x, case range when 7 then 0 else y end as y from ({base})"
    )
    assert rows_of(found.detail) == (0, 0, 1)
    assert {column["name"]: column.get("rounding", False) for column in found.detail["columns"]} == {
        "x": True,
        "y": False,
    }


def test_what_is_missing_and_what_is_no_number_are_values_like_others(tmp_path: Path) -> None:
    table = "select range as id, case range when {} then null when 2 then 'nan'::double else 1.0 end as x from range(5)"
    before, after = table.format(1), table.format(3)
    found = compared(tmp_path, before, after)
    assert rows_of(found.detail) == (0, 0, 2)
    (column,) = found.detail["columns"]
    assert (column["before"]["missing"], column["after"]["missing"]) == (2, 2)


@pytest.mark.parametrize(
    "value",
    ["[1, 2]", "{'a': 1}", "date '2020-01-01'", "timestamptz '2020-01-01 00:00:00+02'", "'x'::blob", "interval 3 days",
     "'inf'::double", "12.50::decimal(9, 2)", "time '10:00'"],
)  # fmt: skip
def test_every_type_is_compared_and_shown(tmp_path: Path, value: str) -> None:
    before = f"select range as id, {value} as v from range(3)"
    after = f"select range as id, case when range = 1 then null else {value} end as v from range(3)"
    found = compared(tmp_path, before, after)
    assert rows_of(found.detail) == (0, 0, 1)


def test_odd_names_of_columns_are_only_names(tmp_path: Path) -> None:
    before = 'select range as "a ""key""", 1 as "select", 2 as "größe, in cm" from range(10)'
    after = 'select range as "a ""key""", 1 as "select", 3 as "größe, in cm" from range(10)'
    found = compared(tmp_path, before, after)
    assert rows_of(found.detail) == (0, 0, 10)
    assert found.detail["key"] == ['a "key"']


@pytest.mark.parametrize("name", ["how", "a0", "b0", "k0", "ka0", "is_placed", "last_a"])
@pytest.mark.parametrize("edit", ["", "limit 9", "order by hash(x) limit 9"])
def test_a_key_may_be_called_as_the_comparison_calls_its_own_columns(tmp_path: Path, name: str, edit: str) -> None:
    before = f"select range * 10 as {name}, range as x from range(10)"
    after = f"select * replace (case when x = 3 then -1 else x end as x) from ({before} {edit or 'limit 10'})"
    found = compared(tmp_path, before, after, key=(name,))
    expected = compared(tmp_path, before.replace(name, "id"), after.replace(name, "id"), key=("id",))
    assert rows_of(found.detail) == rows_of(expected.detail)
    assert [list(row["key"].values()) for row in found.detail["sample"]] == [
        list(row["key"].values()) for row in expected.detail["sample"]
    ]
    assert {"change": "changed", "key": {name: 30}, "before": {"x": 3}, "after": {"x": -1}} in found.detail["sample"]


def test_an_empty_table_has_lost_its_rows(tmp_path: Path) -> None:
    assert rows_of(compared(tmp_path, FLIGHTS, f"{FLIGHTS} limit 0").detail) == (0, 1000, 0)
    assert rows_of(compared(tmp_path, f"{FLIGHTS} limit 0", FLIGHTS).detail) == (1000, 0, 0)


def test_where_keys_stand_alike_only_columns_of_other_digests_are_read(tmp_path: Path) -> None:
    sides: list[Side] = []
    for name, query in (("before", FLIGHTS), ("after", FLIGHTS.replace("range * 1.5", "range * 2.5"))):
        side = table(tmp_path, name, query)
        columns = (
            ColumnContent("id", "int64", "i"),
            ColumnContent("carrier", "int64", "c"),
            ColumnContent("delay", "x", name),
        )
        artifact = Artifact("table", name, name, side.artifact.media, 1, columns=columns)
        sides.append(side_of(artifact, side.file()))
    found = TableDiff().compare(sides[0], sides[1], DiffOptions())
    assert found is not None
    assert (found.detail["key"], found.detail["paired"], rows_of(found.detail)) == (["id"], "by key", (0, 0, 999))


def test_bytes_that_are_no_table_are_compared_as_bytes(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"PAR1 and then nothing")
    side = table(tmp_path, "a", FLIGHTS)
    assert TableDiff().compare(side, side_of(side.artifact, broken), DiffOptions()) is None


CELLS = st.one_of(st.none(), st.integers(-3, 3))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.dictionaries(st.integers(0, 12), st.tuples(CELLS, CELLS), min_size=1),
    after=st.dictionaries(st.integers(0, 12), st.tuples(CELLS, CELLS), min_size=1),
    seed=st.one_of(st.none(), st.integers(0, 5)),
    key=st.sampled_from(["id", "'k' || id", "id * 1000000"]),
)
def test_it_counts_what_python_counts(
    tmp_path: Path, before: dict[int, tuple[Any, Any]], after: dict[int, tuple[Any, Any]], seed: int | None, key: str
) -> None:
    def query(rows: dict[int, tuple[Any, Any]]) -> str:
        order = sorted(rows.items())  # so that without a seed most rows stand at the same places
        if seed is not None:
            random.Random(seed).shuffle(order)
        cells = [f"({name}, {_sql(x)}, {_sql(y)})" for name, (x, y) in order]
        return f"select {key} as id, x, y from (values {', '.join(cells)}) as t(id, x, y)"

    found = compared(tmp_path, query(before), query(after), key=("id",))
    shared = before.keys() & after.keys()
    assert rows_of(found.detail) == (
        len(after.keys() - before.keys()),
        len(before.keys() - after.keys()),
        sum(before[key] != after[key] for key in shared),
    )


def _sql(value: int | None) -> str:
    return "null::int" if value is None else f"{value}::int"


@pytest.mark.parametrize("key", ["id", "name", "half, third"])
@pytest.mark.parametrize(
    "edit",
    [
        "select * from t",
        "select * replace (case when id % 7 = 0 then x + 1 else x end as x) from t",
        "select * replace (case when id % 7 = 0 then null else x end as x) from t",
        "select * from t union all select id + 5000, 'n' || id, id + 5000, 1, x from t where id < 40",
        "select * from t where id < 2900",
        "select * from t where id not in (0, 5, 2999)",
        "select * from t where id > 1000",
    ],
)
def test_rows_at_the_same_places_are_told_as_those_that_were_looked_for(tmp_path: Path, key: str, edit: str) -> None:
    rows = "(select range as id, 'n' || range as name, range // 3 as half, range % 3 as third, range * 1.5 as x"
    old, new = f"select * from {rows} from range(3000))", f"with t as {rows} from range(3000)) {edit}"
    apart = f"with u as ({new}) select * from u order by hash(id)"
    declared = tuple(key.split(", "))
    beside, shuffled = (compared(tmp_path, old, query, key=declared) for query in (new, apart))
    for told in ("rows", "key", "paired", "schema", "sample"):
        assert beside.detail[told] == shuffled.detail[told]
    changed = [[(each["name"], each["changed"]) for each in found.detail["columns"]] for found in (beside, shuffled)]
    assert changed[0] == changed[1]


@pytest.mark.parametrize(
    "kind", ["tinyint", "smallint", "int", "bigint", "utinyint", "usmallint", "uinteger", "ubigint"]
)
@pytest.mark.parametrize(
    ("ids", "is_key"),
    [("(1), (2), (3)", True), ("(3), (1), (3)", False), ("(1), (null), (3)", False), ("(1), (100), (50)", True),
     ("(1), (100), (100)", False)],
)  # fmt: skip
def test_whole_numbers_are_a_key_where_each_stands_once(tmp_path: Path, kind: str, ids: str, is_key: bool) -> None:
    before = f"select id::{kind} as id, 1 as x from (values {ids}) t(id)"
    found = compared(tmp_path, before, before.replace("1 as x", "2 as x"), key=("id",))
    assert found.detail["key"] == (["id"] if is_key else [])


def test_whole_numbers_far_apart_are_a_key(tmp_path: Path) -> None:
    before = f"select id, 1 as x from (values ({-(2**63)}), (0), ({2**63 - 1})) t(id)"
    assert compared(tmp_path, before, before.replace("1 as x", "2 as x"), key=("id",)).detail["key"] == ["id"]
    twice = before.replace("(0)", f"({2**63 - 1})")
    assert compared(tmp_path, twice, twice.replace("1 as x", "2 as x"), key=("id",)).detail["key"] == []


@pytest.mark.parametrize("order", ["", "order by id desc", "order by hash(id)"])
@pytest.mark.parametrize(
    ("key", "is_key"),
    [("'n' || id", True), ("'n' || id // 2", False), ("case when id <> 150 then 'n' || id end", False),
     ("case when id <> 100 then 'n' || id end", False), ("case when id <> 199 then 'n' || id end", False),
     ("id * 1.5::double", True), ("case when id > 197 then 'nan'::double else id end", False),
     ("case when id > 198 then 'nan'::double else id end", True), ("date '2020-01-01' + id::int", True),
     ("[id, 1]", True), ("[id // 2, 1]", False)],
)  # fmt: skip
def test_columns_in_any_order_are_a_key_where_each_value_is_there_once(
    tmp_path: Path, key: str, is_key: bool, order: str
) -> None:
    query = f"select {key} as id, 1 as x from range(100, 200) t(id) {order}"
    found = compared(tmp_path, query, query.replace("1 as x", "2 as x"), key=("id",))
    assert found.detail["key"] == (["id"] if is_key else [])


@pytest.mark.parametrize("order", ["half, third", "third, half", "hash(half, third)"])
@pytest.mark.parametrize(
    ("edit", "is_key"),
    [("select * from t", True), ("select * replace (nullif(third, 2) as third) from t", False),
     ("select * replace (nullif(half, 0) as half) from t", False), ("from t union all (from t limit 1)", False)],
)  # fmt: skip
@pytest.mark.parametrize("is_after", [True, False])
def test_two_columns_in_any_order_are_a_key_where_each_pair_is_there_once(
    tmp_path: Path, edit: str, is_key: bool, is_after: bool, order: str
) -> None:
    rows = "select range // 3 as half, range % 3 as third, 1.5::double as x from range(300)"
    sides = [f"select * from ({rows}) order by {order}", f"select * from (with t as ({rows}) {edit}) order by {order}"]
    found = compared(tmp_path, *(sides if is_after else sides[::-1]), key=("half", "third"))
    assert found.detail["key"] == (["half", "third"] if is_key else [])


@pytest.mark.parametrize(
    "values",
    [[1.0, 2.5, 2.5, 40.0], [1.0, None, -3.0], [math.nan, 1.0, 2.0, 9.0], [math.inf, 1.0, 2.0], [-math.inf, 0.5, None],
     [math.inf, math.nan, -math.inf, None], [None, None], [7.0, 7.0]],
)  # fmt: skip
def test_a_distribution_is_that_of_the_values_that_can_be_reckoned_with(
    tmp_path: Path, values: list[float | None]
) -> None:
    cells = ", ".join(f"({at}, {'null' if x is None else repr(str(x))}::double)" for at, x in enumerate(values))
    before = f"select * from (values {cells}) t(id, x)"
    after = f"select id, case when id = 0 then 5 else x end as x from ({before})"
    (column,) = compared(tmp_path, before, after, key=("id",)).detail["columns"]
    for side, there in (("before", values), ("after", [5.0, *values[1:]])):
        known = [value for value in there if value is not None and math.isfinite(value)]
        told = column[side]
        assert (told["min"], told["max"]) == ((min(known), max(known)) if known else (None, None))
        assert told["mean"] == (pytest.approx(statistics.mean(known)) if known else None)
        assert told["missing"] == len(there) - len(known)
        assert sum(told.get("histogram", [len(known)])) == len(known)


def test_values_that_lie_too_far_apart_for_bins_have_none(tmp_path: Path) -> None:
    wide = "select range as id, (range - 2) * {} as x from range(5)"
    (column,) = compared(tmp_path, wide.format("5e307"), wide.format("8e307"), key=("id",)).detail["columns"]
    assert (column["before"]["max"], column["after"]["max"]) == (1e308, 1.6e308)
    assert "bins" not in column


def test_distributions_of_columns_that_did_not_change_are_taken_where_more_than_a_few_rows_moved(
    tmp_path: Path,
) -> None:
    rows = "select range as id, range % 5 as y, range * 1.5 as x from range({})"
    few = compared(tmp_path, rows.format(1000), rows.replace("* 1.5", "* 2").format(1009), key=("id",))
    assert [column["name"] for column in few.detail["columns"]] == ["x"]
    many = compared(tmp_path, rows.format(1000), rows.replace("* 1.5", "* 2").format(1020), key=("id",))
    assert [column["name"] for column in many.detail["columns"]] == ["y", "x"]


def test_no_bar_is_drawn_into_what_a_command_prints(tmp_path: Path) -> None:
    side = table(tmp_path, "a", FLIGHTS)
    database = open_tables(side, side, str(tmp_path))
    assert database is not None
    assert database.row("select current_setting('enable_progress_bar')") == (False,)
    database.close()
