"""A review as its readers get it where they are: one text of Markdown, for a comment or the page of a build."""

from __future__ import annotations

from onward.ci.approvals import marker_of
from onward.ci.gates import WAITING, Verdict
from onward.ci.review import Review
from onward.model.hosting import Shown
from onward.portal.review.markdown import code, markdown, prose

_MOST_FAILURES = 10
_LONGEST_DIFFERENCE = 40_000
"""In letters: what failed and what waits stand below it, and a comment has room for 65,000 on GitHub."""


def comment(review: Review, shown: Shown | None) -> str:
    """The text.

    Args:
        review: what it tells.
        shown: what machines are to find in it; None: they are to find nothing.
    """
    lines = [marker_of(shown)] if shown is not None else []
    lines += [markdown(review.difference, _LONGEST_DIFFERENCE).rstrip(), ""]
    lines += _failures(review)
    lines += [line for verdict in review.gates for line in _gate_lines(verdict)]
    lines += ["", *(f"- {prose(line)}" for line in review.untouched.lines(review.base))]
    lines += [f"- {prose(note)}" for note in review.notes]
    if review.stale_owners is not None:
        said = f"`{review.stale_owners}` is not what the `owner` settings say"
        lines.append(f"- ❌ {said}: type `onward ci init github` (or `gitlab`)")
    return "\n".join([*lines, "", _foot(review)]).rstrip() + "\n"


def _failures(review: Review) -> list[str]:
    failed = review.failures
    lines = [f"- ❌ {prose(str(failure))}" for failure in failed[:_MOST_FAILURES]]
    if len(failed) > _MOST_FAILURES:
        lines.append(f"- ❌ and {len(failed) - _MOST_FAILURES} more steps failed")
    lines += [f"- ❌ {prose(finding.message)}" for finding in review.report.findings[:_MOST_FAILURES]]
    return lines


def _gate_lines(verdict: Verdict) -> list[str]:
    sign = "⏳" if verdict.outcome == WAITING else "✅"
    line = f"- {sign} {code(verdict.asset)} {prose(verdict.why)} ({prose(verdict.summary)})"
    if verdict.outcome == WAITING:
        # The owners are called, for it is them that the change waits for.
        called = " ".join(address for address in verdict.owners.addresses if address.startswith("@"))
        who = f"a yes of {prose(verdict.owners.text)}" if verdict.owners.text else "somebody's yes"
        line = f"{line}: **waits for {who}**{f' ({called})' if called else ''}"
        return [line, *(f"  - {prose(reason)}" for reason in verdict.refused)]
    return [f"{line}: approved by {prose(', '.join(dict.fromkeys(yes.by for yes in verdict.yes)))}"]


def _foot(review: Review) -> str:
    build = review.build
    links = [
        f"[{name}]({address})"
        for name, address in (("The review page", build.artifacts), ("the build", build.page))
        if address
    ]
    commit = (build.commit or "")[:12]
    how = "as merged with its target" if build.is_merged else "as it is"
    return f"<sub>{' · '.join([*links, f'commit {commit}, {how}'])}</sub>"
