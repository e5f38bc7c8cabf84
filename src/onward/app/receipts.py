"""What came of bringing the site to its places: the last receipt of each place and channel, kept beside the store.

Only told to people; where a place stands, its own listing says.
"""

from __future__ import annotations

import os

import msgspec

from onward.app.wiring import Opened
from onward.base.codec import decode, encode
from onward.base.digest import digest_text
from onward.model.delivery import Receipt


def keep(opened: Opened, receipt: Receipt) -> None:
    """Keeps a receipt in the place of the last one of its place and channel."""
    name = digest_text(f"{receipt.place}\0{receipt.channel}")
    opened.store.disk.replace(opened.place.receipts / name, encode(receipt))


def kept(opened: Opened) -> list[Receipt]:
    """The last receipts, by place and channel; a damaged one is passed over."""
    found = []
    for name in opened.store.disk.names(opened.place.receipts):
        content = opened.store.disk.read(os.path.join(opened.place.receipts, name))
        try:
            found.append(decode(content or b"", Receipt))
        except msgspec.DecodeError:
            continue
    return sorted(found, key=lambda receipt: (receipt.place, receipt.channel))
