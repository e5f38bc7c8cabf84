"""`why`: the whole chain from an edit to a step, and what would come of it; of a kept step, what was compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from onward.app.changes.edits import Edits, Origin
from onward.app.changes.past import CodeState
from onward.app.explaining.data_changes import DataChanges, FileChange
from onward.app.explaining.marks import Marks, marks_of_step
from onward.app.explaining.reach import Reach, reach_of
from onward.app.reading.current import read_current
from onward.app.reading.whole import Reading
from onward.app.running.evaluate import Evaluation
from onward.app.running.plan import decisions, evaluate
from onward.app.running.targets import resolve_asset, select_steps
from onward.app.settings.config import parameter_places, setting_line
from onward.app.wiring import Opened
from onward.base.errors import UnknownNameError, UsageError
from onward.base.text import listed
from onward.engine.why import Compared, chain, compared
from onward.languages.python.narrowing import hint
from onward.model.decision import Decision, Reason
from onward.model.workspace import Step


@dataclass(frozen=True)
class Explained:
    """One reason of one step, and where it comes from.

    Attributes:
        reason: its `where` is the place of the edit: `path:line`, where a line is known.
        origin: of code, through which names the step comes to it, and the old and the new text.
        files: of data, the files that changed.
        values: of a parameter, its value before and now; None for any other reason. What is not known is absent.
    """

    step: str
    reason: Reason
    origin: Origin
    files: tuple[FileChange, ...] = ()
    values: dict[str, Any] | None = None


@dataclass(frozen=True)
class Widened:
    """Code that counts as a whole because it could not be told apart.

    Attributes:
        what: the code, named as in reasons.
        why: what in the code leaves no choice.
        line: where that stands, in its file; 0 for the file as a whole.
        where: the same as `path:line`.
        hint: how to narrow it.
    """

    what: str
    why: str
    line: int
    where: str
    hint: str


@dataclass(frozen=True)
class WhyReport:
    """Why a step would run, or would not.

    Attributes:
        name, decision: the step and what is to be done with it.
        reasons: its own reasons.
        chain: these, and those of the steps that it waits for, back to what was edited.
        failed: what it failed with when it last ran.
        marks: those of its last result.
        widened: code that counts as a whole.
        compared: what was found equal; None where it never ran.
        seconds: how long it took when it last ran; None where that is not known.
        reach: the step with all that depends on it.
    """

    name: str
    decision: Decision
    reasons: tuple[Explained, ...]
    chain: tuple[Explained, ...]
    failed: str | None
    marks: Marks
    widened: tuple[Widened, ...]
    compared: Compared | None
    seconds: float | None
    reach: Reach


def why(opened: Opened, target: str, folder: str = "") -> WhyReport:
    """Why `target` (an asset, a step, a check, what else names one step) would be run, kept or restored.

    Raises:
        UnknownNameError: nothing is called so.
        UsageError: it names several steps.
    """
    reading = read_current(opened)
    graph = reading.graph
    name = _one_step(reading, target, folder)
    selection = select_steps(reading, [name])
    evaluation = evaluate(opened, reading)
    decided = dict(decisions(evaluation, selection, graph.blocked()))
    explainer = _Explainer(opened, evaluation)
    links = tuple(explainer.explained(step, reason) for step, reason in chain(name, graph, decided))
    trace = opened.standing.trace(name)
    report = WhyReport(
        name,
        decided[name],
        tuple(link for link in links if link.step == name),
        links,
        opened.standing.failed.get(name),
        marks_of_step(trace),
        _widened(reading, graph.steps[name], explainer.past.present),
        compared(trace, evaluation.python.distributions.counted()) if trace is not None else None,
        opened.standing.seconds.get(name),
        reach_of(opened, reading, graph.depending_on([name])),
    )
    opened.index.save()
    return report


class _Explainer:
    """Tells where reasons come from."""

    def __init__(self, opened: Opened, evaluation: Evaluation) -> None:
        self.opened = opened
        self.reading = evaluation.reading
        self.past = evaluation.past
        self.edits = Edits(evaluation.reading.graph.steps, self.past.present, self.past.code)
        self.data = DataChanges(evaluation, self.past)

    def explained(self, name: str, reason: Reason) -> Explained:
        step = self.reading.graph.steps[name]
        origin = self.edits.origin(name, reason)
        files = self.data.of(step, reason, self.opened.standing.trace(name))
        where = files[0].where if files else origin.where
        values = None
        if reason.kind == "parameter":
            values = self._values(step, reason)
            where = where or self._setting(step, reason.what)
        elif reason.kind == "environment" and reason.what.startswith("variable "):
            variable = reason.what.removeprefix("variable ")
            where = where or self._first_set([("onward.toml", f"environment.set.{variable}")])
        elif reason.kind == "environment" and reason.what == "names in `pass`":
            where = where or self._first_set([("onward.toml", "environment.pass"), ("onward.toml", "environment")])
        return Explained(name, msgspec.structs.replace(reason, where=where), origin, files, values)

    def _values(self, step: Step, reason: Reason) -> dict[str, Any]:
        """What a parameter was and is; for the date, the dates."""
        now = {use.setting: use.value for use in step.parameters}
        past = self.past.of(step.name)
        if reason.what not in now:
            return {word: value for word, value in (("before", reason.before), ("after", reason.after)) if value}
        before = past.basis.parameters if past is not None else {}
        known = {"before": before[reason.what]} if reason.what in before else {}
        return {**known, "after": now[reason.what]}

    def _setting(self, step: Step, setting: str) -> str | None:
        """The line that sets a parameter."""
        return self._first_set(parameter_places(self.reading.project(step.project).folder, setting))

    def _first_set(self, settings: Iterable[tuple[str, str]]) -> str | None:
        """The line of the first of these settings that is there; each is the path of a file and a key in it."""
        for path, key in settings:
            if path in self.reading.config_digests:
                line = setting_line((self.reading.place.root / path).read_bytes(), key)
                if line is not None:
                    return f"{path}:{line}"
        return None


def _widened(reading: Reading, step: Step, present: CodeState) -> tuple[Widened, ...]:
    if not step.file.endswith((".py", ".ipynb")):
        return ()
    return tuple(
        Widened(
            item.what,
            item.why,
            item.line,
            present.place(item.path, item.line) if item.line else item.path,
            hint(item),
        )
        for item in reading.linked(step.file, step.symbol).widened
    )


def _one_step(reading: Reading, target: str, folder: str) -> str:
    """The step that a word names: by an asset's name or the end of it, else as any TARGET."""
    graph = reading.graph
    try:
        word = resolve_asset([*graph.maker, *graph.steps], target)
    except UnknownNameError:
        named = select_steps(reading, [target], folder).named
        steps = sorted(name for name in named if graph.steps[name].check is None)
        if len(steps) != 1:
            names = listed(steps) or "nothing that can be read"
            raise UsageError(f"`{target}` names {names}", hint="choose one step or asset") from None
        return steps[0]
    return graph.maker.get(word, word)
