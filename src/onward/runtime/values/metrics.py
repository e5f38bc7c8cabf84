"""Metrics: one number or truth value, with its unit, as JSON.

JSON has no word for NaN and the infinities, and many of its readers make floats of long integers: these, and
decimals, are written with a `text` that says exactly what they are. A `value` is null for NaN and infinities
only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Callable, Union

from onward.runtime.own_files import own_read, own_write
from onward.runtime.own_json import dumps, loads
from onward.runtime.values.annotations import Wanted
from onward.runtime.values.errors import CannotKeep, DoesNotFit
from onward.runtime.values.libraries import is_a

if TYPE_CHECKING:
    from decimal import Decimal
    from typing import TypeGuard

Number = Union[bool, int, float, "Decimal"]


def as_number(value: Any) -> Number | None:
    """The Python number that a value is (numpy's scalars and arrays without axes included), or None."""
    if is_a(value, "numpy", "generic") or (is_a(value, "numpy", "ndarray") and getattr(value, "shape", None) == ()):
        value = value.item()
    if isinstance(value, (bool, int, float)) or _is_decimal(value):
        return value
    if is_a(value, "fractions", "Fraction") or (is_a(value, "numbers", "Real") and hasattr(value, "__float__")):
        return float(value)
    return None


def metric_facts(number: Number, unit: str | None) -> dict[str, Any]:
    """What is written and said of a metric: `value`, `type`, `unit`; `text` where `value` is not exact."""
    facts: dict[str, Any] = {"value": number, "type": type_word(number), "unit": unit}
    if _is_decimal(number):
        finite = number.is_finite()
        facts.update(value=float(number) if finite else None, text=str(number) if finite else str(float(number)))
    elif isinstance(number, float):
        facts["value"] = float(number)
        if not math.isfinite(number):
            facts.update(value=None, text=str(float(number)))
    elif not isinstance(number, bool) and abs(number) > 2**53:
        try:
            facts.update(value=float(number), text=str(int(number)))
        except OverflowError:
            raise CannotKeep("the number is too large for a metric: return its logarithm, or a string") from None
    return facts


def type_word(number: Number) -> str:
    if _is_decimal(number):
        return "decimal"
    return next(word for kind, word in ((bool, "bool"), (int, "int"), (float, "float")) if isinstance(number, kind))


def _is_decimal(value: object) -> TypeGuard[Decimal]:
    return is_a(value, "decimal", "Decimal")


def write_metric(number: Number, unit: str | None, path: str) -> dict[str, Any]:
    """Write a metric; returns its facts, which are its content too."""
    facts = metric_facts(number, unit)
    own_write(path, dumps(facts, ensure_ascii=False, sort_keys=True, allow_nan=False).encode())
    return facts


def read_metric(path: str, wanted: Wanted) -> Any:
    """The number as it was saved, or as `wanted`: `float`, `int`, `bool`, `Decimal`, `str`, `dict`.

    Raises:
        DoesNotFit: it cannot be that without losing something.
    """
    facts = loads(own_read(path))
    exact = facts.get("text", facts["value"])
    saved: dict[str, Callable[[Any], Any]] = {"bool": bool, "int": int, "decimal": _decimal, "float": float}
    number = saved[facts["type"]](exact)
    if wanted.name in ("", "numbers.Number", "numbers.Real", "complex"):
        return number
    if wanted.name == "float" or wanted.name.startswith("numpy.float"):
        return float(number)
    if wanted.name == "int":
        if math.isfinite(number) and number == int(number):
            return int(number)
        raise DoesNotFit(f"the metric is {number}, which is no `int`")
    if wanted.name == "bool" and facts["type"] == "bool":
        return number
    if wanted.name == "Decimal":
        return _decimal(str(number))
    if wanted.name == "str":
        return str(number)
    if wanted.name == "dict":
        return facts
    raise DoesNotFit(f"a metric cannot arrive as `{wanted.name}`: ask for `float`, `int`, `bool` or `str`")


def _decimal(said: Any) -> Decimal:
    from decimal import Decimal

    return Decimal(said)
