"""What a round of a run found out too late: who looked at a file before another step wrote it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from onward.app.observing.originals import NOTHING
from onward.app.running.evaluate import Evaluation, is_of_own_file
from onward.app.running.outcomes import Outcomes
from onward.base import paths
from onward.engine.decide import holds
from onward.engine.graph import Graph
from onward.model.trace import Trace


def wrote_in_no_order(graph: Graph, outcomes: Outcomes) -> bool:
    """Whether a file has several writers of which none was known to be the last, so that it may be another's."""
    return any(
        len(names) > 1 and not any(names <= {last, *graph.upstream[last]} for last in names)
        for names in _writers(outcomes).values()
    )


def outdated(evaluation: Evaluation, outcomes: Outcomes) -> dict[str, str]:
    """The steps that looked at a path before another step of this run wrote it, with that path."""
    graph = evaluation.reading.graph
    writers = _writers(outcomes)
    for name, attempt in outcomes.attempts.items():
        for path in attempt.writes:
            writers[path].add(name)
    for name in evaluation.failed - evaluation.stood_in_for:
        for output in graph.steps[name].outputs:
            if output.path is not None:
                writers[output.path].add(name)
    if not writers:
        return {}
    for path, names in list(writers.items()):  # a folder that was looked for in vain is there with its first file
        while path := paths.folder_of(path):
            writers[path] |= names
    evaluation.observer.forget()
    found: dict[str, str] = {}
    for name, result in outcomes.results.items():
        trace = result.trace
        looked_for = [seen.name for seen in trace.observations if seen.kind in ("file", "absent", "there", "listing")]
        path = _found_too_early(evaluation, trace) or _came_later(graph, name, looked_for, writers)
        if path is None:
            continue
        if evaluation.missed(trace) is not None or not holds(trace, evaluation.world([trace])):
            found[name] = path
    for name in outcomes.failures.keys() & outcomes.attempts.keys():
        attempt = outcomes.attempts[name]
        path = _came_later(graph, name, (*attempt.reads, *attempt.asked), writers)
        if path is not None:
            found[name] = path
    return found


def _writers(outcomes: Outcomes) -> dict[str, set[str]]:
    """The steps that have written each file of the tree."""
    writers: dict[str, set[str]] = defaultdict(set)
    for name, result in outcomes.results.items():
        for path in result.trace.files():
            writers[path].add(name)
    return writers


def _found_too_early(evaluation: Evaluation, trace: Trace) -> str | None:
    """A file in which a step has found something else than it would now, before it changed it."""
    for seen in trace.observations:
        if seen.kind == "found" and evaluation.found(trace.step, seen.name) != seen.digest:
            return seen.name
        if seen.kind in ("absent", "there") and is_of_own_file(seen, [trace]):
            is_there = evaluation.found(trace.step, seen.name) != NOTHING
            if is_there != (seen.kind == "there"):
                return seen.name
    return None


def _came_later(graph: Graph, name: str, looked_for: Iterable[str], writers: Mapping[str, set[str]]) -> str | None:
    """A path that a step looked at and whose writer it did not wait for."""
    earlier = {name, *graph.upstream[name]}
    for each in looked_for:
        if not earlier.issuperset(writers.get(each, ())):
            return each
        if each.endswith("/") or paths.is_glob(each):
            for path, found in writers.items():
                if not earlier.issuperset(found) and paths.covers(each, path):
                    return path
    return None
