"""What steps asked for as they ran, beyond what their code shows: it is made first, and then they start again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onward.app.running.evaluate import Evaluation
from onward.app.running.outcomes import error_of
from onward.app.running.targets import meant_by
from onward.app.running.tasks import absent, handed
from onward.model.event import Unit
from onward.model.workspace import Binding


@dataclass
class _Asked:
    """Of one step: targets by the word used, empty where it means nothing; what is said of those words."""

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
            target = asked.targets[word] = meant_by(self._graph, word, step.project)
            if not target:
                asked.absent.append(absent(word, self._evaluation, step.project))
            elif target in self._graph.maker:
                makers.append(Unit(self._graph.maker[target]))
        return tuple(makers)

    def targets(self, name: str) -> dict[str, str]:
        """The assets and sources that a step has asked for, by the words used; empty where a word means nothing."""
        return self._asked.get(name, _Asked()).targets

    def hand(self, task: dict[str, Any], name: str, outbox: Path) -> None:
        """Adds to a step's task what it asked for in an earlier attempt of this run.

        Raises:
            DamagedInputError: its bytes are damaged.
        """
        asked = self._asked.get(name)
        if asked is None:
            return
        for word, target in asked.targets.items():
            if not target:
                continue
            form = "asset" if target in self._graph.maker else "source"
            task["inputs"][word] = handed(Binding(word, target, form), self._evaluation, outbox)
        task["absent"] = asked.absent

    def still_missing(self, name: str) -> str | None:
        """An asset that a step asked for which is to start, and that is still not made."""
        maker, settled = self._graph.maker, self._evaluation.settled
        return next(
            (each for each in self.targets(name).values() if each in maker and maker[each] not in settled), None
        )


def circle(name: str, asset: str) -> dict[str, Any]:
    """The error of a step that loads an asset whose maker waits for it."""
    message = f"it loads `{asset}`, and what makes that needs something of `{name}` first"
    return error_of("Circle", message, "let one of the two do without the other")
