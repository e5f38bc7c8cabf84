"""A project's page: its question, its results by kind, how they hang together, and its text."""

from __future__ import annotations

from collections.abc import Sequence

from onward.portal import content, html, prose, shell, words
from onward.portal.index import HOME, Page, Place, SiteIndex
from onward.portal.pages import graph, home, timeline

_NEWEST = 3
"""Moves that are named here."""


def page(index: SiteIndex, project: content.Project) -> Page:
    """`<project>/index.html`."""
    path = index.addresses.project(project.name)
    assert path is not None, "every project of the content has an address"
    place = Place(index, path)
    assets = index.assets_of(project.name)
    return shell.page(
        place,
        title=project.title or project.name,
        description=project.question,
        trail=[
            shell.crumb(html.a("Projects", href=place.to(HOME) + "#projects")),
            shell.crumb(project.title or project.name, here=True),
        ],
        body=[
            _head(place, project, assets),
            [_kind(place, kind, assets) for kind in _kinds(assets)],
            _changed(place, project),
            _picture(place, project),
            shell.block(
                "About",
                html.div(prose.markdown(project.readme, heading=project.title or project.name), class_="prose"),
            )
            if project.readme.strip()
            else None,
        ],
    )


def _head(place: Place, project: content.Project, assets: list[content.Asset]) -> html.Markup:
    return html.header(
        html.h1(project.title or project.name),
        html.p(project.question, class_="question") if project.question else None,
        html.p(
            html.span("Ask ", html.strong(project.owner)) if project.owner else None,
            html.span(html.code(project.name)) if project.title else None,
            home.freshness(place, assets),
            class_="meta",
        ),
        class_="page-head",
    )


def _kinds(assets: list[content.Asset]) -> list[str]:
    present = {asset.kind for asset in assets}
    return [kind for kind in words.KIND_ORDER if kind in present] + sorted(present - set(words.KIND_ORDER))


def _kind(place: Place, kind: str, assets: list[content.Asset]) -> html.Markup:
    own = [asset for asset in assets if asset.kind == kind]
    return shell.block(
        words.kind_word(kind, many=True),
        html.ul([_entry(place, asset) for asset in own], class_="entries"),
        anchor=kind,
    )


def _entry(place: Place, asset: content.Asset) -> html.Markup:
    says = home.headline(asset)
    return html.li(
        html.div(
            html.h3(place.asset_link(asset.name)),
            html.p(words.first_paragraph(asset.doc)) if asset.doc.strip() else None,
        ),
        _thumbnail(place, asset),
        html.p(
            shell.news(place, asset),
            [html.span(mark, class_="mark") for mark in asset.marks],
            html.strong(says) if says else None,
            class_="says",
        ),
    )


def _thumbnail(place: Place, asset: content.Asset) -> html.Markup | None:
    """A figure's picture, small; the link beside it says what it is, so it is silent itself."""
    if asset.kind != "figure":
        return None
    file = next((file for file in asset.files if file.media.startswith("image/")), None)
    if file is None:
        return None
    target = place.index.file_path(asset, file)
    return html.img(src=place.to(target), alt="", loading="lazy", class_="thumbnail", width=160, height=100)


def _changed(place: Place, project: content.Project) -> html.Markup | None:
    """The newest of what changed, and the way to all of it."""
    target = place.index.timeline(project.name)
    if target is None:
        return None
    newest = place.index.moves[project.name][:_NEWEST]
    return shell.block(
        "What changed",
        html.ul([_move(place, move, changes, target) for move, changes in newest], class_="moves"),
        html.p(html.a("What changed, when, and because of what", href=place.to(target))),
        anchor="changed",
    )


def _move(place: Place, move: content.Move, changes: Sequence[content.Change], target: str) -> html.Markup:
    return html.li(
        html.a(timeline.heading(move), href=f"{place.to(target)}#{timeline.entry_id(move)}"),
        html.span(timeline.in_short(move, changes)),
        html.span(words.day(move.at), class_="note"),
    )


def _picture(place: Place, project: content.Project) -> html.Markup | None:
    drawn = graph.project_picture(place, project.name)
    if drawn is None:
        return None
    return shell.block("How it hangs together", drawn, anchor="graph")
