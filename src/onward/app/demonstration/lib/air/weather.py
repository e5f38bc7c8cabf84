"""What the weather stations report, without what cannot be."""

import pandas as pd

# The strongest wind ever measured at New York's airports is below this; stations now and then send nonsense.
STRONGEST_WIND_MPH = 150


def plausible(weather: pd.DataFrame) -> pd.DataFrame:
    """The reports with impossible winds taken as missing, and `time_hour` as a time in UTC."""
    winds = weather[["wind_speed", "wind_gust"]]
    told = weather.assign(time_hour=pd.to_datetime(weather["time_hour"], utc=True))
    told[winds.columns] = winds.where(winds < STRONGEST_WIND_MPH)
    return told
