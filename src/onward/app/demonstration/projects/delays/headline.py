"""The numbers that go on top."""

from typing import NamedTuple

import polars as pl
from air.flights import is_cancelled, is_late, percent
from onward import asset, check


class Shares(NamedTuple):
    """What became of the scheduled flights, in percent."""

    late_share: float
    cancelled_share: float


@asset(unit="%")
def shares(departures: pl.DataFrame) -> Shares:
    """Late departures among all departures, and cancelled flights among all scheduled ones."""
    found = departures.select(late=percent(is_late()), cancelled=percent(is_cancelled()))
    return Shares(found["late"].item(), found["cancelled"].item())


@asset(unit="min", title="Median delay")
def median_delay(departures: pl.DataFrame) -> float:
    """Of all departures; negative where more than half of the flights leave early."""
    return departures.select(pl.col("dep_delay").median()).item()


@asset(unit="min", title="Mean delay")
def mean_delay(departures: pl.DataFrame) -> float:
    """Of all departures: far above the median, since a few flights are very late."""
    return departures.select(pl.col("dep_delay").mean().round(1)).item()


@check("cancelled_share", severity="warn")
def cancellations_are_rare(cancelled_share: float) -> bool:
    """Above five percent something has happened that a reader should be told of."""
    return cancelled_share < 5
