"""How far metrics may move without being told as changed: by `@asset`, or by `[tolerance]` of an `onward.toml`.

It serves those who compare. No key holds it, so that another tolerance makes nothing run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from onward.app.settings.config import setting_line
from onward.app.settings.place import CONFIG_NAME
from onward.base.text import nearest
from onward.engine.graph import Graph
from onward.model.difference import Tolerance
from onward.model.workspace import Finding, Project


def tolerances(root: Path, projects: Iterable[Project], graph: Graph) -> tuple[dict[str, Tolerance], list[Finding]]:
    """Tolerances by asset, those of settings before those of the code; settings of what nothing makes are findings."""
    steps = graph.steps.values()
    found = {
        output.asset: output.tolerance for step in steps for output in step.outputs if output.tolerance is not None
    }
    made = {output.asset for step in steps for output in step.outputs}
    # What a step saves under a name that only running it shows may be what is meant.
    opened = {step.project for step in steps if step.open}
    findings = []
    # The root's first, for a project's own go before them.
    for project, name, asset in sorted(_settings(projects), key=lambda each: each[0].folder != ""):
        if asset in made or asset.rpartition("/")[0] in opened:
            found[asset] = project.settings.tolerances[name]
        else:
            findings.append(_unknown(root, project, name, made))
    return found, findings


def _settings(projects: Iterable[Project]) -> Iterator[tuple[Project, str, str]]:
    """Each setting's project, its name as it is written, and the asset that it means."""
    for project in projects:
        for name in project.settings.tolerances:
            yield project, name, name if "/" in name and not project.folder else f"{project.name}/{name}"


def _unknown(root: Path, project: Project, name: str, made: set[str]) -> Finding:
    path = f"{project.folder}/{CONFIG_NAME}" if project.folder else CONFIG_NAME
    of_project = [asset.removeprefix(f"{project.name}/") for asset in made if asset.startswith(f"{project.name}/")]
    close = nearest(name, of_project if project.folder else [*made, *of_project], 1)
    return Finding(
        "unknown-name",
        f"`[tolerance]` names `{name}`, which nothing makes",
        path,
        setting_line((root / path).read_bytes(), f"tolerance.{name}"),
        hint=f"write `{close[0]}`" if close else "name a metric of the project",
        project=project.name,
    )
