"""The examples of docs/reference/what-runs-again.md, read from the page: workspaces, edits, and what they do.

The page is the one source: a rule that it states is a case here, and a case that fails is a sentence of the
page that is not true. How the page writes an example is said at its top.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "what-runs-again.md"
VERDICTS = ("runs", "stays", "fails", "runs, to be safe", "skipped", "renders")
COMMON_STEP = "p/a"
_STORED = "# stored outputs\n"
_HEADING = re.compile(r"^#{2,} (.+)$")
_FILE = re.compile(r"^# (\S+\.(?:py|sql|csv|json|txt|ipynb|toml|sh))$")
_REPLACE = re.compile(r"(?:in `([^`]+)`: )?`([^`]+)` → `([^`]+)`")
_APPEND = re.compile(r"below in `([^`]+)`: `([^`]+)`")
_NEW = re.compile(r"new `([^`]+)`(?:: (?:`([^`]+)`|``))?")
_GONE = re.compile(r"without `([^`]+)`")
_ABOVE = re.compile(r"above in `([^`]+)`: `([^`]+)`")
_CUT = re.compile(r"cut `([^`]+)`")
_ENDS = re.compile(r"CR LF in `([^`]+)`")
_OUTPUTS = re.compile(r"stored outputs in `([^`]+)`")
_MARK = re.compile(r"byte order mark in `([^`]+)`")


class WrongExampleError(AssertionError):
    """The page writes an example in a way that cannot be read."""


@dataclass(frozen=True)
class Case:
    """One row of a table: an edit of the example above it.

    Attributes:
        title: heading and line of the row.
        before, after: the workspace, by path.
        verdicts: for each step that a column names one of `VERDICTS`.
        named: what the reasons of a step that runs must name.
        really: the steps are run by onward; else their code is read by onward and run by Python alone.
    """

    title: str
    before: dict[str, str]
    after: dict[str, str]
    verdicts: dict[str, str]
    named: tuple[str, ...]
    really: bool


@dataclass
class _Section:
    heading: str = ""
    files: dict[str, str] = field(default_factory=dict)
    really: bool = False
    steps: list[str] = field(default_factory=list)


def cases(text: str) -> list[Case]:
    """All cases of a page, in order."""
    found: list[Case] = []
    common: dict[str, str] = {}
    section = _Section()
    block: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if block is not None:
            if line.startswith("```"):
                files = _files(block, number)
                if section.heading:
                    section.files |= files
                else:
                    common |= files
                block = None
            else:
                block.append(line)
        elif line.startswith("```"):
            block = []
        elif heading := _HEADING.match(line):
            section = _Section(heading[1])
        elif line.startswith("<!-- run -->"):
            section.really = True
        elif line.startswith("| edit |"):
            section.steps = [cell.strip("` ") for cell in _cells(line)[1:-1]]
        elif line.startswith("|") and section.steps and not line.startswith("|--"):
            found.append(_case(section, common, line, number))
        elif not line.startswith("|"):
            section.steps = []
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _files(block: list[str], line: int) -> dict[str, str]:
    files: dict[str, list[str]] = {}
    current: list[str] | None = None
    for text in block:
        if name := _FILE.match(text):
            current = files.setdefault(name[1], [])
        elif current is None:
            raise WrongExampleError(f"the block above line {line} begins with no `# path`")
        else:
            current.append(text)
    return {path: "\n".join(lines).rstrip("\n") + "\n" for path, lines in files.items()}


def _case(section: _Section, common: dict[str, str], line: str, number: int) -> Case:
    edit, *verdicts, named = _cells(line)
    before = common | section.files
    if COMMON_STEP not in section.steps:
        before = dict(section.files)
    steps = dict(zip(section.steps, verdicts, strict=True))
    wrong = [verdict for verdict in verdicts if verdict not in VERDICTS]
    if wrong:
        raise WrongExampleError(f"line {number}: {wrong[0]!r} is none of {', '.join(VERDICTS)}")
    return Case(
        title=f"{section.heading}, line {number}",
        before=_laid_out(before),
        after=_laid_out(_edited(before, edit, number)),
        verdicts=steps,
        named=tuple(re.findall(r"`([^`]+)`", named)),
        really=section.really,
    )


def _edited(before: dict[str, str], edit: str, number: int) -> dict[str, str]:
    after = dict(before)
    rest = edit

    def each(pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        nonlocal rest
        for found in list(pattern.finditer(rest)):
            yield found
            rest = rest.replace(found[0], "")

    for found in each(_REPLACE):
        _replace(after, found[1], _lines(found[2]), _lines(found[3]), number)
    for found in each(_CUT):
        _replace(after, None, _lines(found[1]), "", number)
    for found in each(_NEW):
        after[found[1]] = _lines(found[2] or "") + "\n"
    for found in each(_GONE):
        del after[found[1]]
    for found in each(_ABOVE):
        after[found[1]] = _lines(found[2]) + "\n" + after[found[1]]
    for found in each(_APPEND):
        after[found[1]] += _lines(found[2]) + "\n"
    for found in each(_ENDS):
        after[found[1]] = after[found[1]].replace("\n", "\r\n")
    for found in each(_MARK):
        after[found[1]] = "\ufeff" + after[found[1]]
    for found in each(_OUTPUTS):
        after[found[1]] += _STORED
    if rest.strip(" ;,") or after == before:
        raise WrongExampleError(f"line {number}: {edit!r} is no edit that can be read")
    return after


def _replace(files: dict[str, str], where: str | None, old: str, new: str, number: int) -> None:
    holding = [path for path, text in files.items() if old in text and where in (None, path)]
    if len(holding) != 1 or files[holding[0]].count(old) != 1:
        raise WrongExampleError(f"line {number}: {old!r} stands in {holding or 'no file'}, not once in one")
    files[holding[0]] = files[holding[0]].replace(old, new)


def _laid_out(files: dict[str, str]) -> dict[str, str]:
    """The files as they lie on the disk: a notebook is JSON there, and cells below lines `# %%` in the page."""
    return {path: _notebook(text) if path.endswith(".ipynb") else text for path, text in files.items()}


def _notebook(text: str) -> str:
    stored = [{"output_type": "stream", "name": "stdout", "text": "9\n"}] if _STORED in text else []
    cells: list[dict[str, object]] = []
    for cell in text.replace(_STORED, "").split("# %%")[1:]:
        kind, _, source = cell.partition("\n")
        if "[markdown]" in kind:
            cells.append({"cell_type": "markdown", "metadata": {}, "source": source.strip("\n")})
        else:
            code = {"source": source.strip("\n"), "outputs": stored, "execution_count": 9 if stored else None}
            cells.append({"cell_type": "code", "metadata": {}, **code})
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def _lines(code: str) -> str:
    return code.replace("↵", "\n")
