"""A site at the places where its readers look: what is there, what has to change, and what came of it."""

from __future__ import annotations

import msgspec

from onward.base.digest import Digest

LISTING = ".onward-site.json"
"""The file at a place that says what onward has written there."""

LISTING_FORMAT = 2


_RELEASES = "releases/"


def is_for_good(address: str) -> bool:
    """Whether what stands at an address is a release, which stays there as it was drawn."""
    return address.startswith(_RELEASES)


class SiteAt(msgspec.Struct, frozen=True):
    """What stands at one address of a place: which move of which channel, and the onward that drew its pages."""

    channel: str
    number: int
    sequence: int
    run: str
    onward: str = ""


class Listing(msgspec.Struct, frozen=True):
    """What onward has written at a place. All else there is somebody else's, and is never touched.

    Attributes:
        files: by path, all that may still change or go. What lies below the address of a release never does, and is
            left out: with years of releases the listing stays small.
        sites: by address, what stands there; `""` is the place itself.
        unfinished: what was about to be written or removed when somebody was interrupted, and holds who knows what.
    """

    format: int = LISTING_FORMAT
    files: dict[str, Digest] = {}
    sites: dict[str, SiteAt] = {}
    unfinished: tuple[str, ...] = ()


class Receipt(msgspec.Struct, frozen=True):
    """What came of bringing a channel to a place.

    Attributes:
        place: as the settings have it, without what could be a password.
        outcome: `brought`, `unchanged` (all was there already) or `failed`.
        number: the release that the channel stood at; None where it was closed, and its site was removed.
        files: how many files were written or removed.
        at: when it ended.
        message: why it failed, or what else has to be said of it.
    """

    place: str
    channel: str
    outcome: str
    number: int | None
    files: int
    seconds: float
    at: str
    message: str | None = None
    hint: str | None = None


BROUGHT, UNCHANGED, FAILED = "brought", "unchanged", "failed"
