"""The page as a whole: the verdict and what made for it at its head, what moved at a glance, then each result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files

from onward.app.changes.causes import Cause
from onward.app.comparing.diff import (
    ADDED,
    CHANGED,
    EQUAL,
    MADE_AGAIN,
    NOISE,
    REMOVED,
    TOLERATED,
    UNTOUCHED,
    AssetDiff,
    DiffReport,
)
from onward.base.text import plural
from onward.model.records import Run
from onward.portal import html, shell, words
from onward.portal.anchors import anchor, link
from onward.portal.review import checks, origins, pictures, results
from onward.portal.review.markdown import made_again_and_equal, read_otherwise, stays_broken

_MOST_OPEN = 12
"""Results whose sections are open; the others are a click away."""
_MOST_SHOWN = 150
"""Results that have a section at all; beyond, there is a sentence for each."""
_MOST_PICTURE_BYTES = 40_000_000
_EQUAL_WORDS = {
    UNTOUCHED: "Nothing that they rest on differs",
    MADE_AGAIN: "Made again, and the same came out",
    NOISE: "They differ by what means nothing",
    TOLERATED: "They moved within their tolerance",
}
_LEFT_OUT = html.p("Its pictures are left out: the page would be too large for them.", class_="note")
# No browser loads or runs anything for this page, whatever is in it.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(report: DiffReport, workspace: str) -> str:
    """The page as HTML."""
    changed = [asset for asset in report.assets if asset.change != EQUAL]
    verdict = in_short(report)
    head = html.text(
        html.meta(charset="utf-8"),
        html.meta(http_equiv="Content-Security-Policy", content=_POLICY),
        html.meta(name="viewport", content="width=device-width, initial-scale=1"),
        html.meta(name="color-scheme", content="light dark"),
        html.meta(name="generator", content="onward"),
        html.meta(name="description", content=f"{report.a} → {report.b}: {verdict}"),
        html.title(f"{verdict}: {report.a} → {report.b} – {workspace}"),
        html.link(rel="icon", href="data:,"),
        _style(),
    )
    content = html.body(
        html.a("Skip to the content", href="#content", class_="skip"),
        _masthead(report, workspace, has_changes=bool(changed)),
        html.main(
            _page_head(report, verdict, changed),
            _at_a_glance(changed),
            checks.shown(report.checks),
            _sections(report, changed),
            _equal(report),
            id="content",
            tabindex="-1",
        ),
        html.footer(
            html.p("What differs between two states of the results of ", workspace, ". Made with onward."),
            class_="foot",
        ),
        class_="review",
    )
    return html.document(head, content)


def in_short(report: DiffReport) -> str:
    """`22 results changed, 1 is new`; where nothing did, that all are equal, and how many were made again."""
    counts = report.counts
    if said := words.changed_results(counts) or made_again_and_equal(report):
        return said
    if not counts[EQUAL]:
        return "There is nothing to compare"
    return "The one result is equal" if counts[EQUAL] == 1 else f"All {counts[EQUAL]:,} results are equal"


def _style() -> html.Markup:
    static = files("onward.portal").joinpath("static")
    sheets = [static.joinpath(name).read_text(encoding="utf-8") for name in ("site.css", "review.css")]
    return html.inline_style("\n".join(sheets))


def _masthead(report: DiffReport, workspace: str, *, has_changes: bool) -> html.Markup:
    ways = [("At a glance", "glance", has_changes), ("Checks", "checks", bool(report.checks))]
    ways += [("Results", "results", has_changes), ("Equal", "equal", bool(report.counts[EQUAL]))]
    return html.header(
        html.div(
            html.span(workspace, class_="nameplate"),
            html.nav(
                html.ul([html.li(html.a(name, href=f"#{target}")) for name, target, is_there in ways if is_there]),
                aria_label="On this page",
            ),
            class_="masthead-inner",
        ),
        class_="masthead",
    )


# The head.


def _page_head(report: DiffReport, verdict: str, changed: Sequence[AssetDiff]) -> html.Markup:
    return html.header(
        html.p("What a change does to the results", class_="kicker"),
        html.h1(verdict),
        _tally(report),
        html.dl(
            _side("Before", report.a, report.run_a),
            _side("After", report.b, report.run_b),
            class_="origins sides",
        ),
        origins.of_all(changed),
        class_="page-head",
    )


def _tally(report: DiffReport) -> html.Markup:
    """All results as one bar, and in words how many are what; of equal ones, how that is known."""
    counts, how = report.counts, report.how_equal
    known = [
        (UNTOUCHED, "nothing that they rest on differs"),
        (MADE_AGAIN, "made again, and the same came out"),
        (NOISE, "but for rounding, times and the like"),
    ]
    proof = ", ".join(f"{how[each]:,} {said}" for each, said in known if how[each])
    if proof and sum(bool(how[each]) for each, _ in known) == 1:
        proof = next(said for each, said in known if how[each])
    parts = [(change, counts[change]) for change in (CHANGED, ADDED, REMOVED, EQUAL) if counts[change]]
    return html.div(
        html.div(
            [html.span(class_=change, style=f"flex-grow: {count}") for change, count in parts],
            aria_hidden="true",
            class_="tally-bar",
        ),
        html.ul(
            [
                html.li(
                    results.sign(change),
                    html.strong(f"{count:,}"),
                    f" {change}",
                    html.small("proved: ", proof) if change == EQUAL and proof else None,
                    html.small(f"{how[TOLERATED]:,} within tolerance") if change == EQUAL and how[TOLERATED] else None,
                )
                for change, count in parts
            ],
            checks.in_short(report.checks),
            html.li(html.small(words.spoken(stays_broken(report)))) if report.still_broken else None,
        ),
        class_="tally",
    )


def _side(name: str, word: str, run: Run | None) -> html.Markup:
    told: list[html.Child] = [html.strong(word)]
    if run is None:
        told.append("no results at all")
    else:
        if run.origin.commit:
            told.append(html.text("commit ", words.short(run.origin.commit)))
        if run.origin.dirty:
            told.append("with changes that were not committed" if run.origin.commit else None)
        told.append(html.text("made ", words.instant(datetime.fromisoformat(run.at), relative=False)))
        if not run.complete:
            told.append(html.span("incomplete", class_="mark bad"))
    return html.div(html.dt(name), html.dd([html.span(each) for each in told if each]))


# What moved.


def _at_a_glance(changed: Sequence[AssetDiff]) -> html.Markup | None:
    """Every change on a line of its own, what matters most first."""
    if not changed:
        return None
    rows = [_line(asset, has_section=place < _MOST_SHOWN) for place, asset in enumerate(changed)]
    note = "what matters most first" if len(changed) > 1 else None
    return shell.block("At a glance", html.ol(rows, class_="glance"), anchor="glance", note=note)


def _line(asset: AssetDiff, *, has_section: bool) -> html.Markup:
    named = html.breakable(asset.name)
    return results.line(
        asset,
        [
            link(asset.name, asset.title) if has_section else asset.title or named,
            html.small(named) if asset.title else None,
        ],
        identity=None if has_section else anchor(asset.name),
    )


def _sections(report: DiffReport, changed: Sequence[AssetDiff]) -> html.Markup | None:
    if not changed:
        return None
    with_pictures = _within_budget(changed)
    first: dict[tuple[Cause, ...], AssetDiff] = {}
    shown = []
    for place, asset in enumerate(changed[:_MOST_SHOWN]):
        seen = _pictures(asset) if asset.name in with_pictures else _LEFT_OUT
        told_at = first.get(asset.causes) if asset.causes else None
        shown.append(results.section(report, asset, seen, is_open=place < _MOST_OPEN, told_at=told_at))
        first.setdefault(asset.causes, asset)
    rest = len(changed) - len(shown)
    more = html.p(
        f"Of {plural(rest, 'more change', 'more changes')} there is the sentence above alone: name one of them after ",
        html.code("onward diff"),
        " for its page.",
        class_="banner",
    )
    return shell.block("Result by result", html.div(shown, class_="results"), more if rest else None, anchor="results")


def _within_budget(changed: Sequence[AssetDiff]) -> set[str]:
    """The results whose pictures the page holds: a browser has to open it."""
    found, held = set(), 0
    for asset in changed[:_MOST_SHOWN]:
        held += sum(len(picture.content) for picture in asset.pictures)
        if held > _MOST_PICTURE_BYTES:
            break
        found.add(asset.name)
    return found


def _pictures(asset: AssetDiff) -> html.Child:
    return pictures.shown(asset, pictures.embedded(asset))


# What is equal.


def _equal(report: DiffReport) -> html.Markup | None:
    equal = [asset for asset in report.assets if asset.change == EQUAL]
    if not equal:
        return None
    groups = [
        html.details(
            html.summary(f"{said}: {plural(len(found), 'result')}"),
            html.ul([html.li(_equal_one(asset)) for asset in found], class_="columns"),
            open=how == TOLERATED,
        )
        for how, said in _EQUAL_WORDS.items()
        if (found := [asset for asset in equal if asset.how_equal == how])
    ]
    is_proved = any(asset.how_equal not in (None, TOLERATED) for asset in equal)
    note = "in content, which is proved and not guessed" if is_proved else None
    again = read_otherwise(report)
    told = html.p(words.spoken(again), class_="banner") if again is not None else None
    return shell.block("Equal", [told, groups], anchor="equal", note=note)


def _equal_one(asset: AssetDiff) -> html.Child:
    said = html.text(": ", words.spoken(asset.summary)) if asset.how_equal in (NOISE, TOLERATED) else None
    return [html.breakable(asset.name), html.small(said) if said else None]
