"""Two models beside each other, as the user's Python says it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from onward.runtime import conversion, models
from onward.runtime.values import write

DATA = pandas.DataFrame({"distance": [1.0, 2.0, 3.0, 4.0], "hour": [9.0, 7.0, 8.0, 5.0]})
DELAY = numpy.array([1.0, 2.5, 3.0, 4.5])


class Mean:
    """A model that predicts one number, and has no `get_params`."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self._hidden = 1

    def predict(self, rows: Any) -> list[Any]:
        return [self.value] * len(rows)


def table(folder: Path, frame: pandas.DataFrame = DATA) -> str:
    path = folder / "table.parquet"
    frame.to_parquet(path)
    return str(path)


def compared(
    folder: Path, before: Any, after: Any, where: str | None = None, tolerance: float = 1e-9
) -> dict[str, Any]:
    """The answer to the job, by the way of the child that gets it."""
    job: dict[str, Any] = {"do": "models", "table": where, "tolerance": tolerance}
    for name, model in (("before", before), ("after", after)):
        described = write(model, str(folder), name, kind="model")
        job[name] = {"path": described["files"][0]["path"], "media": described["media"]}
    (answer,) = conversion.run({"jobs": [job]})["answers"]
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    return answer


def test_parameters_and_what_was_learned_are_told_of_both(tmp_path: Path) -> None:
    found = compared(tmp_path, Ridge(alpha=0.1).fit(DATA, DELAY), Ridge(alpha=0.5).fit(DATA, DELAY))
    assert (found["before"]["parameters"]["alpha"], found["after"]["parameters"]["alpha"]) == (0.1, 0.5)
    assert found["before"]["class"] == "sklearn.linear_model._ridge.Ridge"
    assert found["before"]["learned"]["coef_"].keys() == {"distance", "hour"}
    assert found["before"]["learned"]["coef_"] != found["after"]["learned"]["coef_"]
    assert found["predictions"] is None


def test_predictions_on_the_same_rows_are_held_against_each_other(tmp_path: Path) -> None:
    old, new = LinearRegression().fit(DATA, DELAY), LinearRegression().fit(DATA, DELAY + numpy.array([0, 0, 0, 4]))
    found = compared(tmp_path, old, new, table(tmp_path))["predictions"]
    far = new.predict(DATA) - old.predict(DATA)
    assert (found["rows"], found["of"], found["changed"], found["small"]) == (4, 4, 4, 0)
    assert found["greatest"] == pytest.approx(abs(far).max())
    assert found["mean"] == pytest.approx(abs(far).mean())
    assert (found["rising"], found["falling"]) == ((far > 0).sum(), (far < 0).sum())
    assert found["examples"][0]["after"] == pytest.approx(new.predict(DATA)[0])


class Counting:
    """A model that predicts what it was given, and says nothing of classes."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def predict(self, rows: Any) -> list[Any]:
        return self.values[: len(rows)]


def test_few_whole_numbers_are_classes_and_many_are_amounts(tmp_path: Path) -> None:
    few = compared(tmp_path, Counting([0, 1, 1, 0]), Counting([1, 1, 0, 1]), table(tmp_path))["predictions"]
    assert (few["moves"], few["greatest"], few["rising"]) == ([["0", "1", 2], ["1", "0", 1]], None, 0)
    rows = pandas.DataFrame({"at": range(40)})
    many = compared(tmp_path, Counting([*range(40)]), Counting([*range(1, 41)]), table(tmp_path, rows))["predictions"]
    assert (many["moves"], many["greatest"], many["rising"]) == ([], 1, 40)
    amounts = compared(tmp_path, Counting([0.0, 1.0]), Counting([1.0, 1.0]), table(tmp_path, rows.head(2)))
    assert (amounts["predictions"]["moves"], amounts["predictions"]["greatest"]) == ([], 1)


def test_the_same_model_predicts_the_same(tmp_path: Path) -> None:
    model = LinearRegression().fit(DATA, DELAY)
    found = compared(tmp_path, model, model, table(tmp_path))
    assert found["before"] == found["after"]
    assert (found["predictions"]["rows"], found["predictions"]["changed"]) == (4, 0)


def test_classes_that_are_predicted_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    late = ["no", "no", "yes", "yes"]
    old, new = LogisticRegression().fit(DATA, late), LogisticRegression().fit(DATA, ["no", "yes", "yes", "yes"])
    found = compared(tmp_path, old, new, table(tmp_path))["predictions"]
    changed = int((old.predict(DATA) != new.predict(DATA)).sum())
    assert changed > 0
    assert found["moves"] == [["no", "yes", changed]]
    assert found["greatest"] is None


def test_rounding_is_counted_apart(tmp_path: Path) -> None:
    found = compared(tmp_path, Mean(1.0), Mean(1.0 + 1e-13), table(tmp_path, DATA))["predictions"]
    assert (found["changed"], found["small"], found["rising"]) == (4, 4, 4)
    assert compared(tmp_path, Mean(float("nan")), Mean(float("nan")), table(tmp_path))["predictions"]["changed"] == 0


def test_a_pipeline_has_the_parameters_of_its_steps_and_what_the_last_one_learned(tmp_path: Path) -> None:
    model = make_pipeline(StandardScaler(), Ridge(alpha=0.25)).fit(DATA, DELAY)
    found = compared(tmp_path, model, model, table(tmp_path))
    assert found["before"]["parameters"]["ridge__alpha"] == 0.25
    assert found["before"]["parameters"]["ridge"] == "sklearn.linear_model._ridge.Ridge"
    assert len(found["before"]["learned"]["coef_"]) == 2
    assert found["predictions"]["changed"] == 0


def test_each_model_takes_its_own_columns(tmp_path: Path) -> None:
    old, new = LinearRegression().fit(DATA[["hour"]], DELAY), LinearRegression().fit(DATA, DELAY)
    assert compared(tmp_path, old, new, table(tmp_path))["predictions"]["rows"] == 4
    unnamed = LinearRegression().fit(DATA.to_numpy(), DELAY)
    assert compared(tmp_path, unnamed, new, table(tmp_path))["predictions"]["changed"] <= 4


@pytest.mark.parametrize(
    ("model", "frame", "words"),
    [
        (LinearRegression().fit(DATA, DELAY), DATA[["hour"]], "the table lacks `distance`"),
        (LinearRegression().fit(DATA.to_numpy(), DELAY), DATA[["hour"]], "it takes 2 columns that it does not name"),
        ({"a": 1}, DATA, "a dict has no `predict`"),
        (Ridge(), DATA, "NotFittedError"),
    ],
)
def test_why_nothing_can_be_predicted_is_said(tmp_path: Path, model: Any, frame: Any, words: str) -> None:
    found = compared(tmp_path, model, model, table(tmp_path, frame))
    assert words in found["predictions"]["error"]
    assert found["before"]["parameters"] is not None


def test_of_any_object_the_public_attributes_are_parameters(tmp_path: Path) -> None:
    found = compared(tmp_path, Mean(1.5), {"threshold": 0.3, "names": ["a"], "by": Mean})
    assert found["before"]["parameters"] == {"value": 1.5}
    assert found["after"]["parameters"]["threshold"] == 0.3
    assert found["after"]["parameters"]["by"].endswith("Mean")


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps(Mean(1))[:-9], b"cno_such_module\nThing\n."])
def test_what_cannot_be_opened_is_an_answer(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken"
    path.write_bytes(content)
    side = {"path": str(path), "media": "application/x-pickle"}
    found = models.compare({"before": side, "after": side, "table": table(tmp_path)})
    assert found["before"]["error"]
    assert found["predictions"] is None
