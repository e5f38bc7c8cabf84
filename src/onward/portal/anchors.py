"""The places within the page: one for each result, by its name, so that others can point at it."""

from __future__ import annotations

from urllib.parse import quote

from onward.portal import html


def anchor(name: str) -> str:
    """A result's id; no other id of the page holds a slash, and every name does."""
    return "_".join(html.speakable(name).split())


def link(name: str, said: str | None = None) -> html.Markup:
    """A way to a result's section."""
    return html.a(html.breakable(name) if said is None else said, href=f"#{quote(anchor(name))}")
