"""What an asset that is no table and no metric shows: a figure, a document, a model, a file.

Which of an asset's files is the one to show follows from its media type. A pickle is never opened.
"""

from __future__ import annotations

from typing import Any

from onward.base import numbers
from onward.portal import content, frames, html, prose, shell, sources, words
from onward.portal.index import Place
from onward.portal.listing import listing

HTML_MEDIA = ("text/html", "application/xhtml+xml")
MARKDOWN_MEDIA = ("text/markdown", "text/x-markdown")
PICTURES = ("image/svg+xml", "image/png", "image/webp", "image/jpeg", "image/gif", "image/avif")
_LARGE_SVG = 2_000_000  # bytes; beyond it a browser is slower to draw it than the PNG beside it
_PREVIEW_LETTERS = 20_000
_TEXT_MEDIA = (
    "application/json",
    "application/x-ndjson",
    "application/xml",
    "application/yaml",
    "application/toml",
)


def media_of(file: content.File) -> str:
    """A file's media type without its parameters."""
    return file.media.partition(";")[0].strip().lower()


def picture_of(asset: content.Asset) -> content.File | None:
    """The picture that shows an asset best."""
    found = [file for media in PICTURES for file in asset.files if media_of(file) == media]
    small = [file for file in found if media_of(file) != "image/svg+xml" or file.size <= _LARGE_SVG]
    return next(iter(small or found), None)


def _page_of(asset: content.Asset) -> content.File | None:
    return next((file for file in asset.files if media_of(file) in HTML_MEDIA), None)


def figure(place: Place, asset: content.Asset, title: str) -> html.Child:
    """A figure: its picture, and where there is one its interactive page in a frame."""
    image, interactive = picture_of(asset), _page_of(asset)
    shown: list[html.Child] = []
    if image is not None:
        shown.append(_picture(place, asset, image, title))
    if interactive is not None:
        framed = frames.frame(sources.read_text(interactive), title)
        without = html.noscript(html.p("This figure is drawn by a script.", class_="note"))
        shown.append(shell.block("To explore", framed, anchor="explore") if image else [without, framed])
    return shown or html.p(
        "This figure is kept as its specification, which is among the files to download.", class_="banner"
    )


def _picture(place: Place, asset: content.Asset, file: content.File, title: str) -> html.Markup:
    address = place.to(place.index.file_path(asset, file))
    width, height = sources.dimensions(file) or (None, None)
    described = words.first_paragraph(asset.doc)
    return html.figure(
        html.a(
            html.img(src=address, alt=f"{title}. {described}" if described else title, width=width, height=height),
            href=address,
        ),
        class_="picture",
    )


def document(asset: content.Asset, title: str) -> html.Child:
    """A document: the author's page in its frame, or his Markdown as part of this page."""
    page = _page_of(asset)
    if page is not None:
        return frames.frame(sources.read_text(page), title)
    written = next((file for file in asset.files if media_of(file) in MARKDOWN_MEDIA), None)
    if written is not None:
        return html.article(prose.markdown(sources.read_text(written), heading=title, level=2), class_="prose document")
    return preview(asset)


def model(asset: content.Asset) -> html.Child:
    """What is known of a model without opening it."""
    pairs: list[tuple[str, html.Child]] = [
        (name.replace("_", " ").capitalize(), _said(value))
        for name, value in asset.facts.items()
        if name not in ("parameters", "title") and _is_single(value)
    ]
    parameters = asset.facts.get("parameters")
    return [
        shell.facts(pairs) if pairs else html.p("A model, to be loaded with ", html.code(_load(asset)), "."),
        parameter_table(parameters) if isinstance(parameters, dict) and parameters else None,
    ]


def _load(asset: content.Asset) -> str:
    return f'onward.load("{asset.name}")'


def _is_single(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _said(value: Any) -> html.Child:
    return html.code(value) if isinstance(value, str) else numbers.number(value)


def parameter_table(parameters: dict[str, Any]) -> html.Markup:
    """Names and values, the values as JSON writes them."""
    return shell.scroller(
        html.table(
            html.thead(html.tr(html.th("Parameter", scope="col"), html.th("Value", scope="col"))),
            html.tbody(
                [
                    html.tr(html.th(name, scope="row"), html.td(html.code(html.json_text(value))))
                    for name, value in parameters.items()
                ]
            ),
            class_="plain",
        ),
        "Parameters",
    )


def file(place: Place, asset: content.Asset, title: str) -> html.Child:
    """A file: a picture as a picture, text as its beginning, anything else only to download."""
    image = picture_of(asset)
    if image is not None:
        return _picture(place, asset, image, title)
    page = _page_of(asset)
    if page is not None:
        return frames.frame(sources.read_text(page), title)
    return preview(asset)


def preview(asset: content.Asset) -> html.Markup | None:
    """The beginning of an asset's first file of text."""
    written = next((file for file in asset.files if _is_text(media_of(file))), None)
    if written is None:
        return None
    beginning = sources.read(written, _PREVIEW_LETTERS).decode("utf-8", "replace")
    cut = written.size > _PREVIEW_LETTERS
    return shell.block(
        "Preview",
        listing(content.Excerpt(path=written.name, line=1, text=beginning, language="")),
        note=f"the first {words.size(_PREVIEW_LETTERS)} of {words.size(written.size)}" if cut else None,
    )


def _is_text(media: str) -> bool:
    return media.startswith("text/") or media in _TEXT_MEDIA or media.endswith(("+json", "+xml"))
