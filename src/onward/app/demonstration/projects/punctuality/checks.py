"""What must hold of the tables that the queries make."""

import polars as pl
from onward import check, ref


@check("flights")
def both_projects_count_the_same_flights(
    flights: pl.LazyFrame, *, departures: pl.LazyFrame = ref("delays/departures")
) -> pl.DataFrame:
    """Flights that only one of the projects knows: the cleaning here and in `lib/air` has come apart."""
    key = ["time_hour", "carrier", "flight"]
    here, there = flights.select(key), departures.select(key)
    only_here, only_there = here.join(there, on=key, how="anti"), there.join(here, on=key, how="anti")
    return pl.concat([only_here, only_there]).collect()


@check("on_time")
def every_airport_reports_every_month(on_time: pl.DataFrame) -> pl.DataFrame:
    """A month of which one of the three airports lacks flights came in half."""
    return on_time.group_by("month").len("airports").filter(pl.col("airports") != 3)


@check("conditions")
def shares_are_percentages(conditions: pl.DataFrame) -> pl.DataFrame:
    """A share below 0 or above 100 would mean that a join has multiplied flights."""
    shares = pl.col("cancelled", "on_time")
    return conditions.filter(pl.any_horizontal(~shares.is_between(0, 100)))


@check("destinations", severity="warn")
def every_destination_has_a_name(destinations: pl.DataFrame) -> pl.DataFrame:
    """Destinations that the register of airports does not know."""
    return destinations.filter(pl.col("airport") == pl.col("dest"))
