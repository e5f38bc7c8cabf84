"""Times the way from a merge to the readers beyond what is computed, and prints a table.

    python benchmarks/places.py             takes some minutes
    python benchmarks/places.py --quick     a fifth of everything

A workspace of many small projects, released many times; each release changes one project. What is timed is `onward
release` as a process of its own, from its start to when the site is at its place: after the run, and with nothing left
to compute. The branch is one of a bare repository on the same disk, so that no network is in the figures.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import onward
from benchmarks.measure import Sample, machine, run
from benchmarks.peers import start_up

_STEP = """
from onward import metric, save
metric("level", {level})
save("rows", [{{"day": day, "level": {level} + day}} for day in range(200)])
"""
_ROUNDS = 5


def main() -> None:
    """Makes the workspace and its releases, and prints a row for each kind of place."""
    parser = argparse.ArgumentParser(description="Times the way from a merge to the readers.")
    parser.add_argument("--quick", action="store_true", help="a fifth of everything")
    quick = parser.parse_args().quick
    projects, releases = (40, 10) if quick else (200, 50)
    print(machine(), end="\n\n")
    with tempfile.TemporaryDirectory(prefix="onward-places-") as folder:
        home = Path(folder)
        root = home / "many"
        make(root, projects, releases)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", home / "remote.git"], check=True)
        places = {
            "none": "",
            "a folder": f"folder:{home}/readers/site",
            "a branch": f"git:{home}/remote.git#gh-pages",
        }
        print(f"{projects} projects, {releases} releases before\n")
        print("| place | wall, s | processor, s | files |\n|---|---:|---:|---:|", flush=True)
        for number, (name, place) in enumerate(places.items()):
            for line in timed(root, name, place, 1000 * (number + 1)):
                print(line, flush=True)


def make(root: Path, projects: int, releases: int) -> None:
    """A workspace with so many releases, each of which changed one project."""
    for number in range(projects):
        edit(root, number, 0)
    with onward.Workspace(root) as workspace:
        for release in range(releases):
            edit(root, release % projects, release + 1)
            assert workspace.run().ok
            workspace.release()


def edit(root: Path, project: int, level: int) -> None:
    """Another number in one project."""
    step = root / "projects" / f"p{project:03}" / "levels.py"
    step.parent.mkdir(parents=True, exist_ok=True)
    step.write_text(_STEP.format(level=level))


def timed(root: Path, name: str, place: str, level: int) -> Iterator[str]:
    """The first delivery, where there is a place, and the median of those of a changed project."""
    (root / "onward.toml").write_text(f'publish = "{place}"\n' if place else "")
    samples: list[Sample] = []
    with onward.Workspace(root) as workspace:
        assert workspace.run().ok
        if place:
            yield row(f"{name}, all releases for the first time", [typed(root, "publish", said="shows")])
        for number in range(_ROUNDS):
            edit(root, number, level + number)
            assert workspace.run().ok
            samples.append(typed(root, "release", said="shows" if place else "released"))
    yield row(name, samples)


def typed(root: Path, *words: str, said: str) -> Sample:
    sample = run([*start_up("onward"), *words], root)
    if sample.status != 0 or said not in sample.output:
        raise SystemExit(f"`onward {' '.join(words)}` failed: {sample.output}")
    return sample


def row(name: str, samples: list[Sample]) -> str:
    """A row of the table; the files are those of the last sample."""
    wall, cpu = statistics.median(s.wall_s for s in samples), statistics.median(s.cpu_s for s in samples)
    files = re.search(r"([\d,]+) files", samples[-1].output)
    return f"| {name} | {wall:.2f} | {cpu:.2f} | {files[1] if files else '–'} |"


if __name__ == "__main__":
    main()
