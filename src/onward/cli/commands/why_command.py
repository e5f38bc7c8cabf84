"""`onward why`."""

from __future__ import annotations

import dataclasses
from typing import Any

import click
import msgspec

from onward.app.changes.edits import Difference
from onward.app.explaining.data_changes import FileChange
from onward.app.explaining.why import Explained, WhyReport, Widened, why
from onward.base.text import duration, listed, plural, size
from onward.cli.render.marks import print_marks
from onward.cli.render.reach import reach_json, reach_line
from onward.cli.session import complete_target, session_of, session_options
from onward.engine.why import Compared

_WORDS = {
    "keep": "is current: nothing that it rests on has changed",
    "restore": "would be restored: this very state was made before",
    "run": "would run",
    "await": "may run: something that it needs has to be made first",
    "blocked": "cannot run",
}
_RENDERED = "would be rendered again from kept outputs, and not executed"
_COMPARED = (
    ("symbols", "symbol", None),
    ("code", "other part of its code", "other parts of its code"),
    ("sources", "source", None),
    ("assets", "asset", None),
    ("files", "file or folder", "files and folders"),
    ("parameters", "parameter", None),
    ("prose", "part of its prose", "parts of its prose"),
    ("distributions", "distribution", None),
    ("variables", "variable of the environment", "variables of the environment"),
)
_COLOURS = (("+", "green"), ("-", "red"), ("@", "cyan"))
_MOST_NAMED = 4


@click.command("why", short_help="Tell why something would run, back to the edit.")
@click.argument("target", shell_complete=complete_target)
@session_options
@click.pass_context
def command(ctx: click.Context, target: str, folder: str | None, as_json: bool) -> int:
    """Tell why TARGET would run, or why it would not, back to what was edited."""
    session = session_of(ctx, folder, as_json)
    with session.open() as opened:
        report = why(opened, target, session.folder_in(opened))
    if session.as_json:
        session.print_json(_json(report))
    else:
        _print(report)
    return 0


def _json(report: WhyReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "decision": report.decision.action,
        **({"executed": False} if report.decision.outputs_from else {}),
        "reasons": [_reason_json(reason) for reason in report.reasons],
        "chain": [{"step": link.step, **_reason_json(link)} for link in report.chain],
        "failed": report.failed,
        "marks": list(report.marks),
        "marks_because": report.marks,
        "widened": [
            {"what": item.what, "why": item.why, "line": item.line, "where": item.where, "hint": item.hint}
            for item in report.widened
        ],
        "compared": None if report.compared is None else msgspec.to_builtins(report.compared),
        "seconds": report.seconds,
        "reach": reach_json(report.reach),
    }


def _reason_json(link: Explained) -> dict[str, Any]:
    reason = link.reason
    return {
        "kind": reason.kind,
        "what": reason.what,
        "change": reason.change,
        "before": reason.before,
        "after": reason.after,
        "where": reason.where,
        "path": list(link.origin.path),
        "diffs": [
            {"before": diff.before, "after": diff.after, "lines": list(diff.lines), "left_out": diff.left_out}
            for diff in link.origin.differences
        ],
        "files": [dataclasses.asdict(change) for change in link.files],
        "values": link.values,
    }


def _print(report: WhyReport) -> None:
    words = _RENDERED if report.decision.outputs_from else _WORDS[report.decision.action]
    took = f"; it took {duration(report.seconds)} last time" if report.seconds and _would_run(report) else ""
    click.echo(f"{click.style(report.name, bold=True)} {words}{took}")
    if report.failed and report.decision.action != "keep":
        click.echo(f"  it failed when it last ran: {report.failed}")
    print_marks(report.marks)
    if report.decision.action == "keep" and report.compared is not None:
        _print_compared(report.compared)
    current = report.name
    told: set[tuple[Difference, ...]] = set()
    for link in report.chain:
        if link.step != current:
            click.echo(f"  {link.step}")
            current = link.step
        _print_reason(link, told)
    _print_widened(report.widened)
    if _would_run(report) and len(report.reach.steps) > 1:
        click.echo(reach_line(report.reach, "with what depends on it these are"))


def _would_run(report: WhyReport) -> bool:
    return report.decision.action in ("run", "await") and not report.decision.outputs_from


def _print_reason(link: Explained, told: set[tuple[Difference, ...]]) -> None:
    """One reason: what changed and where, the way to it, and what it was and is; a text that was shown is not again."""
    where = f"  {click.style(f'({link.reason.where})', dim=True)}" if link.reason.where else ""
    values = link.values or {}
    if "before" in values and "after" in values:
        where = f", from {values['before']} to {values['after']}{where}"
    elif "after" in values:
        where = f", to {values['after']}{where}"
    click.echo(f"    {link.reason}{where}")
    if len(link.origin.path) > 1:
        click.echo(click.style(f"      {' → '.join([link.step, *link.origin.path])}", dim=True))
    for change in link.files[:_MOST_NAMED]:
        click.echo(f"      {_file_words(change)}")
    if len(link.files) > _MOST_NAMED:
        click.echo(f"      and {len(link.files) - _MOST_NAMED} more")
    if link.origin.differences in told:
        return
    told.add(link.origin.differences)
    for diff in link.origin.differences:
        for line in diff.lines:
            click.echo(f"      {click.style(line, fg=dict(_COLOURS).get(line[:1]))}")
        if diff.left_out:
            click.echo(click.style(f"      … {plural(diff.left_out, 'more line')}", dim=True))


def _file_words(change: FileChange) -> str:
    """`data/orders.csv changed: 12 kB, 120 lines, were 11 kB, 118 lines`."""
    now = _amount(change.bytes_after, change.lines_after)
    was = _amount(change.bytes_before, change.lines_before)
    told = f"{now}, {'was' if change.change == 'changed' else ''} {was}" if now and was else now or was
    return f"{change.where} {change.change}" + (f": {' '.join(told.split())}" if told else "")


def _amount(count_bytes: int | None, lines: int | None) -> str:
    known = [size(count_bytes)] if count_bytes is not None else []
    return ", ".join([*known, plural(lines, "line")] if lines is not None else known)


def _print_compared(found: Compared) -> None:
    click.echo("  compared, and equal:")
    for word, one, many in _COMPARED:
        names: tuple[str, ...] = getattr(found, word)
        if names:
            named = click.style(f"  {listed(names, _MOST_NAMED)}", dim=True)
            click.echo(f"    {plural(len(names), one, many)}{named}")


def _print_widened(widened: tuple[Widened, ...]) -> None:
    """Each line that leaves no choice, once, with what counts for it."""
    by_line: dict[tuple[str, str, str], list[str]] = {}
    for item in widened:
        by_line.setdefault((item.where, item.why, item.hint), []).append(item.what)
    for (where, why_so, hint), names in by_line.items():
        click.echo(click.style(f"  counts as a whole: {listed(names)}, because {why_so} ({where})", dim=True))
        click.echo(click.style(f"    to narrow it: {hint}", dim=True))
