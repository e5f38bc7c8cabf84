"""Machines of all scopes around one bucket to which anything happens, held against what the files say."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from onward.testing.buckets import FaultyBucket
from tests.machines import FILES, Machine, Team

SCOPES = ("main", "team", "team", "pr/7")
SPOILED = b"something else"


class World:
    """A team, its machines, and what happens to them."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.chance = chance
        self.team = Team(folder)
        self.machines = [self.team.machine(f"machine {number}", scope) for number, scope in enumerate(SCOPES)]

    def step(self) -> None:
        """One thing happens, then one machine runs, and is right."""
        self.chance.choice(
            [self.edit, self.edit, self.edit, self.spoil, self.lose, self.swap, self.fail, self.mend, self.forget]
        )()
        machine = self.chance.choice(self.machines)
        report = machine.run()
        assert report.run.complete, machine.said
        factor, numbers = self.files(machine)
        values = {name: artifact.facts.get("value") for name, artifact in report.run.artifacts.items()}
        assert values["p/total"] == sum(numbers)
        assert values["p/twice"] == factor * sum(numbers)
        with machine.open() as opened:
            words = opened.store.objects.read(report.run.artifacts["p/words"].bytes)
        assert words is None or f"It is {factor * sum(numbers)}".encode() in words

    def files(self, machine: Machine) -> tuple[int, list[int]]:
        """What the files of a machine say: the factor and the numbers."""
        library = (machine.root / "lib" / "common.py").read_text()
        factor = int(library.partition("FACTOR = ")[2].partition("\n")[0])
        return factor, json.loads((machine.root / "data" / "numbers.json").read_text())

    def edit(self) -> None:
        machine = self.chance.choice(self.machines)
        factor, numbers = self.chance.choice([2, 4]), self.chance.choice([[1, 2, 3], [1, 2], [5]])
        (machine.root / "lib" / "common.py").write_text(FILES["lib/common.py"].replace("= 2", f"= {factor}"))
        (machine.root / "data" / "numbers.json").write_text(json.dumps(numbers))

    def some(self, share: float) -> list[str]:
        contents = sorted(self.team.contents)
        return self.chance.sample(contents, int(len(contents) * share))

    def spoil(self) -> None:
        self.team.contents.update(dict.fromkeys(self.some(0.3), SPOILED))

    def lose(self) -> None:
        for path in self.some(0.3):
            del self.team.contents[path]

    def swap(self) -> None:
        """Objects change places: each is whole, and not what its name says."""
        paths = self.some(0.5)
        contents = [self.team.contents[path] for path in paths]
        self.team.contents.update(zip(paths, contents[1:] + contents[:1], strict=True))

    def fail(self) -> None:
        bucket: FaultyBucket = self.team.bucket
        verbs = self.chance.sample(["read", "has", "names", "fetch", "create", "replace", "send"], 3)
        seed = self.chance.random()
        chance = random.Random(seed)
        bucket.fails = lambda verb, path: verb in verbs and chance.random() < 0.5

    def mend(self) -> None:
        self.team.bucket.fails = None

    def forget(self) -> None:
        machine = self.chance.choice(self.machines)
        if (machine.root / ".onward").exists():
            machine.forget()


def happen(folder: Path, seed: int, steps: int) -> None:
    world = World(folder, random.Random(seed))
    for _ in range(steps):
        world.step()


def test_no_course_of_events_gives_a_wrong_number(tmp_path: Path) -> None:
    happen(tmp_path, seed=5, steps=25)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_no_longer_course_of_events_gives_a_wrong_number(tmp_path: Path, seed: int) -> None:
    happen(tmp_path, seed, steps=60)


def test_two_that_make_one_step_at_once_and_differently_both_end_well(tmp_path: Path) -> None:
    """The step gives another number each time; neither has seen the other's when it begins."""
    steps = "import time\nfrom onward import asset\n\n@asset\ndef when() -> float:\n    return time.perf_counter()\n\n"
    steps += "@asset\ndef later(when) -> float:\n    return when + 1\n"
    team = Team(tmp_path, {"onward.toml": FILES["onward.toml"], "projects/p/steps.py": steps})
    ann, bob, eve = team.machine("ann"), team.machine("bob"), team.machine("eve")
    fails: Callable[[str, str], bool] = lambda verb, path: True  # noqa: E731
    ann.run()
    team.bucket.fails = fails
    bob.run()
    team.bucket.fails = None
    for machine in (ann, bob, eve, bob, ann):
        report = machine.run()
        assert report.run.complete
        values = {name: artifact.facts["value"] for name, artifact in report.run.artifacts.items()}
        assert values["p/later"] == values["p/when"] + 1
