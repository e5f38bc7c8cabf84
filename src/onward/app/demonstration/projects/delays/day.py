"""How delays build up through the day."""

import altair as alt
import polars as pl
from air.flights import is_cancelled, is_late, percent
from onward import asset

INK, ACCENT, MUTED = "#22313f", "#c8553d", "#8d99a6"


@asset(title="Delays by the hour", key=["hour"])
def by_hour(departures: pl.LazyFrame) -> pl.DataFrame:
    """One row per scheduled hour of departure (New York's clocks). Shares in percent, delays in minutes."""
    return (
        departures.group_by("hour")
        .agg(
            pl.len().alias("flights"),
            percent(is_late()).alias("late"),
            percent(is_cancelled()).alias("cancelled"),
            pl.col("dep_delay").median().alias("median_delay"),
            pl.col("dep_delay").quantile(0.9).alias("one_in_ten_is_later_than"),
        )
        .sort("hour")
        .collect()
    )


@asset(title="Fly in the morning")
def through_the_day(by_hour: pl.DataFrame) -> alt.TopLevelMixin:
    """The share of flights that leave late, by the hour for which they were scheduled."""
    worst = by_hour.sort("late", "hour", descending=[True, False]).row(0, named=True)
    hours = alt.X("hour:O", title="scheduled hour of departure", axis=alt.Axis(labelAngle=0, ticks=False))
    late = alt.Y("late:Q", title="late departures, percent", axis=alt.Axis(tickCount=5, domain=False))
    bars = (
        alt.Chart(alt.Data(values=by_hour.to_dicts()))
        .mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=hours,
            y=late,
            color=alt.condition(alt.datum.hour == worst["hour"], alt.value(ACCENT), alt.value(MUTED)),
            tooltip=["hour:O", "flights:Q", "late:Q", "cancelled:Q", "median_delay:Q"],
        )
    )
    label = bars.transform_filter(alt.datum.hour == worst["hour"]).mark_text(
        dy=-8, color=ACCENT, fontWeight="bold"
    )
    title = alt.TitleParams(
        "Delays build up through the day",
        subtitle=f"The worst hour is {worst['hour']}:00, when {worst['late']:.0f} % of flights leave late.",
        anchor="start",
        offset=14,
    )
    return (
        alt.layer(bars, label.encode(text=alt.Text("late:Q", format=".1f")))
        .properties(width=640, height=300, title=title)
        .configure_view(stroke=None)
        .configure_axis(grid=False, labelColor=INK, titleColor=INK)
        .configure_axisY(grid=True, gridColor="#e6eaee")
        .configure_title(color=INK, subtitleColor=MUTED, fontSize=17)
    )
