"""Two texts by their lines, or by whatever stands one after the other in them, and lines by their words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

_MOST_ALIGNED = 50_000
"""Lines on one side, the common ones at both ends apart, up to which they are paired in order. More are counted."""
_MOST_EQUAL_PAIRS = 200_000
"""Pairs of equal lines on both sides up to which it is found out which is which, at worst in seconds."""
_MOST_PAIRED = 900
"""Pairs of lines of one changed place whose likeness is reckoned; of a larger one the first goes with the first."""
_MOST_WORDS = 2_000
"""Words of a line up to which it is compared word by word."""
_ALIKE = 0.5
"""The likeness from which on one line is another one that changed."""
_CONTEXT = 2
"""Lines shown around a change."""
_LONGEST = 240
"""Signs of a line that is shown."""

_NUMBER = r"\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?"
_INSTANT = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?|\d\d?:\d\d(?::\d\d)?"
_TOKEN = re.compile(rf"{_INSTANT}|{_NUMBER}|[^\W\d_]+|\s+|.", re.DOTALL)
_IS_NUMBER = re.compile(rf"{_INSTANT}|{_NUMBER}")
_MINUS = ("-", "−")

Place = tuple[int | None, int | None]
"""Of a line its number on either side, from 0; None where it is not there."""


class Words(NamedTuple):
    """What became of one line: its words as they were and as they are, each with whether it differs."""

    before: list[tuple[str, bool]]
    after: list[tuple[str, bool]]
    numbers: list[tuple[str, str]]
    """Those that stand in the place of another one."""


@dataclass(frozen=True)
class Lines:
    """What became of the lines of a text.

    Attributes:
        places: the lines that came, went or changed, in order; None where there are too many to pair them.
    """

    before: Sequence[str]
    after: Sequence[str]
    added: int
    removed: int
    changed: int
    places: list[Place] | None

    @property
    def share(self) -> float:
        """How much of the longer side came, went or changed."""
        touched = self.added + self.removed + self.changed
        return min(1.0, touched / max(len(self.before), len(self.after), 1))

    def changes(self) -> Iterator[tuple[int, int]]:
        """The lines that changed, by their numbers on both sides."""
        for old, new in self.places or ():
            if old is not None and new is not None:
                yield old, new

    def numbers(self, most: int = 200) -> list[tuple[str, str]]:
        """The numbers that moved within lines that changed."""
        found: list[tuple[str, str]] = []
        for old, new in self.changes():
            if len(found) >= most:
                break
            found += words_of(self.before[old], self.after[new]).numbers
        return found


def compare_lines(before: Sequence[str], after: Sequence[str]) -> Lines:
    """What became of the lines of a text."""
    blocks = differing_blocks(before, after)
    if blocks is None:
        gone, come = Counter(before), Counter(after)
        return Lines(before, after, (come - gone).total(), (gone - come).total(), 0, None)
    places = [
        (None if at is None else left.start + at, None if to is None else right.start + to)
        for left, right in blocks
        for at, to in aligned(before[left.start : left.stop], after[right.start : right.stop])
    ]
    added = sum(left is None for left, _ in places)
    removed = sum(right is None for _, right in places)
    return Lines(before, after, added, removed, len(places) - added - removed, places)


def _common(before: Sequence[str], after: Sequence[str]) -> int:
    """How many lines both begin with."""
    count = 0
    for old, new in zip(before, after, strict=False):
        if old != new:
            break
        count += 1
    return count


def differing_blocks(old: Sequence[str], new: Sequence[str]) -> list[tuple[range, range]] | None:
    """The places at which two sequences differ; None where there is too much, or too much alike, to say which is which.

    What `difflib` needs grows with the pairs of equal items, and in a period of few items with more than that.
    """
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(left), len(right)) > _MOST_ALIGNED or _equal_pairs(left, right) > _MOST_EQUAL_PAIRS:
        return None
    import difflib  # nobody pays for it who compares nothing

    matcher = difflib.SequenceMatcher(str.isspace, left, right)
    return [
        (range(start + at, start + at_end), range(start + to, start + to_end))
        for how, at, at_end, to, to_end in matcher.get_opcodes()
        if how != "equal"
    ]


def _equal_pairs(old: Sequence[str], new: Sequence[str]) -> int:
    """How many pairs of equal items `difflib` looks at: none of blanks, and none of what a long sequence is full of."""
    counts = Counter(new)
    most = len(new) // 100 + 1 if len(new) >= 200 else len(new)
    rare = {item: count for item, count in counts.items() if count <= most and not item.isspace()}
    return sum(rare.get(item, 0) for item in old)


def aligned(old: Sequence[str], new: Sequence[str]) -> list[Place]:
    """Which of the new texts is which of the old ones that changed, in order; those that are like none stand alone."""
    if len(old) * len(new) > _MOST_PAIRED:
        both = min(len(old), len(new))
        pairs: list[tuple[int, int]] = [(at, at) for at in range(both)]
    else:
        pairs = _best_pairs([_likeness_words(text) for text in old], [_likeness_words(text) for text in new])
    places: list[Place] = []
    left = right = 0
    for at, to in [*pairs, (len(old), len(new))]:
        places += [(gone, None) for gone in range(left, at)]
        places += [(None, come) for come in range(right, to)]
        if at < len(old):
            places.append((at, to))
        left, right = at + 1, to + 1
    return places


def _best_pairs(old: list[Counter[str]], new: list[Counter[str]]) -> list[tuple[int, int]]:
    """Pairs in order whose likeness is together the greatest."""
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    like = [[_likeness(left, right) for right in new] for left in old]
    for at in reversed(range(len(old))):
        for to in reversed(range(len(new))):
            paired = like[at][to] + best[at + 1][to + 1] if like[at][to] >= _ALIKE else 0.0
            best[at][to] = max(best[at + 1][to], best[at][to + 1], paired)
    pairs = []
    at = to = 0
    while at < len(old) and to < len(new):
        if like[at][to] >= _ALIKE and best[at][to] == like[at][to] + best[at + 1][to + 1]:
            pairs.append((at, to))
            at, to = at + 1, to + 1
        elif best[at][to] == best[at + 1][to]:
            at += 1
        else:
            to += 1
    return pairs


def _likeness_words(text: str) -> Counter[str]:
    """The words of a text for its likeness to another one, in which one number is as good as the next."""
    tokens = _TOKEN.findall(text[: 20 * _LONGEST])
    return Counter("0" if _IS_NUMBER.fullmatch(token) else token for token in tokens if not token.isspace())


def _likeness(old: Counter[str], new: Counter[str]) -> float:
    both = (old & new).total()
    return 2 * both / max(1, old.total() + new.total())


def words_of(before: str, after: str) -> Words:
    """A line that changed, word by word."""

    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    blocks = differing_blocks(old, new) if max(len(old), len(new)) <= _MOST_WORDS else None
    if blocks is None:
        return Words([(before, True)], [(after, True)], [])
    told = Words([], [], [])
    at = to = 0
    for left, right in [*blocks, (range(len(old), len(old)), range(len(new), len(new)))]:
        for side, tokens, start, place in ((told.before, old, at, left), (told.after, new, to, right)):
            for first, last, differs in ((start, place.start, False), (place.start, place.stop, True)):
                if first < last:
                    side.append(("".join(tokens[first:last]), differs))
        told.numbers.extend(_moved(old, new, (left.start, left.stop), (right.start, right.stop)))
        at, to = left.stop, right.stop
    return told


def _moved(old: list[str], new: list[str], left: tuple[int, int], right: tuple[int, int]) -> Iterator[tuple[str, str]]:
    """The numbers of a place that stand there in the place of others."""
    gone, come = _numbers(old, *left), _numbers(new, *right)
    if len(gone) == len(come):
        yield from ((first, second) for first, second in zip(gone, come, strict=True) if first != second)


def _numbers(tokens: list[str], start: int, end: int) -> list[str]:
    return [_signed(tokens, at) for at in range(start, end) if _IS_NUMBER.fullmatch(tokens[at])]


def _signed(tokens: list[str], at: int) -> str:
    """A number with the minus before it, where that is none between two words, and the per cent behind it."""
    has_minus = at > 0 and tokens[at - 1] in _MINUS and (at == 1 or not tokens[at - 2].isalnum())
    rest = "".join(tokens[at + 1 : at + 3])
    per_cent = re.match(r"\s?%", rest)
    return ("−" if has_minus else "") + tokens[at] + (per_cent[0] if per_cent else "")


def hunks_of(lines: Lines, limit: int) -> list[dict[str, Any]]:
    """Some places where lines differ, with the lines around them, as a unified diff has them.

    Each is `{"before", "after", "lines"}`, with the numbers of its first lines from 1, and lines `{"sign", "words"}`,
    the sign one of a blank, `-` and `+`, the words a list of `[text, whether it differs]`.
    """
    touched = {old for old, _ in lines.places or ()}
    hunks: list[dict[str, Any]] = []
    for (old, new), places in _groups(lines, limit):
        end = max((at for at, _ in places if at is not None), default=old - 1) + 1
        before, after = range(max(0, old - _CONTEXT), old), range(end, min(end + _CONTEXT, len(lines.before)))
        lead = [at for at in before if at not in touched]
        shown = [_shown(" ", [(lines.before[at], False)]) for at in lead]
        shown += [line for place in places[: 4 * limit] for line in _differing_lines(lines, place)]
        shown += [_shown(" ", [(lines.before[at], False)]) for at in after if at not in touched]
        hunks.append({"before": old - len(lead) + 1, "after": new - len(lead) + 1, "lines": shown})
    return hunks


def _groups(lines: Lines, limit: int) -> list[tuple[tuple[int, int], list[Place]]]:
    """Changes that follow each other at once, with where they begin on both sides."""
    groups: list[tuple[tuple[int, int], list[Place]]] = []
    next_old = next_new = -1
    shift = 0
    for old, new in lines.places or ():
        begins = (old if old is not None else (new or 0) - shift, new if new is not None else (old or 0) + shift)
        if groups and begins == (next_old, next_new):
            groups[-1][1].append((old, new))
        elif len(groups) < limit:
            groups.append((begins, [(old, new)]))
        else:
            break
        next_old, next_new = begins[0] + (old is not None), begins[1] + (new is not None)
        shift = next_new - next_old
    return groups


def _differing_lines(lines: Lines, place: Place) -> list[dict[str, Any]]:
    old, new = place
    if old is not None and new is not None:
        words = words_of(lines.before[old], lines.after[new])
        return [_shown("-", words.before), _shown("+", words.after)]
    if old is not None:
        return [_shown("-", [(lines.before[old], True)])]
    assert new is not None, "a place has a line on one side at least"
    return [_shown("+", [(lines.after[new], True)])]


def _shown(sign: str, words: list[tuple[str, bool]]) -> dict[str, Any]:
    """A line as it is shown: of a long one what differs, and what is next to it."""
    if sum(len(text) for text, _ in words) > _LONGEST:
        room = max(20, _LONGEST // max(1, len(words[:12])))
        words = [(_cut(text, room), differs) for text, differs in words[:12]]
    return {"sign": sign, "words": [[text, differs] for text, differs in words]}


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room // 2]}…{text[-(room // 2) :]}"
