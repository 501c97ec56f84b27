"""Which column of a file is which field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gridmap.domain.fields import Field, Noun
from gridmap.domain.records import NOUNS
from gridmap.errors import InvalidInput
from gridmap.ingest.headings import heading_key
from gridmap.ingest.personal import refuse_personal_headers
from gridmap.ingest.rows.refused import REASON_HEADERS

WKT_HEADERS = frozenset({"wkt", "geometry", "geom", "几何", "the_geom"})
_PAIR_HEADERS = frozenset(
    {
        *(
            "经纬度",
            "经纬度坐标",
            "坐标",
            "位置坐标",
            "点位坐标",
            "地理坐标",
            "gps",
            "gps坐标",
            "定位",
            "lonlat",
        ),
        *("lon_lat", "lnglat", "lng_lat", "longlat", "coordinates", "coordinate", "xy", "longitude_latitude"),
    }
)
_ROUND_A_WORD = re.compile("^(?:所属|所在|案件|事件|事项|纠纷|矛盾)(?=.{2})|(?:坐标|信息|情况)$")
_UNSURE = 3
_CUT_BYTES = 10
_PERSON_HERE = frozenset({"name", "names", "名字"})
_NAMELESS = frozenset({"incidents", "incident_steps", "team_positions"})
_UNITS = (
    "_m",
    "_米",
    "(m)",
    "(米)",
    "_km_h",
    "_公里_小时",
    "(公里_小时)",
    "(km_h)",
    "_度",
    "(度)",
    "_人",
    "(人)",
)


@dataclass(frozen=True, slots=True)
class Headings:
    """How the columns of a file are read.

    Attributes
    ----------
    columns : dict
        Field to heading in the file.
    constants : dict
        Field to the value that every row gets.
    ignored : tuple of str
        Headings that are not read.
    wkt : str or None
        Heading of a column with the geometry as text.
    lacking : tuple of str
        What a new record needs and the file does not have, in a file of a few columns that updates known records.
    """

    columns: dict[str, str]
    constants: dict[str, str]
    ignored: tuple[str, ...]
    wkt: str | None
    lacking: tuple[str, ...] = ()


def noun_of(name: str) -> Noun:
    """Field table of a noun.

    Raises
    ------
    InvalidInput
        When there is no such noun.
    """
    if name not in NOUNS:
        raise InvalidInput(
            "noun-unknown",
            f"没有“{name}”这种记录，可导入：{'、'.join(NOUNS)}。",
            f'There are no records called "{name}"; these can be imported: {", ".join(NOUNS)}.',
        )
    return NOUNS[name]


def split_values(
    mapping: Mapping[str, str] | None, noun: Noun
) -> tuple[dict[str, str] | None, dict[str, dict[str, str]]]:
    """Part a mapping into that of headings, and that of values by field (``"channel=网格员上报": "patrol"``)."""
    headings: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    fields = {f.name for f in noun.fields}
    for left, right in (mapping or {}).items():
        field, sign, text = left.partition("=")
        if sign and field in fields:
            values.setdefault(field, {})[text.strip()] = right
        else:
            headings[left] = right
    return (headings if mapping is not None else None), values


def dispute_headings(names: list[str], noun: Noun, mapping: Mapping[str, str] | None) -> bool:
    """Tell whether a table without a column for the domain is one of disputes, by what else it tells of them."""
    if noun.name != "incidents":
        return False
    aliases = _aliases(noun)
    meant = (
        {_meant(heading_key(n), aliases)[0] for n in names}
        | set((mapping or {}).values())
        | set(mapping or {})
    )
    return "domain" not in meant and sum(n.strip().startswith(("化解", "纠纷", "调解")) for n in names) >= 2


def match_headings(
    names: list[str],
    noun: Noun,
    mapping: Mapping[str, str] | None,
    file_name: str,
    *,
    with_place: bool = True,
    may_lack: bool = False,
    only_look: bool = False,
) -> Headings:
    """Match the headings of a file with a noun's fields.

    Parameters
    ----------
    names : list of str
    noun : Noun
    mapping : mapping of str to str, optional
        Heading in the file to field; or field to ``"=value"`` for a value that every row gets; or heading to
        ``""`` for a column that is not to be read.
    file_name : str
    with_place : bool
        False when the file has geometries of its own.
    may_lack : bool
        Let a file that names its records lack what new ones need.
    only_look : bool
        Let any file lack anything: what it has is asked, not imported.

    Raises
    ------
    InvalidInput
        When a column means a person, the mapping names what does not exist, two columns claim one field, or a
        required field has no column.
    """
    unnamed = [n for n in names if n not in REASON_HEADERS]
    mapped = {heading_key(k): v for k, v in (mapping or {}).items()}
    also = _PERSON_HERE - set(mapped) if noun.name in _NAMELESS else frozenset()
    refuse_personal_headers(unnamed, file_name, also)
    columns, constants = _from_mapping(unnamed, noun, mapping or {}, file_name)
    aliases = _aliases(noun)
    wkt = None
    ignored = []
    taken = set(columns.values())
    claims: dict[str, list[tuple[int, str]]] = {}
    for name in unnamed:
        if name in taken:
            continue
        key = heading_key(name)
        if key in mapped:
            ignored.append(name)
            continue
        field, rank = _meant(key, aliases)
        if noun.place in {"line", "polygon"} and key in WKT_HEADERS:
            wkt = name
        elif not field or field in columns or field in constants:
            ignored.append(name)
        else:
            claims.setdefault(field, []).append((rank, name))
    for field, rivals in claims.items():
        rivals.sort()
        columns[field] = rivals[0][1]
        # A heading that is the field's own name wins over one that merely may mean it.
        if len(rivals) > 1 and rivals[1][0] == rivals[0][0]:
            raise _twice(file_name, field, [n for _, n in rivals])
        ignored.extend(n for _, n in rivals[1:])
    _pair_of_coordinates(noun, columns, ignored)
    missing = _missing(noun, columns, constants, with_place=with_place and wkt is None)
    if missing and not only_look and not (may_lack and _names_records(noun, columns, constants)):
        raise column_missing(missing, file_name, unnamed)
    order = {n: i for i, n in enumerate(names)}
    return Headings(columns, constants, tuple(sorted(ignored, key=lambda n: order[n])), wkt, tuple(missing))


def known_keys(noun: Noun, mapping: Mapping[str, str] | None) -> frozenset[str]:
    """Headings by which a table of a noun is recognised, as :func:`gridmap.ingest.headings.heading_key` gives them."""
    return frozenset(_aliases(noun)) | {
        heading_key(k) for k, v in (mapping or {}).items() if not v.startswith("=")
    }


def _pair_of_coordinates(noun: Noun, columns: dict[str, str], ignored: list[str]) -> None:
    """Take one column with both coordinates for both fields, where neither has a column of its own."""
    axes = [f.name for f in noun.fields if f.kind in {"x", "y"}]
    if len(axes) == 2 and not any(axis in columns for axis in axes):
        pair = next((name for name in ignored if heading_key(name) in _PAIR_HEADERS), None)
        if pair is not None:
            columns.update(dict.fromkeys(axes, pair))
            ignored.remove(pair)


def _meant(key: str, aliases: dict[str, tuple[str, int]]) -> tuple[str, int]:
    """Return the field that a heading means and how surely, least where words had to be taken off it."""
    found = aliases.get(key) or aliases.get(_without_unit(key))
    if found:
        return found
    field, _ = aliases.get(_ROUND_A_WORD.sub("", key), ("", 0))
    return field or _cut(key, aliases), _UNSURE


def _cut(key: str, aliases: dict[str, tuple[str, int]]) -> str:
    """Return the one field whose heading a shapefile, with its room for ten bytes, cuts to this one."""
    if not _CUT_BYTES - 3 < len(key.encode()) <= _CUT_BYTES:
        return ""
    meant = {
        field
        for name, (field, _) in aliases.items()
        if name.startswith(key) and len(name.encode()) > _CUT_BYTES
    }
    return meant.pop() if len(meant) == 1 else ""


def _without_unit(key: str) -> str:
    for unit in _UNITS:
        key = key.removesuffix(unit)
    return key.rstrip("_")


def _aliases(noun: Noun) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for f in noun.fields:
        for rank, spelling in enumerate((f.name, f.zh, *f.aliases)):
            found.setdefault(heading_key(spelling), (f.name, min(rank, 2)))
    for f in noun.fields:
        found[heading_key(f.name)] = (f.name, 0)
    return found


def _from_mapping(
    names: list[str], noun: Noun, mapping: Mapping[str, str], file_name: str
) -> tuple[dict[str, str], dict[str, str]]:
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    fields = {f.name for f in noun.fields}
    by_key = {heading_key(n): n for n in names}
    for left, right in mapping.items():
        target = left if right.startswith("=") else right
        if not target:
            continue
        if target not in fields:
            raise InvalidInput(
                "mapping-field-unknown",
                f"映射文件中的字段“{target}”不存在，{noun.zh}的字段有：{'、'.join(sorted(fields))}。",
                f'The mapping names a field "{target}" that {noun.name} do not have; '
                f"they have: {', '.join(sorted(fields))}.",
            )
        if target in columns or target in constants:
            raise _twice(file_name, target, [left])
        if right.startswith("="):
            constants[target] = right[1:]
        elif heading_key(left) in by_key:
            columns[target] = by_key[heading_key(left)]
        else:
            raise InvalidInput(
                "mapping-heading-missing",
                f"{file_name}：映射文件中的列“{left}”在表头中没有。表头有：{'、'.join(names[:40])}。",
                f'{file_name}: the mapping names a column "{left}" that is not among the headings: '
                f"{', '.join(names[:40])}.",
            )
    return columns, constants


def _twice(file_name: str, field: str, names: list[str]) -> InvalidInput:
    return InvalidInput(
        "field-twice",
        f"{file_name}：列“{'、'.join(names)}”都对应字段 {field}。请删除其中一列，或用映射文件指明。",
        f'{file_name}: the columns "{", ".join(names)}" both mean {field}. Delete one, or use a mapping.',
    )


def _missing(
    noun: Noun, columns: dict[str, str], constants: dict[str, str], *, with_place: bool
) -> list[str]:
    """Return what a new record of the noun needs and the file does not have."""

    def has(name: str) -> bool:
        return name in columns or name in constants

    missing = [f"{f.zh} {f.name}" for f in noun.fields if f.required and not has(f.name)]
    fields = {f.name for f in noun.fields}
    if noun.place == "point" and with_place:
        placed = (has("lon") and has("lat")) or any(f.kind == "line" and has(f.name) for f in noun.fields)
        placed = placed or any(n in fields and has(n) for n in ("grid_code", "village_name"))
        if not placed:
            missing.append("经度 lon + 纬度 lat" + (" / 网格编码 grid_code" if "grid_code" in fields else ""))
    # Boundaries say by themselves which of them lack a shape.
    if noun.place == "polygon" and noun.name != "grids" and with_place:
        missing.append("图形 geometry")
    return missing


def _names_records(noun: Noun, columns: dict[str, str], constants: dict[str, str]) -> bool:
    """Tell whether a file names its records and says something of them; a kind says nothing without its domain."""
    given = set(columns) | set(constants)
    return (
        len(noun.unique) == 1
        and noun.unique[0] in columns
        and len(given) > 1
        and not ("kind" in given and "domain" not in given and noun.name == "incidents")
    )


def column_missing(missing: list[str], file_name: str, names: list[str]) -> InvalidInput:
    """Return the error of a file without columns that are needed."""
    return InvalidInput(
        "column-missing",
        f"{file_name}：缺少列 {'、'.join(missing)}。读到的表头：{'、'.join(names[:40])}。"
        "请补上该列，或用映射文件指明哪一列是它。",
        f"{file_name}: columns are missing: {', '.join(missing)}. The headings found are: "
        f"{', '.join(names[:40])}. Add the columns, or say in a mapping which is which.",
    )


def label(field: Field, headings: Headings) -> str:
    """Heading by which a person knows a field."""
    return headings.columns.get(field.name, field.name)
