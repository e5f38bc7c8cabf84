"""What the settings say of the site, and the places that it is brought to. Loads nothing that draws a page."""

from __future__ import annotations

from onward.app.settings.config import read_settings
from onward.app.settings.place import CONFIG_NAME
from onward.app.wiring import Opened
from onward.base.errors import ConfigError, OnwardError
from onward.destinations.naming import without_secrets
from onward.destinations.registry import destination_for
from onward.model.delivery import is_for_good
from onward.model.ports import Destination
from onward.model.workspace import Finding, Settings

_SETTING = "`publish`"
CACHE_FOLDER = "publish"
"""Below `cache/`: what is under way to a place."""


def places_of(opened: Opened) -> tuple[str, ...]:
    """The places of `publish`; none where that cannot be read, which `unreadable` tells."""
    return root_settings(opened).publish


def is_published(opened: Opened) -> bool:
    """Whether the site is to follow its channels somewhere, also where the settings do not say any more where."""
    return bool(places_of(opened)) or unreadable(opened) is not None


def unreadable(opened: Opened) -> ConfigError | None:
    """What is wrong with the root's settings, where they do not say whether there are places."""
    settings, findings = _root_settings(opened)
    if settings.publish:
        return None
    for finding in findings:
        if finding.hides_steps or _SETTING in finding.message or _SETTING in (finding.hint or ""):
            return ConfigError(finding.message, finding.location(), finding.hint)
    return None


def root_settings(opened: Opened) -> Settings:
    """The settings of the root as they are now, without a look at the rest of the workspace."""
    return _root_settings(opened)[0]


def _root_settings(opened: Opened) -> tuple[Settings, list[Finding]]:
    try:
        content = (opened.place.root / CONFIG_NAME).read_bytes()
    except FileNotFoundError:
        return Settings(), []
    return read_settings(content, CONFIG_NAME, is_root=True)


def destinations_of(opened: Opened) -> list[tuple[str, Destination | OnwardError]]:
    """The destination of each place, by its name as people may see it; of a wrong one, what is wrong with it.

    Where the settings do not say any more which places there are, that is what is wrong with `publish`.
    """
    error = unreadable(opened)
    if error is not None:
        message = f"{error.message} ({error.where})"
        return [("publish", ConfigError(message, error.where, "mend it, then bring the site with `onward publish`"))]
    return [(without_secrets(place), _destination(opened, place)) for place in places_of(opened)]


def _destination(opened: Opened, place: str) -> Destination | OnwardError:
    try:
        return destination_for(place, opened.place.root, opened.place.local / "cache" / CACHE_FOLDER)
    except OnwardError as error:
        return error


def shown_at_places(opened: Opened, channel: str) -> dict[str, int]:
    """The number of the release of a channel that readers find at each place; none at one that cannot be asked."""
    shown: dict[str, int] = {}
    for name, destination in destinations_of(opened):
        if isinstance(destination, OnwardError):
            continue
        try:
            sites = destination.listing().sites.items()
        except OnwardError:
            continue
        for address, site in sites:
            if site.channel == channel and not is_for_good(address):
                shown[name] = site.number
    return shown
