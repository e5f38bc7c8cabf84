"""Words for people: suggestions, plurals, durations and sizes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

_FEWEST_LETTERS = 4
"""Of a word in which a slip can be told from another name."""


def nearest(word: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Up to `limit` of `known` that `word` was probably meant to be, best first.

    A name that ends in `/word` counts as near, so that a project left out is found.
    """
    import difflib  # costs 5 ms and is needed on the error path only

    names = list(dict.fromkeys(known))
    folded = {name.casefold(): name for name in names}
    tails = [name for name in names if name.casefold().endswith("/" + word.casefold())]
    close = [folded[match] for match in difflib.get_close_matches(word.casefold(), list(folded), limit, 0.6)]
    parts = {name.rpartition("/")[2].casefold(): name for name in names}
    close += [parts[match] for match in difflib.get_close_matches(word.casefold(), list(parts), limit, 0.75)]
    return list(dict.fromkeys(tails + close))[:limit]


def is_slip(word: str, meant: str) -> bool:
    """Whether `word` is `meant` but for one slip of the hand: a letter too many, too few, another, or two exchanged.

    What tells names of one series apart is none: a digit, or a word of fewer than four letters (`team-a`, `team-b`).
    """
    word, meant = word.casefold(), meant.casefold()
    start = _shared_beginning(word, meant)
    end = _shared_beginning(word[start:][::-1], meant[start:][::-1])
    typed, right = word[start : len(word) - end], meant[start : len(meant) - end]
    if not typed and not right:
        return True
    is_one = max(len(typed), len(right)) == 1 or (len(typed) == 2 and typed == right[::-1])
    letters = min(_letters_around(word, start), _letters_around(meant, start))
    return is_one and (typed + right).isalpha() and letters >= _FEWEST_LETTERS


def _shared_beginning(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    differs = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differs, min(len(one), len(other)))


def _letters_around(name: str, place: int) -> int:
    """How many letters stand around a place of a name, before anything else comes."""
    before, after = takewhile(str.isalpha, name[:place][::-1]), takewhile(str.isalpha, name[place:])
    return len("".join(before)) + len("".join(after))


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`1 step`, `2 steps`; `many` gives an irregular plural."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def duration(seconds: float) -> str:
    """A length of time as people say it: `12 ms`, `1.4 s`, `3 min 20 s`, `2 h 05 min`."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def size(count_bytes: int) -> str:
    """A size in bytes as people say it, in powers of 1000: `812 B`, `1.2 MB`."""
    amount = float(count_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError("the last unit always returns")


def listed(names: Iterable[str], limit: int = 5) -> str:
    """`a, b and 3 more`."""
    names = list(names)
    if len(names) <= limit:
        return ", ".join(names)
    return f"{', '.join(names[:limit])} and {len(names) - limit} more"
