"""What the difference between two models says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV

from onward.diffs.file import FileDiff
from onward.diffs.model import ModelDiff, job
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import Side
from onward.runtime import models
from tests.unit.diffs.files import blob, difference, tree, written

DATA = pandas.DataFrame({"distance": numpy.arange(20.0), "hour": numpy.arange(20.0) % 7})
DELAY = (DATA["distance"] * 0.5 + DATA["hour"]).to_numpy()


def table(folder: Path) -> Path:
    path = folder / "rows.parquet"
    DATA.to_parquet(path)
    return path


def asked(before: Side, after: Side, where: Path | None) -> DiffOptions:
    """The options with what the workspace's Python says."""
    wanted = job(before, after, where)
    assert wanted is not None
    return DiffOptions(opened=models.compare(wanted))


def compared(folder: Path, before: Any, after: Any, *, predicts: bool = True) -> Difference:
    old, new = (written(folder, model, kind="model") for model in (before, after))
    return difference(ModelDiff(), old, new, asked(old, new, table(folder) if predicts else None))


def test_predictions_that_changed_come_first_then_parameters_then_what_was_learned(tmp_path: Path) -> None:
    found = compared(tmp_path, Ridge(alpha=0.1).fit(DATA, DELAY), Ridge(alpha=50).fit(DATA, DELAY))
    predictions, parameters, learned = found.summary.split("; ")
    assert predictions.startswith("20 of 20 predictions changed, by 0.")
    assert parameters == "`alpha` 0.1 → 50"
    assert learned.startswith("`coef_.distance` 0.")
    assert found.share == 1
    assert found.detail["parameters"]["sample"] == [{"path": "alpha", "change": "changed", "before": 0.1, "after": 50}]
    assert not found.means_nothing


def test_classes_that_moved_are_named(tmp_path: Path) -> None:
    old = LogisticRegression().fit(DATA, ["no"] * 10 + ["yes"] * 10)
    new = LogisticRegression().fit(DATA, ["no"] * 5 + ["yes"] * 15)
    assert "predictions changed: no → yes (" in compared(tmp_path, old, new).summary


@pytest.mark.parametrize("label", [int, bool, float])
def test_classes_that_are_numbers_are_told_as_classes(tmp_path: Path, label: type) -> None:
    old, new = (
        LogisticRegression().fit(DATA, numpy.array([0] * count + [1] * (20 - count)).astype(label)) for count in (10, 5)
    )
    found = compared(tmp_path, old, new)
    no, yes = label(0), label(1)
    many = found.detail["predictions"]["changed"]
    assert found.summary.startswith(f"{many} of 20 predictions changed: {no} → {yes} ({many}); ")
    assert found.detail["predictions"]["moves"] == [[str(no), str(yes), many]]
    assert found.detail["predictions"]["mean"] is None


@pytest.mark.parametrize(
    ("predicts", "why"),
    [
        (True, "nothing could be predicted: ValueError: the table lacks `elsewhere`"),
        (False, "nothing was predicted: there is no table to predict on"),
    ],
)
def test_where_nothing_could_be_predicted_the_sentence_says_why(tmp_path: Path, predicts: bool, why: str) -> None:
    data = DATA.rename(columns={"hour": "elsewhere"})
    old, new = (Ridge(alpha=alpha).fit(data, DELAY) for alpha in (0.1, 50))
    found = compared(tmp_path, old, new, predicts=predicts)
    assert found.summary.startswith("`alpha` 0.1 → 50; `coef_.")
    assert found.summary.endswith(f"; {why}")


def test_another_class_is_named(tmp_path: Path) -> None:
    found = compared(tmp_path, LinearRegression().fit(DATA, DELAY), Ridge(alpha=9).fit(DATA, DELAY))
    assert found.summary.startswith("LinearRegression → Ridge; 20 of 20 predictions changed")
    assert found.detail["class"]["after"] == "sklearn.linear_model._ridge.Ridge"


def test_a_parameter_that_moves_no_prediction_is_told_with_that(tmp_path: Path) -> None:
    old, new = (LinearRegression(n_jobs=jobs).fit(DATA, DELAY) for jobs in (1, 2))
    assert compared(tmp_path, old, new).summary == "`n_jobs` 1 → 2; the same predictions on 20 rows"


def test_models_that_differ_in_times_alone_are_equal(tmp_path: Path) -> None:
    def searched(alpha: float) -> GridSearchCV:
        return GridSearchCV(Ridge(), {"alpha": [alpha]}, cv=2).fit(DATA, DELAY)

    old, new, other = searched(1), searched(1), searched(30)
    assert old.refit_time_ != new.refit_time_
    found = compared(tmp_path, old, new)
    assert found.means_nothing, found.summary
    assert found.summary == "the same parameters, and the same predictions on 20 rows"
    assert not compared(tmp_path, old, other).means_nothing


def test_without_predictions_nothing_is_called_equal(tmp_path: Path) -> None:
    old, new = (RandomForestRegressor(3, random_state=0).fit(DATA, DELAY + shift) for shift in (0, 1))
    found = compared(tmp_path, old, new, predicts=False)
    assert found.summary == "the same parameters; nothing was predicted: there is no table to predict on"
    assert not found.means_nothing
    assert "20 of 20 predictions changed" in compared(tmp_path, old, new).summary


def test_predictions_that_move_by_rounding_to_both_sides_mean_nothing(tmp_path: Path) -> None:
    old, new = (written(tmp_path, {"a": number}, kind="model") for number in (1, 2))
    side = {"class": "dict", "parameters": {}, "learned": {}}
    predictions: dict[str, Any] = {
        "rows": 100, "of": 100, "changed": 40, "small": 40, "rising": 20, "falling": 20, "greatest": 1e-13,
        "mean": 1e-13, "moves": [], "examples": [],
    }  # fmt: skip
    opened = {"before": side, "after": side, "predictions": predictions}
    assert difference(ModelDiff(), old, new, DiffOptions(opened=opened)).means_nothing
    predictions |= {"changed": 90, "small": 90, "rising": 90, "falling": 0}
    assert not difference(ModelDiff(), old, new, DiffOptions(opened=opened)).means_nothing


def test_a_model_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    whole = written(tmp_path, LinearRegression().fit(DATA, DELAY), kind="model")
    broken = blob(tmp_path, "asset", b"no pickle", "model", whole.artifact.media)
    found = difference(ModelDiff(), whole, broken, asked(whole, broken, table(tmp_path)))
    assert "after cannot be opened: " in found.summary


def test_a_pickle_is_never_opened_here(tmp_path: Path) -> None:
    sides = [
        blob(tmp_path, "asset", b"cposix\n_exit\n(I1\ntR." + end, "model", "application/x-pickle")
        for end in (b"", b"#")
    ]
    assert difference(ModelDiff(), sides[0], sides[1]).summary == "another pickle, which was not opened"


def test_models_that_are_folders_or_other_files_are_left_to_those(tmp_path: Path) -> None:
    folders = [tree(tmp_path, {"config.json": f'{{"layers": {count}}}'}, "model") for count in (2, 3)]
    files = [blob(tmp_path, "m.json", f'{{"layers": {count}}}', "model") for count in (2, 3)]
    for old, new in (folders, files, (folders[0], files[0])):
        assert job(old, new, None) is None
        assert ModelDiff().compare(old, new, DiffOptions()) is None
    assert difference(FileDiff(), folders[0], folders[1]).summary == "`config.json`: 1 value changed: `layers` 2 → 3"
    assert difference(FileDiff(), files[0], files[1]).summary == "1 value changed: `layers` 2 → 3"


@pytest.mark.parametrize("where", [True, False])
def test_the_job_is_plain_data(tmp_path: Path, where: bool) -> None:
    old, new = (written(tmp_path, {"a": number}, kind="model") for number in (1, 2))
    wanted = job(old, new, table(tmp_path) if where else None)
    assert wanted is not None
    assert wanted["do"] == "models"
    assert (wanted["table"] is not None) is where
    assert wanted["before"] == {"path": str(old.file()), "media": old.artifact.media}
