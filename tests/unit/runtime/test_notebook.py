"""Notebooks run in a real kernel, started by a real child of a bare parent."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.runtime.notebooks import Runner, code, notebook, prose


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    root = tmp_path / "workspace"
    root.mkdir()
    made = Runner(root)
    yield made
    made.close()


def test_it_runs_in_its_folder_with_the_workspaces_modules_seeds_and_data(runner: Runner) -> None:
    runner.write("lib/shared.py", "def double(x):\n    return 2 * x\n")
    for name in ("linecache", "queue"):  # names of the standard library, and the user's
        runner.write(f"projects/p/{name}.py", "raise RuntimeError('imported before the cells')\n")
    runner.write("data/sales.csv", "a,b\n1,2\n3,4\n")
    before = runner.write(
        "projects/p/report.ipynb",
        notebook(
            prose("# Sales"),
            "import os, random, sys\nimport onward as ow\nfrom shared import double",
            "print(os.path.basename(os.getcwd()), double(21), random.random(), os.environ['TZ'])",
            "import numpy as np\nprint(np.random.rand())",
            "sales = ow.load('sales', 'pandas.DataFrame')\nsales",
            "ow.metric('total', int(sales.b.sum()), unit='USD')\now.save('rows', sales)\nprint(ow.today())",
            kernelspec={"name": "somebody-elses", "display_name": "Old"},
        ),
    )
    original = before.read_bytes()
    found = runner.run_task(runner.task(inputs={"sales": runner.source("data/sales.csv")}, title="Sales"))
    seed = int.from_bytes(hashlib.sha256(b"p/report").digest()[:4], "big")
    import numpy

    first = random.Random(seed).random()
    assert ["out", f"[cell 3] p 42 {first} UTC"] in found.log
    assert ["out", f"[cell 4] {numpy.random.RandomState(seed).rand()}"] in found.log
    assert ["out", "[cell 6] 2026-01-31"] in found.log
    assert found.saves()["total"]["content"] == {"value": 6, "type": "int", "unit": "USD"}
    assert found.saves()["rows"]["facts"]["rows"] == 2
    assert found.result["today"] is True
    assert [file["name"] for file in found.document["files"]] == ["report.html", "report.ipynb"]
    assert found.document["kind"] == "document"
    assert found.document["facts"]["title"] == "Sales"
    assert "<title>Sales</title>" in found.page
    assert '<table border="1" class="dataframe">' in found.page
    assert before.read_bytes() == original
    assert sorted(path.name for path in before.parent.iterdir()) == ["linecache.py", "queue.py", "report.ipynb"]


NOISY = notebook(
    "import sys, warnings\nprint('out')\nprint('err', file=sys.stderr)\nwarnings.warn('careful')\nprint('more')",
    "object()",
    "%%time\nsum(range(10))",
    "import pandas as pd\npd.DataFrame({'a': [1]}).style",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "import plotly.express as px\npx.bar(x=[1], y=[2])",
    "import altair as alt\nalt.Chart(pd.DataFrame({'a': [1]})).mark_bar().encode(x='a:O', tooltip='a')",
    "!echo shell",
    "%%bash\necho bash",
    "from IPython.display import display, HTML\nimport uuid\ndisplay(HTML(f'<p id=\"{uuid.uuid4()}\">x</p>'))",
)


def test_two_runs_have_one_content_and_figures_of_every_library_are_shown(runner: Runner) -> None:
    first, second = runner.run(NOISY), runner.run(NOISY)
    assert first.content == second.content
    page, libraries = first.page.split("</main>")
    assert page.count('<script type="application/json">') == 2
    assert "window.vegaEmbed=" in libraries
    assert "plotly.js v" in libraries
    assert "data:image/png;base64," in page
    assert "data:image/svg+xml;base64," in page
    assert "UserWarning: careful" in page
    assert "report.ipynb, cell 1:4" in page
    assert "/tmp/ipykernel" not in page
    assert 'id="T_' not in page
    for word in ('src="http', "src='http", 'src="//', "require.js", "cdn.jsdelivr", "cdn.plot.ly"):
        assert word not in page
    assert "<script src" not in libraries
    cells = first.executed["cells"]
    assert [cell["id"] for cell in cells] == [f"cell-{number}" for number in range(1, 11)]
    assert [cell["id"] for cell in cells] == [cell["id"] for cell in second.executed["cells"]]
    assert all("execution" not in cell["metadata"] for cell in cells)
    streams = [output["name"] for output in cells[0]["outputs"]]
    assert streams == ["stdout", "stderr"]
    assert cells[7]["outputs"][0]["text"] == "shell\n"
    assert cells[8]["outputs"][0]["text"] == "bash\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("print(1)", "print(2)"),
        ("print(1)", "print(1) # remarked"),
        ("import matplotlib.pyplot as plt; plt.plot([1, 2]);", "import matplotlib.pyplot as plt; plt.plot([1, 3]);"),
    ],
)
def test_what_a_reader_would_see_differ_is_another_content(runner: Runner, before: str, after: str) -> None:
    assert runner.run(notebook(before)).content != runner.run(notebook(after)).content


def test_a_failing_cell_is_named_with_the_users_own_frames(runner: Runner) -> None:
    runner.write("lib/shared.py", "def half(x):\n    return x / 0\n")
    found = runner.run(
        notebook(
            prose("words"),
            "import json\nfrom shared import half",
            "try:\n    json.loads('{')\nexcept ValueError as error:\n    half(1)",
            "print('never')",
        )
    )
    error = found.error
    assert error["type"] == "ZeroDivisionError"
    assert error["message"] == "cell 3: ZeroDivisionError: division by zero"
    assert error["file"].endswith("projects/p/report.ipynb")
    assert 'File "report.ipynb, cell 3", line 4, in <module>\n    half(1)' in error["traceback"]
    assert 'File "lib/shared.py", line 2, in half\n    return x / 0' in error["traceback"]
    assert "JSONDecodeError" in error["traceback"]
    assert "json/decoder" not in error["traceback"]
    assert "\x1b" not in error["traceback"]
    assert "written" not in found.result
    assert not any("never" in line for _, line in found.log)


def test_a_cell_that_does_not_parse_and_an_unknown_magic_fail_too(runner: Runner) -> None:
    error = runner.run(notebook("x = 1", "x ===")).error
    assert error["message"].startswith("cell 2: SyntaxError: invalid syntax")
    assert 'File "report.ipynb, cell 2", line 1' in error["traceback"]
    assert runner.run(notebook("%no_such_magic")).error["message"].startswith("cell 1: UsageError: ")


def test_code_that_a_cell_runs_in_its_turn_does_not_shift_the_names_of_cells(runner: Runner) -> None:
    nested = "for text in ('a = 1', 'a = 2'):\n    get_ipython().run_cell(text, store_history=True)"
    error = runner.run(notebook(prose("words"), nested, "%%capture\n1 / 0")).error
    assert error["message"] == "cell 3: ZeroDivisionError: division by zero"
    assert 'File "report.ipynb, cell 3, part 2", line 1, in <module>\n    1 / 0' in error["traceback"]


def test_a_cell_that_is_meant_to_fail_may(runner: Runner) -> None:
    found = runner.run(notebook(code("1 / 0", "raises-exception"), "print('after')"))
    assert "ZeroDivisionError: division by zero" in found.page
    assert ["out", "[cell 2] after"] in found.log


def test_a_load_of_something_to_be_made_first_stops_at_once(runner: Runner) -> None:
    found = runner.run(
        notebook(
            "import onward as ow",
            code("try:\n    ow.load('later')\nexcept Exception:\n    print('caught')", "raises-exception"),
            "print('never')",
        )
    )
    assert found.result["needs"] == ["later"]
    assert found.result["ok"] is False
    assert found.log == []


SLOW_TO_END = """
import time
kernel = get_ipython().kernel
publish = kernel._publish_status

def slowly(status, channel, *more):
    if (status, channel) == ("idle", "control"):
        time.sleep(0.5)
    publish(status, channel, *more)

kernel._publish_status = slowly
"""


def test_a_kernel_that_is_slow_to_answer_its_end_says_so_to_the_last_through_open_sockets(runner: Runner) -> None:
    found = runner.run(notebook(SLOW_TO_END))
    assert found.result["ok"] is True
    assert found.log == []


def test_the_death_of_a_kernel_is_told(runner: Runner) -> None:
    error = runner.run(notebook("x = 1", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")).error
    assert error["type"] == "KernelDied"
    assert error["message"] == "cell 2: the kernel died (signal SIGKILL)"
    assert "memory" in error["hint"]


def test_no_kernel_outlives_a_killed_step(runner: Runner) -> None:
    runner.write(
        "projects/p/report.ipynb", notebook("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)")
    )
    task = runner.task()
    identity = runner.workers.start(task)
    log = Path(task["outbox"]) / "log.jsonl"
    deadline = time.monotonic() + 120
    while not (log.exists() and "[cell 1]" in log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    kernel = int(log.read_text().split("[cell 1] ")[1].split('"')[0])
    os.kill(kernel, 0)
    runner.workers.kill(identity)
    assert runner.wait(identity, task).ending.signal == signal.SIGKILL
    while _lives(kernel):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_no_output_is_dropped_however_fast_it_comes(runner: Runner) -> None:
    found = runner.run(notebook("from IPython.display import display\nfor number in range(4000):\n    display(number)"))
    shown = [output["data"]["text/plain"] for output in found.executed["cells"][0]["outputs"]]
    assert shown == [str(number) for number in range(4000)]


def test_old_formats_and_what_they_held_are_brought_up_to_date(runner: Runner) -> None:
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "old"},
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": ["Title"], "metadata": {}},
                    {
                        "cell_type": "code", "language": "python", "collapsed": False, "prompt_number": 7,
                        "input": ["print('from ',\n", "      'format 3')"], "metadata": {},
                        "outputs": [{"output_type": "stream", "stream": "stdout", "text": ["stale"]}],
                    },
                ]
            }
        ],
    }  # fmt: skip
    found = runner.run(old)
    assert "<h2" in found.page
    assert "from  format 3" in found.page
    assert "stale" not in found.page
    given = notebook(prose("a", id="cell-2"), "1")
    given["nbformat_minor"] = 5
    given["cells"][1]["metadata"]["execution"] = {"iopub.status.busy": "2020-01-01T00:00:00Z"}
    cells = runner.run(given).executed["cells"]
    assert [cell["id"] for cell in cells] == ["cell-2", "cell-2-"]
    assert "execution" not in cells[1]["metadata"]


def test_sockets_that_no_path_has_room_for_are_made_elsewhere(tmp_path: Path) -> None:
    root = tmp_path / ("deep" * 25) / "workspace"
    root.mkdir(parents=True)
    made = Runner(root)
    try:
        assert ["out", "[cell 1] here"] in made.run(notebook("print('here')")).log
    finally:
        made.close()


def test_a_python_without_jupyter_says_what_to_install(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    made = Runner(tmp_path / "workspace", str(bare / "bin" / "python"))
    try:
        error = made.run(notebook("1")).error
    finally:
        made.close()
        shutil.rmtree(bare)
    assert error["type"] == "MissingLibrary"
    assert "pip install ipykernel nbclient mistune pygments" in error["message"]


def test_a_file_that_is_no_notebook_says_so(runner: Runner) -> None:
    assert "this is no notebook" in runner.run({"rows": []}).error["message"]
