"""The forecast's record in a picture."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from onward import asset

INK, ACCENT, MUTED, FAINT = "#22313f", "#2a7f9e", "#8d99a6", "#e6eaee"
WORDS = {
    "carrier": "airline",
    "origin": "airport",
    "weekday": "day of the week",
    "hour": "scheduled hour",
    "temp": "temperature",
    "humid": "humidity",
    "wind_speed": "wind",
    "precip": "rain or snow",
    "pressure": "air pressure",
    "visib": "visibility",
}


@asset(title="The forecast's record")
def track_record(forecast: pd.DataFrame, importance: pd.DataFrame) -> Figure:
    """Left: the last month's flights in ten groups by risk. Right: the inputs by how much the forecast needs them."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(10, 4.4), layout="constrained", gridspec_kw={"wspace": 0.08}
    )
    draw_calibration(left, forecast)
    draw_importance(right, importance)
    for axes in (left, right):
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(MUTED)
        axes.tick_params(colors=INK, length=0)
        axes.set_axisbelow(True)
    return figure


def draw_calibration(axes: Axes, forecast: pd.DataFrame) -> None:
    """What was foretold against what happened."""
    groups = pd.qcut(forecast["risk"].rank(method="first"), 10, labels=False)
    found = 100 * forecast.groupby(groups)[["risk", "disrupted"]].mean()
    limit = 1.08 * found.to_numpy().max()
    axes.plot([0, limit], [0, limit], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        "as foretold",
        (0.8 * limit, 0.8 * limit),
        (-8, 2),
        textcoords="offset points",
        ha="right",
        color=MUTED,
    )
    axes.plot(found["risk"], found["disrupted"], color=ACCENT, marker="o", linewidth=2, markersize=6)
    axes.set(xlim=(0, limit), ylim=(0, limit))
    axes.set_xlabel("foretold risk, percent", color=INK)
    axes.set_ylabel("late or cancelled, percent", color=INK)
    axes.set_title(
        f"Foretold and true, {forecast['month'].iloc[0]}", loc="left", color=INK, fontweight="bold"
    )
    axes.grid(color=FAINT)


def draw_importance(axes: Axes, importance: pd.DataFrame) -> None:
    """What the forecast loses without each of its inputs."""
    shown = importance.iloc[::-1]
    places = np.arange(len(shown))
    axes.barh(places, 100 * shown["loss"], color=ACCENT, height=0.68)
    axes.set_yticks(places, [WORDS.get(name, name) for name in shown["input"]])
    axes.set_xlabel("points of area under the curve lost without it", color=INK)
    axes.set_title("What it goes by", loc="left", color=INK, fontweight="bold")
    axes.xaxis.grid(color=FAINT)
