"""Times what moves readers, among many releases of many results, and prints a table.

    python benchmarks/releases.py             takes some minutes
    python benchmarks/releases.py --quick     a fifth of everything

A script step keeps thousands of numbers; every release changes a tenth of them. Each command is a process of its own,
from its start to its end, and has to say that it did what it was typed for.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import onward
from benchmarks.measure import Sample, machine, run
from benchmarks.peers import start_up

_STEP = """
from onward import load, metric
for number in range({results}):
    metric(f"m{{number}}", number * 1000 + ({release} if number % 10 == {release} % 10 else 0))
"""
_COMMANDS = (
    ("rollback", "is at release", ("rollback", "--note", "a mistake")),
    ("release --automatic, held", "held: ", ("release", "--automatic")),
    ("releases", "quarantined", ("releases",)),
    ("release", "released", ("release",)),
)
"""Each with what it says where it did it; together they leave the channel one release further on."""


def main() -> None:
    """Makes the releases and prints a row for each command."""
    parser = argparse.ArgumentParser(description="Times what moves readers.")
    parser.add_argument("--quick", action="store_true", help="a fifth of everything")
    quick = parser.parse_args().quick
    results, releases = (400, 20) if quick else (2_000, 100)
    print(machine(), end="\n\n")
    with tempfile.TemporaryDirectory(prefix="onward-releases-") as folder:
        root = Path(folder) / "many"
        make(root, results, releases)
        print(f"{releases} releases of {results:,} results\n\n| command | wall, s | processor, s |\n|---|---:|---:|")
        for name, samples in timed(root, rounds=5).items():
            wall, cpu = statistics.median(s.wall_s for s in samples), statistics.median(s.cpu_s for s in samples)
            print(f"| `onward {name}` | {wall:.2f} | {cpu:.2f} |")


def make(root: Path, results: int, releases: int) -> None:
    """A workspace with so many releases, the last of which is what its files give."""
    step = root / "projects" / "many" / "numbers.py"
    step.parent.mkdir(parents=True)
    with onward.Workspace(root) as workspace:
        for release in range(releases):
            step.write_text(_STEP.format(results=results, release=release))
            assert workspace.run().ok
            workspace.release()


def timed(root: Path, rounds: int) -> dict[str, list[Sample]]:
    """The samples of each command; a round takes back, is held, looks, and lets in again."""
    samples: dict[str, list[Sample]] = {name: [] for name, _, _ in _COMMANDS}
    for _ in range(rounds):
        for name, said, words in _COMMANDS:
            sample = run([*start_up("onward"), *words], root)
            if sample.status != 0 or said not in sample.output:
                raise SystemExit(f"`onward {name}` failed: {sample.output}")
            samples[name].append(sample)
    return samples


if __name__ == "__main__":
    main()
