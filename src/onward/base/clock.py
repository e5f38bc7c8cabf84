"""Instants: UTC, as text in ISO 8601 with microseconds and a `Z`."""

from __future__ import annotations

from datetime import UTC, datetime


def text_of(instant: datetime) -> str:
    """`2026-11-22T21:33:00.000000Z`; sorts as text in the order of time."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant_of(text: str) -> datetime:
    """The instant that `text_of` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def now() -> datetime:
    """The machine's time. Only `app` calls it; everything below gets instants as values."""
    return datetime.now(UTC)


def ago(instant: datetime, reference: datetime) -> str:
    """How long before `reference` an instant was, in words: `3 minutes ago`, `yesterday`."""
    seconds = (reference - instant).total_seconds()
    if seconds < 45:
        return "just now"
    for unit, length, limit in (("minute", 60, 60), ("hour", 3600, 24), ("day", 86400, 60)):
        count = round(seconds / length)
        if count < limit:
            if unit == "day" and count == 1:
                return "yesterday"
            return f"{max(count, 1)} {unit}{'' if count <= 1 else 's'} ago"
    return f"on {instant:%Y-%m-%d}"
