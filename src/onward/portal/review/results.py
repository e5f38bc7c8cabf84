"""One changed result: on a line, where many are listed, and in a section of its own with what shows it."""

from __future__ import annotations

from onward.app.comparing.diff import ADDED, CHANGED, EQUAL, REMOVED, AssetDiff, DiffReport
from onward.portal import drawing, html, words
from onward.portal.anchors import anchor
from onward.portal.review import evidence, metric, origins

_SIGNS = {CHANGED: "~", ADDED: "+", REMOVED: "−", EQUAL: "="}


def sign(change: str) -> html.Markup:
    """What happened to a result, for the eye alone."""
    return html.span(_SIGNS[change], aria_hidden="true", class_=f"change-sign {change}")


def line(asset: AssetDiff, named: html.Child, *, identity: str | None = None) -> html.Markup:
    """A change on a line: its name as a link or as it is, and how it moved."""
    return html.li(
        sign(asset.change),
        html.span(named, class_="what"),
        html.span(moved(asset), class_="how"),
        class_=asset.change,
        id=identity,
    )


def moved(asset: AssetDiff) -> html.Child:
    """The change in a few words: of a number both of them, else the sentence without where it comes from."""
    far = html.span("far from its usual course", class_="unusual") if asset.is_unusual else None
    if asset.change == CHANGED and metric.is_moved(asset.detail):
        course = [point["value"] for point in asset.detail.get("course", ())]
        return [far, drawing.sparkline([*course, asset.detail["after"]]), metric.in_short(asset.detail)]
    return [far, words.spoken(asset.effect)]


def title(asset: AssetDiff) -> str:
    """What a result is called among those of its project."""
    return asset.title or asset.name.rpartition("/")[2]


def section(
    report: DiffReport, asset: AssetDiff, seen: html.Child, *, is_open: bool, told_at: AssetDiff | None = None
) -> html.Markup:
    """One result: its sentence, what made for it, and what shows it.

    Args:
        report: what it is of.
        asset: the result.
        seen: its pictures.
        is_open: whether it is unfolded.
        told_at: an earlier result of the page, with the same causes.
    """
    marks = [
        (
            "far from its usual course",
            asset.is_unusual,
            "It moved much farther than from one release to the next.",
            "unusual",
        ),
        ("published", asset.is_published, "Readers have it.", ""),
        ("checked", asset.is_checked, "A check looks at it.", ""),
    ]
    named = html.summary(
        sign(asset.change),
        html.h3(title(asset), id=anchor(asset.name)),
        html.span(words.kind_word(asset.kind), " ", html.code(html.breakable(asset.name)), class_="note"),
        [html.span(said, title=meaning, class_=f"mark {css}".strip()) for said, is_so, meaning, css in marks if is_so],
    )
    effect = html.p(words.spoken(asset.effect), class_="sentence")
    return html.article(
        html.details(
            named,
            metric.sentence(asset.detail) if metric.is_moved(asset.detail) else effect,
            origins.same_as(told_at) if told_at is not None else origins.of_one(asset),
            evidence.shown(report, asset) if asset.change in (CHANGED, ADDED) else None,
            seen,
            open=is_open,
        ),
        class_=f"result {asset.change}",
    )
