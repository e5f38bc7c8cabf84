"""An asset's page: what it is, what it says, whether it holds, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from onward.base import numbers
from onward.base.shell import shell_line
from onward.base.text import plural
from onward.portal import content, html, prose, shell, words
from onward.portal.index import HOME, Page, Place, SiteIndex, key
from onward.portal.pages import checks, metric, provenance, results, table, timeline

_FILE_KINDS = {
    "application/vnd.apache.parquet": "Parquet",
    "text/csv": "CSV",
    "text/html": "HTML",
    "text/markdown": "Markdown",
    "application/x-ipynb+json": "Notebook",
    "image/svg+xml": "SVG",
    "image/png": "PNG",
    "application/pdf": "PDF",
}
_FILES_SHOWN = 8
_BROKEN_SHOWN = 3
_CHANGES_SHOWN = 5


def page(index: SiteIndex, asset: content.Asset) -> Page:
    """`<project>/<asset>/index.html`."""
    path = index.addresses.asset(asset.name)
    assert path is not None, "every asset of the content has an address"
    place = Place(index, path)
    title = index.title_of(asset.name)
    project = next(project for project in index.projects if project.name == asset.project)
    return shell.page(
        place,
        title=title,
        description=words.first_paragraph(asset.doc),
        trail=[
            shell.crumb(html.a("Projects", href=place.to(HOME) + "#projects")),
            shell.crumb(place.project_link(project)),
            shell.crumb(title, here=True),
        ],
        body=html.article(
            _head(place, asset, title),
            _broken(place, asset) if asset.kind != "metric" else None,
            _result(place, asset, title),
            _changed(place, asset),
            _about(asset),
            _marks(asset),
            checks.section(place, asset),
            provenance.section(place, asset),
        ),
    )


def _head(place: Place, asset: content.Asset, title: str) -> html.Markup:
    said = words.first_paragraph(asset.doc)
    return html.header(
        html.p(
            words.kind_word(asset.kind),
            [html.a(mark, href="#marks", class_="mark") for mark in asset.marks],
            class_="kicker",
        ),
        html.h1(title),
        html.div(prose.docstring(said), class_="dek") if said else None,
        # A number is what its page is for: nothing but a warning stands before it.
        [_broken(place, asset), metric.result(place, asset)] if asset.kind == "metric" else None,
        _facts(place, asset),
        _downloads(place, asset),
        class_="page-head",
    )


def _facts(place: Place, asset: content.Asset) -> html.Markup:
    release = place.index.site.release
    owner = next((project.owner for project in place.index.projects if project.name == asset.project), "")
    pairs: list[tuple[str, html.Child]] = []
    if shell.news(place, asset) is not None:
        is_new = place.index.changes[asset.name].how == content.ADDED if asset.name in place.index.changes else False
        pairs.append(("New" if is_new else "Last changed", "in this release"))
    elif asset.changed_in is not None and asset.changed_in != release.number:
        since = place.in_release(asset.changed_in, asset.name, f"since release {asset.changed_in}")
        pairs.append(("Unchanged", since))
    if (beside := _beside(place, asset)) is not None:
        pairs.append(("Compare", beside))
    if asset.table is not None:
        pairs += [
            ("Rows", numbers.number(asset.table.rows)),
            ("Columns", numbers.number(len(asset.table.columns))),
        ]
    if owner:
        pairs.append(("Ask", owner))
    pairs.append(("Checks", _checks_in_short(place, asset)))
    pairs.append(("Name", html.code(asset.name)))
    if asset.made_at is not None:
        pairs.append(("Made", words.instant(asset.made_at)))  # last: the script shortens it, and nothing moves
    return shell.facts(pairs)


def _beside(place: Place, asset: content.Asset) -> html.Markup | None:
    """The way to two releases of it beside each other.

    What stays as it is written knows no release after it, and leaves the choice to the page that it leads to.
    """
    shown, before = place.index.site.release.number, place.index.before(asset)
    if place.index.at:
        target, said = place.to_beside(asset.name, shown), "beside another release"
    else:
        target = place.to_beside(asset.name, before, shown) if before is not None else None
        said = f"beside release {before}"
    return html.a(said, href=target, class_="compare") if target is not None else None


def _checks_in_short(place: Place, asset: content.Asset) -> html.Markup:
    own = place.index.checks.get(asset.name, [])
    if not own:
        return shell.status(content.NOT_RUN, "none")
    broken = sum(shell.is_broken(check) for check in own)
    idle = sum(check.outcome == content.NOT_RUN for check in own)
    if broken:
        status = shell.status(shell.worst(own), f"{broken} of {len(own)} {shell.broken_word(own, broken)}")
    elif idle:
        status = shell.status(content.NOT_RUN, f"{idle} of {len(own)} not run")
    else:
        status = shell.status(content.PASSED, "passed" if len(own) == 1 else f"all {len(own)} passed")
    return html.a(status, href="#checks")


def _downloads(place: Place, asset: content.Asset) -> html.Markup | None:
    if not asset.files:
        return None
    links = [_download(place, asset, file) for file in asset.files]
    rest = links[_FILES_SHOWN:]
    return html.div(
        html.span("Download ", class_="note"),
        links[:_FILES_SHOWN],
        html.details(html.summary(f"{len(rest):,} more"), html.div(rest, class_="downloads")) if rest else None,
        class_="downloads",
    )


def _download(place: Place, asset: content.Asset, file: content.File) -> html.Markup:
    return html.a(
        _file_kind(asset, file),
        html.small(words.size(file.size)),
        href=place.to(place.index.file_path(asset, file)),
        download=file.name.rpartition("/")[2],
        title=file.name,
    )


def _file_kind(asset: content.Asset, file: content.File) -> str:
    """`CSV`, where it is the only one; else the file's name, which says all of a file or a folder."""
    media = results.media_of(file)
    if asset.kind == "file":
        return file.name
    alone = sum(results.media_of(other) == media for other in asset.files) == 1
    return _FILE_KINDS[media] if alone and media in _FILE_KINDS else file.name


def _broken(place: Place, asset: content.Asset) -> html.Markup | None:
    """What a reader must know before she reads: a check of this very result did not hold."""
    own = place.index.checks.get(asset.name, [])
    broken = [check for check in own if shell.is_broken(check)]
    if not broken:
        return None
    broken.sort(key=lambda check: check.severity == "warn")
    rest = len(broken) - _BROKEN_SHOWN
    return html.p(
        html.strong(f"{plural(len(broken), 'check')} did not hold. "),
        [html.text(_did_not_hold(check), ". ") for check in broken[:_BROKEN_SHOWN]],
        f"And {rest} more. " if rest > 0 else None,
        html.a("Details", href="#checks"),
        class_="banner" if shell.worst(own) == shell.WARNED else "banner bad",
    )


def _did_not_hold(check: content.Check) -> html.Markup:
    """`Every carrier is named: 2 offending rows`."""
    name = checks.sentence(check)
    return html.text(name, html.text(": ", words.spoken(check.message.rstrip("."))) if check.message else None)


def _result(place: Place, asset: content.Asset, title: str) -> html.Child:
    if asset.kind == "metric":
        return metric.course(asset, title)
    if asset.table is not None:
        return [table.rows(asset.table), table.columns(asset.table)]
    if not asset.files and asset.kind != "model":
        return html.p(
            "Its bytes are not kept any more; ",
            html.code(shell_line("onward", "get", asset.name)),
            " says how to make them again.",
            class_="banner",
        )
    if asset.kind == "figure":
        return results.figure(place, asset, title)
    if asset.kind == "document":
        return results.document(asset, title)
    if asset.kind == "model":
        return results.model(asset)
    return results.file(place, asset, title)


def _changed(place: Place, asset: content.Asset) -> html.Markup | None:
    """When it changed, how, and the ways to what it was before and after."""
    told = place.index.changed.get(asset.name, [])
    if not told:
        return None
    rows = [_change(place, move, change) for move, change in told]
    rest = rows[_CHANGES_SHOWN:]
    return shell.block(
        "When it changed",
        html.ul(rows[:_CHANGES_SHOWN], class_="moves"),
        html.details(html.summary(f"{len(rest):,} more"), html.ul(rest, class_="moves")) if rest else None,
        _first(place, asset),
        anchor="changed",
    )


def _change(place: Place, move: content.Move, change: content.Change) -> html.Markup:
    named: html.Child = timeline.heading(move)
    if move.kind == content.RELEASE and change.how != content.REMOVED:
        named = place.in_release(move.number, change.name, named)
    return html.li(
        html.span(named),
        html.span(words.change_sentence(change), class_="how"),
        html.span(
            words.day(move.at),
            [html.text(", ", html.a(said, href=target)) for said, target in _both(place, move, change)],
            class_="note",
        ),
    )


def _both(place: Place, move: content.Move, change: content.Change) -> Iterator[tuple[str, str]]:
    """The ways to what it was on both sides of a move."""
    if move.comparison is not None:
        yield "before and after", place.to_comparison(key(move), change.project, change.name)
    beside = place.to_beside(change.name, move.before, move.number)
    if beside is not None and change.how == content.CHANGED:
        yield "side by side", beside


def _first(place: Place, asset: content.Asset) -> html.Markup | None:
    """Where it comes from, so that every state that it was in can be reached from here."""
    first = next(iter(asset.states), None)
    if first is None:
        return None
    return html.p(
        "It first came with ", place.in_release(first.since, asset.name, f"release {first.since}"), ".", class_="note"
    )


def _about(asset: content.Asset) -> html.Markup | None:
    """What the docstring says beyond its first paragraph."""
    rest = asset.doc.strip().partition("\n\n")[2]
    if not rest.strip():
        return None
    return shell.block("About", html.div(prose.docstring(rest), class_="prose"), anchor="about")


def _because(reasons: tuple[str, ...]) -> html.Markup | None:
    """What made for a mark; a mark that needs no more words has no reason of its own."""
    return html.ul([html.li(reason.replace("`", "")) for reason in reasons], class_="because") if reasons else None


def _marks(asset: content.Asset) -> html.Markup | None:
    if not asset.marks:
        return None
    return shell.block(
        "To know before you rely on it",
        html.dl(
            [
                html.div(html.dt(html.span(mark, class_="mark")), html.dd(words.MARKS.get(mark, ""), _because(reasons)))
                for mark, reasons in asset.marks.items()
            ],
            class_="marks",
        ),
        anchor="marks",
    )
