"""The chain of reasons from an asset back to the edit that moves it."""

from __future__ import annotations

from collections.abc import Mapping

from onward.engine.graph import Graph
from onward.model.decision import Decision, Reason


def chain(step: str, graph: Graph, decisions: Mapping[str, Decision]) -> list[tuple[str, Reason]]:
    """Step and reason, from `step` upstream, each link once, until something that was edited.

    A reason about an input leads on to the step that makes it, where that step runs or may run too.
    """
    links: list[tuple[str, Reason]] = []
    seen: set[str] = set()
    todo = [step]
    while todo:
        name = todo.pop(0)
        if name in seen or name not in decisions:
            continue
        seen.add(name)
        for reason in decisions[name].reasons:
            links.append((name, reason))
            maker = graph.maker.get(reason.what.partition(" as ")[0]) if reason.kind == "input" else None
            if maker is not None and decisions.get(maker) and decisions[maker].action in ("run", "await"):
                todo.append(maker)
    return links
