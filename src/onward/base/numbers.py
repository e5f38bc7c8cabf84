"""Numbers in words for people: short, with the digits that matter, and told apart where they differ."""

from __future__ import annotations

import math
import re
from typing import Any

MINUS = "−"
SHARES = ("%", "percent", "per cent")
"""Units of what is a share."""
_PERCENT = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*%\s*\Z", re.ASCII)
_MOST_DIGITS = 17
"""With so many, no two floating-point numbers look the same (IEEE 754)."""


def number(value: Any) -> str:
    """A value as people read it: thousands apart, at most four digits that matter behind the first.

    Whole parts are never cut: `336,776`, `12.35`, `0.01235`, `−4`, `1.2e−12`. What is no number is its text.
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int):
        return _signed(f"{value:,}")
    if not isinstance(value, float):
        return str(value)
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else _signed("∞" if value > 0 else "-∞")
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if magnitude < -5 or magnitude > 14:
        return _signed(f"{value:.3g}")
    decimals = max(0, 3 - magnitude)
    written = f"{value:,.{decimals}f}"
    return _signed(written.rstrip("0").rstrip(".") if "." in written else written)


def _signed(written: str) -> str:
    return written.replace("-", MINUS)


def numeric(value: Any) -> float | None:
    """`value` as a finite number, or None; text that is a number counts (Decimals are kept as text)."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def amount_or_share(value: Any) -> tuple[float, bool] | None:
    """An amount (`0.1`) or a share (`"1 %"`, as 0.01), and whether it is a share; None for anything else."""
    if isinstance(value, str):
        found = _PERCENT.match(value)
        return (float(found[1]) / 100, True) if found else None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return (float(value), False) if is_number and 0 <= value < math.inf else None


def alike(*values: Any) -> list[str]:
    """Values beside one another, those with a point with equally many digits behind it: `13.7`, `13.0`."""
    written = [number(value) for value in values]
    most = max((len(said.partition(".")[2]) for said in written if "e" not in said), default=0)
    return [
        said if not _may_have_digits(value) or "e" in said or not most
        else said.partition(".")[0] + "." + said.partition(".")[2].ljust(most, "0")
        for value, said in zip(values, written, strict=True)
    ]  # fmt: skip


def _may_have_digits(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def told_apart(before: Any, after: Any) -> tuple[str, str]:
    """Two values as people read them, with as many digits as it takes to see that they differ."""
    first, second = alike(before, after)
    if first != second or before == after:
        return first, second
    for digits in range(5, _MOST_DIGITS + 1):
        first, second = f"{float(before):.{digits}g}", f"{float(after):.{digits}g}"
        if first != second:
            break
    return _signed(first), _signed(second)


def change(delta: float, before: float, unit: str | None = None) -> str:
    """How far a number has moved: `+0.5`, `−0.6, −4.8 %`; a share only of what was positive before.

    What is a share itself moves by points, and a percentage of it would be read as some: `−11.3 points`.
    """
    sign = "+" if delta > 0 else ""
    moved = f"{sign}{number(_rounded(delta, before))}"
    if unit in SHARES:
        return f"{moved} {'point' if abs(delta) == 1 else 'points'}"
    if before <= 0:
        return moved
    share = delta / before * 100
    return f"{moved}, {sign}{number(_rounded(share, 1000))} %"


def _rounded(delta: float, scale: float) -> float | int:
    """A difference with two digits more than would matter beside what it is a difference of."""
    if isinstance(delta, int) or delta == 0:
        return delta
    digits = 4 - math.floor(math.log10(max(abs(scale), abs(delta))))
    return round(delta, digits) or float(f"{delta:.2g}")
