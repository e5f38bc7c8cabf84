"""A figure, beside its pictures: what of its looks changed, its points, and the words in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onward.portal import html
from onward.portal.review import text

_POINTS = (("added", "came in"), ("removed", "went"), ("changed", "changed"))
_WORDS = (("added", "+"), ("removed", "−"))


def is_told(detail: Mapping[str, Any]) -> bool:
    """Whether it says what of a figure changed."""
    return any(isinstance(detail.get(part), Mapping) for part in ("looks", "points", "words"))


def shown(detail: Mapping[str, Any]) -> html.Child:
    """What is known beside the pictures."""
    looks, points, said = detail.get("looks") or {}, detail.get("points") or {}, detail.get("words") or {}
    texts = [(how, sign, said[how]) for how, sign in _WORDS if said.get(how)]
    counted = [f"{points[how]:,} {verb}" for how, verb in _POINTS if points.get(how)]
    return [
        html.p(f"{points['before']:,} points before, {points['after']:,} after: {', '.join(counted)}", class_="meta")
        if counted
        else None,
        text.values(looks) if text.has_values(looks) else None,
        html.ul(
            [
                html.li(
                    html.span(sign, aria_hidden="true", class_=f"change-sign {how}"),
                    f"words {how}: ",
                    ", ".join(f"“{each}”" for each in found),
                )
                for how, sign, found in texts
            ],
            class_="parts",
        )
        if texts
        else None,
    ]
