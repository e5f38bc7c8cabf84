"""The graph as an inline SVG whose nodes are links: drawn beforehand, so it needs no script.

The script only lights up what a node rests on and what rests on it, by the numbers written here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from onward.portal import html, words
from onward.portal.layered import NODE_HEIGHT, NODE_WIDTH, Point, layered

MOST_NODES = 300
"""Beyond it a picture says nothing any more: there is one for each project, and one of the projects."""

_PAGE_WIDTH = 1_100  # pixels; a wider drawing can be shrunk to the page, which takes no script
_READABLE = 1.25  # times that: shrunk from there to a page at a desk, its letters are still large enough
_LABEL_LETTERS, _KIND_LETTERS = 24, 30


@dataclass(frozen=True)
class DrawnNode:
    """A node as it is drawn: two lines of text, where it leads, and how it looks (`look` is a class)."""

    name: str
    label: str
    kind: str
    href: str | None = None
    look: str = ""


def picture(nodes: Mapping[str, DrawnNode], edges: Iterable[tuple[str, str]], label: str) -> html.Markup:
    """The drawing in a frame of its own that scrolls where it is wider than the page."""
    placed = layered(list(nodes), edges)
    numbers = {name: number for number, name in enumerate(nodes)}
    lines = [
        html.path(d=_curve(points), data_from=numbers[source], data_to=numbers[target], class_="edge")
        for (source, target), points in placed.routes.items()
    ]
    boxes = [_box(node, placed.corners[name], numbers[name]) for name, node in nodes.items() if name in placed.corners]
    drawing = html.svg(
        html.svg_title(label),
        html.g(lines, aria_hidden="true"),
        boxes,
        viewBox=f"0 0 {placed.width:.0f} {placed.height:.0f}",
        width=f"{placed.width:.0f}",
        height=f"{placed.height:.0f}",
        role="group",
        aria_label=label,
        class_="graph fitted" if placed.width <= _READABLE * _PAGE_WIDTH else "graph",
    )
    frame = html.div(drawing, class_="scroller graph-frame", role="region", aria_label=label, tabindex="0")
    if placed.width <= _READABLE * _PAGE_WIDTH:
        return frame
    return html.text(html.label(html.input_(type="checkbox"), " The whole picture at once", class_="fit"), frame)


def _box(node: DrawnNode, corner: Point, number: int) -> html.Markup:
    x, y = corner
    drawn = html.text(
        html.svg_title(f"{node.name} ({node.kind})"),
        html.rect(x=f"{x:.0f}", y=f"{y:.0f}", width=f"{NODE_WIDTH:.0f}", height=f"{NODE_HEIGHT:.0f}", rx=4),
        html.svg_text(_fitted(node.label, _LABEL_LETTERS), x=f"{x + 12:.0f}", y=f"{y + 19:.0f}", class_="node-label"),
        html.svg_text(_fitted(node.kind, _KIND_LETTERS), x=f"{x + 12:.0f}", y=f"{y + 35:.0f}", class_="node-kind"),
    )
    look = f"node {node.look}".strip()
    if node.href is None:
        return html.g(drawn, data_node=number, class_=look)
    return html.a(drawn, href=node.href, data_node=number, class_=look)


def _fitted(label: str, letters: int) -> str:
    """`label`, cut to what a box holds; East Asian letters take the room of two."""
    room = letters
    for place, letter in enumerate(label):
        room -= 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if room < 0:
            return label[: place - 1] + "…"
    return label


def _curve(points: tuple[Point, ...]) -> str:
    """A line that leaves and enters every point horizontally."""
    x, y = points[0]
    drawn = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in points[1:]:
        if abs(next_y - y) < 0.05:
            drawn.append(f"H{next_x:.1f}")
        else:
            half = (x + next_x) / 2
            drawn.append(f"C{half:.1f} {y:.1f} {half:.1f} {next_y:.1f} {next_x:.1f} {next_y:.1f}")
        x, y = next_x, next_y
    return "".join(drawn)


def kind_label(kind: str, project: str, marks: Iterable[str] = ()) -> str:
    """A node's second line: `Table · delays · unpinned`."""
    return " · ".join(part for part in (words.kind_word(kind), project, *marks) if part)
