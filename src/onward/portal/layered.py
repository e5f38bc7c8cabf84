"""Places for the nodes of a directed graph, in layers from left to right, with few crossings.

The method is Sugiyama's (Sugiyama, Tagawa, Toda 1981): edges that close a circle are turned, layers are
longest paths, long edges get waypoints, barycentres order each layer, and places are the least squares
fit to the neighbours that keeps the order (pool adjacent violators). It knows nothing of what the
nodes are, and the same graph always gets the same places.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

NODE_WIDTH, NODE_HEIGHT = 188.0, 44.0
COLUMN_GAP, ROW_GAP, WAYPOINT_HEIGHT = 72.0, 16.0, 8.0
MARGIN = 12.0
_SWEEPS = 12
_PLACINGS = 8
_MOST_WAYPOINTS = 4_000

Point: TypeAlias = tuple[float, float]
_Slot: TypeAlias = int
"""A node (its number) or, from the number of nodes on, a waypoint of a long edge."""


@dataclass(frozen=True)
class Layout:
    """Where everything lies, in pixels from the top left.

    Attributes:
        corners: the top left corner of each node.
        routes: for each edge the points that its line runs through, from the right side of the node
            that it leaves to the left side of the one that it enters.
    """

    width: float
    height: float
    corners: dict[str, Point]
    routes: dict[tuple[str, str], tuple[Point, ...]]


def layered(nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> Layout:
    """A layout of the graph; edges between unknown nodes, loops and repeated edges are left out.

    Cost: about 0.1 s for 300 nodes and as many edges; grows with nodes times layers.
    """
    numbers = {name: number for number, name in enumerate(dict.fromkeys(nodes))}
    names = list(numbers)
    known = dict.fromkeys(
        (numbers[source], numbers[target])
        for source, target in edges
        if source in numbers and target in numbers and source != target
    )
    touched = sorted({end for edge in known for end in edge})
    forward = _without_circles(touched, list(known))
    layer_of = _layers(touched, forward)
    chains = _chains(forward, layer_of, first_waypoint=len(names))
    columns = _columns(touched, layer_of, chains)
    links = [pair for chain in chains.values() for pair in pairwise(chain)]
    columns = _with_few_crossings(columns, links)
    heights = _heights(columns, links, node_count=len(names))
    return _drawn(names, list(known), columns, chains, heights)


def _without_circles(nodes: list[int], edges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The edges, those turned round that lead back to a node on the way to them."""
    following: dict[int, list[int]] = {node: [] for node in nodes}
    for source, target in edges:
        following[source].append(target)
    state: dict[int, int] = {}  # 1: on the way, 2: done
    turned: set[tuple[int, int]] = set()
    entered = {target for _, target in edges}
    for root in [node for node in nodes if node not in entered] + nodes:
        if root in state:
            continue
        state[root] = 1
        way = [(root, iter(following[root]))]
        while way:
            node, rest = way[-1]
            target = next(rest, None)
            if target is None:
                state[node] = 2
                way.pop()
            elif state.get(target) == 1:
                turned.add((node, target))
            elif target not in state:
                state[target] = 1
                way.append((target, iter(following[target])))
    return list(dict.fromkeys((b, a) if (a, b) in turned else (a, b) for a, b in edges))


def _layers(nodes: list[int], edges: list[tuple[int, int]]) -> dict[int, int]:
    """The layer of each node: its longest path from a start; starts are moved next to their first reader."""
    following: dict[int, list[int]] = {node: [] for node in nodes}
    waiting = dict.fromkeys(nodes, 0)
    for source, target in edges:
        following[source].append(target)
        waiting[target] += 1
    starts = [node for node in nodes if not waiting[node]]
    layer_of = dict.fromkeys(starts, 0)
    ready = list(starts)
    for node in ready:
        for target in following[node]:
            layer_of[target] = max(layer_of.get(target, 0), layer_of[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for node in starts:
        if following[node]:
            layer_of[node] = min(layer_of[target] for target in following[node]) - 1
    return layer_of


def _chains(
    edges: list[tuple[int, int]], layer_of: dict[int, int], first_waypoint: int
) -> dict[tuple[int, int], list[_Slot]]:
    """Each edge as the slots that it runs through, one for each layer on its way."""
    spans = sum(layer_of[target] - layer_of[source] - 1 for source, target in edges)
    chains: dict[tuple[int, int], list[_Slot]] = {}
    waypoint = first_waypoint
    for source, target in edges:
        between = layer_of[target] - layer_of[source] - 1 if spans <= _MOST_WAYPOINTS else 0
        chains[source, target] = [source, *range(waypoint, waypoint + between), target]
        waypoint += between
    return chains


def _columns(
    nodes: list[int], layer_of: dict[int, int], chains: dict[tuple[int, int], list[_Slot]]
) -> list[list[_Slot]]:
    columns: list[list[_Slot]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    for node in nodes:
        columns[layer_of[node]].append(node)
    for (source, _), chain in chains.items():
        for step, waypoint in enumerate(chain[1:-1], start=1):
            columns[layer_of[source] + step].append(waypoint)
    return columns


def _neighbours(
    links: list[tuple[_Slot, _Slot]],
) -> tuple[dict[_Slot, list[_Slot]], dict[_Slot, list[_Slot]]]:
    """For each slot those that it is linked to on its left, and on its right."""
    left: dict[_Slot, list[_Slot]] = {}
    right: dict[_Slot, list[_Slot]] = {}
    for source, target in links:
        left.setdefault(target, []).append(source)
        right.setdefault(source, []).append(target)
    return left, right


def _with_few_crossings(columns: list[list[_Slot]], links: list[tuple[_Slot, _Slot]]) -> list[list[_Slot]]:
    """The columns ordered by the mean place of what they are linked to, to and fro; the best is kept."""
    left, right = _neighbours(links)
    best, fewest = columns, _crossings(columns, right)
    current = columns
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        rightwards = sweep % 2 == 0
        beside = left if rightwards else right
        current = [list(column) for column in current]
        for position in range(len(current)) if rightwards else reversed(range(len(current))):
            previous = position - 1 if rightwards else position + 1
            if not 0 <= previous < len(current):
                continue
            place = {slot: index for index, slot in enumerate(current[previous])}
            current[position] = _by_barycentre(current[position], beside, place)
        count = _crossings(current, right)
        if count < fewest:
            best, fewest = current, count
    return best


def _by_barycentre(column: list[_Slot], beside: dict[_Slot, list[_Slot]], place: dict[_Slot, int]) -> list[_Slot]:
    def centre(item: tuple[int, _Slot]) -> tuple[float, int]:
        index, slot = item
        places = [place[other] for other in beside.get(slot, ()) if other in place]
        return (sum(places) / len(places) if places else float(index)), index

    return [slot for _, slot in sorted(enumerate(column), key=centre)]


def _crossings(columns: list[list[_Slot]], right: dict[_Slot, list[_Slot]]) -> int:
    """How many pairs of links between neighbouring columns cross."""
    count = 0
    for column, following in pairwise(columns):
        place = {slot: index for index, slot in enumerate(following)}
        seen: list[int] = []
        for slot in column:
            ends = [place[other] for other in right.get(slot, ()) if other in place]
            count += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _heights(columns: list[list[_Slot]], links: list[tuple[_Slot, _Slot]], node_count: int) -> dict[_Slot, float]:
    """The vertical middle of each slot: near its neighbours, in order, none on another."""
    left, right = _neighbours(links)
    size = {slot: NODE_HEIGHT if slot < node_count else WAYPOINT_HEIGHT for column in columns for slot in column}
    middle: dict[_Slot, float] = {}
    for column in columns:
        _pack(column, dict.fromkeys(column, 0.0), size, middle)
    for turn in range(_PLACINGS):
        sides = (left,) if turn % 2 == 0 else (right,)
        if turn >= _PLACINGS - 2:
            sides = (left, right)
        for column in columns if turn % 2 == 0 else reversed(columns):
            wanted = {}
            for slot in column:
                around = [middle[other] for side in sides for other in side.get(slot, ())]
                wanted[slot] = sum(around) / len(around) if around else middle[slot]
            _pack(column, wanted, size, middle)
    lowest = min((middle[slot] - size[slot] / 2 for slot in middle), default=0.0)
    return {slot: place - lowest + MARGIN for slot, place in middle.items()}


def _pack(
    column: list[_Slot], wanted: dict[_Slot, float], size: dict[_Slot, float], middle: dict[_Slot, float]
) -> None:
    """Writes into `middle` the places nearest to `wanted` (least squares) that keep order and gaps."""
    offsets: list[float] = []
    for index, slot in enumerate(column):
        if index:
            above = column[index - 1]
            offsets.append(offsets[-1] + (size[above] + size[slot]) / 2 + ROW_GAP)
        else:
            offsets.append(0.0)
    pools: list[tuple[float, int]] = []  # sum and number of wanted places that must move as one
    for slot, offset in zip(column, offsets, strict=True):
        total, count = wanted[slot] - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            above_total, above_count = pools.pop()
            total, count = total + above_total, count + above_count
        pools.append((total, count))
    spread = [total / count for total, count in pools for _ in range(count)]
    for slot, offset, place in zip(column, offsets, spread, strict=True):
        middle[slot] = place + offset


def _drawn(
    names: list[str],
    edges: list[tuple[int, int]],
    columns: list[list[_Slot]],
    chains: dict[tuple[int, int], list[_Slot]],
    middle: dict[_Slot, float],
) -> Layout:
    x_of = {slot: MARGIN + index * (NODE_WIDTH + COLUMN_GAP) for index, column in enumerate(columns) for slot in column}
    corners = {names[slot]: (x_of[slot], middle[slot] - NODE_HEIGHT / 2) for slot in x_of if slot < len(names)}
    routes: dict[tuple[str, str], tuple[Point, ...]] = {}
    for source, target in edges:
        chain = chains.get((source, target)) or chains[target, source][::-1]
        routes[names[source], names[target]] = _route(chain, x_of, middle, len(names))
    bottom = max((y + NODE_HEIGHT for _, y in corners.values()), default=0.0)
    bottom = max([bottom, *(y for route in routes.values() for _, y in route)])
    _place_unlinked([name for name in names if name not in corners], corners, bottom, max(len(columns), 4))
    right = max((x + NODE_WIDTH for x, _ in corners.values()), default=0.0)
    bottom = max([bottom, *(y + NODE_HEIGHT for _, y in corners.values())])
    return Layout(right + MARGIN, bottom + MARGIN, corners, routes)


def _route(
    chain: list[_Slot], x_of: dict[_Slot, float], middle: dict[_Slot, float], node_count: int
) -> tuple[Point, ...]:
    """The way of an edge; a waypoint is crossed straight, so that no line runs over a node beside it."""
    leftwards = x_of[chain[0]] > x_of[chain[-1]]
    points: list[Point] = []
    for index, slot in enumerate(chain):
        sides = [(x_of[slot], middle[slot]), (x_of[slot] + NODE_WIDTH, middle[slot])]
        if leftwards:
            sides.reverse()
        if slot >= node_count:
            points.extend(sides)
        else:
            points.append(sides[1] if index == 0 else sides[0])
    return tuple(points)


def _place_unlinked(alone: list[str], corners: dict[str, Point], bottom: float, across: int) -> None:
    """Nodes without an edge stand in rows below the others."""
    top = bottom + (ROW_GAP * 2 if corners else MARGIN)
    for index, name in enumerate(alone):
        row, column = divmod(index, across)
        corners[name] = (
            MARGIN + column * (NODE_WIDTH + COLUMN_GAP),
            top + row * (NODE_HEIGHT + ROW_GAP),
        )
