"""Metrics: how far a number has moved."""

from __future__ import annotations

import math
from typing import Any

from onward.base.numbers import change, number, told_apart
from onward.model.artifact import METRIC
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import Side


class MetricDiff:
    """`detail`: `before` and `after`, `unit`, `delta`, and `relative`, which is `delta` by what it was before.

    Where JSON has no exact word for a value, `before_text` and `after_text` say it. `delta` is null where one of the
    two is no finite number, `relative` also where the metric was zero.
    """

    name = METRIC

    def compare(self, before: Side, after: Side, options: DiffOptions) -> Difference | None:
        old, new = before.artifact.facts, after.artifact.facts
        first, second = _finite(old.get("value")), _finite(new.get("value"))
        delta = second - first if first is not None and second is not None else None
        relative = delta / abs(first) if delta is not None and first else None
        detail = {
            "before": old.get("value"),
            "after": new.get("value"),
            "unit": new.get("unit"),
            "delta": delta,
            "relative": relative,
        }
        detail |= {
            f"{side}_text": facts["text"] for side, facts in (("before", old), ("after", new)) if "text" in facts
        }
        if old.get("unit") != new.get("unit"):
            detail["unit_before"] = old.get("unit")
        share = min(1.0, abs(relative)) if relative is not None else 1.0
        return Difference(_summary(old, new, first, second), detail, share)


def _finite(value: Any) -> int | float | None:
    """A value as a number that can be reckoned with; None for truth values, NaN and infinities."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else None


def _summary(old: dict[str, Any], new: dict[str, Any], first: float | None, second: float | None) -> str:
    before, after = _said(old), _said(new)
    if first is not None and second is not None:
        before, after = told_apart(first, second)
    if old.get("unit") != new.get("unit"):
        return f"{before} {old.get('unit') or '(no unit)'} → {after} {new.get('unit') or '(no unit)'}"
    if before == after:
        return f"{after}, of type {new.get('type')} now and not {old.get('type')}"
    words = f"{before} → {after} {new.get('unit') or ''}".rstrip()
    return words if first is None or second is None else f"{words} ({change(second - first, first)})"


def _said(facts: dict[str, Any]) -> str:
    value = facts.get("value")
    return str(facts.get("text")) if value is None else number(value)
