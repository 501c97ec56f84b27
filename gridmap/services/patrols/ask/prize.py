"""What a visit to a hotspot is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass

SEVERITY_LIMITS = (0.5, 2.0)
FRESH, RECOVERY_DAYS = 0.5, 3.0
LOOK_BACK_DAYS = 7
DOSED = 0.5


@dataclass(frozen=True, slots=True)
class Terms:
    """The factors of a prize.

    Attributes
    ----------
    excess : float
        Reports above expectation, at least 1.
    severity : float
        Mean severity of the hotspot's incidents over the mean of all hotspots, kept within 0.5 and 2; 1 where unknown.
    recency : float
        1 - 0.5 exp(-d / 3) for d days since the last visit: 0.5 straight after it, 0.64 after a day, 0.95 after a week;
        1 where there was none in seven days.
    days_since : float or None
    dose : float
        1 - 0.5 × the share of its week's minutes that a place got: 0.5 where it had its dose; 1 where none is asked.
    delivered_min : float
        Minutes that teams were seen there in the seven days before.
    patrol_found : int
        Incidents that patrols found, left out of the excess.
    """

    excess: float
    severity: float
    recency: float
    days_since: float | None
    dose: float = 1.0
    delivered_min: float = 0.0
    patrol_found: int = 0

    @property
    def prize(self) -> float:
        """The product of the four."""
        return self.excess * self.severity * self.recency * self.dose


def terms_of(
    observed: float,
    expected: float,
    severity: float | None,
    mean_severity: float | None,
    days_since: float | None,
    *,
    delivered_min: float = 0.0,
    dose_min: float = 0.0,
    patrol_found: int = 0,
) -> Terms:
    """Weigh one hotspot.

    Parameters
    ----------
    observed, expected : float
        Incidents of the run's period.
    severity, mean_severity : float or None
        Mean severity, 1 to 5, of the hotspot's incidents, and the mean of that over the run's hotspots.
    days_since : float or None
        Days from the last visit to the shift's beginning.
    delivered_min, dose_min : float
        Minutes of the seven days before, and those that a place is to have in a week; 0 where none are asked for.
    patrol_found : int
        Incidents among the observed that patrols found: where patrols look they find.

    Returns
    -------
    Terms
    """
    relative = 1.0
    if severity is not None and mean_severity:
        relative = min(max(severity / mean_severity, SEVERITY_LIMITS[0]), SEVERITY_LIMITS[1])
    recency = 1.0
    if days_since is not None:
        recency = 1.0 - (1.0 - FRESH) * math.exp(-max(days_since, 0.0) / RECOVERY_DAYS)
    dose = 1.0 - (1.0 - DOSED) * min(1.0, delivered_min / dose_min) if dose_min > 0.0 else 1.0
    excess = max(observed - patrol_found - expected, 1.0)
    return Terms(excess, relative, recency, days_since, dose, delivered_min, patrol_found)
