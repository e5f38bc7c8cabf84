"""What differs between two runs, compared once and then kept: neither run ever changes, so nothing between them does.

It lies in `.onward/cache/compared`, which may be thrown away at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from onward import __version__
from onward.app.comparing.diff import ADDED, CHANGED, REMOVED, AssetDiff, CheckDiff, Comparison
from onward.app.reading.whole import Reading
from onward.app.wiring import Opened
from onward.base.codec import decode, digest_of, encode
from onward.base.digest import Digest, digest_bytes
from onward.model.difference import Picture
from onward.model.records import Run
from onward.store.disk import Disk

_FORMAT = 6


@dataclass(frozen=True)
class PictureFile:
    """A picture of a difference, as a file."""

    name: str
    media: str
    size: int
    path: Path


@dataclass(frozen=True)
class Differences:
    """What differs between two runs.

    Attributes:
        assets: those whose contents differ, by name; without what the releases of a channel know of them.
        checks: those that ended otherwise.
        pictures: of the assets, which hold none themselves: there may be many, and few are looked at.
    """

    assets: tuple[AssetDiff, ...]
    checks: tuple[CheckDiff, ...]
    pictures: Mapping[str, tuple[PictureFile, ...]]


class _KeptPicture(msgspec.Struct, frozen=True, array_like=True):
    name: str
    media: str
    size: int
    digest: Digest


class _Kept(msgspec.Struct, frozen=True):
    checks: tuple[CheckDiff, ...]
    assets: dict[str, AssetDiff] = {}
    pictures: dict[str, tuple[_KeptPicture, ...]] = {}


def differing(before: Run | None, after: Run) -> dict[str, str]:
    """The assets whose contents differ, by name in order, each with how. Cost: nothing is opened."""
    old = before.artifacts if before is not None else {}
    found = {}
    for name in sorted(old.keys() | after.artifacts.keys()):
        then, now = old.get(name), after.artifacts.get(name)
        if then is None:
            found[name] = ADDED
        elif now is None:
            found[name] = REMOVED
        elif then.content != now.content:
            found[name] = CHANGED
    return found


def differences(
    opened: Opened, before: Run | None, after: Run, read_tree: Callable[[], Reading] | None = None
) -> Differences:
    """What differs between two runs; compared where it is not kept yet, or could not be for want of bytes.

    Args:
        read_tree: see `Causes`.
    """
    folder = opened.cache_folder("compared")
    file = folder / f"{digest_of([_FORMAT, __version__, before.id if before is not None else None, after.id])}.json"
    names = differing(before, after)
    kept = _read(file)
    missing = [name for name in names if kept is None or not _is_kept(kept, name, folder)]
    if kept is None or missing:
        kept = _compared(Comparison(opened, before, after, read_tree), missing, kept, file)
    return Differences(
        tuple(kept.assets[name] for name in names),
        kept.checks,
        {name: tuple(_file(folder, each) for each in kept.pictures[name]) for name in names},
    )


def _compared(comparison: Comparison, missing: list[str], known: _Kept | None, file: Path) -> _Kept:
    """What is kept in a file, with what is missing in it, and keeps that. What could not be compared is not kept."""
    disk = Disk(file.parent)
    disk.make_folder(disk.tmp)
    disk.make_folder(file.parent / "pictures")
    kept = known or _Kept(tuple(comparison.checks()))
    for name in missing:
        asset = comparison.asset(name)
        kept.pictures[name] = tuple(_keep_picture(disk, file.parent, picture) for picture in asset.pictures)
        kept.assets[name] = replace(asset, pictures=(), before=None, after=None)
    if known is None or set(missing) != comparison.lost:
        whole = {name: asset for name, asset in kept.assets.items() if name not in comparison.lost}
        disk.replace(file, encode(msgspec.structs.replace(kept, assets=whole)))
    # As if it were read back, so that what is told is the same whether or not it was kept.
    return decode(encode(kept), _Kept)


def _read(file: Path) -> _Kept | None:
    """What is kept; None where there is none, or it is damaged."""
    try:
        return decode(file.read_bytes(), _Kept)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _is_kept(kept: _Kept, name: str, folder: Path) -> bool:
    is_there = name in kept.assets and name in kept.pictures
    return is_there and all(_file(folder, picture).path.exists() for picture in kept.pictures[name])


def _keep_picture(disk: Disk, folder: Path, picture: Picture) -> _KeptPicture:
    kept = _KeptPicture(picture.name, picture.media, len(picture.content), digest_bytes(picture.content))
    path = _file(folder, kept).path
    if not path.exists():
        disk.replace(path, picture.content)
    return kept


def _file(folder: Path, picture: _KeptPicture) -> PictureFile:
    return PictureFile(picture.name, picture.media, picture.size, folder / "pictures" / picture.digest)
