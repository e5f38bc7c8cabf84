"""The marks of one result, each with what made for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

_MOST_REASONS = 4


def print_marks(marks: Mapping[str, Sequence[str]]) -> None:
    """`  unpinned: it reached 192.0.2.7:443`, a line for each reason."""
    for mark, reasons in marks.items():
        for reason in reasons[:_MOST_REASONS] or ("",):
            click.echo(f"  {click.style(mark, fg='yellow')}{f': {reason}' if reason else ''}")
        if len(reasons) > _MOST_REASONS:
            click.echo(f"  {click.style(mark, fg='yellow')}: and {len(reasons) - _MOST_REASONS} more")
