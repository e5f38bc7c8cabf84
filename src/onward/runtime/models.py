"""Two models beside each other: their class, their parameters, and what both predict on the same table.

It opens pickles, which runs what they say, so it runs in the user's Python alone. Whatever a library makes of a
model that it does not know any more is an answer too, and no error.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from typing import Any, Callable, Dict, Iterator, List, Optional

from onward.runtime import values
from onward.runtime.values.libraries import is_installed
from onward.runtime.values.models import read_model

PARQUET = "application/vnd.apache.parquet"
MOST_ROWS = 100_000
"""Rows of the table that both predict; the first ones."""
_MOST_LEARNED = 200
"""Numbers of one learned attribute that are told; of a larger one its shape is."""
_EXAMPLES = 10
_MOST_CLASSES = 20
"""Of a model that does not name its classes: predictions with more different whole numbers are amounts."""
_PROPERTIES = ("feature_importances_", "params")
"""What some models learn and do not keep as attributes of their own."""
_NOT_LEARNED = ("feature_names_in_", "n_features_in_")

Answer = Dict[str, Any]


def compare(job: Dict[str, Any]) -> Answer:
    """What two models are, and how far their predictions differ.

    Args:
        job: `before` and `after` (each `path` and `media`), `table` (the path of a Parquet table, or None) and
            `tolerance` (relative: numbers that differ by no more are rounding).

    Returns:
        `{"before", "after", "predictions"}`. A side is `{"class", "parameters", "learned"}`, or `{"error"}` where it
        cannot be opened. `predictions` is None without a table, `{"error"}` where one of them cannot predict it, else
        `{"rows", "of", "changed", "small", "rising", "falling", "greatest", "mean", "moves", "examples"}`: rows of
        the table's that were predicted; how many differ, and how many of these by rounding; of numbers how many
        rise and fall, and the greatest and the mean distance of those that differ (else None); the most frequent
        `[before, after, count]` of classes and of what is no number; some rows.
    """
    models, told = [], []
    with warnings.catch_warnings():
        # A library warns of pickles of its other versions, and the two may be of any.
        warnings.simplefilter("ignore")
        for side in (job["before"], job["after"]):
            try:
                model = read_model(side["path"], side["media"])
                told.append(_described(model))
                models.append(model)
            except Exception as error:  # noqa: BLE001 - whatever a pickle raises is the answer
                told.append({"error": _said(error)})
        predictions = None
        if len(models) == 2 and job.get("table"):
            try:
                predictions = _compare_predictions(models[0], models[1], job["table"], job.get("tolerance", 0.0))
            except Exception as error:  # noqa: BLE001 - the same
                predictions = {"error": _said(error)}
    return {"before": told[0], "after": told[1], "predictions": predictions}


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


# What a model is


def _described(model: Any) -> Answer:
    return {"class": _name(type(model)), "parameters": _parameters(model), "learned": _learned(model)}


def _name(kind: Any) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _parameters(model: Any) -> Dict[str, Any]:
    """What a model was told: by `get_params` where it has one, else its own public attributes."""
    ask = getattr(model, "get_params", None)
    if callable(ask) and not isinstance(model, type):
        found = ask()
    elif isinstance(model, dict):
        found = model
    else:
        found = {name: value for name, value in _attributes(model).items() if not name.endswith("_")}
    return {str(name): _plain(value) for name, value in sorted(found.items(), key=lambda item: str(item[0]))}


def _learned(model: Any) -> Dict[str, Any]:
    """What a model learned, by scikit-learn's convention: attributes that end in `_`; of a pipeline its last step's."""
    while isinstance(getattr(model, "steps", None), list) and model.steps:
        model = model.steps[-1][1]
    names = [name for name in _attributes(model) if name.endswith("_")]
    features = _features(model)
    found = {}
    for name in sorted({*names, *_PROPERTIES} - {*_NOT_LEARNED}):
        try:
            value = getattr(model, name)
        except Exception:  # noqa: BLE001 - a property that cannot be had is none
            continue
        if not callable(value):
            found[name] = _numbers(value, features)
    return found


def _attributes(model: Any) -> Dict[str, Any]:
    """The public attributes of an object."""
    return {name: value for name, value in getattr(model, "__dict__", {}).items() if not name.startswith("_")}


def _numbers(value: Any, features: Optional[List[str]]) -> Any:
    """A learned value: numbers by the names of their columns where they have any."""
    if hasattr(value, "to_dict"):
        value = {str(name): item for name, item in value.to_dict().items()}
    shape = getattr(value, "shape", None)
    if shape and hasattr(value, "tolist"):
        if math.prod(shape) > _MOST_LEARNED:
            return f"{' × '.join(map(str, shape))} numbers"
        value = value.tolist()
        if len(shape) == 2 and shape[0] == 1:
            value = value[0]
        if features and isinstance(value, list) and len(value) == len(features):
            value = dict(zip(features, value))
    return _plain(value)


def _plain(value: Any) -> Any:
    """A value as JSON can say it; of an object its class, for its text may hold its address."""
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in list(value.items())[:_MOST_LEARNED]}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value[:_MOST_LEARNED]]
    if hasattr(value, "tolist") and getattr(value, "size", _MOST_LEARNED + 1) <= _MOST_LEARNED:
        return _plain(value.tolist())
    if callable(value) and hasattr(value, "__qualname__"):
        return _name(value)
    return _name(type(value))


# What it predicts


def _compare_predictions(before: Any, after: Any, table: str, tolerance: float) -> Answer:
    frame = values.read(table, kind="table", media=PARQUET, wanted=_wanted(), facts={})
    rows = len(frame)
    frame = frame.head(MOST_ROWS)
    old, new = (_predicted(model, frame) for model in (before, after))
    are_classes = _has_classes(before) or _has_classes(after) or _are_few_integers(old, new)
    return {"rows": len(frame), "of": rows, **_differences(old, new, tolerance, are_classes)}


def _wanted() -> str:
    """The frame that most libraries of models know the columns of."""
    return "pandas.DataFrame" if is_installed("pandas") else "polars.DataFrame"


def _predicted(model: Any, frame: Any) -> List[Any]:
    """What a model predicts for each row.

    Raises:
        TypeError: it is no model that predicts.
        ValueError: the table lacks its columns.
    """
    predict: Optional[Callable[[Any], Any]] = getattr(model, "predict", None)
    if not callable(predict):
        raise TypeError(f"a {type(model).__qualname__} has no `predict`")
    names = _features(model)
    if names is not None:
        missing = [name for name in names if name not in list(frame.columns)]
        if missing:
            raise ValueError(f"the table lacks {', '.join(f'`{name}`' for name in missing[:5])}")
        taken = frame[names]
    else:
        count = getattr(model, "n_features_in_", None)
        if count is not None and count != len(frame.columns):
            raise ValueError(f"it takes {count} columns that it does not name, and the table has {len(frame.columns)}")
        taken = frame.to_numpy()
    found = predict(taken)
    return list(found.tolist() if hasattr(found, "tolist") else found)


def _features(model: Any) -> Optional[List[str]]:
    """The columns that a model takes, where it knows their names."""
    for name in ("feature_names_in_", "feature_names", "feature_name_"):
        found = getattr(model, name, None)
        if found is not None and not callable(found):
            return [str(each) for each in found]
    return None


def _has_classes(model: Any) -> bool:
    """Whether a model says that what it predicts are classes, by scikit-learn's convention."""
    return getattr(model, "classes_", None) is not None


def _are_few_integers(old: List[Any], new: List[Any]) -> bool:
    """Whether predictions look like the numbers of classes: whole, and few different ones."""
    if not all(isinstance(value, int) for value in (*old, *new)):
        return False
    return len({*old, *new}) <= _MOST_CLASSES


def _differences(old: List[Any], new: List[Any], tolerance: float, are_classes: bool) -> Answer:
    if len(old) != len(new):
        raise ValueError(f"one predicts {len(old)} rows and the other {len(new)}")
    distances: List[float] = []
    moves: Counter[Any] = Counter()
    examples: List[Answer] = []
    changed = small = 0
    for row, (first, second) in enumerate(zip(old, new)):
        if _equal(first, second):
            continue
        changed += 1
        far = None if are_classes else _distance(first, second)
        if far is not None:
            distances.append(far)
            small += _is_small(first, second, tolerance)
        else:
            moves[str(first)[:100], str(second)[:100]] += 1
        if len(examples) < _EXAMPLES:
            examples.append({"row": row, "before": _plain(first), "after": _plain(second)})
    sizes = [abs(far) for far in distances]
    return {
        "changed": changed,
        "small": small,
        "rising": sum(far > 0 for far in distances),
        "falling": sum(far < 0 for far in distances),
        "greatest": max(sizes) if sizes else None,
        "mean": math.fsum(sizes) / len(sizes) if sizes else None,
        "moves": [[first, second, count] for (first, second), count in moves.most_common(_EXAMPLES)],
        "examples": examples,
    }


def _equal(first: Any, second: Any) -> bool:
    return first == second or (first != first and second != second)  # noqa: PLR0124 - so are those that are no number


def _leaves(value: Any) -> Iterator[Any]:
    """The numbers of a prediction, which may be several."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _distance(first: Any, second: Any) -> Optional[float]:
    """How far two predictions lie apart, of several numbers the farthest; None where they are no numbers."""
    pairs = list(zip(_leaves(first), _leaves(second)))
    if not all(_is_number(one) and _is_number(other) for one, other in pairs):
        return None
    distances = [float(other - one) for one, other in pairs]
    return max(distances, key=abs, default=None)


def _is_small(first: Any, second: Any, tolerance: float) -> bool:
    pairs = zip(_leaves(first), _leaves(second))
    return all(abs(other - one) <= tolerance * max(abs(one), abs(other)) for one, other in pairs)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
