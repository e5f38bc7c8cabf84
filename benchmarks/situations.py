"""The situations that are timed, each with the tools in turn, A B A B, so that a busy moment hits them alike.

Every run is judged: results are compared with the right answers, and the steps that really ran are counted by
their own bodies. A run with a wrong or missing result is `stale`, whatever its time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.environments import NotInstalledError
from benchmarks.measure import Sample, Series, run
from benchmarks.peers import Peer, start_up, wrong
from benchmarks.shapes import LIST_VARIABLE, Trivial, TrivialWorkload, World
from benchmarks.workload import Workload

ANCHOR = "python -c pass"
STATUS = "onward status"
# Files younger than this are read again by tools that know how coarse a file's time is.
SETTLED_S = 2.2


@dataclass
class Row:
    """One tool in one situation.

    Attributes:
        ran: the most steps that ran in one of the timed runs.
        stale: the most results that were wrong or missing after one of them.
    """

    peer: str
    series: Series = field(default_factory=Series)
    ran: int = 0
    stale: int = 0


@dataclass
class Table:
    """A situation, timed.

    Attributes:
        steps: what its times are divided by.
        expected: how many of them must run.
        tools: what it was measured with, as `start_up` knows them.
        absent: what should be in it and is not, and why.
    """

    title: str
    steps: int
    expected: int
    rows: list[Row]
    anchor: Series = field(default_factory=Series)
    tools: Sequence[str] = ()
    absent: Mapping[str, str] = field(default_factory=dict)

    def row(self, peer: str) -> Row:
        return next(row for row in self.rows if row.peer == peer)


@dataclass(frozen=True)
class Change:
    """One row of the precision table.

    Attributes:
        world: what the files say after it.
        perfect: how many steps a perfect tool runs.
        besides: what happens to a tool's folder once the files say so.
    """

    words: str
    world: World
    perfect: int
    besides: Callable[[Peer, TrivialWorkload, Path], None] = lambda *_: None


@dataclass(frozen=True)
class Precision:
    """Steps that ran again after each change, by tool: `(change, perfect tool, {tool: (ran, stale)})`.

    `tools` and `absent` are those of a `Table`.
    """

    steps: int
    rows: list[tuple[str, int, dict[str, tuple[int, int]]]]
    tools: Sequence[str] = ()
    absent: Mapping[str, str] = field(default_factory=dict)


Entry = tuple[Peer, Callable[[], Workload]]
"""A tool, and what makes the workload that it is given."""


class FailedRunError(Exception):
    """A tool did not do what the situation asked for, so that its time means nothing."""


class Bench:
    """A folder with one laid-out workload for each tool that is here, and how a run of one is judged."""

    def __init__(self, home: Path, entries: Sequence[Entry]) -> None:
        self.peers: list[Peer] = []
        self.absent: dict[str, str] = {}
        self.workloads: dict[str, Workload] = {}
        self.folders: dict[str, Path] = {}
        for place, (peer, make) in enumerate(entries):
            try:
                peer.install()
            except NotInstalledError as error:
                self.absent[peer.name] = str(error)
                continue
            self.peers.append(peer)
            self.folders[peer.name] = home / f"tool-{place}"
            self.folders[peer.name].mkdir(parents=True)
            self.workloads[peer.name] = make()
            peer.lay_out(self.workloads[peer.name], self.folders[peer.name])

    @property
    def tools(self) -> list[str]:
        """The tools that are here, each once."""
        return list(dict.fromkeys(peer.tool for peer in self.peers))

    def run(self, peer: Peer) -> tuple[Sample, int, int]:
        """One run: its sample, the steps that ran, the results that are wrong or missing.

        Raises:
            FailedRunError: the tool itself failed.
        """
        folder, workload = self.folders[peer.name], self.workloads[peer.name]
        ran = folder.with_suffix(".list")
        ran.write_text("")
        sample = run(peer.command(folder), folder, {LIST_VARIABLE: str(ran)})
        if sample.status != 0:
            raise FailedRunError(f"{peer.name} ended with status {sample.status}:\n{sample.output}")
        stale = len(wrong(workload.answers(), peer.results(workload, folder)))
        return sample, len(ran.read_text().split()), stale


def cold(title: str, home: Path, entries: Sequence[Entry], rounds: int) -> Table:
    """First runs: before each, everything that the tool has made and remembers is taken away."""
    bench = Bench(home, entries)
    steps = max(len(workload.names) for workload in bench.workloads.values())
    rows = [Row(peer.name) for peer in bench.peers]
    table = Table(title, steps, steps, rows, tools=bench.tools, absent=bench.absent)
    for _ in range(rounds):
        _time_anchor(table, home)
        for peer in bench.peers:
            peer.forget(bench.folders[peer.name])
            _add(table, peer, bench)
    return table


def nothing_to_do(count: int, home: Path, peers: Sequence[Peer], rounds: int) -> Table:
    """Runs of what has just been built and not been touched since."""
    bench = Bench(home, [(peer, partial(TrivialWorkload, count)) for peer in peers])
    rows = [Row(peer.name) for peer in bench.peers]
    table = Table(f"Nothing to do, {count:,} steps", count, 0, rows, tools=bench.tools, absent=bench.absent)
    for peer in bench.peers:
        bench.run(peer)
    time.sleep(SETTLED_S)
    for peer in bench.peers:
        bench.run(peer)
    if "onward" in bench.folders:
        table.rows.append(Row(STATUS))
    for _ in range(rounds):
        _time_anchor(table, home)
        for peer in bench.peers:
            _add(table, peer, bench)
        if "onward" in bench.folders:
            _add_status(table, bench.folders["onward"])
    return table


def start(words: str, home: Path, rounds: int) -> Table:
    """How long a tool takes to say something about itself."""
    home.mkdir(parents=True)
    names = ("ninja", "doit", "onward")
    table = Table(f"`{words}`", 1, 0, [Row(name) for name in names], tools=names)
    for _ in range(rounds):
        _time_anchor(table, home)
        for name in names:
            # doit has no option of that name: its help is a command.
            said = ["help"] if (name, words) == ("doit", "--help") else [words]
            table.row(name).series.samples.append(run([*start_up(name), *said], home))
    return table


def precision(home: Path, peers: Sequence[Peer], count: int = 100, *, settled_s: float = SETTLED_S) -> Precision:
    """What each tool runs again after changes that ought to cost this much and no more.

    Each change waits until the files are `settled_s` seconds old, so that no tool misses it by their times.

    Raises:
        FailedRunError: a first run was not one of every step, so that nothing follows from those after it.
    """
    bench = Bench(home, [(peer, partial(TrivialWorkload, count)) for peer in peers])
    for peer in bench.peers:
        _, ran, stale = bench.run(peer)
        if (ran, stale) != (count, 0):
            raise FailedRunError(f"the first run of {peer.name} ran {ran} of {count} steps, {stale} results are wrong")
    rows = []
    for change in changes(TrivialWorkload(count).shape):
        time.sleep(settled_s)
        counted = {}
        for peer in bench.peers:
            folder, workload = bench.folders[peer.name], bench.workloads[peer.name]
            assert isinstance(workload, TrivialWorkload)
            workload.change(change.world, folder)
            change.besides(peer, workload, folder)
            _, ran, stale = bench.run(peer)
            counted[peer.name] = (ran, stale)
        rows.append((change.words, change.perfect, counted))
    return Precision(count, rows, bench.tools, bench.absent)


def changes(shape: Trivial) -> list[Change]:
    """The rows of the precision table, one made after the other."""
    first = shape.world
    edits = [
        ("a comment in the library", first.with_comment(), "the comment taken out"),
        ("a function of the library that 6 steps use", first.with_other_function(), "the function as it was"),
        ("the function of one step", first.with_edited(shape.middle), "the step as it was"),
        ("one data file", first.with_other_data(), "the data file as it was"),
        ("one data file, another spelling of its number", first.with_other_spelling(), "the spelling as it was"),
    ]
    rows = [Change("nothing", first, 0)]
    for words, world, undone in edits:
        rows += [Change(words, world, len(shape.reached(first, world))), Change(undone, first, 0)]
    return [
        *rows,
        Change("the time of every file", first, 0, lambda _, workload, folder: workload.touch(folder)),
        Change("the results deleted", first, 0, lambda peer, _, folder: peer.lose_results(folder)),
    ]


def _add(table: Table, peer: Peer, bench: Bench) -> None:
    sample, ran, stale = bench.run(peer)
    row = table.row(peer.name)
    row.series.samples.append(sample)
    row.ran = max(row.ran, ran)
    row.stale = max(row.stale, stale)


def _add_status(table: Table, folder: Path) -> None:
    """The question whether there is anything to do, beside the run that finds out."""
    # The steps read this variable, and so it counts.
    sample = run([*start_up("onward"), "status"], folder, {LIST_VARIABLE: str(folder.with_suffix(".list"))})
    if sample.status != 0 or not sample.output.endswith(" current\n"):
        raise FailedRunError(f"{STATUS} ended with status {sample.status}:\n{sample.output}")
    table.row(STATUS).series.samples.append(sample)


def _time_anchor(table: Table, home: Path) -> None:
    """An empty Python, in the same minute as what is compared with it."""
    for _ in range(3):
        table.anchor.samples.append(run([sys.executable, "-c", "pass"], home))
