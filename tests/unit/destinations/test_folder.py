"""A folder as a place: who may look into it, what it may not be, and what is said where the rights are missing."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from onward.base.errors import PlaceError, RefusedError
from onward.destinations import exchange, folder
from onward.destinations.folder import FolderDestination
from onward.testing.destinations import Bringing
from tests.unit.destinations.test_interrupted import released


def bringing(place: Path | str, tmp_path: Path) -> Bringing:
    root = tmp_path / "workspace"
    root.mkdir(exist_ok=True)
    return Bringing(FolderDestination(str(place), root, tmp_path), tmp_path)


def test_it_stays_as_open_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "site"
    place.mkdir()
    place.chmod(0o2750)
    bring = bringing(place, tmp_path)
    for text in ("1", "2"):
        bring({"index.html": text})
        assert place.stat().st_mode & 0o7777 == 0o2750


def test_where_it_is_a_link_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "disk" / "site").mkdir(parents=True)
    (tmp_path / "site").symlink_to("disk/site")
    bringing(tmp_path / "site", tmp_path)({"index.html": "1"})
    assert (tmp_path / "site").is_symlink()
    assert (tmp_path / "disk" / "site" / "index.html").read_text() == "1"


def test_an_address_is_relative_to_the_workspace_or_to_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    bringing("../a b", tmp_path)({"index.html": "1"})
    bringing("~/site", tmp_path)({"index.html": "2"})
    assert (tmp_path / "a b" / "index.html").read_text() == "1"
    assert (tmp_path / "home" / "site" / "index.html").read_text() == "2"


@pytest.mark.parametrize("address", [".", "..", "/", "sub/.."])
def test_the_workspace_and_what_holds_it_are_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(RefusedError, match="workspace"):
        bringing(address, tmp_path)


def test_missing_rights_are_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring = bringing(tmp_path / "srv" / "site", tmp_path)
    bring({"index.html": "1"})

    def refuse(*_: Any, **__: Any) -> str:
        raise PermissionError(13, os.strerror(13))

    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "mkdtemp", refuse)
        with pytest.raises(PlaceError, match="Permission denied") as raised:
            bring({"index.html": "2"})
    assert "above it" in (raised.value.hint or "")
    assert (tmp_path / "srv" / "site" / "index.html").read_text() == "1"
    bring({"index.html": "2"})


def test_a_full_disk_is_told_with_what_to_do_and_the_old_site_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "srv" / "site"
    bring = bringing(place, tmp_path)
    bring({"index.html": "1"})

    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(exchange, "write", write)
    with pytest.raises(PlaceError, match="No space left") as told:
        bring({"index.html": "2"})
    assert told.value.hint == "make room there, then `onward publish`"
    assert (place / "index.html").read_text() == "1"
    assert os.listdir(place.parent) == ["site"]


def test_what_another_process_left_beside_it_is_cleared_and_nobody_elses(tmp_path: Path) -> None:
    srv = tmp_path / "srv"
    for name in (".site.onward-abc", ".site.backup", "site.onward-x", ".other.onward-abc"):
        (srv / name).mkdir(parents=True)
    bringing(srv / "site", tmp_path)({"index.html": "1"})
    assert sorted(os.listdir(srv)) == [".other.onward-abc", ".site.backup", "site", "site.onward-x"]


def test_one_who_is_at_work_is_waited_for_and_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring = bringing(tmp_path / "srv" / "site", tmp_path)
    bring({"index.html": "1"})
    descriptor = os.open(tmp_path / "srv", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += 60

    monkeypatch.setattr(folder, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=wait))
    with pytest.raises(PlaceError, match="for 10 minutes"):
        bring({"index.html": "2"})
    assert now[0] > 600

    def let_go(seconds: float) -> None:
        os.close(descriptor)

    monkeypatch.setattr(folder, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=let_go))
    bring({"index.html": "2"})
    assert (tmp_path / "srv" / "site" / "index.html").read_text() == "2"


@pytest.mark.parametrize("platform", ["linux", "other"])
def test_releases_are_moved_over_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(exchange.sys, "platform", platform)
    place = tmp_path / "srv" / "site"
    destination = FolderDestination(str(place), tmp_path / "workspace", tmp_path)
    inodes = set()
    for number in (1, 2, 3):
        destination.bring(lambda listing: released(listing, number))  # noqa: B023
        inodes.add((place / "releases" / "1").stat().st_ino)
    assert len(inodes) == 1
    assert {path.name for path in (place / "releases").iterdir() if not path.is_symlink()} == {"1", "2", "3"}
    assert (place / "releases" / "1" / "a" / "index.html").read_text() == "1"
    assert os.listdir(place.parent) == ["site"]
