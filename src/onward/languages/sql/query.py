"""A `.sql` file read without running it: whether it is one query, and which tables and files it names.

The dialect is DuckDB's. Names are given as written; what they mean is for whoever links them. Common table
expressions are resolved here, by the rules of SQL, as nobody outside the file can see them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from onward.languages.sql.columns import named_columns
from onward.languages.sql.words import meaning
from onward.model.code import Mention, Problem, QueryTable, TableMention

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.errors import ParseError
    from sqlglot.tokens import Token

_DATA_FILE = re.compile(
    r"\.(csv|tsv|txt|parquet|json|jsonl|ndjson|geojson|xlsx|arrow|feather|avro|db|duckdb|sqlite|sqlite3|shp|gpkg|vortex)"
    r"(\.(gz|zst|bz2|xz))?$",
    re.IGNORECASE,
)
_FILE_FUNCTIONS = {
    "read_csv", "read_csv_auto", "sniff_csv", "read_parquet", "parquet_scan", "parquet_metadata",
    "parquet_schema", "parquet_file_metadata", "parquet_kv_metadata", "parquet_bloom_probe", "read_json",
    "read_json_auto", "read_json_objects", "read_json_objects_auto", "read_ndjson", "read_ndjson_auto",
    "read_ndjson_objects", "read_text", "read_blob", "read_xlsx", "read_avro", "read_arrow", "read_sheet",
    "glob", "st_read", "st_read_meta", "sqlite_scan", "delta_scan", "iceberg_scan", "read_vortex",
    "read_duckdb",
}  # fmt: skip
_QUERY = "QUERY"
_LEADING_COMMENT = re.compile(r"\A\s*(?:--[^\n]*(?:\n[ \t]*--[^\n]*)*|/\*.*?\*/)", re.DOTALL)
_CLOSED = re.compile(
    r"[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|.",
    re.DOTALL,
)
_STATEMENT_WORDS = {
    "alter", "analyze", "attach", "begin", "call", "checkpoint", "comment", "commit", "copy", "create",
    "deallocate", "delete", "describe", "detach", "drop", "execute", "explain", "export", "force", "import",
    "insert", "install", "load", "merge", "pragma", "prepare", "reset", "rollback", "set", "show",
    "summarize", "truncate", "update", "use", "vacuum", "abort", "end", "start",
}  # fmt: skip


def analyse(content: bytes) -> QueryTable:
    """What a `.sql` file holds. Never raises: text that does not parse has a `problem`.

    Cost: the parser takes 0.2 s to import, and about 1 ms a query then.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        return QueryTable(problem=Problem("the text is not UTF-8", before.count(b"\n") + 1, column))
    found = _parsed(text)
    if isinstance(found, Problem):
        return QueryTable(problem=found)
    tokens, statements = found
    if not statements:
        word = tokens[0].text.upper() if _begins_statement(tokens) else "empty"
        return QueryTable(statement=word, doc=_doc(text))
    return _table(text, tokens, statements)


def files_of(text: str) -> tuple[list[str], list[str]]:
    """The paths that SQL inside another language's code reads, and those that it writes."""
    if not re.search(r"['\"][^'\"]*[./*][^'\"]*['\"]", text):
        return [], []  # names no file, so the parser need not be brought in
    table = analyse(text.encode("utf-8", "replace"))
    return [mention.text for mention in table.reads], [mention.text for mention in table.writes]


def _parsed(text: str) -> tuple[list[Token], list[exp.Expr]] | Problem:
    """The tokens and statements of a text; no statements where it holds no query."""
    import sqlglot  # costs 170 ms, and most files are known by their digest
    from sqlglot.errors import ParseError, TokenError

    if "\0" in text:
        before = text[: text.index("\0")]
        return Problem("the text holds a null character", *_place(before))
    tokens: list[Token] = []
    try:
        with _quiet():
            tokens = sqlglot.tokenize(text, dialect="duckdb")
            template = _template(tokens)
            if template is not None:
                return template
            statements = [tree for tree in sqlglot.parse(text, dialect="duckdb") if tree is not None]
    except ParseError as error:
        return (tokens, []) if _begins_statement(tokens) else _refused(error)
    except TokenError:
        return _unclosed(text)
    except RecursionError:
        return Problem("the text is nested too deeply")
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, AssertionError) as error:
        # The parser stumbles over some texts that are no SQL instead of refusing them.
        return Problem(f"the text does not parse ({type(error).__name__} in the parser)", 1, 1)
    return tokens, [tree for tree in statements if not _is_blank(tree)]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the parser from telling people about statements that are of no interest to it."""
    logger = logging.getLogger("sqlglot")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _is_blank(tree: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(tree, exp.Semicolon)


def _template(tokens: list[Token]) -> Problem | None:
    """A problem where the text is a template (`{{ ref('x') }}`), which the parser may take for a struct."""
    for index, one in enumerate(tokens):
        two = tokens[index + 1] if index + 1 < len(tokens) else one
        is_braces = one.text == two.text == "{" and one.end + 1 == two.start
        if is_braces or one.text == "{%":
            return Problem("this is a template (Jinja), not SQL", one.line, max(1, one.col - len(one.text) + 1))
    return None


def _unclosed(text: str) -> Problem:
    """Where a quote or comment opens that nothing closes."""
    for match in _CLOSED.finditer(text):
        if match.group() in ("'", '"') or (text.startswith("/*", match.start()) and len(match.group()) == 1):
            return Problem("a quote or comment is not closed", *_place(text[: match.start()]))
    return Problem("the text has a character that SQL does not", 1, 1)


def _place(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _begins_statement(tokens: list[Token]) -> bool:
    """Whether the text is plainly a statement and no query, so that its further form is of no interest."""
    return bool(tokens) and tokens[0].text.lower() in _STATEMENT_WORDS


def _refused(error: ParseError) -> Problem:
    first = error.errors[0] if error.errors else {}
    message = str(first.get("description") or "the text does not parse").partition(" but got <Token")[0]
    if message.startswith("Invalid expression") and first.get("highlight"):
        message = f"`{first['highlight']}` is unexpected here"
    return Problem(message[:1].lower() + message[1:], int(first.get("line") or 0), int(first.get("col") or 0))


def _table(text: str, tokens: list[Token], statements: list[exp.Expr]) -> QueryTable:
    word = f"{len(statements)} statements" if len(statements) > 1 else _statement_word(statements[0], tokens[0])
    if word is None:
        first = tokens[0]
        column = max(1, first.col - len(first.text) + 1)
        return QueryTable(problem=Problem(f"`{first.text}` begins no statement", first.line, column))
    is_query = word == _QUERY
    names = _Names(_attached(statements))
    for tree in statements:
        names.collect(tree)
    return QueryTable(
        is_query=is_query,
        statement="" if is_query else word,
        digest=meaning(tokens, statements),
        columns=named_columns(tokens, statements[0], _FILE_FUNCTIONS) if is_query else None,
        tables=tuple(dict.fromkeys(names.tables)),
        reads=tuple(dict.fromkeys(names.reads)),
        writes=tuple(dict.fromkeys(names.writes)),
        doc=_doc(text),
    )


def _statement_word(tree: exp.Expr, first: Token) -> str | None:
    """`QUERY`, or the word that says what a statement does; None where the text is no statement at all.

    The parser reads any expression, and keeps what it does not know as a command.
    """
    from sqlglot import exp

    if isinstance(tree, (exp.Query, exp.Values, exp.Pivot)):
        return _QUERY
    if _begins_statement([first]):
        return first.text.upper()
    if first.text.lower() == "with" and isinstance(tree, (exp.Insert, exp.Update, exp.Delete, exp.Merge)):
        return tree.key.upper()
    return None


def _attached(statements: list[exp.Expr]) -> set[str]:
    """The names that databases are attached under: their tables are not the workspace's."""
    from sqlglot import exp

    return {
        tree.this.alias.lower()
        for tree in statements
        if isinstance(tree, exp.Attach) and isinstance(tree.this, exp.Alias)
    }


class _Names:
    """Collects the tables and files that statements name."""

    def __init__(self, attached: set[str]) -> None:
        self.attached = attached
        self.tables: list[TableMention] = []
        self.reads: list[Mention] = []
        self.writes: list[Mention] = []

    def collect(self, tree: exp.Expr) -> None:
        from sqlglot import exp

        if isinstance(tree, exp.Copy):
            mentions = self.reads if tree.args.get("kind") else self.writes
            for file in tree.args.get("files") or ():
                self._file(file, mentions)
        if isinstance(tree, exp.Attach):
            self._file(tree.this.this if isinstance(tree.this, exp.Alias) else tree.this, self.reads)
        targets = _targets(tree)
        for table in sorted(tree.find_all(exp.Table), key=_position):
            if id(table) not in targets:
                self._table(table)

    def _table(self, table: exp.Table) -> None:
        from sqlglot import exp

        if isinstance(table.this, exp.Func):
            self._function(table.this)
            return
        parts = tuple(part.name for part in table.parts)
        if not all(parts) or _is_local(table, parts) or (len(parts) > 1 and parts[0].lower() in self.attached):
            return
        if len(parts) == 1 and _is_file(parts[0]):
            self._path(parts[0], _line(table), self.reads)
        elif _is_encodable("".join(parts)):
            self.tables.append(TableMention(parts, _line(table)))

    def _function(self, call: exp.Func) -> None:
        from sqlglot import exp

        name = (call.name if isinstance(call, exp.Anonymous) else call.sql_name()).lower()
        first = call.expressions[0] if call.expressions else None
        if not isinstance(call, exp.Anonymous) and isinstance(call.this, exp.Expr):
            first = call.this
        for literal in first.expressions if isinstance(first, exp.Array) else [first]:
            if not isinstance(literal, exp.Literal) or not literal.is_string:
                continue
            if name in _FILE_FUNCTIONS:
                self._file(literal, self.reads)
            elif name == "query_table" and _is_encodable(literal.name):
                self.tables.append(TableMention(tuple(literal.name.split(".")), _line(literal)))
            elif name == "query":
                self._nested(literal)

    def _nested(self, literal: exp.Literal) -> None:
        """A query given as text to `query(...)`; its places are those of the text."""
        found = _parsed(literal.name)
        line = _line(literal)
        if isinstance(found, Problem):
            return  # a finding of whoever runs it; the text around it is sound
        inner = _Names(self.attached)
        for tree in found[1]:
            inner.collect(tree)
        self.tables.extend(TableMention(mention.parts, line) for mention in inner.tables)
        self.reads.extend(Mention(mention.text, line) for mention in inner.reads)

    def _file(self, literal: exp.Expr, mentions: list[Mention]) -> None:
        from sqlglot import exp

        if isinstance(literal, exp.Literal) and literal.is_string:
            self._path(literal.name, _line(literal), mentions)

    def _path(self, text: str, line: int, mentions: list[Mention]) -> None:
        is_elsewhere = "://" in text or text.startswith((":", "md:", "~")) or not text
        if not is_elsewhere and _is_encodable(text):
            mentions.append(Mention(text, line))


def _targets(tree: exp.Expr) -> set[int]:
    """The tables that a statement makes, changes or drops, and does not read."""
    from sqlglot import exp

    made: list[exp.Expr] = []
    if (isinstance(tree, (exp.Create, exp.Insert, exp.Use, exp.Comment)) and isinstance(tree.this, exp.Expr)) or (
        isinstance(tree, exp.Copy) and tree.args.get("kind")
    ):
        made = [tree.this]
    elif isinstance(tree, exp.Drop):
        made = [tree]
    return {id(table) for node in made for table in node.find_all(exp.Table)}


def _is_local(table: exp.Table, parts: tuple[str, ...]) -> bool:
    """Whether a name is that of a common table expression in sight.

    In a `with` list, an expression sees those before it, and itself only if the list is recursive; so
    `with flights as (from flights)` reads the table.
    """
    from sqlglot import exp

    if len(parts) > 1:
        return False
    name = parts[0].lower()
    child: exp.Expr = table
    entered: exp.Expr | None = None  # the expression of a `with` list that the table stands in
    parent = table.parent
    while parent is not None:
        if isinstance(parent, exp.With):
            entered = child
        else:
            visible = _visible(parent.args.get("with_"), entered if isinstance(child, exp.With) else None)
            if name in visible:
                return True
        child, parent = parent, parent.parent
    return False


def _visible(clause: exp.With | None, entered: exp.Expr | None) -> set[str]:
    """The names of a `with` list, as seen from inside its part `entered`, or from the query below it."""
    if clause is None:
        return set()
    names: set[str] = set()
    for expression in clause.expressions:
        if entered is not None and expression is entered:
            return names | {str(expression.alias_or_name).lower()} if clause.args.get("recursive") else names
        names.add(expression.alias.lower())
    return names


def _is_file(name: str) -> bool:
    return _DATA_FILE.search(name) is not None or "/" in name or "*" in name


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _position(node: exp.Expr) -> int:
    """Where a table stands in the text."""
    return min((int(part.meta["start"]) for part in node.walk() if "start" in part.meta), default=0)


def _line(node: exp.Expr) -> int:
    return min((int(part.meta["line"]) for part in node.walk() if "line" in part.meta), default=1)


def _doc(text: str) -> str:
    """The text of the comment that the file begins with."""
    match = _LEADING_COMMENT.match(text)
    if match is None:
        return ""
    comment = match.group().strip().removeprefix("/*").removesuffix("*/")
    lines = [re.sub(r"^\s*(?:--+|\*+)? ?", "", line).rstrip() for line in comment.split("\n")]
    return "\n".join(lines).strip()
