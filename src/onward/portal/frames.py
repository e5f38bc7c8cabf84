"""An author's HTML inside a page of the site, shut in a frame that cannot act on what is around it.

The frame may run scripts and nothing else: without `allow-same-origin` its origin is one of its own, so
it reaches neither the site's pages nor what their host keeps. It tells its height to the page by
`postMessage`; where scripts are off it scrolls in a window of its own.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from onward.portal import html

SANDBOX = "allow-scripts"


def frame(author_html: str, title: str) -> html.Markup:
    """`author_html`, a whole page, in its frame."""
    return html.iframe(
        srcdoc=author_html + html.inline_script(_teller()),
        sandbox=SANDBOX,
        title=title,
        class_="sandboxed",
        data_frame=True,
    )


@cache
def _teller() -> str:
    """The script that is put at the end of a framed page."""
    return files("onward.portal").joinpath("static", "frame.js").read_text(encoding="utf-8")
