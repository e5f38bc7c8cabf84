"""Times `onward ci` on machines that have nothing but a shared store, and prints a table.

    python benchmarks/builds.py             200 projects; takes some minutes, most of them the first build
    python benchmarks/builds.py --quick     20 projects

Each build is a process of its own in a fresh, shallow clone, from its start to its end, and has to say that it ran what
was edited and nothing else.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import Sample, machine, run
from benchmarks.peers import start_up

_STEPS = """\
import csv
from pathlib import Path

from onward import asset, check


@asset
def table(rows: Path) -> list[dict]:
    with open(rows, newline="") as file:
        return list(csv.DictReader(file))


@asset(unit="visits")
def total(table) -> int:
    return sum(int(row["visits"]) for row in table)


@asset
def report(total: int) -> str:
    return f"# Report\\n\\n{total} visits\\n"


@check(total)
def somebody_came(total):
    return total >= 0
"""


def main() -> None:
    """Makes the workspace, builds its main branch, and prints a row for each kind of build."""
    parser = argparse.ArgumentParser(description="Times builds of a change.")
    parser.add_argument("--quick", action="store_true", help="20 projects instead of 200")
    projects = 20 if parser.parse_args().quick else 200
    print(machine(), end="\n\n")
    with tempfile.TemporaryDirectory(prefix="onward-builds-") as folder:
        place = Path(folder)
        make(place, projects)
        print(f"{projects} projects\n\n| build | wall, s | processor, s |\n|---|---:|---:|")
        everything = f"of every one of {projects} projects something was run"
        nothing = f"not run: {projects} of {projects} projects"
        one = f"not run: {projects - 1} of {projects} projects"
        row("the main branch, for the first time", everything, [built(place, "main")])
        row("the main branch, again", nothing, [built(place, "main") for _ in range(3)])
        edits = [edited(place, number) for number in range(3)]
        row("a branch with one text edited", one, [built(place, branch) for branch in edits])


def make(place: Path, projects: int) -> None:
    """A remote, with a workspace of so many projects on its main branch."""
    root = place / "author"
    for number in range(projects):
        project = root / "projects" / f"p{number:03}"
        (project / "data").mkdir(parents=True)
        (project / "steps.py").write_text(_STEPS)
        rows = [f"{day},{day * number}" for day in range(50)]
        (project / "data" / "rows.csv").write_text("\n".join(["day,visits", *rows, ""]))
    (root / "onward.toml").write_text(f'name = "builds"\nstore = "{(place / "store").as_uri()}"\n')
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.email", "bench@example.org")
    git(root, "config", "user.name", "bench")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "all")
    git(place, "clone", "-q", "--bare", str(root), str(place / "remote.git"))
    git(root, "remote", "add", "origin", (place / "remote.git").as_uri())


def edited(place: Path, number: int) -> str:
    """Pushes a branch on which the text of one report is another; returns the branch."""
    root, branch = place / "author", f"edit-{number}"
    git(root, "checkout", "-q", "-B", branch, "main")
    steps = root / "projects" / f"p{number:03}" / "steps.py"
    steps.write_text(_STEPS.replace("# Report", "# The report"))
    git(root, "commit", "-q", "-a", "-m", "a text")
    git(root, "push", "-q", "origin", branch)
    return branch


def built(place: Path, branch: str) -> Sample:
    """One build on a machine that has nothing."""
    runner = place / "runner" / "builds"
    shutil.rmtree(runner, ignore_errors=True)
    git(place, "clone", "-q", "--depth=1", f"--branch={branch}", (place / "remote.git").as_uri(), str(runner))
    sample = run([*start_up("onward"), "ci"], runner)
    if sample.status != 0:
        raise SystemExit(f"the build of `{branch}` failed: {sample.output}")
    return sample


def row(name: str, said: str, samples: list[Sample]) -> None:
    """A line of the table; each build has to have said what it did not run."""
    for sample in samples:
        if said not in sample.output:
            raise SystemExit(f"{name}: it did not say `{said}`: {sample.output}")
    wall, cpu = statistics.median(s.wall_s for s in samples), statistics.median(s.cpu_s for s in samples)
    print(f"| {name} | {wall:.1f} | {cpu:.1f} |", flush=True)


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
