"""What `--strict` allows a step, and what is said where a step tries something else.

The workspace may be read as a whole, for what is read there counts. A step writes into the folder of its project, and
where its code spells it out. Temporary files and caches are free, and so is to make an empty folder in the home, which
libraries do where they look for their settings. All else is to be declared, below `[strict]` in an
`onward.toml`: the paths, and the steps that may talk to other machines. None of it is in a key: a result that was made
so is the same result.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import onward
from onward.app.observing.seen import spare_folders
from onward.app.observing.watched import Refused
from onward.app.reading.whole import Reading
from onward.app.running.evaluate import Evaluation
from onward.app.settings.config import setting_line
from onward.app.settings.place import CONFIG_NAME
from onward.app.settings.root import LOCAL_FOLDER
from onward.base import paths
from onward.model.workspace import Allowance, Step

REFUSED = "Refused"
_MOST_TOLD = 10
_MOST_FILES = 3
"""More files than this of one folder are declared by the folder."""
_SETTINGS = {
    "read": "reads", "list": "reads", "write": "writes", "remove": "writes", "rename": "writes", "connect": "network",
}  # fmt: skip


def hand_policy(task: dict[str, Any], step: Step, evaluation: Evaluation) -> None:
    """Makes a step's task a strict one. Who is to refuse has to watch, whatever the settings say."""
    reading = evaluation.reading
    root = os.path.realpath(reading.place.root)
    free = spare_folders()
    installed = [str(Path(onward.__file__).parents[1]), *evaluation.python.looked_at]
    allowed = list(_allowances(step, reading))
    spelled_out = [output.path for output in step.outputs if output.path is not None and not output.is_seen]
    task["watch"] = True
    task["strict"] = {
        "reads": [
            root,
            *free,
            *map(os.path.realpath, installed),
            *(_absolute(text, root, folder) for folder, each in allowed for text in each.reads),
        ],
        "writes": [
            *free,
            os.path.join(root, reading.project(step.project).folder),
            *(os.path.join(root, path) for path in spelled_out),
            *(_absolute(text, root, folder) for folder, each in allowed for text in each.writes),
        ],
        "sealed": [root, os.path.join(root, ".git"), os.path.join(root, LOCAL_FOLDER)],
        "folders": [os.path.realpath(os.path.expanduser("~"))],
        "network": any(_may_connect(step, folder, each) for folder, each in allowed),
    }


def verdict(step: Step, refused: Sequence[Refused], own: dict[str, Any] | None, reading: Reading) -> dict[str, Any]:
    """The failure of a step that was refused something; `own` is what it says of itself, if it failed by that."""
    root = os.path.realpath(reading.place.root)
    told = [f"tried to {_deed(each, root)}" for each in refused]
    lines = [f"`--strict` refused what is not declared: {step.name} {told[0]}"]
    lines += [f"  it {said}" for said in told[1:_MOST_TOLD]]
    if len(told) > _MOST_TOLD:
        lines.append(f"  and {len(told) - _MOST_TOLD} more")
    found = own or {"traceback": "", "file": None, "line": None}
    return {**found, "type": REFUSED, "message": "\n".join(lines), "hint": _what_allows(step, refused, root, reading)}


def _allowances(step: Step, reading: Reading) -> Iterator[tuple[str, Allowance]]:
    """What holds for a step, with the folders of the `onward.toml`s that say it."""
    yield "", reading.settings.strict
    project = reading.project(step.project)
    if project.folder:
        yield project.folder, project.settings.strict


def _absolute(text: str, root: str, folder: str) -> str:
    return os.path.realpath(os.path.join(root, folder, os.path.expanduser(text)))


def _may_connect(step: Step, folder: str, allowed: Allowance) -> bool:
    name = _name_in(step, folder)
    return any(name == text or paths.glob_pattern(text).match(name) for text in allowed.network)


def _name_in(step: Step, folder: str) -> str:
    """The step's name as an `onward.toml` in that folder says it: a project's own leaves the project out."""
    return step.name.removeprefix(f"{step.project}/") if folder else step.name


def _deed(refused: Refused, root: str) -> str:
    if refused.verb == "connect":
        return f"connect to {refused.path}, another machine"
    inside = _inside(refused.path, root)
    if inside is None:
        return f"{refused.verb} `{refused.path}`, outside of the workspace"
    return f"{refused.verb} `{inside}`, which is not its project's"


def _inside(path: str, root: str) -> str | None:
    return path[len(root) + 1 :] if path.startswith(f"{root}/") else None


def _what_allows(step: Step, refused: Sequence[Refused], root: str, reading: Reading) -> str:
    """The lines of an `onward.toml` that allow it: of the project's, where there is one, else of the root's."""
    project = reading.project(step.project)
    file = f"{project.folder}/{CONFIG_NAME}" if project.folder else CONFIG_NAME
    is_own = file in reading.config_digests
    folder = project.folder if is_own else ""
    allowed = project.settings.strict if is_own else reading.settings.strict
    wanted: dict[str, list[str]] = {}
    for each in refused:
        wanted.setdefault(_SETTINGS[each.verb], []).append(each.path)
    lines = []
    for setting, found in wanted.items():
        if setting == "network":
            texts = [_name_in(step, folder)]
        else:
            texts = [_relative(path, root, folder) for path in _gathered(found)]
        now = getattr(allowed, setting)
        lines.append(f"{setting} = {json.dumps([*now, *texts], ensure_ascii=False)}")
    place = _place(file if is_own else CONFIG_NAME, reading)
    return f"if it may, write below `[strict]` in `{place}`: {' and '.join(f'`{line}`' for line in lines)}"


def _place(file: str, reading: Reading) -> str:
    """The file, with the line of its `[strict]` where it has one."""
    if file not in reading.config_digests:
        return file
    line = setting_line((reading.place.root / file).read_bytes(), "strict")
    return f"{file}:{line}" if line is not None else file


def _relative(path: str, root: str, folder: str) -> str:
    if _inside(path, root) is None:
        return path
    return os.path.relpath(path, os.path.join(root, folder))


def _gathered(found: Iterable[str]) -> list[str]:
    """The paths; of many in one folder, the folder."""
    by_folder: dict[str, list[str]] = {}
    for path in dict.fromkeys(found):
        by_folder.setdefault(os.path.dirname(path), []).append(path)
    gathered: list[str] = []
    for folder, inside in by_folder.items():
        gathered += [folder] if len(inside) > _MOST_FILES and folder != "/" else inside
    return gathered
