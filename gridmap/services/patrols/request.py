"""What a plan is asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from gridmap.errors import InvalidInput

DWELL_S = (600.0, 900.0)
"""Ten to fifteen minutes at a hotspot do most for least time (Koper 1995)."""


@dataclass(frozen=True, slots=True)
class PatrolRequest:
    """Parameters of a plan; together with the data they make the same plan again.

    Attributes
    ----------
    on : date
        Local day on which the shift begins.
    hotspot_run_id : int or None
        Run whose hotspots are visited; the newest Gi* run where None.
    teams : tuple of str or None
        Codes; all teams with a base and hours where None.
    seed : int
    seconds : float or None
        Time for the search.
    iterations : int or None
        Steps of the search, in place of a time: the same plan on every machine.
    dwell_s : float
        Length of a visit.
    village_share : float
        Least share of its prize that each village gets, 0 to 1.
    """

    on: dt.date
    hotspot_run_id: int | None = None
    teams: tuple[str, ...] | None = None
    seed: int = 0
    seconds: float | None = 10.0
    iterations: int | None = None
    dwell_s: float = 720.0
    village_share: float = 0.0

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if (self.seconds is None) == (self.iterations is None):
            raise InvalidInput(
                "patrol-stop-rule",
                "请在 --time 与 --iterations 中选一个。",
                "Choose either --time or --iterations.",
            )
        limits = (
            ("seed", self.seed, 0, 2**63 - 1),
            ("time", self.seconds, 0.1, 3600),
            ("iterations", self.iterations, 1, 10**9),
            ("dwell", self.dwell_s, 60, 7200),
            ("village-share", self.village_share, 0, 1),
        )
        for name, value, low, high in limits:
            if value is not None and not low <= value <= high:
                raise InvalidInput(
                    f"{name}-range",
                    f"参数 {name} = {value} 超出范围，应在 {low} 与 {high} 之间。",
                    f"{name} = {value} is out of range: it must be between {low} and {high}.",
                )

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON holds them."""
        return asdict(self) | {"on": self.on.isoformat(), "teams": list(self.teams) if self.teams else None}
