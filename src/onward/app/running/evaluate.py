"""What each step would read now, and what is to be done with it: the facts for `decide`, gathered from the world.

`run` settles steps as they end, the dry run and `status` as they are decided; both look through here, so that
the plan and the run cannot come to different answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from onward.app.changes.past import Past
from onward.app.changes.rereading import NOT_EDITED, READS_OTHERWISE, is_edited, read_alike, this_onward
from onward.app.environments.distributions import Touched
from onward.app.environments.environment import WorkspacePython
from onward.app.observing.observe import A_FILE, Observer
from onward.app.observing.originals import NOTHING, Originals, found_in
from onward.app.reading.whole import Reading
from onward.app.running.pickled import Pickled
from onward.app.running.targets import meant_by
from onward.app.standing import Standing
from onward.base import paths
from onward.base.codec import decode, digest_of
from onward.base.digest import Digest, digest_text
from onward.base.text import nearest
from onward.engine.decide import World, all_hold, decide, foresee, holds, is_shown_apart
from onward.engine.inputs import inputs_of
from onward.model.artifact import EXECUTED_MEDIA, Artifact
from onward.model.decision import Decision, Reason
from onward.model.records import Environment
from onward.model.trace import UNSTABLE, CompleteInputs, Observation, PartialInputs, Trace
from onward.model.workspace import Step
from onward.steps.registry import kinds
from onward.store.opened import Store

_UNKNOWN: Digest = "unknown"
"""Of a file whose maker failed: neither some bytes nor none."""


class MissingSourceError(Exception):
    """A source that a step takes has no file, or one that cannot be read. Becomes the step's failure."""


@dataclass
class Evaluation:
    """One moment's view of a workspace.

    Attributes:
        past: the code that the standing results rest on.
        artifacts: the settled assets; None for one that its step did not make.
        lost: objects whose bytes turned out to be damaged.
        failed, settled: steps that have ended without a result, and with one.
        stood_in_for: those that failed whose readers go on with tracked files.
    """

    reading: Reading
    python: WorkspacePython
    store: Store
    standing: Standing
    observer: Observer
    pickled: Pickled
    originals: Originals
    past: Past
    forced: frozenset[str] = frozenset()
    artifacts: dict[str, Artifact | None] = field(default_factory=dict)
    lost: set[Digest] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    stood_in_for: set[str] = field(default_factory=set)
    decided: dict[str, CompleteInputs] = field(default_factory=dict)
    """What the last complete decision of each step was taken on."""
    foreseen: set[str] = field(default_factory=set)
    """Steps that were told once to wait for what they loaded before: two that did so of each other would for ever."""
    _left: dict[str, dict[str, Digest]] = field(default_factory=dict)
    """By path, the bytes that each settled step has left in a file of the tree."""
    _taken_back: dict[str, Digest] = field(default_factory=dict)
    """The files that settled steps have left before and write no more, with what they hold from now on."""
    _has_other_results: bool = False
    """Whether the result of a settled step is another one than before."""
    _environment: dict[str, Digest] | None = None
    _versions: dict[Digest, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._taken_back |= self.unfinished()

    def unfinished(self) -> dict[str, Digest]:
        """The files that runs of steps which came to no result have made, with what they held before any step did.

        Those of a step's last result are not among them: they are put back, or made, when its turn comes.
        """
        unfinished = self.originals.unfinished
        paths = {path for step in unfinished.steps() for path in unfinished.left(step)}
        made = (result.trace.files() for result in self.standing.results.values()) if paths else ()
        return self.originals.taken_back(sorted(paths.difference(*made)), {})

    def inputs(self, name: str) -> CompleteInputs | PartialInputs:
        """What the step would read now.

        Raises:
            MissingSourceError: a source that it takes is missing.
        """
        step = self.reading.graph.steps[name]
        taken = [binding.target for binding in step.bindings if binding.form == "source"]
        sources = {name: self._source(step, name) for name in taken}
        inputs = inputs_of(
            step,
            kinds()[step.kind].format,
            self.reading.code(step),
            sources,
            self.environment(),
            self.artifacts,
            self.reading.render(step),
        )
        self._require_made(step)
        graph = self.reading.graph
        is_told = name in self.foreseen
        fed = [(path, writer) for path, writer in step.fed_by if not is_told or path in step.reads]
        unmade = [("file", path) for path, writer in fed if not self._is_settled(writer)]
        loaded = graph.discovered.get(name, ()) if not is_told else ()
        unmade += [("input", asset) for asset in loaded if not self._is_settled(graph.maker[asset])]
        previous = self.standing.trace(name)
        for path, writer in graph.writers_before(name):
            if not self._is_settled(writer) and (previous is None or found_in(previous, path) is not None):
                unmade.append(("file", path))
        if not unmade:
            return inputs
        unknown = (*(inputs.unknown if isinstance(inputs, PartialInputs) else ()), *unmade)
        return PartialInputs(inputs.step, inputs.inputs, unknown)

    def decide(self, name: str) -> Decision:
        """What is to be done with a step, as far as it can be told now.

        Raises:
            MissingSourceError: a source that it takes is missing.
        """
        step = self.reading.graph.steps[name]
        missing = [
            binding.target
            for binding in step.bindings
            if binding.form == "asset" and self.reading.graph.maker.get(binding.target) in self.failed
        ]
        if missing:
            return Decision(name, "blocked", None, None, (Reason("input", missing[0], change="was not made"),))
        inputs = self.inputs(name)
        previous = self.standing.trace(name)
        if isinstance(inputs, PartialInputs):
            world = self.world([previous] if previous else [])
            self.foreseen.add(name)
            decision = foresee(inputs, previous, world, forced=name in self.forced)
        else:
            self.decided[name] = inputs
            candidates = self.candidates(inputs.key(), previous)
            executed = self.executed(inputs, previous) if not candidates else []
            world = self.world([*candidates, *executed, *([previous] if previous else [])])
            forced = name in self.forced
            decision = decide(inputs, previous, candidates, world, forced=forced, executed=executed)
            if decision.action == "run" and not forced:
                decision = self._held_up(decision, inputs, candidates, previous, world)
        return self._with_places(self._as_read(decision))

    def _held_up(
        self,
        decision: Decision,
        inputs: CompleteInputs,
        candidates: Sequence[Trace],
        previous: Trace | None,
        world: World,
    ) -> Decision:
        """The decision to run a step, unless its traces tell that it would ask for what is not made."""
        name = decision.step
        needed = next((writer for trace in candidates if (writer := self._would_miss(trace, world))), None)
        if needed is not None:
            return Decision(name, "blocked", None, None, (Reason("step", needed, change="cannot be made"),))
        coming = self._loads_to_come(name, candidates)
        if coming and name not in self.foreseen:
            self.foreseen.add(name)
            return foresee(PartialInputs(name, inputs.inputs, coming), previous, world)
        return decision

    def _would_miss(self, trace: Trace, world: World) -> str | None:
        """The failed step of which a trace has something, where nothing else about the trace has changed."""
        of_failed = {seen: maker for seen in trace.observations if (maker := self._failed_maker(trace.step, seen))}
        others = [seen for seen in trace.observations if seen not in of_failed]
        return next(iter(of_failed.values()), None) if all_hold(others, world) else None

    def missed(self, trace: Trace) -> str | None:
        """A failed step that should have made something on which a trace rests."""
        makers = (self._failed_maker(trace.step, seen) for seen in trace.observations)
        return next((maker for maker in makers if maker is not None), None)

    def _failed_maker(self, name: str, seen: Observation) -> str | None:
        """The step that should have made what a step has loaded or looked at, and failed: no tracked file stands in."""
        graph = self.reading.graph
        if seen.kind == "asset":
            maker = graph.maker.get(seen.name)
            return maker if maker in self.failed else None
        step = graph.steps.get(name)
        if seen.kind not in ("file", "absent", "there", "listing") or (step is not None and seen.name in step.revisits):
            return None
        for writer in sorted(self.failed - self.stood_in_for - {name}):
            outputs = graph.steps[writer].outputs
            if any(output.path is not None and paths.covers(seen.name, output.path) for output in outputs):
                return writer
        return None

    def _loads_to_come(self, name: str, candidates: Sequence[Trace]) -> tuple[tuple[str, str], ...]:
        """The assets, as unknown inputs, on which it hangs whether one of the traces holds: they are not made yet.

        Only running the step had shown that it loads them, and of that run nothing but its trace is left.
        """
        graph = self.reading.graph
        coming: dict[str, None] = {}
        for trace in candidates:
            makers = {seen.name: graph.maker.get(seen.name) for seen in trace.observations if seen.kind == "asset"}
            unmade = {asset for asset, maker in makers.items() if maker is not None and not self._is_settled(maker)}
            first = next((at for at, seen in enumerate(trace.observations) if seen.name in unmade), None)
            if first is not None and all_hold(trace.observations[:first], self.world([trace])):
                coming.update(dict.fromkeys(sorted(unmade)))
        after = graph.depending_on([name])
        return tuple(("input", asset) for asset in coming if graph.maker[asset] not in after)

    def candidates(self, key: Digest, previous: Trace | None) -> list[Trace]:
        """The traces under a key that have all their bytes, oldest first."""
        if previous is not None and previous.key == key and self._is_usable(previous):
            found = [previous]
            if self._holds_now(previous):
                return found  # the very last result fits: nobody need look for another
        traces = self._usable(key)
        while self.store.is_shared and not self._any_holds(traces) and self.store.traces.bring(key):
            traces = self._usable(key)
        # What was seen to be unstable later on holds the same artifacts as the first trace, and bears the mark.
        unstable = {trace.observations for trace in traces if UNSTABLE in trace.marks}
        return [trace for trace in traces if UNSTABLE in trace.marks or trace.observations not in unstable]

    def executed(self, inputs: CompleteInputs, previous: Trace | None) -> list[Trace]:
        """The traces, oldest first, of which the step's document can be rendered again: their bytes are whole."""
        executed_key = inputs.executed_key()
        if executed_key is None:
            return []
        found = self.store.traces.find_executed(executed_key)
        while self.store.is_shared and not self._any_holds(found) and self.store.traces.bring_executed(executed_key):
            found = self.store.traces.find_executed(executed_key)
        found = [trace for trace in found if trace != previous]
        if previous is not None and is_shown_apart(inputs, previous):
            found.append(previous)  # last, for it is preferred
        return [trace for trace in found if self._is_usable(trace) and self.executed_document(trace) is not None]

    def executed_document(self, trace: Trace) -> Path | None:
        """The executed notebook of a trace's document; None where there is none, or it is damaged."""
        for artifact in trace.artifacts.values():
            for part in artifact.parts:
                if part.media == EXECUTED_MEDIA:
                    return self.store.objects.path(part.bytes)
        return None

    def text_of(self, path: str) -> Digest:
        """The digest of the text of a file's code; for a notebook that of its cells alone."""
        file = self.reading.files.get(path)
        if file is not None and file.notebook is not None:
            return file.notebook.text
        return self.reading.digests.get(path, "")

    def settle(self, name: str, trace: Trace) -> None:
        """Takes a trace's artifacts as what the step's assets are now."""
        step = self.reading.graph.steps[name]
        if trace is not self.standing.trace(name) or self.originals.unfinished.left(name):
            self._taken_back |= self.taken_back(name, trace.files())
            self._has_other_results = True
        self.settled.add(name)
        for asset in step.assets:
            # What this step would have written, an earlier writer of the file may have made before it.
            self.artifacts.setdefault(asset, None)
        for asset, artifact in trace.artifacts.items():
            self.artifacts[asset] = artifact
        for artifact in trace.artifacts.values():
            if artifact.path is not None:
                self._left.setdefault(artifact.path, {})[name] = artifact.bytes

    def taken_back(self, name: str, apart: Collection[str]) -> dict[str, Digest]:
        """The files that a step has left in the tree before, with what they held before any step wrote them.

        A step begins without them: one that does without what is there, as `make` does, or that writes fewer files
        than before, would leave what belongs to no state of its code.

        Args:
            name: the step.
            apart: files that are seen to otherwise.
        """
        previous = self.standing.trace(name)
        paths = {*self.originals.unfinished.left(name), *(previous.files() if previous is not None else ())}
        paths.difference_update(apart)
        paths -= {path for path in paths if self._left.get(path, {}).keys() - {name}}
        return self.originals.taken_back(sorted(paths), {path: self._left.get(path, {}).values() for path in paths})

    def settle_saves(self, name: str, trace: Trace) -> None:
        """Takes over what a step made that will only be rendered again: all but its document, which is to come."""
        saved = {
            asset: artifact
            for asset, artifact in trace.artifacts.items()
            if not any(part.media == EXECUTED_MEDIA for part in artifact.parts)
        }
        self.settle(name, msgspec.structs.replace(trace, artifacts=saved))
        for asset in trace.artifacts.keys() - saved.keys():
            del self.artifacts[asset]

    def unsettle(self, name: str) -> None:
        """Takes a settled step back: its bytes are damaged."""
        self.settled.discard(name)
        for asset in self.reading.graph.steps[name].assets:
            self.artifacts.pop(asset, None)

    def world(self, traces: Sequence[Trace]) -> dict[tuple[str, str], Digest | None]:
        """What the observations of a step's traces would give now; files that steps write are as those made them."""
        observations = [observation for trace in traces for observation in trace.observations]
        contents = {
            observation.name: self._content_of(observation.name)
            for observation in observations
            if observation.kind == "asset"
        }
        step = self.reading.graph.steps.get(traces[0].step) if traces else None
        world = self.observer.world(observations, contents, step.writes if step is not None else ())
        return {
            (seen.kind, seen.name): self._as_settled(seen, traces, world.get((seen.kind, seen.name)))
            for seen in observations
        }

    def _as_settled(self, seen: Observation, traces: Sequence[Trace], in_tree: Digest | None) -> Digest | None:
        """What an observation of a step's traces would give; `in_tree`: what the tree says, before anything is run."""
        step = self.reading.graph.steps.get(traces[0].step)
        if seen.kind == "text":
            return self.text_of(seen.name)
        if seen.kind == "found":
            return self.found(traces[0].step, seen.name)
        if seen.kind in ("file", "absent", "there", "listing"):
            return self._looked_at(seen, traces, in_tree)
        if step is None:
            return in_tree
        if seen.kind == "name":
            return meant_by(self.reading.graph, seen.name, step.project)
        if seen.kind == "passed":
            return self._passed(step)
        if seen.kind == "pickled":
            made = self._made(seen.name)
            kept = self.store.objects.path(made) if made is not None else None
            return self.pickled.code(step, seen.name, kept)
        return in_tree

    def _looked_at(self, seen: Observation, traces: Sequence[Trace], in_tree: Digest | None) -> Digest | None:
        """What is at a path once what is settled is in the tree, and what the step itself has left there is not."""
        name = traces[0].step
        step = self.reading.graph.steps.get(name)
        if seen.kind in ("absent", "there") and is_of_own_file(seen, traces):
            return A_FILE if self.found(name, seen.name) else None
        if seen.kind == "absent" and self._is_own_folder(seen.name, traces):
            return None
        if self._failed_maker(name, seen) is not None:
            return _UNKNOWN  # what is there was made earlier, and nobody knows what would be there now
        if seen.kind in ("absent", "there") and step is not None and seen.name in step.writes:
            return A_FILE if self.left_alone(name, seen.name) else None
        if seen.kind == "listing":
            may_differ = self._may_list_other(in_tree, seen)
            return self._listing(seen.name, step.writes if step else ()) if may_differ else in_tree
        made = self._made(seen.name)
        if made is None:
            made = self._taken_back.get(seen.name)
        if made is None:
            return in_tree
        return A_FILE if made and seen.kind == "there" else made or None

    def _may_list_other(self, now: Digest | None, seen: Observation) -> bool:
        """Whether a folder may hold other names once what is settled is in the tree; most often it is there already."""
        return now != seen.digest or self._has_other_results

    def _listing(self, name: str, own: Collection[str]) -> Digest | None:
        """What a listing would give once the tree holds what settled steps leave in it, and they leave nothing else."""
        gone = {path for path, original in self._taken_back.items() if not original and path not in self._left}
        return self.observer.listing(name, own, also=self._left, without=gone)

    def _is_own_folder(self, path: str, traces: Sequence[Trace]) -> bool:
        """Whether a folder is there for nothing but the files that the step itself has written."""
        own = {path for trace in traces for path in trace.files()}
        return any(each.startswith(f"{path}/") for each in own) and self.observer.holds_only(path, own)

    def writer_before(self, name: str, path: str) -> str | None:
        """The settled step whose file a step finds that writes the same one after it."""
        writers = self.reading.graph.in_path_order((*self._left.get(path, ()), name))
        return writers[at - 1] if name in writers and (at := writers.index(name)) else None

    def found(self, name: str, path: str) -> Digest:
        """What a step would find in a file that it changes, as things are settled; empty where there would be none."""
        earlier = self.writer_before(name, path)
        left = self._left.get(path, {})
        return left[earlier] if earlier is not None else self.originals.now(path, left.values())

    def left_alone(self, name: str, path: str) -> Digest:
        """What a step would find in a file that it writes as the case may be, and did not when it last ran.

        What else is there is somebody's, for it is none of the step's work, or has been taken away.
        """
        is_by_hand = self.writer_before(name, path) is None and not self.is_left_by_steps(path)
        return self.observer.file(path) or NOTHING if is_by_hand else self.found(name, path)

    def note_found(self, name: str, path: str, found: Digest) -> None:
        """Remembers what a file held before any step wrote it, as the run of a step has found it."""
        if self.writer_before(name, path) is None:
            self.originals.note(path, self.originals.behind(path, found, self._left.get(path, {}).values()))

    def is_left_by_steps(self, path: str) -> bool:
        """Whether what is in a file is what some step has left there."""
        there = self.observer.file(path)
        return there is not None and (there in self._left.get(path, {}).values() or self.originals.is_left(path, there))

    def _made(self, path: str) -> Digest | None:
        """The bytes that the last of its writers has left in a file."""
        left = self._left.get(path)
        return left[self.reading.graph.in_path_order(left)[-1]] if left else None

    def handed_on(self, step: Step) -> list[Observation]:
        """Which of the caller's variables the programs of a step get because settings say so, and their values.

        Which of them a program reads is not seen.
        """
        names = self.reading.passed(step)
        values = [Observation("variable", name, self.observer.variable(name)) for name in names]
        return [Observation("passed", "pass", self._passed(step)), *values]

    def _passed(self, step: Step) -> Digest:
        return digest_of(sorted(self.reading.passed(step)))

    def environment(self) -> dict[str, Digest]:
        if self._environment is None:
            variables = self.reading.settings.variables
            set_here = {f"variable {name}": digest_text(value) for name, value in variables.items()}
            self._environment = self.python.digests() | set_here
        return self._environment

    def rests_on(
        self, name: str, modules: Collection[str], missing: Collection[str] | None, *, is_complete: bool
    ) -> list[Observation]:
        """What the result of a step that has run rests on of what is installed.

        Args:
            name: the step.
            modules, missing: as in `Touched`.
            is_complete: the run was seen from its first moment to its last, in every process.
        """
        step = self.reading.graph.steps[name]
        externals: tuple[str, ...] = ()
        if step.file.endswith((".py", ".ipynb")):
            closure = self.reading.linked(step.file, step.symbol)
            externals = closure.externals
            is_complete = is_complete and not closure.computes_imports
        touched = Touched(externals, modules, missing, is_complete)
        return self.python.distributions.observations(touched, partial(self.reading.is_module, step.file))

    def _content_of(self, name: str) -> Digest:
        """The content of an asset or a source as it is settled; empty where there is none."""
        artifact = self.artifacts.get(name)
        if artifact is not None:
            return artifact.content
        source = self.reading.graph.sources.get(name)
        return (self.observer.source(source) or "") if source is not None else ""

    def _source(self, step: Step, name: str) -> Digest:
        source = self.reading.graph.sources[name]
        digest = self.observer.source(source)
        if digest is None:
            raise MissingSourceError(f"the source `{name}` is missing: there is no readable file at `{source.where}`")
        return digest

    def _require_made(self, step: Step) -> None:
        """Finds out that nothing is called by a name, once every open step has ended that might have saved it."""
        graph = self.reading.graph
        for binding in step.bindings:
            if binding.form != "asset" or binding.target in graph.maker or binding.target in self.artifacts:
                continue
            if all(map(self._is_settled, graph.upstream[step.name])):
                name = binding.target.removeprefix(step.project + "/")
                known = [asset.removeprefix(step.project + "/") for asset in (*self.artifacts, *graph.sources)]
                close = nearest(name, known)
                near = f"; close to it: {', '.join(close)}" if close else ""
                raise MissingSourceError(f"nothing is called `{name}`, and no open step saved it{near}")

    def _is_settled(self, step: str) -> bool:
        return step in self.failed or step in self.settled

    def _is_usable(self, trace: Trace) -> bool:
        addresses = trace.addresses()
        return self.store.objects.has_all(addresses) and not self.lost.intersection(addresses)

    def _usable(self, key: Digest) -> list[Trace]:
        return [trace for _, trace in self.store.traces.find(key) if self._is_usable(trace)]

    def _any_holds(self, traces: Sequence[Trace]) -> bool:
        return any(map(self._holds_now, traces))

    def _holds_now(self, trace: Trace) -> bool:
        return holds(trace, self.world([trace]))

    def _as_read(self, decision: Decision) -> Decision:
        """The decision, its reasons without code that nobody edited: that another onward read it is said once."""
        about_code = [reason for reason in decision.reasons if _is_about_code(reason)]
        previous = self.standing.results.get(decision.step)
        if not about_code or previous is None:
            return decision
        step = self.reading.graph.steps[decision.step]
        made = self.store.traces.envelope(previous.trace.key, previous.name)
        if made is None or read_alike(made.builder, this_onward(step.kind)):
            return decision
        then, now = self.past.code(step.name), self.past.present
        edited = [each for each in about_code if then is not None and is_edited(step, each.kind, each.what, then, now)]
        if edited == about_code:
            return decision
        kind, what, change = READS_OTHERWISE
        is_all = then is not None and not edited
        read_otherwise = Reason(kind, what, change=f"{change}{NOT_EDITED}" if is_all else change)
        others = [reason for reason in decision.reasons if reason not in about_code]
        return msgspec.structs.replace(decision, reasons=(*edited, read_otherwise, *others))

    def _with_places(self, decision: Decision) -> Decision:
        """The decision, its reasons with the files that they stand in."""
        graph = self.reading.graph
        reasons = []
        for reason in self._with_versions(decision):
            where = reason.where
            if where is None and reason.kind == "input":
                name = reason.what.partition(" as ")[0]
                source = graph.sources.get(name)
                maker = graph.maker.get(name) or graph.maker.get(reason.after or "")
                where = source.where if source is not None else graph.steps[maker].file if maker else None
            elif where is None and reason.kind == "code":
                where = self.reading.file_of(decision.step, reason.what)
            elif where is None and reason.kind in ("step", "never made"):
                where = graph.steps[decision.step].file
            reasons.append(msgspec.structs.replace(reason, where=where))
        return msgspec.structs.replace(decision, reasons=tuple(reasons))

    def _with_versions(self, decision: Decision) -> Iterator[Reason]:
        """The reasons, those about what is installed told distribution by distribution, with their versions."""
        previous = self.standing.trace(decision.step)
        before = self._versions_at(previous.environment) if previous is not None else {}
        for reason in decision.reasons:
            # No distribution has a space in its name, and what is said of variables has.
            if reason.kind == "environment" and reason.what != "python" and " " not in reason.what:
                yield from version_changes(reason, before, self.python)
            else:
                yield reason

    def _versions_at(self, environment: Digest | None) -> Mapping[str, str]:
        """The distributions, with their versions, of the environment that a result was made in."""
        if environment is None:
            return {}
        if environment not in self._versions:
            kept = self.store.objects.read(environment)
            self._versions[environment] = decode(kept, Environment).distributions if kept is not None else {}
        return self._versions[environment]


def _is_about_code(reason: Reason) -> bool:
    """Whether a reason is that a digest of code, or of what a step is, differs."""
    return reason.kind in ("code", "step") and (reason.before is not None or reason.after is not None)


def is_of_own_file(seen: Observation, traces: Iterable[Trace]) -> bool:
    """Whether the step itself wrote the file of which it has seen something."""
    return any(artifact.path == seen.name for trace in traces for artifact in trace.artifacts.values())


def version_changes(reason: Reason, before: Mapping[str, str], python: WorkspacePython) -> Iterator[Reason]:
    """A change of what is installed as one reason for each distribution; `before` are the versions until now."""
    now = python.facts.distributions
    counted = {name for name in (*before, *now) if name not in python.distributions.members}
    names = sorted(counted) if reason.what == "distributions" else [reason.what]
    changed = [name for name in names if before.get(name) != now.get(name)]
    for name in changed:
        old, new = before.get(name), now.get(name)
        change = f"changed from {old} to {new}" if old and new else f"{new} was added" if new else f"{old} was removed"
        yield Reason("environment", name, old, new, change=change)
    if not changed and reason.change == "changed":
        version = now.get(reason.what)
        change = f"{version} was installed with other contents" if version else "have other contents, at equal versions"
        yield msgspec.structs.replace(reason, change=change)
    elif not changed:
        yield reason
