"""Pickles among the files of a workspace: the classes that they name count for whoever reads them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import onward
from onward.testing import workspace

STEPS = """
=== onward.toml
=== lib/models.py
from helping import double

class Model:
    def predict(self, x):
        return double(x)

class Other:
    def predict(self, x):
        return 0
=== lib/helping.py
def double(x):
    return x * 2

def unused(x):
    return x * 3
=== projects/p/data/held.bin
=== projects/p/training.py
import pickle
from onward import asset
from models import Model

@asset
def train():
    with open("made.pkl", "wb") as file:
        pickle.dump(Model(), file)
    return {"trained": 1}
=== projects/p/scoring.py
import pickle
from pathlib import Path
import joblib
import pandas as pd
from onward import asset

HERE = Path(__file__).parent

@asset
def of_source(held: bytes):
    return pickle.loads(held).predict(1)

@asset
def of_path():
    with open(HERE / "model.pkl", "rb") as file:
        return pickle.load(file).predict(1)

@asset
def of_joblib():
    return joblib.load(HERE / "packed.joblib")["model"].predict(1)

@asset
def of_pandas():
    return pd.read_pickle(HERE / "frame.pkl").predict(1)

@asset
def of_made():
    with open("made.pkl", "rb") as file:
        return pickle.load(file).predict(1)
"""
QUICK = ("of_made", "of_path", "of_source")
READERS = (*QUICK, "of_joblib", "of_pandas")
MAKE = """
import pickle, joblib, sys
sys.path.insert(0, "lib")
import numpy
from models import Model
for path, protocol in (("data/held.bin", 4), ("model.pkl", 2), ("frame.pkl", 0)):
    with open("projects/p/" + path, "wb") as file:
        pickle.dump(Model(), file, protocol=protocol)
joblib.dump({"array": numpy.arange(5000.0), "model": Model()}, "projects/p/packed.joblib")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = workspace.write(tmp_path, STEPS)
    subprocess.run([sys.executable, "-c", MAKE], cwd=root, check=True)
    return root


def run(root: Path, readers: Sequence[str] = QUICK) -> dict[str, str]:
    with onward.Workspace(root) as opened:
        report = opened.run(*(f"p/{name}" for name in readers))
        return {name: report.steps[f"p/{name}"].outcome for name in readers}


def replace(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text()
    assert text.count(old) == 1
    (root / path).write_text(text.replace(old, new))


def test_an_edit_of_a_method_reaches_all_that_read_a_pickle_of_its_class(root: Path) -> None:
    assert run(root, READERS) == dict.fromkeys(READERS, "made")
    assert run(root, READERS) == dict.fromkeys(READERS, "kept")
    replace(root, "lib/models.py", "return double(x)", "return double(x) + 1")
    with onward.Workspace(root) as opened:
        planned = opened.plan().steps["p/of_path"].decision
    assert "projects/p/model.pkl (pickled code)" in {reason.what for reason in planned.reasons}
    assert run(root, READERS) == dict.fromkeys(READERS, "made")


def test_an_edit_of_what_a_method_calls_reaches_them_too(root: Path) -> None:
    run(root)
    replace(root, "lib/helping.py", "x * 2", "x * 4")
    assert run(root) == dict.fromkeys(QUICK, "made")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("lib/models.py", "return 0", "return 1"),
        ("lib/helping.py", "x * 3", "x * 4"),
        ("lib/models.py", "double(x)\n", "double(x)  # two\n"),
    ],
)
def test_an_edit_of_what_no_pickle_names_reaches_none(root: Path, path: str, old: str, new: str) -> None:
    run(root)
    replace(root, path, old, new)
    assert run(root) == dict.fromkeys(QUICK, "kept")


def test_an_edit_that_is_taken_back_is_restored(root: Path) -> None:
    run(root)
    replace(root, "lib/models.py", "return double(x)", "return double(x) + 1")
    run(root)
    replace(root, "lib/models.py", "return double(x) + 1", "return double(x)")
    assert "made" not in run(root).values()
