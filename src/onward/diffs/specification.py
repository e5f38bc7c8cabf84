"""Two figures by their specifications, Vega-Lite's or plotly's: what of their looks changed, and which points."""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from onward.base.text import listed
from onward.diffs.lines import compare_lines
from onward.diffs.values import ValueChange, compare_values, said, shown
from onward.diffs.words import came_and_went
from onward.model.difference import Difference, DiffOptions

PLOTLY = "application/vnd.plotly.v1+json"
VEGA = re.compile(r"application/vnd\.vega(lite)?(\.v\d+)?[.+]json")
_NOT_DATA = ("colorscale", "domain", "dash")
"""Lists of a trace of plotly that are looks."""
_OF_MARKS = ("marker", "line", "error_x", "error_y", "textfont")
"""Groups of a trace whose lists are one value a point."""
_NUMBERS = {
    "i1": "b",
    "u1": "B",
    "i2": "h",
    "u2": "H",
    "i4": "i",
    "u4": "I",
    "i8": "q",
    "u8": "Q",
    "f4": "f",
    "f8": "d",
}
"""How plotly writes the types of numbers that it packs, and how `struct` does."""
_PLOTLY_CALL = re.compile(r"Plotly\.newPlot\(\s*(?:\"[^\"]*\"|'[^']*')\s*,\s*")
_AXIS = re.compile(r"(?:^|\.)(?:encoding\.(\w+)|([xyz])axis\d*)(?:\.|$)")
_TITLE = re.compile(r"(?:^|\.)title(?:\.text)?$")
_MARK = re.compile(r"(?:^|\.)mark(?:\.type)?$|^traces\[\d+\]\.type$")

Row = dict[str, Any]


def is_specification(media: str) -> bool:
    """Whether a media type is that of a specification that can be compared here."""
    return media == PLOTLY or VEGA.fullmatch(media) is not None


def compare_specifications(before: Any, after: Any, options: DiffOptions) -> Difference | None:
    """What differs between two specifications of one library; None where one of them is none."""
    try:
        (looks_before, data_before), (looks_after, data_after) = _split(before), _split(after)
        looks = compare_values(looks_before, looks_after, options.tolerance)
        points = _Points()
        for old, new in zip_longest(data_before, data_after, fillvalue=[]):
            points.add(old, new, options)
    except (TypeError, ValueError, AttributeError, RecursionError):
        return None
    parts = [_part(change) for change in looks.changes[: options.samples]]
    counts = {"added": points.added, "removed": points.removed, "changed": points.changed}
    detail = {
        "form": "specification",
        "library": "plotly" if isinstance(before.get("data"), list) else "vega-lite",
        "looks": {"changed": looks.touched, "sample": parts},
        "points": {"before": points.before, "after": points.after, **counts},
    }
    if not looks.touched and not points.touched:
        words = "its points differ by rounding alone" if points.has_rounding else "the same figure, written otherwise"
        return Difference(words, detail, 0.0, means_nothing=True)
    told = [listed([_words(change) for change in looks.changes], 3)] if looks.touched else []
    told += [came_and_went("point", **counts)] if points.touched else []
    share = points.touched / max(points.before, points.after, 1)
    return Difference("; ".join(told), detail, min(1.0, max(share, 0.5 if looks.touched else 0.0, 1e-6)))


class _Points:
    """How many points came, went and changed, over all data of a figure."""

    def __init__(self) -> None:
        self.before = self.after = self.added = self.removed = self.changed = 0
        self.has_rounding = False

    @property
    def touched(self) -> int:
        return self.added + self.removed + self.changed

    def add(self, old: list[Row], new: list[Row], options: DiffOptions) -> None:
        self.before, self.after = self.before + len(old), self.after + len(new)
        values = compare_values(old, new, options.tolerance)
        if values.is_rounding:
            self.has_rounding = True
        elif values.touched:
            lines = compare_lines(*([json.dumps(row, sort_keys=True) for row in rows] for rows in (old, new)))
            self.added, self.removed = self.added + lines.added, self.removed + lines.removed
            self.changed += lines.changed


# A specification on a page


def specification_in(page: str) -> Any:
    """The specification of the one figure that a piece of HTML draws with plotly or Vega; None of any other page."""
    if "vegaEmbed" in page:
        # The two templates of altair: what a notebook shows, and what `to_html` gives.
        found = re.search(r"(?:\}\)\(|\bvar spec =)\s*(?=\{)", page)
        return _json_at(page, found.end())[0] if found is not None else None
    calls = list(_PLOTLY_CALL.finditer(page))
    if len(calls) != 1:
        return None
    data, end = _json_at(page, calls[0].end())
    comma = re.compile(r"\s*,\s*").match(page, end)
    layout = _json_at(page, comma.end())[0] if comma is not None else None
    return {"data": data, "layout": layout} if isinstance(data, list) else None


def _json_at(page: str, place: int) -> tuple[Any, int]:
    """The value that begins at a place of a page, and where it ends; None where none does."""
    try:
        return json.JSONDecoder().raw_decode(page, place)
    except (ValueError, RecursionError):
        return None, place


# Looks and data apart


def _split(specification: Any) -> tuple[dict[str, Any], list[list[Row]]]:
    """The looks of a figure, and its data, one list of points after the other."""
    if isinstance(specification.get("data"), list):
        return _split_plotly(specification)
    data: list[list[Row]] = []
    looks = _without_data(specification, specification.get("datasets") or {}, data)
    for name in ("datasets", "$schema", "usermeta"):
        looks.pop(name, None)
    return looks, data


def _without_data(value: Any, datasets: dict[str, Any], data: list[list[Row]]) -> Any:
    """A specification of Vega-Lite with its data taken out into `data`; the names of datasets are digests."""
    if isinstance(value, list):
        return [_without_data(item, datasets, data) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, item in value.items():
        rows = _rows(item, datasets) if name == "data" else None
        if rows is not None:
            data.append(rows)
            found[name] = f"data {len(data)}"
        elif name != "datasets":
            found[name] = _without_data(item, datasets, data)
    return found


def _rows(data: Any, datasets: dict[str, Any]) -> list[Row] | None:
    if not isinstance(data, dict):
        return None
    rows = datasets.get(data["name"]) if "name" in data else data.get("values")
    return rows if isinstance(rows, list) else None


def _split_plotly(figure: dict[str, Any]) -> tuple[dict[str, Any], list[list[Row]]]:
    traces, data = [], []
    for trace in figure["data"]:
        looks, columns = {}, {}
        for name, value in trace.items():
            if name in _OF_MARKS and isinstance(value, dict):
                inner = {each: _unpacked(item) for each, item in value.items()}
                columns |= {f"{name}.{each}": item for each, item in inner.items() if _is_data(each, item)}
                looks[name] = {each: item for each, item in inner.items() if not _is_data(each, item)}
            elif name != "uid":
                unpacked = _unpacked(value)
                (columns if _is_data(name, unpacked) else looks)[name] = unpacked
        traces.append(looks)
        data.append(list(_as_rows(columns)))
    layout = dict(figure.get("layout") or {})
    # The colours and fonts of everything, as long as all the rest: it is one thing.
    template = json.dumps(layout.pop("template", None), sort_keys=True)
    return {"traces": traces, "layout": layout, "template": template, "frames": figure.get("frames")}, data


def _is_data(name: str, value: Any) -> bool:
    return isinstance(value, list) and name not in _NOT_DATA


def _as_rows(columns: dict[str, list[Any]]) -> Iterator[Row]:
    for at in range(max(map(len, columns.values()), default=0)):
        yield {name: values[at] for name, values in columns.items() if at < len(values)}


def _unpacked(value: Any) -> Any:
    """A list that plotly packed as bytes, as a list.

    Raises:
        ValueError: it is packed in no way that plotly has.
    """
    if not isinstance(value, dict) or "bdata" not in value:
        return value
    try:
        content = base64.b64decode(value["bdata"])
        kind = _NUMBERS[value["dtype"]]
        return [item for (item,) in struct.iter_unpack(f"<{kind}", content)]
    except (binascii.Error, struct.error, KeyError) as error:
        raise ValueError("packed in a way that nobody knows") from error


# What is told


def _part(change: ValueChange) -> dict[str, Any]:
    told = {"part": _name_of_part(change.path), "path": change.path, "change": change.change}
    return told | {"before": shown(change.before), "after": shown(change.after)}


def _name_of_part(path: str) -> str:
    """`mark`, `title`, `axis`, `encoding`, `template`, or `style` for all else."""
    if _MARK.search(path):
        return "mark"
    axis = _AXIS.search(path)
    if _TITLE.search(path) and axis is None:
        return "title"
    if axis is not None:
        return "axis" if axis[2] or ".axis" in path or ".scale" in path or _TITLE.search(path) else "encoding"
    return "template" if path == "template" else "style"


def _words(change: ValueChange) -> str:
    """`mark line → bar`, `title of x Delay → Lag`; else the path."""
    if change.path == "template":
        return "its template changed"
    axis = _AXIS.search(change.path)
    name = None
    if _MARK.search(change.path):
        name = "mark"
    elif _TITLE.search(change.path):
        name = f"title of {axis[1] or axis[2]}" if axis is not None else "title"
    if name is None:
        return said(change)
    return said(change._replace(path="#")).replace("`#`", name, 1)
