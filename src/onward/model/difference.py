"""What differs between two artifacts of one asset."""

from __future__ import annotations

from typing import Any

import msgspec

DEFAULT_TOLERANCE = 1e-9
"""Relative: floating-point numbers that differ by less may differ by nothing but the order of a sum."""


class Tolerance(msgspec.Struct, frozen=True, array_like=True):
    """How far a metric may move without being told as changed: an amount in its unit, or a share of what it was."""

    amount: float
    is_share: bool = False


class DiffOptions(msgspec.Struct, frozen=True):
    """How two artifacts are compared.

    Attributes:
        key: columns that name a row, as the asset declares them; none: they are looked for.
        tolerance: relative, see `DEFAULT_TOLERANCE`.
        metric: how far a metric may move, as the asset declares it; None: nowhere.
        samples: the most rows, cells or lines of each sort that are shown.
        opened: of artifacts that only the workspace's Python may open (models), what it says of both: its answer to
            the job of `onward.diffs.model`. None: nobody has asked it.
    """

    key: tuple[str, ...] = ()
    tolerance: float = DEFAULT_TOLERANCE
    metric: Tolerance | None = None
    samples: int = 10
    opened: dict[str, Any] | None = None


class Picture(msgspec.Struct, frozen=True):
    """What people see of one side, or of what moved between the two: `before`, `after`, `moved`."""

    name: str
    media: str
    content: bytes


class Difference(msgspec.Struct, frozen=True):
    """What differs between two artifacts whose contents differ.

    Attributes:
        summary: one sentence, or a part of one, without the asset's name.
        detail: JSON-able; its fields are those of the artifacts' kind (docs/reference/differences.md).
        share: how much of it differs, from 0 (nothing that means anything) to 1.
        means_nothing: all that differs is noise, as `summary` says: rounding, times, random names.
        pictures: to look at.
        is_tolerated: it differs by no more than the asset declares to tolerate.
    """

    summary: str
    detail: dict[str, Any]
    share: float
    means_nothing: bool = False
    pictures: tuple[Picture, ...] = ()
    is_tolerated: bool = False
