"""What differs between two snapshots, for a terminal."""

from __future__ import annotations

import click

from onward.app.comparing.diff import ADDED, CHANGED, EQUAL, REMOVED, DiffReport
from onward.base.text import plural
from onward.portal.review.markdown import MOST_SHOWN, SIGNS, counted, heading, read_otherwise, sentences, stays_broken

_COLOURS = {CHANGED: "yellow", ADDED: "green", REMOVED: "red", EQUAL: None}


def print_difference(report: DiffReport, *, show_all: bool) -> None:
    """What changed, what matters most first; the rest is counted."""
    click.echo(click.style(heading(report), bold=True))
    for check in report.checks:
        colour = "red" if check.after == "broken" else None
        click.echo(click.style(f"  check {check.name}: {check.summary}", fg=colour))
    if report.still_broken:
        holds_back = any(report.run_b.checks[check].severity == "error" for check in report.still_broken)
        click.echo(click.style(f"  {stays_broken(report)}", fg="red" if holds_back else None))
    changed = report.told
    shown = changed if show_all else changed[:MOST_SHOWN]
    width = max((len(asset.name) for asset in shown), default=0)
    for asset, said in zip(shown, sentences(shown), strict=True):
        sign = click.style(SIGNS[asset.change], fg=_COLOURS[asset.change])
        far = click.style(" (far from its usual course)", fg="yellow") if asset.is_unusual else ""
        click.echo(f"  {sign} {asset.name:<{width}}  {said}{far}")
    if len(shown) < len(changed):
        click.echo(f"  and {plural(len(changed) - len(shown), 'more change', 'more changes')}: `onward diff --all`")
    again = read_otherwise(report)
    if again is not None:
        click.echo(again)
    click.echo(counted(report))
