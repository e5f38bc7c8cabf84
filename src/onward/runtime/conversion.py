"""Looks into stored tables and writes them in other formats, for people: previews, CSV, JSON, Excel.

A job is `{"do": "preview", "path"}`, or `{"do": "csv" | "json" | "xlsx", "path", "out"}` with the path of a
Parquet file, or `{"do": "plotly", "path", "out"}` with that of a specification; its answer is the preview, or `{}`.
`{"do": "text table", "path", "media", "parquet", "csv"}` makes both files of a table that is kept as text, and answers
with the preview, or with `{}` and no files where the text is no table that can be read. `{"do": "models", ...}` holds
two models beside each other, as `onward.runtime.models` has it.
"""

from __future__ import annotations

import json
from typing import Any, Dict

from onward.runtime import models, values
from onward.runtime.values import preview, tables

PARQUET = "application/vnd.apache.parquet"


def run(task: Dict[str, Any]) -> Dict[str, Any]:
    """The answers to a task's jobs."""
    return {"ok": True, "answers": [_JOBS[job["do"]](job) for job in task["jobs"]]}


def _preview(job: Dict[str, Any]) -> Dict[str, Any]:
    return preview.table_preview(job["path"], limit_rows=job.get("limit_rows", 5000), types=job.get("types"))


def _csv(job: Dict[str, Any]) -> Dict[str, Any]:
    preview.to_csv(job["path"], job["out"])
    return {}


def _text_table(job: Dict[str, Any]) -> Dict[str, Any]:
    try:
        frame = values.read(job["path"], kind="table", media=job["media"], wanted="", facts={})
        tables.write_table(frame, job["parquet"])
    except (values.CannotRead, values.CannotKeep):
        return {}
    preview.to_csv(job["parquet"], job["csv"])
    return _preview({**job, "path": job["parquet"]})


def _json(job: Dict[str, Any]) -> Dict[str, Any]:
    rows = values.read(job["path"], kind="table", media=PARQUET, wanted="list[dict]", facts={})
    with open(job["out"], "w", encoding="utf-8") as file:
        json.dump(rows, file, ensure_ascii=False, default=str, indent=1)
        file.write("\n")
    return {}


def _xlsx(job: Dict[str, Any]) -> Dict[str, Any]:
    try:
        import openpyxl
    except ImportError as error:
        raise values.MissingLibrary("openpyxl", "pip install openpyxl") from error
    rows = values.read(job["path"], kind="table", media=PARQUET, wanted="list[dict]", facts={})
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("table")
    names = job["columns"]
    sheet.append(names)
    for row in rows:
        sheet.append([_cell(row[name]) for name in names])
    book.save(job["out"])
    return {}


def _cell(value: Any) -> Any:
    """What a sheet can hold: it knows no nested values, and no time zones."""
    if isinstance(value, (list, dict, bytes)):
        return str(value)
    if getattr(value, "tzinfo", None) is not None:
        return value.isoformat()
    return value


def _plotly(job: Dict[str, Any]) -> Dict[str, Any]:
    try:
        import plotly.io
    except ImportError as error:
        raise values.MissingLibrary("plotly", "pip install plotly") from error
    with open(job["path"], encoding="utf-8") as file:
        figure = plotly.io.from_json(file.read())
    figure.write_html(job["out"], include_plotlyjs=True, full_html=True, div_id="figure")
    return {}


_JOBS = {
    "models": models.compare,
    "plotly": _plotly,
    "preview": _preview,
    "text table": _text_table,
    "csv": _csv,
    "json": _json,
    "xlsx": _xlsx,
}
