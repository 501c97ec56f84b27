"""The figures of a report, each under a name, so that two of them can be compared."""

from __future__ import annotations

from gridmap.reporting.model import HotspotReport
from gridmap.reporting.tables import frames

_OF_THE_WHOLE = {"since", "until", "caption_zh", "caption_en"}


def figures(report: HotspotReport) -> dict[str, str]:
    """Return every cell of the report's tables, and the numbers of its first sentence.

    Parameters
    ----------
    report : HotspotReport

    Returns
    -------
    dict of str to str
        By ``table.row.column``; the row is what its first column says.
    """
    told = {"incidents": str(report.incidents), "grids": str(report.cells), "cold": str(report.cold)}
    for table, (_, frame) in frames(report).items():
        for cells in frame.astype(object).to_dict("records"):
            row = next(iter(cells.values()))
            told |= {
                f"{table}.{row}.{column}": str(value)
                for column, value in cells.items()
                if column not in _OF_THE_WHOLE
            }
    return told
