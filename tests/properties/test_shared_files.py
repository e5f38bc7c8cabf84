"""Random histories of steps that write one file, some of which keep what they find in it.

After every edit the file, and what a reader makes of it, has to be what a clean run gives; running again does nothing.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder
from tests.cli.workspaces import commit, run_git
from tests.properties.killed import run_and_kill
from tests.properties.test_histories import outcome_of

WRITERS = ("a", "b", "c")
SHARED = "projects/p/shared.txt"
READER = 'import onward as ow\n\now.save("seen", {"it": open("".join(["shared", ".txt"])).read()})\n'
WAYS = {
    "anew": 'open({place}, "w").write("{word}")',
    "at the end": 'open({place}, "a").write("{word}")',
    "in place": 'file = open({place}, "r+")\nfile.seek(0, 2)\nfile.write("{word}")\nfile.close()',
    "where there is none": 'import os\nif not os.path.exists({place}):\n    open({place}, "w").write("{word}")',
    "read first": 'import os\ntext = open({place}).read() if os.path.exists({place}) else ""\n'
    'open({place}, "w").write(text + "{word}")',
}
PLACES = ('"shared.txt"', '"".join(["shared", ".txt"])')


def run_in(folder: Path, jobs: int, watcher: Recorder | None = None) -> RunReport:
    with open_workspace(folder, writes=True) as opened:
        return run(opened, RunOptions(keep_going=True, jobs=jobs), watcher or Recorder())


def run_until_nothing_is_left_over(folder: Path, jobs: int, world: World) -> RunReport:
    """Runs, and where it says that a file is left of a step that is gone, again without what that has left."""
    watcher = Recorder()
    report = run_in(folder, jobs, watcher)
    if not any("is left of" in told for told in watcher.said):
        return report
    (folder / SHARED).unlink()
    if world.is_tracked:
        run_git(folder, "checkout", "-q", "--", SHARED)
    return run_in(folder, jobs)


class World:
    """Three writers of one file, of which some are there; what was there before is tracked by git, or nothing."""

    def __init__(self, random: Random, *, is_tracked: bool, jobs: int) -> None:
        self.random = random
        self.is_tracked = is_tracked
        self.ways = [way for way in WAYS if is_tracked or way != "in place"]
        if jobs > 1:  # of two that run at once, whoever comes first makes it, and both orders are as good
            self.ways.remove("where there is none")
        self.writers = {name: self._writer(name) for name in WRITERS}
        self.there = {"a", "b"}

    def _writer(self, name: str) -> str:
        way = self.random.choice(self.ways)
        # By a path that is computed, a later run knows who made it, and a clean one who comes first.
        places = PLACES[:1] if way == "where there is none" else PLACES
        return WAYS[way].format(place=self.random.choice(places), word=f"{name}{self.random.randrange(3)} ") + "\n"

    def edit(self) -> None:
        name = self.random.choice(WRITERS)
        if self.random.random() < 0.3:
            self.there = self.there ^ {name} or {name}
        self.writers[name] = self._writer(name)

    def lay_out(self, folder: Path) -> None:
        files: dict[str, str | None] = {
            f"projects/p/{name}.py": text if name in self.there else None
            for name, text in self.writers.items()
            if name in self.there or (folder / f"projects/p/{name}.py").exists()
        }
        workspace.write(folder, {"onward.toml": "", "projects/p/z.py": READER, **files})

    def begin(self, folder: Path) -> None:
        """The folder with what is there before any step has run."""
        folder.mkdir(exist_ok=True)
        if self.is_tracked:
            workspace.write(folder, {SHARED: "tracked ", ".gitignore": ".onward\n"})
            run_git(folder, "init", "-q")
            commit(folder, "tracked")


def live_through(base: Path, seed: int, edits: int) -> None:
    random = Random(seed)
    jobs = 1 + seed % 3
    world = World(random, is_tracked=seed % 2 == 0, jobs=jobs)
    folder = base / "incremental"
    world.begin(folder)
    told, there = "", world.there
    for at in range(edits):
        world.lay_out(folder)
        is_any_gone, there = bool(there - world.there), world.there
        if at and random.random() < 0.25 and not is_any_gone:  # whoever is killed may have told what is left over
            told += " (killed)"
            run_and_kill(folder, random.randrange(3), jobs)
        report = run_until_nothing_is_left_over(folder, jobs, world)
        clean_folder = base / f"clean {at}"
        world.begin(clean_folder)
        world.lay_out(clean_folder)
        clean = run_in(clean_folder, 1)
        said = f"edit {at} of history {seed}: {[world.writers[name] for name in sorted(world.there)]}{told}"
        assert outcome_of(report) == outcome_of(clean), said
        if world.there and report.ok:
            assert (folder / SHARED).read_text() == (clean_folder / SHARED).read_text(), said
        again = run_in(folder, jobs)
        assert (again.counts["made"], again.counts["restored"]) == (0, 0), said
        shutil.rmtree(clean_folder)
        world.edit()
        told = ""


@pytest.mark.parametrize("seed", range(4))
def test_steps_that_write_one_file_end_where_a_clean_run_does(tmp_path: Path, seed: int) -> None:
    live_through(tmp_path, seed, 6)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))  # so that they are lived through side by side
def test_long_histories_of_one_file_end_where_clean_runs_do(tmp_path: Path, part: int) -> None:
    for seed in range(100 * part, 100 * part + 10):
        base = tmp_path / str(seed)
        base.mkdir()
        live_through(base, seed, 12)
