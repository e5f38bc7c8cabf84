"""The places that the site is brought to, as the settings name them. Loads nothing that brings it."""

from __future__ import annotations

from onward.app.config import read_settings
from onward.app.place import CONFIG_NAME
from onward.app.wiring import Opened


def places_of(opened: Opened) -> tuple[str, ...]:
    """The places of `publish`; none where the settings do not parse."""
    try:
        content = (opened.place.root / CONFIG_NAME).read_bytes()
    except FileNotFoundError:
        return ()
    return read_settings(content, CONFIG_NAME, is_root=True)[0].publish
