"""The forecast in pictures."""

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


def drawing(title: str, height: float) -> tuple[Figure, Axes]:
    """An empty figure in the house's style."""
    figure, axes = plt.subplots(figsize=(7, height), layout="constrained")
    axes.set_title(title, loc="left", color=INK, fontsize=13, fontweight="bold", pad=12)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(colors=INK, length=0)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    return figure, axes


@asset(title="Do the risks come true?")
def calibration(forecast: pd.DataFrame) -> Figure:
    """Flights of the last month in ten groups by risk: what was foretold against what happened."""
    groups = pd.qcut(forecast["risk"].rank(method="first"), 10, labels=False)
    found = 100 * forecast.groupby(groups)[["risk", "disrupted"]].mean()
    figure, axes = drawing(f"Foretold and true, {forecast['month'].iloc[0]}", 4.6)
    limit = 1.08 * found.to_numpy().max()
    axes.plot([0, limit], [0, limit], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate("as foretold", (limit, limit), (-6, -14), textcoords="offset points", ha="right", color=MUTED)
    axes.plot(found["risk"], found["disrupted"], color=ACCENT, marker="o", linewidth=2, markersize=7)
    axes.set(xlabel="foretold risk, percent", ylabel="late or cancelled, percent", xlim=(0, limit), ylim=(0, limit))
    axes.grid(color=FAINT)
    axes.set_axisbelow(True)
    return figure


@asset(title="What the model goes by")
def what_matters(importance: pd.DataFrame) -> Figure:
    """The inputs by how much the forecast needs them."""
    shown = importance.iloc[::-1]
    figure, axes = drawing("What the forecast goes by", 4.2)
    places = np.arange(len(shown))
    axes.barh(places, 100 * shown["loss"], color=ACCENT, height=0.68)
    axes.set_yticks(places, [WORDS.get(name, name) for name in shown["input"]])
    axes.set_xlabel("points of area under the curve lost without it")
    axes.xaxis.grid(color=FAINT)
    axes.set_axisbelow(True)
    return figure
