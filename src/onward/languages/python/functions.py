"""How a function of a Python file is called: what its parameters refer to, and what its caller must know.

Shared by the kinds whose unit is a function. Knows the language's declarations and nothing of running them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from onward.base.paths import dotted_name
from onward.model.code import ParameterDeclaration
from onward.model.draft import ParameterDraft, Reference
from onward.model.ports import CodeFile
from onward.model.workspace import Step


def call_task(step: Step, file: CodeFile) -> dict[str, Any]:
    """What a child is told to call a function of a step's file."""
    return {
        "module": dotted_name(file.path),
        "symbol": step.symbol,
        "arguments": [binding.name for binding in step.bindings if "/" not in binding.name],
        "parameters": {parameter.name: parameter.value for parameter in step.parameters if parameter.is_set},
        "prefer": preferred_library(file),
    }


def preferred_library(file: CodeFile) -> str:
    """The frame library that the file's code imports, where it is just one."""
    imports = file.declared.imports if file.declared is not None else ()
    found = [library for library in ("polars", "pandas") if library in imports]
    return found[0] if len(found) == 1 else ""


def references(file: CodeFile, declared: Iterable[ParameterDeclaration]) -> Iterable[Reference]:
    """The assets and sources that a function's parameters name."""
    for parameter in declared:
        common = {"wanted": parameter.annotation, "line": parameter.line}
        match parameter.default.form:
            case "none":
                yield Reference(parameter.name, parameter.name, "name", **common)
            case "ref":
                yield Reference(parameter.name, parameter.default.text, "ref", **common)
            case "ref symbol":
                target = file.symbols.get(parameter.default.text, parameter.default.text)
                yield Reference(parameter.name, target, "symbol", **common)


def parameters(declared: Iterable[ParameterDeclaration]) -> Iterable[ParameterDraft]:
    """The values that a function takes."""
    for parameter in declared:
        if parameter.default.form in ("value", "code"):
            yield ParameterDraft(parameter.name, parameter.default, parameter.line)
