"""A notebook file read without what its cells once printed.

It knows the file format (nbformat 3 and 4) as JSON, and gives the code as one Python text whose lines map
back to cells. Outputs, execution counts, ids and the state of widgets are not looked at, however large. What
the code means is for the analysis of Python.
"""

from __future__ import annotations

import ast
import html
import json
import re
from typing import Any

import msgspec

from onward.base.codec import digest_of
from onward.base.paths import unquoted
from onward.languages.notebook.magics import hides_output, inert
from onward.languages.notebook.quoting import quoting
from onward.languages.python.normal import NormalForm
from onward.languages.python.parse import OWN
from onward.model.code import CellCode, Mention, NotebookTable, Problem
from onward.model.ports import Grammar

_SHOWN_OF_NOTEBOOK = ("title", "authors", "date", "subtitle")
_SHOWN_OF_CODE = ("hide_input", "hide_code_all_hidden")
_SHOWN_OF_CELL = (
    "tags", "slideshow", "jupyter", "hide_input", "hide_output", "hideCode", "hideOutput", "hidePrompt",
    "nbsphinx", "raw_mimetype", "format", "mystnb", "render",
)  # fmt: skip
_BORDER = "# %%"
_SKIPPED = "skip-execution"
_PICTURE = re.compile(r"""!\[[^\]]*\]\(\s*<?([^\s)>]+)|\bsrc\s*=\s*["']([^"']+)["']""")
_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|/|#|.*[*?\[\0]")
"""Addresses with a scheme, from the root of a server, of the page itself, and what a listing would be taken from."""


class _Cell(msgspec.Struct):
    cell_type: Any = "code"
    source: Any = None
    input: Any = None
    metadata: Any = None
    attachments: Any = None
    level: Any = 1
    language: Any = None


class _Worksheet(msgspec.Struct):
    cells: list[_Cell] = []


class _Notebook(msgspec.Struct):
    cells: list[_Cell] | None = None
    worksheets: list[_Worksheet] | None = None
    metadata: Any = None


def analyse(content: bytes, grammar: Grammar = OWN) -> NotebookTable:
    """What a notebook holds. Never raises: a file or cell that does not parse is a `problem`.

    A cell that does not parse is left out of `code`, as a text; where it is tagged `raises-exception` it is
    meant to fail, and so is no problem.
    """
    notebook = _notebook(content)
    if isinstance(notebook, Problem):
        return NotebookTable(problem=notebook)
    metadata = notebook.metadata if isinstance(notebook.metadata, dict) else {}
    cells = _cells(notebook)
    language = _language(metadata, cells)
    joined = _Joined(language == "python", grammar)
    for number, cell in enumerate(cells, start=1):
        if cell.cell_type == "code":
            joined.add(_source(cell), number, _tags(cell))
    title = _title(cells, metadata)
    return NotebookTable(
        problem=joined.problem,
        language=language,
        title=title,
        code="\n".join(joined.lines).encode("utf-8", "replace") if language == "python" else b"",
        cells=tuple(joined.cells),
        magics=tuple(magic for cell in joined.cells for magic in cell.magics),
        runs=tuple(joined.runs),
        pictures=tuple(Mention(file, 1) for file in _pictures(cells)),
        text=digest_of(joined.texts),
        quotes=tuple(joined.quotes),
        prose=_prose(cells, metadata, title),
        layout=_layout(cells, metadata, language),
    )


# The file


def _notebook(content: bytes) -> _Notebook | Problem:
    try:
        notebook = msgspec.json.decode(content, type=_Notebook)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        notebook = _lenient(content)
    if isinstance(notebook, _Notebook) and notebook.cells is None and notebook.worksheets is None:
        return Problem("this is no notebook: it has no cells", 1, 1)
    return notebook


def _lenient(content: bytes) -> _Notebook | Problem:
    """The notebook as Python's own reader takes it, which bears `NaN`; or what is wrong."""
    try:
        text = content.decode("utf-8-sig")
        found = json.loads(text)
    except UnicodeDecodeError as error:
        before = content[: error.start]
        return Problem("the text is not UTF-8", before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
    except json.JSONDecodeError as error:
        return Problem(f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", error.lineno, error.colno)
    except (RecursionError, ValueError) as error:
        return Problem(f"this is not JSON that can be read: {type(error).__name__}", 1, 1)
    try:
        return msgspec.convert(found, type=_Notebook)
    except msgspec.ValidationError as error:
        return Problem(f"this is no notebook: {str(error)[:1].lower()}{str(error)[1:]}", 1, 1)


def sources(content: bytes) -> list[tuple[str, str]]:
    """Of each cell, in order, its type and its text; none where the content is no notebook."""
    notebook = _notebook(content)
    return [] if isinstance(notebook, Problem) else [(str(cell.cell_type), _source(cell)) for cell in _cells(notebook)]


def _cells(notebook: _Notebook) -> list[_Cell]:
    if notebook.cells is not None:
        return notebook.cells
    return [cell for sheet in notebook.worksheets or () for cell in sheet.cells]


def _source(cell: _Cell) -> str:
    source = cell.input if cell.source is None else cell.source
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    text = source if isinstance(source, str) else ""
    return _encodable(text.replace("\r\n", "\n").replace("\r", "\n"))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _tags(cell: _Cell) -> tuple[str, ...]:
    tags = cell.metadata.get("tags") if isinstance(cell.metadata, dict) else None
    return tuple(_encodable(tag) for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def _language(metadata: dict[Any, Any], cells: list[_Cell]) -> str:
    """The language of the code in lower case; Python where only an environment is named, or nothing."""
    kernel, info = metadata.get("kernelspec"), metadata.get("language_info")
    kernel, info = (part if isinstance(part, dict) else {} for part in (kernel, info))
    said = [
        info.get("name"),
        kernel.get("language"),
        *(cell.language for cell in cells if cell.cell_type == "code"),
    ]
    languages = [word.lower() for word in said if isinstance(word, str) and word]
    if not languages:
        name = str(kernel.get("name") or "").lower()
        languages = ["r"] if name == "ir" else [known for known in ("julia", "bash", "scala") if name.startswith(known)]
    if not languages or any("python" in word or word == "pyspark" for word in languages):
        return "python"
    return _encodable(languages[0])


# The code


class _Joined:
    """The code cells put together, one after the other."""

    def __init__(self, is_python: bool, grammar: Grammar) -> None:
        self.is_python = is_python
        self.grammar = grammar
        self.lines: list[str] = []
        self.cells: list[CellCode] = []
        self.runs: list[Mention] = []
        self.texts: list[tuple[int, str]] = []
        self.quotes: list[Mention] = []
        self.problem: Problem | None = None

    def add(self, source: str, number: int, tags: tuple[str, ...]) -> None:
        self.lines.append(_BORDER)
        first_line = len(self.lines) + 1
        if not source.strip() or _SKIPPED in tags:
            self.cells.append(CellCode("", number, first_line, tags=tags))
            self.lines.extend([""] * (source.count("\n") + 1))
            return
        self.texts.append((number, source))
        if not self.is_python:
            self.cells.append(CellCode(source, number, first_line, tags=tags))
            self.lines.extend(source.split("\n"))
            return
        cell = inert(source, self.grammar)
        checked = _checked(cell.code, number, self.grammar)
        if isinstance(checked, Problem):
            if "raises-exception" not in tags:
                self.problem = self.problem or checked
            code, tree = repr(source) + "\n" * source.count("\n"), None
            border = source
        else:
            code, tree = checked
            border = _border(tree)
        self.runs.extend(Mention(file, first_line + line - 1) for file, line in cell.files)
        magics = tuple(cell.magics)
        exact = source if cell.wraps_lines else ""
        self.quotes += [Mention(name, first_line + line - 1) for name, line in quoting(tree, magics)]
        self.cells.append(CellCode(code, number, first_line, hides_output(code), magics, tags, exact, border))
        self.lines.extend(code.split("\n"))


def _checked(code: str, number: int, grammar: Grammar) -> tuple[str, ast.Module] | Problem:
    """The cell's code as it may stand below others, with its tree; or why it is no Python by itself, as it will run."""
    tree = grammar.parse(code.encode(), cells=True)
    if isinstance(tree, Problem) or _movable(code, tree) != code:
        tree = grammar.parse(code.encode(), cells=True, compiles=False)
        while isinstance(tree, ast.Module) and (moved := _movable(code, tree)) != code:
            code = moved  # one statement at a time, as the columns of the next have changed
            tree = grammar.parse(code.encode(), cells=True, compiles=False)
        if isinstance(tree, ast.Module):
            tree = grammar.parse(code.encode(), cells=True)
    if isinstance(tree, Problem):
        return Problem(f"cell {number}: {_encodable(tree.message)}", tree.line, tree.column)
    return code, tree


def _border(tree: ast.Module) -> str:
    """How many statements a cell has, and the last one in normal form where the cell shows its value."""
    last = tree.body[-1] if tree.body else None
    return f"{len(tree.body)} {NormalForm(metadata=True).text(last) if isinstance(last, ast.Expr) else ''}"


def _movable(code: str, tree: ast.Module) -> str:
    """The code without the first thing that Python allows at the beginning of a text alone; IPython compiles line by
    line.
    """
    lines = code.split("\n")
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            names = [alias.name for alias in node.names]
            stands = "; ".join(["import __future__", *(f"__future__.{name}" for name in names if name.isidentifier())])
        elif isinstance(node, ast.Global):
            stands = "pass"
        else:
            continue
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before = lines[first].encode()[: node.col_offset].decode()
        after = lines[last].encode()[node.end_col_offset :].decode()
        lines[first : last + 1] = [before + stands + after, *[""] * (last - first)]
        return "\n".join(lines)
    return code


# The page


def _title(cells: list[_Cell], metadata: dict[Any, Any]) -> str:
    for cell in cells:
        if cell.cell_type == "heading":
            return _plain_heading(_source(cell))
        heading = _heading(_source(cell)) if cell.cell_type == "markdown" else ""
        if heading:
            return heading
    title = metadata.get("title") or metadata.get("name")
    return _encodable(title) if isinstance(title, str) else ""


def _heading(markdown: str) -> str:
    """The first heading of a Markdown text that has any words, whichever its level."""
    fence = ""
    previous = ""
    for line in markdown.split("\n"):
        text = line.strip()
        mark = re.match(r"(`{3,}|~{3,})", text)
        if mark is not None and (not fence or (text.startswith(fence) and not text.strip(fence[0]))):
            fence, previous = ("" if fence else mark[1]), ""
            continue
        if fence or line.startswith(("    ", "\t")):
            previous = ""
            continue
        found = re.match(r"#{1,6}(?:\s+|(?=[^\s#\d!]))(.*)", text) or re.match(
            r"<h[1-6][^>]*>(.*)", text, re.IGNORECASE
        )
        heading = found[1] if found is not None else previous if re.fullmatch(r"=+|-{2,}", text) else ""
        words = _plain_heading(heading)
        if words:
            return words
        previous = text
    return ""


def _plain_heading(text: str) -> str:
    """A heading without Markdown's marks."""
    text = re.sub(r"!\[([^\]]*)\]\([^)]*\)|\[([^\]]*)\]\([^)]*\)", lambda match: match[1] or match[2] or "", text)
    text = re.sub(r"</?[a-zA-Z][^>]*>", "", text)
    text = re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", text)
    text = re.sub(r"(?<!\w)([*_])(?=\S)(.+?)(?<=\S)\1(?!\w)", r"\2", text)
    text = re.sub(r"\s+#+\s*$", "", text.strip())
    return " ".join(text.split())


def _pictures(cells: list[_Cell]) -> list[str]:
    """The files that prose takes in, by Markdown or HTML; addresses of elsewhere left out."""
    text = "\n".join(_source(cell) for cell in cells if cell.cell_type != "code")
    found = [unquoted(html.unescape(match[1] or match[2])) for match in _PICTURE.finditer(text)]
    return list(dict.fromkeys(file for file in found if not _ELSEWHERE.match(file)))


def _prose(cells: list[_Cell], metadata: dict[Any, Any], title: str) -> str:
    """The digest of what a page shows of a notebook besides its code and results."""
    shown: list[Any] = []
    for cell in cells:
        if cell.cell_type == "code":
            shown.append("code")
        else:
            shown.append([_kind(cell), _source(cell), _stable(cell.attachments), _shown_metadata(cell)])
    about = {word: metadata[word] for word in _SHOWN_OF_NOTEBOOK if word in metadata}
    return digest_of([title, _stable(about), shown])


def _layout(cells: list[_Cell], metadata: dict[Any, Any], language: str) -> str:
    """The digest of the code cells as a page shows them."""
    code = [cell for cell in cells if cell.cell_type == "code"]
    shown = [[_source(cell), _stable(cell.attachments), _shown_metadata(cell)] for cell in code]
    about = {word: metadata[word] for word in _SHOWN_OF_CODE if word in metadata}
    return digest_of([language, _stable(about), shown])


def _shown_metadata(cell: _Cell) -> str:
    if not isinstance(cell.metadata, dict):
        return ""
    return _stable({word: cell.metadata[word] for word in _SHOWN_OF_CELL if word in cell.metadata})


def _kind(cell: _Cell) -> str:
    return f"heading {cell.level}" if cell.cell_type == "heading" else _encodable(str(cell.cell_type))


def _stable(value: Any) -> str:
    """Any JSON as text, the order of keys and an empty value left out."""
    return json.dumps(value, sort_keys=True) if value else ""
