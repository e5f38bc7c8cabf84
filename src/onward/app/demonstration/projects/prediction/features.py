"""What is known of a flight before it leaves, and what became of it."""

import pandas as pd
from air.flights import LATE_MIN
from air.weather import plausible
from onward import asset, ref

WEATHER = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]


@asset(title="Flights as the model sees them", key=["time_hour", "carrier", "flight"])
def features(weather: pd.DataFrame, *, departures: pd.DataFrame = ref("delays/departures")) -> pd.DataFrame:
    """One row per scheduled departure, in the order of time.

    `disrupted` is what there is to foretell: the flight left late or not at all. The weather is the one
    observed in the scheduled hour. In use it would be a forecast, so the quality that is measured here is the
    best that can be hoped for. Where a station was silent, the weather is missing.
    """
    flights = departures.merge(
        plausible(weather)[["origin", "time_hour", *WEATHER]], on=["origin", "time_hour"], how="left"
    )
    return pd.DataFrame(
        {
            "time_hour": flights["time_hour"],
            "flight": flights["flight"],
            "carrier": flights["carrier"],
            "origin": flights["origin"],
            "month": pd.to_datetime(flights["date"]).dt.strftime("%Y-%m"),
            "weekday": pd.to_datetime(flights["date"]).dt.day_of_week,
            "hour": flights["hour"],
            "distance": flights["distance"],
            **{name: flights[name] for name in WEATHER},
            "disrupted": flights["dep_time"].isna() | (flights["dep_delay"] >= LATE_MIN),
        }
    )
