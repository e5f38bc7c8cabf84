"""What steps asked for as they ran, beyond what their code shows: it is made first, and then they start again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onward.app.running.evaluate import Evaluation
from onward.app.running.outcomes import error_of
from onward.app.running.targets import resolve_asset
from onward.app.running.tasks import absent, handed
from onward.base.errors import UnknownNameError
from onward.model.event import Unit
from onward.model.workspace import Binding


@dataclass
class _Asked:
    """Of one step: targets by the word used; words that mean nothing."""

    targets: dict[str, str] = field(default_factory=dict)
    absent: list[dict[str, Any]] = field(default_factory=list)


class AskedFor:
    """What the steps of a round asked for."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._graph = evaluation.reading.graph
        self._asked: dict[str, _Asked] = {}

    def note(self, name: str, words: Sequence[str]) -> tuple[Unit, ...]:
        """Takes down the words that a step has asked for; the steps that make what they mean."""
        step = self._graph.steps[name]
        asked = self._asked.setdefault(name, _Asked())
        makers = []
        for word in words:
            try:
                target = resolve_asset([*self._graph.maker, *self._graph.sources], word, step.project)
            except UnknownNameError:
                asked.absent.append(absent(word, self._evaluation, step.project))
                continue
            asked.targets[word] = target
            if target in self._graph.maker:
                makers.append(Unit(self._graph.maker[target]))
        return tuple(makers)

    def targets(self, name: str) -> list[str]:
        """The assets and sources that a step has asked for."""
        return list(self._asked.get(name, _Asked()).targets.values())

    def hand(self, task: dict[str, Any], name: str, outbox: Path) -> None:
        """Adds to a step's task what it asked for in an earlier attempt of this run.

        Raises:
            DamagedInputError: its bytes are damaged.
        """
        asked = self._asked.get(name)
        if asked is None:
            return
        for word, target in asked.targets.items():
            form = "asset" if target in self._graph.maker else "source"
            task["inputs"][word] = handed(Binding(word, target, form), self._evaluation, outbox)
        task["absent"] = asked.absent

    def still_missing(self, name: str) -> dict[str, Any] | None:
        """The error of a step that is to start, although something that it asked for is still not made."""
        maker, settled = self._graph.maker, self._evaluation.settled
        asset = next((each for each in self.targets(name) if each in maker and maker[each] not in settled), None)
        if asset is None:
            return None
        if maker[asset] in self._evaluation.failed:
            return error_of("Skipped", f"it needs `{asset}`, which was not made")
        message = f"it loads `{asset}`, and what makes that needs something of `{name}` first"
        return error_of("Circle", message, "let one of the two do without the other")
