"""A step's task: everything that its child is told, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from onward.app.running.evaluate import Evaluation
from onward.app.settings.place import Place
from onward.app.settings.variables import is_secret
from onward.base.text import nearest
from onward.model.artifact import Artifact
from onward.model.workspace import Binding, Step
from onward.steps.registry import kinds

_EXTENSIONS = {
    "application/vnd.apache.parquet": ".parquet",
    "application/json": ".json",
    "text/csv": ".csv",
    "text/markdown": ".md",
    "text/html": ".html",
    "application/x-joblib": ".joblib",
}


class DamagedInputError(Exception):
    """An input's bytes are not what their digest says; `asset` has to be made again."""

    def __init__(self, asset: str) -> None:
        super().__init__(asset)
        self.asset = asset


def task_of(step: Step, evaluation: Evaluation, place: Place, outbox: Path, as_of: str) -> dict[str, Any]:
    """What the child of a step is told.

    Raises:
        DamagedInputError: an input is damaged.
    """
    reading, python = evaluation.reading, evaluation.python
    root = str(place.root)
    task: dict[str, Any] = {
        "step": step.name,
        "kind": step.kind,
        "file": f"{root}/{step.file}",
        "folder": f"{root}/{step.folder}" if step.folder else root,
        "root": root,
        "roots": [f"{root}/{folder}" if folder else root for folder in reading.roots_of(step.file)],
        "outside": list(python.outside),
        "bytecode": str(place.bytecode),
        "python": str(python.executable),
        "outbox": str(outbox),
        "variables": dict(reading.settings.variables),
        "passed": list(reading.settings.passed),
        "hidden": [name for name in reading.settings.passed if is_secret(name)],
        "as_of": as_of,
        "inputs": {},
        "outputs": [
            {"asset": output.asset, "field": output.field, "kind": output.kind, "unit": output.unit}
            for output in step.outputs
            if output.path is None
        ],
        "absent": [],
        "watch": reading.settings.watch,
    }
    taken = [evaluation.artifacts.get(binding.target) for binding in step.bindings if binding.form == "asset"]
    evaluation.store.objects.bring(address for artifact in taken if artifact for address in artifact.addresses())
    for binding in step.bindings:
        task["inputs"][binding.name] = handed(binding, evaluation, outbox)
    task.update(kinds()[step.kind].task(step, reading.files[step.file]))
    return task


def handed(binding: Binding, evaluation: Evaluation, outbox: Path) -> dict[str, Any]:
    """An input as the child gets it.

    Raises:
        DamagedInputError: its bytes are damaged.
    """
    if binding.form == "source":
        return hand_source(evaluation, binding.target, binding.wanted)
    if binding.target not in evaluation.artifacts:
        # Another reader has found it damaged since this step was decided upon: it is about to be made again.
        raise DamagedInputError(binding.target)
    artifact = evaluation.artifacts[binding.target]
    if artifact is None:
        return {"form": "nothing", "name": binding.target}
    return hand_artifact(artifact, evaluation, binding.target, binding.wanted, outbox)


def hand_source(evaluation: Evaluation, name: str, wanted: str) -> dict[str, Any]:
    """A source as the child gets it."""
    source = evaluation.reading.graph.sources[name]
    root = str(evaluation.reading.place.root)
    return {
        "form": "source",
        "source_form": source.form,
        "paths": [f"{root}/{path}" for path in source.paths],
        "where": f"{root}/{source.where}" if not any(letter in source.where for letter in "*?[") else root,
        "table": source.table,
        "wanted": wanted,
    }


def hand_artifact(artifact: Artifact, evaluation: Evaluation, asset: str, wanted: str, outbox: Path) -> dict[str, Any]:
    """An artifact as the child gets it: paths of objects that are whole, with a telling name where it wants a path.

    Raises:
        DamagedInputError: its bytes are damaged.
    """
    objects = evaluation.store.objects
    files = {}
    for part in artifact.parts:
        path = objects.path(part.bytes)
        if path is None:
            raise DamagedInputError(asset)
        files[part.name] = str(path)
    whole = objects.path(artifact.bytes)
    if whole is None:
        raise DamagedInputError(asset)
    given = str(whole)
    if wanted in ("pathlib.Path", "Path"):
        given = _named(artifact, asset, given, files, outbox)
    return {
        "form": "artifact",
        "kind": artifact.kind,
        "media": artifact.media,
        "path": given,
        "files": files or None,
        "facts": artifact.facts,
        "wanted": wanted,
    }


def _named(artifact: Artifact, asset: str, path: str, files: dict[str, str], outbox: Path) -> str:
    """Links with telling names to objects, whose own names are digests."""
    stem = asset.rpartition("/")[2]
    home = outbox / "inputs"
    if not artifact.is_tree:
        extension = _EXTENSIONS.get(artifact.media, "")
        link = home / (stem if stem.endswith(extension) else stem + extension)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
        return str(link)
    for name, target in files.items():
        link = home / stem / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    return str(home / stem)


def absent(name: str, evaluation: Evaluation, project: str) -> dict[str, Any]:
    """What a step is told of a name that nothing is called by."""
    graph = evaluation.reading.graph
    prefix = project + "/"
    known = [known.removeprefix(prefix) for known in [*graph.maker, *graph.sources]]
    return {"name": name, "close": nearest(name, known)}
