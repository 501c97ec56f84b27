"""Headings as they are compared, and the row of a sheet that has them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from gridmap.domain.legible import is_unseen

_BRACKETS = re.compile(r"[(\[【〔{<「《][^()\[\]【】〔〕{}<>「」《》]*[)\]】〕}>」》]")
_BLANK_IN_CHINESE = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
HEADINGS_WITHIN = 30
"""Headings stand in one of so many first rows; above them are titles and whoever filled the sheet in."""


def normal_header(header: str) -> str:
    """Heading as compared: full-width folded, nothing unseen, camel case and punctuation to underscores, lower case."""
    seen = "".join(c for c in header if c in "\r\n\t" or not is_unseen(c))
    text = unicodedata.normalize("NFKC", seen).strip()
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    text = re.sub(r"[\s\-_./:：#*'\"“”、，,;；\\|]+", "_", text).strip("_")
    return text.lower()


def heading_key(header: str) -> str:
    """Heading without what people add to it: brackets with units or 必填, asterisks, blanks and line breaks."""
    text = unicodedata.normalize("NFKC", header)
    bare = _BRACKETS.sub("", text)
    text = bare if re.search(r"\w", bare) else text
    return normal_header(_BLANK_IN_CHINESE.sub("", text))


def heading_row(rows: Sequence[Sequence[str | None]], known: Collection[str]) -> int:
    """Place of the row that has the headings.

    Parameters
    ----------
    rows : sequence of sequences of str
        The first rows of a sheet; :data:`HEADINGS_WITHIN` of them are looked at.
    known : collection of str
        Headings of the records that are expected, as :func:`heading_key` gives them.

    Returns
    -------
    int
        The first row with most known headings; 0 where no row has two.
    """
    counts = [known_headings(row, known) for row in rows[:HEADINGS_WITHIN]]
    most = max(counts, default=0)
    return counts.index(most) if most >= 2 else 0


def known_headings(row: Sequence[str | None], known: Collection[str]) -> int:
    """How many different headings of a row are known."""
    return len({key for cell in row if cell and (key := heading_key(cell)) in known})
