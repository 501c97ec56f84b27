"""Terms of what is asked for: unit, default and limits of each, for commands, API and services alike."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.errors import InvalidInput

CAPTION = ("接报量，不代表危险", "reported incidents, not danger")
"""Stands with every figure of hotspots, in Chinese and English."""

MINIMUM = 5
"""Fewest incidents that a published cell may hold."""


@dataclass(frozen=True, slots=True)
class Term:
    """A number that may be asked for.

    Attributes
    ----------
    name : str
        As the command line calls it, and the code of its refusal begins.
    unit : str
        Empty for counts and shares.
    default : float or None
        None where it is chosen by what is asked for.
    low, high : float
        Both may be asked for.
    zh, en : str
        What it says.
    """

    name: str
    unit: str
    default: float | None
    low: float
    high: float
    zh: str
    en: str

    def refuse(self, value: float | None) -> None:
        """Refuse a value outside the limits; None is left to the default.

        Raises
        ------
        InvalidInput
        """
        if value is not None and not self.low <= value <= self.high:
            raise InvalidInput(
                f"{self.name.replace('_', '-')}-range",
                f"参数 {self.name} = {value} 超出范围，应在 {self.low} 与 {self.high} 之间。",
                f"{self.name} = {value} is out of range: it must be between {self.low} and {self.high}.",
            )


SEED_MOST = 2**63 - 1
DWELL_S = 720.0
GAP_S = 3600.0
SEARCH_S = 10.0
REVISIT_SHARE = 0.6
LOSS = 0.03
BALANCE = 0.01
MAX_WAIT_S = 900.0

SEED = Term("seed", "", 0, 0, SEED_MOST, "随机种子", "seed")
SEARCH = Term("time", "s", SEARCH_S, 0.1, 3600, "搜索时间", "time of the search")
STEPS = Term("iterations", "", None, 1, 10**9, "搜索步数", "steps of the search")
DWELL = Term("dwell", "s", DWELL_S, 60, 7200, "停留时间", "length of a visit")
VILLAGE_SHARE = Term("village-share", "", 0.0, 0, 1, "各村的最低份额", "least share of each village")
VISITS = Term("visits", "", 1, 1, 6, "每处最多到访次数", "most visits to a stop")
GAP = Term("min-gap", "s", GAP_S, 0, 43_200, "两次到访的间隔", "least time between two visits")
REVISIT = Term(
    "revisit-share", "", REVISIT_SHARE, 0, 1, "再次到访的得分比例", "share that a further visit earns"
)
BALANCED = Term(
    "balance", "", BALANCE, 0, 0.5, "为均衡负荷最多放弃的得分", "most share of prize given up for even loads"
)
WAIT = Term("max-wait", "s", MAX_WAIT_S, 0, 43_200, "每次最长等候", "longest wait before a visit")
INTERVAL = Term("max-interval", "s", None, 600, 43_200, "两次到访最长的间隔", "most time between two visits")
LOST = Term("loss", "", LOSS, 0, 0.5, "最多放弃的得分", "most share of prize given up")
NIGHTS = Term("nights", "", 1, 1, 31, "连续几夜", "consecutive nights")
PERMUTATIONS = Term("permutations", "", None, 0, 99_999, "随机重复次数", "random replications")
ALPHA = Term("alpha", "", 0.05, 1e-6, 0.5, "错误发现率", "false discovery rate")
PRESENCE = Term("presence", "", 0.8, 0, 1, "出现比例", "share of periods")

TERMS = {
    term.name: term
    for term in (
        *(SEED, SEARCH, STEPS, DWELL, VILLAGE_SHARE, VISITS, GAP, REVISIT, LOST, NIGHTS),
        *(BALANCED, WAIT, INTERVAL),
        *(PERMUTATIONS, ALPHA, PRESENCE),
    )
}
