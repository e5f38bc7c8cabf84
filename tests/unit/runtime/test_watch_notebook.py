"""What a notebook's cells touch is seen, though they run in a process of its own."""

from __future__ import annotations

import json

import pytest

from tests.unit.runtime.watching import workspace


@pytest.mark.parametrize("means", ["seccomp", "audit"])
def test_what_cells_touch_is_recorded(tmp_path, means):
    source = "import os, acme\nopen('in.txt').read()\nos.environ.get('NAME')\nopen('out.txt', 'w').close()"
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    with workspace(tmp_path) as here:
        if means == "audit":
            here.refuse_kernel("no")
        here.write("in.txt")
        here.write("lib/acme.py", "x = 1")
        here.write("report.ipynb", json.dumps(notebook))
        file = f"{tmp_path}/report.ipynb"
        found = here.run(
            "", kind="notebook", driver="onward.runtime.notebook", file=file, document="project/report", title=""
        )
    assert found.record["means"] == means
    assert (found["read"], found["written"]) == (["in.txt"], ["out.txt"])
    assert found["imported"] == (["lib/acme.py", "report.ipynb"] if means == "seccomp" else ["lib/acme.py"])
    assert "NAME" in found.record["variables"]
    assert found.record["servers"] == found.record["network"] == []
    assert found.record["confidence"] == ("complete" if means == "seccomp" else "partial")
