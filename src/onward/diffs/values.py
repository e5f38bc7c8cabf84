"""Two values of JSON, by the paths of what changed in them."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, NamedTuple

from onward.base.numbers import told_apart
from onward.base.text import listed
from onward.diffs.lines import differing_blocks
from onward.diffs.words import came_and_went, joined, shortened

_MOST_ALIGNED = 5_000
"""Items of a list up to which those that came or went are looked for; a longer one is compared place by place."""
_MOST_KEPT = 1_000
"""Changes that are kept; all are counted."""
_LARGEST = 10**300
_ABSENT = object()


class ValueChange(NamedTuple):
    """A value that came, went or changed: `change` says which."""

    path: str
    change: str
    before: Any
    after: Any


@dataclass
class _Column:
    """The values that stand at one place of all items of a list; or all those outside of lists."""

    compared: int = 0
    rising: int = 0
    falling: int = 0

    @property
    def is_one_sided(self) -> bool:
        """Whether most of the values move to one side."""
        return 2 * max(self.rising, self.falling) > self.compared


@dataclass
class Values:
    """What differs between two values.

    Attributes:
        compared: single values that both have.
        added, removed, changed: how many came, went and changed.
        small: how many of those that changed are numbers and differ by no more than the tolerance.
        changes: the first of them.
    """

    compared: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    small: int = 0
    changes: list[ValueChange] = field(default_factory=list)
    columns: dict[str, _Column] = field(default_factory=lambda: defaultdict(_Column))

    @property
    def touched(self) -> int:
        return self.added + self.removed + self.changed

    @property
    def is_rounding(self) -> bool:
        """Whether all that differs is rounding: small wherever it differs, and not to one side in most items."""
        is_small = 0 < self.touched == self.small
        return is_small and not any(column.is_one_sided for column in self.columns.values())

    @property
    def share(self) -> float:
        return min(1.0, self.touched / max(1, self.compared + max(self.added, self.removed)))

    def summary(self, noun: str = "value") -> str:
        """`2 values changed: `rmse` 12.5 → 11.9, ...`; of what came or went the paths."""
        told = came_and_went(noun, added=self.added, removed=self.removed, changed=self.changed)
        return joined(told, listed([said(change) for change in self.changes], 3))

    def sample(self, limit: int) -> list[dict[str, Any]]:
        return [
            {"path": change.path, "change": change.change}
            | ({} if change.change == "added" else {"before": shown(change.before)})
            | ({} if change.change == "removed" else {"after": shown(change.after)})
            for change in self.changes[:limit]
        ]

    def note(self, change: ValueChange) -> None:
        if change.change == "added":
            self.added += 1
        elif change.change == "removed":
            self.removed += 1
        else:
            self.changed += 1
        if len(self.changes) < _MOST_KEPT:
            self.changes.append(change._replace(path=shortened(change.path)))


def compare_values(before: Any, after: Any, tolerance: float) -> Values:
    """What differs between two values, by their paths.

    Raises:
        RecursionError: they are nested more deeply than Python can follow.
    """
    found = Values()
    _compare(before, after, ("", ""), tolerance, found)
    return found


_Place = tuple[str, str]
"""The path of a value, and that of its column: within lists it is the path less the numbers, else empty."""


def _compare(before: Any, after: Any, place: _Place, tolerance: float, found: Values) -> None:
    path, column = place
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            inner = (f"{path}.{name}" if path else name, column and f"{column}.{name}")
            _compare_item(before.get(name, _ABSENT), after.get(name, _ABSENT), inner, tolerance, found)
    elif isinstance(before, list) and isinstance(after, list):
        for at, to in _items(before, after):
            old = before[at] if at is not None else _ABSENT
            new = after[to] if to is not None else _ABSENT
            inner = (f"{path}[{to if to is not None else at}]", f"{column or path}[]")
            _compare_item(old, new, inner, tolerance, found)
    else:
        found.compared += 1
        found.columns[column].compared += 1
        if not _equal(before, after):
            _measure(before, after, found.columns[column], found, tolerance)
            found.note(ValueChange(path, "changed", before, after))


def _compare_item(old: Any, new: Any, place: _Place, tolerance: float, found: Values) -> None:
    if old is _ABSENT:
        found.note(ValueChange(place[0], "added", None, new))
    elif new is _ABSENT:
        found.note(ValueChange(place[0], "removed", old, None))
    else:
        _compare(old, new, place, tolerance, found)


def _items(before: list[Any], after: list[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Which item is which: by place in lists of one length, else by what is equal."""
    blocks = None
    if len(before) != len(after) and max(len(before), len(after)) <= _MOST_ALIGNED:
        blocks = differing_blocks([_canonical(item) for item in before], [_canonical(item) for item in after])
    if blocks is None:
        blocks = [(range(len(before)), range(len(after)))]
    at = to = 0
    for left, right in [*blocks, (range(len(before), len(before)), range(len(after), len(after)))]:
        yield from zip(range(at, left.start), range(to, right.start), strict=True)
        yield from zip_longest(left, right)
        at, to = left.stop, right.stop


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def is_number(value: Any) -> bool:
    """Whether a value is a number that can be reckoned with; a whole one of hundreds of digits is a name."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not _LARGEST < abs(value) < math.inf


def _equal(before: Any, after: Any) -> bool:
    """Whether two single values mean the same: numbers by what they are worth, all else by type and value."""
    if is_number(before) and is_number(after):
        return bool(before == after or (_is_nan(before) and _is_nan(after)))
    return type(before) is type(after) and bool(before == after)


def _is_nan(value: float) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _measure(before: Any, after: Any, column: _Column, found: Values, tolerance: float) -> None:
    if not (is_number(before) and is_number(after)) or (isinstance(before, int) and isinstance(after, int)):
        return
    column.rising += after > before
    column.falling += after < before
    if abs(before) < math.inf and abs(after) < math.inf:
        found.small += bool(abs(after - before) <= tolerance * max(abs(before), abs(after)))


def said(change: ValueChange) -> str:
    """A change of a value in words."""
    name = f"`{change.path}`" if change.path else "it"
    if change.change == "added":
        return f"{name} is new"
    if change.change == "removed":
        return f"{name} is gone"
    return f"{name} {arrow(change.before, change.after)}"


def arrow(before: Any, after: Any) -> str:
    """`12.5 → 11.9`, of texts and what is nested as it is written, shortened."""
    if is_number(before) and is_number(after) and abs(before) < 1e15 and abs(after) < 1e15:
        return " → ".join(told_apart(before, after))
    return f"{_word(before)} → {_word(after)}"


def _word(value: Any) -> str:
    return shortened(value if isinstance(value, str) else _canonical(value), 60) or '""'


def shown(value: Any) -> Any:
    """A value as `detail` shows it: JSON-able, and short."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return shortened(value if isinstance(value, str) else _canonical(value))
