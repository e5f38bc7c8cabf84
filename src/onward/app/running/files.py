"""The files of the tree around each step: what it finds as it starts, what is put back where its result is kept."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping

from onward.app.observing import seen
from onward.app.observing.collect import Killed
from onward.app.observing.originals import NOTHING, found_in
from onward.app.observing.outputs import TreeOutputs
from onward.app.observing.watched import Watched
from onward.app.running.evaluate import Evaluation
from onward.app.settings.place import Place
from onward.app.standing import Standing, StandingResult
from onward.base.digest import Digest
from onward.base.text import listed
from onward.model.ports import Watcher
from onward.model.trace import Trace
from onward.model.workspace import Step

Stamps = dict[str, list[int] | None]
"""By the absolute paths of files of the tree what shows whether one has changed: size, mtime and inode."""


class StepFiles:
    """The files that the steps of one round write.

    `results` are those that the round has come to so far.
    """

    def __init__(
        self,
        place: Place,
        standing: Standing,
        evaluation: Evaluation,
        outputs: TreeOutputs,
        results: Mapping[str, StandingResult],
        watcher: Watcher,
    ) -> None:
        self._place = place
        self._standing = standing
        self._evaluation = evaluation
        self._graph = evaluation.reading.graph
        self._outputs = outputs
        self._results = results
        self._watcher = watcher
        self._set_aside: dict[str, dict[str, Digest]] = {}
        """By step that runs, the files that were taken out of its way, with what they held."""
        self._written: dict[str, list[str]] = {}
        """By step that has run, the files that it was seen to write."""
        self._unfinished = evaluation.originals.unfinished

    def put_back(self, name: str, trace: Trace) -> list[str]:
        """Brings the files that a step wrote back to what they were, and those that it found written and left so.

        Raises:
            EditedByHandError: a file in its way was edited by hand.
        """
        self._keep_unfinished(name)
        put_back = self.put_back_own(name, trace)
        written = {artifact.path for artifact in trace.artifacts.values()}
        for path, earlier in self._written_before(name).items():
            if path not in written:
                put_back += self._outputs.put_back(self._results[earlier].trace, {path})
        self._outputs.take_back(self._evaluation.taken_back(name, {*trace.files(), *self._written_before(name)}))
        self._outputs.let_go(name)
        self._unfinished.forget(name)
        return put_back

    def put_back_own(self, name: str, trace: Trace) -> list[str]:
        """Brings the files of a result back that stay in the tree as the step wrote them.

        A file of two writers is the later one's. One that the step reads and changes is put back where it is gone, over
        what the step has found in it and over what steps have left: all else is somebody's edit, and as good.

        Raises:
            EditedByHandError: a file in its way was edited by hand.
        """
        maker, revisits = self._graph.maker, self._graph.steps[name].revisits
        own = {artifact.path for asset, artifact in trace.artifacts.items() if maker.get(asset, name) == name}
        kept = {path for path in own if path is not None and (path not in revisits or self._is_replaced(trace, path))}
        return self._outputs.put_back(trace, kept)

    def _is_replaced(self, trace: Trace, path: str) -> bool:
        there = self._evaluation.observer.file(path)
        return there in (None, found_in(trace, path)) or self._evaluation.is_left_by_steps(path)

    def prepare(self, step: Step) -> tuple[dict[str, str | None], Stamps]:
        """Brings what a step will find to what a clean run would find there, and keeps what that overwrites.

        Returns:
            The digests of the files that it may overwrite, and the stamps of those that the store or git has.

        Raises:
            EditedByHandError: a file in its way was edited by hand.
        """
        self._keep_unfinished(step.name)
        earlier = self._written_before(step.name)
        for path, writer in earlier.items():
            self._outputs.put_back(self._results[writer].trace, {path})
        originals = self._originals(step.name, earlier)
        stamps = self._stamps(step.writes)
        taken_back = self._evaluation.taken_back(step.name, {*earlier, *originals})
        states = self._outputs.before_run(step, self._standing.trace(step.name))
        self._set_aside[step.name] = {path: digest for path in taken_back if (digest := states.get(path))}
        anew = originals | {path: original or None for path, original in taken_back.items()}
        self._outputs.bring_back(anew)
        self._outputs.remove_empty(self._own_folders(step.name, taken_back))
        if originals:
            files = listed([f"`{path}`" for path in originals], 3)
            self._watcher.say(f"{step.name} begins with {files} as before any step wrote there; what it held is kept")
        return states | anew, stamps | self._stamps(anew)

    def finished(self, name: str) -> None:
        """Notes that the files of a step are as its result says."""
        self._outputs.let_go(name)
        self._set_aside.pop(name, None)
        self._unfinished.forget(name)

    def give_up(self, name: str, states: Mapping[str, str | None]) -> None:
        """After a run that came to no result: remembers what it left, and puts back what it has not written anew."""
        self._outputs.give_up(name, states)
        self._unfinished.note(name, {*states, *self._written.pop(name, ())})
        root, set_aside = self._place.root, self._set_aside.pop(name, {})
        self._outputs.bring_back({path: was for path, was in set_aside.items() if not os.path.lexists(root / path)})

    def note_found(self, name: str, watched: Watched, states: Mapping[str, str | None]) -> None:
        """Remembers what files held that a step has changed, whatever came of it."""
        root = f"{self._place.root}/"
        existed = {written.path.removeprefix(root): written.existed for written in watched.written}
        self._written[name] = seen.written_paths(watched, str(self._place.root))
        for path in self._written[name]:
            found = states.get(path) or NOTHING
            if found or not existed[path]:
                self._evaluation.note_found(name, path, found)

    def note_killed(self, killed: Iterable[Killed]) -> None:
        """Remembers what files held that steps were changing when their run was killed, and what they hold now."""
        for name, found in killed:
            for path, before in found.items():
                if before is not None:
                    self._evaluation.note_found(name, path, before)
            self._unfinished.note(name, found)

    def take_back_unfinished(self) -> None:
        """Takes out of the tree what runs without a result have made, before anybody looks at it."""
        taken_back = self._evaluation.unfinished()
        self._outputs.keep(taken_back)
        self._outputs.take_back(taken_back)

    def _keep_unfinished(self, name: str) -> None:
        """Keeps what runs without a result have left where a step writes, or files are put back: it may be replaced."""
        writes, observer = self._graph.steps[name].writes, self._evaluation.observer
        left = (path for path in writes if (there := observer.file(path)) and self._unfinished.is_left(path, there))
        self._outputs.keep({*self._unfinished.left(name), *left})

    def _written_before(self, name: str) -> dict[str, str]:
        """The files that a step writes after another one of this run, each with the last of these."""
        writers = {path: self._evaluation.writer_before(name, path) for path in self._graph.steps[name].writes}
        return {path: writer for path, writer in writers.items() if writer in self._results}

    def _originals(self, name: str, earlier: Collection[str]) -> dict[str, str | None]:
        """The files that a step goes on with and that steps have changed, with what a clean run would find there.

        A file that the step was seen to write anew stays, should the step fail.
        """
        previous = self._standing.trace(name)
        changed: dict[str, str | None] = {}
        for path in set(self._graph.steps[name].writes) - set(earlier):
            if previous is not None and path in previous.files() and found_in(previous, path) is None:
                continue
            there = self._evaluation.observer.file(path)
            original = self._original(name, path, previous, there)
            self._evaluation.originals.note(path, original)
            if (there or NOTHING) != original:
                changed[path] = original or None
        return changed

    def _original(self, name: str, path: str, previous: Trace | None, there: Digest | None) -> Digest:
        """What a clean run would find in a file that no earlier step writes."""
        if previous is not None and path not in previous.files():
            return self._evaluation.left_alone(name, path)
        is_typed = previous is None and there is not None and self._outputs.is_only_here(name, path)
        return there if is_typed and there is not None else self._evaluation.found(name, path)

    def _own_folders(self, name: str, files: Iterable[str]) -> list[str]:
        """The folders above files of a step that were not there, as it saw, before it wrote these; inner ones first."""
        previous = self._standing.trace(name)
        observations = previous.observations if previous is not None else ()
        absent = {each.name for each in observations if each.kind == "absent"}
        above = {each for each in absent if any(path.startswith(f"{each}/") for path in files)}
        return sorted(above, reverse=True)

    def _stamps(self, among: Iterable[str]) -> Stamps:
        stamps: Stamps = {}
        for path in among:
            absolute = f"{self._place.root}/{path}"
            try:
                found = os.lstat(absolute)
            except OSError:
                stamps[absolute] = None
            else:
                stamps[absolute] = [found.st_size, found.st_mtime_ns, found.st_ino]
        return stamps
