"""Every kind of output, made twice from nothing, and once with a change in it.

Made alike, none shows as changed, whatever random names, times and orders of bytes its library leaves in it; with a
change in what it says, each does, as what it is and not as mere bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest

from onward.app.comparing.diff import CHANGED, EQUAL, MADE_AGAIN, NOISE, AssetDiff, choose, diff
from onward.app.releases import history
from onward.app.running.run import run
from onward.app.settings.options import RunOptions
from onward.app.wiring import open_workspace
from onward.portal.review.markdown import markdown
from onward.portal.review.page import page
from onward.testing import workspace
from onward.testing.watchers import Recorder

STEPS = '''
from common import TRY, VALUE
from onward import asset


def rows():
    assert TRY  # every step rests on it
    return {"day": ["Mo", "Tu", "We", "Th"], "delay": [1.5, 2.5, 3.5, VALUE], "seen": [True, False, True, None]}


@asset
def table_polars():
    import polars as pl

    return pl.DataFrame(rows())


@asset
def table_pandas():
    import pandas as pd

    return pd.DataFrame(rows()).set_index("day")


@asset
def table_arrow():
    import pyarrow as pa

    return pa.table(rows())


@asset
def table_duckdb():
    import duckdb
    import polars as pl

    frame = pl.DataFrame(rows())
    return duckdb.sql("select * from frame")


@asset
def table_rows():
    return [{"day": day, "delay": delay} for day, delay in zip(rows()["day"], rows()["delay"])]


@asset
def metric_float():
    return sum(rows()["delay"])


@asset
def metric_decimal():
    from decimal import Decimal

    return Decimal(str(rows()["delay"][-1]))


@asset
def metric_bool():
    return rows()["delay"][-1] > 12


@asset
def figure_matplotlib():
    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(3, 2))
    axes = figure.add_subplot()
    axes.fill_between(range(4), rows()["delay"], hatch="/")
    axes.set_title("Delay")
    return figure


@asset
def figure_plotly():
    import plotly.graph_objects as go

    return go.Figure(go.Bar(x=rows()["day"], y=rows()["delay"]))


@asset
def figure_altair():
    import altair as alt
    import pandas as pd

    return alt.Chart(pd.DataFrame(rows())).mark_bar().encode(x="day", y="delay")


@asset
def document_markdown() -> str:
    return f"# Delays\\n\\nThe last day had {rows()['delay'][-1]} min."


@asset(kind="document")
def document_plotly_page():
    import plotly.io

    return "<!doctype html><p>Delay " + str(rows()["delay"][-1]) + "</p>" + plotly.io.to_html(figure_plotly())


@asset(kind="document")
def document_altair_page():
    return figure_altair().to_html()


@asset
def document_styler():
    import pandas as pd

    return pd.DataFrame(rows()).style.highlight_max(subset=["delay"])


@asset
def model():
    from sklearn.linear_model import LinearRegression

    return LinearRegression().fit([[1.0], [2.0], [3.0], [4.0]], rows()["delay"])


@asset
def model_own():
    return {"fitted": {1, 2}, "delay": complex(rows()["delay"][-1])}


@asset
def file_json():
    return {"delay": rows()["delay"], "name": "Delays"}


@asset
def file_array():
    import numpy as np

    return np.array(rows()["delay"])


@asset
def file_bytes():
    return f"delay {rows()['delay'][-1]}".encode()


@asset
def file_zip():
    import io
    import json
    import random
    import time
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt", time.localtime(time.time() - random.random() * 1e8)[:6]), "a")
        archive.writestr("b.json", json.dumps(rows()))
    return packed.getvalue()


def save_workbook(path):
    import openpyxl

    book = openpyxl.Workbook()
    for day, delay in zip(rows()["day"], rows()["delay"]):
        book.active.append([day, delay])
    book.save(path)


@asset
def written():
    """Files in the tree, as an analyst writes them."""
    import json
    import plotly.io
    import polars as pl
    import uuid
    from pathlib import Path

    out = Path("out")
    out.mkdir(exist_ok=True)
    pl.DataFrame(rows()).write_csv(out / "rows.csv")
    pl.DataFrame(rows()).write_parquet(out / "rows.parquet")
    save_workbook(out / "rows.xlsx")
    for ending in ("svg", "pdf", "png"):
        figure_matplotlib().savefig(out / f"delay.{ending}")
    plotly.io.write_html(figure_plotly(), out / "plotly.html")
    (out / "styler.html").write_text(document_styler().to_html())
    (out / "log.json").write_text(json.dumps(rows()))
    (out / "id.html").write_text(f'<p id="{uuid.uuid4()}">Delay {rows()["delay"][-1]}</p>')
    return len(list(out.iterdir()))
'''

CELLS = [
    "import matplotlib.pyplot as plt\nimport pandas as pd\nfrom common import TRY, VALUE",
    "assert TRY\nframe = pd.DataFrame({'delay': [1.5, VALUE]})\nframe",
    "frame.style.highlight_max()",
    "object()",
    "plt.plot(frame['delay']); plt.show()",
    "print(f'delay {VALUE}')",
]

AS_BYTES = {"file_array"}
"""What is nothing but bytes."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a step for each kind, run and released."""
    cells = [nbformat.v4.new_code_cell(text) for text in CELLS]
    report = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    project = {"common.py": "TRY = 1\nVALUE = 12.5\n", "steps.py": STEPS, "report.ipynb": report}
    files = {f"projects/p/{name}": text for name, text in project.items()}
    folder = workspace.write(tmp_path_factory.mktemp("kinds"), {"onward.toml": "", **files})
    with open_workspace(folder, writes=True) as opened:
        made = run(opened, RunOptions(keep_going=True), Recorder()).run
        assert {name: record.error for name, record in made.steps.items() if record.error} == {}
        history.release(opened)
    return folder


def compared(folder: Path, old: str, new: str) -> Mapping[str, AssetDiff]:
    """What readers have against the workspace with another value in the code that every step rests on."""
    file = folder / "projects/p/common.py"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    with open_workspace(folder, writes=True) as opened:
        work = lambda: run(opened, RunOptions(keep_going=True), Recorder()).run  # noqa: E731
        report = diff(opened, choose(opened, [], work))
    outcomes = {record.outcome for record in report.run_b.steps.values()}
    assert outcomes == {"made"}, "every step is run"
    assert page(report, "Kinds").count("</html>") == 1
    assert markdown(report).startswith("### Results: `main → work`")
    assert json.dumps([asset.detail for asset in report.assets], allow_nan=False)
    return {asset.name.removeprefix("p/"): asset for asset in report.assets}


def test_of_two_runs_from_nothing_no_kind_of_output_shows_as_changed(folder: Path) -> None:
    found = compared(folder, "TRY = 1", "TRY = 2")
    assert {name: asset.summary for name, asset in found.items() if asset.change != EQUAL} == {}
    assert {asset.how_equal for asset in found.values()} <= {MADE_AGAIN, NOISE}


def test_a_change_in_what_it_says_is_found_in_every_kind_of_output(folder: Path) -> None:
    found = compared(folder, "12.5", "11.9")
    assert {name for name, asset in found.items() if asset.change != CHANGED} == {"written"}
    as_bytes = {name for name, asset in found.items() if asset.detail.get("form") == "bytes"}
    assert as_bytes == AS_BYTES
