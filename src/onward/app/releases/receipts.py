"""What came of bringing the site to its places: the last receipt of each place and channel, kept beside the store.

Only told to people; where a place stands, its own listing says.
"""

from __future__ import annotations

import os

import msgspec

from onward.app.releases.places import places_of
from onward.app.wiring import Opened
from onward.base.codec import decode, encode
from onward.base.digest import digest_text
from onward.destinations.naming import without_secrets
from onward.model.delivery import FAILED, Receipt


def keep(opened: Opened, receipt: Receipt) -> None:
    """Keeps a receipt in the place of the last one of its place and channel."""
    name = digest_text(f"{receipt.place}\0{receipt.channel}")
    opened.store.disk.replace(opened.place.receipts / name, encode(receipt))


def kept(opened: Opened) -> list[Receipt]:
    """The last receipts of the places that the settings name, by place and channel; a damaged one is passed over.

    Of a closed channel whose site is gone there is nothing to tell any more: with it, or with whatever was brought to
    that place later.
    """
    named = {without_secrets(place) for place in places_of(opened)}
    found = [receipt for receipt in _read(opened) if receipt.place in named]
    reached: dict[str, str] = {}
    for receipt in found:
        if receipt.outcome != FAILED:
            reached[receipt.place] = max(receipt.at, reached.get(receipt.place, ""))
    return [one for one in found if one.number is not None or one.at > reached.get(one.place, "")]


def _read(opened: Opened) -> list[Receipt]:
    found = []
    for name in opened.store.disk.names(opened.place.receipts):
        content = opened.store.disk.read(os.path.join(opened.place.receipts, name))
        try:
            found.append(decode(content or b"", Receipt))
        except msgspec.DecodeError:
            continue
    return sorted(found, key=lambda receipt: (receipt.place, receipt.channel))
