"""A model of a flight's risk, and what it says of a month that it has not seen."""

from typing import NamedTuple

import pandas as pd
from features import WEATHER
from onward import asset
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance

INPUTS = ["carrier", "origin", "weekday", "hour", "distance", *WEATHER]


def inputs(features: pd.DataFrame) -> pd.DataFrame:
    """The columns that the model may look at, those of words as categories."""
    return features[INPUTS].astype({"carrier": "category", "origin": "category"})


def is_last_month(features: pd.DataFrame) -> pd.Series:
    """The rows that are kept from the model, so that it is judged by what it could not have seen."""
    return features["month"] == features["month"].max()


@asset(title="The model")
def risk_model(features: pd.DataFrame) -> HistGradientBoostingClassifier:
    """Boosted trees for the risk that a flight is disrupted, learnt from all months but the last."""
    seen = features[~is_last_month(features)]
    model = HistGradientBoostingClassifier(
        max_iter=50, learning_rate=0.15, max_leaf_nodes=24, categorical_features="from_dtype", random_state=2013
    )
    return model.fit(inputs(seen), seen["disrupted"])


class Trial(NamedTuple):
    """The model, tried on the last month.

    `forecast` has one row per flight: its risk (from 0 to 1), and what became of it. `importance` has one row
    per input: by how much the area under the curve shrinks when its values are shuffled.
    """

    forecast: pd.DataFrame
    importance: pd.DataFrame


@asset
def trial(risk_model: HistGradientBoostingClassifier, features: pd.DataFrame) -> Trial:
    """Foretells the last month, once as it was and, for each input, with that one shuffled."""
    unseen = features[is_last_month(features)].reset_index(drop=True)
    risk = risk_model.predict_proba(inputs(unseen))[:, 1]
    columns = ["time_hour", "carrier", "flight", "origin", "month", "disrupted"]
    sample = unseen.sample(4000, random_state=2013)
    shuffled = permutation_importance(
        risk_model, inputs(sample), sample["disrupted"], scoring="roc_auc", n_repeats=3, random_state=2013
    )
    importance = pd.DataFrame({"input": INPUTS, "loss": shuffled.importances_mean.round(4)})
    return Trial(
        forecast=unseen[columns].assign(risk=risk.round(4)),
        importance=importance.sort_values(["loss", "input"], ascending=[False, True], ignore_index=True),
    )
