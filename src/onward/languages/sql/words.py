"""A query's meaning as a digest over its tokens: layout, comments and keyword case have no part in it.

Tokens and no tree: what the parser drops or the generator rewrites cannot make two different queries one.
DuckDB compares names without case but shows some of them as they were written, as the names of columns; those
keep their case here. It knows nothing of tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from onward.base.codec import digest_of
from onward.base.digest import Digest

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.tokens import Token

_EXACT = {
    "STRING", "IDENTIFIER", "NUMBER", "BYTE_STRING", "RAW_STRING", "HEREDOC_STRING", "HEX_STRING",
    "BIT_STRING", "NATIONAL_STRING", "UNICODE_STRING", "PARAMETER",
}  # fmt: skip
_PLAIN = {
    "column", "identifier", "star", "literal", "paren", "add", "sub", "mul", "div", "neg", "count", "sum",
    "avg", "min", "max", "median", "round", "distinct",
}  # fmt: skip
"""The parts of an expression of which DuckDB's name for the column keeps the case of column names alone."""


def meaning(tokens: Sequence[Token], statements: Iterable[exp.Expr]) -> Digest:
    """The digest of a file's statements, from its tokens and from the trees that they parse to."""
    shown = _shown_names(statements)
    words: list[tuple[str, str]] = []
    for token in tokens:
        if token.token_type.name == "SEMICOLON":
            continue
        exact = token.token_type.name in _EXACT or shown is None or token.text in shown
        words.append((token.token_type.name, token.text if exact else token.text.lower()))
    return digest_of(words)


def _shown_names(statements: Iterable[exp.Expr]) -> set[str] | None:
    """The unquoted names whose case the result can show; None where any word's case may."""
    from sqlglot import exp

    shown: set[str] = set()
    for statement in statements:
        relations = {
            name.lower()
            for table in statement.find_all(exp.Table, exp.TableAlias)
            for name in (table.name, table.alias)
        }
        for node in statement.walk():
            if isinstance(node, exp.Identifier) and not _is_looked_up(node, relations):
                shown.add(node.name)
            elif isinstance(node, exp.Select):
                for projection in node.expressions:
                    if isinstance(projection, (exp.Alias, exp.Column, exp.Star)):
                        continue
                    if not all(part.key in _PLAIN for part in projection.walk()):
                        return None
                    shown.update(name.name for name in projection.find_all(exp.Identifier))
    return shown


def _is_looked_up(name: exp.Identifier, relations: set[str]) -> bool:
    """Whether a name only finds a table or column, whose own spelling is then the one that is shown."""
    from sqlglot import exp

    parent = name.parent
    if isinstance(parent, exp.Table):
        return True
    if isinstance(parent, exp.TableAlias):
        return name.arg_key == "this"
    if not isinstance(parent, exp.Column) or parent.find_ancestor(exp.Pivot) is not None:
        return False
    # `select T from t` shows the row as `T`, and `s.Aa` may be a field of a struct.
    parts = [part.name.lower() for part in parent.parts]
    return parts[0] not in relations if len(parts) == 1 else len(parts) == 2 and parts[0] in relations
