"""All checks with how they ended, the broken ones first; and how one check is shown anywhere."""

from __future__ import annotations

from onward.base import numbers
from onward.portal import content, html, prose, shell, words
from onward.portal.index import CHECKS, Page, Place, SiteIndex
from onward.portal.listing import listing
from onward.portal.pages import table

_ORDER = (content.BROKEN, content.FAILED, content.NOT_RUN, content.PASSED)
_ROWS_SHOWN = 20


def page(index: SiteIndex) -> Page:
    """`checks/index.html`."""
    place = Place(index, CHECKS)
    said, outcome = shell.checks_in_words(index.site)
    unchecked = [asset for asset in index.site.assets if asset.name not in index.checks]
    return shell.page(
        place,
        title="Checks",
        body=[
            html.header(
                html.h1("Checks"),
                html.p(
                    "What must hold of the results. A release is held back where a check that counts as an "
                    "error is broken.",
                    class_="dek",
                ),
                html.p(shell.status(outcome, said), class_="meta"),
                class_="page-head",
            ),
            [_outcome(place, outcome) for outcome in _outcomes(index)],
            _unchecked(place, unchecked),
        ],
    )


def _outcomes(index: SiteIndex) -> list[str]:
    present = {check.outcome for check in index.site.checks}
    return [outcome for outcome in _ORDER if outcome in present] + sorted(present - set(_ORDER))


def _outcome(place: Place, outcome: str) -> html.Markup:
    own = [check for checks in place.index.checks.values() for check in checks if check.outcome == outcome]
    own.sort(key=lambda check: (check.asset, check.name))
    return shell.block(
        words.OUTCOMES.get(outcome, outcome),
        html.ul([html.li(shown(place, check, with_asset=True)) for check in own], class_="checks"),
        note=f"{len(own):,}",
    )


def _unchecked(place: Place, assets: list[content.Asset]) -> html.Markup | None:
    if not assets:
        return None
    return shell.block(
        "Unchecked",
        html.ul([html.li(place.asset_link(asset.name), " ", html.small(asset.project)) for asset in assets],
                class_="columns"),
        note=f"{len(assets):,}",
    )  # fmt: skip


def shown(place: Place, check: content.Check, *, with_asset: bool = False) -> html.Markup:
    """A check: its name and outcome, and where it did not hold what it found."""
    passed = check.outcome == content.PASSED
    return html.article(
        html.div(
            shell.status(shell.worst([check]), words.OUTCOMES.get(check.outcome, check.outcome)),
            html.strong(sentence(check), class_="check-name", title=check.name),
            html.span("warning only", class_="note") if check.severity == "warn" and not passed else None,
            html.span("on ", place.asset_link(check.asset), class_="note") if with_asset else None,
            class_="check-head",
        ),
        html.p(words.spoken(check.message), class_="check-message") if check.message and not passed else None,
        _offending(check) if check.offending is not None and not passed else None,
        html.div(prose.docstring(check.doc), class_="prose small") if check.doc.strip() else None,
        html.details(html.summary("How it is checked"), listing(check.code)) if check.code else None,
        class_=_look(check),
    )


def sentence(check: content.Check) -> str:
    """A check's name as the sentence that it states."""
    return check.name.rpartition("/")[2].replace("_", " ")


def _look(check: content.Check) -> str:
    if not shell.is_broken(check):
        return "check"
    return "check broken warning" if check.severity == "warn" else "check broken"


def _offending(check: content.Check) -> html.Markup | None:
    offending = check.offending
    if offending is None or not offending.rows:
        return None
    shown_rows = offending.rows[:_ROWS_SHOWN]
    types = offending.types or ("",) * len(offending.columns)
    columns = [content.Column(name, kind) for name, kind in zip(offending.columns, types, strict=True)]
    some = f"{len(shown_rows)} of {numbers.number(offending.total)} offending rows"
    listed = table.plain_table(columns, shown_rows, some if offending.total > len(shown_rows) else "")
    return shell.scroller(listed, f"Rows that break {check.name}")


def section(place: Place, asset: content.Asset) -> html.Markup | None:
    """The checks that look at an asset, for its page."""
    checks = place.index.checks.get(asset.name)
    if not checks:
        return None
    rank = {outcome: place for place, outcome in enumerate(_ORDER)}
    ordered = sorted(checks, key=lambda check: (rank.get(check.outcome, len(rank)), check.name))
    return shell.block(
        "Checks",
        html.ul([html.li(shown(place, check)) for check in ordered], class_="checks"),
        anchor="checks",
    )
