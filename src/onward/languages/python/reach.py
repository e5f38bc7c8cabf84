"""What can be reached in a graph, circle by circle."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Reach(Generic[T]):
    """What can be reached in a graph that is asked for its edges once; circles count as one (Tarjan 1972)."""

    def __init__(self, edges: Callable[[T], Iterable[T]]) -> None:
        self._edges = edges
        self._reached: dict[T, frozenset[T]] = {}
        self._circles: dict[T, frozenset[T]] = {}

    def of(self, start: T) -> frozenset[T]:
        """Everything that can be reached from `start`, itself included."""
        if start not in self._reached:
            self._walk(start)
        return self._reached[start]

    def circle_of(self, node: T) -> frozenset[T]:
        """The nodes that reach `node` and are reached from it; itself alone where there is no circle."""
        self.of(node)
        return self._circles[node]

    def _walk(self, start: T) -> None:
        numbers: dict[T, int] = {start: 0}
        lowest: dict[T, int] = {start: 0}
        edges = {start: list(self._edges(start))}
        work = [(start, iter(edges[start]))]
        open_nodes = [start]
        while work:
            node, rest = work[-1]
            for target in rest:
                if target in self._reached:
                    continue
                if target not in numbers:
                    numbers[target] = lowest[target] = len(numbers)
                    edges[target] = list(self._edges(target))
                    work.append((target, iter(edges[target])))
                    open_nodes.append(target)
                    break
                lowest[node] = min(lowest[node], numbers[target])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[node])
                if lowest[node] == numbers[node]:
                    self._close(open_nodes[open_nodes.index(node) :], edges)
                    del open_nodes[open_nodes.index(node) :]

    def _close(self, members: list[T], edges: dict[T, list[T]]) -> None:
        circle = frozenset(members)
        outside = {target for member in members for target in edges[member] if target not in circle}
        reached = circle.union(*(self._reached[target] for target in outside))
        for member in members:
            self._reached[member] = reached
            self._circles[member] = circle
