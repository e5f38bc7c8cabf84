"""What reading a file of code, without running it, brings to light.

One table per file content, flat and comparable, so that it can be kept by the content's digest. The
tables know nothing of where their file lies: whoever links them brings the path.
"""

from __future__ import annotations

import msgspec

from onward.model.difference import Tolerance


class Problem(msgspec.Struct, frozen=True, array_like=True):
    """Why a file does not parse. `line` and `column` count from 1; 0 where unknown."""

    message: str
    line: int = 0
    column: int = 0


class Mention(msgspec.Struct, frozen=True, array_like=True):
    """A literal text in the code and the line that it stands in.

    Attributes:
        within: for a path, the line of the top-level statement (function, class, ...) that holds it; 0 for others.
        file: the file that it stands in, where that is another than the step's.
    """

    text: str
    line: int
    within: int = 0
    file: str = ""


class Default(msgspec.Struct, frozen=True, array_like=True):
    """The default of a function's parameter.

    `form` is `none` (there is no default), `ref` (`ref("sales/orders")`: `text` is the name),
    `ref symbol` (`ref(orders)`: `text` is the dotted name as written), `value` (any other: a literal is in
    `text` as JSON) or `code` (a value that is no literal; `text` is its source).
    """

    form: str = "none"
    text: str = ""


class ParameterDeclaration(msgspec.Struct, frozen=True, array_like=True):
    """One parameter of a step's function. `annotation` is fully qualified (`polars.DataFrame`), or empty."""

    name: str
    annotation: str
    default: Default
    line: int


class AssetDeclaration(msgspec.Struct, frozen=True):
    """A function with `@asset`.

    `fields` are those of a TypedDict, dataclass or NamedTuple of the same module that it returns.
    """

    function: str
    line: int
    parameters: tuple[ParameterDeclaration, ...]
    returns: str = ""
    fields: tuple[str, ...] = ()
    doc: str = ""
    name: str | None = None
    kind: str | None = None
    unit: str | None = None
    title: str | None = None
    key: tuple[str, ...] = ()
    tolerance: Tolerance | None = None
    problem: str | None = None
    """What is wrong with the decorator's options, where they cannot be read or do not exist."""


class CheckDeclaration(msgspec.Struct, frozen=True):
    """A function with `@check`.

    `asset` is a name, or the dotted name of a function as written (`by_symbol`).
    """

    function: str
    line: int
    parameters: tuple[ParameterDeclaration, ...]
    asset: str
    by_symbol: bool
    severity: str = "error"
    doc: str = ""
    problem: str | None = None


class Declarations(msgspec.Struct, frozen=True):
    """What a Python file, or a notebook's cells together, say to onward.

    Attributes:
        imports_onward: it imports `onward` anywhere.
        acts: its top level does more than import, define, configure and name constants (a `__main__` guard
            that calls something acts too).
        imports: every module that an import names, relative ones with their dots (`..lib.x`); for
            `from a import b` both `a` and `a.b`.
        loads, saves, metrics: literal names given to `load`, `save`, `metric` of onward.
        opens_load, opens_save: a `load`, or a `save` or `metric`, whose name is computed.
        reads, writes: literal paths, as written from the folder that the code runs in, with constants
            put in; a path built from `__file__` is written `<file>/...`, from the folder of the file, and one in
            an imported package `<package>acme.maps/...`.
            A path that ends in `/` or holds `*`, `?` or `[` is a listing.
        import_roots: folders that it adds to the import path, written as `reads` are.
        opens_imports: it adds some that its text does not tell.
        doc: the module's docstring; empty for a notebook, whose `NotebookTable` has the heading.
    """

    imports_onward: bool = False
    acts: bool = False
    imports: tuple[str, ...] = ()
    assets: tuple[AssetDeclaration, ...] = ()
    checks: tuple[CheckDeclaration, ...] = ()
    records: tuple[tuple[str, tuple[str, ...]], ...] = ()
    loads: tuple[Mention, ...] = ()
    saves: tuple[Mention, ...] = ()
    metrics: tuple[Mention, ...] = ()
    opens_load: bool = False
    opens_save: bool = False
    reads: tuple[Mention, ...] = ()
    writes: tuple[Mention, ...] = ()
    import_roots: tuple[Mention, ...] = ()
    opens_imports: bool = False
    doc: str = ""


class TableMention(msgspec.Struct, frozen=True, array_like=True):
    """A table that a query reads: its name parts as written, unquoted (`("sales", "orders")`)."""

    parts: tuple[str, ...]
    line: int


class QueryTable(msgspec.Struct, frozen=True):
    """A `.sql` file, read.

    Attributes:
        problem: why it does not parse.
        is_query: it is exactly one query.
        statement: what it is instead (`CREATE`, `2 statements`, `empty`).
        digest: of the query's meaning: layout, comments and the case of keywords do not count, nor that of
            names which only find a table or column.
        tables: what it reads, common table expressions and table functions left out.
        columns: the words, in lower case, that can name columns of what it reads; None where it may use columns that
            it does not name.
        reads: literal paths (`from 'x.csv'`, `read_parquet('x/*.parquet')`).
        writes: literal paths of `copy ... to`.
        doc: the comment that the file begins with.
    """

    problem: Problem | None = None
    is_query: bool = False
    statement: str = ""
    digest: str = ""
    columns: tuple[str, ...] | None = None
    tables: tuple[TableMention, ...] = ()
    reads: tuple[Mention, ...] = ()
    writes: tuple[Mention, ...] = ()
    doc: str = ""


class CellCode(msgspec.Struct, frozen=True, array_like=True):
    """A notebook's code cell, without what it printed.

    `code` is Python, line for line the cell's own, with magics and shell lines made into calls (the cell's
    text as it is, where the notebook's language is another); `number` counts all cells from 1, `first_line`
    is its place in the joined code. `hides_output`: a trailing `;` keeps the last value from being shown.
    `exact` is the cell's text where its very layout decides what runs: a magic around a line of Python.
    `border` says what belongs to the cell: how many statements, and the last one where its value is shown.
    A cell that is never executed, empty or tagged `skip-execution`, has no code.
    """

    code: str
    number: int
    first_line: int
    hides_output: bool = False
    magics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exact: str = ""
    border: str = ""

    @property
    def is_executed(self) -> bool:
        return bool(self.code.strip())


class NotebookTable(msgspec.Struct, frozen=True):
    """A notebook, read without what its cells printed.

    Attributes:
        problem: why it is no notebook, or why a cell does not parse: then `line` and `column` are those
            in the cell that the message names.
        language: `python`, `r`, `julia`, ... in lower case.
        title: the text of the first Markdown heading.
        code: the code cells joined, as Python in UTF-8, each below a line `# %%`; to be read and never run,
            for a magic in it is a call that only stands for it. Empty where the language is another.
        cells: the code cells in order.
        magics: every magic and shell line, in order, as written.
        runs: files that `%run` and `%load` name.
        pictures: files beside the notebook that its prose shows, as written from its folder.
        text: digest of the text and the places of the code cells that are executed, comments and layout
            included: what their results rest on where these quote it.
        quotes: what in the code can look at its own text or lines, by name, with its line.
        prose: digest of what a page shows besides code and results: the title, Markdown with its attachments,
            and between which code cells it stands.
        layout: digest of the code cells as a page shows them: their text, and metadata that decides what is
            displayed. Outputs, counts and ids have no part in any of these.
    """

    problem: Problem | None = None
    language: str = "python"
    title: str = ""
    code: bytes = b""
    cells: tuple[CellCode, ...] = ()
    magics: tuple[str, ...] = ()
    runs: tuple[Mention, ...] = ()
    pictures: tuple[Mention, ...] = ()
    text: str = ""
    quotes: tuple[Mention, ...] = ()
    prose: str = ""
    layout: str = ""

    def place(self, line: int) -> tuple[int, int]:
        """The cell's number and the line in it, both from 1, of a line of `code`; (0, 0) outside of any."""
        for cell in reversed(self.cells):
            if cell.first_line <= line:
                return cell.number, line - cell.first_line + 1
        return 0, 0
