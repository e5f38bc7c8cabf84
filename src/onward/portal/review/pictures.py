"""What people see of two results: side by side, laid over each other, or only what moved; without any script.

A picture stands in an `img`, where a browser runs and loads nothing that is in it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from onward.app.comparing.diff import AssetDiff
from onward.portal import html
from onward.portal.anchors import anchor

BEFORE, AFTER, MOVED = "before", "after", "moved"
_NAMES = {BEFORE: "Before", AFTER: "After", MOVED: "What moved"}
_BESIDE, _SWIPE, _ONION = "beside", "swipe", "onion"
_VIEWS = {_BESIDE: "Side by side", _SWIPE: "Swipe", _ONION: "Onion skin", MOVED: "What moved"}


def embedded(asset: AssetDiff) -> dict[str, str]:
    """The pictures of a change as addresses that hold them, by name."""
    return {
        picture.name: f"data:{picture.media};base64,{base64.b64encode(picture.content).decode()}"
        for picture in asset.pictures
        if picture.media.startswith("image/")
    }


def shown(asset: AssetDiff, addresses: Mapping[str, str]) -> html.Markup | None:
    """The pictures of a change, by name; with both sides, ways to hold them against each other."""
    if not addresses:
        return None
    named = [name for name in (BEFORE, AFTER, MOVED) if name in addresses]
    named += [name for name in addresses if name not in _NAMES]
    sides = [_figure(name, addresses[name], asset) for name in named]
    if BEFORE not in addresses or AFTER not in addresses:
        return html.div(html.div(sides, class_="pictures"), class_="compare")
    views = [view for view in _VIEWS if view != MOVED or MOVED in addresses]
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


def _figure(name: str, address: str, asset: AssetDiff) -> html.Markup:
    said = _NAMES.get(name, name)
    return html.figure(
        html.img(src=address, alt=f"{asset.title or asset.name}: {said.lower()}"),
        html.figcaption(said),
        class_=name if name in _NAMES else None,
    )
