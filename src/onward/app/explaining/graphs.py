"""`graph`: the steps and what they hand to each other, as JSON, Graphviz or Mermaid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from onward.app.reading.current import read_current
from onward.app.running.findings import findings_error, relevant_findings
from onward.app.running.targets import select_steps
from onward.app.wiring import Opened

FORMATS = ("json", "dot", "mermaid")


def graph(opened: Opened, targets: Sequence[str] = (), folder: str = "") -> dict[str, Any]:
    """Nodes (sources, assets, steps without assets, checks) and edges of the targets and what they need.

    Beside them stand all `findings`, and under `error` those that touch the targets, where there is one.

    Raises:
        UnknownNameError: a target names nothing.
    """
    reading = read_current(opened)
    linked = reading.graph
    selection = select_steps(reading, targets, folder)
    nodes: dict[str, dict[str, Any]] = {}
    edges: list[dict[str, str]] = []
    for name in linked.order:
        if name not in selection.needed:
            continue
        step = linked.steps[name]
        made = [asset for asset in step.assets if linked.maker[asset] == name] or [name]
        for asset in made:
            form = "check" if step.check is not None else "asset"
            nodes[asset] = {"name": asset, "form": form, "kind": step.kind, "step": name, "project": step.project}
        taken = [(binding.target, binding.form) for binding in step.bindings]
        taken += [(step.check.asset, "asset")] if step.check is not None else []
        taken += [(asset, "asset") for asset in linked.taken_by_path(name)]
        taken += [(path, "file") for path in linked.files_taken(name)]
        for target, form in dict.fromkeys(taken):
            if form != "asset":
                nodes.setdefault(target, {"name": target, "form": form, "kind": None, "step": None, "project": None})
            edges += [{"from": target, "to": asset} for asset in made]
    known = [edge for edge in edges if edge["from"] in nodes and edge["to"] in nodes]
    unique = [json.loads(text) for text in dict.fromkeys(json.dumps(edge) for edge in known)]
    drawn: dict[str, Any] = {
        "nodes": list(nodes.values()),
        "edges": unique,
        "findings": [finding.describe() for finding in linked.findings],
    }
    relevant = relevant_findings(reading, selection)
    if relevant:
        described = [finding.describe() for finding in relevant]
        drawn["error"] = {**findings_error(relevant).describe(), "findings": described}
    return drawn


def as_dot(drawn: dict[str, Any]) -> str:
    """The graph for Graphviz."""
    shapes = {"asset": "box", "source": "cylinder", "file": "note", "check": "diamond"}
    lines = ["digraph onward {", "  rankdir = LR;"]
    lines += [f"  {_quoted(node['name'])} [shape = {shapes[node['form']]}];" for node in drawn["nodes"]]
    lines += [f"  {_quoted(edge['from'])} -> {_quoted(edge['to'])};" for edge in drawn["edges"]]
    return "\n".join([*lines, "}"])


def as_mermaid(drawn: dict[str, Any]) -> str:
    """The graph for Mermaid, as READMEs and pull requests draw it."""
    marks = {"asset": ("[", "]"), "source": ("[(", ")]"), "file": ("[/", "/]"), "check": ("{{", "}}")}
    numbers = {node["name"]: f"n{number}" for number, node in enumerate(drawn["nodes"])}
    lines = ["flowchart LR"]
    for node in drawn["nodes"]:
        opening, closing = marks[node["form"]]
        text = node["name"].replace('"', "#quot;")
        lines.append(f'  {numbers[node["name"]]}{opening}"{text}"{closing}')
    lines += [f"  {numbers[edge['from']]} --> {numbers[edge['to']]}" for edge in drawn["edges"]]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
