"""`init`: a workspace from nothing, or around what is there; it changes no file that exists."""

from __future__ import annotations

import subprocess
from pathlib import Path

from onward.app import demo
from onward.app.reading.current import read_current
from onward.app.settings import place as places
from onward.app.wiring import open_workspace
from onward.base.errors import MachineError, RefusedError

_VISITS = """day,visits
2026-03-02,118
2026-03-03,131
2026-03-04,97
2026-03-05,142
2026-03-06,155
"""

_STEPS = '''"""A first project: three assets and a check. Change anything, then type `onward run` again."""

import csv
from pathlib import Path

from onward import asset, check


@asset(unit="visits", title="Visits a day")
def visits_a_day(visits: Path) -> float:
    """The mean over all days of `data/visits.csv`: a source, found by its name."""
    with open(visits, newline="") as file:
        counts = [int(row["visits"]) for row in csv.DictReader(file)]
    return sum(counts) / len(counts)


@asset(title="How we are doing")
def report(visits_a_day: float) -> str:
    """A page in Markdown. Its parameter is the metric above: names are the edges of the graph."""
    return f"# How we are doing\\n\\nWe had **{visits_a_day:.0f} visits a day** this week.\\n"


@check(visits_a_day)
def somebody_came(visits_a_day: float):
    return visits_a_day > 0
'''

_PROJECT = """title = "A first project"
owner = ""
question = "How many people visit us?"
"""

_FIRST_PROJECT = {
    "projects/first/onward.toml": _PROJECT,
    "projects/first/steps.py": _STEPS,
    "projects/first/data/visits.csv": _VISITS,
}


def init(folder: Path, *, with_demo: bool = False) -> tuple[Path, list[str]]:
    """Makes `folder` a workspace; returns its root and the paths created in it.

    A new or empty folder becomes a git repository too, where git is there.

    Raises:
        RefusedError: the folder lies inside of another workspace, or (with the demonstration) is not empty.
        MissingLibraryError: the demonstration's data is not installed.
    """
    folder = folder.absolute()
    if folder.exists() and not folder.is_dir():
        raise RefusedError(f"`{folder}` is a file", hint="choose a folder")
    is_fresh = not folder.exists() or all(entry.name == ".git" for entry in folder.iterdir())
    if with_demo and not is_fresh:
        raise RefusedError(f"`{folder}` is not empty", hint="choose a new folder: `onward init NAME --demo`")
    if not is_fresh:
        _refuse_inside_another(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(f"cannot make the folder `{folder}`: {error.strerror}") from error
    created = demo.write_demo(folder) if with_demo else []
    if is_fresh:
        _git_init(folder)
    created += _write_new(folder, ".gitignore", ".onward/\n.venv/\n__pycache__/\n")
    if not with_demo:
        created += _first_project(folder) if is_fresh else _around(folder)
    if with_demo:
        _first_commit(folder)
    return folder, sorted(created)


def _refuse_inside_another(folder: Path) -> None:
    place = places.find(folder)
    if place.root != folder.resolve() and place.git is not None:
        raise RefusedError(
            f"`{folder}` lies in the git repository `{place.root}`, which is one workspace",
            hint=f"type `onward -C {place.root} init`, or choose a new folder",
        )


def _first_project(folder: Path) -> list[str]:
    created = _write_new(folder, "onward.toml", f'name = "{_toml_text(folder.name)}"\n')
    return created + [name for path, text in _FIRST_PROJECT.items() for name in _write_new(folder, path, text)]


def _around(folder: Path) -> list[str]:
    """What a folder that has files already lacks: settings, and a first project where it has none at all.

    Its candidates are proposed, not decided.
    """
    with open_workspace(folder) as opened:
        reading = read_current(opened, discovered={})
    lines = [f'name = "{_toml_text(folder.resolve().name)}"']
    candidates = [candidate.file for candidate in reading.candidates if candidate.line.startswith("steps")]
    if candidates:
        lines += ["", "# These files could be steps. Take the ones that are, and take the `#` away.", "# steps = ["]
        lines += [f'#   "{_toml_text(path)}",' for path in candidates] + ["# ]"]
    created = _write_new(folder, "onward.toml", "\n".join(lines) + "\n")
    projects = folder / "projects"
    if not reading.graph.steps and not (projects.exists() and any(projects.iterdir())):
        created += [name for path, text in _FIRST_PROJECT.items() for name in _write_new(folder, path, text)]
    return created


def _write_new(folder: Path, name: str, text: str) -> list[str]:
    path = folder / name
    if path.exists():
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return [name]


def _toml_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _git_init(folder: Path) -> bool:
    if (folder / ".git").exists():
        return True
    try:
        command = ["git", "init", "-q", "-b", "main", str(folder)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return False  # no git: a folder is a workspace without it
    return done.returncode == 0


def _first_commit(folder: Path) -> None:
    """The demonstration's first state, so that going back to it is one command. Without git there is none."""
    who = ["-c", "user.name=onward", "-c", "user.email=onward@localhost", "-c", "commit.gpgsign=false"]
    for words in (["add", "-A"], [*who, "commit", "-q", "-m", "The demonstration workspace"]):
        try:
            subprocess.run(["git", "-C", str(folder), *words], capture_output=True, timeout=120, check=True)
        except (OSError, subprocess.SubprocessError):
            return
