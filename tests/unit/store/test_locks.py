"""Locks: one holder at a time, let go when the holder dies, and nothing left behind that matters."""

from __future__ import annotations

import multiprocessing
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from onward.base.errors import StoreError
from onward.store.locks import KeyLocks

KEY = "a" * 64


def holder(folder: Path) -> subprocess.Popen[str]:
    """A process that holds the lock of KEY until it is told to end, or is killed."""
    code = (
        "import sys; from pathlib import Path; from onward.store.locks import KeyLocks\n"
        "locks = KeyLocks(Path(sys.argv[1]))\n"
        "print(locks.acquire(sys.argv[2]), flush=True)\n"
        "sys.stdin.read()\n"
        "locks.release_all()\n"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", code, str(folder), KEY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "True\n"
    return started


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)


def test_a_lock_is_had_by_one_process_at_a_time(tmp_path: Path) -> None:
    locks = KeyLocks(tmp_path)
    other = holder(tmp_path)
    assert not locks.acquire(KEY)
    assert locks.acquire("b" * 64), "another key is another lock"
    end(other)
    assert locks.acquire(KEY)
    locks.release_all()


def test_the_lock_of_a_killed_process_is_free_and_its_file_in_nobodys_way(tmp_path: Path) -> None:
    other = holder(tmp_path)
    os.kill(other.pid, signal.SIGKILL)
    end(other)
    locks = KeyLocks(tmp_path)
    assert locks.acquire(KEY)
    locks.release(KEY)


def test_keys_that_begin_alike_share_a_file_and_are_let_go_one_by_one(tmp_path: Path) -> None:
    one, two = KeyLocks(tmp_path), KeyLocks(tmp_path)
    sibling = KEY[:-1] + ("0" if KEY[-1] != "0" else "1")
    assert one.acquire(KEY)
    assert one.acquire(sibling), "what a process holds it does not wait for"
    one.release(KEY)
    assert not two.acquire(KEY), "the file still stands for the sibling"
    one.release(sibling)
    assert two.acquire(KEY)
    assert len(os.listdir(tmp_path)) == 1
    two.release_all()


def test_a_lock_that_is_let_go_can_be_had_again(tmp_path: Path) -> None:
    one, two = KeyLocks(tmp_path), KeyLocks(tmp_path)
    for _ in range(3):
        assert one.acquire(KEY)
        assert not two.acquire(KEY)
        one.release(KEY)
        assert two.acquire(KEY)
        two.release(KEY)


def test_letting_go_of_what_is_not_held_does_nothing(tmp_path: Path) -> None:
    locks, other = KeyLocks(tmp_path), KeyLocks(tmp_path)
    assert other.acquire(KEY)
    locks.release(KEY)
    locks.release_all()
    assert not locks.acquire(KEY), "the other still has it"
    other.release_all()


def test_a_lock_file_that_somebody_removed_gives_no_second_holder_the_old_lock(tmp_path: Path) -> None:
    one, two, three = KeyLocks(tmp_path), KeyLocks(tmp_path), KeyLocks(tmp_path)
    assert one.acquire(KEY)
    for name in os.listdir(tmp_path):
        (tmp_path / name).unlink()
    assert two.acquire(KEY), "with its file, the lock is gone"
    one.release(KEY)
    two.release(KEY)
    assert three.acquire(KEY)
    three.release_all()


def test_children_do_not_inherit_a_lock(tmp_path: Path) -> None:
    locks = KeyLocks(tmp_path)
    assert locks.acquire(KEY)
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, text=True, close_fds=False
    )
    locks.release(KEY)
    assert KeyLocks(tmp_path).acquire(KEY)
    end(child)


def test_a_folder_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot write"):
        KeyLocks(tmp_path / "file" / "locks").acquire(KEY)


def take_turns(folder: Path, shared: Path, turns: int) -> None:
    """Adds to a number in a file under the lock; without mutual exclusion turns would get lost."""
    locks = KeyLocks(folder)
    done = 0
    while done < turns:
        if locks.acquire(KEY):
            number = int(shared.read_text())
            shared.write_text(str(number + 1))
            locks.release(KEY)
            done += 1


def test_under_contention_no_two_processes_ever_hold_it_together(tmp_path: Path) -> None:
    shared = tmp_path / "number"
    shared.write_text("0")
    context = multiprocessing.get_context("fork")
    rivals = [context.Process(target=take_turns, args=(tmp_path / "locks", shared, 100)) for _ in range(3)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join(60)
        assert rival.exitcode == 0
    assert shared.read_text() == "300"
    assert stat.S_ISREG(shared.stat().st_mode)
