"""Times steps with and without the watch, in turns, and prints a table.

    python benchmarks/watch.py             takes some minutes
    python benchmarks/watch.py --quick     fewer rounds, and a tenth of everything

What is timed is the wall time of steps of one bare parent, from the task to its ending; for many steps, three at once.
"""

from __future__ import annotations

import argparse
import select
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import onward
from benchmarks.measure import machine
from onward.app.workers import Workers

_AT_ONCE = 3


def main() -> None:
    """Times each load both ways and prints a row for it."""
    parser = argparse.ArgumentParser(description="Times steps with and without the watch.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and a tenth of everything")
    quick = parser.parse_args().quick
    rounds, files, steps, megabytes = (3, 1_000, 100, 100) if quick else (5, 10_000, 1_000, 1_000)
    print(machine(), end="\n\n")
    print("| load | without, ms | watched, ms | calls looked at |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="onward-watch-") as folder:
        for name, code, count in loads(Path(folder), files, steps, megabytes):
            print(row(Path(folder), name, code, count, rounds), flush=True)


def loads(folder: Path, files: int, steps: int, megabytes: int) -> Iterator[tuple[str, str, int]]:
    """Each load: what it is called, its code, and how many steps of it are run."""
    yield f"{steps:,} trivial steps, for each", "x = 1", steps
    yield "`import pandas`", "import pandas", 1
    many = folder / "many"
    many.mkdir()
    for number in range(files):
        (many / f"{number}.txt").write_text("x")
    yield f"{files:,} small files read", f"for n in range({files}):\n    with open(f'many/{{n}}.txt') as f: f.read()", 1
    write_parquet(folder / "large.parquet", megabytes)
    yield (
        f"Parquet of {megabytes:,} MB read",
        "import pyarrow.parquet as p\nfor g in p.ParquetFile('large.parquet').iter_batches(1_000_000): pass",
        1,
    )


def write_parquet(path: Path, megabytes: int) -> None:
    """A file of random numbers, which do not compress."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(0)
    schema = pa.schema([("x", pa.float64())])
    with pq.ParquetWriter(path, schema, use_dictionary=False) as writer:
        for _ in range(megabytes // 10):
            writer.write_table(pa.table({"x": generator.random(1_250_000)}, schema))


def row(folder: Path, name: str, code: str, count: int, rounds: int) -> str:
    """One line of the table: least wall time of a step both ways."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    calls = 0
    for _ in range(rounds):
        for watched in (False, True):
            seconds, calls = timed(folder, code, count, watched=watched)
            taken[watched].append(seconds / count * 1000)
    without, with_it = (statistics.median(taken[watched]) for watched in (False, True))
    return (
        f"| {name} | {without:,.1f} ({min(taken[False]):,.1f}) | {with_it:,.1f} ({min(taken[True]):,.1f}) | {calls:,} |"
    )


def timed(folder: Path, code: str, count: int, *, watched: bool) -> tuple[float, int]:
    """Seconds for so many steps, and the calls of the last one that were looked at."""
    (folder / "step.py").write_text(code)
    workers = Workers(Path(sys.executable), str(Path(onward.__file__).parents[1]))
    try:
        run(workers, folder, 1, watched=watched)
        started = time.perf_counter()
        calls = run(workers, folder, count, watched=watched)
        return time.perf_counter() - started, calls
    finally:
        workers.close()


def run(workers: Workers, folder: Path, count: int, *, watched: bool) -> int:
    """Runs so many steps, some at once; gives the calls of the last one that were looked at."""
    import json

    started = ended = calls = 0
    outboxes: dict[int, Path] = {}
    while ended < count:
        while started < count and started - ended < _AT_ONCE:
            started += 1
            outbox = Path(tempfile.mkdtemp(dir=folder))
            outboxes[workers.start(task(folder, outbox, watched=watched))] = outbox
        select.select([workers.events], [], [])
        for ending in workers.endings():
            ended += 1
            outbox = outboxes.pop(ending.identity)
            if not json.loads(ending.result)["ok"]:
                raise SystemExit(f"a step failed: {ending.result}")
            if watched:
                calls = json.loads((outbox / "watch.json").read_text())["events"]
            shutil.rmtree(outbox)
    return calls


def task(folder: Path, outbox: Path, *, watched: bool) -> dict[str, Any]:
    """A script in the folder."""
    return {
        "step": "project/step",
        "kind": "script",
        "file": f"{folder}/step.py",
        "folder": str(folder),
        "root": str(folder),
        "roots": [str(folder)],
        "outside": [],
        "bytecode": f"{folder}/.onward/cache/bytecode",
        "python": sys.executable,
        "outbox": str(outbox),
        "variables": {},
        "passed": [],
        "as_of": "2026-01-01",
        "inputs": {},
        "outputs": [],
        "absent": [],
        "watch": watched,
    }


if __name__ == "__main__":
    main()
