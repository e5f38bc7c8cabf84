"""Files of steps that are none any more: they stay in the tree, and whoever reads them goes on as if they were data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from onward.app.observing.originals import is_in_git, tracked_by_git
from onward.app.settings.place import Place
from onward.app.standing import StandingResult
from onward.base.text import listed
from onward.engine.graph import Graph
from onward.model.trace import Trace


def left_over(
    place: Place, graph: Graph, before: Mapping[str, StandingResult], results: Mapping[str, StandingResult]
) -> Iterator[str]:
    """What has to be said of such files: a fresh clone has none of them, and nobody would know why.

    Nothing is said of a file that is as git has it, that another step writes now, or that nobody reads.

    Args:
        place: the workspace.
        graph: as it is now.
        before: the last results of the worktree, those of steps that are gone among them.
        results: of this run, by step.
    """
    written = {path for name in graph.steps for path in _written_by(graph, results, name)}
    for gone in sorted(before.keys() - graph.steps.keys()):
        files = before[gone].trace.files().keys() - written
        read = {path: names for path in sorted(files) if (names := _readers(graph, results, path))}
        tracked = set(tracked_by_git(place, read))
        for path, names in read.items():
            if path in tracked and is_in_git(place, path):
                continue
            is_otherwise = "has another one" if path in tracked else "has no such file"
            readers = listed([f"`{name}`" for name in names], 3)
            yield (
                f"`{path}` is left of `{gone}`, which is no step any more, and is read by {readers}: "
                f"a fresh clone {is_otherwise}; commit it, or bring the step back"
            )


def _written_by(graph: Graph, results: Mapping[str, StandingResult], name: str) -> Iterable[str]:
    """The files that a step has written, else, where it has no result, those that it is known to write."""
    return results[name].trace.files() if name in results else graph.steps[name].writes


def _readers(graph: Graph, results: Mapping[str, StandingResult], path: str) -> list[str]:
    return sorted(name for name, result in results.items() if path in _read_by(graph, result.trace))


def _read_by(graph: Graph, trace: Trace) -> set[str]:
    """The files of the workspace that a result rests on, be it on no more than that they are there."""
    seen = {each.name for each in trace.observations if each.kind in ("file", "there")}
    taken = [binding.target for binding in graph.steps[trace.step].bindings if binding.form == "source"]
    return seen.union(*(graph.sources[name].paths for name in taken))
