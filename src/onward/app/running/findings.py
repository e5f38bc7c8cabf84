"""Which findings stop what was asked for: those that touch its targets; all, where the whole workspace is meant."""

from __future__ import annotations

from collections.abc import Sequence

from onward.app.reading.whole import Reading
from onward.app.running.targets import Selection
from onward.base.errors import GraphError, OnwardError
from onward.model.workspace import Finding


def check_findings(reading: Reading, selection: Selection, *, keep_going: bool) -> dict[str, Finding]:
    """The steps that findings keep from running.

    Raises:
        GraphError: a finding touches what is needed, or nothing was targeted and there is one.
    """
    relevant = relevant_findings(reading, selection)
    if relevant and not keep_going:
        raise findings_error(relevant)
    return {name: finding for name, finding in reading.graph.blocked().items() if name in selection.needed}


def relevant_findings(reading: Reading, selection: Selection) -> list[Finding]:
    """The findings that touch what is meant; all of them where the whole workspace is."""
    blocked = [finding for name, finding in reading.graph.blocked().items() if name in selection.needed]
    others = [finding for finding in reading.graph.findings if selection.is_whole or _reaches(finding, selection)]
    return list(dict.fromkeys([*blocked, *others]))


def _reaches(finding: Finding, selection: Selection) -> bool:
    """Whether a finding touches all of what is meant, steps that cannot be read included."""
    return finding.hides_steps and (finding.project is None or finding.project in selection.projects)


def findings_error(findings: Sequence[Finding]) -> OnwardError:
    """One error for all findings: the first one speaks, the rest follow."""
    first = findings[0]
    error = GraphError(first.message, first.location(), first.hint, findings=tuple(findings))
    error.code = first.code  # type: ignore[misc] - the finding's own page
    return error
