"""Models: class, parameters, what was learned, and predictions that changed on the same data.

Nothing is opened here. A pickle runs what it says, so the workspace's own Python is asked, by `job`, and its answer
comes with the options.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeGuard

from onward.base.numbers import number
from onward.base.text import listed, plural
from onward.diffs.values import Values, compare_values, said
from onward.diffs.words import shortened
from onward.model.artifact import MODEL
from onward.model.difference import DEFAULT_TOLERANCE, Difference, DiffOptions
from onward.model.ports import Side

_PICKLES = ("application/x-joblib", "application/x-pickle")
_TIMES = "time"
"""What a search over models has learned of how long it took has this in its name."""


def job(before: Side, after: Side, table: Path | None, tolerance: float = DEFAULT_TOLERANCE) -> dict[str, Any] | None:
    """What the workspace's Python is to be asked about two models (`onward.runtime.conversion`); None of no pickles.

    Args:
        table: a Parquet table that both are to predict, as one that the later model's step or a later one reads;
            None: only the models themselves are looked at.
    """
    artifacts = before.artifact, after.artifact
    if any(artifact.is_tree or artifact.media not in _PICKLES for artifact in artifacts):
        return None
    sides = [{"path": str(side.file()), "media": side.artifact.media} for side in (before, after)]
    where = None if table is None else str(table)
    return {"do": "models", "before": sides[0], "after": sides[1], "table": where, "tolerance": tolerance}


class ModelDiff:
    """`detail`: `class`, `parameters`, `learned`, `predictions`; see docs/reference/differences.md."""

    name = MODEL

    def compare(self, before: Side, after: Side, options: DiffOptions) -> Difference | None:
        """What differs; None of what is no pickle: a folder or a file of another library is compared as that."""
        artifacts = before.artifact, after.artifact
        if any(artifact.is_tree or artifact.media not in _PICKLES for artifact in artifacts):
            return None
        classes = [str(artifact.facts.get("class", "")) for artifact in artifacts]
        detail: dict[str, Any] = {"class": {"before": classes[0], "after": classes[1]}}
        if options.opened is None:
            told = _class_changed(classes) or "another pickle, which was not opened"
            return Difference(told, detail, 1.0)
        return _opened(classes, detail, options.opened, options)


def _opened(classes: list[str], detail: dict[str, Any], answer: dict[str, Any], options: DiffOptions) -> Difference:
    sides = answer["before"], answer["after"]
    errors = {name: side["error"] for name, side in zip(("before", "after"), sides, strict=True) if "error" in side}
    changed = _class_changed(classes)
    if errors:
        told = [f"{name} cannot be opened: {shortened(error)}" for name, error in errors.items()]
        summary = "; ".join([*([changed] if changed else []), *told])
        return Difference(summary, detail | {"errors": errors}, 1.0)
    parameters, learned = (
        compare_values(_of(sides[0], what), _of(sides[1], what), options.tolerance)
        for what in ("parameters", "learned")
    )
    predictions = answer["predictions"]
    detail |= {
        "parameters": _counted(parameters, options),
        "learned": _counted(learned, options),
        "predictions": predictions,
    }
    has_other_values = learned.touched and not learned.is_rounding
    moved = _predictions_moved(predictions)
    parts = [changed] if changed else []
    if moved:
        parts.append(_said_predictions(predictions))
    parts += _said_values(parameters, 3)
    if has_other_values:
        parts += _said_values(learned, 2)
    if not parts:
        return _alike(detail, predictions)
    if not _was_predicted(predictions):
        parts.append(_why_not_predicted(predictions))
    elif not moved:
        parts.append(f"the same predictions on {plural(predictions['rows'], 'row')}")
    share = predictions["changed"] / max(1, predictions["rows"]) if moved else 0.5 if predictions is not None else 1.0
    return Difference("; ".join(parts), detail, share)


def _class_changed(classes: list[str]) -> str:
    if classes[0] == classes[1]:
        return ""
    short = [name.rpartition(".")[2] for name in classes]
    return f"{short[0]} → {short[1]}" if short[0] != short[1] else f"{classes[0]} → {classes[1]}"


def _of(side: dict[str, Any], what: str) -> dict[str, Any]:
    """Parameters, or what was learned less how long that took."""
    return _without_times(side[what]) if what == "learned" else side[what]


def _without_times(learned: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_times(value) if isinstance(value, dict) else value
        for name, value in learned.items()
        if _TIMES not in name
    }


def _counted(found: Values, options: DiffOptions) -> dict[str, Any]:
    counts = {"added": found.added, "removed": found.removed, "changed": found.changed}
    return {**counts, "sample": found.sample(options.samples)}


def _said_values(found: Values, limit: int) -> list[str]:
    return [listed([said(change) for change in found.changes], limit)] if found.touched else []


def _was_predicted(predictions: dict[str, Any] | None) -> TypeGuard[dict[str, Any]]:
    return predictions is not None and "error" not in predictions and predictions["rows"] > 0


def _why_not_predicted(predictions: dict[str, Any] | None) -> str:
    if predictions is None:
        return "nothing was predicted: there is no table to predict on"
    if "error" in predictions:
        return f"nothing could be predicted: {shortened(predictions['error'])}"
    return "nothing was predicted: the table to predict on has no rows"


def _predictions_moved(predictions: dict[str, Any] | None) -> TypeGuard[dict[str, Any]]:
    """Whether predictions differ by more than rounding, which is small and not to one side in most rows."""
    if not _was_predicted(predictions):
        return False
    is_rounding = predictions["changed"] == predictions["small"]
    is_one_sided = 2 * max(predictions["rising"], predictions["falling"]) > predictions["rows"]
    return bool(predictions["changed"]) and not (is_rounding and not is_one_sided)


def _said_predictions(predictions: dict[str, Any]) -> str:
    told = f"{predictions['changed']:,} of {plural(predictions['rows'], 'prediction')} changed"
    if predictions["greatest"] is not None:
        told += f", by {number(predictions['mean'])} in the mean and {number(predictions['greatest'])} at most"
    if predictions["moves"]:
        told += f": {listed([f'{old} → {new} ({count:,})' for old, new, count in predictions['moves']], 2)}"
    return told


def _alike(detail: dict[str, Any], predictions: dict[str, Any] | None) -> Difference:
    """Two models that are told apart by nothing that was looked at: equal only where both have predicted the same."""
    if _was_predicted(predictions):
        words = f"the same parameters, and the same predictions on {plural(predictions['rows'], 'row')}"
        return Difference(words, detail, 0.0, means_nothing=True)
    return Difference(f"the same parameters; {_why_not_predicted(predictions)}", detail, 0.5)
