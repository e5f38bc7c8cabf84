"""How good the forecast is, in two numbers, and what must hold before it goes out."""

import pandas as pd
from features import features
from onward import asset, check

WARNED = 0.2


@asset(title="Area under the curve")
def auc(forecast: pd.DataFrame) -> float:
    """How often a disrupted flight has a higher risk than one that left on time; 0.5 is guessing.

    By the sum of ranks (Mann and Whitney's U), in which equal risks count half.
    """
    ranks = forecast["risk"].rank()
    disrupted = forecast["disrupted"]
    bad, good = disrupted.sum(), (~disrupted).sum()
    return round((ranks[disrupted].sum() - bad * (bad + 1) / 2) / (bad * good), 3)


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
    """A forecast hardly better than a coin must not go out."""
    return auc > 0.6


@check("forecast", severity="warn")
def risks_come_true(forecast: pd.DataFrame) -> None:
    """Over the month, as many flights should be disrupted as the risks add up to, give or take two points."""
    foretold, happened = 100 * forecast["risk"].mean(), 100 * forecast["disrupted"].mean()
    assert abs(foretold - happened) < 2, (
        f"{foretold:.1f} % of flights were expected to be disrupted, {happened:.1f} % were"
    )
