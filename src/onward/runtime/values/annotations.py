"""What an annotation asks for, read from its text.

The text is fully qualified (`polars.DataFrame`), as a reader of the code found it; nothing is imported or
evaluated here. Names under which libraries really keep their classes count as the public ones.
"""

from __future__ import annotations

from typing import NamedTuple

_PUBLIC_NAMES = {
    "polars.dataframe.frame.DataFrame": "polars.DataFrame",
    "polars.lazyframe.frame.LazyFrame": "polars.LazyFrame",
    "polars.series.series.Series": "polars.Series",
    "pandas.core.frame.DataFrame": "pandas.DataFrame",
    "pandas.core.series.Series": "pandas.Series",
    "pyarrow.lib.Table": "pyarrow.Table",
    "_duckdb.DuckDBPyRelation": "duckdb.DuckDBPyRelation",
    "duckdb._relation.DuckDBPyRelation": "duckdb.DuckDBPyRelation",
    "duckdb.duckdb.DuckDBPyRelation": "duckdb.DuckDBPyRelation",
    "decimal.Decimal": "Decimal",
    "Path": "pathlib.Path",
    "PosixPath": "pathlib.Path",
    "pathlib.PosixPath": "pathlib.Path",
    "os.PathLike": "pathlib.Path",
    "typing.List": "list",
    "typing.Sequence": "list",
    "collections.abc.Sequence": "list",
    "typing.Dict": "dict",
    "typing.Mapping": "dict",
    "collections.abc.Mapping": "dict",
    "typing.Any": "",
    "Any": "",
    "object": "",
    "None": "",
    "builtins.object": "",
}
FRAMES = frozenset(
    {
        "polars.DataFrame",
        "polars.LazyFrame",
        "polars.Series",
        "pandas.DataFrame",
        "pandas.Series",
        "pyarrow.Table",
        "duckdb.DuckDBPyRelation",
    }
)
NUMBERS = frozenset({"float", "int", "bool", "Decimal"})
FIGURES = frozenset({"matplotlib.figure.Figure", "matplotlib.axes.Axes", "plotly.graph_objects.Figure"})


class Wanted(NamedTuple):
    """An annotation without its optional and decorating parts.

    Attributes:
        name: the class, under its public name; empty where anything will do.
        item: for `list[X]` the name of `X`, else empty.
    """

    name: str
    item: str = ""

    @property
    def library(self) -> str:
        return self.name.split(".")[0] if "." in self.name else ""

    @property
    def is_rows(self) -> bool:
        """Whether it is a list of dicts."""
        return self.name == "list" and self.item == "dict"


_ANYTHING = Wanted("")


def read_annotation(text: str) -> Wanted:
    """What `text` asks for.

    `X | None`, `Optional[X]` and `Annotated[X, ...]` are `X`; a choice of several classes is anything.
    """
    if not text:
        return _ANYTHING
    text = text.strip().strip("\"'").strip()
    choices = [part for part in _split(text, "|") if part not in ("None", "NoneType", "")]
    if len(choices) != 1:
        return Wanted("")
    text = choices[0].strip("\"'")
    head, arguments = _subscript(text)
    bare = head.split(".")[-1]
    if bare in ("Optional", "Annotated") and arguments:
        return read_annotation(arguments[0])
    if bare == "Union":
        return read_annotation(" | ".join(arguments))
    name = _PUBLIC_NAMES.get(head, head.removeprefix("builtins."))
    return Wanted(name, read_annotation(arguments[0]).name if name == "list" and arguments else "")


def _subscript(text: str) -> tuple[str, list[str]]:
    """`a.B[c, d]` as `a.B` and its arguments."""
    if not text.endswith("]") or "[" not in text:
        return text, []
    head, _, inner = text[:-1].partition("[")
    return head.strip(), _split(inner, ",")


def _split(text: str, separator: str) -> list[str]:
    """The parts of `text` between separators that stand in no bracket."""
    parts: list[str] = []
    depth = start = 0
    for place, sign in enumerate(text):
        if sign in "[(":
            depth += 1
        elif sign in "])":
            depth -= 1
        elif sign == separator and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    parts.append(text[start:].strip())
    return parts
