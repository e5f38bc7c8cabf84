"""A review and a build, for people: what moved, what waits, what was not run, what readers have now."""

from __future__ import annotations

import click

from onward.base.text import duration
from onward.ci.gates import WAITING, Verdict
from onward.ci.pipeline import Built
from onward.ci.review import Review
from onward.cli.render import receipts
from onward.cli.render.difference import print_difference
from onward.cli.render.moves import held_lines


def print_review(review: Review) -> None:
    """What the change does, and what stands against it."""
    for failure in review.failures:
        click.echo(click.style(f"  {failure}", fg="red"))
    for finding in review.report.findings:
        click.echo(click.style(f"  {finding.location()}: {finding.message}", fg="red"))
    print_difference(review.difference, show_all=False)
    for verdict in review.gates:
        _print_verdict(verdict)
    if review.stale_owners is not None:
        said = f"`{review.stale_owners}` is not what the `owner` settings say"
        click.echo(click.style(f"  {said}; `onward ci init github` (or `gitlab`) writes it anew", fg="red"))
    for line in review.untouched.lines(review.base):
        click.echo(line)
    for note in review.notes:
        click.echo(f"note: {note}")


def _print_verdict(verdict: Verdict) -> None:
    if verdict.outcome == WAITING:
        whose = f"a yes of {verdict.owners.text}" if verdict.owners.text else "somebody's yes"
        click.echo(click.style(f"  gate {verdict.asset}: {verdict.why}; waits for {whose}", fg="yellow"))
        for reason in verdict.refused:
            click.echo(f"       {reason}")
    else:
        people = ", ".join(dict.fromkeys(yes.by for yes in verdict.yes))
        click.echo(f"  gate {verdict.asset}: {verdict.why}; approved by {people}")


def _held(built: Built) -> list[str]:
    if built.rolled_back is not None:
        return held_lines(built.rolled_back)
    return [f"held: {hold.asset or 'the release'}: {hold.reason}" for hold in built.held]


def print_built(built: Built) -> None:
    """What the build came to."""
    print_review(built.review)
    for line in built.night.lines() if built.night is not None else ():
        click.echo(line)
    for line in _held(built):
        click.echo(click.style(line, fg="yellow"))
    if built.moved is not None:
        move = built.moved.move
        verb = "stands at" if built.moved.was_there else "released"
        click.echo(f"{verb} {move.channel}@{move.number}")
    for line in receipts.lines(built.published):
        click.echo(line)
    for channel in built.closed:
        click.echo(f"closed {channel}: its branch is gone")
    if built.comment is not None:
        click.echo(f"told below {built.comment}")
    click.echo(f"review: {built.review.page}  ({duration(built.seconds)})")
