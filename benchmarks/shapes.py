"""The workload of trivial steps, the same for every tool: N steps in five layers, each with two inputs.

The first layer reads a data file each; every other step takes two results of the layer before. A step calls one
function of the one library file, writes a number and adds its name to a list outside of the workload, so that
what really ran is counted by the steps and not by the tool. Six steps of the last layer use one more function.
The right answers are worked out here, apart from every tool.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.workload import Form, Rule, write_all

LAYERS = 5
SPECIAL_STEPS = 6
LIST_VARIABLE = "BENCHMARK_LIST"
_MODULUS = 1_000_003

LIBRARY = '''\
"""What all steps share."""

import os
{comment}

def ran(name):
    """Says that a step's body is running."""
    descriptor = os.open(os.environ["{variable}"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, (name + "\\n").encode())
    os.close(descriptor)


def first(text):
    return int(text) * 7 % {modulus}


def combine(left, right):
    return (left * 31 + right * 17 + 7) % {modulus}


def special(value):
    return value * 3 + {addend}
'''


@dataclass(frozen=True)
class Step:
    """One step. `inputs` are the two steps that it takes; none in the first layer, which has a `seed`."""

    name: str
    file: str
    inputs: tuple[str, ...]
    seed: str | None
    is_special: bool


@dataclass(frozen=True)
class World:
    """What the files of a workload say: the edits of the precision table are other worlds.

    Attributes:
        seeds: the numbers of the data files.
        spelled: data files that are written otherwise, and what stands before their number there.
        addend: of the library's function that six steps use.
        comment: in the library.
        edited: the step whose own function returns one more.
    """

    seeds: dict[str, int]
    spelled: dict[str, str] = field(default_factory=dict)
    addend: int = 1
    comment: str = ""
    edited: str = ""

    def library(self) -> str:
        """The text of the library file."""
        return LIBRARY.format(comment=self.comment, variable=LIST_VARIABLE, modulus=_MODULUS, addend=self.addend)

    def data(self, seed: str) -> str:
        """The text of a data file."""
        return self.spelled.get(seed, "") + str(self.seeds[seed])

    def with_comment(self) -> World:
        return replace(self, comment="\n# A comment that changes nothing.\n")

    def with_other_function(self) -> World:
        return replace(self, addend=self.addend + 1)

    def with_other_data(self) -> World:
        name, value = next(iter(self.seeds.items()))
        return replace(self, seeds={**self.seeds, name: value + 1})

    def with_other_spelling(self) -> World:
        return replace(self, spelled={next(iter(self.seeds)): "+0"})

    def with_edited(self, step: str) -> World:
        return replace(self, edited=step)


@dataclass(frozen=True)
class Trivial:
    """A workload of trivial steps, in an order in which they can run."""

    steps: tuple[Step, ...]
    world: World

    def files(self) -> dict[str, list[Step]]:
        """The steps of each file, by its stem."""
        files: dict[str, list[Step]] = {}
        for step in self.steps:
            files.setdefault(step.file, []).append(step)
        return files

    def answers(self, world: World) -> dict[str, int]:
        """What each step makes of a world."""
        made: dict[str, int] = {}
        for step in self.steps:
            if step.seed is not None:
                value = world.seeds[step.seed] * 7 % _MODULUS
            else:
                left, right = (made[name] for name in step.inputs)
                value = (left * 31 + right * 17 + 7) % _MODULUS
            value = value * 3 + world.addend if step.is_special else value
            made[step.name] = value + (step.name == world.edited)
        return made

    @property
    def middle(self) -> str:
        """A step with as many layers before it as after it."""
        return self.steps[len(self.steps) // LAYERS * (LAYERS // 2)].name

    def reached(self, before: World, after: World) -> set[str]:
        """The steps that a change of the world reaches: what a perfect tool runs again.

        Those that read what was changed, and those that take a result which is another now.
        """
        results_before, results_after = self.answers(before), self.answers(after)
        others = {name for name, result in results_before.items() if result != results_after[name]}
        return {
            step.name
            for step in self.steps
            if (step.seed is not None and before.data(step.seed) != after.data(step.seed))
            or (step.is_special and before.addend != after.addend)
            or (before.edited != after.edited and step.name in {before.edited, after.edited})
            or others.intersection(step.inputs)
        }


def trivial(count: int, per_file: int = 10) -> Trivial:
    """A workload of `count` steps, `per_file` functions in a file.

    Raises:
        ValueError: the steps do not make five even layers that hold the six special ones.
    """
    width = count // LAYERS
    if width * LAYERS != count or width < SPECIAL_STEPS:
        raise ValueError(f"{count} steps make no {LAYERS} layers of at least {SPECIAL_STEPS}")
    steps = tuple(_steps(width, per_file))
    seeds = {step.seed: 1000 + place for place, step in enumerate(steps) if step.seed is not None}
    return Trivial(steps, World(seeds))


def _steps(width: int, per_file: int) -> Iterator[Step]:
    for layer in range(LAYERS):
        for place in range(width):
            inputs = tuple(f"s{layer - 1}_{(place + beside) % width:04}" for beside in (0, 1)) if layer else ()
            yield Step(
                name=f"s{layer}_{place:04}",
                file=f"layer{layer}_{place // per_file:04}",
                inputs=inputs,
                seed=None if layer else f"seed_{place:04}",
                is_special=layer == LAYERS - 1 and place < SPECIAL_STEPS,
            )


def body(step: Step, world: World) -> str:
    """The expression that a step's function returns."""
    value = f"first({step.seed})" if step.seed is not None else f"combine({', '.join(step.inputs)})"
    value = f"special({value})" if step.is_special else value
    return f"{value} + 1" if step.name == world.edited else value


def arguments(step: Step) -> tuple[str, ...]:
    """The names of what a step's function takes."""
    return step.inputs or ((step.seed,) if step.seed is not None else ())


STARTING = '''\
"""Runs one function of a step's file: its name, the output's path, the inputs' paths."""

import sys


def read(path):
    with open(path) as file:
        return int(file.read())


def call(function, output, inputs):
    value = function(*[read(path) for path in inputs])
    with open(output, "w") as file:
        file.write(str(value))


def main(namespace):
    name, output, *inputs = sys.argv[1:]
    call(namespace[name], output, inputs)
'''


class TrivialWorkload:
    """The trivial steps as files, rules and answers; `world` is what the files say at the moment."""

    def __init__(self, count: int, per_file: int = 10) -> None:
        self.shape = trivial(count, per_file)
        self.world = self.shape.world
        self.names = tuple(step.name for step in self.shape.steps)
        self._form: Form = "rules"
        self._texts: dict[str, str] = {}

    def write(self, folder: Path, form: Form) -> None:
        """Writes the files that a tool of a form takes."""
        self._texts = self._in_form(form, self.world)
        self._form = form
        write_all(folder, self._texts)

    def change(self, world: World, folder: Path) -> None:
        """Makes the files that were written say what `world` says; those that say it already are left alone."""
        before, self._texts = self._texts, self._in_form(self._form, world)
        write_all(folder, {path: text for path, text in self._texts.items() if text != before[path]})
        self.world = world

    def touch(self, folder: Path) -> None:
        """Gives the files that were written another time and leaves what they say."""
        for path in self._texts:
            os.utime(folder / path)

    def _in_form(self, form: Form, world: World) -> dict[str, str]:
        texts = {"lib/shared.py": world.library()}
        texts |= {f"data/{seed}.txt": world.data(seed) for seed in world.seeds}
        if form == "rules":
            texts["lib/starting.py"] = STARTING
        if form == "onward files":
            return texts | {f"projects/bench/{step.name}.py": _script(step, world) for step in self.shape.steps}
        folder, write_file = ("projects/bench", _onward_file) if form == "onward" else ("steps", _plain_file)
        return texts | {f"{folder}/{file}.py": write_file(steps, world) for file, steps in self.shape.files().items()}

    def rules(self) -> list[Rule]:
        """One rule for each step. The library is declared as an input of each, as careful users do."""
        return [
            Rule(
                name=step.name,
                script=f"steps/{step.file}.py",
                inputs=tuple([f"data/{step.seed}.txt"] if step.seed else [f"out/{name}.txt" for name in step.inputs]),
                library=("lib/shared.py",),
                output=f"out/{step.name}.txt",
            )
            for step in self.shape.steps
        ]

    def answers(self) -> dict[str, Any]:
        return dict(self.shape.answers(self.world))

    def read_file(self, path: Path) -> Any:
        return int(path.read_text())

    def read_artifact(self, media: str, path: Path) -> Any:
        return json.loads(path.read_bytes())["value"]


def _plain_file(steps: list[Step], world: World) -> str:
    head = f'"""Steps of {steps[0].file}."""\n\nimport starting\nfrom shared import combine, first, ran, special\n'
    functions = [
        f'\n\ndef {step.name}({", ".join(arguments(step))}):\n    ran("{step.name}")\n    return {body(step, world)}\n'
        for step in steps
    ]
    return head + "".join(functions) + '\n\nif __name__ == "__main__":\n    starting.main(globals())\n'


def _onward_file(steps: list[Step], world: World) -> str:
    head = f'"""Steps of {steps[0].file}."""\n\nfrom onward import asset\n'
    head += "from shared import combine, first, ran, special\n"
    functions = []
    for step in steps:
        takes = ", ".join(f"{name}: {'str' if step.seed else 'int'}" for name in arguments(step))
        functions.append(
            f'\n\n@asset\ndef {step.name}({takes}) -> int:\n    ran("{step.name}")\n    return {body(step, world)}\n'
        )
    return head + "".join(functions)


def _script(step: Step, world: World) -> str:
    """A step as a plain script that knows nothing of onward: it reads files and writes one."""
    text = "from pathlib import Path\n\nfrom shared import combine, first, ran, special\n\n"
    text += f'ran("{step.name}")\n'
    for name in arguments(step):
        path = f"../../data/{name}.txt" if step.seed else f"out/{name}.txt"
        text += f'{name} = int(Path("{path}").read_text())\n'
    return text + f'Path("out/{step.name}.txt").write_text(str({body(step, world)}))\n'
