"""TARGETs: words of the command line to steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from onward.app.reading.current import read_current
from onward.app.reading.whole import Reading
from onward.app.settings.options import RunOptions
from onward.app.standing import Standing
from onward.app.wiring import Opened
from onward.base import paths
from onward.base.errors import GraphError, UnknownNameError, unknown_name
from onward.base.shell import shell_line
from onward.base.text import nearest
from onward.engine.graph import Graph
from onward.model.workspace import Candidate, Discovered


@dataclass(frozen=True)
class Selection:
    """The steps that targets name, and those with all that they need. `is_whole`: the whole workspace is meant.

    `projects` are meant as such, or are broken and may hold what is meant: what keeps one from being read counts,
    even where that leaves it without steps.
    """

    named: frozenset[str]
    needed: frozenset[str]
    is_whole: bool
    projects: frozenset[str] = frozenset()


def select_steps(reading: Reading, targets: Sequence[str], folder: str = "", *, checks: bool = True) -> Selection:
    """The steps that `targets` name; all steps where there is none.

    Args:
        reading: the workspace.
        targets: `project`, `project/asset`, a name without its project, a glob, the path of a file or a folder,
            `+TARGET`, `TARGET+`.
        folder: where the words were typed, for paths of files.
        checks: whether the checks of what is named come along.

    Raises:
        UnknownNameError: a target names nothing.
        GraphError: a target is a project's name and an asset's at once.
    """
    graph = reading.graph
    if not targets:
        everything = frozenset(graph.steps)
        return Selection(everything, everything, True)
    named: set[str] = set()
    projects: set[str] = set()
    for target in targets:
        word = target.strip()
        follows = word.endswith("+")
        word = word.removesuffix("+").removeprefix("+")
        meant = _projects_meant(reading, word, folder)
        found = _named(reading, word, folder, meant)
        projects |= meant
        named |= graph.depending_on(found) if follows else found
    with_checks = named | {check for name in named if checks for check in graph.checks_of(name)}
    return Selection(frozenset(named), frozenset(graph.needed_by(with_checks)), False, frozenset(projects))


def read_for(
    opened: Opened, options: RunOptions, attempts: Mapping[str, Discovered] = MappingProxyType({})
) -> tuple[Reading, list[Candidate]]:
    """The workspace as a run with these options takes it, and the candidates that it takes for steps this once.

    Args:
        attempts: by step, what it was seen to do in this run, though it failed.
    """
    discovered = opened.standing.discovered()
    # A step that failed before it wrote anything is still the one that writes what it wrote when it was last made.
    discovered |= {name: _and_written(seen, discovered.get(name)) for name, seen in attempts.items()}
    reading = read_current(opened, options.settings, discovered)
    once = candidates_named(reading, options.targets, options.folder)
    if once:
        files = frozenset(candidate.file for candidate in once)
        reading = read_current(opened, options.settings, discovered, files)
    return reading, once


def _and_written(attempt: Discovered, earlier: Discovered | None) -> Discovered:
    if earlier is None:
        return attempt
    return msgspec.structs.replace(attempt, writes=tuple(dict.fromkeys((*attempt.writes, *earlier.writes))))


def candidates_named(reading: Reading, targets: Sequence[str], folder: str = "") -> list[Candidate]:
    """The candidates whose files `targets` name: a run takes them for steps once, outside of snapshots."""
    words = {target.strip().strip("+") for target in targets}
    files = {path for word in words for path in (paths.join(folder, word), paths.join("", word))}
    return [found for found in reading.candidates if found.file in files and found.line.startswith("steps")]


def _projects_meant(reading: Reading, word: str, folder: str) -> set[str]:
    """The projects that a word names, and broken ones that may hold the asset or the file that it names."""
    names = {project.name for project in reading.projects}
    meant = {name for name in names if name == word or name.startswith(word + "/")}
    files = _files_meant(reading, word, folder)
    is_known = bool(_of_name(reading.graph, word))
    for finding in reading.graph.findings:
        is_inside = any(paths.is_below(finding.path or "", path) for path in files)
        may_hold = is_inside or (not is_known and word.rpartition("/")[0] == finding.project)
        if finding.project is not None and finding.hides_steps and may_hold:
            meant.add(finding.project)
    return meant


def _named(reading: Reading, word: str, folder: str, meant: set[str]) -> set[str]:
    graph = reading.graph
    by_project = _of_project(graph, word, reading)
    by_name = _of_name(graph, word)
    if by_project and by_name:
        raise GraphError(
            f"`{word}` is a project and an asset",
            hint=f"write `{word}/*` for the project, and give the asset's step another name",
        )
    found = by_project or by_name or _of_file(reading, word, folder)
    if not found and paths.is_glob(word):
        pattern = paths.glob_pattern(word)
        found = {graph.maker.get(name, name) for name in [*graph.maker, *graph.steps] if pattern.match(name)}
    found = found or _of_last_part(reading, word, folder)
    if found or meant:
        return found
    files = _files_meant(reading, word, folder)
    for candidate in reading.candidates:
        if candidate.file in files:
            raise _no_step(candidate)
    known = [*graph.maker, *graph.steps, *(project.name for project in reading.projects)]
    raise unknown_name("asset, project or file of steps", word, known, hint=_list_hint(word, known))


def _no_step(candidate: Candidate) -> UnknownNameError:
    """Why a file is none of the steps, though somebody means it, and what makes it one if anything does."""
    if candidate.line.startswith("steps"):
        message = f"`{candidate.file}` is no step, though it could be one: {candidate.why}"
        return UnknownNameError(message, hint=f"write `{candidate.line}` in `onward.toml`")
    hint = None if candidate.line.startswith("ignore") else candidate.line
    return UnknownNameError(f"`{candidate.file}` is no step: {candidate.why}", hint=hint)


def _list_hint(word: str, known: Iterable[str]) -> str | None:
    """Where to look, if nothing is near."""
    return None if nearest(word, known, 1) else "see what there is with `onward list`"


def _of_project(graph: Graph, word: str, reading: Reading) -> set[str]:
    names = {project.name for project in reading.projects if project.folder or project.name == word}
    inside = {name for name in names if name == word or name.startswith(word + "/")}
    return {step.name for step in graph.steps.values() if step.project in inside}


def _of_name(graph: Graph, word: str) -> set[str]:
    if word in graph.maker:
        return {graph.maker[word]}
    return {word} if word in graph.steps else set()


def _of_file(reading: Reading, word: str, folder: str) -> set[str]:
    """The steps of a file, or of all files in a folder."""
    for path in _files_meant(reading, word, folder):
        found = {step.name for step in reading.graph.steps.values() if paths.is_below(step.file, path)}
        if found:
            return found
    return set()


def _of_last_part(reading: Reading, word: str, folder: str) -> set[str]:
    """The step of a name without its project: one of the project at hand, else the only one of that name."""
    graph = reading.graph
    makers = {**{name: name for name in graph.steps}, **graph.maker}
    at_hand = f"{reading.rules.name_of(reading.rules.folder_of(folder))}/{word}"
    tails = [at_hand] if at_hand in makers else [name for name in makers if name.endswith("/" + word)]
    return {makers[tails[0]]} if len(tails) == 1 else set()


def _files_meant(reading: Reading, word: str, folder: str) -> list[str]:
    """The workspace paths that a word may mean, nearest first: from where it was typed, from the root."""
    if word.startswith("/"):
        root = f"{reading.place.root}/"
        return [word.removeprefix(root)] if word.startswith(root) else []
    is_relative = word.partition("/")[0] in (".", "..")
    found = [paths.join(folder, word), *([] if is_relative else [paths.join("", word)])]
    return [path for path in found if path is not None]


def resolve_asset(names: Iterable[str], word: str, project: str | None = None, noun: str = "asset") -> str:
    """The asset (or other `noun`) that a word means: its whole name, or its last part where that is one of a kind.

    Raises:
        UnknownNameError: it means none.
    """
    known = list(dict.fromkeys(names))
    if word in known:
        return word
    if project is not None and f"{project}/{word}" in known:
        return f"{project}/{word}"
    tails = [name for name in known if name.endswith("/" + word)]
    if len(tails) == 1:
        return tails[0]
    raise unknown_name(noun, word, tails or known, hint=_list_hint(word, tails or known))


def meant_by(graph: Graph, word: str, project: str) -> str:
    """The asset or source that a step of a project gets by a word that it loads; empty where nothing is called so."""
    try:
        return resolve_asset([*graph.maker, *graph.sources], word, project)
    except UnknownNameError:
        return ""


def paths_to_overwrite(reading: Reading, standing: Standing, words: Sequence[str], folder: str = "") -> list[str]:
    """The files, as workspace paths, that `words` let steps overwrite; seen from `folder`, else from the root.

    Raises:
        UnknownNameError: no step writes such a file.
    """
    written = {path for step in reading.graph.steps.values() for path in step.writes}
    for result in standing.results.values():
        written.update(
            artifact.facts["path"] for artifact in result.trace.artifacts.values() if "path" in artifact.facts
        )
    found = []
    for word in words:
        meant = [path for start in (folder, "") if (path := paths.join(start, word)) in written]
        if not meant:
            near = nearest(word, sorted(written))
            hint = "files that steps write are assets: `onward list`"
            if near:
                hint = f"write `{shell_line('--overwrite', near[0])}`"
            raise UnknownNameError(
                f"no step writes a file `{word}`, so none would overwrite it",
                hint=hint,
                facts=[("close to", ", ".join(near))] if near else (),
            )
        found += meant
    return found
