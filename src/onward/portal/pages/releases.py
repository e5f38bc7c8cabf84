"""The moves of the channel, newest first, with the projects that each changed, and the run behind the shown release."""

from __future__ import annotations

from collections import Counter

from onward.base import numbers
from onward.portal import content, html, shell, words
from onward.portal.index import HOME, RELEASES, Page, Place, SiteIndex, key
from onward.portal.pages import quarantine, timeline

_MOST_PROJECTS = 8
"""Projects of a release that are named; the others are a click away."""


def page(index: SiteIndex) -> Page:
    """`releases/index.html`."""
    place = Place(index, RELEASES)
    site = index.site
    return shell.page(
        place,
        title="Releases",
        is_review=True,
        body=[
            html.header(
                html.h1("Releases"),
                html.p("Every state of the results that readers had, newest first.", class_="dek"),
                _beside(place),
                class_="page-head",
            ),
            timeline.previews(place),
            html.ol([_move(place, move) for move in site.moves], class_="releases")
            if site.moves
            else html.p("There is no release yet."),
            _run(site.run) if site.run is not None else None,
        ],
    )


def _beside(place: Place) -> html.Markup | None:
    target = place.to_beside() if len(place.index.released) > 1 else None
    return html.p(html.a("Hold a result of any two beside each other", href=target)) if target is not None else None


def _move(place: Place, move: content.Move) -> html.Markup:
    is_release = move.kind == content.RELEASE
    here = is_release and move.number == place.index.site.release.number
    own = place.index.site_of(move.number) if is_release else None
    return html.li(
        html.div(
            html.strong(timeline.heading(move)),
            html.a("this site", href=place.to(HOME), class_="mark here") if here else None,
            html.a("as it was", href=place.to(own), class_="mark") if own and not here else None,
            class_="release-name",
        ),
        html.div(
            html.p(move.note) if move.note else None,
            timeline.fate(place, move),
            quarantine.told(place, move),
            _projects(place, move) if move.before is not None else None,
            html.p(
                html.span(_changed(place, move)),
                html.span("commit ", words.short(move.commit)) if move.commit and is_release else None,
                html.span(words.instant(move.at)),
                timeline.maker(move),
                class_="meta",
            ),
        ),
        class_=move.kind,
        aria_current="true" if here else None,
    )


def _changed(place: Place, move: content.Move) -> html.Child:
    said = timeline.in_short(move, move.changes)
    return html.a(said, href=place.to_comparison(key(move))) if move.comparison is not None else said


def _projects(place: Place, move: content.Move) -> html.Markup | None:
    """The projects that a move changed, each as the way to its entry in the project's timeline."""
    counts = Counter(change.project for change in move.changes)
    titles = {project.name: project.title or project.name for project in place.index.projects}
    named = sorted(counts, key=lambda name: (titles.get(name, name).casefold(), name))
    links = [_project(place, move, name, titles.get(name, name), counts[name]) for name in named]
    rest = links[_MOST_PROJECTS:]
    if not links:
        return None
    return html.div(
        html.ul(links[:_MOST_PROJECTS], class_="reading"),
        html.details(html.summary(f"{len(rest):,} more"), html.ul(rest, class_="reading")) if rest else None,
    )


def _project(place: Place, move: content.Move, name: str, title: str, count: int) -> html.Markup:
    target = place.index.timeline(name)
    said = title if target is None else html.a(title, href=f"{place.to(target)}#{timeline.entry_id(move)}")
    return html.li(said, html.small(numbers.number(count)))


def _run(run: content.RunFacts) -> html.Markup:
    pairs: list[tuple[str, html.Child]] = [
        ("Run", words.short(run.id, 12)),
        ("Started", words.instant(run.started_at, relative=False)),
        ("Steps made", numbers.number(run.made)),
        ("Kept as they were", numbers.number(run.kept)),
        ("Restored", numbers.number(run.restored)),
    ]
    if run.seconds is not None:
        pairs.insert(2, ("Took", words.duration(run.seconds)))
    if run.onward:
        pairs.append(("onward", run.onward))
    return shell.block("The run behind this release", shell.facts(pairs), anchor="run")
