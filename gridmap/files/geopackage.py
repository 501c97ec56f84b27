"""Several layers in one GeoPackage, each with the style by which QGIS draws it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import geopandas as gpd
import pyogrio

from gridmap.files.atomic import replacing
from gridmap.files.layers import NO_CLOCK

_STYLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)
"""
_CONTENTS = (
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
    "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)"
)
_STYLE = (
    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, "
    "styleSLD, useAsDefault, description, owner, ui, update_time) "
    "VALUES ('', '', ?, 'geom', ?, ?, '', 1, '', '', NULL, ?)"
)


@dataclass(frozen=True, slots=True)
class Fill:
    """How areas of one value are drawn.

    Attributes
    ----------
    value, label : str
        Of the column by which areas are told apart, and what the legend says.
    ink : str
        Hexadecimal colour of the filling.
    pattern : str
        Qt's name: ``solid``, ``no``, ``b_diagonal``, ``dense6`` …
    edge, dash : str
        Colour of the edge; ``solid`` or ``dash``.
    width_mm : float
    """

    value: str
    label: str
    ink: str
    pattern: str
    edge: str
    dash: str = "solid"
    width_mm: float = 0.4


@dataclass(frozen=True, slots=True)
class Look:
    """How a layer is drawn: areas told apart by `column`, with the column `name` as label where there is one."""

    column: str
    fills: tuple[Fill, ...]
    name: str | None = None


def write_geopackage(layers: Mapping[str, tuple[gpd.GeoDataFrame, Look]], path: Path) -> None:
    """Write layers to one GeoPackage, which appears complete or not at all; the same layers give the same bytes.

    Parameters
    ----------
    layers : mapping of str to (GeoDataFrame, Look)
        By name; geometries in EPSG:4326.
    path : Path
        Ends in ``.gpkg``.
    """
    with replacing(path) as temporary:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": NO_CLOCK})
        for number, (name, (frame, _)) in enumerate(layers.items()):
            words = [c for c in frame if c != frame.geometry.name and frame[c].dtype.kind == "O"]
            kept = frame.assign(**{c: frame[c].astype("string") for c in words})
            kept.to_file(
                temporary, layer=name, driver="GPKG", mode="a" if number else "w", promote_to_multi=True
            )
        with contextlib.closing(sqlite3.connect(temporary)) as held, held:
            held.execute(_STYLES)
            held.execute(_CONTENTS, (NO_CLOCK,))
            for name, (_, look) in layers.items():
                held.execute(_STYLE, (name, name, _qml(look), NO_CLOCK))


def _qml(look: Look) -> str:
    categories = "".join(
        f'<category render="true" symbol="{n}" value="{escape(f.value)}" label="{escape(f.label)}" type="string"/>'
        for n, f in enumerate(look.fills)
    )
    symbols = "".join(_symbol(n, fill) for n, fill in enumerate(look.fills))
    label = "" if look.name is None else _label(look.name)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.22.0" styleCategories="Symbology|Labeling" labelsEnabled="{int(look.name is not None)}">'
        f'<renderer-v2 type="categorizedSymbol" attr="{escape(look.column)}" symbollevels="0" enableorderby="0" '
        f'forceraster="0"><categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>'
        f"{label}<layerGeometryType>2</layerGeometryType></qgis>"
    )


def _symbol(number: int, fill: Fill) -> str:
    given = {
        "color": _rgba(fill.ink),
        "outline_color": _rgba(fill.edge),
        "outline_style": fill.dash,
        "outline_width": f"{fill.width_mm:g}",
        "outline_width_unit": "MM",
        "style": fill.pattern,
    }
    options = "".join(f'<Option type="QString" name="{k}" value="{v}"/>' for k, v in given.items())
    return (
        f'<symbol type="fill" name="{number}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="SimpleFill" enabled="1" locked="0" pass="0"><Option type="Map">{options}</Option>'
        "</layer></symbol>"
    )


def _label(column: str) -> str:
    return (
        f'<labeling type="simple"><settings calloutType="simple"><text-style '
        f'fieldName="{escape(column)}" isExpression="0" '
        'fontSize="9" fontSizeUnit="Point" fontFamily="Noto Sans CJK SC" textColor="29,35,38,255">'
        '<text-buffer bufferDraw="1" bufferSize="1" bufferSizeUnits="MM" bufferColor="255,255,255,255"/></text-style>'
        '<placement placement="1"/></settings></labeling>'
    )


def _rgba(ink: str) -> str:
    return ",".join(str(int(ink[i : i + 2], 16)) for i in (1, 3, 5)) + ",255"
