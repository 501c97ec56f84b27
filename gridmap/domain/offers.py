"""Options of commands in the sentences of refusals, said for people who have no command line."""

from __future__ import annotations

import re
from collections.abc import Mapping

OPTIONS = {
    "propose": (r"（gridmap profiles propose）", r" ?\(gridmap profiles propose\)"),
    "grids": (r"（gridmap grids list 可查）", r" \((?:see )?gridmap grids list\)"),
    "lists": (r"，见 gridmap cases lists", r"; see gridmap cases lists"),
    "doubtful": (r"加 --accept-doubtful", r"add --accept-doubtful"),
    "code_system": (r"请加 --code-system [^，]+，", r"Add --code-system .+?, or"),
    "all_sheets": (r"，或用 --all-sheets 全部导入", r", or (?:take )?all with --all-sheets"),
    "archived": (
        r"整份加 --stage archived（映射 stage 写 =archived）重新导入",
        r"import it with --stage archived for all \(a mapping: stage, =archived\)",
    ),
    "crs": (r" ?--crs\b ?", r"--crs\b"),
    "sheet": (r" ?--sheet\b ?", r"--sheet\b"),
    "encoding": (r" ?--encoding\b ?", r"--encoding\b"),
    "valid_from": (r" ?--valid-from\b ?", r"--valid-from\b"),
    "join": (r"加 --join 合并", r"with --join"),
    "mapping": (r" ?--mapping\b ?", r"--mapping\b"),
    "accept_shift": (r"加 --accept-shift", r"add --accept-shift"),
    "accept_ended": (r"加 --accept-ended", r"add --accept-ended"),
}
"""How sentences name what a command offers, in Chinese and English, as regular expressions; the first that fits."""


def said(zh: str, en: str, offered: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Return a sentence in both languages with what its readers have in place of a command's options.

    Parameters
    ----------
    zh, en : str
    offered : mapping
        Name of :data:`OPTIONS` to what stands in its place, in Chinese and English; others stay.

    Examples
    --------
    >>> said(
    ...     "不是，加 --accept-doubtful。",
    ...     "If not, add --accept-doubtful.",
    ...     {"doubtful": ("请说明", "say so")},
    ... )
    ('不是，请说明。', 'If not, say so.')
    """
    for name, (there_zh, there_en) in OPTIONS.items():
        if name in offered:
            zh, en = re.sub(there_zh, offered[name][0], zh), re.sub(there_en, offered[name][1], en)
    return zh, en
