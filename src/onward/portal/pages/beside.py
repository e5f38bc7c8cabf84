"""A result in any two releases, beside each other: two frames, each with the result's own page in one of them.

Which ones are shown is told by the address (`?asset=sales/price&before=11&after=12`), so that it can be sent.
There is one such page, however many releases and results there are: its script chooses among them. What it has to know
for that, where each page lies and in which releases the result was another one, is told by the options.
"""

from __future__ import annotations

import posixpath
import textwrap
from collections.abc import Iterator

from onward.portal import content, html, shell, words
from onward.portal.index import BESIDE, RELEASES, Page, Place, SiteIndex

_NOTE = 60
"""Letters of a release's note in a list to choose from."""
_ANY = "*"
"""Stands for the release in an address that the script completes."""
_SIDES = (("before", "Before"), ("after", "After"))


def page(index: SiteIndex) -> Page:
    """`compared/index.html`."""
    place = Place(index, BESIDE)
    return shell.page(
        place,
        title="Side by side",
        description="A result in any two releases, beside each other",
        trail=[
            shell.crumb(html.a("Releases", href=place.to(RELEASES))),
            shell.crumb("Side by side", here=True),
        ],
        body=[
            html.header(
                html.p("Two releases side by side", class_="kicker"),
                html.h1("Choose a result and two releases", data_result=True),
                html.p(role="status", class_="dek", data_verdict=True),
                class_="page-head",
            ),
            _chooser(place),
            html.div([_side(name, said) for name, said in _SIDES], class_="beside", data_beside=True),
            html.noscript(_without_script(place)),
        ],
    )


def _chooser(place: Place) -> html.Markup:
    shown = place.index.site.release.number
    return html.form(
        html.div(
            _choice("asset", "Result", [html.option("Choose a result", value=""), list(_assets(place))]),
            html.div(
                html.button("Earlier change", type="button", data_earlier=True),
                html.button("Later change", type="button", data_later=True),
                class_="pager",
            ),
            class_="sides",
        ),
        html.div([_choice(name, said, _releases(place)) for name, said in _SIDES], class_="sides"),
        autocomplete="off",
        aria_label="What is shown",
        class_="chooser scripted-only",
        data_chooser=True,
        data_shown=shown,
        data_frame_name=shell.BARE,
    )


def _choice(name: str, said: str, options: html.Child) -> html.Markup:
    return html.div(html.label(said, for_=name), html.select(options, id=name, name=name))


def _assets(place: Place) -> Iterator[html.Markup]:
    """The results by project, each with where its page lies in any site, and what it was in which release."""
    index = place.index
    for project in index.projects:
        options = [_asset(place, asset) for asset in index.assets_of(project.name)]
        if options:
            yield html.optgroup(options, label=project.title or project.name)


def _asset(place: Place, asset: content.Asset) -> html.Markup:
    index = place.index
    path = index.addresses.asset(asset.name)
    assert path is not None, "every asset of the content has an address"
    local = asset.name.removeprefix(f"{asset.project}/")
    # The pairs of releases of which another page tells what differs between them.
    told = [move for move, _ in index.changed.get(asset.name, []) if move.comparison is not None]
    return html.option(
        f"{asset.title} ({local})" if asset.title else local,
        value=asset.name,
        data_title=index.title_of(asset.name),
        data_page=path,
        data_states=" ".join(f"{state.since}:{state.content}" for state in asset.states),
        data_before=index.before(asset),
        data_told=" ".join(f"{move.before}:{move.number}" for move in told) or None,
        data_told_at=place.to_comparison(_ANY, asset.project, asset.name) if told else None,
    )


def _releases(place: Place) -> list[html.Markup]:
    """The releases, newest first, each with where its own site lies."""
    return [
        html.option(
            _said(place, release),
            value=release.number,
            data_site=posixpath.dirname(place.to(place.index.site_of(release.number) or "")),
            data_day=words.day(release.at),
            data_note=release.note or None,
            data_taken_back=release.is_taken_back,
        )
        for release in reversed(place.index.released)
    ]


def _said(place: Place, release: content.Released) -> str:
    """`Release 12, 22 November 2026, now: November's flights are in.`"""
    fate = ", taken back" if release.is_taken_back else ""
    now = ", now" if release.number == place.index.site.release.number else ""
    note = f": {textwrap.shorten(release.note, _NOTE, placeholder='…')}" if release.note else ""
    return f"Release {release.number}, {words.day(release.at)}{now}{fate}{note}"


def _side(name: str, said: str) -> html.Markup:
    """Where one of the two is shown; the script fills it."""
    return html.section(
        html.div(html.h2(said, id=f"{name}-release"), html.p(class_="note"), class_="section-head"),
        html.div(data_state=True),
        aria_labelledby=f"{name}-release",
        hidden=True,
        data_side=name,
    )


def _without_script(place: Place) -> html.Markup:
    """The same by hand: all sites as they were, in each of which the result has its page."""
    return html.text(
        html.p(
            "Without a script they cannot be shown here. The page of each result leads to what it was when it changed; "
            "and these are all releases as they were:",
        ),
        html.ul(
            [
                html.li(html.a(_said(place, release), href=place.to(place.index.site_of(release.number) or "")))
                for release in reversed(place.index.released)
            ],
            class_="columns",
        ),
    )
