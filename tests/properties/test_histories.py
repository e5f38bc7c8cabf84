"""Random histories of small workspaces: however somebody edits, the incremental run ends where a clean run does.

After every edit, the workspace is planned, run, run again, and laid out afresh and run with an empty store. The
snapshots have to be equal, the second run makes nothing, and the run keeps to what the plan has promised.
Functions of plain numbers, texts and dicts: what is tried is the engine, not the libraries.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onward.app.running.plan import PlanReport, plan
from onward.app.running.run import RunReport, run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.testing import workspace
from onward.testing.watchers import Recorder
from tests.properties.killed import run_and_kill

PROJECTS = ("p", "q")
NAMES = ("a", "b", "c", "d", "e", "f")
WORDS = ("one", "two", "three")
RETURNS = ("total", "total % 3", "str(total)", '{"total": total % 5}', "[{'n': total % 4}]", "total > 20")


@dataclass
class StepText:
    """A function step, as somebody would write it."""

    project: str
    name: str
    takes: list[str] = field(default_factory=list)
    """Names of its own project or of sources; `q/b` is another project's, by `ref`."""
    number: int = 1
    returns: str = RETURNS[0]
    annotated: bool = False
    uses: str = "measure"
    reads_path: bool = False
    limit: int | None = None
    fails: bool = False
    doc: str = ""
    comment: str = ""

    def render(self) -> str:
        parameters = [name if "/" not in name else f'{name.replace("/", "_")}=ref("{name}")' for name in self.takes]
        words = [name.replace("/", "_") for name in self.takes]
        plain = [word for word, name in zip(words, parameters, strict=True) if "=" not in name]
        by_ref = [text for text in parameters if "=" in text]
        limit = [] if self.limit is None else [f"limit={self.limit}"]
        keywords = [*by_ref, *limit]
        signature = ", ".join([*plain, *(["*", *keywords] if keywords else [])])
        arrow = " -> float" if self.annotated and self.returns.startswith("total") else ""
        lines = ["@asset", f"def {self.name}({signature}){arrow}:"]
        if self.doc:
            lines.append(f'    """{self.doc}"""')
        if self.comment:
            lines.append(f"    # {self.comment}")
        lines.append(f"    total = {self.number} + WEIGHT{'' if self.limit is None else ' + limit'}")
        lines += [f"    total += {self.uses}({word})" for word in words]
        if self.reads_path:
            lines.append('    total += len(open("data/note.txt").read())')
        if self.fails:
            lines.append('    raise ValueError("it was told to fail")')
        return "\n".join([*lines, f"    return {self.returns}"]) + "\n"


@dataclass
class World:
    """A workspace as a value; `files` writes it out."""

    steps: list[StepText] = field(default_factory=list)
    numbers: list[int] = field(default_factory=lambda: [1, 2])
    word: str | None = "one"
    note: str | None = "note"
    base: int = 3
    body: int = 0
    unused: int = 0
    weights: dict[str, int] = field(default_factory=lambda: {"p": 1, "q": 2})
    parameters: dict[str, int] = field(default_factory=dict)
    late: str | None = None
    """What a script of `q` loads by a name that only running it shows; None: there is no script."""
    split: bool = False
    """Whether the steps of `p` are spread over two files."""

    def files(self) -> workspace.Contents:
        settings = "".join(f"{name} = {value}\n" for name, value in sorted(self.parameters.items()))
        files: dict[str, str] = {
            "onward.toml": f"[parameters]\n{settings}" if settings else "",
            "lib/shared.py": SHARED.format(base=self.base, body=BODIES[self.body], unused=self.unused),
            "data/numbers.json": json.dumps(self.numbers),
        }
        if self.word is not None:
            files["data/word.txt"] = self.word
        if self.late is not None:
            files["projects/q/late.py"] = LATE.format(letters=list(self.late))
        if self.note is not None:
            files["projects/p/data/note.txt"] = self.note
        for project in PROJECTS:
            head = HEAD.format(weight=self.weights[project])
            texts = [step.render() for step in self.steps if step.project == project]
            cut = len(texts) // 2 if self.split and project == "p" else len(texts)
            files[f"projects/{project}/steps.py"] = "\n\n".join([head, *texts[:cut]])
            if cut < len(texts):
                files[f"projects/{project}/more.py"] = "\n\n".join([head, *texts[cut:]])
        return files

    def named(self, name: str, project: str) -> StepText | None:
        return next((step for step in self.steps if (step.project, step.name) == (project, name)), None)


SHARED = '''"""What the projects share."""

BASE = {base}


def digits(value):
    return [letter for letter in repr(value) if letter.isdigit()]


def measure(value):
    {body}


def other(value):
    return len(repr(value))


def unused():
    return {unused}
'''
BODIES = (
    "return len(digits(value)) + BASE",
    "return sum(map(int, digits(value))) + BASE",
    "# the same, said otherwise\n    return sum(map(int, digits(value))) + BASE",
    "return other(value)",
    "return 7",
)
HEAD = """from onward import asset, ref
from shared import measure, other

WEIGHT = {weight}
"""


LATE = """import onward as ow

ow.save("late_result", {{"seen": repr(ow.load("".join({letters})))}})
"""


class Edits:
    """What somebody does to a workspace; `pick` chooses which of several."""

    def __init__(self, world: World, pick: int) -> None:
        self.world = world
        self.pick = pick

    def one(self, choices: Sequence[str]) -> str:
        self.pick, rest = divmod(self.pick, len(choices))
        return choices[rest]

    def step(self) -> StepText | None:
        if not self.world.steps:
            return None
        self.pick, rest = divmod(self.pick, len(self.world.steps))
        return self.world.steps[rest]

    def names_for(self, project: str) -> list[str]:
        others = [f"{step.project}/{step.name}" for step in self.world.steps if step.project != project]
        own = [step.name for step in self.world.steps if step.project == project]
        return ["numbers", "word", *own, *others]

    def add_step(self) -> None:
        project = self.one(PROJECTS)
        free = [name for name in NAMES if self.world.named(name, project) is None]
        if free:
            takes = [self.one(self.names_for(project)) for _ in range(self.pick % 3)]
            name = self.one(free)
            step = StepText(project, name, list(dict.fromkeys(takes)), 1 + self.pick % 4)
            step.returns = self.one(RETURNS)
            step.reads_path = project == "p" and self.pick % 3 == 0
            self.world.steps.append(step)

    def remove_step(self) -> None:
        step = self.step()
        if step is not None:
            self.world.steps.remove(step)

    def rename_step(self) -> None:
        step = self.step()
        if step is not None:
            free = [name for name in NAMES if self.world.named(name, step.project) is None]
            if free:
                before, step.name = step.name, self.one(free)
                if self.pick % 2:
                    for other in self.world.steps:
                        renamed = {before: step.name} if other.project == step.project else {}
                        renamed[f"{step.project}/{before}"] = f"{step.project}/{step.name}"
                        other.takes = [renamed.get(name, name) for name in other.takes]

    def take_more(self) -> None:
        step = self.step()
        if step is not None:
            name = self.one(self.names_for(step.project))
            if name not in step.takes:
                step.takes.append(name)

    def take_less(self) -> None:
        step = self.step()
        if step is not None and step.takes:
            step.takes.pop(self.pick % len(step.takes))

    def swap_inputs(self) -> None:
        step = self.step()
        if step is not None:
            step.takes.reverse()

    def change_number(self) -> None:
        step = self.step()
        if step is not None:
            step.number = 1 + self.pick % 4

    def change_result(self) -> None:
        step = self.step()
        if step is not None:
            step.returns = self.one(RETURNS)

    def annotate(self) -> None:
        step = self.step()
        if step is not None:
            step.annotated = not step.annotated

    def change_function_used(self) -> None:
        step = self.step()
        if step is not None:
            step.uses = self.one(["measure", "other"])

    def read_a_path(self) -> None:
        step = self.step()
        if step is not None and step.project == "p":
            step.reads_path = not step.reads_path

    def change_words(self) -> None:
        step = self.step()
        if step is not None:
            step.doc, step.comment = self.one(["", *WORDS]), self.one(["", *WORDS])

    def break_or_mend(self) -> None:
        step = self.step()
        if step is not None:
            step.fails = not step.fails

    def change_default(self) -> None:
        step = self.step()
        if step is not None:
            step.limit = [None, 1, 2][self.pick % 3]

    def set_parameter(self) -> None:
        known = [f"{step.project}.limit" for step in self.world.steps if step.limit is not None]
        self.world.parameters = {"limit": 5 + self.pick % 2} if known and self.pick % 3 else {}

    def change_library(self) -> None:
        self.world.body = self.pick % len(BODIES)

    def change_library_constant(self) -> None:
        self.world.base = self.pick % 3

    def change_unused_function(self) -> None:
        self.world.unused = self.pick % 5

    def change_constant_of_a_project(self) -> None:
        self.world.weights[self.one(PROJECTS)] = 1 + self.pick % 3

    def change_data(self) -> None:
        self.world.numbers = [self.pick % 3, self.pick % 7]

    def change_or_lose_a_word(self) -> None:
        self.world.word = [None, *WORDS][self.pick % 4]

    def change_or_lose_a_note(self) -> None:
        self.world.note = [None, "note", "node", "a longer note"][self.pick % 4]

    def load_late(self) -> None:
        self.world.late = self.one(["numbers", *(step.name for step in self.world.steps if step.project == "q")])

    def load_no_more(self) -> None:
        self.world.late = None

    def move_steps_between_files(self) -> None:
        self.world.split = not self.world.split

    def reorder(self) -> None:
        self.world.steps.reverse()


EDITS = sorted(name for name in vars(Edits) if not name.startswith("_") and name not in ("one", "step", "names_for"))
LOSSES = ("revert", "lose an object", "damage an object", "lose what is local", "kill a run", "nothing")
HISTORY = st.tuples(
    st.integers(0, 10**6),
    st.lists(
        st.tuples(st.sampled_from([*EDITS, *LOSSES, "add_step", "load_late", "revert"]), st.integers(0, 10**6)),
        min_size=7,
        max_size=7,
    ),
)


def first_world(seed: int) -> World:
    """A small pipeline over both projects, in one of many forms."""
    world = World()
    for turn in range(5):
        Edits(world, seed // (turn + 1) + turn * 7919).add_step()
    return world


def edited(world: World, history: Sequence[World], action: str, pick: int) -> World:
    if action == "revert":
        return copy.deepcopy(history[pick % len(history)])
    changed = copy.deepcopy(world)
    if action in EDITS:
        edit: Callable[[], None] = getattr(Edits(changed, pick), action)
        edit()
    return changed


def lay_out(folder: Path, world: World) -> None:
    """Makes the folder hold this world and nothing else that is a file of code or data."""
    files = world.files()
    gone = dict.fromkeys(workspace.contents_of(folder).keys() - files.keys()) if folder.exists() else {}
    workspace.write(folder, {**gone, **files})


def happen(folder: Path, action: str, pick: int) -> None:
    """What may befall a store between two runs, or a run on its way."""
    objects = sorted(path for path in (folder / ".onward" / "store" / "objects").rglob("*") if path.is_file())
    if action == "lose what is local":
        for name in ("cache", "state"):
            shutil.rmtree(folder / ".onward" / name, ignore_errors=True)
    elif action == "lose an object" and objects:
        objects[pick % len(objects)].unlink()
    elif action == "damage an object" and objects:
        damaged = objects[pick % len(objects)]
        damaged.chmod(0o644)
        damaged.write_bytes(b"damaged")
    elif action == "kill a run":
        run_and_kill(folder, pick % 4)


def run_in(folder: Path) -> RunReport:
    with open_workspace(folder, writes=True) as opened:
        return run(opened, RunOptions(keep_going=True, jobs=2), Recorder())


def plan_in(folder: Path) -> PlanReport:
    with open_workspace(folder, writes=True) as opened:
        return plan(opened, RunOptions(keep_going=True))


ALLOWED = {
    "would-make": {"made", "failed"},
    "would-restore": {"restored"},
    "kept": {"kept"},
    "may-make": {"made", "restored", "kept", "failed", "skipped"},
    "would-skip": {"skipped", "failed"},
}


def assert_kept_to(planned: PlanReport, report: RunReport) -> None:
    assert set(planned.steps) == set(report.steps)
    something_failed = any(record.outcome == "failed" for record in report.steps.values())
    for name, step in planned.steps.items():
        outcome = report.steps[name].outcome
        # What it needs may fail; and what an open step asks for, only running it shows.
        may_be_skipped = something_failed or planned.reading.graph.steps[name].open
        allowed = ALLOWED[step.outcome] | ({"skipped"} if step.outcome == "would-make" and may_be_skipped else set())
        assert outcome in allowed, f"{name} was planned as {step.outcome} and was {outcome}"


NOT_MADE = ("failed", "skipped")


def outcome_of(report: RunReport) -> dict[str, object]:
    """What has to be equal for an incremental and a clean run."""
    return {
        "snapshot": report.run.snapshot,
        "results": {name: record.assets for name, record in report.steps.items()},
        "not made": {name: record.outcome for name, record in report.steps.items() if record.outcome in NOT_MADE},
        "complete": report.run.complete,
        "missing": report.run.missing,
        "findings": [finding.message for finding in report.findings],
    }


def live_through(base: Path, seed: int, actions: Sequence[tuple[str, int]]) -> None:
    world = first_world(seed)
    history = [world]
    folder = base / "incremental"
    lay_out(folder, world)
    run_in(folder)
    is_damaged = False
    for at, (action, pick) in enumerate(actions):
        world = edited(world, history, "revert" if action == "kill a run" else action, pick)
        history.append(world)
        lay_out(folder, world)
        happen(folder, action, pick)
        planned = plan_in(folder)
        report = run_in(folder)
        clean_folder = base / f"clean {at}"
        lay_out(clean_folder, world)
        clean = run_in(clean_folder)
        assert outcome_of(report) == outcome_of(clean), f"after {action} {pick}"
        is_damaged = is_damaged or action == "damage an object"
        if not is_damaged:  # a damaged object is found when it is needed, which may be much later
            assert_kept_to(planned, report)
        again = run_in(folder)
        assert (again.counts["made"], again.counts["restored"]) == (0, 0), f"again after {action}: {again.steps}"
        assert outcome_of(again) == outcome_of(clean)


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(history=HISTORY)
def test_an_incremental_run_ends_where_a_clean_run_does(
    tmp_path_factory: pytest.TempPathFactory, history: tuple[int, list[tuple[str, int]]]
) -> None:
    live_through(tmp_path_factory.mktemp("history"), *history)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))  # so that they are lived through side by side
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10**6),
    actions=st.lists(st.tuples(st.sampled_from([*EDITS, *LOSSES]), st.integers(0, 10**6)), min_size=12, max_size=12),
)
def test_long_histories_end_where_clean_runs_do(
    tmp_path_factory: pytest.TempPathFactory, part: int, seed: int, actions: list[tuple[str, int]]
) -> None:
    live_through(tmp_path_factory.mktemp("history"), seed + part, actions)
