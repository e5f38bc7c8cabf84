"""What came of bringing the site to its places, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onward.base.text import duration, plural
from onward.model.delivery import FAILED, UNCHANGED, Receipt


def lines(found: Sequence[Receipt]) -> Iterator[str]:
    """A line for each place, and below one that failed what to do."""
    for receipt in found:
        if receipt.outcome == FAILED:
            yield f"{receipt.place} does not show {_stands(receipt)}: {receipt.message}"
            if receipt.hint:
                yield f"  hint: {receipt.hint}"
            continue
        what = f"{plural(receipt.files, 'file')} in {duration(receipt.seconds)}"
        yield f"{receipt.place} shows {_stands(receipt)}" + (
            " already" if receipt.outcome == UNCHANGED else f": {what}"
        )
        if receipt.message:
            yield f"  {receipt.message}"


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
