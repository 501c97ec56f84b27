"""Which worksheets of a workbook have records of a kind: one a month, as many a register is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gridmap.ingest.reading import read_raw
from gridmap.ingest.rows.headers import known_keys, noun_of, split_values


def record_sheets(path: Path, noun: str, mapping: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the visible worksheets that have rows below headings of a kind, in the workbook's order.

    Parameters
    ----------
    path : Path
    noun : str
        Key of :data:`gridmap.domain.records.NOUNS`.
    mapping : mapping, optional
        Heading to field.

    Returns
    -------
    tuple of str
        None where the file is no workbook.

    Raises
    ------
    InvalidInput
        When the file cannot be read.
    """
    table = noun_of(noun)
    told, _ = split_values(None if mapping is None else dict(mapping), table)
    return read_raw(path, known=known_keys(table, told)).alike
