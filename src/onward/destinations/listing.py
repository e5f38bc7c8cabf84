"""What onward has written at a place: the listing that lies there, read, held against a change, and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from onward.base import codec
from onward.base.errors import RefusedError
from onward.base.text import listed
from onward.model.delivery import LISTING_FORMAT, Listing, is_for_good
from onward.model.ports import Change

UNKNOWN = ""
"""The digest of a file of which nobody knows any more what is in it."""

SITE_FORMAT = 1

FIRST_PAGE = "index.html"


class Head(msgspec.Struct):
    """What tells one form of a listing from another."""

    format: int


class SiteListing(msgspec.Struct, frozen=True):
    """The listing of what `onward site` wrote: paths with `/`, sorted, the listing itself left out."""

    format: int
    files: tuple[str, ...]


def read_listing(content: bytes | None, place: str, *, is_empty: bool) -> Listing:
    """The listing of a place; of an empty one an empty listing.

    Args:
        content: the bytes of its listing, where it has one.
        place: its name, for people.
        is_empty: whether it holds no file at all.

    Raises:
        RefusedError: it holds files, and none or no understandable listing.
    """
    if content is None:
        if is_empty:
            return Listing()
        raise RefusedError(
            f"`{place}` holds files that onward did not write",
            hint="name a new or empty place in `publish`, or empty this one",
        )
    try:
        found = codec.decode(content, Head).format
        if found == SITE_FORMAT:
            return Listing(files=dict.fromkeys(codec.decode(content, SiteListing).files, UNKNOWN))
        if found == LISTING_FORMAT:
            return codec.decode(content, Listing)
    except msgspec.DecodeError as error:
        raise RefusedError(
            f"the listing of `{place}` is damaged, so nobody can say what there is onward's",
            hint="empty the place, and bring the site again with `onward publish`",
        ) from error
    raise RefusedError(
        f"the site at `{place}` was written by another version of onward (format {found})",
        hint="use that version, or name another place in `publish`",
    )


def without_lost(listing: Listing, is_there: Callable[[str], bool]) -> Listing:
    """A listing without what somebody has taken away, so that it is brought again: files, and releases.

    Args:
        listing: the listing of a place.
        is_there: whether the place holds a file. Of a release, whose files are not listed, its first page is asked for.
    """
    files = {path: digest for path, digest in listing.files.items() if is_there(path)}
    sites = {
        address: site
        for address, site in listing.sites.items()
        if not is_for_good(address) or is_there(f"{address}/{FIRST_PAGE}")
    }
    return msgspec.structs.replace(listing, files=files, sites=sites)


def written(listing: Listing) -> bytes:
    """A listing as it lies at a place."""
    return codec.encode(listing) + b"\n"


def require_way(change: Change, before: Listing, there: Iterable[str], place: str) -> None:
    """Raises where a file of somebody else's is in the way of one that is to be written.

    Args:
        there: paths of files at the place, at least all those that `change` would write over.

    Raises:
        RefusedError: it names them.
    """
    own = before.files.keys() | set(before.unfinished)
    # What lies below the address of a release is not listed one by one.
    for_good = tuple(f"{address}/" for address in before.sites if is_for_good(address))
    new = {path for path in change.put.keys() - own if not path.startswith(for_good)}
    folders = {folder for path in new for folder in folders_above(path)}
    # A file where a folder has to be is in the way too, and so is a folder where a file has to be.
    others = [path for path in there if path not in own]
    foreign = [path for path in others if path in new or path in folders]
    foreign += [path for path in others if any(folder in new for folder in folders_above(path))]
    if foreign:
        raise RefusedError(
            f"`{listed(sorted(set(foreign)), 3)}` at `{place}` was not written by onward and is in the way of the site",
            hint="move it away, or name another place in `publish`",
        )


def folders_above(path: str) -> list[str]:
    """The folders that a file's path goes through, the outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
