"""Figures to files: a picture, and the specification where the figure has one.

A figure of plotly or altair is its specification; one of matplotlib is its pixels. Nothing that changes from
run to run is written: no times, no random ids. No browser is ever started, so a figure of plotly has no
picture here.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from onward.runtime.digests import large_sha256
from onward.runtime.own_json import dump, loads
from onward.runtime.values.errors import CannotKeep
from onward.runtime.values.libraries import is_a, is_installed, loaded, need

DPI = 144
"""Dots per inch of a picture in PNG: twice what a page shows in an inch."""


class Picture(NamedTuple):
    """A figure that has been written.

    Attributes:
        files: names inside the artifact and their media types, in the order in which they are shown.
        content: the canonical meaning.
        library: whose figure it was.
    """

    files: tuple[tuple[str, str], ...]
    content: dict[str, Any]
    library: str


def is_figure(value: object) -> bool:
    """Whether a value is a figure of matplotlib, plotly or altair, or holds one (axes, grids, plotnine)."""
    return _library(value) != ""


def _library(value: object) -> str:
    if is_a(value, "matplotlib.figure", "FigureBase") or is_a(value, "matplotlib.axes", "Axes"):
        return "matplotlib"
    if is_a(value, "plotly.basedatatypes", "BaseFigure"):
        return "plotly"
    if is_a(value, "altair", "TopLevelMixin"):
        return "altair"
    if is_a(value, "plotnine", "ggplot"):
        return "plotnine"
    if loaded("matplotlib.figure") is None:
        # No object is asked for a `figure` that it cannot have.
        return ""
    holds_figure = is_a(getattr(value, "figure", None), "matplotlib.figure", "FigureBase")
    return "matplotlib" if holds_figure or (is_a(value, "numpy", "ndarray") and _holds_axes(value)) else ""


def _holds_axes(value: Any) -> bool:
    """Whether an array is that of `plt.subplots(2, 2)`."""
    return bool(str(getattr(value, "dtype", "")) == "object" and value.size) and is_a(
        value.flat[0], "matplotlib.axes", "Axes"
    )


def write_figure(value: Any, folder: str) -> Picture:
    """Write the files of a figure into `folder`.

    Raises:
        CannotKeep: the value is no figure of a library that is known here.
    """
    library = _library(value)
    if library == "plotly":
        return _write_plotly(value, folder)
    if library == "altair":
        return _write_altair(value, folder)
    if library == "plotnine":
        return _write_matplotlib(value.draw(), folder, library)
    if library == "matplotlib":
        holder = value.flat[0] if hasattr(value, "flat") else value
        figure = holder if is_a(holder, "matplotlib.figure", "Figure") else holder.figure
        return _write_matplotlib(_root(figure), folder, library)
    raise CannotKeep(
        f"a {type(value).__qualname__} is no figure: return one of matplotlib, plotly or altair, or its file"
    )


def _root(figure: Any) -> Any:
    """The figure that holds a sub-figure."""
    while not is_a(figure, "matplotlib.figure", "Figure"):
        figure = figure.figure
    return figure


def _write_matplotlib(figure: Any, folder: str, library: str) -> Picture:
    matplotlib = need("matplotlib")
    canvas = need("matplotlib.backends.backend_agg").FigureCanvasAgg
    settings = {"svg.hashsalt": "onward", "svg.fonttype": "path"}
    before = figure.canvas
    with matplotlib.rc_context(settings):
        figure.savefig(os.path.join(folder, "figure.svg"), format="svg", metadata={"Date": None})
        picture = os.path.join(folder, "figure.png")
        figure.savefig(picture, format="png", dpi=DPI, metadata={"Software": None})
        # Drawn at its own resolution for the digest; then the user's canvas is put back.
        drawn = canvas(figure)
        drawn.draw()
        size = drawn.get_width_height()
        pixels = large_sha256(drawn.buffer_rgba()).hexdigest()
    figure.set_canvas(before)
    return Picture(
        files=(("figure.svg", "image/svg+xml"), ("figure.png", "image/png")),
        content={"size": list(size), "pixels": pixels},
        library=library,
    )


def _write_plotly(figure: Any, folder: str) -> Picture:
    specification = loads(figure.to_json())
    for trace in specification.get("data", []):
        # A random name of a trace, which some versions give.
        trace.pop("uid", None)
    _write_json(specification, os.path.join(folder, "figure.json"))
    return Picture(
        files=(("figure.json", "application/vnd.plotly.v1+json"),),
        content={"specification": specification},
        library="plotly",
    )


def _write_altair(chart: Any, folder: str) -> Picture:
    specification = loads(chart.to_json())
    _write_json(specification, os.path.join(folder, "figure.vl.json"))
    files = [("figure.vl.json", "application/vnd.vegalite+json")]
    if is_installed("vl_convert"):
        picture = need("vl_convert").vegalite_to_svg(specification)
        with open(os.path.join(folder, "figure.svg"), "w", encoding="utf-8") as file:
            file.write(picture)
        files.insert(0, ("figure.svg", "image/svg+xml"))
    return Picture(files=tuple(files), content={"specification": specification}, library="altair")


def _write_json(value: Any, path: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        dump(value, file, ensure_ascii=False, separators=(",", ":"))


def read_specification(path: str, media: str) -> Any:
    """A figure again from its specification, as an object of the library that drew it."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if media == "application/vnd.plotly.v1+json":
        return need("plotly.io", "open a figure").from_json(text)
    return need("altair", "open a figure").Chart.from_json(text)
