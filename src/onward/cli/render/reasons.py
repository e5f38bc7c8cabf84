"""Reasons in their short form: each with the place of its edit, and edits with the steps that they reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from onward.app.changes.rereading import NOT_EDITED, READS_OTHERWISE
from onward.base.text import listed, plural
from onward.model.records import TracedEdit

_MOST_REASONS = 3
_MOST_EDITS = 5


def edits_json(edits: Iterable[TracedEdit]) -> list[dict[str, Any]]:
    """Where reasons come from, as command-line.md has it."""
    return [{"reason": edit.reason, "where": edit.where, "path": list(edit.path)} for edit in edits]


def reasons_line(reasons: Sequence[str], edits: Iterable[TracedEdit]) -> str:
    """`code acme.cleaning.dedupe changed (lib/acme/cleaning.py:12), input p/x changed and 2 more`."""
    places = {edit.reason: edit.where for edit in edits}
    return listed([f"{reason} ({places[reason]})" if reason in places else reason for reason in reasons], _MOST_REASONS)


def print_read_otherwise(reasons: Mapping[str, Iterable[str]]) -> None:
    """How many steps were made for nothing but that another onward had read their code; nothing where none was.

    Args:
        reasons: of the steps that were made, by step.
    """
    said = f"{' '.join(READS_OTHERWISE)}{NOT_EDITED}"
    count = sum(said in of_step for of_step in reasons.values())
    if count:
        steps = click.style(f"→ {plural(count, 'step')}", dim=True)
        click.echo(f"{said}  {steps}")


def print_edits(edits: Mapping[str, Iterable[TracedEdit]]) -> None:
    """The edits that made steps run, each once, with how many steps it reached; those that reached most first."""
    reached: dict[str, set[str]] = {}
    named: dict[str, str] = {}
    for step, of_step in edits.items():
        for edit in of_step:
            reached.setdefault(edit.where, set()).add(step)
            named.setdefault(edit.where, edit.reason.removeprefix("code "))
    places = sorted(reached, key=lambda place: (-len(reached[place]), place))
    for place in places[:_MOST_EDITS]:
        steps = click.style(f"→ {plural(len(reached[place]), 'step')}", dim=True)
        click.echo(f"{click.style(place, bold=True)}  {named[place]}  {steps}")
    if len(places) > _MOST_EDITS:
        click.echo(click.style(f"and {plural(len(places) - _MOST_EDITS, 'more edit')}", dim=True))
