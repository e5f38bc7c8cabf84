"""The first page: what this release says, what is new in it, and everything else one search away."""

from __future__ import annotations

from onward.base import numbers
from onward.base.text import listed, plural
from onward.portal import content, drawing, html, shell, words
from onward.portal.index import CHECKS, HOME, Page, Place, SiteIndex, key
from onward.portal.pages import timeline

_KEY_NUMBERS = 4
_KEY_LINKS = 6
_CHANGES_SHOWN = 12
_LONGEST_NUMBER = 16  # letters


def page(index: SiteIndex) -> Page:
    """`index.html`."""
    place = Place(index, HOME)
    return shell.page(
        place,
        title=index.site.workspace,
        description=f"{shell.release_words(index.site.release)} of {index.site.workspace}",
        body=[
            _front(place),
            _incomplete(index.site),
            _changes(place),
            _projects(place),
            _everything(place),
        ],
    )


def _front(place: Place) -> html.Markup:
    site = place.index.site
    said, outcome = shell.checks_in_words(site)
    return html.header(
        html.h1(site.workspace),
        html.p(
            html.span(shell.release_words(site.release)),
            html.span(words.weekday(site.release.at)),
            html.a(shell.status(outcome, said), href=place.to(CHECKS)),
            html.span("updated ", words.instant(site.release.at)),
            class_="dateline",
        ),
        _said(site),
        html.div(
            html.label("Find a number, a table, a report", for_="search"),
            html.input_(
                id="search",
                type="search",
                autocomplete="off",
                spellcheck="false",
                placeholder="Find a number, a table, a report …",
                data_search_box=True,
            ),
            html.p(role="status", data_search_count=True, class_="note"),
            class_="search scripted-only",
            role="search",
        ),
        class_="front",
    )


def _said(site: content.SiteContent) -> html.Markup | None:
    """The word to the readers; where the last move took a release back, also that it did."""
    last = site.moves[0] if site.moves else None
    note = site.release.note
    if last is not None and last.kind == content.ROLLBACK and last.at == site.release.at:
        note = f"{timeline.heading(last)}: {note}" if note else f"{timeline.heading(last)}."
    return html.p(note, class_="release-note") if note else None


def _incomplete(site: content.SiteContent) -> html.Markup | None:
    if not site.missing:
        return None
    return html.p(
        html.strong("This snapshot is not complete. "),
        f"Missing: {listed(site.missing, 8)}.",
        class_="banner",
    )


def _changes(place: Place) -> html.Markup:
    site = place.index.site
    if not site.changes:
        return shell.block("What changed", html.p(_nothing_changed(site)), anchor="changes")
    unchanged = sum(asset.name not in place.index.changes for asset in site.assets)
    since = "in this release" if site.release.previous is None else f"since release {site.release.previous}"
    move = place.index.releases.get(site.release.number or 0)
    told = move.comparison if move is not None else None
    shown = sorted(site.changes, key=timeline.by_weight)
    rows = [_change(place, change) for change in shown]
    listing = html.ul(rows[:_CHANGES_SHOWN], class_="changes")
    more = rows[_CHANGES_SHOWN:]
    return shell.block(
        "What changed",
        listing,
        html.details(html.summary(f"{len(more)} more"), html.ul(more, class_="changes")) if more else None,
        html.p(f"{plural(unchanged, 'result')} unchanged.", class_="note"),
        timeline.because(told.report.assets) if told is not None else None,
        anchor="changes",
        note=html.a(since, href=place.to_comparison(key(move))) if move is not None and told is not None else since,
    )


def _nothing_changed(site: content.SiteContent) -> str:
    results = plural(len(site.assets), "result")
    if site.release.previous is not None:
        return f"Nothing since release {site.release.previous}: {results} unchanged."
    if site.release.number is not None:
        return f"This is the first release, with {results}."
    return f"There is no release to compare with; this snapshot holds {results}."


def _change(place: Place, change: content.Change) -> html.Markup:
    known = change.name in place.index.assets
    asset = place.asset_link(change.name) if known else html.span(change.title or change.name)
    project = change.name.rpartition("/")[0]
    return html.li(
        html.span(asset, html.small(project), shell.marks(place.index.assets.get(change.name)), class_="what"),
        html.span(words.change_sentence(change), class_="how"),
        class_=change.how,
    )


def _projects(place: Place) -> html.Markup | None:
    if not place.index.projects:
        return None
    return shell.block(
        "Projects",
        html.div([_card(place, project) for project in place.index.projects], class_="cards"),
        anchor="projects",
    )


def _card(place: Place, project: content.Project) -> html.Markup:
    assets = place.index.assets_of(project.name)
    metrics = [asset for asset in assets if asset.kind == "metric"]
    reading = [asset for asset in assets if asset.kind in ("document", "figure", "app")]
    if not metrics and not reading:
        reading = assets
    rest = len(assets) - min(len(metrics), _KEY_NUMBERS) - min(len(reading), _KEY_LINKS)
    return html.article(
        html.h3(place.project_link(project)),
        html.p(project.question, class_="question") if project.question else None,
        html.dl([_key_number(place, metric) for metric in metrics[:_KEY_NUMBERS]], class_="key-numbers")
        if metrics
        else None,
        html.ul(
            [html.li(place.asset_link(asset.name), shell.marks(asset)) for asset in reading[:_KEY_LINKS]],
            class_="reading",
        )
        if reading
        else None,
        html.p(
            _owner(project),
            html.span(html.a(f"{rest} more", href=place.to_project(project))) if rest > 0 else None,
            freshness(place, assets),
            class_="meta",
        ),
        class_="card",
        data_search=" ".join(
            [
                project.name,
                project.title,
                project.question,
                project.owner,
                *(f"{asset.name} {asset.title}" for asset in assets),
            ]
        ),
    )


def _owner(project: content.Project) -> html.Markup | None:
    return html.span(project.owner) if project.owner else None


def _key_number(place: Place, metric: content.Asset) -> html.Markup:
    value = metric.facts.get("value")
    said = numbers.number(value)
    return html.div(
        html.dt(place.asset_link(metric.name), shell.marks(metric)),
        html.dd(
            html.data(said, value=words.value_text(value), class_=_long(said)),
            html.span(metric.unit, class_=f"unit {_long(metric.unit) or ''}".strip()) if metric.unit else None,
            drawing.sparkline([point.value for point in metric.history]),
        ),
    )


def _long(said: str) -> str | None:
    """The class of a value that may take more than one line: a number never does."""
    return "long" if len(said) > _LONGEST_NUMBER else None


def freshness(place: Place, assets: list[content.Asset]) -> html.Markup | None:
    """When the newest of `assets` was made, and whether anything among them is new in this release."""
    times = [asset.made_at for asset in assets if asset.made_at is not None]
    if not times:
        return None
    return html.text(
        shell.news(place, *assets),
        html.span("made ", words.instant(max(times))),
    )


def _everything(place: Place) -> html.Markup | None:
    assets = sorted(
        place.index.site.assets, key=lambda asset: (place.index.title_of(asset.name).casefold(), asset.name)
    )
    if not assets:
        return None
    titles = {project.name: project.title or project.name for project in place.index.projects}
    rows = [
        html.tr(
            html.th(place.asset_link(asset.name), shell.marks(asset), scope="row"),
            html.td(headline(asset), class_="number"),
            html.td(words.kind_word(asset.kind)),
            html.td(titles[asset.project]),
            data_search=f"{asset.name} {asset.title} {titles[asset.project]} {words.kind_word(asset.kind)} "
            f"{words.first_paragraph(asset.doc)}",
        )
        for asset in assets
    ]
    heads = ("Name", "Says", "Kind", "Project")
    return shell.block(
        "Everything, from A to Z",
        html.div(
            html.table(
                html.thead(
                    html.tr([html.th(head, scope="col", class_="number" if head == "Says" else None) for head in heads])
                ),
                html.tbody(rows),
                class_="plain everything",
            ),
            class_="scroller",
            role="region",
            aria_label="All results",
            tabindex="0",
        ),
        anchor="everything",
    )


def headline(asset: content.Asset) -> str:
    """What an asset says in a word or two: a metric's value, a table's rows."""
    if asset.kind == "metric":
        return words.with_unit(asset.facts.get("value"), asset.unit)
    rows = asset.table.rows if asset.table is not None else asset.facts.get("rows")
    return plural(rows, "row") if isinstance(rows, int) else ""
