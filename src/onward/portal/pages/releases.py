"""The releases of the channel, newest first, and the run behind the one that is shown."""

from __future__ import annotations

from onward.base import numbers
from onward.base.text import plural
from onward.portal import content, html, shell, words
from onward.portal.index import HOME, RELEASES, Page, Place, SiteIndex


def page(index: SiteIndex) -> Page:
    """`releases/index.html`."""
    place = Place(index, RELEASES)
    site = index.site
    return shell.page(
        place,
        title="Releases",
        body=[
            html.header(
                html.h1("Releases"),
                html.p("Every state of the results that was released, newest first.", class_="dek"),
                class_="page-head",
            ),
            _listed(place, site) if site.releases else html.p("There is no release yet."),
            _run(site.run) if site.run is not None else None,
        ],
    )


def _listed(place: Place, site: content.SiteContent) -> html.Markup:
    newest_first = sorted(site.releases, key=lambda release: release.number, reverse=True)
    return html.ol([_release(place, release, site.release) for release in newest_first], class_="releases")


def _release(place: Place, release: content.PastRelease, shown: content.Release) -> html.Markup:
    here = release.number == shown.number
    changed = None if release.changes is None else f"{plural(release.changes, 'result')} changed"
    return html.li(
        html.div(
            html.strong(f"Release {release.number}"),
            html.a("this site", href=place.to(HOME), class_="mark here") if here else None,
            html.span("moved back from", class_="mark") if release.moved_back else None,
            class_="release-name",
        ),
        html.div(
            html.p(release.note) if release.note else None,
            html.p(
                html.span(changed) if changed else None,
                html.span("commit ", words.short(release.commit)) if release.commit else None,
                html.span(words.instant(release.at)),
                class_="meta",
            ),
        ),
        aria_current="true" if here else None,
    )


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
