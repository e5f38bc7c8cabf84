"""A model of a flight's risk, tried on a month that it has not seen."""

from typing import NamedTuple

import pandas as pd
from features import WEATHER
from onward import asset
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance

INPUTS = ["carrier", "origin", "weekday", "hour", "distance", *WEATHER]


class Trial(NamedTuple):
    """The model, and how it did.

    `forecast` has one row per flight of the last month: its risk (from 0 to 1), and what became of it.
    `importance` has one row per input: by how much the area under the curve shrinks when its values are shuffled.
    """

    risk_model: HistGradientBoostingClassifier
    forecast: pd.DataFrame
    importance: pd.DataFrame


@asset
def trial(features: pd.DataFrame) -> Trial:
    """Boosted trees for the risk that a flight is disrupted, learnt from all months but the last.

    The last month is kept from the model, so that it is judged by what it could not have seen.
    """
    is_last_month = features["month"] == features["month"].max()
    seen, unseen = features[~is_last_month], features[is_last_month].reset_index(drop=True)
    model = HistGradientBoostingClassifier(
        max_iter=40,
        learning_rate=0.2,
        max_leaf_nodes=24,
        categorical_features="from_dtype",
        random_state=2013,
    )
    model.fit(inputs(seen), seen["disrupted"])
    columns = ["time_hour", "carrier", "flight", "origin", "month", "disrupted"]
    risk = model.predict_proba(inputs(unseen))[:, 1]
    return Trial(model, unseen[columns].assign(risk=risk.round(4)), importance_of_inputs(model, unseen))


def inputs(features: pd.DataFrame) -> pd.DataFrame:
    """The columns that the model may look at, those of words as categories."""
    return features[INPUTS].astype({"carrier": "category", "origin": "category"})


def importance_of_inputs(model: HistGradientBoostingClassifier, unseen: pd.DataFrame) -> pd.DataFrame:
    """What the model loses with each input shuffled, the greatest loss first; on some of the flights."""
    sample = unseen.sample(4000, random_state=2013)
    shuffled = permutation_importance(
        model, inputs(sample), sample["disrupted"], scoring="roc_auc", n_repeats=3, random_state=2013
    )
    table = pd.DataFrame({"input": INPUTS, "loss": shuffled["importances_mean"].round(4)})
    return table.sort_values(["loss", "input"], ascending=[False, True], ignore_index=True)
