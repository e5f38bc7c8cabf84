"""Opening a store: formats that are refused, folders that cannot be written, and what a killed process leaves."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from onward.base.errors import StoreError
from onward.store.layout import STORE_FORMAT
from onward.store.opened import Store


def test_opening_writes_nothing(tmp_path: Path) -> None:
    Store(tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_a_store_says_its_format(tmp_path: Path) -> None:
    for _ in range(2):
        Store(tmp_path / "store").prepare()
    assert (tmp_path / "store" / "FORMAT").read_text() == f"{STORE_FORMAT}\n"


@pytest.mark.parametrize("found", [str(STORE_FORMAT + 1), "99", "", "one"])
def test_a_store_of_another_format_is_refused_and_left_alone(tmp_path: Path, found: str) -> None:
    (tmp_path / "FORMAT").write_text(found)
    with pytest.raises(StoreError, match="has format") as caught:
        Store(tmp_path)
    assert caught.value.hint is not None
    assert caught.value.status == 4
    assert (tmp_path / "FORMAT").read_text() == found


def test_a_format_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "FORMAT").write_bytes(b"\xff\xfe")
    with pytest.raises(StoreError, match="cannot read the store's format"):
        Store(tmp_path)


def test_a_store_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = Store(tmp_path / "file" / "store")
    with pytest.raises(StoreError, match=r"cannot write `.*store/tmp`: Not a directory") as caught:
        store.prepare()
    assert caught.value.hint is not None


WRITER = """
import sys, itertools
from pathlib import Path
import msgspec
from onward.base.digest import digest_bytes
from onward.model.records import Basis, Move, Origin, Run
from onward.store.opened import Store
from onward.testing.stores import sample_trace

store = Store(Path(sys.argv[1]))
store.prepare()
start = len(store.records.moves("main"))
print("ready", flush=True)
for number in itertools.count(start + 1):
    content = b"%d " % number * 5000
    digest = store.objects.put(content)
    trace = msgspec.structs.replace(sample_trace(), key=digest, made_at=str(number))
    store.traces.record(trace, {})
    basis = store.records.put_basis(Basis(1, {}, digest, {"number": number}))
    name = f"run-{number:08d}-{sys.argv[2]}"
    run = Run(1, name, "", 0.0, basis, digest, True, (), Origin(), digest, digest, {}, {}, {})
    store.records.put_run(run)
    store.records.append(Move(1, "main", number, "release", number, name, digest, ""))
"""


def test_a_store_whose_writer_is_killed_at_any_moment_opens_and_tells_the_truth(tmp_path: Path) -> None:
    root = tmp_path / "store"
    chance = random.Random(7)
    for attempt in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root), str(attempt)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.001, 0.12))
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate(timeout=60)
        assert_it_tells_the_truth(Store(root))
    assert len(Store(root).records.moves("main")) > 8


def assert_it_tells_the_truth(store: Store) -> None:
    """Whatever is named is there and whole, from the channel down to the bytes."""
    moves = store.records.moves("main")
    assert [move.sequence for move in moves] == list(range(1, len(moves) + 1))
    assert len(store.records.runs()) == len(store.records.run_ids())
    for move in moves:
        run = store.records.run(move.run)
        assert run is not None
        basis = store.records.basis(run.basis)
        assert basis is not None
        assert basis.parameters == {"number": move.number}
        assert store.objects.read(run.snapshot) == b"%d " % move.number * 5000
        assert [trace.made_at for _, trace in store.traces.find(run.snapshot)] == [str(move.number)]
    for path in Path(store.layout.objects).rglob("*"):
        if path.is_file():
            assert store.objects.read(path.parent.name + path.name) is not None
