"""What a visit to a hotspot is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass

SEVERITY_LIMITS = (0.5, 2.0)
FRESH, RECOVERY_DAYS = 0.5, 3.0
LOOK_BACK_DAYS = 7


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
    """

    excess: float
    severity: float
    recency: float
    days_since: float | None

    @property
    def prize(self) -> float:
        """The product of the three."""
        return self.excess * self.severity * self.recency


def terms_of(
    observed: float,
    expected: float,
    severity: float | None,
    mean_severity: float | None,
    days_since: float | None,
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
    return Terms(max(observed - expected, 1.0), relative, recency, days_since)
