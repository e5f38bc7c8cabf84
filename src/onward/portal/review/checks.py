"""Checks that ended otherwise than before."""

from __future__ import annotations

from collections.abc import Sequence

from onward.app.comparing.diff import CheckDiff
from onward.base.text import plural
from onward.portal import html, shell, words
from onward.portal.content import BROKEN, FAILED
from onward.portal.review import evidence


def shown(checks: Sequence[CheckDiff]) -> html.Markup | None:
    """The checks, the broken ones first."""
    if not checks:
        return None
    worst_first = sorted(checks, key=lambda check: (check.after not in (BROKEN, FAILED), check.severity, check.name))
    return shell.block(
        "Checks that ended otherwise", html.ul([_check(each) for each in worst_first], class_="checks"), anchor="checks"
    )


def in_short(checks: Sequence[CheckDiff]) -> html.Markup | None:
    """How many of them are broken now, with the way to them: what a reader is to see first of all."""
    broken = [check for check in checks if check.after in (BROKEN, FAILED)]
    if not broken:
        return None
    outcome = BROKEN if any(check.severity != "warn" for check in broken) else shell.WARNED
    said = f"{plural(len(broken), 'check')} {'is' if len(broken) == 1 else 'are'} broken"
    return html.li(shell.status(outcome, html.a(said, href="#checks")))


def _check(check: CheckDiff) -> html.Markup:
    is_broken = check.after in (BROKEN, FAILED)
    outcome = shell.WARNED if is_broken and check.severity == "warn" else check.after or "gone"
    said = words.OUTCOMES.get(check.after or "", "Gone")
    before = "new" if check.before is None else f"was {words.OUTCOMES.get(check.before, check.before).lower()}"
    rows = f"on {plural(check.rows, 'row')}" if check.rows else None
    told = (check.summary,) if check.before == check.after else (before, rows)
    offending = evidence.of_detail(check.detail)
    return html.li(
        html.div(
            shell.status(outcome, said),
            html.span(html.breakable(check.name), class_="check-name"),
            html.span(", ".join(filter(None, told)), class_="note"),
            class_="check-head",
        ),
        html.p(words.spoken(check.message), class_="check-message") if check.message and is_broken else None,
        html.details(html.summary("The rows that offend it"), offending) if offending else None,
        class_=f"check{' broken' if is_broken else ''}{' warning' if outcome == shell.WARNED else ''}",
    )
