"""Random histories of scripts and notebooks that hand each other files, by paths that no code spells out or by others.

No edge between them is declared: which of them reads what another writes is seen as they run. After every edit the
run has to end where a clean one does, which finds the same edges out by itself, and running again does nothing.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from onward.testing import workspace
from tests.properties.killed import run_and_kill
from tests.properties.test_histories import outcome_of, run_in

NAMES = ("ant", "bee", "cat", "dog", "elk")
PROJECT = "projects/p"


@dataclass
class Maker:
    """A script or notebook: it reads files, writes its own, and saves a number."""

    name: str
    is_notebook: bool
    reads: list[str] = field(default_factory=list)
    """Names of makers whose files it reads; they come before it in the world."""
    number: int = 1
    computes: bool = True
    """Whether its paths are put together as it runs."""
    looks_first: bool = False
    """Whether it does without a file that is not there."""
    lists: bool = False
    """Whether it looks through the folder in which the files are."""
    prose: str = ""

    @property
    def path(self) -> str:
        return f"{PROJECT}/{self.name}.{'ipynb' if self.is_notebook else 'py'}"

    def _place(self, name: str) -> str:
        return f'Path("out", "".join(["{name}", ".txt"]))' if self.computes else f'Path("out/{name}.txt")'

    def cells(self) -> list[str]:
        reading = [f"total = {self.number}"]
        for name in self.reads:
            reading.append(f"path = {self._place(name)}")
            guard = "if path.exists(): " if self.looks_first else ""
            reading.append(f"{guard}total += len(path.read_text())")
        if self.lists:
            reading.append('total += len(list(Path("more").iterdir())) if Path("more").exists() else 0')
        writing = ['Path("out").mkdir(exist_ok=True)', f'{self._place(self.name)}.write_text("x" * total)']
        saving = [f'ow.metric("size_of_{self.name}", total)', "print(total)"]
        first = ["from pathlib import Path", "import onward as ow"]
        return ["\n".join(first), "\n".join(reading), "\n".join([*writing, *saving])]

    def text(self) -> str:
        if not self.is_notebook:
            return "\n".join([f"# {self.prose}", *self.cells()]) + "\n"
        code: dict[str, object] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        prose: dict[str, object] = {"cell_type": "markdown", "metadata": {}, "source": f"Words {self.prose}"}
        cells = [prose, *({**code, "source": source} for source in self.cells())]
        return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


@dataclass
class World:
    """Makers in an order in which they can run; their names, by which onward would order them, say nothing of it."""

    makers: list[Maker] = field(default_factory=list)
    more: int = 1
    """Files in a folder that some of them list."""

    def files(self) -> dict[str, str]:
        files = {"onward.toml": "", "data/any.json": "1"}
        files |= {maker.path: maker.text() for maker in self.makers}
        return files | {f"{PROJECT}/more/{number}.txt": "" for number in range(self.more)}

    def written(self) -> set[str]:
        """What its steps write into the tree."""
        return {f"{PROJECT}/out/{maker.name}.txt" for maker in self.makers}


class Edits:
    """What somebody does to a world."""

    def __init__(self, world: World, random: Random, notebooks: float) -> None:
        self.world = world
        self.random = random
        self.notebooks = notebooks

    def maker(self) -> Maker:
        return self.random.choice(self.world.makers)

    def add(self) -> None:
        free = [name for name in NAMES if all(maker.name != name for maker in self.world.makers)]
        if free:
            at = self.random.randrange(len(self.world.makers) + 1)
            before = [maker.name for maker in self.world.makers[:at]]
            reads = self.random.sample(before, self.random.randrange(min(3, len(before) + 1)))
            maker = Maker(self.random.choice(free), self.random.random() < self.notebooks, reads)
            maker.computes, maker.looks_first = self.random.random() < 0.7, self.random.random() < 0.3
            for earlier in self.world.makers[:at]:
                # One that has done without such a file would read it now: a circle, whose steps change what they read.
                earlier.reads = [name for name in earlier.reads if name != maker.name]
            self.world.makers.insert(at, maker)

    def remove(self) -> None:
        """Who reads its file no longer does, or does without where it looks first."""
        if len(self.world.makers) > 1:
            gone = self.maker()
            self.world.makers.remove(gone)
            for maker in self.world.makers:
                if not maker.looks_first and gone.name in maker.reads:
                    maker.reads.remove(gone.name)

    def change_number(self) -> None:
        self.maker().number = self.random.randrange(1, 4)

    def compute_or_spell_out(self) -> None:
        maker = self.maker()
        maker.computes = not maker.computes

    def look_first_or_not(self) -> None:
        maker = self.maker()
        there = {each.name for each in self.world.makers}
        maker.looks_first = not maker.looks_first or not there.issuperset(maker.reads)

    def list_or_not(self) -> None:
        maker = self.maker()
        maker.lists = not maker.lists

    def read_otherwise(self) -> None:
        at = self.random.randrange(len(self.world.makers))
        before = [maker.name for maker in self.world.makers[:at]]
        self.world.makers[at].reads = self.random.sample(before, self.random.randrange(min(3, len(before) + 1)))

    def reword(self) -> None:
        self.maker().prose = self.random.choice(["", "one", "two"])

    def add_or_remove_files(self) -> None:
        self.world.more = self.random.randrange(3)


EDITS = sorted(name for name in vars(Edits) if not name.startswith("_") and name != "maker")
BEFALLS = ("revert", "lose what is local", "lose what was written", "kill a run")


def edited(world: World, action: str, random: Random, notebooks: float) -> World:
    changed = copy.deepcopy(world)
    if action in EDITS:
        edit: Callable[[], None] = getattr(Edits(changed, random, notebooks), action)
        edit()
    return changed


def lay_out(folder: Path, world: World) -> None:
    """Makes the folder hold this world, with what its steps have written, and nothing else."""
    files = world.files()
    there = workspace.contents_of(folder).keys() if folder.exists() else set()
    workspace.write(folder, {**dict.fromkeys(there - files.keys() - world.written()), **files})


def befall(folder: Path, action: str, random: Random) -> None:
    if action == "lose what is local":
        for name in ("cache", "state"):
            shutil.rmtree(folder / ".onward" / name, ignore_errors=True)
    elif action == "lose what was written":
        shutil.rmtree(folder / PROJECT / "out", ignore_errors=True)
    elif action == "kill a run":
        run_and_kill(folder, random.randrange(4))


def live_through(base: Path, seed: int, edits: int, notebooks: float) -> None:
    """One history.

    Args:
        base: an empty folder.
        seed: which history.
        edits: how long it is.
        notebooks: how many of the makers are notebooks, of all.
    """
    random = Random(seed)
    world = World()
    for _ in range(3):
        Edits(world, random, notebooks).add()
    history, folder, action = [world], base / "incremental", "first run"
    for at in range(edits):
        if at:
            action = random.choice([*EDITS, *EDITS, *BEFALLS])
            world = random.choice(history) if action in BEFALLS else edited(world, action, random, notebooks)
            history.append(world)
        lay_out(folder, world)
        befall(folder, action, random)
        report = run_in(folder)
        clean_folder = base / f"clean {at}"
        lay_out(clean_folder, world)
        clean = run_in(clean_folder)
        assert outcome_of(report) == outcome_of(clean), f"after {action}, edit {at} of history {seed}"
        again = run_in(folder)
        assert (again.counts["made"], again.counts["restored"]) == (0, 0), f"again after {action}, edit {at} of {seed}"
        assert outcome_of(again) == outcome_of(clean)
        shutil.rmtree(clean_folder)


@pytest.mark.parametrize("seed", range(2))
def test_scripts_that_hand_each_other_files_end_where_a_clean_run_does(tmp_path: Path, seed: int) -> None:
    live_through(tmp_path, seed, 7, notebooks=0)


def test_notebooks_among_them_do_too(tmp_path: Path) -> None:
    live_through(tmp_path, 5, 4, notebooks=0.4)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))  # so that they are lived through side by side
def test_long_histories_of_files_end_where_clean_runs_do(tmp_path: Path, part: int) -> None:
    for seed in range(100 * part, 100 * part + 12):
        live_through(tmp_path / str(seed), seed, 15, notebooks=0.25)
