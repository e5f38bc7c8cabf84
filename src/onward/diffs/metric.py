"""Metrics: how far a number has moved."""

from __future__ import annotations

import math
from typing import Any

from onward.base.numbers import change, number, told_apart
from onward.model.artifact import METRIC
from onward.model.difference import DEFAULT_TOLERANCE, Difference, DiffOptions, Tolerance
from onward.model.ports import Side


class MetricDiff:
    """`detail`: `before` and `after`, `unit`, `delta`, and `relative`, which is `delta` by what it was before.

    Where JSON has no exact word for a value, `before_text` and `after_text` say it. `delta` is null where one of the
    two is no finite number, `relative` also where the metric was zero. `tolerance` stands where one is declared.
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
        summary, is_tolerated = _summary(old, new, first, second), False
        if options.metric is not None:
            detail["tolerance"] = _declared(options.metric)
            is_tolerated = _is_like(old, new) and _is_within(options.metric, first, delta)
        if is_tolerated:
            summary += f", within its tolerance of {_in_words(options.metric, new.get('unit'))}"
        return Difference(summary, detail, share, is_tolerated=is_tolerated)


def _is_like(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether two numbers mean the same sort of thing."""
    return old.get("unit") == new.get("unit") and old.get("type") == new.get("type")


def _is_within(tolerance: Tolerance, before: float | None, delta: float | None) -> bool:
    if before is None or delta is None:
        return False
    bound = tolerance.amount * abs(before) if tolerance.is_share else tolerance.amount
    return abs(delta) <= bound * (1 + DEFAULT_TOLERANCE)  # 12.6 - 12.5 is a little more than 0.1


def _declared(tolerance: Tolerance) -> float | str:
    """A tolerance as it is declared."""
    return f"{number(tolerance.amount * 100)} %" if tolerance.is_share else tolerance.amount


def _in_words(tolerance: Tolerance | None, unit: str | None) -> str:
    assert tolerance is not None
    if tolerance.is_share:
        return str(_declared(tolerance))
    return f"{number(tolerance.amount)} {unit or ''}".rstrip()


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
    return words if first is None or second is None else f"{words} ({change(second - first, first, new.get('unit'))})"


def _said(facts: dict[str, Any]) -> str:
    value = facts.get("value")
    return str(facts.get("text")) if value is None else number(value)
