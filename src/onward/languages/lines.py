"""Two texts line by line: the first that differs, and what a person is shown of the difference."""

from __future__ import annotations

from collections.abc import Sequence


def lines_of(content: bytes) -> list[str]:
    """The lines of a text as Python and editors count them: a form feed ends none."""
    lines = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def first_difference(before: Sequence[str] | Sequence[bytes], after: Sequence[str] | Sequence[bytes]) -> int:
    """The first line of `after`, from 1, that differs from `before`; where only its end was cut, the last one."""
    for number, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if old != new:
            return number
    return max(1, min(len(before) + 1, len(after)))


def table_at(lines: Sequence[str], first: int) -> list[str]:
    """The lines of a table of TOML that begins in the line `first`, up to the next one."""
    rest = lines[first - 1 :]
    end = next((number for number, line in enumerate(rest) if number and line.lstrip().startswith("[")), len(rest))
    while end > 1 and not rest[end - 1].strip():
        end -= 1
    return list(rest[:end])


def unified(
    before: Sequence[str], after: Sequence[str], first_before: int = 1, first_after: int = 1, context: int = 2
) -> list[str]:
    """The difference of two excerpts as a unified diff without a head; the excerpts begin at the lines given.

    Cost: quadratic in the number of lines, at worst.
    """
    from difflib import SequenceMatcher

    shown = []
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(context):
        old, new = (group[0][1], group[-1][2]), (group[0][3], group[-1][4])
        shown.append(f"@@ -{_range(*old, first_before)} +{_range(*new, first_after)} @@")
        for kind, first, last, new_first, new_last in group:
            if kind == "equal":
                shown += [f" {line}" for line in before[first:last]]
                continue
            shown += [f"-{line}" for line in before[first:last]]
            shown += [f"+{line}" for line in after[new_first:new_last]]
    return shown


def _range(first: int, last: int, base: int) -> str:
    return f"{first + base},{last - first}" if last - first != 1 else f"{first + base}"
