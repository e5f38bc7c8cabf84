"""Prose edited in a notebook is shown at once: what was executed is not executed again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from onward.testing.workspace import contents_of, write
from tests.cli import shapes
from tests.cli.program import Answer, onward
from tests.cli.schema import mistakes

Notebook = dict[str, Any]
REPORT = "projects/sales/report.ipynb"


def code(source: str, *tags: str, **fields: Any) -> dict[str, Any]:
    about = {"tags": list(tags)} if tags else {}
    return {"cell_type": "code", "metadata": about, "source": source, "outputs": [], "execution_count": None, **fields}


def prose(source: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {"tags": list(tags)} if tags else {}, "source": source}


def notebook(*cells: dict[str, Any], **metadata: Any) -> Notebook:
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


class Workspace:
    """A workspace with one notebook, whose first cell tells a file outside that it was executed."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "workspace"
        self.witness = folder / "executed"
        cell = f"with open({str(self.witness)!r}, 'a') as told:\n    told.write('x')"
        self.cells = [
            prose("# Sales\n\nThe first words."),
            code(cell),
            code("import onward as ow\nrows = ow.load('orders', 'pandas.DataFrame')\ntotal = int(rows.n.sum())"),
            code("ow.metric('total', total)\nprint('the total is', total)"),
            code("total"),
        ]
        files = {
            "onward.toml": "",
            "projects/sales/data/orders.csv": "n\n1\n2\n",
            "projects/sales/steps.py": "from onward import asset\n\n\n@asset\ndef twice(total) -> float:\n"
            "    return 2.0 * total\n",
        }
        write(self.root, files)
        self.save(*self.cells)

    def save(self, *cells: dict[str, Any], **metadata: Any) -> None:
        write(self.root, {REPORT: json.dumps(notebook(*cells, **metadata))})

    def run(self, *words: str) -> Answer:
        answer = onward(self.root, "run", "--json", *words)
        assert mistakes(answer.json, shapes.RUN) == []
        return answer

    def executed(self) -> int:
        """How often the notebook was executed."""
        return len(self.witness.read_text()) if self.witness.exists() else 0

    def page(self) -> str:
        target = self.root.parent / "page.html"
        assert onward(self.root, "get", "sales/report", "--out", str(target)).status == 0
        return target.read_text()

    def content(self) -> str:
        digest: str = onward(self.root, "show", "sales/report", "--json").json["digest"]
        return digest

    def clean_content(self) -> str:
        """What a run of the same files in an empty store gives."""
        before = self.witness.read_text()
        clean = self.root.parent / "clean"
        shutil.rmtree(clean, ignore_errors=True)
        write(clean, contents_of(self.root))
        assert onward(clean, "run", "--json").status == 0
        self.witness.write_text(before)
        digest: str = onward(clean, "show", "sales/report", "--json").json["digest"]
        return digest


@pytest.fixture
def made(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    assert set(workspace.run().outcomes().values()) == {"made"}
    assert workspace.executed() == 1
    return workspace


def report_of(answer: Answer) -> dict[str, Any]:
    (step,) = [step for step in answer.json["steps"] if step["name"] == "sales/report"]
    return step


def test_prose_is_shown_anew_and_nothing_is_executed(made: Workspace) -> None:
    before = made.content()
    made.save(prose("# Turnover\n\nOther words."), *made.cells[1:], prose("The end."))
    planned = onward(made.root, "run", "--dry-run", "--json").json
    assert mistakes(planned, shapes.PLAN) == []
    assert {step["name"]: step["outcome"] for step in planned["steps"]} == {
        "sales/report": "would-make",
        "sales/twice": "kept",
    }
    assert report_of(onward(made.root, "run", "--dry-run", "--json"))["executed"] is False
    answer = made.run()
    assert answer.outcomes() == {"sales/report": "made", "sales/twice": "kept"}
    assert report_of(answer)["executed"] is False
    assert report_of(answer)["reasons"] == [f"code {REPORT} (prose) changed"]
    assert made.executed() == 1
    page = made.page()
    assert "Other words." in page
    assert "The end." in page
    assert "The first words." not in page
    assert "<title>Turnover</title>" in page
    assert "the total is 3" in page
    assert made.content() != before
    assert made.content() == made.clean_content()
    assert set(made.run().outcomes().values()) == {"kept"}
    assert "executed" not in report_of(made.run())


SAME = {"sales/report": "made", "sales/twice": "kept"}


def rendered(made: Workspace) -> None:
    """The run that follows executes nothing, keeps to its plan, and ends where a clean run does."""
    planned = report_of(onward(made.root, "run", "--dry-run", "--json"))
    assert (planned["outcome"], planned.get("executed")) == ("would-make", False)
    before = made.executed()
    answer = made.run()
    assert answer.outcomes() == SAME
    assert report_of(answer)["executed"] is False
    assert made.executed() == before
    assert made.content() == made.clean_content()


def executed(made: Workspace) -> None:
    """The run that follows executes the notebook, as its plan says, and ends where a clean run does."""
    planned = report_of(onward(made.root, "run", "--dry-run", "--json"))
    assert planned["outcome"] in ("would-make", "may-make")
    assert "executed" not in planned
    before = made.executed()
    answer = made.run()
    assert report_of(answer)["outcome"] == "made"
    assert "executed" not in report_of(answer)
    assert made.executed() == before + 1
    assert made.content() == made.clean_content()


def test_a_comment_an_empty_line_and_tags_of_the_page_are_shown_anew(made: Workspace) -> None:
    first, told, load, metric, shown = made.cells
    commented = code("# the orders\n\n" + load["source"] + "  # of all days")
    made.save(first, told, commented, metric, shown)
    rendered(made)
    assert "# of all days" in made.page()
    made.save(first, told, commented, metric, code("total", "remove-input", "remove-output"))
    rendered(made)
    made.save(first, told, commented, code(""), metric, code("total", "hide-output"), title="Another")
    rendered(made)
    assert "Show output" in made.page()


def changed_code(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*cells[:3], code("ow.metric('total', total)\nprint('in total', total)"), cells[4]]


def split(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*cells[:3], code("ow.metric('total', total)"), code("print('the total is', total)"), cells[4]]


def joined(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*cells[:3], code(cells[3]["source"] + "\n" + cells[4]["source"])]


def moved_border(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*cells[:3], code("ow.metric('total', total)"), code("print('the total is', total)\ntotal")]


def silenced(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*cells[:4], code("total;")]


def skipped(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*cells[:4], code("total", "skip-execution")]


def with_parameters(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*cells[:4], code("total", "parameters")]


def may_fail(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*cells[:4], code("total", "raises-exception")]


def with_magic(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*cells[:4], code("%%time\ntotal")]


def with_shell(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*cells[:4], code("!echo hello\ntotal")]


def reordered(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*cells[:3], cells[4], cells[3]]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which nothing but dry runs follow."""
    workspace = Workspace(tmp_path_factory.mktemp("planned"))
    assert workspace.run().status == 0
    return workspace


@pytest.mark.parametrize(
    "edit",
    [
        changed_code, split, joined, moved_border, silenced, skipped, with_parameters, may_fail, with_magic,
        with_shell, reordered,
    ],
)  # fmt: skip
def test_what_decides_what_is_executed_and_shown_executes(planned: Workspace, edit: Any) -> None:
    planned.save(prose("# Other words"), *edit(planned.cells)[1:])
    step = report_of(onward(planned.root, "run", "--dry-run", "--json"))
    assert step["outcome"] == "would-make"
    assert "executed" not in step
    assert not any("(prose)" in reason or "(layout)" in reason for reason in step["reasons"])


def test_edited_code_is_executed_with_the_prose_around_it(made: Workspace) -> None:
    made.save(prose("# Other words"), *changed_code(made.cells)[1:])
    executed(made)
    page = made.page()
    assert "Other words" in page
    assert "in total 3" in page


def test_what_an_earlier_session_left_in_the_file_never_counts(made: Workspace) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "stale"}
    cells = [
        {**cell, "id": f"id-{number}", **({"outputs": [output], "execution_count": 7} if "outputs" in cell else {})}
        for number, cell in enumerate(made.cells)
    ]
    made.save(*cells, widgets={"application/vnd.jupyter.widget-state+json": {"state": {"x": 1}}})
    assert report_of(onward(made.root, "run", "--dry-run", "--json"))["outcome"] == "kept"
    assert set(made.run().outcomes().values()) == {"kept"}
    assert made.executed() == 1


def test_new_prose_with_new_data_is_executed(made: Workspace) -> None:
    made.save(prose("# Other words"), *made.cells[1:])
    write(made.root, {"projects/sales/data/orders.csv": "n\n1\n2\n3\n"})
    executed(made)
    assert "the total is 6" in made.page()


def test_prose_that_comes_back_is_restored(made: Workspace) -> None:
    made.save(prose("# Other words"), *made.cells[1:])
    rendered(made)
    made.save(*made.cells)
    assert made.run().outcomes() == {"sales/report": "restored", "sales/twice": "kept"}
    assert made.executed() == 1
    assert "The first words." in made.page()


def damage(made: Workspace, suffix: str) -> None:
    (run,) = (made.root / ".onward" / "store" / "runs").iterdir()
    (part,) = [
        part
        for part in json.loads(run.read_bytes())["artifacts"]["sales/report"]["parts"]
        if part["name"].endswith(suffix)
    ]
    place = made.root / ".onward" / "store" / "objects" / part["bytes"][:2] / part["bytes"][2:]
    place.chmod(0o644)
    place.write_bytes(b"damaged")


def test_a_kept_notebook_that_is_damaged_is_executed_again(made: Workspace) -> None:
    damage(made, ".ipynb")
    made.save(prose("# Other words"), *made.cells[1:])
    executed(made)
    assert "Other words" in made.page()


def test_a_run_that_is_forced_executes(made: Workspace) -> None:
    made.save(prose("# Other words"), *made.cells[1:])
    answer = made.run("--force", "sales/report")
    assert "executed" not in report_of(answer)
    assert made.executed() == 2


def test_status_and_why_say_that_nothing_would_be_executed(made: Workspace) -> None:
    made.save(prose("# Other words"), *made.cells[1:])
    status = onward(made.root, "status", "--json").json
    assert mistakes(status, shapes.STATUS) == []
    (report,) = [step for step in status["steps"] if step["name"] == "sales/report"]
    assert (report["state"], report["executed"]) == ("stale", False)
    assert [step["state"] for step in status["steps"] if step["name"] == "sales/twice"] == ["current"]
    assert "re-rendered only" in onward(made.root, "status").out
    why = onward(made.root, "why", "sales/report", "--json").json
    assert mistakes(why, shapes.WHY) == []
    assert (why["decision"], why["executed"]) == ("run", False)
    assert why["reasons"][0]["kind"] == "code"
    assert "rendered again from kept outputs" in onward(made.root, "why", "sales/report").out
    assert "would-render" in onward(made.root, "run", "--dry-run").out


def test_a_comment_moves_the_lines_that_a_warning_quotes(made: Workspace) -> None:
    warned = code("import warnings\nwarnings.warn('careful')")
    made.save(*made.cells, warned)
    executed(made)
    made.save(prose("# Other words"), *made.cells[1:], warned)
    rendered(made)
    moved = code("import warnings\n# a remark\nwarnings.warn('careful')")
    made.save(prose("# Other words"), *made.cells[1:], moved)
    executed(made)
    assert "cell 6:3: UserWarning" in made.page()
    made.save(prose("# Other words"), prose("one more"), *made.cells[1:], moved)
    executed(made)
    assert "cell 7:3: UserWarning" in made.page()


def test_code_that_reads_its_own_text_is_executed_for_a_comment(made: Workspace) -> None:
    reading = "import inspect\n\ndef f():\n    return 1{}\n\nprint(inspect.getsource(f))"
    made.save(*made.cells, code(reading.format("")))
    executed(made)
    made.save(*made.cells, code(reading.format("  # one")))
    executed(made)
    assert "return 1  # one" in made.page()
    made.save(prose("# Other words"), *made.cells[1:], code(reading.format("  # one")))
    rendered(made)


def test_files_that_the_notebook_wrote_are_put_back(made: Workspace) -> None:
    made.save(*made.cells, code("rows.to_csv('copy.csv', index=False)"))
    made.run()
    copy = made.root / "projects/sales/copy.csv"
    wrote = copy.read_text()
    copy.unlink()
    made.save(prose("# Other words"), *made.cells[1:], code("rows.to_csv('copy.csv', index=False)"))
    answer = made.run()
    assert report_of(answer)["executed"] is False
    assert copy.read_text() == wrote
    assert "sales/copy.csv" in report_of(answer)["assets"]


def test_outputs_of_an_older_state_serve_after_the_code_was_edited_and_put_back(made: Workspace) -> None:
    made.save(*changed_code(made.cells))
    executed(made)
    made.save(prose("# Other words"), *made.cells[1:])
    rendered(made)
    assert "the total is 3" in made.page()


def test_a_picture_that_the_prose_shows_counts_by_its_bytes(made: Workspace) -> None:
    write(made.root, {"projects/sales/map.svg": "<svg>first</svg>"})
    made.save(prose("# Sales\n\n![a map](map.svg)"), *made.cells[1:])
    rendered(made)
    before = made.content()
    assert set(made.run().outcomes().values()) == {"kept"}
    write(made.root, {"projects/sales/map.svg": "<svg>second</svg>"})
    executed(made)
    assert made.content() != before
