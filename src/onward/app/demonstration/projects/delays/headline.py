"""The numbers that go on top."""

import polars as pl
from air.flights import is_cancelled, is_late, percent
from onward import asset, check


@asset(unit="%", title="Late departures")
def late_share(departures: pl.DataFrame) -> float:
    """The share of all departures."""
    return departures.select(percent(is_late())).item()


@asset(unit="%", title="Cancelled flights")
def cancelled_share(departures: pl.DataFrame) -> float:
    """The share of all scheduled flights."""
    return departures.select(percent(is_cancelled())).item()


@asset(unit="min", title="Median delay")
def median_delay(departures: pl.DataFrame) -> float:
    """Of all departures; negative where more than half of the flights leave early."""
    return departures.select(pl.col("dep_delay").median()).item()


@asset(unit="min", title="Mean delay")
def mean_delay(departures: pl.DataFrame) -> float:
    """Of all departures: far above the median, since a few flights are very late."""
    return departures.select(pl.col("dep_delay").mean().round(1)).item()


@check(cancelled_share, severity="warn")
def cancellations_are_rare(cancelled_share: float) -> bool:
    """Above five percent something has happened that a reader should be told of."""
    return cancelled_share < 5
