"""Notebooks for tests, and a real child of a real bare parent that runs them."""

from __future__ import annotations

import json
import select
import sys
import time
from pathlib import Path
from typing import Any

import onward
from onward.app.workers import Workers
from onward.model.event import Ending

RUNTIME = str(Path(onward.__file__).parents[1])
LIMIT_S = 240.0


def code(source: str, *tags: str, **metadata: Any) -> dict[str, Any]:
    """A code cell."""
    about = {**metadata, "tags": list(tags)} if tags else metadata
    return {"cell_type": "code", "metadata": about, "source": source, "outputs": [], "execution_count": None}


def prose(source: str, *tags: str, **fields: Any) -> dict[str, Any]:
    """A cell of Markdown."""
    return {"cell_type": "markdown", "metadata": {"tags": list(tags)} if tags else {}, "source": source, **fields}


def notebook(*cells: dict[str, Any] | str, **metadata: Any) -> dict[str, Any]:
    """A notebook of format 4.4, whose cells have no ids; text stands for a code cell."""
    made = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}


class Outcome:
    """What a child left in its outbox."""

    def __init__(self, outbox: Path, ending: Ending) -> None:
        self.ending = ending
        self.result: dict[str, Any] = json.loads(ending.result) if ending.result else {}
        log = outbox / "log.jsonl"
        self.log = [json.loads(line)[1:] for line in log.read_text().splitlines()] if log.exists() else []

    @property
    def error(self) -> dict[str, Any]:
        return self.result["error"]

    @property
    def document(self) -> dict[str, Any]:
        """The description of the document; shows what went wrong where there is none."""
        assert self.result.get("ok"), (self.result, self.log)
        (written,) = self.result["written"].values()
        return written

    def text(self, suffix: str) -> str:
        (file,) = (file for file in self.document["files"] if file["name"].endswith(suffix))
        return Path(file["path"]).read_text(encoding="utf-8")

    @property
    def page(self) -> str:
        return self.text(".html")

    @property
    def executed(self) -> dict[str, Any]:
        return json.loads(self.text(".ipynb"))

    @property
    def content(self) -> Any:
        return self.document["content"]

    def saves(self) -> dict[str, dict[str, Any]]:
        return {fact["name"]: fact["written"] for fact in self.result["saves"]}


class Runner:
    """A workspace in a folder, and a bare parent that starts children for it."""

    def __init__(self, root: Path, python: str = sys.executable) -> None:
        self.root = root
        self.python = python
        self.workers = Workers(Path(python), RUNTIME)
        self._count = 0

    def close(self) -> None:
        self.workers.close()

    def write(self, name: str, content: Any) -> Path:
        """A file of the workspace; whatever is no text is written as JSON."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def task(self, file: str = "projects/p/report.ipynb", **more: Any) -> dict[str, Any]:
        """What the child is told; `more` replaces parts of it."""
        self._count += 1
        outbox = self.root.parent / f"{self.root.name}-outbox-{self._count}"
        outbox.mkdir()
        path = self.root / file
        return {
            "step": "p/report", "kind": "notebook", "driver": "onward.runtime.notebook",
            "document": "p/report", "title": "", "file": str(path), "folder": str(path.parent),
            "root": str(self.root), "roots": [str(path.parent), str(self.root / "lib"), str(self.root)],
            "outside": [], "bytecode": str(self.root / ".onward" / "bytecode"), "python": self.python,
            "outbox": str(outbox), "variables": {}, "passed": [], "as_of": "2026-01-31", "inputs": {}, "outputs": [],
            "absent": [], **more,
        }  # fmt: skip

    def run(self, content: Any, **more: Any) -> Outcome:
        """Writes the notebook and runs it."""
        self.write("projects/p/report.ipynb", content)
        return self.run_task(self.task(**more))

    def run_task(self, task: dict[str, Any]) -> Outcome:
        return self.wait(self.workers.start(task), task)

    def wait(self, identity: int, task: dict[str, Any]) -> Outcome:
        """Waits for the end of a child that was started."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            select.select([self.workers.events], [], [], 1)
            for ending in self.workers.endings():
                if ending.identity == identity:
                    return Outcome(Path(task["outbox"]), ending)
        raise AssertionError("the child did not end")

    def source(self, name: str) -> dict[str, Any]:
        """A file of the workspace as the input of a step."""
        path = str(self.root / name)
        return {
            "form": "source", "source_form": Path(name).suffix[1:], "paths": [path], "where": path,
            "table": None, "wanted": "",
        }  # fmt: skip
