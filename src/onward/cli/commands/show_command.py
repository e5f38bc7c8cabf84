"""`onward show`."""

from __future__ import annotations

from typing import Any

import click

from onward.app.explaining.show import Shown, show
from onward.base import clock
from onward.base.codec import digest_of
from onward.base.text import duration, listed, plural, size
from onward.cli.remake import made_first, remake_in
from onward.cli.render.marks import print_marks
from onward.cli.session import complete_target, session_of, session_options
from onward.model.artifact import METRIC

_NOT_FINITE = {"nan": "NaN", "inf": "infinity", "-inf": "-infinity"}


@click.command("show", short_help="Show an asset and what it rests on.")
@click.argument("asset", shell_complete=complete_target)
@click.option("--at", metavar="SNAPSHOT", help="As it is in a snapshot, release or revision.")
@session_options
@click.pass_context
def command(ctx: click.Context, asset: str, at: str | None, folder: str | None, as_json: bool) -> int:
    """Show an asset: its newest content here, and the code, data and environment that it rests on."""
    session = session_of(ctx, folder, as_json)
    with session.open(writes=at == "work") as opened:
        shown = show(opened, asset, made_first(opened, at), remake_in(opened))
    if session.as_json:
        session.print_json(show_json(shown))
    else:
        _print(shown)
    return 0


def show_json(shown: Shown) -> dict[str, Any]:
    """The asset as command-line.md has it."""
    artifact, trace = shown.artifact, shown.trace
    answer: dict[str, Any] = {
        "name": shown.name,
        "kind": artifact.kind,
        "digest": artifact.content,
        "bytes_digest": artifact.bytes,
        "fingerprint": trace.fingerprint(),
        "marks": list(shown.marks),
        "marks_because": shown.marks,
        "stale": bool(shown.stale),
        "stale_because": list(shown.stale),
        "used_by": list(shown.used_by),
        "basis": {
            "code": {"commit": shown.builder.get("commit"), "dirty": bool(shown.builder.get("dirty"))},
            "sources": {name: digest for kind, name, digest in trace.inputs if kind == "source"}
            | {seen.name: seen.digest for seen in trace.observations if seen.kind == "file"},
            "environment": _environment(shown),
            "parameters": shown.parameters,
        },
        "made_at": trace.made_at,
        "seconds": trace.usage.wall_s,
        "cpu_seconds": trace.usage.cpu_s,
        "peak_bytes": trace.usage.peak_bytes,
        "step": shown.step,
        "inputs": shown.inputs(),
        "code": list(shown.code),
        "bytes": artifact.size,
        "media": artifact.media,
        "parts": [part.name for part in artifact.parts],
        "log": trace.log,
    }
    for fact in ("value", "unit", "text", "columns", "rows", "title"):
        if fact in artifact.facts:
            answer[fact] = artifact.facts[fact]
    return answer


def _environment(shown: Shown) -> dict[str, Any]:
    facts = shown.environment
    return {
        "digest": digest_of(facts) if facts is not None else shown.trace.environment,
        "python": facts.python if facts is not None else None,
        "distributions": facts.distributions if facts is not None else {},
        "rests_on": sorted(shown.distributions) if shown.is_narrow else None,
        "absent": shown.absent,
    }


def _print(shown: Shown) -> None:
    artifact, trace = shown.artifact, shown.trace
    marks = f"  [{', '.join(shown.marks)}]" if shown.marks else ""
    click.echo(f"{click.style(shown.name, bold=True)}  {artifact.kind}{click.style(marks, dim=True)}")
    if shown.stale:
        click.echo(click.style(f"  stale: {listed(shown.stale, 3)}", fg="yellow"))
    print_marks({mark: reasons for mark, reasons in shown.marks.items() if reasons})  # the first line has them all
    rows = list(_facts(shown))
    made = clock.instant_of(trace.made_at)
    rows.append(("made", f"{clock.ago(made, clock.now())}, in {duration(trace.usage.wall_s)}"))
    commit = shown.builder.get("commit")
    if commit:
        rows.append(("code", f"{commit[:12]}{' with changes' if shown.builder.get('dirty') else ''}"))
    rows.append(("inputs", listed(shown.inputs(), 6) or "none"))
    rows.append(("rests on", _rests_on(shown)))
    rows.append(("used by", listed(shown.used_by, 6) or "nothing yet"))
    rows.append(("content", artifact.content[:16]))
    for label, text in rows:
        click.echo(f"  {label:<9} {text}")
    if artifact.facts.get("columns"):
        click.echo("  columns")
        for column in artifact.facts["columns"]:
            click.echo(f"    {column['name']:<28} {click.style(column['type'], dim=True)}")


def _rests_on(shown: Shown) -> str:
    """The Python and the distributions, by name where they are known to be the only ones."""
    python = f"Python {shown.environment.python}" if shown.environment is not None else "Python"
    versions = shown.distributions
    if not shown.is_narrow:
        return f"{python} and all that is installed ({plural(len(versions), 'distribution')})"
    return listed([python, *(f"{name} {version}" for name, version in versions.items())], 6)


def _facts(shown: Shown) -> list[tuple[str, str]]:
    facts = shown.artifact.facts
    if shown.artifact.kind == METRIC:
        value = facts.get("value")
        text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
        text = _NOT_FINITE.get(facts.get("text", ""), text) if value is None else text
        return [("value", f"{text} {facts.get('unit') or ''}".rstrip())]
    rows = [("rows", f"{facts['rows']:,}")] if "rows" in facts else []
    return [*rows, ("size", size(shown.artifact.size))]
