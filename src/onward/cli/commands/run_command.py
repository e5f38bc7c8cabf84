"""`onward run`, where it is not answered by `nothing_to_do`. Most of it is loaded when the words are understood."""

from __future__ import annotations

import importlib
from typing import Any

import click

from onward.app.settings.options import RunOptions
from onward.base.errors import UsageError
from onward.cli import nothing_to_do
from onward.cli.session import complete_target, session_of, session_options


@click.command("run", short_help="Bring targets up to date.")
@click.argument("targets", metavar="[TARGET]...", nargs=-1, shell_complete=complete_target)
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Run N at once (one more than cores).")
@click.option("-k", "--keep-going", is_flag=True, help="Go on with what does not depend on a failure.")
@click.option("--force", multiple=True, metavar="TARGET", help="Run these even where nothing has changed.")
@click.option("-n", "--dry-run", is_flag=True, help="Print the plan and run nothing.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Give a parameter another value.")
@click.option("--overwrite", multiple=True, metavar="PATH", help="Let a step replace a file that was edited by hand.")
@click.option(
    "--time-limit", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="End steps that take longer."
)
@click.option("--strict", is_flag=True, help="Refuse steps reads, writes and connections that are not declared.")
@click.option("--twice", is_flag=True, help="Run what is made a second time; what then differs is marked unstable.")
@session_options
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    ctx: click.Context,
    targets: tuple[str, ...],
    jobs: int | None,
    keep_going: bool,
    force: tuple[str, ...],
    dry_run: bool,
    settings: tuple[str, ...],
    overwrite: tuple[str, ...],
    time_limit: float | None,
    strict: bool,
    twice: bool,
    folder: str | None,
    as_json: bool,
) -> int:
    """Bring targets up to date: what an edit cannot reach is kept, what was made before is restored.

    A TARGET is a project, an asset (project/asset), a glob ('*/report'), a file or folder of steps, or TARGET+ with
    all that depends on it. Without one, the whole workspace is meant.
    """
    session = session_of(ctx, folder, as_json)
    options = RunOptions(
        targets, jobs, keep_going, force, parse_settings(settings), overwrite, time_limit, strict, twice
    )
    is_plain = not (targets or force or settings or overwrite or dry_run)
    if is_plain and nothing_to_do.answer("run", str(session.start), as_json=session.as_json):
        return 0
    whole = importlib.import_module("onward.cli.commands.run_whole")
    status: int = whole.carry_out(session, options, dry_run=dry_run)
    return status


def parse_settings(words: tuple[str, ...]) -> dict[str, Any]:
    """`NAME=VALUE` words; a value is TOML where it reads as such (`3`, `true`, `[1, 2]`), else a text.

    Raises:
        UsageError: a word has no `=`.
    """
    import tomli

    settings: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"`--set {word}` sets nothing", hint="write `--set project.name=value`")
        try:
            settings[name.strip()] = tomli.loads(f"value = {text}")["value"]
        except tomli.TOMLDecodeError:
            settings[name.strip()] = text
    return settings
