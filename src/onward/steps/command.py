"""Commands: any program, declared in an `onward.toml` by its command line. The files that it writes are its assets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onward.base import paths
from onward.base.codec import digest_of
from onward.base.digest import Digest
from onward.languages.shell import normal_form
from onward.model.code import Mention
from onward.model.draft import Draft, FileReading, Reference
from onward.model.ports import Closure, CodeFile, Command
from onward.model.workspace import Step


class CommandKind:
    """A step that starts a program. Its symbol is the name that it is declared under."""

    name = "command"
    format = 1
    suffixes = (".toml",)

    def read(self, file: CodeFile) -> FileReading:
        return FileReading(tuple(_draft(file, name, command) for name, command in file.commands.items()))

    def code(self, step: Step, file: CodeFile, closure: Closure) -> Mapping[str, Digest]:
        command = _command_of(step, file)
        declared = command.declared
        counted = [normal_form(declared.run), sorted(declared.inputs), sorted(declared.env.items())]
        return {f"{file.path} ({step.symbol})": digest_of(counted), **command.scripts}

    def render(self, step: Step, file: CodeFile) -> Mapping[str, Digest]:
        return {}

    def task(self, step: Step, file: CodeFile) -> dict[str, Any]:
        declared = _command_of(step, file).declared
        return {
            "driver": "onward.runtime.command",
            "command": declared.run if isinstance(declared.run, str) else list(declared.run),
            "names": list(declared.names),
            "needed": list(declared.paths),
            "promised": list(declared.outputs),
            "env": dict(declared.env),
        }


def _command_of(step: Step, file: CodeFile) -> Command:
    assert step.symbol is not None
    return file.commands[step.symbol]


def _draft(file: CodeFile, name: str, command: Command) -> Draft:
    declared = command.declared
    line = declared.line
    return Draft(
        kind="command",
        file=file.path,
        line=line,
        folder=paths.folder_of(file.path),
        stem=name,
        symbol=name,
        references=tuple(Reference(each, each, "ref", "pathlib.Path", line) for each in declared.names),
        # What a command both takes and gives, it takes first: the lines say so.
        reads=tuple(Mention(text, line) for text in declared.paths),
        writes=tuple(Mention(text, line) for text in declared.outputs),
        time_limit_s=declared.time_limit_s,
        title=declared.title,
    )
