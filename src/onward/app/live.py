"""`load` in a live session: where the newest artifact lies, brought up to date first unless told otherwise.

The value itself is opened by the caller, which runs in the user's own Python.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onward.app.reading.current import read_current
from onward.app.releases import snapshots
from onward.app.running.plan import plan
from onward.app.running.run import run
from onward.app.running.targets import resolve_asset
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened, open_workspace
from onward.base.errors import OnwardError
from onward.base.text import duration, plural
from onward.model.artifact import Artifact


class _Notes:
    """Tells a live session what is made while it waits."""

    is_live = False

    def begin(self, steps: int, expected_s: Mapping[str, float]) -> None:
        del steps, expected_s

    def started(self, step: str) -> None:
        print(f"making {step} ...", file=sys.stderr)

    def waiting(self, step: str) -> None:
        print(f"waiting for {step}: another run is making it", file=sys.stderr)

    def ended(self, step: str, outcome: str, seconds: float) -> None:
        if outcome in ("made", "re-rendered", "failed"):
            print(f"{outcome} {step} in {duration(seconds)}", file=sys.stderr)

    def say(self, message: str) -> None:
        print(message, file=sys.stderr)

    def tick(self) -> None:
        return

    def close(self) -> None:
        return


def hand_over(name: str, *, build: bool, at: str | None) -> dict[str, Any]:
    """An asset (or source) as a step would be handed it, for a live session in a folder of the workspace.

    Raises:
        LookupError: nothing is called so, or it was never made and `build` is false.
        RuntimeError: its step failed.
    """
    with open_workspace(Path.cwd(), writes=True) as opened:
        try:
            return _hand_over(opened, name, build=build, at=at)
        except OnwardError as error:
            hint = f" ({error.hint})" if error.hint else ""
            raise LookupError(f"{error.message}{hint}") from None


def _hand_over(opened: Opened, name: str, *, build: bool, at: str | None) -> dict[str, Any]:
    reading = read_current(opened)
    folder = Path.cwd().resolve().relative_to(opened.place.root.resolve()).as_posix()
    project = reading.rules.name_of(reading.rules.folder_of("" if folder == "." else folder))
    if at is not None:
        artifacts = snapshots.resolve(opened, at).artifacts
        return _artifact(opened, artifacts[resolve_asset(artifacts, name, project)])
    target = resolve_asset([*reading.graph.maker, *reading.graph.sources], name, project)
    if target in reading.graph.sources and target not in reading.graph.maker:
        source = reading.graph.sources[target]
        root = str(opened.place.root)
        paths = [f"{root}/{path}" for path in source.paths]
        where = f"{root}/{source.where}"
        return {"form": "source", "source_form": source.form, "paths": paths, "where": where, "table": source.table}
    if build:
        _bring_up_to_date(opened, target)
    for result in opened.standing.results.values():
        if target in result.trace.artifacts:
            return _artifact(opened, result.trace.artifacts[target])
    raise LookupError(f"`{target}` was never made")


def _bring_up_to_date(opened: Opened, target: str) -> None:
    planned = plan(opened, RunOptions((target,)))
    todo = [name for name, step in planned.steps.items() if step.outcome in ("would-make", "may-make")]
    if todo:
        spent = sum(opened.standing.seconds.get(name, 0.0) for name in todo)
        took = f"; last time that took {duration(spent)}" if spent else ""
        print(f"{target} is stale: {plural(len(todo), 'step')} to make{took}", file=sys.stderr)
    report = run(opened, RunOptions((target,)), _Notes())
    for name, record in report.steps.items():
        if record.outcome == "failed" and record.error is not None:
            raise RuntimeError(f"{name} failed: {record.error['message']}")


def _artifact(opened: Opened, artifact: Artifact) -> dict[str, Any]:
    objects = opened.store.objects
    path = objects.path(artifact.bytes)
    files = {part.name: str(objects.path(part.bytes)) for part in artifact.parts}
    return {
        "form": "artifact",
        "kind": artifact.kind,
        "media": artifact.media,
        "path": str(path),
        "files": files or None,
        "facts": artifact.facts,
    }
