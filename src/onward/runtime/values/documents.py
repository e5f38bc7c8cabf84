"""Documents: Markdown and HTML that a step returns, as a string or as an object that shows itself as HTML."""

from __future__ import annotations

import re
from typing import Any

from onward.runtime.digests import sha256
from onward.runtime.values.libraries import is_a

MARKDOWN_MEDIA, HTML_MEDIA = "text/markdown", "text/html"
_HTML_START = re.compile(r"\s*(<!doctype html|<html[\s>])", re.IGNORECASE)
_RANDOM_ID = re.compile(r'<div id="([a-z]{10})"')


def as_document(value: Any) -> tuple[str, str] | None:
    """Text and media type of a document, or None where a value is none.

    A string is Markdown unless it begins as a page of HTML does. Of the objects with `_repr_html_` only those
    are documents that are nothing else: models and charts have one too.
    """
    if isinstance(value, str):
        return str(value), HTML_MEDIA if _HTML_START.match(value) else MARKDOWN_MEDIA
    if is_a(value, "pandas.io.formats.style", "Styler"):
        return value.to_html(table_uuid="onward"), HTML_MEDIA
    if is_a(value, "great_tables", "GT"):
        return _with_fixed_id(value.as_raw_html()), HTML_MEDIA
    if is_a(value, "IPython.display", "Markdown", "HTML"):
        return str(value.data), MARKDOWN_MEDIA if is_a(value, "IPython.display", "Markdown") else HTML_MEDIA
    return None


def shown_as_html(value: Any) -> tuple[str, str] | None:
    """The same for any object that shows itself as HTML, where the user says that it is a document."""
    show = getattr(value, "_repr_html_", None)
    text = show() if callable(show) else None
    return (text, HTML_MEDIA) if isinstance(text, str) else None


def _with_fixed_id(text: str) -> str:
    """HTML of great_tables, whose outermost element has a random id that its styles repeat."""
    found = _RANDOM_ID.search(text)
    return text.replace(found.group(1), "onward") if found else text


def document_content(text: str, media: str) -> dict[str, str]:
    """The canonical meaning of a document: its text."""
    return {"media": media, "text": sha256(text.encode("utf-8", "surrogatepass")).hexdigest()}
