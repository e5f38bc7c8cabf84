"""A notebook: its cells that came, went and changed, with what changed of code, prose and what they show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onward.portal import html, words
from onward.portal.review import text

_SIGNS = {"added": "+", "removed": "−", "changed": "~"}


def is_told(detail: Mapping[str, Any]) -> bool:
    """Whether it is a notebook's detail."""
    return "cells" in detail and all("parts" in cell for cell in detail.get("sample") or ())


def shown(detail: Mapping[str, Any]) -> html.Markup:
    """Cell by cell, those that did not change left out."""
    rest = sum(detail["cells"][how] for how in _SIGNS) - len(detail["sample"])
    return html.div(
        html.dl([_cell(cell) for cell in detail["sample"]], class_="cells"),
        html.p(f"{rest:,} more of the cells differ.", class_="note") if rest > 0 else None,
    )


def _cell(cell: Mapping[str, Any]) -> html.Markup:
    place = cell["after"] or cell["before"]
    kind = cell["kind"] if cell["change"] == "changed" else f"{cell['kind']}, {cell['change']}"
    return html.div(
        html.dt(
            html.span(_SIGNS[cell["change"]], aria_hidden="true", class_=f"change-sign {cell['change']}"),
            f"Cell {place} ",
            html.span(kind, class_="note"),
        ),
        html.dd(
            [
                [html.p(words.spoken(part["summary"])), text.hunks(part["hunks"]) if part.get("hunks") else None]
                for part in cell["parts"]
            ]
        ),
    )
