"""What files held is kept before a step changes them; where that cannot be, they are not changed."""

from __future__ import annotations

import errno
from pathlib import Path

from onward.runtime.watch import rescue
from onward.runtime.watch.rescue import Rescue


def kept_by(copies: Rescue) -> dict[str, bytes]:
    return {Path(path).name: Path(copy).read_bytes() for path, copy in copies.copies.items()}


def stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ino]


def test_a_file_is_kept_once_as_it_was_first(tmp_path: Path) -> None:
    path = tmp_path / "work" / "a.txt"
    path.parent.mkdir()
    path.write_bytes(b"first")
    copies = Rescue(str(path.parent), str(tmp_path / "copies"), {})
    assert copies.before_change(str(path), in_place=False) == 0
    path.write_bytes(b"second")
    assert copies.before_change(str(path), in_place=False) == 0
    assert kept_by(copies) == {"a.txt": b"first"}


def test_what_is_known_empty_elsewhere_or_gits_own_is_not_kept(tmp_path: Path) -> None:
    root = tmp_path / "work"
    (root / ".git").mkdir(parents=True)
    for name in ("known", "empty", ".git/index", "../outside"):
        (root / name).write_bytes(b"" if name == "empty" else b"x")
    copies = Rescue(str(root), str(tmp_path / "copies"), {str(root / "known"): stamp(root / "known")})
    for path in (root / "known", root / "empty", root / ".git/index", tmp_path / "outside", root / "gone"):
        assert copies.before_change(str(path), in_place=False) == 0
    assert copies.copies == {}


def test_what_was_known_and_has_changed_since_is_kept(tmp_path: Path) -> None:
    root = tmp_path / "work"
    root.mkdir()
    (root / "changed").write_bytes(b"first")
    known = {str(root / "changed"): stamp(root / "changed"), str(root / "new"): None}
    for name in ("changed", "new"):
        (root / name).write_bytes(b"by others")
    copies = Rescue(str(root), str(tmp_path / "copies"), known)
    for name in ("changed", "new"):
        assert copies.before_change(str(root / name), in_place=False) == 0
    assert kept_by(copies) == {"changed": b"by others", "new": b"by others"}


def test_a_large_file_that_is_opened_to_be_changed_in_place_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "work" / "large.db"
    path.parent.mkdir()
    with open(path, "wb") as file:
        file.truncate(rescue.MOST_IN_PLACE_BYTES + 1)
    copies = Rescue(str(path.parent), str(tmp_path / "copies"), {})
    assert copies.before_change(str(path), in_place=True) == 0
    assert copies.copies == {}


def test_what_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "work" / "a.txt"
    path.parent.mkdir()
    path.write_bytes(b"first")
    (tmp_path / "no folder").write_bytes(b"")
    copies = Rescue(str(path.parent), str(tmp_path / "no folder"), {})
    assert copies.before_change(str(path), in_place=False) == errno.EEXIST
