"""The airlines, compared."""

import polars as pl
from air.flights import is_cancelled, is_late, percent
from onward import asset, check


@asset(title="Airlines compared", key=["carrier"])
def carriers(departures: pl.LazyFrame, airlines: pl.DataFrame) -> pl.DataFrame:
    """One row per airline, the most punctual first.

    `late` is the share of departures, `cancelled` that of scheduled flights, both in percent; delays are in
    minutes, and negative where flights leave early.
    """
    return (
        departures.group_by("carrier")
        .agg(
            pl.len().alias("flights"),
            percent(is_late()).alias("late"),
            percent(is_cancelled()).alias("cancelled"),
            pl.col("dep_delay").median().alias("median_delay"),
            pl.col("dep_delay").mean().round(1).alias("mean_delay"),
            pl.col("dep_delay").quantile(0.9).alias("one_in_ten_is_later_than"),
        )
        .join(airlines.lazy(), on="carrier", how="left")
        .select("carrier", "name", pl.exclude("carrier", "name"))
        .sort("late", "carrier")
        .collect()
    )


@check(carriers)
def every_carrier_is_named(carriers: pl.DataFrame) -> pl.DataFrame:
    """A carrier without a name would show as a code that no reader knows."""
    return carriers.filter(pl.col("name").is_null())


@check(carriers, severity="warn")
def every_carrier_flies_often_enough(carriers: pl.DataFrame) -> pl.DataFrame:
    """Below a hundred flights a share says more about chance than about the airline."""
    return carriers.filter(pl.col("flights") < 100)
