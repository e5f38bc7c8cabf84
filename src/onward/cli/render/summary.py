"""The end of a run in a few lines: which checks broke, and one line of counts.

Loaded where nothing has changed too, and so imports little.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from onward.base.text import duration, listed, plural

_MOST_NAMED = 4
_NOTHING = "there is nothing to run; see what there is with `onward list`"


def print_broken(name: str, severity: str, rows: int | None, message: str | None) -> None:
    """A broken check, with how many rows break it."""
    import click

    from onward.base.shell import shell_line

    colour = "red" if severity == "error" else "yellow"
    on_rows = f" on {plural(rows, 'row')}" if rows else ""
    said = f": {message}" if message and not rows else ""
    click.echo(click.style(f"check {name} ({severity}) is broken{on_rows}", fg=colour, bold=True) + said)
    if rows:
        click.echo(click.style(f"  see them: {shell_line('onward', 'get', name, '--as', 'csv')}", dim=True))


def marked(marks: Mapping[str, Iterable[str]]) -> str | None:
    """`marked: partial p/b; unpinned p/a, p/b`, of steps with their marks; None where there are none."""
    found: dict[str, list[str]] = {}
    for step, of_step in marks.items():
        for mark in of_step:
            found.setdefault(mark, []).append(step)
    told = "; ".join(f"{mark} {listed(sorted(found[mark]), _MOST_NAMED)}" for mark in sorted(found))
    return f"marked: {told}" if told else None


def summary(counts: Mapping[str, int], checks: Sequence[str], seconds: float, *, incomplete: bool = False) -> str:
    """`3 made, 17 kept · 5 checks, all passed · 1.9 s`."""
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count) or _NOTHING
    if checks:
        passed = checks.count("passed")
        said += f" · {plural(len(checks), 'check')}"
        said += ", all passed" if passed == len(checks) else f", {passed} passed"
    said += " · incomplete" if incomplete else ""
    return f"{said} · {duration(seconds)}"
