"""Whoever is killed between any two things that are done at a place: what readers meet then, and what comes after."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from onward.base.digest import digest_bytes
from onward.base.errors import MachineError
from onward.destinations import exchange, git
from onward.destinations.bucket import LEASE_S, BucketDestination
from onward.destinations.folder import FolderDestination
from onward.destinations.git import GitDestination
from onward.model.delivery import Listing, SiteAt
from onward.model.ports import Change
from onward.testing.buckets import FaultyBucket, MemoryBucket
from onward.testing.destinations import Bringing, shown
from tests.conformance.test_destinations import FolderReaders, GitReaders

PAGES_OF_A_RELEASE = ("index.html", "a/index.html")
LATER = SiteAt("main", 2, 2, "20261126-100000000-abcdef")


def site(number: int) -> dict[str, str]:
    """A site whose pages name files by their content."""
    files = {f"files/{number}/data.csv": str(number), "files/same/data.csv": "same"}
    pages = {
        "index.html": f"{number}: a/index.html",
        "a/index.html": f"{number}: files/{number}/data.csv files/same/data.csv",
        f"only-{number}/index.html": f"{number}: files/{number}/data.csv",
        f"releases/{number}/index.html": f"{number}: files/{number}/data.csv",
    }
    return files | pages


OLD, NEW = site(1), site(2)


class Killer:
    """Kills the process before the nth of the calls that it stands before."""

    def __init__(self, at: int) -> None:
        self.left = at

    def before(self, owner: Any, name: str, *, only: Callable[..., bool] = lambda *_: True) -> None:
        original = getattr(owner, name)

        def act(*arguments: Any, **named: Any) -> Any:
            if only(*arguments):
                if self.left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                self.left -= 1
            return original(*arguments, **named)

        setattr(owner, name, act)


def is_killed(act: Callable[[], object]) -> bool:
    """Whether an action, in a process of its own, was killed; False where it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the action failed otherwise"
    return os.WIFSIGNALED(status)


def steps() -> Iterator[int]:
    """Numbers of things to be killed before; far more than there are."""
    yield from range(500)
    raise AssertionError("it never came to its end")


def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    return folder


def test_a_folder_is_the_old_site_or_the_new_one_whenever_its_writer_is_killed(tmp_path: Path) -> None:
    place = tmp_path / "srv" / "site"
    readers = FolderReaders(place)
    bring = Bringing(FolderDestination(str(place), tmp_path / "workspace", tmp_path), sources(tmp_path))
    met = set()
    for at in steps():
        bring(OLD)
        readers.add("CNAME", b"example.org")

        def killed(at: int = at) -> None:
            killer = Killer(at)
            killer.before(exchange, "write")
            killer.before(exchange.os, "link")
            killer.before(exchange, "_exchanged_at_once")
            killer.before(exchange.shutil, "rmtree")
            killer.before(exchange, "sync")
            bring(NEW, state=LATER)

        was_killed = is_killed(killed)
        there = shown(readers)
        assert there in ({**OLD, "CNAME": "example.org"}, {**NEW, "CNAME": "example.org"}), at
        met.add(there == {**NEW, "CNAME": "example.org"})
        bring(NEW, state=LATER)
        assert shown(readers) == {**NEW, "CNAME": "example.org"}
        assert [path.name for path in place.parent.iterdir()] == ["site"]
        if not was_killed:
            break
    assert at >= 10
    assert met == {False, True}


def test_no_release_is_missing_from_a_folder_whenever_its_writer_is_killed(tmp_path: Path) -> None:
    place = tmp_path / "srv" / "site"
    readers = FolderReaders(place)
    destination = FolderDestination(str(place), tmp_path / "workspace", tmp_path)

    def bring(number: int) -> None:
        destination.bring(lambda listing: released(listing, number))

    releases = {f"releases/{number}/{name}": str(number) for number in (1, 2) for name in PAGES_OF_A_RELEASE}
    old, new = {"index.html": "2", **releases}, {"index.html": "3", **releases}
    new |= {f"releases/3/{name}": "3" for name in PAGES_OF_A_RELEASE}
    for at in steps():
        shutil.rmtree(place.parent, ignore_errors=True)
        bring(1)
        readers.add("releases/1/note.txt", b"mine")
        bring(2)

        def killed(at: int = at) -> None:
            killer = Killer(at)
            for name in ("write", "_point", "_exchanged_at_once", "sync"):
                killer.before(exchange, name)
            killer.before(exchange.shutil, "rmtree")
            killer.before(exchange.os, "link")
            bring(3)

        was_killed = is_killed(killed)
        note = {"releases/1/note.txt": "mine"}
        assert shown(readers) in ({**old, **note}, {**new, **note}), at
        bring(3)
        assert shown(readers) == {**new, **note}
        assert not [path for path in place.rglob("*") if path.is_symlink()]
        assert [path.name for path in place.parent.iterdir()] == ["site"]
        if not was_killed:
            break
    assert at >= 10


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), OSError(errno.EIO, "Input/output error")], ids=["stopped", "io"]
)
def test_no_release_is_missing_from_a_folder_whenever_its_writer_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    place = tmp_path / "srv" / "site"
    readers = FolderReaders(place)
    destination = FolderDestination(str(place), tmp_path / "workspace", tmp_path)

    def bring(number: int) -> None:
        destination.bring(lambda listing: released(listing, number))

    releases = {f"releases/{number}/{name}": str(number) for number in (1, 2) for name in PAGES_OF_A_RELEASE}
    old, new = {"index.html": "2", **releases}, {"index.html": "3", **releases}
    new |= {f"releases/3/{name}": "3" for name in PAGES_OF_A_RELEASE}
    for at in range(3):
        shutil.rmtree(place.parent, ignore_errors=True)
        bring(1)
        bring(2)
        left = at
        exchanged = exchange._exchanged_at_once

        def stopped(stage: Path, out: Path, exchanged: Callable[..., bool] = exchanged) -> bool:
            nonlocal left
            if left == 0:
                raise error
            left -= 1
            return exchanged(stage, out)

        with monkeypatch.context() as patch:
            patch.setattr(exchange, "_exchanged_at_once", stopped)
            with pytest.raises((type(error), MachineError)):
                bring(3)
        assert shown(readers) == (new if at else old), at
        bring(3)
        assert shown(readers) == new
        assert not [path for path in place.rglob("*") if path.is_symlink()]
        assert [path.name for path in place.parent.iterdir()] == ["site"]


def test_a_release_that_is_lost_on_its_way_is_brought_again(tmp_path: Path) -> None:
    place = tmp_path / "srv" / "site"
    destination = FolderDestination(str(place), tmp_path / "workspace", tmp_path)
    destination.bring(lambda listing: released(listing, 1))
    shutil.rmtree(place / "releases" / "1")
    (place / "releases" / "1").symlink_to("../../.site.onward-gone/releases/1")
    destination.bring(lambda listing: released(listing, 1))
    assert (place / "releases" / "1" / "a" / "index.html").read_text() == "1"
    assert not (place / "releases" / "1").is_symlink()


def released(listing: Listing, number: int) -> Change | None:
    """A release at the root and at its own address, where it is not there yet."""
    text = str(number).encode()
    address, state = f"releases/{number}", SiteAt("main", number, number, str(number))
    after = Listing(files={"index.html": digest_bytes(text)}, sites={**listing.sites, "": state, address: state})
    pages = {f"{address}/{name}": text for name in PAGES_OF_A_RELEASE}
    return Change("a release", {"index.html": text, **pages}, (), after) if after != listing else None


@pytest.fixture
def remote(tmp_path: Path) -> GitReaders:
    bare = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", bare], check=True)
    return GitReaders(bare, tmp_path / "clone", "gh-pages")


def test_a_branch_is_the_old_site_or_the_new_one_whenever_its_writer_is_killed(
    tmp_path: Path, remote: GitReaders
) -> None:
    root = tmp_path / "workspace"
    root.mkdir()
    bring = Bringing(GitDestination(f"{remote.remote}#gh-pages", root, tmp_path / "cache"), sources(tmp_path))
    bring(OLD)
    for at in steps():

        def killed(at: int = at) -> None:
            Killer(at).before(git.subprocess, "run")
            bring(NEW, state=LATER)

        was_killed = is_killed(killed)
        there = shown(remote)
        assert there == (OLD if was_killed else NEW), at
        if not was_killed:
            break
    assert at >= 5


class _Killed(BaseException):
    """The process is gone: nothing that it would have done is done."""


def whole(contents: Mapping[str, bytes]) -> bool:
    """Whether every page is one of the old site or the new one, and all that it names is there."""
    for path, content in contents.items():
        if path.endswith("index.html"):
            text = content.decode()
            assert text in (OLD.get(path), NEW.get(path)), path
            for name in text.split()[1:]:
                assert name in contents, f"{path} names {name}"
                if name.startswith("files/"):
                    assert contents[name].decode() == (OLD | NEW)[name]
    return True


def test_a_bucket_has_whole_pages_with_all_that_they_name_whenever_its_writer_is_killed(tmp_path: Path) -> None:
    for at in steps():
        bucket = MemoryBucket()
        clock = [1000.0]
        faulty = FaultyBucket(bucket)
        place = BucketDestination("memory", lambda: faulty, now=lambda: clock[0], pause=lambda _: None)  # noqa: B023
        bring = Bringing(place, tmp_path)
        bring(OLD)
        bucket.replace("CNAME", b"example.org")
        left = [at]

        def kill(verb: str, path: str) -> bool:
            if left[0] == 0 and verb in ("create", "replace", "send", "remove"):  # noqa: B023
                raise _Killed
            left[0] -= verb in ("create", "replace", "send", "remove")  # noqa: B023
            return False

        faulty.fails = kill
        try:
            bring(NEW, state=LATER)
            was_killed = False
        except _Killed:
            was_killed = True
        assert whole(bucket.contents)
        faulty.fails = None
        clock[0] += LEASE_S + 1
        for state in (OLD, NEW):  # back, as after a rollback, and on again
            bring(state, state=LATER)
            assert {path: text for path, text in bucket.contents.items() if not path.startswith(".onward-")} == {
                path: text.encode() for path, text in {**state, "CNAME": "example.org"}.items()
            }
            assert whole(bucket.contents)
        if not was_killed:
            break
    assert at > 8
