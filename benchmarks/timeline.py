"""Times a site with a long past: many projects, many releases, each of which changes some of the projects.

    python benchmarks/timeline.py             half an hour, most of it making the releases
    python benchmarks/timeline.py --quick     a fifth of everything

Each project makes three numbers, a table of 200 rows and a text. A site is written where nothing was compared yet,
again, after one more release, and with other numbers of releases in detail; each time by a process of its own.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import onward
from benchmarks.measure import Sample, machine, run
from benchmarks.peers import start_up

_STEPS = """
from onward import asset

SCALE = {release}

@asset(unit="EUR", title="Revenue of shop {project}")
def revenue() -> float:
    return SCALE * 10.5

@asset(title="Orders of shop {project}")
def orders() -> int:
    return SCALE * 7

@asset(title="Days of shop {project}")
def days():
    return [{{"day": day, "orders": (day * 7 + SCALE) % 31, "price": day * 0.5 + SCALE}} for day in range(200)]

@asset(title="Notes on shop {project}")
def notes() -> str:
    return f"# Shop {project}\\n\\nOrders are at {{SCALE * 7}}, and revenue at {{SCALE * 10.5}} EUR.\\n"

@asset(title="Share of shop {project}")
def share(revenue: float) -> float:
    return revenue / 1000
"""
_CHANGED = 10
"""Projects that a release changes."""


def main() -> None:
    """Makes the releases and prints a row for each site."""
    parser = argparse.ArgumentParser(description="Times a site with a long past.")
    parser.add_argument("--quick", action="store_true", help="a fifth of everything")
    projects, releases = (40, 20) if parser.parse_args().quick else (200, 100)
    print(machine(), end="\n\n")
    with tempfile.TemporaryDirectory(prefix="onward-timeline-") as folder:
        root = Path(folder) / "shops"
        make(root, projects, releases)
        print(f"{projects} projects, {releases} releases\n\n| site | wall, s | processor, s | files | MB |")
        print("|---|---:|---:|---:|---:|")
        for name, sample, site in timed(root, projects, releases):
            files = [path for path in site.rglob("*") if path.is_file()]
            size = sum(path.stat().st_size for path in files) / 1e6
            print(f"| {name} | {sample.wall_s:.1f} | {sample.cpu_s:.1f} | {len(files):,} | {size:.0f} |", flush=True)


def make(root: Path, projects: int, releases: int) -> None:
    """A workspace with so many releases, the last of which is what its files give."""
    root.mkdir(parents=True)
    for project in range(projects):
        write(root, project, 1)
    with onward.Workspace(root) as workspace:
        for release in range(1, releases + 1):
            change(root, projects, release)
            assert workspace.run().ok
            workspace.release(note=f"Week {release}")


def change(root: Path, projects: int, release: int) -> None:
    for place in range(_CHANGED):
        write(root, (release * _CHANGED + place) % projects, release)


def write(root: Path, project: int, release: int) -> None:
    step = root / "projects" / f"shop{project:03}" / "steps.py"
    step.parent.mkdir(parents=True, exist_ok=True)
    step.write_text(_STEPS.format(release=release, project=project))


def timed(root: Path, projects: int, releases: int) -> Iterator[tuple[str, Sample, Path]]:
    """The sites, each with what it took: what a row says of what was compared holds in this order alone."""
    site = root.parent / "site"
    site_of(root, 0, root.parent / "first")  # makes the previews of tables, which every site needs
    yield "10 in detail, nothing compared yet", site_of(root, 10, site), site
    yield "10 in detail, again", site_of(root, 10, site), site
    with onward.Workspace(root) as workspace:
        change(root, projects, releases + 1)
        assert workspace.run().ok
        workspace.release()
    yield "10 in detail, after one more release", site_of(root, 10, site), site
    for detailed in (0, releases):
        aside = root.parent / f"site-{detailed}"
        shutil.rmtree(root / ".onward" / "cache" / "compared", ignore_errors=True)
        yield f"{detailed} in detail, nothing compared yet", site_of(root, detailed, aside), aside
        yield f"{detailed} in detail, again", site_of(root, detailed, aside), aside


def site_of(root: Path, detailed: int, out: Path) -> Sample:
    (root / "onward.toml").write_text(f"timeline = {detailed}\n")
    sample = run([*start_up("onward"), "site", "--out", str(out)], root)
    if sample.status != 0:
        raise SystemExit(f"`onward site` failed: {sample.output}")
    return sample


if __name__ == "__main__":
    main()
