"""The index: never believed where it could be wrong, and never missed when it is gone."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.base.digest import digest_bytes
from onward.store import index as indexes
from onward.store.index import Index, stamp_of


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index(tmp_path / "cache" / "index.sqlite")
    yield index
    index.close()


def reopened(path: Path) -> Index:
    return Index(path / "cache" / "index.sqlite")


def aged(path: Path, seconds: int) -> os.stat_result:
    """The state of a file as if it had last changed so long ago."""
    real = path.stat()
    before = real.st_mtime_ns - seconds * 10**9
    fields = {"st_size": real.st_size, "st_mtime_ns": before, "st_ctime_ns": before, "st_ino": real.st_ino}
    return type("Status", (), fields)()  # type: ignore[return-value]


def test_a_file_has_the_digest_of_its_bytes(index: Index, tmp_path: Path) -> None:
    file = tmp_path / "a"
    for content in (b"", b"one", b"x" * (1 << 21)):
        file.write_bytes(content)
        assert index.digest(str(file)) == digest_bytes(content)


def test_an_edit_of_the_same_size_right_after_a_look_is_seen(index: Index, tmp_path: Path) -> None:
    """Even where the file's times and inode do not tell the two states apart."""
    file = tmp_path / "a"
    file.write_bytes(b"one")
    before = file.stat()
    assert index.digest(str(file)) == digest_bytes(b"one")
    file.write_bytes(b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert index.digest(str(file), before) == digest_bytes(b"two")


def test_that_edit_is_seen_by_a_later_process_too(index: Index, tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"one")
    before = file.stat()
    index.digest(str(file))
    index.save()
    file.write_bytes(b"two")
    later = reopened(tmp_path)
    assert later.digest(str(file), before) == digest_bytes(b"two")
    later.close()


def remember(path: Path, file: Path, status: os.stat_result, digest: str, looked_at: int) -> None:
    """Puts a row into the index as a look long after the file's last change would have."""
    with sqlite3.connect(path / "cache" / "index.sqlite") as connection:
        row = (os.fsencode(file), *stamp_of(status), digest, looked_at)
        connection.execute("insert or replace into files values (?, ?, ?, ?, ?, ?, ?)", row)
    connection.close()


def test_a_file_that_was_looked_at_long_after_its_change_is_not_read_again(index: Index, tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"one")
    status = aged(file, 0)
    remember(tmp_path, file, status, "as remembered", status.st_mtime_ns + indexes.RACY_NS + 1)
    assert index.digest(str(file), status) == "as remembered"


@pytest.mark.parametrize("late_ns", [-(10**12), 0, indexes.RACY_NS])
def test_a_look_that_came_too_soon_after_the_change_is_not_believed(index: Index, tmp_path: Path, late_ns: int) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"one")
    status = aged(file, 0)
    remember(tmp_path, file, status, "as remembered", status.st_mtime_ns + late_ns)
    assert index.digest(str(file), status) == digest_bytes(b"one")


@pytest.mark.parametrize("field", ["st_size", "st_mtime_ns", "st_ctime_ns", "st_ino"])
def test_every_part_of_a_files_state_tells_another_state(index: Index, tmp_path: Path, field: str) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"one")
    status = aged(file, 10)
    other = aged(file, 10)
    setattr(other, field, getattr(status, field) + 1)
    remember(tmp_path, file, other, "as remembered", status.st_mtime_ns + 2 * indexes.RACY_NS)
    assert index.digest(str(file), status) == digest_bytes(b"one")


def test_a_file_that_cannot_be_read_is_the_callers_to_explain(index: Index, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        index.digest(str(tmp_path / "nothing"))


def test_a_name_that_is_no_text_is_remembered_like_any_other(index: Index, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.csv"
    with open(name, "wb") as file:
        file.write(b"one")
    path = os.fsdecode(name)
    assert index.digest(path) == digest_bytes(b"one")
    index.save()
    later = reopened(tmp_path)
    assert later.digest(path) == digest_bytes(b"one")
    later.close()


def test_tables_are_kept_by_content_and_analyser(index: Index, tmp_path: Path) -> None:
    index.keep_tables("py 1", {"d1": b"one", "d2": b"two"})
    assert index.tables("py 1", ["d1", "d2", "d3"]) == {"d1": b"one", "d2": b"two"}
    assert index.tables("py 2", ["d1"]) == {}
    later = reopened(tmp_path)
    assert later.tables("py 1", ["d1"]) == {"d1": b"one"}
    later.close()


def test_thousands_of_tables_are_asked_for_at_once(index: Index) -> None:
    kept = {f"digest {number}": str(number).encode() for number in range(1800)}
    index.keep_tables("py", kept)
    assert index.tables("py", [*kept, "another"]) == kept


@settings(max_examples=25)
@given(data=st.data())
def test_a_damaged_index_is_made_anew_wherever_it_is_damaged(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    file = folder / "a"
    file.write_bytes(b"one")
    path = folder / "cache" / "index.sqlite"
    first = Index(path)
    first.digest(str(file))
    first.keep_tables("py", {f"d{number}": bytes(200) for number in range(100)})
    first.close()
    content = bytearray(path.read_bytes())
    start = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.sampled_from([1, 100, 4096, len(content)]))
    content[start : start + length] = data.draw(st.sampled_from([b"", b"\xff" * length, b"\x00" * length]))
    path.write_bytes(content)
    later = Index(path)
    assert later.digest(str(file)) == digest_bytes(b"one")
    assert set(later.tables("py", ["d1", "d99"])) <= {"d1", "d99"}
    later.keep_tables("py", {"new": b"table"})
    later.close()
    last = Index(path)
    assert last.digest(str(file)) == digest_bytes(b"one")
    last.close()


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\x00" + bytes(50)])
def test_what_is_no_index_is_replaced_by_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cache" / "index.sqlite"
    path.parent.mkdir()
    path.write_bytes(content)
    for _ in range(2):
        index = Index(path)
        index.keep_tables("py", {"d": b"table"})
        assert index.tables("py", ["d"]) == {"d": b"table"}
        index.close()


def test_an_index_of_another_version_is_made_anew(index: Index, tmp_path: Path) -> None:
    index.keep_tables("py", {"d": b"table"})
    with sqlite3.connect(tmp_path / "cache" / "index.sqlite") as connection:
        connection.execute(f"pragma user_version = {indexes.INDEX_VERSION + 1}")
    connection.close()
    later = reopened(tmp_path)
    assert later.tables("py", ["d"]) == {}
    later.close()


def test_an_index_in_memory_serves_where_no_file_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    index = reopened(tmp_path)
    index.keep_tables("py", {"d": b"table"})
    assert index.tables("py", ["d"]) == {"d": b"table"}
    index.close()
    assert (tmp_path / "cache").read_bytes() == b"a file where the folder should be"


def test_an_index_that_another_process_is_writing_is_left_to_it(tmp_path: Path) -> None:
    index = Index(tmp_path / "cache" / "index.sqlite", patience_s=0.01)
    index.keep_tables("py", {"d": b"table"})
    writer = sqlite3.connect(tmp_path / "cache" / "index.sqlite", isolation_level=None)
    writer.execute("begin immediate")
    index.keep_tables("py", {"e": b"another"})
    assert index.tables("py", ["d", "e"]) == {"d": b"table"}
    writer.execute("rollback")
    writer.close()
    index.keep_tables("py", {"e": b"another"})
    assert index.tables("py", ["e"]) == {"e": b"another"}
    index.close()


def work_at_once(path: Path, who: int) -> None:
    for turn in range(10):
        index = Index(path / "cache" / "index.sqlite")
        file = path / f"file {turn}"
        assert index.digest(str(file)) == digest_bytes(b"%d" % turn)
        index.keep_tables("py", {f"{who} {turn}": b"table"})
        index.close()


def test_processes_that_use_one_index_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    for turn in range(10):
        (tmp_path / f"file {turn}").write_bytes(b"%d" % turn)
    context = multiprocessing.get_context("fork")
    rivals = [context.Process(target=work_at_once, args=(tmp_path, who)) for who in range(3)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join(120)
        assert rival.exitcode == 0
    index = reopened(tmp_path)
    wanted = [f"{who} {turn}" for who in range(3) for turn in range(10)]
    assert set(index.tables("py", wanted)) == set(wanted)
    index.close()
