"""Rates by grid on everybody who is there, and whose rank changes against residents only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, cast

import numpy as np
import pandas as pd

from gridmap.analysis import rates
from gridmap.domain.gridkey import Scope
from gridmap.domain.terms import MINIMUM
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.observations import load_inputs
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.database import Database

_ROUND = 5
"""People present are told to the nearest five, as published head-counts are."""


class RateRow(TypedDict):
    """A grid's rate per 1,000 people present with its bounds, and its rank among residents only."""

    grid_key: str
    name_zh: str
    name_en: str
    observed: int
    present: int
    rate: float
    lower: float
    upper: float
    rank: int
    rank_residents: int
    change: int


class RateTable(TypedDict):
    """Rates of the grids, the highest first; ``hidden`` ones had fewer than five incidents."""

    rows: list[RateRow]
    hidden: int
    hidden_observed: int
    conventions: Mapping[str, str]
    data_sha256: str


def rate_table(database: Database, scope: Scope, spec: HotspotSpec) -> RateTable:
    """Rates of the grids, smoothed by empirical Bayes, beside those on residents only.

    Parameters
    ----------
    database : Database
    scope : Scope
    spec : HotspotSpec
        With ``by="rate"``.

    Returns
    -------
    RateTable

    Raises
    ------
    InvalidInput
        When the grids have no population.
    """
    if spec.by != "rate":
        raise InvalidInput("rates-by", "发生率表需要 by=rate。", "A table of rates needs by=rate.")
    inputs = load_inputs(database, scope, spec)
    cells = inputs.cells
    inhabited = (cells["exposure"] > 0).to_numpy()
    cells, counts = cells[inhabited], inputs.counts[inhabited]
    residents = cells["population"].to_numpy(dtype=np.float64, na_value=np.nan)
    present = cells["exposure"].to_numpy(dtype=np.float64)
    smoothed = rates.empirical_bayes(counts, present, method="gamma-poisson")
    table = pd.DataFrame(
        {
            "grid_key": cells["grid_key"].astype(str).to_numpy(),
            "name_zh": cells["name_zh"].to_numpy(),
            "name_en": cells["name_en"].to_numpy(),
            "observed": counts,
            "present": (np.round(present / _ROUND) * _ROUND).astype(np.int64),
            "rate": np.round(smoothed.rate * 1000, 2),
            "lower": np.round(smoothed.lower * 1000, 2),
            "upper": np.round(smoothed.upper * 1000, 2),
            "rank": _ranks(counts / present),
            "rank_residents": _ranks(
                np.divide(counts, residents, out=np.zeros(len(cells)), where=residents > 0)
            ),
        }
    )
    table["change"] = table["rank_residents"] - table["rank"]
    shown = _with_enough(table)
    return {
        "rows": cast(
            "list[RateRow]",
            shown.sort_values(["rate", "grid_key"], ascending=[False, True]).to_dict("records"),
        ),
        "hidden": len(table) - len(shown),
        "hidden_observed": int(counts.sum() - shown["observed"].sum()),
        "conventions": smoothed.conventions | {"presence": str(spec.presence), "people": "to the nearest 5"},
        "data_sha256": inputs.sha256,
    }


def _ranks(rate: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return pd.Series(-rate).rank(method="min").astype(int).to_numpy()


def _with_enough(table: pd.DataFrame) -> pd.DataFrame:
    """Rows with five incidents at least; the smallest goes, too, where the others' sum would tell of a few."""
    shown = table[table["observed"] >= MINIMUM].sort_values(["observed", "grid_key"])
    hidden = table["observed"].sum() - shown["observed"].sum()
    return shown.iloc[1:] if 0 < hidden < MINIMUM else shown
