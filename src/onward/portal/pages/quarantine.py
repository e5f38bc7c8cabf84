"""What a move means for the pipelines after it: which results none of them brings to readers again."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from onward.portal import content, html
from onward.portal.index import Place

_MOST_NAMED = 8


def told(place: Place, move: content.Move) -> html.Markup | None:
    """What a rollback keeps back, and what a move has let in again; nothing where that is nothing."""
    said = [
        html.p("Quarantined until somebody releases it by hand: ", _named(place, move.quarantined), ".")
        if move.quarantined
        else None,
        html.p("No longer quarantined: ", _named(place, move.lifted), ".") if move.lifted else None,
    ]
    return html.div(said, class_="meta") if any(said) else None


def _named(place: Place, assets: Sequence[str]) -> list[html.Child]:
    """The results as links, with commas between, and how many more there are."""
    names = list(dict.fromkeys(assets))
    links = [place.known(name, html.breakable(name)) for name in names[:_MOST_NAMED]]
    listed = list(itertools.chain.from_iterable(zip(itertools.repeat(", "), links)))[1:]
    rest = len(names) - len(links)
    return [*listed, f" and {rest:,} more"] if rest else listed
