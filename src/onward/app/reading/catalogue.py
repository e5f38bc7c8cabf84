"""The catalogue of a run: titles, owners, words and edges, so that a site needs the store alone.

What is code stays in the basis; the catalogue says which file and line a step has in it.
"""

from __future__ import annotations

import msgspec

from onward.app.reading.whole import Reading
from onward.base.codec import decode, encode
from onward.base.digest import Digest
from onward.model.difference import Tolerance
from onward.model.workspace import Output, Step
from onward.store.opened import Store

CATALOGUE_FORMAT = 1
_READMES = ("README.md", "readme.md", "Readme.md")


class ProjectEntry(msgspec.Struct, frozen=True):
    name: str
    folder: str
    title: str | None = None
    owner: str | None = None
    question: str | None = None
    readme: str = ""


class StepEntry(msgspec.Struct, frozen=True):
    """A step (or check) as the site shows it. `takes` are the things by name with their form."""

    name: str
    project: str
    kind: str
    file: str
    line: int
    symbol: str | None
    takes: tuple[tuple[str, str], ...]
    assets: tuple[str, ...]
    upstream: tuple[str, ...]
    title: str | None
    doc: str
    checks: str | None = None
    severity: str | None = None
    code: tuple[str, ...] = ()
    """Files of the workspace that its code lies in, its own first."""


class AssetEntry(msgspec.Struct, frozen=True):
    name: str
    step: str
    title: str | None = None
    unit: str | None = None
    key: tuple[str, ...] = ()


class SourceEntry(msgspec.Struct, frozen=True):
    name: str
    project: str | None
    form: str
    where: str
    paths: tuple[str, ...]


class Catalogue(msgspec.Struct, frozen=True):
    """What a workspace says of itself."""

    format: int
    name: str
    title: str | None
    owner: str | None
    projects: tuple[ProjectEntry, ...]
    steps: tuple[StepEntry, ...]
    assets: tuple[AssetEntry, ...]
    sources: tuple[SourceEntry, ...]
    tolerances: dict[str, Tolerance] = {}
    """How far metrics may move without being told as changed, by asset."""


def keep(reading: Reading, store: Store) -> Digest:
    """Keeps the catalogue of a workspace; returns its address."""
    return store.objects.put(encode(of(reading)))


def load(store: Store, address: Digest) -> Catalogue | None:
    """A kept catalogue; None where it is gone or damaged."""
    content = store.objects.read(address)
    if content is None:
        return None
    try:
        return decode(content, Catalogue)
    except msgspec.DecodeError:
        return None


def of(reading: Reading) -> Catalogue:
    """The catalogue of a workspace as it is read."""
    graph = reading.graph
    holding = {step.project for step in graph.steps.values()}
    return Catalogue(
        CATALOGUE_FORMAT,
        reading.settings.name or reading.place.root.name,
        reading.settings.title,
        reading.settings.owner,
        tuple(
            ProjectEntry(
                project.name,
                project.folder,
                project.settings.title,
                project.settings.owner or reading.settings.owner,
                project.settings.question,
                _readme(reading, project.folder),
            )
            for project in sorted(reading.projects, key=lambda project: project.name)
            if project.name in holding
        ),
        tuple(_step(reading, name) for name in graph.order),
        tuple(
            AssetEntry(output.asset, step.name, output.title or _title(step, output), output.unit, output.key)
            for step in graph.steps.values()
            for output in step.outputs
        ),
        tuple(
            SourceEntry(source.qualified, source.project, source.form, source.where, source.paths)
            for source in sorted(graph.sources.values(), key=lambda source: source.qualified)
        ),
        reading.tolerances,
    )


def _step(reading: Reading, name: str) -> StepEntry:
    graph = reading.graph
    step = graph.steps[name]
    takes = [(binding.target, binding.form) for binding in step.bindings]
    takes += [(asset, "asset") for asset in graph.taken_by_path(name)]
    takes += [(path, "file") for path in graph.files_taken(name)]
    return StepEntry(
        step.name,
        step.project,
        step.kind,
        step.file,
        step.line,
        step.symbol,
        tuple(dict.fromkeys(takes)),
        step.assets,
        graph.upstream[name],
        step.title,
        step.doc,
        step.check.asset if step.check else None,
        step.check.severity if step.check else None,
        (step.file,),
    )


def _title(step: Step, output: Output) -> str | None:
    """A document goes by its step's title; what else the step makes has names of its own."""
    return step.title if output.asset == step.name else None


def _readme(reading: Reading, folder: str) -> str:
    for name in _READMES:
        path = reading.place.root / folder / name
        try:
            return path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    return ""
