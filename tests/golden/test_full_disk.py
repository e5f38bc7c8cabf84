"""A disk that is full, at any moment and in each place that is written to: it is said, and the next run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Answer
from tests.cli.workspaces import write
from tests.golden.small_disk import PAGE_BYTES, SmallDisk, small_disk

LITTLE_BYTES = 400 << 10
"""Room for what onward writes of a small run, and for nothing large."""
FILES = {
    "onward.toml": "",
    "data/numbers.json": "[1, 2]",
    "lib/shared.py": "def double(x):\n    return 2 * x\n",
    "projects/p/steps.py": """\
from shared import double
from onward import asset, check


@asset
def total(numbers) -> int:
    print("some words " * 800)
    return double(sum(numbers))


@asset
def told(total) -> str:
    return f"# {total}" * 3000


@check(total)
def it_is_positive(total):
    assert total > 0
""",
    "projects/p/writes.py": 'with open("out.txt", "w") as file:\n    file.write("one" * 3000)\n',
    "projects/p/keeps.py": 'with open("kept.txt", "w") as file:\n    file.write("kept" * 3000)\n',
    "projects/p/a_reads.py": """\
import onward as ow

with open("out.txt") as file:
    ow.metric("n", len(file.read()))
""",
}
EDITED = {"data/numbers.json": "[5]\n", "projects/p/writes.py": FILES["projects/p/writes.py"].replace("3000", "5000")}


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    with small_disk(tmp_path_factory.mktemp("small") / "disk") as found:
        if isinstance(found, str):
            pytest.skip(f"A FULL DISK IS NOT TESTED HERE, for no small one can be mounted: {found}")
        yield found


@pytest.fixture
def folder(disk: SmallDisk, tmp_path: Path) -> Path:
    """A folder on the disk, which has room at first."""
    disk.make_room()
    return disk.root / tmp_path.name


def assert_told(answer: Answer) -> None:
    """The one error of status 4, which says what, where and what to do."""
    assert answer.status == 4, answer.text
    assert "Traceback" not in answer.err
    error = answer.json["error"]
    assert "disk is full" in error["message"] or "no space left" in error["message"]
    assert "/" in (error["where"] or error["message"])
    assert "make room" in error["hint"]


def assert_goes_on(disk: SmallDisk, root: Path, snapshot: str) -> None:
    disk.make_room()
    answer = disk.onward(root, "run", "--json")
    assert answer.status == 0, answer.text
    assert answer.json["snapshot"] == snapshot
    again = disk.onward(root, "run", "--json")
    assert set(again.outcomes().values()) == {"kept"}
    assert disk.onward(root, "doctor").status == 0


def edit(root: Path) -> None:
    write(root, EDITED, git=False)
    (root / "projects/p/kept.txt").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def clean(disk: SmallDisk) -> str:
    """The snapshot of a run with room for everything."""
    disk.make_room()
    root = write(disk.root / "clean", FILES, git=False)
    edit(root)
    return str(disk.onward(root, "run", "--json").json["snapshot"])


@pytest.mark.parametrize(
    "pages", [0, 12, 20, 32, 44, *(pytest.param(each, marks=pytest.mark.long) for each in range(60))]
)
def test_a_run_that_fills_the_disk_says_so_and_the_next_one_goes_on(
    disk: SmallDisk, folder: Path, clean: str, pages: int
) -> None:
    root = write(folder, FILES, git=False)
    first = disk.onward(root, "run", "--json")
    assert first.status == 0, first.text
    edit(root)
    disk.leave(pages * PAGE_BYTES)
    answer = disk.onward(root, "run", "--json")
    if answer.status == 1:
        assert_its_own_write_failed(answer, "p/writes")
    elif answer.status != 0:
        assert_told(answer)
    shown = disk.onward(root, "show", "p/total", "--json")
    assert shown.status == 0, shown.text
    assert shown.json["value"] in (6, 10)
    for words in (["snapshots"], ["status"]):
        assert disk.onward(root, *words).status == 0
    assert_goes_on(disk, root, clean)


def assert_its_own_write_failed(answer: Answer, name: str) -> None:
    """A step whose own code finds no room has failed like any other."""
    (failed,) = [step for step in answer.json["steps"] if step["outcome"] == "failed"]
    assert failed["name"] == name
    assert "No space left" in failed["error"]["message"]
    assert "make room" in failed["error"]["hint"]


STEP = "from onward import asset\n\n@asset\ndef one():\n    {}\n"
NOTEBOOK = """{"cells": [{"cell_type": "code", "metadata": {}, "source": "print('words' * 100000)", "outputs": [],
"execution_count": null, "id": "a"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
"""
TOO_LARGE = {
    "a result": {"projects/p/steps.py": STEP.format("return 'words' * 500_000")},
    "a file": {"projects/p/steps.py": STEP.format("return b'words' * 500_000")},
    "a list": {"projects/p/steps.py": STEP.format("return {'rows': ['words'] * 500_000}")},
    "a saved value": {"projects/p/s.py": "import onward as ow\n\now.save('one', {'a': 'words' * 500_000})\n"},
    "a query": {"projects/p/one.sql": "select hash(range) as n, hash(range + 1) as m from range(200_000)\n"},
    "a model": {"projects/p/steps.py": STEP.format("return __import__('collections').deque(range(900_000))")},
    "output": {"projects/p/s.py": "import onward as ow\n\nprint('words' * 500_000)\now.metric('one', 1)\n"},
    "a notebook": {"projects/p/one.ipynb": NOTEBOOK},
    "a record of what it read": {
        "projects/p/s.py": "import os\nimport onward as ow\n\nfor n in range(9000):\n"
        "    os.path.exists(f'{n}/{\"nothing/\" * 9}')\now.metric('one', 1)\n"
    },
}


@pytest.mark.parametrize("files", TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_a_step_makes_and_finds_no_room_for_is_told_with_the_step(
    disk: SmallDisk, folder: Path, files: dict[str, str]
) -> None:
    root = write(folder, {"onward.toml": "", **files}, git=False)
    disk.leave(LITTLE_BYTES)
    told = disk.onward(root, "run", "--json")
    assert_told(told)
    assert told.json["error"]["where"].endswith(f", p/{'s' if 'projects/p/s.py' in files else 'one'}")
    disk.make_room()
    answer = disk.onward(root, "run", "--json")
    assert answer.status == 0, answer.text
    assert set(answer.outcomes().values()) == {"made"}


def test_a_file_in_the_tree_that_finds_no_room_is_told_with_the_step(disk: SmallDisk, folder: Path) -> None:
    script = "with open('out.txt', 'w') as file:\n    file.write('words' * 500_000)\n"
    root = write(folder, {"onward.toml": "", "projects/p/s.py": script}, git=False)
    disk.leave(LITTLE_BYTES)
    answer = disk.onward(root, "run", "--json")
    assert_told(answer)
    assert answer.json["error"]["where"] == "projects/p/s.py:1, p/s"
    disk.make_room()
    assert disk.onward(root, "run").status == 0
    assert (root / "projects/p/out.txt").stat().st_size == 2_500_000


def test_an_output_that_finds_no_room_in_the_tree_is_told_by_its_path_and_nothing_half_is_there(
    disk: SmallDisk, folder: Path
) -> None:
    script = "with open('out.txt', 'w') as file:\n    file.write('words' * 500_000)\n"
    root = write(folder, {"onward.toml": "", "projects/p/s.py": script}, git=False)
    assert disk.onward(root, "run").status == 0
    (root / "projects/p/out.txt").unlink()
    disk.leave(LITTLE_BYTES)
    answer = disk.onward(root, "run", "--json")
    assert_told(answer)
    assert "out.txt" in answer.json["error"]["message"]
    assert [path.name for path in (root / "projects/p").iterdir()] == ["s.py"]
    disk.make_room()
    assert disk.onward(root, "run", "--json").outcomes() == {"p/s": "kept"}
    assert (root / "projects/p/out.txt").stat().st_size == 2_500_000
