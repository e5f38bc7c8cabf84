"""Times a clean clone beside a machine that makes everything, and prints a table.

    python benchmarks/shared.py             some minutes
    python benchmarks/shared.py --quick     a tenth of the steps

Each run is a process of its own in a fresh folder. The S3 server is moto's, on this machine: it is near, and slow for a
server; the requests that it was sent are counted.
"""

from __future__ import annotations

import argparse
import collections
import logging
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import Sample, machine, run
from benchmarks.peers import start_up
from benchmarks.shapes import TrivialWorkload
from tests.s3 import Server, serving

ROUNDS = 3


class Requests(logging.Handler):
    """What a server was asked, by verb."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: collections.Counter[str] = collections.Counter()

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage().split('"')
        if len(words) > 1:
            self.counted[words[1].split()[0].lstrip("\x1b[0123456789m")] += 1

    def taken(self) -> str:
        """What came since the last time, in words."""
        counted, self.counted = self.counted, collections.Counter()
        return ", ".join(f"{count} {verb}" for verb, count in sorted(counted.items())) or "none"


def main() -> None:
    """Prints a row for each kind of store."""
    parser = argparse.ArgumentParser(description="Times a clean clone with a shared store.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    count = 100 if parser.parse_args().quick else 1_000
    print(machine(), end="\n\n")
    print(f"{count:,} trivial steps\n\n| store | run | wall, s | processor, s | requests |\n|---|---|---:|---:|---|")
    with tempfile.TemporaryDirectory(prefix="onward-shared-") as folder, serving() as server:
        os.environ.update(server.variables, BENCHMARK_LIST=str(Path(folder) / "list"))
        for store, rows in measured(Path(folder), server, count):
            for name, samples, requests in rows:
                wall, cpu = statistics.median(s.wall_s for s in samples), statistics.median(s.cpu_s for s in samples)
                print(f"| {store} | {name} | {wall:.2f} | {cpu:.2f} | {requests} |", flush=True)


def measured(home: Path, server: Server, count: int) -> Iterator[tuple[str, list[tuple[str, list[Sample], str]]]]:
    """By store, its rows: what ran, its samples, and what the server was asked in the last of them."""
    requests = Requests()
    logger = logging.getLogger("werkzeug")
    logger.addHandler(requests)
    logger.propagate = False
    logger.setLevel(logging.INFO)
    stores: dict[str, Callable[[int], str | None]] = {
        "of this machine": lambda _: None,
        "a folder": lambda number: (home / f"shared {number}").as_uri(),
        "S3 (moto)": lambda _: server.make_bucket(),
    }
    for store, address in stores.items():
        made: list[Sample] = []
        restored: list[Sample] = []
        asked_first = asked_clean = ""
        for number in range(ROUNDS):
            url = address(number)
            requests.taken()
            made.append(clone(home / f"{store} {number} first", url, count, f"{count} made"))
            asked_first = requests.taken()
            if url is not None:
                restored.append(clone(home / f"{store} {number} clean", url, count, f"{count} restored"))
                asked_clean = requests.taken()
        rows = [("makes everything", made, asked_first if "S3" in store else "–")]
        rows += [("clean clone", restored, asked_clean if "S3" in store else "–")] if restored else []
        yield store, rows


def clone(root: Path, url: str | None, count: int, said: str) -> Sample:
    """The first run in a fresh folder."""
    root.mkdir()
    TrivialWorkload(count).write(root, "onward")
    (root / "onward.toml").write_text(f'store = "{url}"\n' if url is not None else "")
    sample = run([*start_up("onward"), "run"], root)
    if sample.status != 0 or said not in sample.output:
        raise SystemExit(f"`onward run` did something else: {sample.output[-2000:]}")
    return sample


if __name__ == "__main__":
    main()
