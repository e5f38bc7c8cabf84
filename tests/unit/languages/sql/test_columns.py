"""Which columns a query can use, held against DuckDB: what is said to be unused may hold anything."""

from __future__ import annotations

import duckdb
import pytest

from onward.languages.sql import analyse

COLUMNS = {"a": "integer", "b": "integer", "c": "varchar", "d": "double", "s": "struct(f integer)", "total": "integer"}
PRUNED = {
    "select a from t": "a",
    "select A, t.B from t": "a b",
    'select "a" from t': "a",
    "select a * b as x from t": "a b",
    "select count(*) as n from t": "",
    "select count() as n from t": "",
    "select a, count(*) as n from t group by all": "a",
    "from t select a": "a",
    "select a from t where b > 1 order by c": "a b c",
    "with x as (select * from t) select a from x": "a",
    "with x as (select * exclude (b) from t) select a from x": "a b",
    "with x as (from t where b > 1) select a from x": "a b",
    "with x as (select *, a + 1 as e from t), y as (select * from x where d > 0) select e from y": "a d",
    "select a from (select t.* from t) as x": "a",
    "select a from t where exists (select 1 from t as u where u.b = t.b)": "a b",
    "select a from t union select b from t": "a b",
    "select x.a, y.b from t as x join t as y using (c)": "a b c",
    "select a, sum(b) over (partition by c order by d) as w from t": "a b c d",
    "select s.f from t": "s",
    "select a as total from t": "a total",
    "select a from t qualify row_number() over (order by b) = 1": "a b",
    "select x from t, unnest([a, b]) as u(x)": "a b",
    "select a from t join range(3) as r(n) on r.n = t.a": "a",
    "select distinct a from t limit 3": "a",
    "select list_transform([a], lambda x: x + b) as l from t": "a b",
    "select 'b' as x, a from t -- c": "a",
}
ALL = [
    "select * from t",
    "from t",
    "table t",
    "select t.* from t",
    "select * exclude (b) from t",
    "select t from t",
    "select x from t as x",
    "select to_json(t) as j from t",
    "select main.t from main.t",
    "with x as (select * from t) select * from x",
    "with x as (select distinct * from t) select a from x",
    "with x as (select * from t union select * from t) select a from x",
    "with x as (select * from t order by all) select a from x",
    "with x as (select * from t join t as u using (a)) select a from x",
    "with x as (select * from t) select count(x) as n from x",
    "with x(p, q, r, v, w, z) as (select * from t) select p from x",
    "select p from t as x(p, q)",
    "select a from t natural join t as u",
    "select #1 from t",
    "select columns('a|b') from t",
    "select max(columns(*)) from t",
    "select count(distinct t.*) as n from t",
    "select a from (select * from t) where (select count(*) from (select distinct * from t)) > 0",
    "pivot t on a using sum(b)",
    "select column_name from (describe t)",
    "select null_percentage from (summarize t)",
    "select a from query_table('t')",
    "select a from query('from t')",
    "select a from t where 1 in (select struct_pack(x := t).x.a from t)",
    "select a from some_macro(t)",
    "select unnest(s) from t, t as s",
]


def rows(query: str, seed: int, changed: set[str]) -> object:
    """What a query gives of a table whose `changed` columns hold values of their own for each seed."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    made = []
    for number, (name, kind) in enumerate(COLUMNS.items()):
        salt = seed if name in changed else 0
        value = f"(hash(i * 31 + {number} + {salt * 1000}) % {3 + salt})::integer"
        made.append(f"{{'f': {value}}}::{kind} as {name}" if name == "s" else f"{value}::{kind} as {name}")
    connection.execute(f"create table t as select {', '.join(made)} from range(40) as r(i)")
    return connection.sql(query).fetchall()


@pytest.mark.parametrize("query", PRUNED)
def test_a_query_uses_the_columns_that_it_names(query: str) -> None:
    named = analyse(query.encode()).columns
    assert named is not None
    used = set(PRUNED[query].split())
    assert used == COLUMNS.keys() & set(named)
    assert rows(query, 1, COLUMNS.keys() - used) == rows(query, 2, COLUMNS.keys() - used)


@pytest.mark.parametrize("query", ALL)
def test_a_query_that_may_use_columns_without_naming_them_uses_all(query: str) -> None:
    table = analyse(query.encode())
    assert table.is_query
    assert table.columns is None
