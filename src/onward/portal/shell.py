"""What all pages share: head, masthead with the ways to go, foot with the release and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from onward.base.text import plural
from onward.portal import html, words
from onward.portal.content import ADDED, BROKEN, CHANGED, FAILED, NOT_RUN, PASSED, Asset, Check, Release, SiteContent
from onward.portal.index import CHECKS, GRAPH, HOME, RELEASES, Page, Place

WARNED = "warned"
"""How a broken check of severity `warn` is shown: it holds no release back."""

MAIN = "main"
"""The channel of what readers have."""

SECTIONS = (("Projects", HOME), ("Graph", GRAPH), ("Checks", CHECKS), ("Releases", RELEASES))

BARE = "onward-beside"
"""The name of a frame whose page is shown without what is the same on all pages of its site."""

# Before anything is painted, so that what only a script can do (search, sorting) does not shift the page.
_MARK_SCRIPTED = (
    f"document.documentElement.className = window.name === '{BARE}' && window.parent !== window"
    " ? 'scripted bare' : 'scripted'"
)


def page(
    place: Place,
    *,
    title: str,
    body: html.Child,
    trail: html.Child = None,
    description: str = "",
    release: Release | None = None,
    is_review: bool = False,
) -> Page:
    """A whole page. `trail` says where in the site it lies; `title` goes into the browser's tab.

    Args:
        release: what the page tells of, for good; None: what the site shows.
        is_review: it shows differences, and so needs the sheet of the review page too.
    """
    site = place.index.site
    told = release or site.release
    whole_title = title if title == site.workspace else f"{title} – {site.workspace}"
    head = html.text(
        html.meta(charset="utf-8"),
        html.meta(name="viewport", content="width=device-width, initial-scale=1"),
        html.meta(name="color-scheme", content="light dark"),
        html.meta(name="generator", content="onward"),
        html.meta(name="onward-release", content=release_words(told)),
        html.meta(name="onward-commit", content=told.commit) if told.commit else None,
        html.meta(name="description", content=description) if description else None,
        html.title(whole_title),
        html.link(rel="icon", href="data:,"),
        html.link(rel="stylesheet", href=place.to(place.index.style)),
        html.link(rel="stylesheet", href=place.to(place.index.review_style)) if is_review else None,
        html.inline_script(_MARK_SCRIPTED),
        html.script(src=place.to(place.index.script), defer=True),
    )
    content = html.body(
        html.a("Skip to the content", href="#content", class_="skip"),
        _masthead(place),
        html.main(
            _beside(place),
            html.nav(html.ol(trail), aria_label="You are here", class_="trail") if trail else None,
            body,
            id="content",
            tabindex="-1",
        ),
        _foot(place, told),
        class_="review" if is_review else None,
    )
    return Page(place.path, html.document(head, content))


def _masthead(place: Place) -> html.Markup:
    links = [
        html.li(html.a(name, href=place.to(target), aria_current="page" if target == place.path else None))
        for name, target in SECTIONS
    ]
    return html.header(
        html.div(
            html.a(place.index.site.workspace, href=place.to(HOME), class_="nameplate"),
            html.nav(html.ul(links), aria_label="Sections"),
            class_="masthead-inner",
        ),
        class_="masthead",
    )


def _beside(place: Place) -> html.Markup | None:
    """That this is not what readers have now, on every page of what stands beside that."""
    readers_have = place.index.readers_site
    if readers_have is None:
        return None
    shown = place.index.site.release
    channel = shown.channel or ""
    if channel == MAIN:
        said = f"This is release {shown.number} as it was then. "
    elif channel.startswith("preview/"):
        said = f"This is a preview of {channel.partition('/')[2]}, which nobody has released. "
    else:
        said = f"This is the channel {channel}. "
    would_change = place.index.readers_comparison
    return html.p(
        said,
        [html.a("What it would change", href=place.to(would_change)), " · "] if would_change is not None else None,
        html.a("What readers have now", href=place.to(readers_have)),
        class_="banner",
    )


def _foot(place: Place, release: Release) -> html.Markup:
    return html.footer(
        html.p(
            html.a(release_words(release), href=place.to(RELEASES)),
            " of ",
            place.index.site.workspace,
            ", ",
            words.instant(release.at, relative=False),
            html.text(", from commit ", words.short(release.commit)) if release.commit else None,
            " with changes that were not committed" if release.dirty else None,
            ". Made with onward.",
        ),
        class_="foot",
    )


def release_words(release: Release) -> str:
    """`Release 12`, and for what was never released `Unreleased snapshot`; a preview names its channel."""
    if release.number is None:
        return "Unreleased snapshot" if not release.channel else f"Snapshot of {release.channel}"
    channel = "" if release.channel in (None, MAIN) else f" on {release.channel}"
    return f"Release {release.number}{channel}"


def checks_in_words(site: SiteContent) -> tuple[str, str]:
    """How the checks ended, in a few words, and the outcome that decides their colour."""
    if not site.checks:
        return "No checks", NOT_RUN
    broken = sum(is_broken(check) for check in site.checks)
    idle = sum(check.outcome == NOT_RUN for check in site.checks)
    total = plural(len(site.checks), "check")
    if broken:
        return f"{broken} of {total} {broken_word(site.checks, broken)}", worst(site.checks)
    if idle:
        return f"{idle} of {total} not run", NOT_RUN
    return ("The one check passed" if len(site.checks) == 1 else f"All {total} passed"), PASSED


def broken_word(checks: Sequence[Check], count: int) -> str:
    """`broken`, or `warn` where all that is broken only warns."""
    if worst(checks) != WARNED:
        return "broken"
    return "warns" if count == 1 else "warn"


def is_broken(check: Check) -> bool:
    """Whether a check did not hold, or could not be said to."""
    return check.outcome in (BROKEN, FAILED)


def worst(checks: Iterable[Check]) -> str:
    """What is said of several checks at once: `broken`, `warned` where only warnings are, or as they are."""
    outcomes = {WARNED if is_broken(check) and check.severity == "warn" else check.outcome for check in checks}
    return next((one for one in (FAILED, BROKEN, WARNED, NOT_RUN) if one in outcomes), PASSED)


def status(outcome: str, said: html.Child = None) -> html.Markup:
    """An outcome as a sign and a word; the sign is for the eye alone."""
    kind = {PASSED: "good", BROKEN: "bad", FAILED: "bad", WARNED: "warn"}.get(outcome, "idle")
    sign = {"good": "✓", "bad": "✗", "warn": "!", "idle": "○"}[kind]
    return html.span(
        html.span(sign, aria_hidden="true", class_="sign"),
        said or words.OUTCOMES.get(outcome, outcome),
        class_=f"status {kind}",
    )


def marks(asset: Asset | None) -> html.Markup | None:
    """An asset's marks in small letters, for wherever it shows; its own page explains them."""
    if asset is None or not asset.marks:
        return None
    return html.small(", ".join(asset.marks), title=" ".join(words.MARKS.get(mark, mark) for mark in asset.marks))


def news(place: Place, *assets: Asset) -> html.Markup | None:
    """Whether any of `assets` is new or changed in this release; in a first release nothing is either."""
    release = place.index.site.release
    if release.number is None or release.previous is None:
        return None
    hows = {place.index.changes[asset.name].how for asset in assets if asset.name in place.index.changes}
    if CHANGED in hows or (ADDED not in hows and any(asset.changed_in == release.number for asset in assets)):
        return html.span("changed in this release", class_="fresh")
    return html.span("new in this release", class_="fresh") if ADDED in hows else None


def crumb(child: html.Child, *, here: bool = False) -> html.Markup:
    """One part of a page's trail."""
    return html.li(child, aria_current="page" if here else None)


def block(heading: str, *children: html.Child, anchor: str | None = None, note: html.Child = None) -> html.Markup:
    """A section under a heading; `note` stands beside the heading."""
    return html.section(
        html.div(html.h2(heading, id=anchor), html.p(note, class_="note") if note else None, class_="section-head"),
        children,
        class_="block",
    )


def facts(pairs: list[tuple[str, html.Child]]) -> html.Markup:
    """Labelled facts in a row."""
    return html.dl([html.div(html.dt(name), html.dd(value)) for name, value in pairs], class_="facts")


def scroller(child: html.Child, label: str) -> html.Markup:
    """What may be wider than the page: it scrolls by itself, by keyboard too."""
    return html.div(child, class_="scroller", role="region", aria_label=label, tabindex="0")
