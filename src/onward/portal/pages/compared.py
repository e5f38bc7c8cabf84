"""Two releases side by side, or a preview beside what readers have: all of it in short, and each project at length.

These pages tell of two states that do not change, so they name no release but these: what was written once stays as it
is however many releases follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from onward.app.comparing.diff import AssetDiff
from onward.base.text import plural
from onward.portal import content, html, shell, words
from onward.portal.addresses import compared
from onward.portal.anchors import link
from onward.portal.index import RELEASES, Page, Place, SiteIndex, key
from onward.portal.review import checks, origins, pictures, results
from onward.portal.review.page import in_short

_MOST_LISTED = 12
"""Results of a project that are listed on the page of all projects."""
_MOST_OPEN = 12
"""Results whose sections are open; the others are a click away."""


@dataclass(frozen=True)
class _Beside:
    """Two states, in the words of this site: `Release 12` beside `Release 11`."""

    of: str
    before: tuple[str, html.Child]
    after: tuple[str, html.Child]
    kicker: str
    note: str
    release: content.Release
    comparison: content.Comparison


def pages(index: SiteIndex) -> Iterator[Page]:
    """The pages of all comparisons: `compared/<release>/...` and `compared/preview/<branch>/...`."""
    besides = [_of_move(move, move.comparison) for move in index.site.moves if move.comparison is not None]
    besides += [_of_preview(preview, index.site.release) for preview in index.site.previews]
    for beside in besides:
        yield _overview(index, beside)
        for project in _projects(beside.comparison):
            yield _project(index, beside, project)


def _of_move(move: content.Move, comparison: content.Comparison) -> _Beside:
    release = content.Release(
        channel=None, number=move.number, at=move.at, commit=move.commit, note=move.note, previous=move.before
    )
    return _Beside(
        of=key(move),
        before=(f"Release {move.before}", words.instant(move.since, relative=False) if move.since else None),
        after=(f"Release {move.number}", words.instant(move.at, relative=False)),
        kicker=f"Release {move.number} beside release {move.before}",
        note=move.note,
        release=release,
        comparison=comparison,
    )


def _of_preview(preview: content.Preview, shown: content.Release) -> _Beside:
    release = content.Release(
        channel=preview.channel, number=preview.number, at=preview.at, commit=preview.commit, note=preview.note
    )
    return _Beside(
        of=key(preview),
        before=(f"Release {shown.number}", words.instant(shown.at, relative=False)),
        after=(f"Preview of {branch(preview)}", words.instant(preview.at, relative=False)),
        kicker=f"A preview beside release {shown.number}: nobody has released it",
        note=preview.note,
        release=release,
        comparison=preview.comparison,
    )


def _projects(comparison: content.Comparison) -> list[str]:
    """The projects in which a result differs, or a check ended otherwise."""
    return sorted(set(comparison.projects.values()))


def branch(preview: content.Preview) -> str:
    """The branch that a preview is of."""
    return preview.channel.partition("/")[2]


def project_title(index: SiteIndex, name: str) -> str:
    """A project's title; one that is gone goes by its name."""
    return next((project.title or name for project in index.projects if project.name == name), name)


# All projects in short.


def _overview(index: SiteIndex, beside: _Beside) -> Page:
    place = Place(index, compared(beside.of))
    report, projects = beside.comparison.report, beside.comparison.projects
    named = sorted(_projects(beside.comparison), key=lambda name: (project_title(index, name).casefold(), name))

    def to(asset: str) -> html.Markup:
        return html.a(html.breakable(asset), href=place.to_comparison(beside.of, projects[asset], asset))

    return shell.page(
        place,
        title=f"{beside.after[0]} beside {beside.before[0].lower()}",
        description=in_short(report),
        release=beside.release,
        is_review=True,
        trail=_trail(place, beside),
        body=[
            html.header(
                html.p(beside.kicker, class_="kicker"),
                html.h1(verdict(beside.comparison)),
                _said(beside),
                _sides(beside),
                origins.of_all(report.assets, to),
                class_="page-head",
            ),
            checks.shown(report.checks),
            [_listed(place, beside, name) for name in named if _own(beside.comparison, name)],
            _equal(beside.comparison.equal),
        ],
    )


def verdict(comparison: content.Comparison) -> str:
    """`22 results changed, 1 is new`."""
    if comparison.report.assets:
        return in_short(comparison.report)
    return "All results are equal" if comparison.equal else "There is nothing to compare"


def _trail(place: Place, beside: _Beside, project: str = "") -> list[html.Markup]:
    here = f"{beside.after[0]} beside {beside.before[0].lower()}"
    crumbs = [shell.crumb(html.a("Releases", href=place.to(RELEASES)))]
    if not project:
        return [*crumbs, shell.crumb(here, here=True)]
    crumbs.append(shell.crumb(html.a(here, href=place.to_comparison(beside.of))))
    return [*crumbs, shell.crumb(project_title(place.index, project), here=True)]


def _said(beside: _Beside) -> html.Markup | None:
    return html.p(beside.note, class_="dek") if beside.note else None


def _sides(beside: _Beside) -> html.Markup:
    told = [("Before", *beside.before), ("After", *beside.after)]
    return html.dl(
        [
            html.div(html.dt(side), html.dd(html.strong(name), html.span(when) if when else None))
            for side, name, when in told
        ],
        class_="origins sides",
    )


def _listed(place: Place, beside: _Beside, project: str) -> html.Markup:
    """What became of one project's results, a line for each."""
    own = _own(beside.comparison, project)
    rows = [results.line(asset, _named(asset, place.to_comparison(beside.of, project, asset.name))) for asset in own]
    rest = rows[_MOST_LISTED:]
    return shell.block(
        project_title(place.index, project),
        html.ol(rows[:_MOST_LISTED], class_="glance"),
        html.details(html.summary(f"{len(rest):,} more"), html.ol(rest, class_="glance")) if rest else None,
        note=html.a("before and after", href=place.to_comparison(beside.of, project)),
    )


def _own(comparison: content.Comparison, project: str) -> Sequence[AssetDiff]:
    return [asset for asset in comparison.report.assets if comparison.projects[asset.name] == project]


def _named(asset: AssetDiff, target: str) -> html.Child:
    named = html.breakable(asset.name)
    return [html.a(asset.title or named, href=target), html.small(named) if asset.title else None]


def _equal(count: int) -> html.Markup | None:
    if not count:
        return None
    return html.p(f"{plural(count, 'other result')} {'is' if count == 1 else 'are'} equal in both.", class_="note")


# One project at length.


def _project(index: SiteIndex, beside: _Beside, project: str) -> Page:
    path = compared(beside.of, project)
    place = Place(index, path)
    projects = beside.comparison.projects
    own = _own(beside.comparison, project)
    own_checks = [check for check in beside.comparison.report.checks if projects[check.asset] == project]
    report = replace(beside.comparison.report, assets=tuple(own), checks=tuple(own_checks))
    title = project_title(index, project)
    return shell.page(
        place,
        title=f"{title}: {beside.after[0]} beside {beside.before[0].lower()}",
        description=in_short(report),
        release=beside.release,
        is_review=True,
        trail=_trail(place, beside, project),
        body=[
            html.header(
                html.p(beside.kicker, class_="kicker"),
                html.h1(title),
                html.p(words.changed_results(report.counts) or "Checks alone ended otherwise", class_="dek"),
                _sides(beside),
                origins.of_all(own),
                _ways(place, project),
                class_="page-head",
            ),
            checks.shown(report.checks),
            _at_a_glance(own),
            _results(place, beside, own) if own else None,
        ],
    )


def _ways(place: Place, project: str) -> html.Markup | None:
    """From here to the project as it is now, and to all that ever changed in it."""
    page, timeline = place.index.addresses.project(project), place.index.timeline(project)
    if page is None:
        return None
    return html.p(
        html.a("The project now", href=place.to(page)),
        html.a("All that changed in it", href=place.to(timeline)) if timeline is not None else None,
        class_="meta",
    )


def _at_a_glance(own: Sequence[AssetDiff]) -> html.Markup | None:
    if len(own) < 2:
        return None
    rows = [results.line(asset, link(asset.name, asset.title)) for asset in own]
    return shell.block("At a glance", html.ol(rows, class_="glance"), anchor="glance", note="what matters most first")


def _results(place: Place, beside: _Beside, own: Sequence[AssetDiff]) -> html.Markup:
    shown = [_section(place, beside, asset, is_open=at < _MOST_OPEN) for at, asset in enumerate(own)]
    return shell.block("Before and after", html.div(shown), anchor="results")


def _section(place: Place, beside: _Beside, asset: AssetDiff, *, is_open: bool) -> html.Markup:
    files = beside.comparison.pictures.get(asset.name, ())
    addresses = {
        file.name: place.to(place.index.picture_path(beside.of, asset.name, file))
        for file in files
        if file.media.startswith("image/")
    }
    seen = [pictures.shown(asset, addresses), _whole(place, beside, asset)]
    return results.section(beside.comparison.report, asset, seen, is_open=is_open)


def _whole(place: Place, beside: _Beside, asset: AssetDiff) -> html.Markup | None:
    """The ways to all of the result, and not only to what differs."""
    target = place.index.addresses.asset(asset.name)
    if target is None:
        return None
    both = None
    if beside.release.previous is not None and asset.change == content.CHANGED:
        both = place.to_beside(asset.name, beside.release.previous, beside.release.number)
    return html.p(
        html.span(html.a("All of it, side by side", href=both)) if both is not None else None,
        html.span(html.a("The result as it is now", href=place.to(target))),
        class_="meta",
    )
