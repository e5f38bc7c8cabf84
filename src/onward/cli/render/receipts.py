"""What came of bringing the site to its places, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onward.base.text import duration, plural
from onward.model.delivery import FAILED, UNCHANGED, Receipt


def lines(found: Sequence[Receipt], when: str | None = None) -> Iterator[str]:
    """A line for each place, and below one that failed what to do.

    Args:
        found: the receipts.
        when: how long ago that was; None: it was just now, and took as long as is said.
    """
    for receipt in found:
        if receipt.outcome == FAILED:
            yield f"{receipt.place} {_failed(receipt)}: {receipt.message}{f' ({when})' if when else ''}"
            if receipt.hint:
                yield f"  hint: {receipt.hint}"
            continue
        yield f"{receipt.place} shows {_stands(receipt)}{f', {when}' if when else _how(receipt)}"
        if receipt.message:
            yield f"  {receipt.message}"


def _how(receipt: Receipt) -> str:
    if receipt.outcome == UNCHANGED:
        return " already"
    return f": {plural(receipt.files, 'file')} in {duration(receipt.seconds)}"


def _failed(receipt: Receipt) -> str:
    if receipt.number is None:
        return f"still shows {receipt.channel}"
    return f"does not show {_stands(receipt)}"


def _stands(receipt: Receipt) -> str:
    return f"{receipt.channel} no more" if receipt.number is None else f"{receipt.channel}@{receipt.number}"


def rows(found: Sequence[Receipt]) -> list[dict[str, object]]:
    """Receipts as command-line.md has them."""
    return [
        {
            "place": receipt.place,
            "outcome": receipt.outcome,
            "files": receipt.files,
            "seconds": receipt.seconds,
            "channel": receipt.channel,
            "number": receipt.number,
            "at": receipt.at,
            "message": receipt.message,
        }
        for receipt in found
    ]


def status(found: Sequence[Receipt]) -> int:
    """1 where a place does not show what it should."""
    return 1 if any(receipt.outcome == FAILED for receipt in found) else 0
