"""Making a damaged asset again, for those who only look: `show`, `get`, `site`."""

from __future__ import annotations

from onward.app import standing
from onward.app.running.run import run_to_the_end
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened
from onward.model.ports import Watcher
from onward.model.records import Run


def remake(opened: Opened, asset: str, watcher: Watcher) -> None:
    """Brings `asset` up to date.

    Where all comes out as the last run has it, that run, which may be a complete one, stays the last: nobody who
    only looked should have to run again before a release.

    Raises:
        OnwardError: as `run` does.
    """
    before = opened.standing.run
    made = run_to_the_end(opened, RunOptions((asset,), keep_going=True), watcher)
    last = opened.store.records.run(before) if before is not None else None
    if last is not None and made.ok and _holds(last, made.run):
        opened.standing.run = before
        standing.save(opened.place.standing, opened.standing, opened.store.disk)


def _holds(last: Run, made: Run) -> bool:
    """Whether every result of the run `made` is, byte for byte, one of the run `last`."""
    known = {name: (artifact.content, artifact.addresses()) for name, artifact in last.artifacts.items()}
    return all(known.get(name) == (artifact.content, artifact.addresses()) for name, artifact in made.artifacts.items())
