"""`onward doctor`."""

from __future__ import annotations

import sys

import click

from onward.app.doctor import Diagnosis, doctor
from onward.cli.session import is_terminal, session_of, session_options

_MARKS = {"ok": ("✓", "green"), "note": ("·", "yellow"), "damaged": ("✗", "red"), "lacking": ("✗", "red")}


@click.command("doctor", short_help="Check the store, the environment and the machine.")
@session_options
@click.pass_context
def command(ctx: click.Context, folder: str | None, as_json: bool) -> int:
    """Look whether all is well, and say how to mend what is not. Nothing is changed."""
    session = session_of(ctx, folder, as_json)
    live = is_terminal() and not session.as_json
    with session.open() as opened:
        found = doctor(opened, _counted) if live else doctor(opened)
    if live:
        click.echo("\r\033[K", nl=False, err=True)
    if session.as_json:
        rows = [
            {"area": one.area, "name": one.name, "state": one.state, "message": one.message, "hint": one.hint}
            for one in found
        ]
        session.print_json({"healthy": _status(found) == 0, "checks": rows})
    else:
        for one in found:
            mark, colour = _MARKS[one.state]
            click.echo(f"{click.style(mark, fg=colour)} {one.area:<12} {one.name:<14} {one.message}")
            if one.hint and one.state != "ok":
                click.echo(f"{'':<30}{one.hint}")
    return _status(found)


def _counted(count: int) -> None:
    print(f"\r{count:,} objects read", end="", file=sys.stderr, flush=True)


def _status(found: list[Diagnosis]) -> int:
    """1 where something is damaged, 4 where the machine lacks something, else 0."""
    states = {one.state for one in found}
    return 1 if "damaged" in states else 4 if "lacking" in states else 0
