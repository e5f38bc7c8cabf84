"""How kinds say what differs, alike: what came, went and changed, and which numbers moved."""

from __future__ import annotations

from collections.abc import Iterable

from onward.base.text import listed, plural

_LONGEST = 200
"""Signs of a line, a cell or a value that is shown."""


def came_and_went(noun: str, *, added: int = 0, removed: int = 0, changed: int = 0) -> str:
    """`3 lines changed, 2 came in, 1 went`; the noun stands once. Empty where nothing did."""
    parts: list[str] = []
    for count, verb in ((changed, "changed"), (added, "came in"), (removed, "went")):
        if count:
            parts.append(f"{count:,} {verb}" if parts else f"{plural(count, noun)} {verb}")
    return ", ".join(parts)


def moved_numbers(numbers: Iterable[tuple[str, str]], limit: int = 3) -> str:
    """`12.5 → 11.9, 3 → 4`; each move once."""
    return listed([f"{before} → {after}" for before, after in dict.fromkeys(numbers)], limit)


def joined(told: str, about: str) -> str:
    """`1 line changed: 12.5 → 11.9`, or what is told alone."""
    return f"{told}: {about}" if about else told


def shortened(text: str, longest: int = _LONGEST) -> str:
    """A text that is shown, on one line, cut where it is long, of signs that can be printed."""
    text = " ".join(text[: 10 * longest].split()).encode("utf-8", "replace").decode()
    return text if len(text) <= longest else text[: longest - 1] + "…"
