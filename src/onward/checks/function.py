"""Functions with `@check`: they return the offending rows, or a bool, or assert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onward.base import paths
from onward.base.digest import Digest
from onward.languages.python.functions import call_task, parameters, references
from onward.model.code import CheckDeclaration, ParameterDeclaration
from onward.model.draft import Draft, FileReading, Reference
from onward.model.ports import Closure, CodeFile
from onward.model.workspace import CheckFacts, Finding, Step


class FunctionCheck:
    """A check that is a function of a Python module."""

    name = "check"
    format = 1
    suffixes = (".py",)

    def read(self, file: CodeFile) -> FileReading:
        if file.declared is None:
            return FileReading()
        findings = [
            Finding(
                "declaration",
                f"`@check` of `{declaration.function}`: {declaration.problem}",
                file.path,
                declaration.line,
            )
            for declaration in file.declared.checks
            if declaration.problem is not None
        ]
        return FileReading(
            tuple(_draft(file, declaration) for declaration in file.declared.checks), None, tuple(findings)
        )

    def code(self, step: Step, file: CodeFile, closure: Closure) -> Mapping[str, Digest]:
        return closure(step.file, step.symbol)

    def render(self, step: Step, file: CodeFile) -> Mapping[str, Digest]:
        return {}

    def task(self, step: Step, file: CodeFile) -> dict[str, Any]:
        return call_task(step, file)


def _draft(file: CodeFile, declaration: CheckDeclaration) -> Draft:
    return Draft(
        kind="check",
        file=file.path,
        line=declaration.line,
        folder=paths.folder_of(file.path),
        stem=declaration.function,
        symbol=declaration.function,
        references=tuple(_reference(file, declaration, parameter) for parameter in _taken(declaration)),
        parameters=tuple(parameters(declaration.parameters)),
        check=CheckFacts(declaration.asset, declaration.severity),
        check_of=_target(file, declaration, ""),
        doc=declaration.doc,
    )


def _taken(declaration: CheckDeclaration) -> list[ParameterDeclaration]:
    return [parameter for parameter in declaration.parameters if parameter.default.form not in ("value", "code")]


def _target(file: CodeFile, declaration: CheckDeclaration, name: str) -> Reference:
    """What the check looks at."""
    if declaration.by_symbol:
        target = file.symbols.get(declaration.asset, declaration.asset)
        return Reference(name, target, "symbol", line=declaration.line)
    return Reference(name, declaration.asset, "ref", line=declaration.line)


def _reference(file: CodeFile, declaration: CheckDeclaration, parameter: ParameterDeclaration) -> Reference:
    own_name = declaration.asset.rpartition("/" if "/" in declaration.asset else ".")[2]
    is_plain = parameter.default.form == "none"
    if is_plain and len(_taken(declaration)) == 1 and parameter.name != own_name:
        # A lone parameter takes what is checked, whatever it is called: `def positive(frame)`.
        target = _target(file, declaration, parameter.name)
        return Reference(parameter.name, target.text, target.form, parameter.annotation, parameter.line)
    return next(iter(references(file, [parameter])))
