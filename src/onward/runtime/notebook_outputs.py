"""What the cells of an executed notebook show, and which of it is meaning.

An output comes in several forms at once; one of them is shown, and that one counts. Figures of plotly and
Vega are their specification, pictures in PNG their pixels. What differs from run to run without meaning
anything does not count: addresses in memory, times of `%%time`, speeds of progress bars, random ids. The
standard library alone does all of this.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import json
import re
import struct
import zlib
from typing import Any, Dict, List, Match, Optional, Tuple

PLOTLY, VEGA = "application/vnd.plotly.v1+json", "application/vnd.vega+json"
"""`VEGA` stands for all versions of Vega and Vega-Lite: the specification says in `$schema` which it is."""
_SHOWN = (
    "text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp",
    "text/latex", "application/json", "text/plain",
)  # fmt: skip
"""Richest first, after the figures."""
_HEEDED = ("jupyter", "raw_mimetype", "format")
"""Metadata of a cell, tags apart, that decides what a page shows of it."""
_WIDGET = "application/vnd.jupyter.widget-view+json"
_VEGA = re.compile(r"application/vnd\.vega(lite)?\.v\d+(\.|\+)json")
_COLOUR = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")

Shown = Tuple[str, Any]
"""A media type and what is shown in it: text, base64, or a specification."""


def settled(outputs: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Outputs in an order that two runs share.

    Between two figures or tables, all that went to standard output stands before what went to standard error:
    in which order the two arrived is chance. Lines that were written over are as a terminal shows them.
    """
    kept: List[Dict[str, Any]] = []
    streams: Dict[str, Dict[str, Any]] = {}
    for output in outputs:
        if output["output_type"] != "stream":
            kept += _in_order(streams)
            streams = {}
            # The random name of a widget that ended with its kernel.
            output.get("data", {}).pop(_WIDGET, None)
            kept.append(output)
        elif output["name"] in streams:
            streams[output["name"]]["text"] += output["text"]
        else:
            streams[output["name"]] = output
    kept += _in_order(streams)
    return kept


def _in_order(streams: Dict[str, Dict[str, Any]]) -> List[Dict[str, Any]]:
    found = [streams[name] for name in ("stdout", "stderr") if name in streams]
    for output in found:
        output["text"] = as_in_terminal(output["text"])
    return [output for output in found if output["text"]]


def as_in_terminal(text: str) -> str:
    """Text after its carriage returns and backspaces."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if "\r" in line:
            shown = ""
            for piece in line.split("\r"):
                shown = piece + shown[len(piece) :]
            line = shown
        while "\b" in line:
            # One of the text and one of the backspaces go; a backspace at the beginning of a line does nothing.
            shorter = re.sub(r"[^\x08]\x08", "", line, count=1)
            line = shorter if shorter != line else line.replace("\b", "")
        lines.append(line)
    return "\n".join(lines)


def without_colours(text: str) -> str:
    """Text without a terminal's control sequences."""
    return _COLOUR.sub("", text)


# Which form is shown


def shown_form(output: Dict[str, Any]) -> Optional[Shown]:
    """The form of a display or a result that is shown; None where no known one is there."""
    data = output.get("data", {})
    if PLOTLY in data:
        return PLOTLY, _without_uids(data[PLOTLY])
    for media, value in data.items():
        if _VEGA.fullmatch(media) and isinstance(value, dict):
            return VEGA, value
    for media in _SHOWN:
        if media in data:
            value = data[media]
            if media == "text/html":
                return figure_in_html(value) or (media, value)
            return media, value
    return None


def figure_in_html(text: str) -> Optional[Shown]:
    """The figure that a piece of HTML draws with plotly or Vega from elsewhere, where it shows nothing else."""
    if "<script" not in text or _words_of(text):
        return None
    if "vegaEmbed" in text:
        # The two templates of altair: what a notebook shows, and what `to_html` gives.
        found = re.search(r"(?:\}\)\(|\bvar spec =)\s*(?=\{)", text)
        specification = _json_at(text, found.end()) if found else None
        return (VEGA, specification[0]) if specification and isinstance(specification[0], dict) else None
    calls = list(re.finditer(r"Plotly\.newPlot\(\s*(?:\"[^\"]*\"|'[^']*')\s*,\s*", text))
    if len(calls) != 1:
        return None
    arguments = _arguments(text, calls[0].end())
    if not arguments or not isinstance(arguments[0], list):
        return None
    names = ("data", "layout", "config")
    return PLOTLY, _without_uids(dict(zip(names, arguments)))


def _words_of(text: str) -> str:
    """What of HTML would be read."""
    text = re.sub(r"<(script|style)\b.*?</\1\s*>", "", text, flags=re.DOTALL | re.IGNORECASE)
    return html.unescape(re.sub(r"<[^>]*>", "", text)).strip()


def _json_at(text: str, place: int) -> Optional[Tuple[Any, int]]:
    try:
        return json.JSONDecoder().raw_decode(text, place)
    except ValueError:
        return None


def _arguments(text: str, place: int) -> List[Any]:
    """The JSON arguments of a call, up to three, from `place` on."""
    found: List[Any] = []
    while len(found) < 3:
        value = _json_at(text, place)
        if value is None:
            break
        found.append(value[0])
        comma = re.compile(r"\s*,\s*").match(text, value[1])
        if comma is None:
            break
        place = comma.end()
    return found


def _without_uids(figure: Dict[str, Any]) -> Dict[str, Any]:
    """A figure of plotly without the random names of traces and the address of a server that is never asked."""
    kept = dict(figure)
    traces = kept.get("data")
    if isinstance(traces, list):
        kept["data"] = [
            {name: value for name, value in trace.items() if name != "uid"} if isinstance(trace, dict) else trace
            for trace in traces
        ]
    if isinstance(kept.get("config"), dict):
        kept["config"] = {name: value for name, value in kept["config"].items() if name != "plotlyServerURL"}
    return kept


# Random ids


_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_RANDOM_IDS = (
    r"altair-viz-[0-9a-f]{32}",
    _UUID,
    r"T_[0-9a-f]{5,32}",  # a Styler of pandas
)
_ID = re.compile(rf"\bid=[\"']?({'|'.join(_RANDOM_IDS)})(?=[\"'\s>])")
_TABLE_ID = re.compile(r"<div id=\"([a-z]{10})\"[^>]*>\s*<style>\s*#\1 ")
"""A table of great_tables, whose style repeats its id."""


def name_ids(notebook: Any) -> None:
    """Gives random ids in the HTML of outputs names that count from 1, wherever the output repeats them."""
    number = 0
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            text = output.get("data", {}).get("text/html")
            if not isinstance(text, str):
                continue
            for found in dict.fromkeys([*_ID.findall(text), *_TABLE_ID.findall(text)]):
                number += 1
                text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(found)}(?![A-Za-z0-9])", f"shown-{number}", text)
            output["data"]["text/html"] = text


# What counts


def content(notebook: Any) -> Dict[str, Any]:
    """The canonical meaning of an executed notebook: its text, its code, and digests of what it shows."""
    cells: List[Dict[str, Any]] = []
    for cell in notebook["cells"]:
        metadata = cell["metadata"]
        told: Dict[str, Any] = {
            "kind": cell["cell_type"],
            "text": cell["source"],
            "tags": sorted(str(tag) for tag in metadata.get("tags") or ()),
        }
        if cell.get("attachments"):
            told["attachments"] = _digest(_canonical(cell["attachments"]))
        heeded = {word: metadata[word] for word in _HEEDED if metadata.get(word)}
        if heeded:
            told["shown as"] = _digest(_canonical(heeded))
        if cell["cell_type"] == "code":
            told["outputs"] = [meaning for output in cell["outputs"] for meaning in _meaning(output)]
        cells.append(told)
    title = notebook["metadata"].get("title") or notebook["metadata"].get("name")
    return {"title": title, "cells": cells} if title else {"cells": cells}


def _meaning(output: Dict[str, Any]) -> List[List[str]]:
    if output["output_type"] == "stream":
        text = steady_text(without_colours(output["text"]))
        return [[output["name"], _digest(text)]] if text.strip() else []
    if output["output_type"] == "error":
        return [["error", _digest(steady_text(without_colours("\n".join(output["traceback"]))))]]
    form = shown_form(output)
    if form is None:
        return [["other", _digest(_canonical(sorted(output.get("data", {}))))]]
    media, value = form
    return [[media, _digest_of_form(media, value)]]


def _digest_of_form(media: str, value: Any) -> str:
    if media == "image/png":
        return png_pixels(value)
    if media == "text/html":
        return _digest(_steady_html(str(value)))
    if isinstance(value, str):
        return _digest(steady_text(value) if media.startswith("text/") else value)
    return _digest(_canonical(value))


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def png_pixels(encoded: str) -> str:
    """A digest of what a PNG in base64 shows: its header, palette, transparency and rows, packed or not.

    Texts in it (the program that wrote it and its version) and how tightly it is packed do not count. A file
    that is broken counts by its bytes.

    Source: PNG specification, third edition, 5.3 (chunks) and 10.1 (the data is one zlib stream).
    """
    content = encoded.encode("ascii", "replace")
    try:
        content = base64.b64decode(content)
        told, packed = hashlib.sha256(), b""
        place = 8
        while place + 8 <= len(content):
            size, kind = struct.unpack_from(">I4s", content, place)
            body = content[place + 8 : place + 8 + size]
            if kind in (b"IHDR", b"PLTE", b"tRNS"):
                told.update(kind + body)
            elif kind == b"IDAT":
                packed += body
            place += size + 12
        told.update(zlib.decompress(packed))
        return told.hexdigest()
    except (binascii.Error, struct.error, zlib.error):
        return hashlib.sha256(content).hexdigest()


_STEADY = (
    (re.compile(r"\bat 0x[0-9a-fA-F]{4,16}\b"), "at 0x"),
    # %time and %%time
    (re.compile(r"^(CPU times: |Wall time: |Compiler *: ).*$", re.MULTILINE), r"\1"),
    # %timeit
    (re.compile(r"^.* per loop \(mean ± std\. dev\. of .*$", re.MULTILINE), "per loop"),
    (re.compile(r"^The slowest run took .*$\n?", re.MULTILINE), ""),
    # Progress bars of tqdm: elapsed, remaining, speed.
    (re.compile(r"\[(?:\d+:)+\d\d(?:<[\d:?]+)?, *[^\]\n]*(?:/s|s/)[^\]\n]*\]"), "[]"),
)


def steady_text(text: str) -> str:
    """Text without what differs from run to run and means nothing."""
    for pattern, instead in _STEADY:
        text = pattern.sub(instead, text)
    return text


_LONG_ID = re.compile(rf"{_UUID}|\b[0-9a-f]{{32}}\b|(?<=_)[0-9a-f]{{32}}\b")


def _steady_html(text: str) -> str:
    """HTML for the digest. Where a script draws it, long random ids count by the order of their first places."""
    text = steady_text(text)
    if "<script" not in text:
        return text
    seen: Dict[str, int] = {}

    def number(found: Match[str]) -> str:
        return f"id-{seen.setdefault(found[0], len(seen) + 1)}"

    return _LONG_ID.sub(number, text)
