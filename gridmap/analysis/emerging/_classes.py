"""The seventeen classes of emerging hotspots, and the rules that tell them apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST = 0.9
_NONE = "none"


@dataclass(frozen=True, slots=True)
class EmergingClass:
    """A class, as legends show it."""

    code: str
    zh: str
    en: str
    definition_zh: str
    definition_en: str


_RULES = (
    (
        "new",
        "新增",
        "New",
        "最后一个时段是显著{zh}，此前从未显著。",
        "A significant {en} in the last period, and never significant before.",
    ),
    (
        "consecutive",
        "连续",
        "Consecutive",
        "最后连着至少两个时段是显著{zh}，此前从未显著，且显著{zh}的时段不足九成。",
        "One run of at least two significant {en} periods at the end, none before it, less than 90 % of all periods.",
    ),
    (
        "intensifying",
        "加强",
        "Intensifying",
        "至少九成时段是显著{zh}，包括最后一个，且聚集程度显著增强。",
        "A significant {en} in at least 90 % of the periods and in the last one, and significantly stronger with time.",
    ),
    (
        "persistent",
        "持续",
        "Persistent",
        "至少九成时段是显著{zh}，包括最后一个，强弱没有显著变化。",
        "A significant {en} in at least 90 % of the periods and in the last one, without a significant trend.",
    ),
    (
        "diminishing",
        "减弱",
        "Diminishing",
        "至少九成时段是显著{zh}，包括最后一个，但聚集程度显著减弱。",
        "A significant {en} in at least 90 % of the periods and in the last one, and significantly weaker with time.",
    ),
    (
        "sporadic",
        "零散",
        "Sporadic",
        "时有时无的显著{zh}：不足九成时段显著，从未是显著{zh_other}，且不属于新增或连续。",
        "On and off: a significant {en} in less than 90 % of the periods, never a {en_other}, not new or consecutive.",
    ),
    (
        "oscillating",
        "摆动",
        "Oscillating",
        "最后一个时段是显著{zh}，此前曾是显著{zh_other}，显著{zh}的时段不足九成。",
        "A significant {en} in the last period, a {en_other} in one before; less than 90 % of the periods a {en}.",
    ),
    (
        "historical",
        "历史",
        "Historical",
        "至少九成时段是显著{zh}，但最后一个时段不显著。",
        "A significant {en} in at least 90 % of the periods, but not in the last one.",
    ),
)
_HEAT = (("hot", "热点", "hot spot", "冷点", "cold spot"), ("cold", "冷点", "cold spot", "热点", "hot spot"))

CLASSES: tuple[EmergingClass, ...] = (
    *(
        EmergingClass(
            f"{code}_{heat}",
            f"{zh}{noun_zh}",
            f"{en} {noun_en}",
            rule_zh.format(zh=noun_zh, zh_other=other_zh),
            rule_en.format(en=noun_en, en_other=other_en),
        )
        for heat, noun_zh, noun_en, other_zh, other_en in _HEAT
        for code, zh, en, rule_zh, rule_en in _RULES
    ),
    EmergingClass(_NONE, "无规律", "No pattern", "不属于以上任何一类。", "None of the patterns above."),
)


def labelled(
    signs: NDArray[np.int8],
    tau: NDArray[np.float64],
    p: NDArray[np.float64],
    alpha: float,
    *,
    sporadic_at_end: bool,
) -> NDArray[np.str_]:
    """Code of each cell's class, shape (n,).

    `signs` (n, T) is 1 where a bin is a significant hot spot, -1 where a cold one, 0 elsewhere. The rules
    exclude each other: a bin that is significant at the end decides between hot and cold, and then what came before.
    """
    label = np.full(len(signs), _NONE, dtype="<U17")
    n_times = signs.shape[1]
    trend = np.where(p <= alpha, np.sign(tau), 0)
    for heat, sign in (("hot", 1), ("cold", -1)):
        this, other = signs == sign, signs == -sign
        share, last = this.sum(axis=1) / n_times, this[:, -1]
        ever_other, ever = other.any(axis=1), this.any(axis=1)
        most = share >= MOST - 1e-12
        run = np.logical_and.accumulate(this[:, ::-1], axis=1).sum(axis=1)
        single = run == (signs != 0).sum(axis=1)
        rising = trend * sign
        rules = {
            "oscillating": last & ~most & ever_other,
            "new": last & ~most & single & (run == 1),
            "consecutive": last & ~most & single & (run > 1),
            "sporadic": ever & ~most & ~ever_other & ~(last & single) & (last | (not sporadic_at_end)),
            "intensifying": last & most & (rising > 0),
            "diminishing": last & most & (rising < 0),
            "persistent": last & most & (rising == 0),
            "historical": ~last & most & ~other[:, -1],
        }
        for code, holds in rules.items():
            label[holds] = f"{code}_{heat}"
    return label
