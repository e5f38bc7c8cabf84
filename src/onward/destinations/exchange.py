"""Putting a folder of files in the place of an earlier one, all of it or nothing.

A site's folder holds a list of the files that onward wrote (`.onward-site.json`); only these are ever
removed. What others have put there (a `CNAME`, a `.git`) is taken along. Knows nothing of pages.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Generator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from onward.base import codec
from onward.base.errors import MachineError, RefusedError
from onward.destinations.listing import SITE_FORMAT, Head, SiteListing
from onward.model.delivery import LISTING
from onward.model.ports import Content

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h


def require_own(out: Path) -> None:
    """Raises unless `out` is missing, empty, or a site that onward wrote.

    Raises:
        RefusedError: it is something else, which must not be replaced.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise RefusedError(f"`{out.name}` is a file and no folder", hint="name another folder with `--out`")
    if any(out.iterdir()):
        _listed_in(out)


def _listed_in(out: Path) -> frozenset[str]:
    """The files of the site in a folder; none of an empty or missing one."""
    if not out.is_dir() or not any(out.iterdir()):
        return frozenset()
    try:
        content = (out / LISTING).read_bytes()
        found = codec.decode(content, Head).format
        if found == SITE_FORMAT:
            return frozenset(codec.decode(content, SiteListing).files)
    except (FileNotFoundError, msgspec.DecodeError) as error:
        raise RefusedError(
            f"the folder `{out.name}` holds files that onward did not write",
            hint="name a new or empty folder with `--out`",
        ) from error
    raise RefusedError(
        f"the folder `{out.name}` is not one that `onward site` writes to (its listing has the format {found})",
        hint="name a new folder with `--out`; `onward publish` brings the site to the places of `publish`",
    )


@contextmanager
def staged(out: Path) -> Generator[Path]:
    """A new folder beside `out` to write into; what is left of it at the end is removed.

    Whoever is stopped after the exchange may leave folders in it to which links in `out` lead: then it stays, and who
    comes next settles them.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=_prefix(out), dir=out.parent))
    try:
        _open_as(out, stage)
        yield stage
    except BaseException:
        if not _leads_to(out, stage):
            shutil.rmtree(stage, ignore_errors=True)
        raise
    shutil.rmtree(stage, ignore_errors=True)


def _leads_to(out: Path, stage: Path) -> bool:
    """Whether a link below `out` leads into `stage`."""
    folders = (Path(folder, name) for folder, names, _ in os.walk(out) for name in names)
    return any(folder.is_symlink() and folder.resolve().is_relative_to(stage.resolve()) for folder in folders)


def _open_as(out: Path, stage: Path) -> None:
    """Lets all into `stage` who are let into `out`; where that is new, all whom the umask lets in.

    A temporary folder is its owner's alone, and what is written into it belongs to its group.
    """
    if not out.is_dir():
        stage.chmod(0o777 & ~_umask())
        return
    status = out.stat()
    with suppress(PermissionError):
        os.chown(stage, -1, status.st_gid)
    stage.chmod(stat.S_IMODE(status.st_mode))


def _prefix(out: Path) -> str:
    """How the folders beside `out` are called that are onward's own."""
    return f".{out.name}.onward-"


def clear(out: Path) -> None:
    """Removes what processes that were killed have left beside `out`; nobody else may be at work there."""
    for left in [path for path in out.parent.iterdir() if path.name.startswith(_prefix(out))]:
        shutil.rmtree(left, ignore_errors=True)


def sync(folder: Path) -> None:
    """Makes what was written below a folder survive a loss of power, where the system has a call for it (Linux)."""
    if not sys.platform.startswith("linux"):
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        ctypes.CDLL(None, use_errno=True).syncfs(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def publish(stage: Path, out: Path, written: Sequence[str]) -> list[str]:
    """Puts `stage`, which holds the files `written`, in the place of `out`; gives all its files, sorted.

    Raises:
        RefusedError: a file that onward did not write is in the way of one that it has to write.
        MachineError: the system does not let the folder be replaced; the old one is still there.
    """
    files = sorted(written)
    (stage / LISTING).write_bytes(codec.encode(SiteListing(SITE_FORMAT, tuple(files))) + b"\n")
    replace(stage, out, {*_listed_in(out), LISTING})
    return files


def replace(stage: Path, out: Path, own: AbstractSet[str], moved: AbstractSet[str] = frozenset()) -> None:
    """Puts `stage` in the place of `out`, with all that is in `out` beside the files `own`.

    Args:
        stage: the new folder.
        out: the old one.
        own: the files of `out` that are to be in `stage` only where they are there already.
        moved: folders of `out`, none of them in `stage`, that are moved over as they are, however much they hold.

    Raises:
        RefusedError: a file that is none of them is in the way of one of the stage's.
        MachineError: the system does not let the folder be replaced; the old one is still there.
    """
    for folder in moved:
        _point(stage / folder, out / folder, stage)
    _take_along(out, stage, own, moved)
    try:
        if out.exists():
            _exchange(stage, out)
            for folder in moved:
                _bring_over(stage / folder, out / folder)
            _take_along(stage, out, own, moved, is_late=True)
        else:
            os.rename(stage, out)
    except OSError as error:
        raise MachineError(
            f"the folder `{out.name}` cannot be replaced: {error.strerror}",
            hint="is something mounted there? name a folder below it" if error.errno == errno.EBUSY else None,
        ) from error


def _point(new: Path, old: Path, stage: Path) -> None:
    """Makes of a folder's new place a link that leads to where the folder is once the stage is exchanged.

    No reader misses the folder: the old place leads there up to the exchange, the link from then on, until the two
    are exchanged in turn.
    """
    new.parent.mkdir(parents=True, exist_ok=True)
    inside = new.relative_to(stage)
    up = "/".join([".."] * len(inside.parts))
    assert old.is_dir(), "what is moved is a folder"
    new.symlink_to(f"{up}/{stage.name}/{inside.as_posix()}")


def _bring_over(folder: Path, link: Path) -> None:
    """Puts a folder in the place of the link that leads to it."""
    if not _exchanged_at_once(folder, link):
        link.unlink()
        os.rename(folder, link)


def settle(out: Path, folder: str) -> None:
    """Brings over a folder to which somebody who was killed has left a link; nobody else may be at work there.

    A link of his that leads nowhere is removed.
    """
    link = out / folder
    if link.is_symlink() and link.resolve().is_relative_to(out.parent):
        left = link.resolve().relative_to(out.parent).parts
        if left and left[0].startswith(_prefix(out)):
            if link.is_dir():
                _bring_over(link.resolve(), link)
            else:
                link.unlink()


def _take_along(
    out: Path, stage: Path, own: AbstractSet[str], moved: AbstractSet[str], *, is_late: bool = False
) -> None:
    """Brings what others have put into `out` to `stage`: the same file under a second name, or a copy.

    What is in `stage` already as that very file is passed over. `is_late` is for what others did in `out` while the
    stage was being made: what they have written anew since it was taken along takes its place.
    """
    for folder, subfolders, names in os.walk(out):
        inside = os.path.relpath(folder, out)
        at = "" if inside == "." else f"{inside}/"
        subfolders[:] = [name for name in subfolders if f"{at}{name}" not in moved]
        links = [name for name in subfolders if os.path.islink(os.path.join(folder, name))]
        for path in [f"{at}{name}" for name in [*names, *links]]:
            if path not in own and path not in moved:
                _take_file(out / path, stage / path, path, is_late=is_late)
        if at and not os.listdir(folder):
            (stage / inside).mkdir(parents=True, exist_ok=True)


def _take_file(old: Path, new: Path, path: str, *, is_late: bool) -> None:
    if os.path.lexists(new):
        if os.path.samestat(os.lstat(old), os.lstat(new)):
            return
        if not is_late:
            raise _in_the_way(path)
        new.unlink()
    try:
        new.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise _in_the_way(path) from error
    if old.is_symlink():
        new.symlink_to(os.readlink(old))
    else:
        link(old, new)


def _in_the_way(path: str) -> RefusedError:
    return RefusedError(
        f"`{path}` was not written by onward and is in the way of the site",
        hint="move it away, or name another folder",
    )


def link_tree(old: Path, new: Path) -> None:
    """Gives every file below a folder a second name below another one, which may hold some already."""
    for folder, _, names in os.walk(old):
        target = os.path.join(new, os.path.relpath(folder, old))
        os.makedirs(target, exist_ok=True)
        for name in names:
            if not os.path.lexists(os.path.join(target, name)):
                link(Path(folder, name), Path(target, name))


def write(path: Path, content: Content) -> None:
    """Writes a new file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        shutil.copyfile(content, path)


def link(old: Path, new: Path) -> None:
    """Gives a file a second name; a copy serves as well where the file system has no hard links."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copy2(old, new)


def _exchange(stage: Path, out: Path) -> None:
    """Swaps the two folders: in one motion where the system can, else with two renames."""
    if _exchanged_at_once(stage, out):
        return
    aside = stage.with_name(stage.name + ".old")
    os.rename(out, aside)
    try:
        os.rename(stage, out)
    except OSError:
        os.rename(aside, out)
        raise
    os.rename(aside, stage)


def _exchanged_at_once(stage: Path, out: Path) -> bool:
    """Whether Linux's `renameat2` could swap the two; it is not on every system and file system."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(stage), _AT_FDCWD, os.fsencode(out), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM):
        return False
    raise OSError(code, os.strerror(code), str(out))
