"""What the settings say of the site, and the places that it is brought to. Loads nothing that draws a page."""

from __future__ import annotations

from onward.app.settings.config import read_settings
from onward.app.settings.place import CONFIG_NAME
from onward.app.wiring import Opened
from onward.base.errors import OnwardError
from onward.destinations.naming import without_secrets
from onward.destinations.registry import destination_for
from onward.model.delivery import is_for_good
from onward.model.ports import Destination
from onward.model.workspace import Settings

CACHE_FOLDER = "publish"
"""Below `cache/`: what is under way to a place."""


def places_of(opened: Opened) -> tuple[str, ...]:
    """The places of `publish`; none where the settings do not parse."""
    return root_settings(opened).publish


def root_settings(opened: Opened) -> Settings:
    """The settings of the root as they are now, without a look at the rest of the workspace."""
    try:
        content = (opened.place.root / CONFIG_NAME).read_bytes()
    except FileNotFoundError:
        return Settings()
    return read_settings(content, CONFIG_NAME, is_root=True)[0]


def destinations_of(opened: Opened) -> list[tuple[str, Destination | OnwardError]]:
    """The destination of each place, by its name as people may see it; of a wrong one, what is wrong with it."""
    return [(without_secrets(place), _destination(opened, place)) for place in places_of(opened)]


def _destination(opened: Opened, place: str) -> Destination | OnwardError:
    try:
        return destination_for(place, opened.place.root, opened.place.local / "cache" / CACHE_FOLDER)
    except OnwardError as error:
        return error


def shown_at_places(opened: Opened, channel: str) -> dict[str, str]:
    """The release of a channel that readers find at each place, as `main@3`; none at one that cannot be asked."""
    shown: dict[str, str] = {}
    for name, destination in destinations_of(opened):
        if isinstance(destination, OnwardError):
            continue
        try:
            sites = destination.listing().sites.items()
        except OnwardError:
            continue
        for address, site in sites:
            if site.channel == channel and not is_for_good(address):
                shown[name] = f"{channel}@{site.number}"
    return shown
