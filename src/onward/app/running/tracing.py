"""What one run of a step comes to: whether the world held still for it, and the trace of what it left in its outbox."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

import onward
from onward.app.observing import seen
from onward.app.observing.collect import Result, take
from onward.app.observing.outputs import TreeOutputs
from onward.app.observing.quoting import quoted
from onward.app.observing.watched import Watched
from onward.app.reading.current import read_current
from onward.app.running import basis as bases
from onward.app.running.evaluate import Evaluation
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened
from onward.base import clock
from onward.base.digest import Digest
from onward.engine.graph import asset_of_path
from onward.model.artifact import Artifact
from onward.model.decision import Decision
from onward.model.event import Ending, Unit
from onward.model.ports import Executor
from onward.model.trace import SELF_CHANGING, TRACE_FORMAT, CheckOutcome, Observation, Trace, Usage
from onward.model.workspace import Step


@dataclass(frozen=True)
class FirstRun:
    """What the first of two runs of a step came to, and how long it took."""

    trace: Trace
    seconds: float


@dataclass
class Running:
    """A step's child, and what it was started on.

    Attributes:
        seen: what the paths that its code spells out were when it started.
        sources: what the sources that it takes were then.
        states: the digests of the files that it may overwrite.
        started: on the monotonic clock.
        late: it has reached its time limit.
        first: for a second run of what this run has made, the first.
    """

    unit: Unit
    outbox: Path
    decision: Decision
    key: Digest
    identity: int
    executor: Executor
    deadline: float | None
    seen: list[Observation]
    sources: dict[str, Digest | None]
    states: dict[str, str | None]
    started: float
    late: bool = False
    first: FirstRun | None = None


class Tracing:
    """Makes traces, for the runs of steps of one round."""

    def __init__(
        self, opened: Opened, evaluation: Evaluation, outputs: TreeOutputs, options: RunOptions, as_of: str
    ) -> None:
        self._opened = opened
        self._store = opened.store
        self._evaluation = evaluation
        self._graph = evaluation.reading.graph
        self._outputs = outputs
        self._options = options
        self._as_of = as_of
        self._environment: Digest | None = None
        self._root = str(opened.place.root)
        own = Path(onward.__file__).parents[1]
        self._spare = [*seen.spare_folders(), str(opened.place.store), str(own)]

    # Whether the world held still.

    def changed_meanwhile(self, running: Running, step: Step, result: Result) -> str | None:
        """The input that is no longer what it was when the step started, or when it first looked at it."""
        watched = result.watched
        own = {*step.writes, *self._files_written(step, watched).values()}
        changed = self._changed_input(running, own) or self._changed_code(step, own)
        if changed is None and watched is not None:
            changed = seen.changed_path(watched, self._known(running, step, own))
        return changed

    def _changed_input(self, running: Running, own: Collection[str]) -> str | None:
        observer = self._evaluation.observer
        for path in {observation.name for observation in running.seen}:
            observer.forget(path)
        for name in running.sources:
            for path in self._graph.sources[name].paths:
                observer.forget(path)
        for name, digest in running.sources.items():
            if observer.source(self._graph.sources[name]) != digest:
                return name
        for observation in running.seen:
            if observation.kind == "listing":
                continue  # a step may well add files to a folder that it lists
            now = observer.file(observation.name)
            if now != (observation.digest or None) and observation.name not in own:
                return observation.name
        return None

    def _changed_code(self, step: Step, own: Collection[str]) -> str | None:
        """The file of code that was edited since it was read, where the edit means anything to the step.

        Whether the step ran the old or the new code cannot be told, so its result would belong to neither. Code that
        the step itself has written, as by `%%writefile`, is what it ran.
        """
        reading = self._evaluation.reading
        files = {step.file, *self._evaluation.reading.own_files(step)}.difference(own)
        changed = [path for path in sorted(files) if self._digest_now(path) != reading.digests.get(path)]
        if not changed:
            return None
        now = read_current(self._opened, self._options.settings)
        same = now.graph.steps.get(step.name)
        is_same = same is not None and (now.code(same), now.render(same)) == (reading.code(step), reading.render(step))
        return None if is_same else changed[0]

    def _digest_now(self, path: str) -> Digest | None:
        try:
            return self._opened.index.digest(str(self._opened.place.root / path))
        except OSError:
            return None

    # Traces.

    def trace(
        self, running: Running, ending: Ending, step: Step, result: Result, asked_for: Mapping[str, str]
    ) -> Trace:
        """The trace of a run that went well; its bytes are in the store before it is written.

        Args:
            asked_for: assets and sources that the step took by words which only running it showed, by these; empty
                where nothing is called so.

        Raises:
            ChangedError: a file that it was seen to read has changed since.
        """
        watched = result.watched
        written = self._files_written(step, watched)
        made = self._taken(step, result)
        artifacts = {asset: self._same_bytes_if_equal(step.name, asset, made[asset]) for asset in made}
        artifacts |= self._outputs.collect(written)
        known = self._known(running, step, set(written.values()))
        # What it wrote itself is no input of it, though its code or its run shows it to be read.
        observations = [one for one in running.seen if one.name not in known.writes]
        observations += [Observation("name", word, target) for word, target in asked_for.items()]
        loaded = dict.fromkeys(target for target in asked_for.values() if target)
        observations += [Observation("asset", target, self._content_of(target)) for target in loaded]
        if result.asked_for_today:
            observations.append(Observation("today", "today", self._as_of))
        texts = {step.file} if result.quotes_code else set()
        code = self._evaluation.reading.own_files(step)
        texts.update(quoted(artifacts.values(), code, self._store.objects))
        if watched is not None:
            texts.update(seen.code_read(watched, known, code))
        observations += [Observation("text", path, self._evaluation.text_of(path)) for path in sorted(texts)]
        if watched is not None:
            told = {(one.kind, one.name) for one in observations}
            found = list(dict.fromkeys(seen.observations_of(watched, known, self._evaluation.observer)))
            if seen.has_strange_code(watched, known):
                counted = self._code_of_pickles(step, self._files_read(running, step, [*observations, *found]))
                found = [one for one in found if not (one.kind == "file" and one.name in counted)]
            observations += [one for one in found if (one.kind, one.name) not in told]
            observations += seen.found_observations(watched, self._root, running.states)
            settled = self._evaluation.reading.settings.variables
            observations += seen.variables_of(watched, self._evaluation.observer, settled)
        if self._hands_on(step, result, watched):
            observations += [one for one in self._evaluation.handed_on(step) if one not in observations]
        observations += self._evaluation.pickled.observations(step, self._files_read(running, step, observations))
        observations += self._installed(step, result, watched)
        marks = self._marks(step, watched, known)
        return Trace(
            format=TRACE_FORMAT,
            step=step.name,
            key=running.key,
            inputs=self._rows(step),
            observations=tuple(observations),
            artifacts=artifacts,
            made_at=clock.text_of(clock.now()),
            usage=Usage(round(ending.wall_s, 4), round(ending.cpu_s, 4), ending.peak_bytes),
            check=msgspec.convert(result.check, CheckOutcome) if result.check is not None else None,
            log=result.log(self._store.objects),
            environment=self._environment_address(),
            marks=tuple(sorted(marks)),
            because=marks,
        )

    def rendered(self, running: Running, step: Step, result: Result) -> Trace:
        """The trace of a document that was rendered again: all but the document is the kept result's."""
        kept = running.decision.outputs_from
        assert kept is not None
        written = self._taken(step, result)
        # New prose may show a picture that the kept result never looked at.
        known = {each.name for each in kept.observations}
        fresh = [each for each in running.seen if each.name not in known]
        return msgspec.structs.replace(
            kept,
            observations=(*kept.observations, *fresh),
            key=running.key,
            inputs=self._rows(step),
            artifacts={**kept.artifacts, **written},
            made_at=clock.text_of(clock.now()),
            twins={asset: content for asset, content in kept.twins.items() if asset not in written},
        )

    def _rows(self, step: Step) -> tuple[tuple[str, str, Digest], ...]:
        inputs = self._evaluation.decided[step.name].inputs
        return tuple((kind, name, digest) for (kind, name), digest in sorted(inputs.items()))

    def _files_written(self, step: Step, watched: Watched | None) -> Mapping[str, str]:
        """The files of the tree that are assets of the step, by the assets' names.

        Where everything was seen, what was seen; else what the code says as well, where it is there.
        """
        declared = {output.asset: output.path for output in step.outputs if output.path and not output.is_seen}
        if watched is None or step.check is not None:
            return declared
        paths = seen.written_paths(watched, self._root)
        project = self._evaluation.reading.project(step.project)
        found = {asset_of_path(project, path): path for path in paths}
        if seen.is_complete(watched):
            declared = {asset: path for asset, path in declared.items() if path in paths}
        return declared | found

    def _known(self, running: Running, step: Step, written: Collection[str] = ()) -> seen.Known:
        """What of all that a step was seen to touch counts already, or cannot."""
        reading = self._evaluation.reading
        # What else stands in an `onward.toml` is no code of a command that it declares, but may be read by it.
        inputs = {step.file} - reading.config_digests.keys()
        inputs |= {*step.revisits, *(observation.name for observation in running.seen)}
        inputs.update(path for name in running.sources for path in self._graph.sources[name].paths)
        inputs |= reading.own_files(step)
        searched = () if step.file in reading.config_digests else reading.roots_of(step.file)
        return seen.Known(self._root, inputs, {*step.writes, *written}, searched, self._spare)

    def _hands_on(self, step: Step, result: Result, watched: Watched | None) -> bool:
        """Whether something may have read the variables that settings hand on: a program, or a library below Python."""
        if watched is None or not seen.is_complete(watched) or watched.programs:
            return True
        return step.kind == "command" or bool(result.modules or watched.modules)

    def _code_of_pickles(self, step: Step, files: Iterable[str]) -> set[str]:
        """The files that opening models and other pickles imports: what of them counts is in what these say."""
        taken = [self._evaluation.artifacts.get(binding.target) for binding in step.bindings]
        names = {name for model in taken if model is not None for name in model.facts.get("globals", ())}
        return self._evaluation.reading.files_named(step, names) | self._evaluation.pickled.files_named(step, files)

    def _files_read(self, running: Running, step: Step, observations: Iterable[Observation]) -> set[str]:
        """The files that a step has read, its sources and what others wrote for it among them."""
        files = {one.name for one in observations if one.kind == "file"}
        files.update(path for name in running.sources for path in self._graph.sources[name].paths)
        taken = {
            *(binding.target for binding in step.bindings),
            *(one.name for one in observations if one.kind == "asset"),
        }
        makers = {self._graph.maker[asset] for asset in taken if asset in self._graph.maker}
        outputs = (output for maker in makers for output in self._graph.steps[maker].outputs)
        return files | {output.path for output in outputs if output.path is not None and output.asset in taken}

    def _installed(self, step: Step, result: Result, watched: Watched | None) -> list[Observation]:
        """What of all that is installed the result rests on: everything, unless all that the step did was seen."""
        modules, missing = {*result.modules}, result.missing
        if watched is not None:
            modules.update(watched.modules, watched.distributions)
            missing = list(watched.missing) if watched.missing is not None else missing
        is_complete = watched is not None and seen.is_complete(watched)
        return self._evaluation.rests_on(step.name, modules, missing, is_complete=is_complete)

    def _marks(self, step: Step, watched: Watched | None, known: seen.Known) -> dict[str, tuple[str, ...]]:
        asked_for = self._evaluation.reading.settings.watch or self._options.strict
        marks = seen.marks_of(watched, known) if asked_for else {}
        revisited = {SELF_CHANGING: tuple(seen.revisited(path) for path in step.revisits)} if step.revisits else {}
        return {**marks, **revisited}

    def _taken(self, step: Step, result: Result) -> dict[str, Artifact]:
        """What the step returned and saved, by asset, with its bytes in the store."""
        named = partial(self._evaluation.reading.code_named, step)
        return {
            asset: take(written, self._store.objects, named) for asset, written in result.written(step.project).items()
        }

    def _environment_address(self) -> Digest:
        if self._environment is None:
            self._environment = bases.keep_environment(self._store, self._evaluation.python)
        return self._environment

    def _content_of(self, name: str) -> Digest:
        artifact = self._evaluation.artifacts.get(name)
        if artifact is not None:
            return artifact.content
        source = self._graph.sources.get(name)
        return (self._evaluation.observer.source(source) if source is not None else None) or ""

    def _same_bytes_if_equal(self, step: str, asset: str, artifact: Artifact) -> Artifact:
        """Equal content made again keeps the first bytes that are still whole."""
        previous = self._opened.standing.trace(step)
        before = previous.artifacts.get(asset) if previous is not None else None
        if before is None or before.content != artifact.content or before.bytes == artifact.bytes:
            return artifact
        whole = all(self._store.objects.is_whole(address) for address in before.addresses())
        return msgspec.structs.replace(before, facts=artifact.facts) if whole else artifact
