"""What has changed of a source, a file or a listing since a result was made: which files, and how large they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from onward.app.changes.past import Past, PastRun
from onward.app.reading import catalogue
from onward.app.running.evaluate import Evaluation
from onward.base import paths
from onward.languages.lines import first_difference
from onward.model.decision import Reason
from onward.model.trace import Trace
from onward.model.workspace import Step

_MOST_READ = 4_000_000
"""Bytes: lines are counted in texts up to this size."""
_TEXTS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".md", ".toml", ".yaml", ".yml")


@dataclass(frozen=True)
class FileChange:
    """One file of data before and after.

    Attributes:
        change: `changed`, `added` or `removed`.
        bytes_before, bytes_after, lines_before, lines_after: None where that is not known, or there is no file.
        line: the first line that differs, where both texts are at hand.
    """

    path: str
    change: str
    bytes_before: int | None = None
    bytes_after: int | None = None
    lines_before: int | None = None
    lines_after: int | None = None
    line: int | None = None

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}" if self.line is not None else self.path


@dataclass
class DataChanges:
    """Looks at data as it is now and as the basis of a result has it."""

    evaluation: Evaluation
    past: Past

    def of(self, step: Step, reason: Reason, trace: Trace | None) -> tuple[FileChange, ...]:
        """The files that a reason about a source or a file is about; none where it is about something else."""
        past = self.past.of(step.name)
        if past is None or reason.kind not in ("input", "file"):
            return ()
        if reason.kind == "file":
            is_there = self.evaluation.observer.file(reason.what) is not None
            if reason.what.endswith("/") or (paths.is_glob(reason.what) and not is_there):
                return tuple(self._of_listing(reason.what, past, trace))
            return tuple(self._of_files([reason.what], [reason.what], past))
        name = reason.what.partition(" as ")[0]
        source = self.evaluation.reading.graph.sources.get(name)
        if source is None:
            return ()
        kept = catalogue.load(self.evaluation.store, past.run.catalogue)
        known = next((entry.paths for entry in kept.sources if entry.name == name), ()) if kept is not None else ()
        return tuple(self._of_files(known, source.paths, past))

    def _of_listing(self, name: str, past: PastRun, trace: Trace | None) -> Iterable[FileChange]:
        """What came into a folder and what went out of it; its old content is what was read of it."""
        seen = {observation.name for observation in (trace.observations if trace else ()) if observation.kind == "file"}
        matches = paths.glob_pattern(name).match if paths.is_glob(name) else None
        folder = name.rstrip("/")
        before = {path for path in seen if (matches(path) if matches else paths.folder_of(path) == folder)}
        return self._of_files(before, self.evaluation.observer.names(name) or (), past)

    def _of_files(self, before: Iterable[str], after: Iterable[str], past: PastRun) -> Iterable[FileChange]:
        old, new = set(before), set(after)
        for path in sorted(old | new):
            state = past.basis.files.get(path) if path in old else None
            digest = self.evaluation.observer.file(path) if path in new else None
            if digest is None and path not in old:
                continue
            if state is not None and state.digest == digest:
                continue
            change = "added" if path not in old else "removed" if digest is None else "changed"
            yield self._change(path, change, past, state.size if state is not None else None)

    def _change(self, path: str, change: str, past: PastRun, size_before: int | None) -> FileChange:
        absolute = self.evaluation.reading.place.root / path
        size = absolute.stat().st_size if change != "removed" and absolute.is_file() else None
        if not path.endswith(_TEXTS) or max(size or 0, size_before or 0) > _MOST_READ:
            return FileChange(path, change, size_before, size)
        now = absolute.read_bytes().splitlines() if size is not None else None
        kept = self.past.content(past, path) if size_before is not None else None
        was = kept.splitlines() if kept is not None else None
        return FileChange(
            path,
            change,
            size_before,
            size,
            len(was) if was is not None else None,
            len(now) if now is not None else None,
            first_difference(was, now) if was is not None and now is not None else None,
        )
