"""A folder: the parts that came, went and changed, and of those that changed what is in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onward.portal import html, words

_HOW = (("changed", "~", "changed"), ("added", "+", "came in"), ("removed", "−", "went"))


def is_told(detail: Mapping[str, Any]) -> bool:
    """Whether it is a folder's detail."""
    return isinstance(detail.get("parts"), Mapping) and any(how in detail["parts"] for how, _, _ in _HOW)


def shown(detail: Mapping[str, Any], of_detail: Callable[[Mapping[str, Any]], html.Child]) -> html.Markup:
    """The parts by what became of them; `of_detail` shows what is known of one."""
    parts = detail["parts"]
    counted = [(sign, said, parts[how], how) for how, sign, said in _HOW if parts.get(how, {}).get("count")]
    return html.div(
        html.ul(
            [
                html.li(
                    html.span(sign, aria_hidden="true", class_=f"change-sign {how}"),
                    f"{each['count']:,} {said}: ",
                    [[", " if place else None, html.code(html.breakable(n))] for place, n in enumerate(each["names"])],
                    f" and {each['count'] - len(each['names']):,} more" if each["count"] > len(each["names"]) else None,
                )
                for sign, said, each, how in counted
            ],
            class_="parts",
        ),
        [
            html.details(
                html.summary(html.code(html.breakable(each["name"])), " ", words.spoken(each["summary"])),
                of_detail(each.get("detail") or {}),
            )
            for each in detail.get("changed") or ()
        ],
        class_="folder-change",
    )
