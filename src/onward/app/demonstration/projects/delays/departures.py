"""One row per scheduled departure: what all else in this project, and the forecast, stands on."""

import polars as pl
from air.flights import clean
from onward import asset, check

COLUMNS = [
    "date", "time_hour", "hour", "sched_dep_time", "dep_time", "dep_delay", "arr_delay",
    "carrier", "flight", "tailnum", "origin", "dest", "air_time", "distance",
]  # fmt: skip


@asset(title="Scheduled departures", key=["time_hour", "carrier", "flight"])
def departures(flights: pl.LazyFrame) -> pl.DataFrame:
    """One row per scheduled departure. Delays and air time in minutes, distance in miles.

    `time_hour` is the scheduled hour in UTC, `hour` the same by New York's clocks. A cancelled flight has
    no `dep_time` and no delay.
    """
    return clean(flights).select(COLUMNS).sort("time_hour", "carrier", "flight").collect()


@check(departures)
def every_flight_is_there_once(departures: pl.LazyFrame) -> pl.DataFrame:
    """Monthly files that overlap would count flights twice."""
    return departures.group_by("time_hour", "carrier", "flight").len().filter(pl.col("len") > 1).collect()


@check(departures)
def delays_agree_with_the_clock(departures: pl.DataFrame) -> pl.DataFrame:
    """The delay is the time of departure less the scheduled one, over midnight if need be."""
    left, due = (pl.col(name) // 100 * 60 + pl.col(name) % 100 for name in ("dep_time", "sched_dep_time"))
    return departures.filter((left - due - pl.col("dep_delay")) % (24 * 60) != 0)


@check(departures, severity="warn")
def no_flight_outruns_its_plane(departures: pl.DataFrame) -> pl.DataFrame:
    """An airliner does not average 600 miles an hour over the ground: these air times want a second look."""
    speed = (pl.col("distance") / pl.col("air_time") * 60).round(0).alias("miles_per_hour")
    flown = departures.select("date", "carrier", "flight", "tailnum", "origin", "dest", "air_time", speed)
    return flown.filter(pl.col("miles_per_hour") > 600).sort("miles_per_hour", descending=True)


@check(departures, severity="warn")
def every_plane_is_registered(departures: pl.DataFrame, planes: pl.DataFrame) -> pl.DataFrame:
    """Flights, by airline, whose tail number the register does not know.

    American and Envoy report fleet numbers in place of tail numbers, so what is said about planes leaves
    most of their flights out.
    """
    flown = departures.filter(pl.col("tailnum").is_not_null())
    unknown = flown.join(planes, on="tailnum", how="anti").group_by("carrier").len("unknown")
    return (
        flown.group_by("carrier")
        .len("flights")
        .join(unknown, on="carrier")
        .with_columns((pl.col("unknown") / pl.col("flights") * 100).round(1).alias("percent"))
        .sort("unknown", descending=True)
    )
