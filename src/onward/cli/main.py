"""`onward`: finds the command, and turns whatever goes wrong into one clear message and an exit status.

A command is imported only when it is typed.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

import onward
from onward.cli.help import COMMANDS, OPTIONS, program_help
from onward.cli.session import is_plain
from onward.cli.termination import TERMINATED, Termination

if TYPE_CHECKING:
    from onward.base.errors import OnwardError

INTERRUPTED = 130
_LACKING = frozenset(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
)
"""What the system says where rights, space or memory are lacking, and nothing is wrong with onward."""


class Program(click.Group):
    """Commands by name, loaded when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"onward.cli.commands.{cmd_name}_command")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def get_help(self, ctx: click.Context) -> str:
        return program_help()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and name not in COMMANDS and not name.startswith("-"):
            from onward.base.errors import unknown_name

            raise unknown_name("command", name, list(COMMANDS), hint=_command_hint(name))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Caught before click does, to which it is a failure (status 1).
            return _nobody_reads()


def _command_hint(name: str) -> str:
    from onward.base.text import nearest

    close = nearest(name, COMMANDS, 1)
    return f"write `onward {close[0]}`" if close else "list the commands with `onward --help`"


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(onward.__version__, "--version", message="onward %(version)s")
@click.option("-C", "folder", metavar="DIR", help=OPTIONS["-C DIR"])
@click.option("--json", "as_json", is_flag=True, help=OPTIONS["--json"])
@click.pass_context
def program(ctx: click.Context, folder: str | None, as_json: bool) -> None:
    """The program; its help is told by `onward.cli.help`."""
    ctx.obj = {"folder": folder, "as_json": as_json}


def main(words: Sequence[str] | None = None) -> None:
    """The program: carries out `words` (the command line's without a value) and ends the process."""
    termination = Termination()
    termination.listen()
    try:
        status = run(list(sys.argv[1:] if words is None else words))
    except KeyboardInterrupt:  # while the command was not yet, or no longer, at work
        status = INTERRUPTED
    termination.leave()
    sys.exit(TERMINATED if termination.is_requested else status)


def run(arguments: list[str]) -> int:
    """Carries out a command line and returns its exit status; no error leaves it as an exception."""
    color = False if is_plain() else None
    # What is said outside of a command, such as its error, has this context's colours.
    with click.Context(program, color=color):
        return _carry_out(arguments, color)


def _carry_out(arguments: list[str], color: bool | None) -> int:
    try:
        status = program.main(arguments, prog_name="onward", standalone_mode=False, color=color)
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError) and "--json" not in arguments:
            click.echo(error.format_message(), err=True)
            return error.exit_code
        return _report(_usage_error(error), arguments)
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        return _nobody_reads()
    except Exception as error:  # noqa: BLE001 - an error of onward's own tree, or a broken promise that is reported
        from onward.base.errors import OnwardError

        if isinstance(error, OSError) and error.errno in _LACKING:
            error = _lacking(error)
        return _report(error, arguments) if isinstance(error, OnwardError) else _report_internal(error, arguments)


def _nobody_reads() -> int:
    """The exit status where the reader of our output has gone (`onward list | head`): there is nobody left to tell."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _usage_error(error: click.ClickException) -> OnwardError:
    from onward.base.errors import UsageError

    message = error.format_message().rstrip(".")
    hint = None
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"see `{error.ctx.command_path} --help`"
    return UsageError(message[:1].lower() + message[1:], hint=hint)


def _lacking(error: OSError) -> OnwardError:
    from onward.base.errors import MachineError

    path, hint = error.filename, "give yourself the right to it, or work in another folder"
    if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
        path = error.filename2 or path  # of a copy, where it was to go
        hint = "make room and try again: what was finished is kept"
    where = f" `{path}`" if path else ""
    return MachineError(f"cannot use{where}: {(error.strerror or str(error)).lower()}", hint=hint)


def _report(error: OnwardError, arguments: Sequence[str]) -> int:
    from onward.cli.render import errors

    if "--json" in arguments:
        errors.print_json(error)
    else:
        errors.print_text(error)
    return error.status


def _report_internal(error: Exception, arguments: Sequence[str]) -> int:
    import traceback

    from onward.base.errors import InternalError

    story = "".join(traceback.format_exception(error)[-4:]).rstrip()
    said = InternalError(
        f"a promise of onward's own is broken: {type(error).__name__}: {error}",
        hint="please report this, with the lines above; what was finished is kept",
    )
    click.echo(story, err=True)
    return _report(said, arguments)
