"""Names of villages as people write them."""

from __future__ import annotations

import re

_TAIL = re.compile(
    r"(村民委员会|居民委员会|社区居委会|村委会|居委会|社区|村)$|\s+(village|community|committee|precinct|grid)$",
    re.IGNORECASE,
)


def village_stem(name: str) -> str:
    """Reduce a village's name to what tells it apart: 枫源村委会, 枫源村 and 枫源 are the same.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        In lower case, without the word for "village" at the end; the name itself where nothing else is left.
    """
    text = re.sub(r"\s+", " ", name).strip()
    stem = _TAIL.sub("", text)
    # 枫源村村委会 names the village and its committee.
    stem = _TAIL.sub("", stem) if stem != text and len(stem) > 2 else stem
    return (stem or text).lower()
