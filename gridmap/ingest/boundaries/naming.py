"""Which column names the grids of a file, where none has a heading that is known."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.domain.records import GRIDS
from gridmap.errors import InvalidInput
from gridmap.ingest.headings import heading_key
from gridmap.ingest.model import Notice, RawTable
from gridmap.ingest.rows.headers import Headings, match_headings

_NAMING = frozenset({"code", "name_zh", "name_en", "grid_key"})
_ENDINGS = ("name", "名", "名称")


def named(raw: RawTable, headings: Headings, mapping: Mapping[str, str]) -> tuple[Headings, list[Notice]]:
    """Return the headings with a column of names among them: the one that is called so and tells the grids apart.

    Parameters
    ----------
    raw : RawTable
        Rows with shapes alone.
    headings : Headings
        As the spellings that are known have them.
    mapping : mapping
        What a person says of columns; one that is named there is left alone.

    Raises
    ------
    InvalidInput
        When several shapes have neither a code nor a name: nobody could tell them apart afterwards.
    """
    if raw.table.num_rows < 2 or _NAMING & {*headings.columns, *headings.constants}:
        return headings, []
    names = [name for name in headings.ignored if name not in mapping and _tells_apart(raw, name)]
    file_name = raw.path.name
    if len(names) == 1:
        notice = Notice(
            "name-column-taken",
            f"{file_name}：没有名称列，把“{names[0]}”当作名称。不对请用映射指明。",
            f'{file_name}: no column has a known heading of names; "{names[0]}" is taken for them. Where that is '
            "wrong, say in a mapping which is.",
        )
        return match_headings(raw.table.column_names, GRIDS, {**mapping, names[0]: "name_zh"}, file_name), [
            notice
        ]
    found = raw.table.column_names[:30]
    raise InvalidInput(
        "grids-nameless",
        f"{file_name}：没有网格编码列，也没有名称列。读到的列：{'、'.join(found) or '无'}。请用映射指明哪一列是什么。",
        f"{file_name}: it has neither a column of codes nor one of names. Its columns: {', '.join(found) or 'none'}. "
        "Say in a mapping which is which.",
    )


def _tells_apart(raw: RawTable, heading: str) -> bool:
    """Whether a column is called a name, is filled with words, and names each grid otherwise."""
    if not heading_key(heading).endswith(_ENDINGS):
        return False
    values = [str(value).strip() if value is not None else "" for value in raw.table[heading].to_pylist()]
    return all(any(c.isalpha() for c in value) for value in values) and len(set(values)) == len(values)
