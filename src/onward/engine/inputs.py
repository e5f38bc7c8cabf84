"""What a step would read now, as one flat mapping of inputs to digests.

This mapping is the firewall of the system: below it files and code, above it only values that can be
compared. The step itself is one of its inputs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from onward.base.codec import digest_of
from onward.base.digest import Digest, digest_text
from onward.model.artifact import MODEL, Artifact
from onward.model.trace import CompleteInputs, Inputs, PartialInputs
from onward.model.workspace import Step


def definition_digest(step: Step, kind_format: int) -> Digest:
    """Digest of what the step is, save its code: its kind, how it takes its inputs, what it makes of them.

    Titles and documentation are not in it: they are shown and not computed with.
    """
    return digest_of(
        {
            "kind": step.kind,
            "format": kind_format,
            "symbol": step.symbol,
            "bindings": [(binding.name, binding.form, binding.wanted) for binding in step.bindings],
            "outputs": [
                (output.asset, output.field, output.kind, output.unit, output.path)
                for output in step.outputs
                if not output.is_seen
            ],
            "check": step.check,
        }
    )


def inputs_of(
    step: Step,
    kind_format: int,
    code: Mapping[str, Digest],
    sources: Mapping[str, Digest],
    environment: Mapping[str, Digest],
    artifacts: Mapping[str, Artifact | None],
    render: Mapping[str, Digest] = MappingProxyType({}),
) -> CompleteInputs | PartialInputs:
    """The step's inputs.

    Args:
        step: the step.
        kind_format: the format number of its kind.
        code: the symbols that it reaches, with their digests.
        sources: digest of each source that it takes, by qualified name.
        environment: digests of the parts of the environment.
        artifacts: what its upstream assets are; an asset that is not known yet is left out, one that its
            step did not make is None.
        render: what is only shown with the results.
    """
    known: Inputs = {("step", step.name): definition_digest(step, kind_format)}
    for name, digest in code.items():
        known["code", name] = digest
    for name, digest in render.items():
        known["render", name] = digest
    for name, digest in environment.items():
        known["environment", name] = digest
    for parameter in step.parameters:
        if parameter.is_set:
            # Not as JSON, which knows no infinity and would take it for nothing at all.
            known["parameter", parameter.setting] = digest_text(repr(parameter.value))
    unknown: list[tuple[str, str]] = []
    for binding in step.bindings:
        if binding.form == "source":
            known["source", _bound(binding.name, binding.target)] = sources[binding.target]
        elif binding.target in artifacts:
            artifact = artifacts[binding.target]
            known["input", _bound(binding.name, binding.target)] = _counted(
                artifact, step.columns, is_raw=binding.is_raw
            )
        else:
            unknown.append(("input", _bound(binding.name, binding.target)))
    if unknown:
        return PartialInputs(step.name, known, tuple(unknown))
    return CompleteInputs(step.name, known)


def _bound(name: str, target: str) -> str:
    """The target, with the word for it in the code where that differs: two may stand for one target."""
    is_said_so = target in (name, name.replace(".", "/")) or target.rpartition("/")[2] == name
    return target if is_said_so else f"{target} as {name}"


def _counted(artifact: Artifact | None, columns: Collection[str] | None, *, is_raw: bool) -> Digest:
    if artifact is None:
        return ""
    if is_raw and artifact.kind != MODEL:  # a model's bytes are not all that it means, whoever opens the file
        return artifact.bytes
    if columns is not None and artifact.columns:
        return _content_of_columns(artifact, columns)
    return artifact.content


def _content_of_columns(table: Artifact, used: Collection[str]) -> Digest:
    """Of a table what a step sees that can use the columns of these names, in lower case: how many rows there are,
    which columns of which types, for that decides what its names mean and whether it works; of the others, the values.
    """
    schema = [(column.name, column.type) for column in table.columns]
    values = [column.content for column in table.columns if column.name.lower() in used]
    return digest_of({"rows": table.facts["rows"], "schema": schema, "values": values})
