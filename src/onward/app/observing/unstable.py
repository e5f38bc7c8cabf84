"""Two results of one and the same state: what differs between them, in words, and the mark of the first one."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from onward.base.text import listed
from onward.model.artifact import METRIC, TABLE, Artifact
from onward.model.trace import UNSTABLE, Trace

_SHORT = 12


def differences(first: Trace, second: Trace) -> list[str]:
    """What differs, a sentence for each asset, and for a check one about what it found; empty where nothing does."""
    found = []
    for asset in sorted({*first.artifacts, *second.artifacts}):
        one, other = first.artifacts.get(asset), second.artifacts.get(asset)
        if one is None or other is None:
            found.append(f"`{asset}` was made the {'second' if one is None else 'first'} time alone")
        elif one.content != other.content:
            found.append(f"`{asset}` {_difference(one, other)}")
    if first.check is not None and second.check is not None and first.check != second.check:
        found.append(f"it was {first.check.outcome} and then {_said(second)}")
    return found


def marked(first: Trace, told: Iterable[str], second: Trace | None = None) -> Trace:
    """The first result as unstable, with what is told of the difference, and with the contents of the second."""
    because = {**first.because, UNSTABLE: tuple(dict.fromkeys((*first.because.get(UNSTABLE, ()), *told)))}
    contents = {asset: artifact.content for asset, artifact in (second.artifacts if second is not None else {}).items()}
    others = {
        asset: content
        for asset, content in contents.items()
        if asset not in first.artifacts or first.artifacts[asset].content != content
    }
    marks = tuple(sorted({*first.marks, UNSTABLE}))
    return msgspec.structs.replace(first, marks=marks, because=because, twins={**first.twins, **others})


def _difference(one: Artifact, other: Artifact) -> str:
    if one.kind != other.kind:
        return f"was a {one.kind} and then a {other.kind}"
    if one.kind == METRIC and one.number != other.number:
        return f"was {one.number} and then {other.number}"
    if one.kind == TABLE and one.facts.get("rows") != other.facts.get("rows"):
        return f"had {one.facts.get('rows')} rows and then {other.facts.get('rows')}"
    if one.columns and other.columns:
        before, after = set(one.columns), set(other.columns)
        names = [column.name for column in (*one.columns, *other.columns) if column not in before & after]
        return f"has other values in {listed(dict.fromkeys(names))}" if names else "has its columns in another order"
    return f"came out as {one.content[:_SHORT]} and then as {other.content[:_SHORT]}"


def _said(trace: Trace) -> str:
    assert trace.check is not None
    return f"{trace.check.outcome}: {trace.check.message}" if trace.check.message else trace.check.outcome
