"""Where the reasons of a decision come from: which edit, in which file and line, and how the step comes to it.

The code that the standing results rest on is held against that of the working tree. Computed when somebody asks,
from tables and files: no line is part of a key, and nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from onward.app.changes.past import CodeState, Past
from onward.app.reading import catalogue
from onward.app.reading.whole import Reading
from onward.app.settings.config import setting_line
from onward.app.wiring import Opened
from onward.languages.lines import first_difference, lines_of, table_at, unified
from onward.languages.notebook.document import sources
from onward.languages.python.closure import ANY_NAME, Linker
from onward.languages.python.edits import Code, Comparison, Edit, Statement
from onward.languages.sql.lines import first_changed
from onward.model.decision import Reason
from onward.model.records import Run, TracedEdit
from onward.model.workspace import Step

_MOST_EDITS = 3
_MOST_LINES = 24
_PYTHON = (".py", ".ipynb")
_RETURNS = " (returns)"
_PROSE, _LAYOUT, _CELLS = " (prose)", " (layout)", " (cells)"

Placed = Step | catalogue.StepEntry
"""A step, as far as it says where its code is."""


@dataclass(frozen=True)
class Difference:
    """A piece of code before and after.

    Attributes:
        before, after: where it begins, as `path:line`; None where it was not there, or is no more.
        lines: a unified diff, as far as it is shown.
        left_out: how many lines more it has.
    """

    before: str | None
    after: str | None
    lines: tuple[str, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Origin:
    """Where one reason comes from.

    Attributes:
        where: `path:line` of the edit; those of before, where something was taken away. The path alone, where no line
            is known; None where it is no matter of files.
        path: the names through which the step comes to what was edited, its own first; empty for what is no code.
        differences: what was edited, the most telling first.
    """

    where: str | None
    path: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()


@dataclass
class Edits:
    """Where reasons come from, in one state of a workspace. Remembers what it has found for other steps.

    Attributes:
        steps: those of that state, by name.
        present: its code.
        before: the code that a step's earlier result rests on; None where that is not known.
    """

    steps: Mapping[str, Placed]
    present: CodeState
    before: Callable[[str], CodeState | None]
    _codes: dict[tuple[int, int], Code] = field(default_factory=dict)
    _comparisons: dict[tuple[int, int], Comparison] = field(default_factory=dict)
    _places: dict[tuple[int, Edit], str] = field(default_factory=dict)

    def origin(self, step_name: str, reason: Reason) -> Origin:
        """Where one reason of a step comes from."""
        step = self.steps[step_name]
        past = self.before(step_name)
        if reason.kind == "code" and past is not None:
            return self._of_code(step, reason, past)
        if reason.kind in ("step", "never made"):
            return self._of_step(step, past if reason.kind == "step" else None)
        return Origin(reason.where)

    def traced(self, step_name: str, reasons: Iterable[Reason]) -> tuple[TracedEdit, ...]:
        """The reasons of a step that are edits of code, in the short form: without the code."""
        step = self.steps[step_name]
        edited = [reason for reason in reasons if reason.kind == "code"]
        past = self.before(step_name) if edited else None
        if past is None:
            return ()
        found = []
        for reason in edited:
            edits, way = self._edits_of(step, reason.what, past)
            where = self._where(edits[0], past) if edits else self._of_text(step, reason, past).where
            if where is not None:
                found.append(TracedEdit(str(reason), where, tuple(way)))
        return tuple(found)

    # -- code --------------------------------------------------------------------------------------------

    def _of_code(self, step: Placed, reason: Reason, past: CodeState) -> Origin:
        edits, way = self._edits_of(step, reason.what, past)
        if not edits:
            return self._of_text(step, reason, past)
        differences = tuple(self._difference(edit, past) for edit in edits[:_MOST_EDITS])
        return Origin(self._where(edits[0], past), tuple(way), differences)

    def _edits_of(self, step: Placed, name: str, past: CodeState) -> tuple[list[Edit], list[str]]:
        """The edits of Python behind a name of a step's code, and the way to it."""
        if not step.file.endswith(_PYTHON) or name.endswith((_PROSE, _LAYOUT, _CELLS, " (text)")):
            return [], []
        if name.endswith(_RETURNS):
            comparisons = self._comparisons_of(step, past)
            return comparisons[0].definition(step.file, step.symbol or ""), [name.removesuffix(_RETURNS)]
        programs = self.present.links.programs(step.file, step.symbol)
        run = [msgspec.structs.replace(step, file=program, symbol=ANY_NAME) for program in programs]
        found: tuple[list[Edit], list[str]] = [], []
        for one in (step, *run):
            found = self._edits_in(one, name, past)
            if found[0]:
                break
        return found

    def _edits_in(self, step: Placed, name: str, past: CodeState) -> tuple[list[Edit], list[str]]:
        """Those in what one file of a step reaches: its own, or one that it runs by its path."""
        comparisons = self._comparisons_of(step, past)
        for comparison in comparisons:
            if len(comparisons) == 1 or comparison.tells_apart(step.file, step.symbol, name):
                return comparison.edits(step.file, step.symbol, name), comparison.way(step.file, step.symbol, name)
        return [], []

    def _comparisons_of(self, step: Placed, past: CodeState) -> list[Comparison]:
        """The two states as the step imports them; where its code leaves several import paths open, one for each."""
        before, after = self._codes_of(past, step), self._codes_of(self.present, step)
        pairs = [
            (before[min(number, len(before) - 1)], after[min(number, len(after) - 1)])
            for number in range(max(len(before), len(after)))
        ]
        return [self._comparison(*pair) for pair in pairs]

    def _comparison(self, before: Code, after: Code) -> Comparison:
        key = (id(before), id(after))
        if key not in self._comparisons:
            self._comparisons[key] = Comparison(before, after)
        return self._comparisons[key]

    def _codes_of(self, state: CodeState, step: Placed) -> list[Code]:
        return [self._code(state, step, linker) for linker in state.links.linkers(step.file, step.symbol)]

    def _code(self, state: CodeState, step: Placed, linker: Linker) -> Code:
        key = (id(state), id(linker))
        if key not in self._codes:
            importable = {path for path in state.links.digests if not path.endswith((".sql", ".ipynb", ".toml"))}
            own = {step.file} & state.links.digests.keys()
            self._codes[key] = Code(linker, frozenset(importable | own))
        return self._codes[key]

    def _where(self, edit: Edit, past: CodeState) -> str:
        """The place of an edit: the first line that says something else."""
        key = (id(past), edit)
        if key not in self._places:
            self._places[key] = self._place(edit, past)
        return self._places[key]

    def _place(self, edit: Edit, past: CodeState) -> str:
        if edit.after is None:
            assert edit.before is not None
            return past.place(edit.before.path, max(edit.before.line, 1))
        present = self.present
        new = present.statements(edit.after.path)
        old = past.statements(edit.before.path) if edit.before is not None else None
        line = max(edit.after.line, 1)
        if new is not None and old is not None and edit.before is not None:
            is_whole = not (edit.after.line and edit.before.line)
            line = new.first_changed(old) if is_whole else new.changed(line, old, edit.before.line)
        return present.place(edit.after.path, line)

    def _difference(self, edit: Edit, past: CodeState) -> Difference:
        old, old_first = _excerpt(past, edit.before)
        new, new_first = _excerpt(self.present, edit.after)
        lines = unified(old, new, old_first, new_first)
        return Difference(
            past.place(edit.before.path, old_first) if edit.before is not None else None,
            self.present.place(edit.after.path, new_first) if edit.after is not None else None,
            tuple(lines[:_MOST_LINES]),
            max(0, len(lines) - _MOST_LINES),
        )

    # -- what is no Python -------------------------------------------------------------------------------

    def _of_text(self, step: Placed, reason: Reason, past: CodeState) -> Origin:
        """Of a query, of a notebook's cells and prose, of a text that code quotes: by their lines."""
        path = reason.what.partition(" (")[0]
        path = path if path in self.present.links.digests else (reason.where or step.file)
        old, new = past.read(path), self.present.read(path)
        if old is None or new is None:
            return Origin(path, (reason.what,))
        if path.endswith(".ipynb"):
            return self._of_cells(reason.what, path, sources(old), sources(new))
        before, after = lines_of(old), lines_of(new)
        if step.kind == "command" and path == step.file:
            setting = f"commands.{step.symbol}"
            return _of_table(path, (before, setting_line(old, setting)), (after, step.line))
        line = first_changed("\n".join(before), "\n".join(after)) if path.endswith(".sql") else 0
        return _of_lines(reason.what, path, before, after, line)

    def _of_cells(
        self, name: str, path: str, before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]
    ) -> Origin:
        """The first cell of a notebook that differs, of those that the name is about."""
        is_prose = name.endswith(_PROSE)
        for number, (kind, text) in enumerate(after, 1):
            was = before[number - 1] if number <= len(before) else ("", "")
            if (kind, text) != was and (kind != "code") == is_prose:
                place = f"{path}:cell {number}"
                return _of_lines(name, place, was[1].split("\n"), text.split("\n"))
        return Origin(path, (name,))

    def _of_step(self, step: Placed, past: CodeState | None) -> Origin:
        """Of how a step is declared: its function, or the file."""
        if past is not None and step.symbol is not None and step.file.endswith(_PYTHON):
            edits = self._comparisons_of(step, past)[0].definition(step.file, step.symbol)
            if edits:
                difference = self._difference(edits[0], past)
                return Origin(self._where(edits[0], past), (), (difference,) if difference.lines else ())
        return Origin(f"{step.file}:{step.line}" if not step.file.endswith(".ipynb") else step.file, ())


def trace_edits(
    opened: Opened, reading: Reading, reasons: Mapping[str, Sequence[Reason]]
) -> dict[str, tuple[TracedEdit, ...]]:
    """By step, where those of its reasons come from that are edits of code. Costs nothing where none is."""
    past = Past(opened, reading)
    edits = Edits(reading.graph.steps, past.present, past.code)
    traced = {
        name: edits.traced(name, of_step)
        for name, of_step in reasons.items()
        if name in reading.graph.steps and any(reason.kind == "code" for reason in of_step)
    }
    return {name: found for name, found in traced.items() if found}


def edits_between(opened: Opened, reading: Reading, before: Run, after: Run) -> Edits | None:
    """Where what differs between the code of two runs comes from; None where it is not known any more.

    Args:
        reading: the working tree, whose tables serve for all that it shares with them.
    """
    past = Past(opened, reading)
    old, new = past.held(before), past.held(after)
    kept = catalogue.load(opened.store, after.catalogue)
    if old is None or new is None or kept is None:
        return None
    return Edits({step.name: step for step in kept.steps}, new.code, lambda _: old.code)


def _excerpt(state: CodeState, statement: Statement | None) -> tuple[list[str], int]:
    """The lines of a statement, or of a whole file, and the number of the first."""
    statements = state.statements(statement.path) if statement is not None else None
    if statement is None or statements is None:
        return [], 1
    if not statement.line:
        return statements.lines, 1
    first, last = statements.span(statement.line)
    return statements.lines[first - 1 : last], first


def _of_table(path: str, before: tuple[list[str], int | None], after: tuple[list[str], int]) -> Origin:
    """What has changed in a table of an `onward.toml`; each state with the line that the table begins in."""
    old = table_at(before[0], before[1]) if before[1] is not None else []
    new = table_at(after[0], after[1])
    lines = unified(old, new, before[1] or 1, after[1])
    line = after[1] + first_difference(old, new) - 1
    was = f"{path}:{before[1]}" if before[1] is not None else None
    difference = Difference(was, f"{path}:{after[1]}", tuple(lines[:_MOST_LINES]), max(0, len(lines) - _MOST_LINES))
    return Origin(f"{path}:{line}", (), (difference,) if lines else ())


def _of_lines(name: str, place: str, before: list[str], after: list[str], line: int = 0) -> Origin:
    lines = unified(before, after)
    if not lines:
        return Origin(place, (name,))
    line = line or first_difference(before, after)
    difference = Difference(place, place, tuple(lines[:_MOST_LINES]), max(0, len(lines) - _MOST_LINES))
    return Origin(f"{place}:{line}", (name,), (difference,))
