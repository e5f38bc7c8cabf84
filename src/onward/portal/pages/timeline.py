"""What changed in a project, when, and because of what: an entry for each move of the channel that changed anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from onward.app.changes.causes import CODE, DATA, ENVIRONMENT, PARAMETERS, Cause, told_together
from onward.app.comparing.diff import AssetDiff
from onward.base.text import plural
from onward.portal import content, html, shell, words
from onward.portal.index import HOME, Page, Place, SiteIndex, key
from onward.portal.pages.compared import branch
from onward.portal.review import results

_MOST_LISTED = 8
"""Results of an entry that are open; the others are a click away."""
_MOST_CAUSES = 3
_BECAUSE = {
    DATA: "Data",
    CODE: "How it is worked out",
    PARAMETERS: "Settings",
    ENVIRONMENT: "Software",
}


def page(index: SiteIndex, project: content.Project) -> Page:
    """`timeline/<project>/index.html`."""
    path = index.timeline(project.name)
    assert path is not None, "it is asked for where there is one"
    place = Place(index, path)
    title = project.title or project.name
    told = index.moves[project.name]
    return shell.page(
        place,
        title=f"What changed in {title}",
        description=f"What each release changed in {title}, and because of what",
        is_review=True,
        trail=[
            shell.crumb(html.a("Projects", href=place.to(HOME) + "#projects")),
            shell.crumb(place.project_link(project)),
            shell.crumb("What changed", here=True),
        ],
        body=[
            html.header(
                html.p(title, class_="kicker"),
                html.h1("What changed, when, and because of what"),
                html.p("Newest first. What is not named here is as it was.", class_="dek"),
                class_="page-head",
            ),
            previews(place, project.name),
            html.ol([_entry(place, project.name, move, changes) for move, changes in told], class_="timeline"),
            _in_short_from([move for move, _ in told]),
        ],
    )


def _ordered(move: content.Move, changes: Sequence[content.Change]) -> list[content.Change]:
    """In the order of the comparison, where there is one: what matters most first."""
    if move.comparison is None:
        return sorted(changes, key=by_weight)
    order = {asset.name: place for place, asset in enumerate(move.comparison.report.assets)}
    return sorted(changes, key=lambda change: order[change.name])


def by_weight(change: content.Change) -> tuple[bool, int, str]:
    """Numbers that moved come first, then what else is new or changed, and what is gone last."""
    order = words.KIND_ORDER.index(change.kind) if change.kind in words.KIND_ORDER else len(words.KIND_ORDER)
    return change.how == content.REMOVED, 0 if change.kind == "metric" else 1 + order, change.name


def heading(move: content.Move) -> str:
    """What a move is called: `Release 12`; of one that took a release back, that."""
    if move.kind == content.RELEASE or move.before is None:
        return f"Release {move.number}"
    if move.number == move.before:
        return "The quarantine was narrowed"
    if move.number < move.before:
        return f"Release {move.before} was taken back"
    return f"Release {move.number} was brought back"


def in_short(move: content.Move, changes: Sequence[content.Change]) -> str:
    """`3 results changed, 1 is new`; of what readers saw first, how many there were."""
    if move.before is None:
        return f"First released, with {plural(len(changes), 'result')}"
    return words.changed_results(Counter(change.how for change in changes)) or "nothing changed"


# One entry.


def _entry(place: Place, project: str, move: content.Move, changes: Sequence[content.Change]) -> html.Markup:
    return html.li(
        html.article(
            html.div(
                html.h2(heading(move)),
                html.p(
                    html.span(words.weekday(move.at)),
                    maker(move),
                    class_="meta",
                ),
                class_="when",
            ),
            html.div(
                html.p(move.note, class_="release-note") if move.note else None,
                fate(place, move),
                _held(place, project, move),
                html.p(in_short(move, changes), class_="verdict"),
                because(_assets(move, project)),
                _results(place, move, _ordered(move, changes)) if move.before is not None else None,
                _side_by_side(place, move, project),
                class_="what",
            ),
        ),
        id=entry_id(move),
        class_=move.kind,
    )


def entry_id(move: content.Move) -> str:
    """Where an entry is found on its page."""
    return f"move-{move.sequence}"


def maker(move: content.Move) -> html.Markup | None:
    """Who made a move: nobody looked first at a release that a pipeline made."""
    if move.automatic:
        return html.span("released automatically")
    return html.span("by ", move.by) if move.by else None


def fate(place: Place, move: content.Move) -> html.Markup | None:
    """Of a release that it was taken back; of what took it back, what readers had seen until then."""
    if move.kind == content.RELEASE:
        later = taken_back_by(place.index.site.moves, move)
        if later is None:
            return None
        by = f" by {later.by}" if later.by else ""
        why = f": {later.note}" if later.note else "."
        return html.p("Taken back on ", words.day(later.at), by, why, class_="banner bad")
    if move.before is None or move.before == move.number:
        return None
    return html.p(
        f"Readers had release {move.before}",
        [" from ", moment(move.since), " to ", moment(move.at)] if move.since is not None else None,
        f". Since then they have release {move.number} again.",
        class_="banner",
    )


def _held(place: Place, project: str, move: content.Move) -> html.Markup | None:
    """What of a project does not come again by itself, after it was taken back."""
    held = [name for name in move.quarantined if name.startswith(f"{project}/")]
    if not held:
        return None
    named = [[", " if at else None, place.known(name, place.index.title_of(name))] for at, name in enumerate(held)]
    return html.p("Does not come again as it was until somebody releases it by hand: ", named, ".", class_="note")


def moment(at: datetime) -> html.Markup:
    return words.instant(at, relative=False)


def taken_back_by(moves: Sequence[content.Move], release: content.Move) -> content.Move | None:
    """The first move by which readers lost a release for an earlier one."""
    return next(
        (
            move
            for move in reversed(moves)
            if move.sequence > release.sequence
            and move.kind == content.ROLLBACK
            and move.before == release.number
            and move.number < release.number
        ),
        None,
    )


def _assets(move: content.Move, project: str) -> list[AssetDiff]:
    if move.comparison is None:
        return []
    return [asset for asset in move.comparison.report.assets if move.comparison.projects[asset.name] == project]


def because(assets: Iterable[AssetDiff]) -> html.Markup | None:
    """What made for the changes, by what sort of thing it is."""
    causes: dict[Cause, None] = {cause: None for asset in assets for cause in asset.causes}
    rows = []
    for axis, named in _BECAUSE.items():
        said = [html.p(words.spoken(each)) for each in told_together(cause for cause in causes if cause.axis == axis)]
        rest = said[_MOST_CAUSES:]
        if said:
            more = html.details(html.summary(f"{len(rest):,} more"), rest) if rest else None
            rows.append(html.div(html.dt(named), html.dd(said[:_MOST_CAUSES], more)))
    return html.div(html.h3("Because of"), html.dl(rows, class_="origins"), class_="reasons") if rows else None


def _results(place: Place, move: content.Move, changes: Sequence[content.Change]) -> html.Markup:
    told = {asset.name: asset for asset in move.comparison.report.assets} if move.comparison is not None else {}
    rows = [_result(place, move, change, told.get(change.name)) for change in changes]
    rest = rows[_MOST_LISTED:]
    return html.div(
        html.ul(rows[:_MOST_LISTED], class_="glance"),
        html.details(html.summary(f"{len(rest):,} more"), html.ul(rest, class_="glance")) if rest else None,
    )


def _result(place: Place, move: content.Move, change: content.Change, asset: AssetDiff | None) -> html.Markup:
    named = place.known(change.name, change.title or html.breakable(change.name.removeprefix(f"{change.project}/")))
    if asset is not None:
        target = place.to_comparison(key(move), change.project, change.name)
        return results.line(asset, [named, html.small(html.a("before and after", href=target))])
    undone = undone_by(place.index, move)
    if undone is not None and any(told.name == change.name for told in undone.changes):
        target = place.to_comparison(key(undone), change.project, change.name)
        how = f"as it was before release {undone.number}" if _is_bare(change) else words.change_sentence(change)
        return _in_a_line(change, [named, html.small(html.a("what had changed", href=target))], how)
    return _in_a_line(change, [named, html.small(words.kind_word(change.kind))], words.change_sentence(change))


def _in_a_line(change: content.Change, named: html.Child, how: html.Child) -> html.Markup:
    return html.li(
        results.sign(change.how),
        html.span(named, class_="what"),
        html.span(how, class_="how"),
        class_=change.how,
    )


def _is_bare(change: content.Change) -> bool:
    """Whether nothing is known of a change but that there is one."""
    return change.how == content.CHANGED and change.before == change.after and not change.summary


def undone_by(index: SiteIndex, move: content.Move) -> content.Move | None:
    """The release that a move took back and nothing else, where it is told in detail what it had changed."""
    release = index.releases.get(move.before) if move.kind == content.ROLLBACK and move.before is not None else None
    is_all = release is not None and release.before == move.number and release.comparison is not None
    return release if is_all else None


def _side_by_side(place: Place, move: content.Move, project: str) -> html.Markup | None:
    """The ways to both releases at once, and to the whole site as it was."""
    if move.kind != content.RELEASE:
        return None
    ways = []
    if move.comparison is not None:
        target = place.to_comparison(key(move), project)
        ways.append(html.a(f"Release {move.number} beside release {move.before}", href=target))
    if (whole := place.index.site_of(move.number)) is not None:
        ways.append(html.a(f"The whole site as it was at release {move.number}", href=place.to(whole)))
    return html.p([html.span(way) for way in ways], class_="meta") if ways else None


def _in_short_from(told: Sequence[content.Move]) -> html.Markup | None:
    """Where the detail ends, so that nobody takes a short entry for a small change."""
    short = [move for move in told if move.kind == content.RELEASE and move.before is not None and not move.comparison]
    if not short:
        return None
    return html.p(f"Release {short[0].number} and those before it are told in short.", class_="note")


# What is not released.


def previews(place: Place, project: str | None = None) -> html.Markup | None:
    """The open previews (of one project: those that change it), each with what it would change."""
    site = place.index.site
    shown = [each for each in site.previews if project is None or project in each.comparison.projects.values()]
    if not shown:
        return None
    return shell.block(
        "Open previews",
        html.ul([_preview(place, each, project) for each in shown], class_="previews"),
        anchor="previews",
        note="what would change; nobody has released it",
    )


def _preview(place: Place, preview: content.Preview, project: str | None) -> html.Markup:
    report = preview.comparison.report
    whole = place.index.site_of_preview(preview)
    own = [asset for asset in report.assets if project is None or preview.comparison.projects[asset.name] == project]
    target = place.to_comparison(key(preview), project or "")
    differs = words.changed_results(Counter(asset.change for asset in own)) or "no result differs"
    return html.li(
        html.strong(html.a(html.breakable(branch(preview)), href=target)),
        html.div(
            html.p(preview.note) if preview.note else None,
            html.p(differs),
            html.p(
                html.span(words.instant(preview.at)),
                html.span("by ", preview.by) if preview.by else None,
                html.span(html.a("the whole site of the preview", href=place.to(whole))) if whole else None,
                class_="meta",
            ),
        ),
    )
