"""Runs the samples of a Markdown page, in order, and compares what they print with what the page shows.

CONTRIBUTING.md tells writers of pages the convention. A page is text here: which pages there are, and what
onward is, is known to others.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WORKSPACES = ("demo", "empty", "none")
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,}) *(?P<language>[\w+-]*)(?P<rest>[^`]*)$")
_TITLE = re.compile(r'title="([^"]+)"')
_WORKSPACE = re.compile(r"<!--\s*workspace:\s*(\S+)\s*-->")
_EXIT = re.compile(r"#\s*exit (\d+)\s*$")


class WrongSampleError(AssertionError):
    """A page shows something else than what happens."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its text without the fences, and the line of the page that it begins in."""

    language: str
    text: str
    line: int
    title: str | None = None


@dataclass(frozen=True)
class Command:
    """What stands after a `$`: a shell command, the status it ends with, and the lines that it prints.

    `expected` is None where the page shows nothing; then nothing is compared.
    """

    text: str
    line: int
    status: int = 0
    expected: list[str] | None = None


@dataclass
class Page:
    """A page's samples, and the folder that they begin in (`WORKSPACES`)."""

    name: str
    workspace: str
    blocks: list[Block] = field(default_factory=list)

    @property
    def samples(self) -> list[Block]:
        """The blocks that are run or written, in order."""
        return [block for block in self.blocks if block.title or block.language in {"console", "python"}]


def read_page(name: str, text: str) -> Page:
    """The page `text`.

    Raises:
        WrongSampleError: it asks for an unknown workspace, or a block is never closed.
    """
    asked = _WORKSPACE.search(text)
    workspace = asked[1] if asked else "empty"
    if workspace not in WORKSPACES:
        raise WrongSampleError(f"{name}: no workspace is called `{workspace}`; known are {', '.join(WORKSPACES)}")
    return Page(name, workspace, list(_blocks(name, text)))


def _blocks(name: str, text: str) -> Iterator[Block]:
    opened: re.Match[str] | None = None
    inside: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if opened is None:
            if fence:
                opened, inside, start = fence, [], number
            continue
        closes = line.strip().startswith(opened["ticks"]) and not line.strip().strip(opened["ticks"][0])
        if not closes:
            inside.append(line.removeprefix(opened["indent"]))
            continue
        title = _TITLE.search(opened["rest"])
        yield Block(opened["language"], "\n".join(inside) + "\n", start, title[1] if title else None)
        opened = None
    if opened is not None:
        raise WrongSampleError(f"{name}:{start}: the block is never closed")


def commands_of(block: Block) -> list[Command]:
    """The commands of a console block, each with what it shows.

    Raises:
        WrongSampleError: output stands before the first command.
    """
    commands: list[Command] = []
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if line.startswith("$ "):
            asked = _EXIT.search(line)
            commands.append(Command(line[2:], number, int(asked[1]) if asked else 0))
        elif not commands:
            if line.strip():
                raise WrongSampleError(f"line {number}: a console block begins with `$ ` and a command")
        else:
            last = commands[-1]
            if line.startswith("> ") and last.expected is None:
                commands[-1] = Command(f"{last.text}\n{line[2:]}", last.line, last.status)
            elif line.strip() or last.expected is not None:
                shown = [*(last.expected or []), line]
                commands[-1] = Command(last.text, last.line, last.status, shown)
    return commands


def agrees(expected: list[str], printed: str) -> bool:
    """Whether `printed` is what a page shows.

    `...` stands for anything within a line, and alone on a line for any number of lines. Space at the end
    of lines, and empty lines at the end, do not count.
    """
    shown = "\n".join(line.rstrip() for line in expected).rstrip("\n").split("\n")
    pattern = ""
    for line in shown:
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += "[^\n]*".join(re.escape(part) for part in line.split("...")) + r"\n"
    real = "\n".join(line.rstrip() for line in printed.splitlines()).rstrip("\n") + "\n"
    return re.fullmatch(pattern, real) is not None


def run_page(page: Page, folder: Path) -> None:
    """Runs the samples of `page` in `folder`, which is there and empty.

    Raises:
        WrongSampleError: a command ends with another status or prints something else, or a block of Python
            raises.
    """
    variables = _surroundings(folder)
    place = folder / "workspace"
    place.mkdir()
    if page.workspace != "none":
        _shell("git init --quiet --initial-branch=main .", place, variables)
    if page.workspace == "demo":
        done = _shell("onward init --demo", place, variables)
        if done.returncode:
            raise WrongSampleError(f"{page.name}: no demonstration to begin with\n{done.stdout}")
    root, namespace = place, dict[str, Any]({"__name__": "__main__"})
    for block in page.samples:
        if block.title:
            target = root / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, "utf-8")
        elif block.language == "console":
            place = _run_console(page, block, place, variables)
        else:
            _run_python(page, block, place, namespace)


def _run_console(page: Page, block: Block, place: Path, variables: dict[str, str]) -> Path:
    """Runs a block's commands; returns the folder that they end in."""
    for command in commands_of(block):
        done = _shell(command.text, place, variables)
        where = f"{page.name}:{command.line}: $ {command.text}"
        if done.returncode != command.status:
            raise WrongSampleError(f"{where}\nended with {done.returncode}, not {command.status}\n{done.stdout}")
        if command.expected is not None and not agrees(command.expected, done.stdout):
            shown = "\n".join(command.expected)
            raise WrongSampleError(f"{where}\n--- the page shows\n{shown}\n--- it prints\n{done.stdout}")
        place = Path(Path(variables["LAST_FOLDER"]).read_text("utf-8").rstrip("\n"))
    return place


def _run_python(page: Page, block: Block, place: Path, namespace: dict[str, Any]) -> None:
    # The empty lines in front let a traceback name the page's own lines.
    code = compile("\n" * block.line + block.text, page.name, "exec")
    try:
        with contextlib.chdir(place), contextlib.redirect_stdout(io.StringIO()):
            exec(code, namespace)
    except Exception as error:  # whatever a sample raises, the page is wrong
        raise WrongSampleError(f"{page.name}:{block.line}: {type(error).__name__}: {error}") from error


def _shell(text: str, place: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    script = f'{text}\nstatus=$?\npwd > "$LAST_FOLDER"\nexit $status\n'
    return subprocess.run(
        ["bash", "-c", script],
        cwd=place,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )


def _surroundings(folder: Path) -> dict[str, str]:
    """Variables that are the same for everybody, with the Python that runs this as the active environment."""
    home = folder / "home"
    home.mkdir()
    person = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
    }
    return person | {
        "HOME": str(home),
        "LAST_FOLDER": str(home / "last-folder"),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "TERM": "dumb",
        "VIRTUAL_ENV": sys.prefix,
    }
