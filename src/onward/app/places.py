"""The places that the site is brought to, as the settings name them. Loads nothing that draws a page."""

from __future__ import annotations

from onward.app.config import read_settings
from onward.app.place import CONFIG_NAME
from onward.app.wiring import Opened
from onward.base.errors import OnwardError
from onward.destinations.naming import without_secrets
from onward.destinations.registry import destination_for
from onward.model.ports import Destination

CACHE_FOLDER = "publish"
"""Below `cache/`: what is under way to a place."""


def places_of(opened: Opened) -> tuple[str, ...]:
    """The places of `publish`; none where the settings do not parse."""
    try:
        content = (opened.place.root / CONFIG_NAME).read_bytes()
    except FileNotFoundError:
        return ()
    return read_settings(content, CONFIG_NAME, is_root=True)[0].publish


def destinations_of(opened: Opened) -> list[tuple[str, Destination | OnwardError]]:
    """The destination of each place, by its name as people may see it; of a wrong one, what is wrong with it."""
    return [(without_secrets(place), _destination(opened, place)) for place in places_of(opened)]


def _destination(opened: Opened, place: str) -> Destination | OnwardError:
    try:
        return destination_for(place, opened.place.root, opened.place.local / "cache" / CACHE_FOLDER)
    except OnwardError as error:
        return error
