"""A metric: the number with its unit, how far it is from the release before, and its course."""

from __future__ import annotations

from onward.base import numbers
from onward.portal import content, drawing, html, shell, words
from onward.portal.index import Place


def result(place: Place, asset: content.Asset) -> html.Markup:
    """The number itself."""
    value = asset.facts.get("value")
    exact = words.value_text(value)
    said = numbers.number(value)
    return html.div(
        html.p(
            html.data(said, value=exact),
            html.span(asset.unit, class_="unit") if asset.unit else None,
            class_="big-number" if len(said) <= 14 else "big-number long",
        ),
        _since(place, asset),
        html.p("exactly ", html.code(exact), class_="note") if _is_rounded(value, said) else None,
        class_="metric",
    )


def _is_rounded(value: object, said: str) -> bool:
    return isinstance(value, float) and numbers.numeric(value) is not None and _unformatted(said) != float(value)


def _unformatted(said: str) -> float:
    return float(said.replace(",", "").replace(numbers.MINUS, "-"))


def _since(place: Place, asset: content.Asset) -> html.Markup | None:
    """How the number compares with the release before."""
    release = place.index.site.release
    change = place.index.changes.get(asset.name)
    if change is not None and change.how == content.ADDED:
        return html.p("New in this release.", class_="delta-line")
    before = _before(place, asset)
    if before is None or release.previous is None:
        return None
    delta = words.difference(before, asset.facts.get("value"), asset.unit)
    if delta is None and change is None:
        return html.p(f"Unchanged since release {release.previous}.", class_="delta-line")
    return html.p(
        html.strong(delta) if delta else "changed",
        f" since release {release.previous}, when it was {words.with_unit(before, asset.unit)}.",
        class_="delta-line",
    )


def _before(place: Place, asset: content.Asset) -> object:
    """The value at the release before: from the change, else from the history."""
    change = place.index.changes.get(asset.name)
    if change is not None and "value" in change.before:
        return change.before["value"]
    previous = place.index.site.release.previous
    return next((point.value for point in asset.history if point.number == previous), None)


def course(asset: content.Asset, title: str) -> html.Markup | None:
    """The number over the releases, as a picture and as a table."""
    if len(asset.history) < 2:
        return None
    rows = [
        html.tr(
            html.th(f"Release {point.number}", scope="row"),
            html.td(words.instant(point.at)),
            html.td(words.with_unit(point.value, asset.unit), class_="number"),
        )
        for point in reversed(asset.history)
    ]
    table = html.table(
        html.thead(
            html.tr(
                html.th("Release", scope="col"),
                html.th("At", scope="col"),
                html.th("Value", scope="col", class_="number"),
            )
        ),
        html.tbody(rows),
        class_="plain",
    )
    points = [drawing.Point(str(point.number), f"Release {point.number}", point.value) for point in asset.history]
    picture = drawing.course(points, asset.unit, f"{title} over {len(points)} releases")
    numbers = shell.scroller(table, f"{title} by release")
    shown = [picture, html.details(html.summary("The numbers"), numbers)] if picture else [numbers]
    return shell.block("Over the releases", html.div(shown, class_="course-frame"), anchor="course")
