"""What the results of a run rest on, followed up through all that they were made of. Told by their traces alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from onward.app.reading.catalogue import Catalogue
from onward.app.wiring import Opened
from onward.model.records import Run
from onward.model.trace import Trace


def traces_of(opened: Opened, run: Run) -> dict[str, Trace]:
    """The results of a run, by step and check."""
    found: dict[str, Trace] = {}
    for name, record in {**run.checks, **run.steps}.items():
        trace = opened.store.traces.get(record.key, record.trace) if record.key and record.trace else None
        if trace is not None:
            found[name] = trace
    return found


class RestsOn:
    """The results of one run, by step, and what the workspace said of itself then."""

    def __init__(self, traces: Mapping[str, Trace], catalogue: Catalogue | None) -> None:
        self._traces = traces
        self._makers = {asset: step for step, trace in traces.items() for asset in trace.artifacts}
        self._writers = {
            artifact.path: step
            for step, trace in traces.items()
            for artifact in trace.artifacts.values()
            if artifact.path is not None
        }
        self._sources = {entry.name: entry.paths for entry in catalogue.sources} if catalogue is not None else {}

    def steps(self, step: str) -> set[str]:
        """A step with all those that its result was made of."""
        found: set[str] = set()
        pending = [step]
        while pending:
            name = pending.pop()
            if name not in found and name in self._traces:
                found.add(name)
                pending += self._upstream(self._traces[name])
        return found

    def files(self, step: str) -> set[str]:
        """The files, there or not, and the listings that a step itself looked at."""
        trace = self._traces[step]
        looked_at = {seen.name for seen in trace.observations}
        for kind, name, _ in trace.inputs:
            if kind == "source":
                looked_at.update(self._sources.get(name.partition(" as ")[0], ()))
        return looked_at

    def _upstream(self, trace: Trace) -> Iterable[str]:
        names = [name.partition(" as ")[0] for kind, name, _ in trace.inputs if kind == "input"]
        names += [seen.name for seen in trace.observations if seen.kind == "asset"]
        yield from (self._makers[name] for name in names if name in self._makers)
        yield from (self._writers[seen.name] for seen in trace.observations if seen.name in self._writers)
