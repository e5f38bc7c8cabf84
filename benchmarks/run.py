"""Times onward beside ninja and doit, for some tables DVC and Snakemake too, in one run, and prints the ratios.

    python benchmarks/run.py                 everything; takes some forty minutes on two cores
    python benchmarks/run.py --quick         fewer rounds, and no 10,000 steps
    python benchmarks/run.py --only cold     one part; may be given more than once
    python benchmarks/run.py --write         puts each table into docs/reference/speed.md as well

Only figures of one table may be compared with each other. DVC and Snakemake are installed below `.dev/benchmarks`;
where that fails, the tables without them say so.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import report, situations
from benchmarks.measure import machine
from benchmarks.peers import Doit, Dvc, Ninja, Onward, Peer, Snakemake, version_of
from benchmarks.realistic import NotebookWorkload, PandasWorkload
from benchmarks.shapes import TrivialWorkload

PARTS = ("start", "nothing", "large", "cold", "pandas", "notebooks", "precision")


def main() -> None:
    """Runs the parts that were asked for, prints each table as it is ready, and writes it where that is wanted."""
    words = arguments().parse_args()
    if words.write and words.quick:
        raise SystemExit("`--write` puts figures into the documentation: leave `--quick` out")
    with tempfile.TemporaryDirectory(prefix="onward-benchmark-") as folder:
        for text in measured(words.only or list(PARTS), Path(folder), quick=words.quick):
            print(text, flush=True)
            if words.write:
                report.write_page([text])


def measured(parts: list[str], home: Path, *, quick: bool) -> Iterator[str]:
    """The tables of the parts as Markdown, one after the other."""
    state, today = machine(), datetime.datetime.now(datetime.UTC).date().isoformat()
    for table in timed(parts, home, quick=quick):
        yield report.stamped(table, state | {"tools": versions(table.tools)}, today)
        state = machine()


def versions(tools: Sequence[str]) -> str:
    """What was measured: `ninja 1.13.2, doit 0.37.0`."""
    return ", ".join(f"{tool} {version_of(tool)}" for tool in tools)


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(description="Times onward beside ninja and doit.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and no 10,000 steps")
    parser.add_argument("--only", action="append", choices=PARTS, help="one part; may be given more than once")
    parser.add_argument("--write", action="store_true", help=f"write each table into {report.PAGE.name}")
    return parser


def timed(parts: list[str], home: Path, *, quick: bool) -> Iterator[situations.Table | situations.Precision]:
    """The tables of the parts, one after the other."""
    many, some = (3, 1) if quick else (9, 3)
    if "start" in parts:
        for option in ("--version", "--help"):
            yield situations.start(option, home / option.strip("-"), many)
    if "nothing" in parts:
        # DVC and Snakemake would build a thousand steps for minutes.
        few: list[Peer] = [Ninja(), Doit(), Dvc(), Snakemake(), Onward()]
        yield situations.nothing_to_do(100, home / "nothing-100", few, many)
        yield situations.nothing_to_do(1_000, home / "nothing-1000", [Ninja(), Doit(), Onward()], many)
    if "large" in parts and not quick:
        # A process for each step would build for minutes what is then left untouched.
        tools: list[Peer] = [Ninja(), Doit(in_process=True), Onward()]
        yield situations.nothing_to_do(10_000, home / "large", tools, many)
    if "cold" in parts:
        yield cold(home / "cold", 100 if quick else 1_000, some)
    if "pandas" in parts:
        entries: list[situations.Entry] = [(peer, PandasWorkload) for peer in every_way()]
        yield situations.cold("20 pandas steps", home / "pandas", entries, some)
    if "notebooks" in parts:
        tools: list[Peer] = [Ninja(), Doit(), Onward()]
        yield situations.cold("5 notebooks", home / "notebooks", [(peer, NotebookWorkload) for peer in tools], some)
    if "precision" in parts:
        yield situations.precision(home / "precision", every_declaration())


def cold(home: Path, count: int, rounds: int) -> situations.Table:
    """First runs of trivial steps; onward also with each step in a file of its own."""
    entries: list[situations.Entry] = [(peer, partial(TrivialWorkload, count)) for peer in every_way()]
    entries.append((Onward(name="onward, a file for each"), partial(TrivialWorkload, count, per_file=1)))
    return situations.cold(f"Cold, {count:,} trivial steps", home, entries, rounds)


def every_way() -> list[Peer]:
    """The tools, doit in both of its ways."""
    return [Ninja(), Doit(), Doit(in_process=True), Onward()]


def every_declaration() -> list[Peer]:
    """The tools, with the shared library declared and not; onward, which is told nothing, in both of its forms."""
    kinds = (Ninja, Doit, Dvc, Snakemake)
    told: list[Peer] = [kind(knows_library=knows) for kind in kinds for knows in (True, False)]
    return [*told, Onward(), Onward("onward files", "onward, scripts with files")]


if __name__ == "__main__":
    main()
