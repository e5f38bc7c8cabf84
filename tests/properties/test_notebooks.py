"""Random edits of a notebook: what is rendered again from kept outputs is what executing it would have shown.

Which inputs an edit changes, and how outputs are merged with new text, is onward's own code; executing is a plain
interpreter of cells in this process, which shows what IPython does: what is printed, the value of a cell's last
expression, and errors with the place and the line that they quote.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from onward.app.reading.code import read_content
from onward.base.digest import Digest
from onward.languages.notebook import magics
from onward.languages.python.closure import closure
from onward.languages.python.symbols import SymbolTable
from onward.model.code import Problem
from onward.model.ports import CodeFile
from onward.runtime import notebook as driver
from onward.runtime import notebook_outputs
from onward.steps.notebook import NotebookKind
from onward.testing.kinds import code_file, linked

PATH = "projects/sample/report.ipynb"
STATEMENTS = (
    "x = 1", "x = 2", "x += 1", "y = x * 2", "print(x)", "print('y', y)", "x", "y", "5", "'text'", "None",
    "def f(n):\n    return n + x", "f(3)", "f = len", "items = []", "items.append(x)", "items",
    "for i in range(2):\n    print(i)", "import math", "math.floor(2.5)", "1 / 0", "x = y = 3", "print(x); x",
    "assert x", "class C:\n    size = x", "C.size", "import inspect\nprint(inspect.currentframe().f_lineno)",
)  # fmt: skip
FIRST = "x = 1\ny = 2\nitems = [x]\n\ndef f(n):\n    return n + x\n\nclass C:\n    size = y"
TAGS = ("raises-exception", "skip-execution", "parameters", "remove-input", "hide-output")

Cell = dict[str, Any]


def code(source: str, tags: Sequence[str] = ()) -> Cell:
    about = {"tags": list(tags)} if tags else {}
    return {"cell_type": "code", "metadata": about, "source": source, "outputs": [], "execution_count": None}


def prose(source: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


@dataclass
class Edits:
    """What somebody does to the cells; `pick` chooses which of several."""

    cells: list[Cell]
    pick: int

    def one(self, choices: Sequence[Any]) -> Any:
        self.pick, rest = divmod(self.pick, len(choices))
        return choices[rest]

    def place(self) -> int:
        return int(self.one(range(len(self.cells) + 1)))

    def code_cell(self) -> Cell | None:
        found = [cell for cell in self.cells if cell["cell_type"] == "code"]
        return self.one(found) if found else None

    def lines(self) -> tuple[Cell, list[str]] | None:
        cell = self.code_cell()
        return (cell, cell["source"].split("\n")) if cell is not None else None

    def write_prose(self) -> None:
        self.cells.insert(self.place(), prose(f"words {self.pick % 5}"))

    def edit_prose(self) -> None:
        for cell in self.cells:
            if cell["cell_type"] == "markdown":
                cell["source"] += f" {self.pick % 3}"

    def drop_cell(self) -> None:
        if len(self.cells) > 1:
            self.cells.pop(self.pick % len(self.cells))

    def add_cell(self) -> None:
        place = self.place()
        self.cells.insert(place, code(self.one(STATEMENTS)))

    def add_empty_cell(self) -> None:
        self.cells.insert(self.place(), code(" \n" * (self.pick % 2)))

    def add_statement(self) -> None:
        cell = self.code_cell()
        if cell is not None:
            cell["source"] += "\n" + self.one(STATEMENTS)

    def comment(self) -> None:
        found = self.lines()
        if found is not None:
            cell, lines = found
            place = self.one(range(len(lines)))
            if not lines[place].startswith(" "):
                lines.insert(place, "# remarked")
            cell["source"] = "\n".join(lines)

    def remark_at_the_end(self) -> None:
        cell = self.code_cell()
        if cell is not None and cell["source"].strip():
            cell["source"] += "  # why"

    def space_out(self) -> None:
        cell = self.code_cell()
        if cell is not None:
            cell["source"] = cell["source"].replace(" = ", "  =  ") + "\n\n"

    def hide_value(self) -> None:
        cell = self.code_cell()
        if cell is not None and cell["source"].strip() and "#" not in cell["source"]:
            cell["source"] = cell["source"].removesuffix(";") if cell["source"].endswith(";") else cell["source"] + ";"

    def split_cell(self) -> None:
        found = self.lines()
        if found is not None:
            cell, lines = found
            cuts = [number for number in range(1, len(lines)) if not lines[number].startswith(" ")]
            if cuts:
                cut = self.one(cuts)
                at = next(number for number, each in enumerate(self.cells) if each is cell)
                self.cells[at : at + 1] = [code("\n".join(lines[:cut])), code("\n".join(lines[cut:]))]

    def join_cells(self) -> None:
        pairs = [
            number
            for number in range(len(self.cells) - 1)
            if self.cells[number]["cell_type"] == self.cells[number + 1]["cell_type"] == "code"
        ]
        if pairs:
            at = self.one(pairs)
            joined = self.cells[at]["source"] + "\n" + self.cells[at + 1]["source"]
            self.cells[at : at + 2] = [code(joined)]

    def swap_cells(self) -> None:
        if len(self.cells) > 1:
            at = self.one(range(len(self.cells) - 1))
            self.cells[at], self.cells[at + 1] = self.cells[at + 1], self.cells[at]

    def tag(self) -> None:
        cell = self.code_cell()
        if cell is not None:
            tags = {*cell["metadata"].get("tags", ())} ^ {self.one(TAGS)}
            cell["metadata"] = {"tags": sorted(tags)} if tags else {}


_ASKED = ("one", "place", "code_cell", "lines")
EDITS = sorted(name for name in vars(Edits) if not name.startswith("_") and name not in _ASKED)

SHOWN_ONLY = ("write_prose", "edit_prose", "comment", "remark_at_the_end", "space_out", "add_empty_cell")


# Executing, as a clean run would


def executed(cells: Iterable[Cell]) -> tuple[dict[str, Any], bool] | None:
    """The notebook with its outputs, and whether these quote the code; None where it fails."""
    done = driver.current_format(notebook(cells))
    world: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(done["cells"], start=1):
        if driver._is_executed(cell):
            cell["outputs"] = shown(cell["source"], number, world)
            if driver._went_wrong(cell):
                return None
    return done, driver._quotes_code(done, PATH)


def shown(source: str, number: int, world: dict[str, Any]) -> list[dict[str, Any]]:
    """What one cell prints and shows, in the form of a notebook's outputs."""
    outputs: list[dict[str, Any]] = []
    printed = io.StringIO()
    value = None
    try:
        body = ast.parse(source).body
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        with contextlib.redirect_stdout(printed):
            exec(compile(ast.Module(body, []), "cell", "exec"), world)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "cell", "eval"), world)
    except Exception as error:
        line = error.__traceback__.tb_next.tb_lineno if error.__traceback__ and error.__traceback__.tb_next else 0
        quoted = source.split("\n")[line - 1]
        told = [f"report.ipynb, cell {number}, line {line}", quoted, repr(error)]
        outputs.append({"output_type": "error", "ename": "", "evalue": "", "traceback": told})
    if printed.getvalue():
        outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": printed.getvalue()})
    if value is not None and not callable(value) and not magics.hides_output(source):
        outputs.append({"output_type": "execute_result", "data": {"text/plain": repr(value)}, "metadata": {}})
    return outputs


def notebook(cells: Iterable[Cell]) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


# What onward knows of it


class OneFile:
    """A workspace of this one notebook."""

    def __init__(self, table: SymbolTable | Problem, text: Digest) -> None:
        self._table, self._text = table, text

    def find(self, module: str, importer: str) -> str | None:
        del module, importer

    def table(self, path: str) -> SymbolTable | Problem:
        del path
        return self._table

    def package_of(self, path: str) -> str:
        del path
        return ""

    def digest(self, path: str) -> Digest:
        del path
        return self._text

    def replaced(self, importer: str) -> list[tuple[str, str]]:
        return []

    def importable(self, importer: str, prefix: str) -> Iterable[str]:
        del importer, prefix
        return ()


def read(cells: Iterable[Cell]) -> tuple[CodeFile, Mapping[str, Digest], Mapping[str, Digest]] | None:
    """The file, what of it is executed, and what is only shown; None where nothing is a step."""
    content = json.dumps(notebook(cells)).encode()
    file = code_file(PATH, content)
    kind = NotebookKind()
    drafts = kind.read(file).drafts
    if not drafts or file.notebook is None:
        return None
    (step,) = linked(drafts).steps.values()
    table = read_content(content, "ipynb").program
    assert table is not None
    modules = OneFile(table, file.notebook.text)
    code = kind.code(step, file, lambda path, symbol: closure(path, symbol, modules).symbols)
    return file, code, kind.render(step, file)


@dataclass
class Kept:
    """A result of an earlier state."""

    code: Mapping[str, Digest]
    render: Mapping[str, Digest]
    text: Digest | None
    """Where the outputs quote the code: the digest of its text."""
    done: dict[str, Any]


@dataclass
class Counts:
    rendered: int = 0
    executed: int = 0
    kept: int = 0


def live_through(seed: int, actions: Sequence[tuple[str, int]], counts: Counts) -> None:
    chosen = [code(STATEMENTS[(seed // (n + 1)) % len(STATEMENTS)]) for n in range(3)]
    cells = [prose("# Title"), code(FIRST), *chosen]
    history = [cells]
    results: list[Kept] = []
    for action, pick in [("write_prose", 0), *actions]:
        if action == "revert":
            cells = copy.deepcopy(history[pick % len(history)])
        else:
            cells = copy.deepcopy(cells)
            edit: Callable[[], None] = getattr(Edits(cells, pick), action)
            edit()
        history.append(cells)
        found = read(cells)
        if found is None:
            continue
        file, code_now, render_now = found
        assert file.notebook is not None
        text = file.notebook.text
        clean = executed(cells)
        fitting = [kept for kept in results if kept.code == code_now and kept.text in (None, text)]
        if not fitting:
            counts.executed += 1
            if clean is not None:
                results.append(Kept(code_now, render_now, text if clean[1] else None, clean[0]))
            continue
        assert clean is not None, f"after {action} {pick}: a clean run fails, and this would not execute"
        wanted = notebook_outputs.content(clean[0])
        is_new = all(kept.render != render_now for kept in fitting)
        for kept in fitting:
            if kept.render == render_now:
                counts.kept += 1
                assert notebook_outputs.content(kept.done) == wanted, f"kept after {action} {pick}"
                continue
            counts.rendered += 1
            merged = driver.current_format(notebook(cells))
            assert driver._take_outputs(merged, copy.deepcopy(kept.done))
            assert notebook_outputs.content(merged) == wanted, f"rendered after {action} {pick}"
            if is_new and kept is fitting[0]:
                results.append(Kept(code_now, render_now, kept.text, merged))


HISTORY = st.tuples(
    st.integers(0, 10**6),
    st.lists(
        st.tuples(st.sampled_from([*EDITS, *SHOWN_ONLY, "revert", "revert"]), st.integers(0, 10**6)),
        min_size=10,
        max_size=10,
    ),
)


def test_what_is_rendered_again_is_what_executing_would_show() -> None:
    counts = Counts()

    @settings(max_examples=150)
    @given(HISTORY)
    def try_it(history: tuple[int, list[tuple[str, int]]]) -> None:
        live_through(*history, counts)

    try_it()
    # The property says something only where all three happen often.
    assert min(counts.rendered, counts.executed, counts.kept) > 50
