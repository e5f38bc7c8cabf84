"""What shows a change, by what its `detail` holds (docs/reference/differences.md), whatever kind it is of.

A file may hold a table, a folder may hold texts: so the parts are told by their fields, and a detail without any that
is known here is told by its sentence alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onward.app.comparing.diff import AssetDiff, DiffReport
from onward.portal import html
from onward.portal.review import figure, folder, metric, model, notebook, table, text


def shown(report: DiffReport, asset: AssetDiff) -> html.Child:
    """All that is known of a change but its pictures."""
    if metric.is_moved(asset.detail):
        return metric.course(report, asset)
    return of_detail(asset.detail)


def of_detail(detail: Mapping[str, Any]) -> list[html.Child]:
    """What a detail holds, part by part."""
    parts: list[html.Child] = []
    if table.is_told(detail):
        parts.append(table.shown(detail))
    if notebook.is_told(detail):
        parts.append(notebook.shown(detail))
    if figure.is_told(detail):
        parts.append(figure.shown(detail))
    if model.is_told(detail):
        parts.append(model.shown(detail))
    if text.has_values(detail):
        parts.append(text.values(detail))
    if text.has_hunks(detail):
        parts.append(text.hunks(detail["hunks"], "paragraph" if "paragraphs" in detail else "line"))
    if detail.get("offending"):
        parts += of_detail(detail["offending"])
    if folder.is_told(detail):
        parts.append(folder.shown(detail, of_detail))
    return parts
