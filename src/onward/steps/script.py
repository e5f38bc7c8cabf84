"""Scripts: Python files whose top level acts. What they load, save, read and write is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onward.base import paths
from onward.base.digest import Digest
from onward.model.code import Declarations
from onward.model.draft import Draft, FileReading, OutputDraft, Reference
from onward.model.ports import Closure, CodeFile
from onward.model.workspace import Candidate, Step


class ScriptKind:
    """A step that runs a Python file as a program."""

    name = "script"
    format = 1
    suffixes = (".py",)

    def read(self, file: CodeFile) -> FileReading:
        declared = file.declared
        if declared is None or declared.assets or declared.checks:
            return FileReading()
        if not file.is_named and (not declared.acts or file.is_imported):
            return FileReading()
        if not file.is_named and not file.in_project:
            return FileReading(
                candidate=Candidate(file.path, "its top level acts, so it could be a script", steps_line(file.path))
            )
        return FileReading((script_draft(file, declared),))

    def code(self, step: Step, file: CodeFile, closure: Closure) -> Mapping[str, Digest]:
        return closure(step.file, None)

    def render(self, step: Step, file: CodeFile) -> Mapping[str, Digest]:
        return {}

    def task(self, step: Step, file: CodeFile) -> dict[str, Any]:
        return {}


def steps_line(path: str) -> str:
    """The setting that makes a candidate a step."""
    return f'steps = ["{path}"]'


def script_draft(file: CodeFile, declared: Declarations) -> Draft:
    """The step of a whole file: its loads are inputs, its saves, metrics and written files are assets."""
    return Draft(
        kind="script",
        file=file.path,
        line=1,
        folder=paths.folder_of(file.path),
        stem=paths.stem_of(file.path),
        is_file_step=True,
        references=tuple(loads(declared)),
        outputs=tuple(saves(declared)),
        reads=declared.reads,
        writes=declared.writes,
        open=declared.opens_save or declared.opens_load,
        doc=declared.doc,
    )


def loads(declared: Declarations) -> list[Reference]:
    """What a file's `load`s name."""
    return [Reference(load.text, load.text, "ref", line=load.line) for load in declared.loads]


def saves(declared: Declarations) -> list[OutputDraft]:
    """What a file saves."""
    found = {mention.text: OutputDraft(mention.text, line=mention.line) for mention in declared.saves}
    for mention in declared.metrics:
        found.setdefault(mention.text, OutputDraft(mention.text, kind="metric", line=mention.line))
    return list(found.values())
