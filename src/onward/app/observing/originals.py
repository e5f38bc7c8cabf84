"""What files held before any step wrote them: what the first step begins with that keeps what it finds in one.

It is a thing of one worktree. A step's trace says what its run found; here is what that goes back to, so that a step
that runs again does not go on from what it, or a later one, has left.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from onward.app.observing.observe import Observer
from onward.app.observing.unfinished import Unfinished
from onward.app.settings.place import Place
from onward.app.standing import Standing
from onward.base.digest import Digest, digest_bytes, is_digest
from onward.model.trace import Trace
from onward.store.opened import Store

NOTHING: Digest = ""
"""In the place of a digest: there was no file."""

_EMPTY = digest_bytes(b"")


class Originals:
    """What each file held before any step of this worktree wrote it."""

    def __init__(self, place: Place, store: Store, standing: Standing, observer: Observer) -> None:
        self._place = place
        self._store = store
        self._standing = standing
        self._observer = observer
        self._last: list[Trace] | None = None
        self.unfinished = Unfinished(place, store.disk, observer)

    def now(self, path: str, left: Iterable[Digest] = ()) -> Digest:
        """What the first writer of a file would find if no step had run; `NOTHING` where that is no file.

        What is in the tree counts where somebody, and no step, has put it there.

        Args:
            path: in the workspace.
            left: what steps of this run have left in it.
        """
        there = self._observer.file(path)
        noted = self._noted(path)
        if noted is None:
            return NOTHING if there is None else self.behind(path, there, left)
        if (
            there is None
            or there == noted
            or there in left
            or self.is_left(path, there)
            or not is_in_git(self._place, path)
        ):
            return noted
        return there

    def behind(self, path: str, found: Digest, left: Iterable[Digest] = ()) -> Digest:
        """What a file held before any step wrote it that a step has found with these bytes."""
        noted = self._noted(path)
        if noted is not None:
            return noted
        if found not in left and not self.is_left(path, found):
            return found
        traces = [trace for trace in self._known() if found_in(trace, path) is not None]
        befores = [found_in(trace, path) or NOTHING for trace in traces]
        return next((each for each in befores if not self.is_left(path, each)), NOTHING)

    def taken_back(self, paths: Iterable[str], left: Mapping[str, Iterable[Digest]]) -> dict[str, Digest]:
        """What files would hold if no step had run, as in `now`, where that is something else than they hold.

        What is as git has it is so in every clean tree, whoever has made it: it is not among them.

        Args:
            paths: in the workspace.
            left: what steps of this run have left in each.
        """
        there = {path: found for path in paths if (found := self._observer.file(path)) is not None}
        for path in tracked_by_git(self._place, there):
            if is_in_git(self._place, path):
                del there[path]
        originals = {path: self.now(path, left.get(path, ())) for path in there}
        return {path: original for path, original in originals.items() if original != there[path]}

    def note(self, path: str, digest: Digest) -> None:
        """Remembers at once what a file held, for the run may be killed."""
        if self._noted(path) != digest:
            if digest == _EMPTY:
                self._store.objects.put(b"")  # no copy is made of a file that holds nothing
            self._store.disk.replace(self._place.originals / digest_bytes(path.encode()), digest.encode())

    def _noted(self, path: str) -> Digest | None:
        content = self._store.disk.read(self._place.originals / digest_bytes(path.encode()))
        return None if content is None else content.decode()

    def is_left(self, path: str, digest: Digest) -> bool:
        """Whether these bytes are what a step has left in a file."""
        return self.unfinished.is_left(path, digest) or any(
            artifact.path == path and artifact.bytes == digest
            for trace in self._known()
            for artifact in trace.artifacts.values()
        )

    def _known(self) -> Iterator[Trace]:
        """The last results of this worktree; where it has none, those of the last run that the store knows."""
        yield from (result.trace for result in self._standing.results.values())
        if not self._standing.results:
            if self._last is None:
                self._last = list(self._of_last_run())
            yield from self._last

    def _of_last_run(self) -> Iterator[Trace]:
        for identity in sorted(self._store.records.run_ids())[-1:]:
            run = self._store.records.run(identity)
            for record in run.steps.values() if run is not None else ():
                trace = self._store.traces.get(record.key, record.trace) if record.key and record.trace else None
                if trace is not None:
                    yield trace


def noted(local: Path) -> Iterator[Digest]:
    """What files of a worktree held before any step wrote them, by its local folder."""
    for path in (local / "state" / "originals").glob("*"):
        content = path.read_text("ascii", "replace")
        if is_digest(content):
            yield content


def is_in_git(place: Place, path: str) -> bool:
    """Whether git has the very bytes of a file of the tree as an object."""
    if place.git is None:
        return False
    run = ["git", "-C", str(place.root)]
    try:
        name = subprocess.run([*run, "hash-object", "--", path], capture_output=True, check=True, timeout=60)
        blob = name.stdout.decode().strip()
        found = subprocess.run([*run, "cat-file", "-e", blob], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return found.returncode == 0


def found_in(trace: Trace, path: str) -> Digest | None:
    """What a run found in a file that it changed and kept something of; None where it did not."""
    return next((seen.digest for seen in trace.observations if seen.kind == "found" and seen.name == path), None)


def tracked_by_git(place: Place, paths: Iterable[str]) -> list[str]:
    """Those of the paths that git tracks."""
    names = sorted(paths)
    if place.git is None or not names:
        return []
    command = ["git", "-C", str(place.root), "--literal-pathspecs", "ls-files", "-z", "--", *names]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return []
    return [name.decode("utf-8", "surrogateescape") for name in done.stdout.split(b"\0") if name]
