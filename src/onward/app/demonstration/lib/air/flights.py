"""What every analysis of the flights agrees on: which flights count, and when one is late."""

import polars as pl

# A departure this many minutes behind schedule is late: the rule of the US Department of Transportation.
LATE_MIN = 15


def clean(flights: pl.LazyFrame) -> pl.LazyFrame:
    """The scheduled flights, with the date, and with `time_hour` (the scheduled hour, UTC) as a time.

    Newark to LaGuardia, 17 miles, is no flight that anybody could book: the shortest real one is 80 miles.
    """
    return flights.filter(pl.col("distance") >= 50).with_columns(
        pl.date("year", "month", "day").alias("date"),
        pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ").dt.replace_time_zone("UTC"),
    )


def is_cancelled() -> pl.Expr:
    """Whether a flight never left: it has no time of departure."""
    return pl.col("dep_time").is_null()


def is_late() -> pl.Expr:
    """Whether a flight left late; null for one that never left, so that a share is one of departures."""
    return pl.col("dep_delay") >= LATE_MIN


def percent(flag: pl.Expr) -> pl.Expr:
    """The share of rows where `flag` is true, in percent with one decimal; nulls do not count."""
    return (flag.mean() * 100).round(1)
