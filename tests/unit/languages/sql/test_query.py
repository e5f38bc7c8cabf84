"""What a `.sql` file names, and when its meaning is the same."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.base import codec
from onward.languages.sql import analyse
from onward.languages.sql.query import files_of
from onward.model.code import QueryTable


def read(text: str) -> QueryTable:
    table = analyse(text.encode())
    assert table.problem is None, table.problem
    return table


def names(text: str) -> list[str]:
    return ["|".join(mention.parts) for mention in read(text).tables]


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("select * from flights", ["flights"]),
        ("from flights", ["flights"]),
        ("from flights select carrier where x group by all", ["flights"]),
        ("select * from sales.orders o join a.b.c using (id)", ["sales|orders", "a|b|c"]),
        ('select * from "Flüge 2013"."mein.tisch"', ["Flüge 2013|mein.tisch"]),
        ("select 1", []),
        ("values (1, 2)", []),
        ("from range(10)", []),
        ("select unnest([1, 2])", []),
        ("from t, unnest(t.items) u(x)", ["t"]),
        ("select * from t cross join lateral (select * from v where v.a = t.a)", ["t", "v"]),
        (
            "select (select max(x) from a) from b where y in (from c) and exists (from d)",
            ["a", "b", "c", "d"],
        ),
        ("pivot flights on month using sum(delay)", ["flights"]),
        ("from (pivot flights on month using sum(delay))", ["flights"]),
        ("unpivot monthly on jan, feb into name m value v", ["monthly"]),
        ("from a union all by name from b except (from c)", ["a", "b", "c"]),
        ("from a asof join b using (x) semi join c using (y)", ["a", "b", "c"]),
        ("from a positional join b", ["a", "b"]),
        ("from t tablesample 10%", ["t"]),
        ("from query_table('flights')", ["flights"]),
        ("from query('from z')", ["z"]),
        ("from flights, Flights", ["flights", "Flights"]),
        ("from flights a join flights b using (id)", ["flights"]),
        ("table flights", ["flights"]),
        ("-- from old\nselect 'from x' /* from y */ from t", ["t"]),
    ],
)
def test_the_tables_that_a_query_reads_are_named(text: str, tables: list[str]) -> None:
    table = read(text)
    assert table.is_query and table.statement == ""
    assert names(text) == tables


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("with a as (from x) from a", ["x"]),
        ("with a as (from x), b as (from a join y using (i)) from b, a", ["x", "y"]),
        ("with A as (from x) from a", ["x"]),
        ("with flights as (from flights where ok) from flights", ["flights"]),
        ("with b as (from a), a as (from x) from b", ["a", "x"]),
        ("with recursive r(n) as (select 1 union all select n + 1 from r) from r", []),
        ("with recursive r as (from seed union all from r join edges using (i)) from r", ["seed", "edges"]),
        ("with a as (with b as (from c) from b) from a, b", ["c", "b"]),
        (
            "with a as (from x) select * from (select * from a) where exists (with a as (from y) from a)",
            ["x", "y"],
        ),
        ("with a as (from x) from other.a", ["x", "other|a"]),
        ("with a as (from x) from a union all (with b as (from a) from b)", ["x"]),
        ("with a as materialized (from x) from a", ["x"]),
        ("select * from (with a as (from x) from a) join a using (i)", ["x", "a"]),
    ],
)
def test_common_table_expressions_are_no_tables_where_they_are_in_sight(text: str, tables: list[str]) -> None:
    assert names(text) == tables


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("from 'x.csv'", ["x.csv"]),
        ('from "data/x.parquet" t', ["data/x.parquet"]),
        ("from 'data/*/x.csv.gz'", ["data/*/x.csv.gz"]),
        (
            "from read_csv('a.csv', header = true), read_parquet(['b.parquet', 'c.parquet'])",
            ["a.csv", "b.parquet", "c.parquet"],
        ),
        ("from read_csv_auto('a') join read_json('b') using (i)", ["a", "b"]),
        ("from glob('x/*')", ["x/*"]),
        ("from st_read('x.shp')", ["x.shp"]),
        ("from 'a''b.csv'", ["a'b.csv"]),
        ("from 'https://a.b/c.csv'", []),
        ("from read_parquet('s3://bucket/x.parquet')", []),
        ("from read_csv(getvariable('x'))", []),
        ("select 'x.csv'", []),
    ],
)
def test_files_are_reads_and_no_tables(text: str, reads: list[str]) -> None:
    table = read(text)
    assert [mention.text for mention in table.reads] == reads
    assert table.tables == () and table.is_query


@pytest.mark.parametrize(
    ("text", "statement", "tables", "reads", "writes"),
    [
        ("copy (from t) to 'x.csv'", "COPY", ["t"], [], ["x.csv"]),
        ("copy t to 'x.parquet' (format parquet)", "COPY", ["t"], [], ["x.parquet"]),
        ("copy t from 'x.csv'", "COPY", [], ["x.csv"], []),
        ("create table x as from y", "CREATE", ["y"], [], []),
        ("create or replace view x as select * from y join z using (i)", "CREATE", ["y", "z"], [], []),
        ("insert into x from y", "INSERT", ["y"], [], []),
        ("attach 'x.db' as d", "ATTACH", [], ["x.db"], []),
        ("drop table x", "DROP", [], [], []),
        ("summarize flights", "SUMMARIZE", ["flights"], [], []),
        ("select 1; select 2", "2 statements", [], [], []),
        ("attach 'x.db' as d; from d.t", "2 statements", [], ["x.db"], []),
        ("install httpfs", "INSTALL", [], [], []),
        ("set threads = 1", "SET", [], [], []),
        ("checkpoint", "CHECKPOINT", [], [], []),
        ("export database 'x'", "EXPORT", [], [], []),
        ("explain select 1", "EXPLAIN", [], [], []),
        ("", "empty", [], [], []),
        ("  \n", "empty", [], [], []),
        ("-- nothing yet", "empty", [], [], []),
        (";", "empty", [], [], []),
    ],
)
def test_what_is_no_query_is_named_by_its_word(
    text: str, statement: str, tables: list[str], reads: list[str], writes: list[str]
) -> None:
    table = read(text)
    assert (table.is_query, table.statement) == (False, statement)
    assert names(text) == tables
    assert [mention.text for mention in table.reads] == reads
    assert [mention.text for mention in table.writes] == writes


@pytest.mark.parametrize("text", ["select 1;", "select 1; -- end", ";select 1;;", "(select 1)", "\ufeffselect 1"])
def test_one_query_may_have_semicolons_and_comments_around_it(text: str) -> None:
    assert read(text).is_query


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"select *\nfrm t where", 2, 5),
        (b"select (1", 1, 9),
        (b"select 1,\n  'abc", 2, 3),
        (b"select 1 /* abc", 1, 10),
        (b"select a from {{ ref('x') }}", 1, 15),
        (b"{% if x %} select 1 {% endif %}", 1, 1),
        (b"select {{ x }} from y", 1, 8),
        (b"select 1\n, \xff", 2, 3),
        (b"foo bar", 1, 1),
        (b"\n  nonsense", 2, 3),
        (b"select \0", 1, 8),
    ],
)
def test_text_that_does_not_parse_is_a_problem_with_its_place(content: bytes, line: int, column: int) -> None:
    table = analyse(content)
    assert table.problem is not None and not table.is_query
    assert (table.problem.line, table.problem.column) == (line, column)
    assert table.problem.message[0].islower() or table.problem.message[0] == "`"


def test_mentions_have_their_lines() -> None:
    table = read("select *\nfrom a\njoin\n  b.c using (i)\nwhere x in (\nfrom 'x.csv')")
    assert [(mention.parts, mention.line) for mention in table.tables] == [(("a",), 2), (("b", "c"), 4)]
    assert [(mention.text, mention.line) for mention in table.reads] == [("x.csv", 6)]


@pytest.mark.parametrize(
    ("text", "doc"),
    [
        ("-- Delays by carrier.\n-- In minutes.\nselect 1", "Delays by carrier.\nIn minutes."),
        ("/* Delays\n * by carrier. */\nselect 1", "Delays\nby carrier."),
        ("\n\n-- One\n\n-- Two\nselect 1", "One"),
        ("select 1 -- late", ""),
    ],
)
def test_the_comment_that_a_file_begins_with_is_its_doc(text: str, doc: str) -> None:
    assert read(text).doc == doc


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select a from t", "SELECT\n  a\nFROM t;"),
        ("select a from t", "-- why\nselect /* what */ a from t -- end"),
        ("select a from t", "select A from T"),
        ("select t.a as x from t", "select T.A as x from T"),
        ("select a as x from t where b > 1 order by c", "select a as x from t where B > 1 order by C"),
        ("with c as (from t) from c", "with C as (from t) from c"),
        ("select sum(a) from t", "select SUM(a) from T"),
        ("select count(*) as n from t group by all", "SELECT COUNT(*) as n FROM t GROUP BY ALL"),
    ],
)
def test_layout_comments_and_case_that_nobody_sees_change_no_digest(one: str, other: str) -> None:
    assert read(one).digest == read(other).digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select a from t", "select b from t"),
        ("select 'a'", "select 'A'"),
        ("select 'a  b'", "select 'a b'"),
        ("select 1", "select 1.0"),
        ("select 1 as x", "select 1 as X"),
        ('select "a b" from t', 'select "A b" from t'),
        ("from 'x.csv'", "from 'X.csv'"),
        ("select a + 1 from t", "select A + 1 from t"),
        ("select t from t", "select T from t"),
        ("select s.a from t", "select s.A from t"),
        ("select cast(a as date) from t", "select cast(a as DATE) from t"),
        ("with c(x) as (select 1) from c", "with c(X) as (select 1) from c"),
        ("unpivot t on a into name n value v", "unpivot t on a into name N value v"),
        ("select * replace (1 as a) from t", "select * replace (1 as A) from t"),
        ("select {'k': a} as s from t", "select {'K': a} as s from t"),
        ("select struct_pack(k := a) as s from t", "select struct_pack(K := a) as s from t"),
        ("select a - b - c as x from t", "select a - (b - c) as x from t"),
        ("from t limit 1", "from t limit 2"),
        ("select 1", "select 1; select 1"),
        ("from a join b using (i)", "from a left join b using (i)"),
    ],
)
def test_whatever_may_change_the_result_changes_the_digest(one: str, other: str) -> None:
    assert read(one).digest != read(other).digest


def _columns(text: str) -> list[str]:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("create table t(Foo int, Bar int)")
        return [column[0] for column in connection.execute(text).description]


_COLUMNS = st.sampled_from(
    ["foo", "FOO", "Foo", "t.foo", "T.FOO", "foo + 1", "FOO + 1", "sum(foo)", "SUM(foo)", "t", "T"]
)
_NAMES = st.sampled_from(["", " as n", " as N", ' as "N"'])
_COUNTED = st.builds(lambda column, name: column + name, _COLUMNS, _NAMES)
_QUERIES = st.builds(
    lambda column, table, wrap: wrap.format(f"select {column} from {table}"),
    _COUNTED,
    st.sampled_from(["t", "T", "t as T", "(from t) t"]),
    st.sampled_from(["{}", "select * from ({})", "with q as ({}) from q", "with Q as ({}) from q"]),
)


@settings(max_examples=40, deadline=None)
@given(_QUERIES, _QUERIES)
def test_queries_of_one_digest_give_columns_of_one_name(one: str, other: str) -> None:
    if read(one).digest == read(other).digest:
        assert _columns(one) == _columns(other)
    assert read(one).digest == read(" \n" + one.replace(" ", "\n  ") + " -- end").digest


def test_the_parser_warns_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        read("call something(1)")
    assert caplog.records == []


def test_files_of_reads_sql_inside_other_code() -> None:
    assert files_of("copy (from 'a.csv') to 'b.csv'") == (["a.csv"], ["b.csv"])
    assert files_of("from flights") == ([], [])
    assert files_of("from 'a.csv' where (") == ([], [])


_WORDS = st.sampled_from(
    [
        *(
            "select ",
            "from ",
            "with a as (",
            ")",
            "(",
            "a",
            "b.c",
            "'x.csv'",
            '"q"',
            ",",
            "*",
            " join ",
            " using (i)",
            ";",
        ),
        *(
            "pivot ",
            "copy ",
            " to ",
            "{",
            "}",
            "{{",
            "/*",
            "*/",
            "--",
            "\n",
            "$",
            "$$",
            "read_csv(",
            "[",
            "]",
            "create table ",
        ),
        *(
            "attach ",
            " as ",
            "insert into ",
            "values ",
            ":=",
            "->",
            "#1",
            "?",
            "recursive ",
            "union all ",
            "'",
            '"',
            "\\",
        ),
    ]
)


@settings(deadline=None)
@given(st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-8", "replace"))))
def test_no_bytes_make_it_fail(content: bytes) -> None:
    table = analyse(content)
    assert codec.decode(codec.encode(table), QueryTable) == table
    assert not (table.problem is not None and table.is_query)


@settings(deadline=None)
@given(st.lists(_WORDS, max_size=12).map("".join))
def test_no_heap_of_words_makes_it_fail(text: str) -> None:
    table = analyse(text.encode())
    assert codec.decode(codec.encode(table), QueryTable) == table


@pytest.mark.parametrize("text", ["select " + "(" * 3000, "select " + "+".join(["1"] * 3000), "[" * 5000])
def test_deep_text_is_read_or_refused(text: str) -> None:
    table = analyse(text.encode())
    assert table.is_query or table.problem is not None
