"""The layout of graphs: nothing on top of another, lines from left to right, few crossings."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from onward.portal.layered import NODE_HEIGHT, NODE_WIDTH, Layout, layered

nodes = [f"n{number}" for number in range(12)]
graphs = st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), max_size=30)


def overlaps(layout: Layout) -> list[tuple[str, str]]:
    return [
        (a, b)
        for (a, (ax, ay)), (b, (bx, by)) in combinations(layout.corners.items(), 2)
        if abs(ax - bx) < NODE_WIDTH and abs(ay - by) < NODE_HEIGHT - 0.01
    ]


@given(graphs)
def test_every_node_has_a_place_of_its_own_within_the_picture(edges: list[tuple[str, str]]) -> None:
    layout = layered(nodes, edges)
    assert set(layout.corners) == set(nodes)
    assert overlaps(layout) == []
    for x, y in layout.corners.values():
        assert 0 <= x <= layout.width - NODE_WIDTH
        assert 0 <= y <= layout.height - NODE_HEIGHT
    assert all(-1 <= y <= layout.height for route in layout.routes.values() for _, y in route)


@given(graphs)
def test_without_circles_every_line_runs_from_left_to_right(edges: list[tuple[str, str]]) -> None:
    forward = [(a, b) for a, b in edges if nodes.index(a) < nodes.index(b)]
    layout = layered(nodes, forward)
    assert set(layout.routes) == set(forward)
    for (source, target), route in layout.routes.items():
        assert route[0] == (
            layout.corners[source][0] + NODE_WIDTH,
            layout.corners[source][1] + NODE_HEIGHT / 2,
        )
        assert route[-1] == (layout.corners[target][0], layout.corners[target][1] + NODE_HEIGHT / 2)
        assert all(left[0] <= right[0] for left, right in pairwise(route))


@given(graphs)
def test_circles_and_loops_are_drawn_too(edges: list[tuple[str, str]]) -> None:
    layout = layered(nodes, edges)
    assert set(layout.routes) == {(a, b) for a, b in edges if a != b}


@given(graphs)
def test_a_long_line_runs_over_no_node(edges: list[tuple[str, str]]) -> None:
    forward = [(a, b) for a, b in edges if nodes.index(a) < nodes.index(b)]
    layout = layered(nodes, forward)
    for (source, target), route in layout.routes.items():
        for (left, y), (right, same) in zip(route[1:-1:2], route[2:-1:2], strict=True):
            assert y == same
            for name, (x, top) in layout.corners.items():
                if name not in (source, target) and left <= x < right:
                    assert not top < y < top + NODE_HEIGHT


@given(graphs)
def test_the_same_graph_always_has_the_same_places(edges: list[tuple[str, str]]) -> None:
    assert layered(nodes, edges) == layered(nodes, edges)


def test_crossings_that_can_be_avoided_are_avoided() -> None:
    layout = layered(["a", "b", "c", "x", "y", "z"], [("a", "z"), ("b", "y"), ("c", "x")])
    height = {name: y for name, (_, y) in layout.corners.items()}
    order = sorted("abc", key=lambda name: height[name])
    partner = {"a": "z", "b": "y", "c": "x"}
    assert sorted("xyz", key=lambda name: height[name]) == [partner[name] for name in order]


def test_a_source_stands_beside_what_reads_it() -> None:
    layout = layered(["a", "b", "c", "late"], [("a", "b"), ("b", "c"), ("late", "c")])
    assert layout.corners["late"][0] == layout.corners["b"][0]


def test_an_empty_graph_has_an_empty_picture() -> None:
    assert layered([], []).corners == {}
