"""The chain of reasons from an asset back to the edit that moves it; and what is compared where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from onward.engine.graph import Graph
from onward.model.decision import Decision, Reason
from onward.model.trace import INSTALLED_KINDS, Trace

_COMPARED = {
    "input": "assets", "source": "sources", "parameter": "parameters", "render": "prose",
    "file": "files", "absent": "files", "there": "files", "link": "files", "found": "files", "listing": "files",
    "asset": "assets", "name": "assets",
    "variable": "variables", "passed": "variables",
    **dict.fromkeys(INSTALLED_KINDS, "distributions"),
}  # fmt: skip


class Compared(msgspec.Struct, frozen=True):
    """What a result is held against: names by what they are, the step's own code first.

    `symbols` are functions, classes and constants, `code` is what else of the code counts.
    """

    symbols: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    prose: tuple[str, ...] = ()


def compared(trace: Trace, installed: Sequence[str]) -> Compared:
    """What is compared before a result is kept; of distributions all that are `installed`, where none is left out."""
    found: dict[str, list[str]] = {}
    for kind, name, _ in trace.inputs:
        if kind == "code":
            found.setdefault("code" if name.endswith(")") else "symbols", []).append(name)
        elif kind in _COMPARED:
            found.setdefault(_COMPARED[kind], []).append(name)
    for seen in trace.observations:
        if seen.kind == "distributions":
            found.setdefault("distributions", []).extend(installed if seen.name == "all" else ())
        elif seen.kind in _COMPARED:
            found.setdefault(_COMPARED[seen.kind], []).append(seen.name)
    # a step's own code is named by its path
    return Compared(**{word: tuple(sorted(set(names), key=_own_first)) for word, names in found.items()})


def _own_first(name: str) -> tuple[bool, str]:
    return "/" not in name, name


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
