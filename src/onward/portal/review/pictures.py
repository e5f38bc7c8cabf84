"""What people see of two results: side by side, laid over each other, or only what moved; without any script.

A picture stands in an `img`, where a browser runs and loads nothing that is in it.
"""

from __future__ import annotations

import base64

from onward.app.diff import AssetDiff
from onward.model.difference import Picture
from onward.portal import html
from onward.portal.review.anchors import anchor

BEFORE, AFTER, MOVED = "before", "after", "moved"
_NAMES = {BEFORE: "Before", AFTER: "After", MOVED: "What moved"}
_BESIDE, _SWIPE, _ONION = "beside", "swipe", "onion"
_VIEWS = {_BESIDE: "Side by side", _SWIPE: "Swipe", _ONION: "Onion skin", MOVED: "What moved"}


def shown(asset: AssetDiff) -> html.Markup | None:
    """The pictures of a change; with both sides, ways to hold them against each other."""
    found = {picture.name: picture for picture in asset.pictures if picture.media.startswith("image/")}
    if not found:
        return None
    sides = [_figure(name, found[name], asset) for name in (BEFORE, AFTER, MOVED) if name in found]
    sides += [_figure(name, picture, asset) for name, picture in found.items() if name not in _NAMES]
    if BEFORE not in found or AFTER not in found:
        return html.div(html.div(sides, class_="pictures"), class_="compare")
    views = [view for view in _VIEWS if view != MOVED or MOVED in found]
    return html.div(
        html.fieldset(
            html.legend("How to hold them against each other", class_="unseen"),
            [
                html.label(
                    html.input_(type="radio", name=f"view-{anchor(asset.name)}", value=view, checked=view == _BESIDE),
                    _VIEWS[view],
                )
                for view in views
            ],
            class_="views",
        ),
        html.p("Drag the corner of the upper picture to uncover what is below.", class_="note swiping"),
        html.div(sides, class_="pictures"),
        class_="compare",
    )


def _figure(name: str, picture: Picture, asset: AssetDiff) -> html.Markup:
    said = _NAMES.get(name, name)
    address = f"data:{picture.media};base64,{base64.b64encode(picture.content).decode()}"
    return html.figure(
        html.img(src=address, alt=f"{asset.title or asset.name}: {said.lower()}"),
        html.figcaption(said),
        class_=name if name in _NAMES else None,
    )
