"""`onward list`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from onward.app.explaining.listing import Listing, listing
from onward.app.running.findings import findings_error
from onward.base.text import listed, plural
from onward.cli.render.errors import error_json, print_finding
from onward.cli.session import complete_target, session_of, session_options
from onward.model.trace import UNCHECKED

_SIGNS = {"passed": "✓", "broken": "✗"}


@click.command("list", short_help="Show projects, sources, steps, assets and checks.")
@click.argument("targets", metavar="[TARGET]...", nargs=-1, shell_complete=complete_target)
@session_options
@click.pass_context
def command(ctx: click.Context, targets: tuple[str, ...], folder: str | None, as_json: bool) -> int:
    """Show what the workspace holds, as its files say it. Nothing is run or imported."""
    session = session_of(ctx, folder, as_json)
    with session.open() as opened:
        listed_workspace = listing(opened, targets, session.folder_in(opened))
        root = str(opened.place.root)
    findings = listed_workspace.findings
    if session.as_json:
        answer = _json(listed_workspace, root)
        if findings:
            answer["error"] = error_json(findings_error(findings))
        session.print_json(answer)
    else:
        _print(listed_workspace)
    return 2 if findings else 0


def _json(shown: Listing, root: str) -> dict[str, Any]:
    graph = shown.reading.graph
    named = [graph.steps[name] for name in graph.order if name in shown.selection.named]
    steps = [step for step in named if step.check is None]
    needed = [graph.steps[name] for name in graph.order if name in shown.selection.needed]
    taken = {binding.target for step in needed for binding in step.bindings}
    return {
        "workspace": root,
        "sources": [
            {"name": source.qualified, "project": source.project, "kind": source.form, "where": source.where}
            for source in sorted(graph.sources.values(), key=lambda source: source.qualified)
            if shown.selection.is_whole or source.qualified in taken
        ],
        "steps": [
            {
                "name": step.name,
                "project": step.project,
                "kind": step.kind,
                "file": step.file,
                "line": step.line,
                "inputs": step.inputs(),
                "assets": list(step.assets),
                "open": step.open,
            }
            for step in steps
        ],
        "assets": [
            {
                "name": asset,
                "kind": shown.kinds.get(asset),
                "step": step.name,
                "shadows": graph.shadows.get(asset),
                "marks": list(shown.marks.get(asset, {})),
                "marks_because": shown.marks.get(asset, {}),
            }
            for step in steps
            for asset in step.assets
            if graph.maker[asset] == step.name
        ],
        "checks": [
            {
                "name": step.name,
                "asset": step.check.asset,
                "severity": step.check.severity,
                "outcome": shown.outcomes[step.name],
            }
            for step in needed
            if step.check is not None and (shown.selection.is_whole or step.name in shown.selection.needed)
        ],
        "candidates": [
            {"file": candidate.file, "why": candidate.why, "line": candidate.line}
            for candidate in shown.reading.candidates
        ],
        "findings": [finding.describe() for finding in (*shown.findings, *shown.reading.warnings)],
    }


def _print(shown: Listing) -> None:
    graph = shown.reading.graph
    projects: dict[str, list[str]] = {}
    for name in graph.order:
        step = graph.steps[name]
        if name in shown.selection.named and step.check is None:
            projects.setdefault(step.project, []).append(name)
    for project in sorted(projects):
        title = next((known.settings.title for known in shown.reading.projects if known.name == project), None)
        click.echo(click.style(project, bold=True) + (f"  {title}" if title else ""))
        for name in sorted(projects[project]):
            _print_step(shown, name)
    sources = sorted(graph.sources.values(), key=lambda source: source.qualified)
    if sources and shown.selection.is_whole:
        click.echo(click.style("sources", bold=True))
        for source in sources:
            files = f" ({len(source.paths)} files)" if len(source.paths) > 1 else ""
            click.echo(f"  {source.qualified:<28} {click.style(f'{source.form}  {source.where}{files}', dim=True)}")
    if shown.reading.candidates and shown.selection.is_whole:
        click.echo(click.style("candidates", bold=True) + "  files that could be steps; a line in onward.toml says so")
        for candidate in shown.reading.candidates:
            click.echo(f"  {candidate.file:<28} {click.style(f'{candidate.why}: {candidate.line}', dim=True)}")
    if not graph.steps and not shown.reading.candidates:
        click.echo("there are no steps here yet; make a first project with `onward init`")
    for finding in shown.findings:
        print_finding(finding)
    for finding in shown.reading.warnings:
        print_finding(finding, warning=True)


def _checked(outcomes: Sequence[str]) -> str:
    """` · 2 ✓, 1 ✗, 1 check not run`: how the checks of one step ended when they last ran."""
    told = [f"{outcomes.count(outcome)} {sign}" for outcome, sign in _SIGNS.items() if outcome in outcomes]
    if "not run" in outcomes:
        told.append(f"{plural(outcomes.count('not run'), 'check')} not run")
    return f" · {', '.join(told)}" if told else ""


def _print_step(shown: Listing, name: str) -> None:
    graph = shown.reading.graph
    step = graph.steps[name]
    made = [asset for asset in step.assets if graph.maker[asset] == name]
    for asset in made or [name]:
        kind = shown.kinds.get(asset) or ("" if made else "makes nothing by name")
        takes = f"← {listed(step.inputs(), 4)}" if step.inputs() else ""
        checked = _checked([shown.outcomes[check] for check in graph.checks_of(name)])
        is_open = " · open" if step.open else ""
        shadow = f" · shadows the source {graph.shadows[asset]}" if asset in graph.shadows else ""
        # That no check looks at it is said by the missing sign for checks.
        marks = "".join(f" · {mark}" for mark in shown.marks.get(asset, ()) if mark != UNCHECKED)
        click.echo(
            f"  {asset:<34} {kind:<9} {click.style(takes + checked + is_open + shadow + marks, dim=True)}".rstrip()
        )
