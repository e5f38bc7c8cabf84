"""What a workload is to a tool: files to lay out, rules for tools that take rules, and the right answers.

Two forms of one workload: `rules` for tools that are told each step (a script, its inputs, its output), and
`onward`, where the same functions are assets. In `onward files` each step is a script that reads and writes files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

Form = Literal["rules", "onward", "onward files"]


@dataclass(frozen=True)
class Rule:
    """One step as a build file has it; paths are relative to the workload's folder.

    Attributes:
        script: the file that holds the step's function, or the notebook.
        inputs: data and results that it takes, in order.
        library: shared code, an input too where a tool is told of it.
        command: what to run instead of the script; empty: Python runs the script.
    """

    name: str
    script: str
    inputs: tuple[str, ...]
    library: tuple[str, ...]
    output: str
    command: tuple[str, ...] = ()


class Workload(Protocol):
    """Work that each tool can be given. Answers are compared with `==`."""

    names: tuple[str, ...]

    def write(self, folder: Path, form: Form) -> None:
        """Lays the files out in an empty folder."""
        ...

    def rules(self) -> list[Rule]:
        """The steps for a tool that is told them, in an order in which they can run."""
        ...

    def answers(self) -> Mapping[str, Any]:
        """The right result of each step, worked out without any tool."""
        ...

    def read_file(self, path: Path) -> Any:
        """A result from the file that a rule names."""
        ...

    def read_artifact(self, media: str, path: Path) -> Any:
        """A result from the bytes that onward keeps."""
        ...


def write_all(folder: Path, texts: Mapping[str, str]) -> None:
    """Writes files below a folder."""
    for parent in {(folder / path).parent for path in texts}:
        parent.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        (folder / path).write_text(text, "utf-8")
