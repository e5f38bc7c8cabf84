"""Times the difference between two tables beside datacompy, in turns, and prints a table.

    python benchmarks/diffs.py             takes some minutes
    python benchmarks/diffs.py --quick     a tenth of everything

The two tables are Parquet files of seven columns, in four cases: rows that stand at the same places or in another
order, few or many of them changed. Each comparison is a process of its own, from start to report, and the counts
that it prints have to be right. datacompy is told the key; onward also once without, and once with the digests of the
columns, which a run keeps of every table that it makes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import environments
from benchmarks.measure import Sample, machine, run

_OURS = """
import json, resource, sys
from pathlib import Path
from onward.diffs.table.kind import TableDiff
from onward.model.artifact import Artifact, ColumnContent
from onward.model.difference import DiffOptions
from onward.model.ports import Side

alike = {alike}

def side(path):
    columns = tuple(ColumnContent(name, "", path if name == "x" else "") for name in alike)
    artifact = Artifact("table", path, path, "application/vnd.apache.parquet", 1, columns=columns)
    return Side(artifact, lambda _: Path(path))

found = TableDiff().compare(side(sys.argv[1]), side(sys.argv[2]), DiffOptions(key=tuple(sys.argv[3:])))
rows = found.detail["rows"]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({{"peak_kb": peak, "counts": [rows[each] for each in ("added", "removed", "changed")]}}))
"""
_DATACOMPY = """
import json, resource, sys
import datacompy, {library}

before, after = {library}.read_parquet(sys.argv[1]), {library}.read_parquet(sys.argv[2])
found = datacompy.{form}(before, after, join_columns=list(sys.argv[3:]))
found.report()
changed = len(found.intersect_rows) - found.count_matching_rows()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
counts = [len(found.df2_unq_rows), len(found.df1_unq_rows), int(changed)]
print(json.dumps({{"peak_kb": peak, "counts": counts}}))
"""


_ROWS = "select id, x, y, n, word, day, flag from t"
_CHANGED = "case when id % {every} = 0 then x + 1 else x end"
_COLUMNS = ("id", "x", "y", "n", "word", "day", "flag")


@dataclass(frozen=True)
class Case:
    """How the second table comes from the first one, `t`, and which counts are right.

    Attributes:
        query: with `{rows}`, their number.
        counts: added, removed and changed, each one row of so many; 0: none.
        is_in_place: all rows stand where they stood, so that digests of columns say which have not changed.
    """

    name: str
    query: str
    counts: tuple[int, int, int]
    is_in_place: bool = False

    def expected(self, rows: int) -> list[int]:
        return [-(-rows // every) if every else 0 for every in self.counts]


def _edited(every: int, rest: str = "") -> str:
    return f"select id, {_CHANGED.format(every=every)} as x, y, n, word, day, flag from t {rest}"


_CASES = (
    Case("in place, 0.5 % changed", _edited(200), (0, 0, 200), is_in_place=True),
    Case(
        "0.1 % appended, 0.5 % changed",
        f"{_edited(200)} union all {_ROWS.replace('id,', 'id + {rows},', 1)} where id % 1000 = 1",
        (1000, 0, 200),
    ),
    Case(
        "another order, 0.1 % in, 0.1 % out, 0.5 % changed",
        _edited(200, "order by hash(id)").replace(
            "id,", "case when id % 1000 = 1 then id + {rows} else id end as id,", 1
        ),
        (1000, 1000, 200),
    ),
    Case("another order, half changed", _edited(2, "order by hash(id)"), (0, 0, 2)),
)


@dataclass(frozen=True)
class Comparison:
    """One way to compare: what it is called, the Python that does it, its code with further words, and whether it is
    only for tables whose rows all stand where they stood."""

    name: str
    python: Path
    code: str
    key: tuple[str, ...] = ()
    is_in_place: bool = False


def main() -> None:
    """Times each way at a million rows, ours alone at ten, and prints a row for each."""
    parser = argparse.ArgumentParser(description="Times the difference between two tables.")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    quick = parser.parse_args().quick
    ours = Path(sys.executable)
    plain, known = _OURS.format(alike=()), _OURS.format(alike=_COLUMNS)
    ways = [
        Comparison("onward", ours, plain, ("id",)),
        Comparison("onward, key not declared", ours, plain),
        Comparison("onward, digests of columns kept", ours, known, ("id",), is_in_place=True),
    ]
    try:
        environments.install("datacompy")
        theirs = environments.python("datacompy")
        for library, form in (("polars", "PolarsCompare"), ("pandas", "PandasCompare")):
            code = _DATACOMPY.format(library=library, form=form)
            ways.append(Comparison(f"datacompy with {library}", theirs, code, ("id",)))
    except environments.NotInstalledError as error:
        print(f"**datacompy is missing: {error}**\n")
    print(machine(), end="\n\n")
    print("| rows | case | tool | wall, s | processor, s | to onward | peak, MB |")
    print("|---:|---|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="onward-diffs-") as folder:
        million = 100_000 if quick else 1_000_000
        for case in _CASES:
            for line in timed(Path(folder), million, case, ways, rounds=3):
                print(line, flush=True)
        for case in _CASES[::2]:
            for line in timed(Path(folder), 10 * million, case, ways[:2], rounds=1):
                print(line, flush=True)


def timed(folder: Path, rows: int, case: Case, ways: list[Comparison], rounds: int) -> list[str]:
    """A line for each way: the median of its rounds, which are taken in turns."""
    before, after = write_tables(folder, rows, case)
    expected = case.expected(rows)
    ways = [way for way in ways if case.is_in_place or not way.is_in_place]
    samples: dict[str, list[tuple[Sample, int]]] = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            sample = run([str(way.python), "-c", way.code, str(before), str(after), *way.key], folder)
            if sample.status != 0:
                raise SystemExit(f"{way.name} failed: {sample.output}")
            told = json.loads(sample.output.splitlines()[-1])
            if told["counts"] != expected:
                raise SystemExit(f"{way.name} counts {told['counts']} rows added, removed, changed, and not {expected}")
            samples[way.name].append((sample, told["peak_kb"]))
    first = statistics.median(sample.cpu_s for sample, _ in samples[ways[0].name])
    lines = []
    for name, taken in samples.items():
        wall, cpu = (statistics.median(values) for values in zip(*((s.wall_s, s.cpu_s) for s, _ in taken), strict=True))
        peak = max(kilobytes for _, kilobytes in taken) / 1000
        lines.append(f"| {rows:,} | {case.name} | {name} | {wall:.2f} | {cpu:.2f} | {cpu / first:.1f} | {peak:,.0f} |")
    return lines


def write_tables(folder: Path, rows: int, case: Case) -> tuple[Path, Path]:
    """The two tables, the first one of so many rows."""
    import duckdb

    before, after = folder / f"before-{rows}.parquet", folder / f"after-{rows}.parquet"
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute("select setseed(0.5)")
        connection.execute(
            "create table t as select range as id, random() as x, random() * 100 as y, (random() * 1000)::int as n, "
            "'word ' || (random() * 50)::int as word, date '2020-01-01' + (range % 1000)::int as day, "
            f"random() < 0.5 as flag from range({rows})"
        )
        connection.execute(f"copy t to '{before}' (format parquet)")
        connection.execute(f"copy ({case.query.replace('{rows}', str(rows))}) to '{after}' (format parquet)")
    return before, after


if __name__ == "__main__":
    main()
