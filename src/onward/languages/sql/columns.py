"""Which columns of its tables a query can use: those that it names, where it uses none without naming it.

A column is reached by its name, or by something that stands for all columns: `*`, the name of a table as a value,
`natural join`, `columns(...)`, a position. Where a query holds nothing of the second sort, the words in its text are
all the columns that it can use, whichever table they are of and however they are looked up. That is more than what
it really uses and can be told without resolving a single name; only names are compared, so whoever relies on it has
to count which columns there are. It knows nothing of tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.tokens import Token

_STAND_FOR_COLUMNS = {
    "natural", "columns", "unpack", "pivot", "unpivot", "pivot_wider", "pivot_longer", "describe", "summarize",
    "show", "query", "query_table", "#",
}  # fmt: skip
_TEXTS = {"STRING", "RAW_STRING", "HEREDOC_STRING", "NATIONAL_STRING", "UNICODE_STRING", "BYTE_STRING"}
_MAY_SURROUND_STAR = {"expressions", "from_", "where", "with_", "limit", "offset", "kind", "operation_modifiers"}
"""The parts of a `select *` that look at its columns by name or not at all: not `distinct`, `order by all`, joins."""


def named_columns(tokens: Sequence[Token], tree: exp.Expr, file_functions: Iterable[str]) -> tuple[str, ...] | None:
    """The words by which a query can name columns, in lower case; None where it may use others.

    Args:
        tokens, tree: the query.
        file_functions: table functions that are known to read files, and no table by its name.
    """
    words = {token.text.lower() for token in tokens if token.token_type.name not in _TEXTS}
    texts = {token.text.lower() for token in tokens if token.token_type.name in _TEXTS}
    relations = _relations(tree)
    if not words.isdisjoint(_STAND_FOR_COLUMNS) or not texts.isdisjoint(relations):
        return None
    if not _is_plain(tree, {*file_functions, "range", "generate_series", "unnest"}):
        return None
    if not _stars_stay_inside(tokens, tree) or _takes_rows(tree, relations):
        return None
    return tuple(sorted(words))


def _relations(tree: exp.Expr) -> set[str]:
    """The names that tables, subqueries and common table expressions go by."""
    from sqlglot import exp

    named = tree.find_all(exp.Table, exp.TableAlias, exp.Subquery, exp.CTE)
    return {name.lower() for node in named for name in (node.name, node.alias) if name}


def _is_plain(tree: exp.Expr, table_functions: set[str]) -> bool:
    """Whether the query is made of selects alone, and every column keeps its own name on its way through them."""
    from sqlglot import exp

    queries = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
    if not isinstance(tree, queries):
        return False
    for node in tree.walk():
        if isinstance(node, (exp.Subquery, exp.CTE)) and not isinstance(node.this, queries):
            return False
        if isinstance(node, exp.TableAlias) and node.args.get("columns") and not _gives_rows(node.parent):
            return False
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Func):
            function = node.this
            name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
            if name.lower() not in table_functions:
                return False
    return True


def _gives_rows(node: exp.Expr | None) -> bool:
    """Whether rows come out of an expression, and of no table whose columns would be given other names."""
    from sqlglot import exp

    is_call = isinstance(node, exp.Table) and isinstance(node.this, exp.Func)
    return is_call or isinstance(node, (exp.Values, exp.Unnest, exp.Lateral))


def _stars_stay_inside(tokens: Sequence[Token], tree: exp.Expr) -> bool:
    """Whether what `*` stands for is looked at by name only: it is counted, or stands in a table within the query."""
    from sqlglot import exp

    stars = list(tree.find_all(exp.Star))
    products = sum(1 for _ in tree.find_all(exp.Mul))
    if sum(token.token_type.name == "STAR" for token in tokens) > len(stars) + products:
        return False
    return all(isinstance(star.parent, exp.Count) or _is_inner(star) for star in stars)


def _is_inner(star: exp.Expr) -> bool:
    from sqlglot import exp

    projection = star.parent if isinstance(star.parent, exp.Column) else star
    select = projection.parent
    if not isinstance(select, exp.Select) or projection.arg_key != "expressions":
        return False
    if not {name for name, value in select.args.items() if value} <= _MAY_SURROUND_STAR:
        return False
    table = select.parent
    return isinstance(table, exp.CTE) or (
        isinstance(table, exp.Subquery) and isinstance(table.parent, (exp.From, exp.Join))
    )


def _takes_rows(tree: exp.Expr, relations: set[str]) -> bool:
    """Whether a table's name may stand for its row as a value: `select t from t`, `to_json(t)`."""
    from sqlglot import exp

    for name in tree.find_all(exp.Identifier):
        if name.name.lower() not in relations:
            continue
        is_table = isinstance(name.parent, (exp.Table, exp.TableAlias, exp.CTE, exp.Subquery))
        is_qualifier = isinstance(name.parent, exp.Column) and name.arg_key in ("table", "db", "catalog")
        if not (is_table or is_qualifier):
            return True
    return False
