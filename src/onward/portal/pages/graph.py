"""What reads what: the whole graph as one picture, or where it is too large as one of the projects.

Below the picture stands the same as a table, for those who cannot see it and for printing.
"""

from __future__ import annotations

from collections.abc import Sequence

from onward.base.text import plural
from onward.portal import content, html, shell
from onward.portal.content import SOURCE
from onward.portal.graph_picture import MOST_NODES, DrawnNode, kind_label, picture
from onward.portal.index import GRAPH, Page, Place, SiteIndex


def page(index: SiteIndex) -> Page:
    """`graph/index.html`."""
    place = Place(index, GRAPH)
    graph = index.site.graph
    return shell.page(
        place,
        title="Graph",
        body=[
            html.header(
                html.h1("Graph"),
                html.p(
                    "What every result is made from. Lines run from left to right, from what is read to what "
                    "reads it; each box leads to its page.",
                    class_="dek",
                ),
                class_="page-head",
            ),
            _drawing(place, graph),
            _as_table(place, graph) if graph.nodes else None,
        ],
    )


def _drawing(place: Place, graph: content.Graph) -> html.Child:
    if not graph.nodes:
        return html.p("There is nothing in the graph yet.")
    if len(graph.nodes) <= MOST_NODES:
        nodes = {node.name: _drawn(place, node) for node in graph.nodes}
        return [picture(nodes, graph.edges, "Graph of the workspace"), _legend()]
    return [
        html.p(
            f"With {plural(len(graph.nodes), 'node')} the graph is drawn project by project: "
            "each box leads to its project, whose page shows its own part.",
            class_="note",
        ),
        _overview(place, graph),
    ]


def _overview(place: Place, graph: content.Graph) -> html.Markup:
    """The projects, and which of them reads from which; sources of no project are one box."""
    home_of = {node.name: node.project for node in graph.nodes}
    counts: dict[str, int] = {}
    for node in graph.nodes:
        counts[node.project] = counts.get(node.project, 0) + 1
    titles = {project.name: project.title or project.name for project in place.index.projects}
    nodes = {}
    for name in sorted(counts):
        target = place.index.addresses.project(name)
        nodes[name] = DrawnNode(
            name=name or "sources",
            label=titles.get(name, name) or "Sources",
            kind=plural(counts[name], "node"),
            href=place.to(target) + "#graph" if target else None,
            look="" if name else "source",
        )
    edges = [
        (home_of[source], home_of[target]) for source, target in graph.edges if source in home_of and target in home_of
    ]
    return picture(nodes, edges, "Graph of the projects")


def project_picture(place: Place, project: str) -> html.Markup | None:
    """A project's nodes with what they read from elsewhere and who reads them; None if too many or few."""
    graph = place.index.site.graph
    own = {node.name for node in graph.nodes if node.project == project and project}
    edges = [(source, target) for source, target in graph.edges if source in own or target in own]
    shown = own | {name for edge in edges for name in edge}
    if not edges or len(shown) > MOST_NODES:
        return None
    nodes = {node.name: _drawn(place, node, away=node.name not in own) for node in graph.nodes if node.name in shown}
    return picture(nodes, edges, f"Graph of {project}")


def _drawn(place: Place, node: content.Node, *, away: bool = False) -> DrawnNode:
    index = place.index
    target = index.addresses.asset(node.name)
    checks = index.checks.get(node.name, ())
    marks = index.assets[node.name].marks if node.name in index.assets else ()
    looks = [
        "source" if node.kind == SOURCE else "absent" if target is None else "",
        "away" if away else "",
        "changed" if node.name in index.changes else "",
        _look_of(checks),
    ]
    label = index.title_of(node.name) if target else node.title or node.name
    return DrawnNode(
        name=node.name,
        label=label,
        kind=kind_label(node.kind, node.project, marks),
        href=place.to(target) if target else None,
        look=" ".join(look for look in looks if look),
    )


def _look_of(checks: Sequence[content.Check]) -> str:
    if not any(map(shell.is_broken, checks)):
        return ""
    return "warned" if shell.worst(checks) == shell.WARNED else "broken"


def _legend() -> html.Markup:
    return html.ul(
        html.li(html.span(class_="swatch source"), "source"),
        html.li(html.span(class_="swatch"), "result"),
        html.li(html.span(class_="swatch changed"), "new or changed in this release"),
        html.li(html.span(class_="swatch warned"), "a check warns"),
        html.li(html.span(class_="swatch broken"), "a check is broken"),
        class_="legend",
    )


def _as_table(place: Place, graph: content.Graph) -> html.Markup:
    reads: dict[str, list[str]] = {}
    for source, target in graph.edges:
        reads.setdefault(target, []).append(source)
    rows = [
        html.tr(
            html.th(place.asset_link(node.name, said=node.name), scope="row"),
            html.td(kind_label(node.kind, "")),
            html.td(_joined([place.asset_link(name, said=name) for name in sorted(set(reads.get(node.name, ())))])),
        )
        for node in sorted(graph.nodes, key=lambda node: node.name)
    ]
    table = html.table(
        html.thead(html.tr([html.th(head, scope="col") for head in ("Name", "Kind", "Reads")])),
        html.tbody(rows),
        class_="plain",
    )
    return html.details(
        html.summary("The same as a table"), shell.scroller(table, "The graph as a table"), class_="block"
    )


def _joined(links: list[html.Markup]) -> html.Child:
    return [[", " if place else None, link] for place, link in enumerate(links)]
