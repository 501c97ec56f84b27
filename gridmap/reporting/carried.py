"""What a document of tables carries, unseen, so that it can be made again and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from gridmap.reporting.model import Text
from gridmap.reporting.parts import Part

_BEGIN, _END = '<script type="application/json" id="carried">', "</script>\n"


def with_carried(page: str, carried: str) -> str:
    """Return a page that carries a JSON text, whatever template it was made from.

    Parameters
    ----------
    page : str
        HTML.
    carried : str
        JSON.
    """
    # JSON may hold no end of the element that it stands in.
    return f"{page}{_BEGIN}{carried.replace('<', chr(92) + 'u003c')}{_END}"


def carried_in(page: str) -> str:
    """Return the JSON text that :func:`with_carried` put into a page; an empty object where there is none."""
    _, begin, rest = page.rpartition(_BEGIN)
    return rest.removesuffix(_END) if begin else "{}"


def table_figures(parts: Iterable[Part], language: str) -> dict[str, str]:
    """Return every cell of tables under a name.

    Parameters
    ----------
    parts : iterable of Part
    language : {'zh', 'en'}
        Of names and cells.

    Returns
    -------
    dict of str to str
        By ``table › row › column``; the row is what its first cell says, with a number from the second on that says
        the same.
    """
    told: dict[str, str] = {}
    for part in parts:
        seen: Counter[str] = Counter()
        for line in part.lines:
            first, *cells = (_said(cell, language) for cell in line.cells)
            seen[first] += 1
            row = first if seen[first] == 1 else f"{first} #{seen[first]}"
            told |= {
                f"{_said(part.title, language)} › {row} › {_said(heading, language)}": cell
                for heading, cell in zip(part.headings[1:], cells, strict=True)
            }
    return told


def _said(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en
