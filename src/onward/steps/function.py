"""Functions with `@asset`: one step for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onward.base import paths
from onward.base.digest import Digest, digest_text
from onward.languages.python.functions import call_task, parameters, references
from onward.model.code import AssetDeclaration
from onward.model.draft import Draft, FileReading, OutputDraft
from onward.model.ports import Closure, CodeFile
from onward.model.workspace import Finding, Step


class FunctionKind:
    """A step that is a function of a Python module."""

    name = "function"
    format = 1
    suffixes = (".py",)

    def read(self, file: CodeFile) -> FileReading:
        if file.declared is None:
            return FileReading()
        drafts, findings = [], []
        for declaration in file.declared.assets:
            draft = _draft(file, declaration)
            drafts.append(draft)
            if declaration.problem is not None:
                findings.append(
                    Finding(
                        "declaration",
                        f"`@asset` of `{declaration.function}`: {declaration.problem}",
                        file.path,
                        declaration.line,
                    )
                )
        return FileReading(tuple(drafts), None, tuple(findings))

    def code(self, step: Step, file: CodeFile, closure: Closure) -> Mapping[str, Digest]:
        # What it returns, and as what, is read from the annotation.
        returns = {f"{step.file}:{step.symbol} (returns)": digest_text(_returns(step, file))}
        return {**closure(step.file, step.symbol), **returns}

    def render(self, step: Step, file: CodeFile) -> Mapping[str, Digest]:
        return {}

    def task(self, step: Step, file: CodeFile) -> dict[str, Any]:
        return {**call_task(step, file), "returns": _returns(step, file)}


def _returns(step: Step, file: CodeFile) -> str:
    assets = file.declared.assets if file.declared is not None else ()
    return next((declared.returns for declared in assets if declared.function == step.symbol), "")


def _draft(file: CodeFile, declaration: AssetDeclaration) -> Draft:
    name = declaration.name or declaration.function
    common = {"kind": declaration.kind, "unit": declaration.unit, "title": declaration.title}
    shown = {"key": declaration.key, "tolerance": declaration.tolerance}
    outputs: list[OutputDraft] = [OutputDraft(field, field, **common, **shown) for field in declaration.fields] or [
        OutputDraft(name, None, **common, **shown, line=declaration.line)
    ]
    return Draft(
        kind="function",
        file=file.path,
        line=declaration.line,
        folder=paths.folder_of(file.path),
        stem=name,
        symbol=declaration.function,
        references=tuple(references(file, declaration.parameters)),
        parameters=tuple(parameters(declaration.parameters)),
        outputs=tuple(outputs),
        title=declaration.title,
        doc=declaration.doc,
    )
