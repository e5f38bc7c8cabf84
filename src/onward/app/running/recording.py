"""Traces of what has just been made, into the store: what came out first under a fingerprint is what serves."""

from __future__ import annotations

import msgspec

from onward.app.changes.rereading import this_onward
from onward.app.observing import unstable
from onward.app.running import basis as bases
from onward.app.running.evaluate import Evaluation
from onward.app.standing import StandingResult
from onward.app.wiring import Opened
from onward.base.digest import Digest
from onward.model.ports import Watcher
from onward.model.records import Origin
from onward.model.trace import UNPINNED, UNSTABLE, Trace


class Recording:
    """Records the results of one round."""

    def __init__(self, opened: Opened, evaluation: Evaluation, watcher: Watcher) -> None:
        self._place = opened.place
        self._store = opened.store
        self._evaluation = evaluation
        self._watcher = watcher
        self._origin: Origin | None = None

    def record(self, trace: Trace) -> StandingResult:
        """Records a trace; where its fingerprint is known already, what came out then serves.

        Of a result whose inputs could not be pinned, the fingerprint does not tell all: what came out last serves.
        """
        twin = self._twin(trace)
        if twin is None:
            return self._write(trace)
        name, first = twin
        told = unstable.differences(first, trace)
        if told and UNPINNED in trace.marks:
            return self._write(trace)
        if told:
            serving = msgspec.structs.replace(trace, artifacts=first.artifacts, check=first.check)
            trace = unstable.marked(serving, told, trace)
            self._watcher.say(f"{trace.step} is unstable: {'; '.join(told)}")
        if UNSTABLE in trace.marks:
            return self._write(trace)
        self._store.traces.share(name, first)  # its bytes may be what the shared store has lost
        return StandingResult(name, first)

    def _write(self, trace: Trace) -> StandingResult:
        if self._origin is None:
            self._origin = bases.origin(self._place, bases.written_files(self._evaluation.reading))
        origin = self._origin
        kind = self._evaluation.reading.graph.steps[trace.step].kind
        builder = {**this_onward(kind), "commit": origin.commit, "dirty": origin.dirty}
        return StandingResult(self._store.traces.record(trace, builder), trace)

    def _twin(self, trace: Trace) -> tuple[Digest, Trace] | None:
        """The usable trace of this very fingerprint that serves: the first one; of unpinned results the newest."""
        known = self._store.traces.find(trace.key)
        for name, found in reversed(known) if UNPINNED in trace.marks else known:
            if found.observations == trace.observations and self._store.objects.has_all(found.addresses()):
                return name, found
        return None
