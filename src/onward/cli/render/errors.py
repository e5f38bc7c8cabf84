"""An error as text and as JSON: what is wrong, where, and what to do."""

from __future__ import annotations

import json
from typing import Any

import click

from onward.base.errors import OnwardError
from onward.model.workspace import Finding


def print_text(error: OnwardError) -> None:
    """The error on standard error; all findings, where it is the first of several."""
    findings = [finding for finding in error.findings if isinstance(finding, Finding)]
    if len(findings) > 1:
        for finding in findings:
            print_finding(finding)
        click.echo(f"\n{len(findings)} findings", err=True)
        return
    click.echo(f"{_label('error', error.code, 'red')}: {error.message}", err=True)
    if error.where is not None and str(error.where):
        click.echo(f"  at        {error.where}", err=True)
    for label, fact in error.facts:
        click.echo(f"  {label:<9} {fact}", err=True)
    if error.hint:
        click.echo(f"{click.style('hint', bold=True)}: {error.hint}", err=True)


def print_finding(finding: Finding, *, warning: bool = False) -> None:
    """One finding on standard error."""
    label = _label("warning", finding.code, "yellow") if warning else _label("error", finding.code, "red")
    click.echo(f"{label}: {finding.message}", err=True)
    where = str(finding.location())
    if where:
        click.echo(f"  at        {where}", err=True)
    if finding.hint:
        click.echo(f"{click.style('hint', bold=True)}: {finding.hint}", err=True)


def print_json(error: OnwardError) -> None:
    """The error as one JSON object on standard output."""
    click.echo(json.dumps({"schema": 1, "error": error_json(error)}, ensure_ascii=False))


def error_json(error: OnwardError) -> dict[str, Any]:
    """The error as command-line.md has it; `facts` holds what is close to an unknown name."""
    findings = [finding.describe() for finding in error.findings if isinstance(finding, Finding)]
    described = {**error.describe(), "findings": findings or [error.describe()]}
    if error.facts:
        described["facts"] = dict(error.facts)
    return described


def _label(word: str, code: str, colour: str) -> str:
    return click.style(f"{word}[{code}]", fg=colour, bold=True)
