"""How making an old run again went, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

import click

from onward.app.comparing.diff import EQUAL
from onward.app.reproducing.laid_out import GIT, STORE, TREE
from onward.app.reproducing.reproduce import DIFFERS, FAILED, NOT_HAD, AssetAgain, ReproduceReport
from onward.base.shell import shell_line
from onward.base.text import duration, listed, plural

_SIGNS = {EQUAL: ("≈", None), DIFFERS: ("~", "yellow"), FAILED: ("✗", "red"), NOT_HAD: ("?", "yellow")}
_PLACES = {STORE: "the store", GIT: "git", TREE: "the working tree"}
_MOST_LACKS = 3
_MOST_CHANGES = 12


def print_again(report: ReproduceReport) -> None:
    """What came out otherwise and what could not be had, then one line of counts."""
    click.echo(click.style(f"{report.word} was made again in {duration(report.seconds)}", bold=True))
    click.echo(f"  files        {_files(report)}")
    for words in _environment(report):
        click.echo(f"  environment  {words}")
    for outcome in (EQUAL, DIFFERS, FAILED, NOT_HAD):
        told = (asset for asset in report.assets if asset.outcome == outcome)
        _print_assets(asset for asset in told if asset.summary != EQUAL)
    for check in report.checks:
        click.echo(click.style(f"  check {check.name}: {check.before} → {check.after or 'not run'}", fg="red"))
    for name in report.added:
        click.echo(f"  {click.style('+', fg='yellow')} {name}  was not there then")
    click.echo(_counted(report))
    if report.folder is not None:
        click.echo(f"it is in {shell_line(str(report.folder))}")


def _files(report: ReproduceReport) -> str:
    counts = report.laid_out.counts
    parts = [f"{counts[origin]} from {_PLACES[origin]}" for origin in _PLACES if counts[origin]]
    parts += [f"{len(report.laid_out.lost)} lost"] if report.laid_out.lost else []
    return listed(parts) or "none"


def _environment(report: ReproduceReport) -> Iterable[str]:
    if report.lock is not None:
        yield f"installed as `{report.lock}` has it"
    if report.no_lock is not None:
        yield f"could not be installed from its lock: {report.no_lock}"
    if report.environment:
        yield listed((change.words for change in report.environment), _MOST_CHANGES)
    else:
        yield "the same"


def _print_assets(assets: Iterable[AssetAgain]) -> None:
    rows = list(assets)
    width = max((len(asset.name) for asset in rows), default=0)
    for asset in rows:
        sign, colour = _SIGNS[asset.outcome]
        click.echo(f"  {click.style(sign, fg=colour)} {asset.name:<{width}}  {asset.summary}")
        if asset.lacks:
            words = listed((lack.words for lack in asset.lacks), _MOST_LACKS)
            click.echo(f"    {'':<{width}}  {click.style(f'it rests on what could not be had: {words}', dim=True)}")


def _counted(report: ReproduceReport) -> str:
    counts = report.counts
    words = {EQUAL: "equal", DIFFERS: "differ", FAILED: "failed", NOT_HAD: "could not be had"}
    if counts[DIFFERS] == 1:
        words[DIFFERS] = "differs"
    parts = [f"{counts[outcome]} {words[outcome]}" for outcome in words if counts[outcome]]
    if report.ok:
        everything = plural(len(report.assets), "result")
        return click.style(f"{everything}, all equal: snapshot {report.old.snapshot[:12]}", fg="green")
    return ", ".join(parts) or "there is nothing to compare"
