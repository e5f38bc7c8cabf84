"""A model of a flight's risk, and how well it does in a month that it has not seen."""

import pandas as pd
from features import WEATHER, features
from onward import asset, check
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score

INPUTS = ["carrier", "origin", "weekday", "hour", "distance", *WEATHER]
WARNED = 0.2


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
        max_iter=60, learning_rate=0.15, max_leaf_nodes=24, categorical_features="from_dtype", random_state=2013
    )
    return model.fit(inputs(seen), seen["disrupted"])


@asset(title="The last month, foretold", key=["time_hour", "carrier", "flight"])
def forecast(risk_model: HistGradientBoostingClassifier, features: pd.DataFrame) -> pd.DataFrame:
    """One row per flight of the last month: its risk (from 0 to 1), and what became of it."""
    unseen = features[is_last_month(features)]
    risk = risk_model.predict_proba(inputs(unseen))[:, 1]
    columns = ["time_hour", "carrier", "flight", "origin", "month", "disrupted"]
    return unseen[columns].assign(risk=risk.round(4)).reset_index(drop=True)


@asset(title="What the model goes by", key=["input"])
def importance(risk_model: HistGradientBoostingClassifier, features: pd.DataFrame) -> pd.DataFrame:
    """How much worse the model ranks flights of the last month with one input shuffled (area under the curve)."""
    sample = features[is_last_month(features)].sample(4000, random_state=2013)
    found = permutation_importance(
        risk_model, inputs(sample), sample["disrupted"], scoring="roc_auc", n_repeats=3, random_state=2013
    )
    table = pd.DataFrame({"input": INPUTS, "loss": found.importances_mean.round(4)})
    return table.sort_values("loss", ascending=False, ignore_index=True)


@asset(title="Area under the curve")
def auc(forecast: pd.DataFrame) -> float:
    """How often a disrupted flight has a higher risk than one that left on time; 0.5 is guessing."""
    return round(roc_auc_score(forecast["disrupted"], forecast["risk"]), 3)


@asset(unit="%", title="Disruptions caught")
def caught(forecast: pd.DataFrame) -> float:
    """The share of all disrupted flights that are among the fifth with the highest risk."""
    warned = forecast["risk"].rank(pct=True, ascending=False, method="first") <= WARNED
    return round(100 * forecast.loc[warned, "disrupted"].sum() / forecast["disrupted"].sum(), 1)


@check(features)
def weather_multiplies_no_flight(features: pd.DataFrame) -> pd.DataFrame:
    """Two reports for one hour would make two flights of one."""
    return features[features.duplicated(["time_hour", "carrier", "flight"], keep=False)]


@check(auc)
def the_model_beats_guessing(auc: float) -> bool:
    """A forecast no better than a coin must not go out."""
    return auc > 0.6


@check(forecast, severity="warn")
def risks_come_true(forecast: pd.DataFrame) -> None:
    """Over the month, as many flights should be disrupted as the risks add up to, give or take two points."""
    foretold, happened = 100 * forecast["risk"].mean(), 100 * forecast["disrupted"].mean()
    assert abs(foretold - happened) < 2, (
        f"{foretold:.1f} % of flights were expected to be disrupted, {happened:.1f} % were"
    )
