"""A workspace's layers as one folium map that opens without a network: grids in classes, incidents, hotspots."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import folium
import shapely
from markupsafe import Markup

from gridmap.crs import BBox
from gridmap.reporting.classes import NO_VALUE, Classes, patterns
from gridmap.reporting.model import Text
from gridmap.reporting.page import inside
from gridmap.reporting.web_parts import Corner, Named, North, Scale, Told, Verbatim

_ACCENT, _INK, _POINT = "#b3361b", "#1d2326", "#1f4fa3"
_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">"
)
_STYLE = (
    "<style>.legend { background: #fff; color: #1d2326; padding: 8px 10px; font: 13px/1.5 sans-serif; "
    "border: 1px solid #bfc2bc; max-width: 260px } .legend svg { vertical-align: -3px; margin-right: 6px } "
    ".legend p { margin: 0 }</style>"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A shape with what it says.

    Attributes
    ----------
    shape : shapely geometry
        EPSG:4326.
    told : str
        Plain text; line ends are kept.
    value : float or None
        Of a grid: what it is coloured by.
    """

    shape: shapely.Geometry
    told: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Explored:
    """What the map shows.

    Attributes
    ----------
    grids, incidents, hotspots : sequence of Shown
    classes : Classes or None
        Of the grids' values.
    value : Text
        What the grids are coloured by.
    digits : int
        Decimals of the values.
    notes : tuple of Text
        What a reader must know besides: what was left out, which run the hotspots are of.
    bounds : (west, south, east, north)
    """

    grids: Sequence[Shown]
    incidents: Sequence[Shown]
    hotspots: Sequence[Shown]
    classes: Classes | None
    value: Text
    digits: int
    notes: tuple[Text, ...]
    bounds: BBox


def explore_map(shown: Explored, *, leaflet_js: str, leaflet_css: str) -> folium.Map:
    """Draw the map.

    Parameters
    ----------
    shown : Explored
    leaflet_js, leaflet_css : str
        The map library, without addresses of other files.

    Returns
    -------
    folium.Map
        It stands alone: ``save()`` writes a page that asks nothing of another host, and a notebook shows it.
    """
    named = Named()
    west, south, east, north = shown.bounds
    chart: folium.Map = named(
        folium.Map(
            location=[(south + north) / 2, (west + east) / 2],
            tiles=None,
            zoom_start=12,
            attribution_control=False,
            zoom_snap=0.25,
            max_zoom=19,
        )
    )
    chart.default_js, chart.default_css = [], []
    figure: Any = chart.get_root()
    named(figure)
    # Before what folium adds itself, so that nothing runs that is not allowed for.
    figure.header.add_child(named(Verbatim(_POLICY)), name="policy", index=0)
    figure.header.add_child(named(Verbatim(f"<style>{inside(leaflet_css)}</style>{_STYLE}")), name="style")
    figure.header.add_child(named(Verbatim(f"<script>{inside(leaflet_js)}</script>")), name="leaflet")
    hidden = f'<svg width="0" height="0" style="position: absolute" aria-hidden="true"><defs>{patterns()}</defs></svg>'
    figure.html.add_child(named(Verbatim(hidden)), name="patterns")
    layers = (
        (shown.grids, Text("网格", "grids"), None),
        (
            shown.incidents,
            Text("事件", "incidents"),
            {"color": _POINT, "fillColor": _POINT, "weight": 1, "fillOpacity": 0.5},
        ),
        (shown.hotspots, Text("热点", "hotspots"), {"color": _ACCENT, "weight": 3, "fillOpacity": 0.05}),
    )
    for features, name, style in layers:
        if features:
            _layer(named, shown.classes, features, name, style).add_to(chart)
    named(folium.LayerControl(collapsed=False)).add_to(chart)
    named(Scale()).add_to(chart)
    named(North()).add_to(chart)
    named(Corner(_legend(shown), "legend", "bottomright")).add_to(chart)
    chart.add_child(named(folium.FitBounds([[south, west], [north, east]], padding=(12, 12))))
    return chart


def _layer(
    named: Named, classes: Classes | None, features: Sequence[Shown], name: Text, style: dict[str, Any] | None
) -> Any:
    drawn = [
        {
            "type": "Feature",
            "id": str(number),
            "properties": {"told": one.told, "fill": _fill(classes, one.value)},
            "geometry": json.loads(shapely.to_geojson(one.shape)),
        }
        for number, one in enumerate(features)
    ]

    def look(feature: dict[str, Any]) -> dict[str, Any]:
        filled = {"color": _INK, "weight": 0.8, "fillOpacity": 0.85} | {
            "fillColor": feature["properties"]["fill"]
        }
        return filled if style is None else style

    layer = named(
        folium.GeoJson(
            {"type": "FeatureCollection", "features": drawn},
            name=f"{name.zh} / {name.en}",
            style_function=look,
            marker=folium.CircleMarker(radius=2, fill=True),
            smooth_factor=0.5,
        )
    )
    named(layer.marker)
    named(Told()).add_to(layer)
    return layer


def _fill(classes: Classes | None, value: float | None) -> str:
    number = None if classes is None else classes.of(value)
    return "url(#class-none)" if classes is None or number is None else f"url(#class-{classes.tone(number)})"


def _legend(shown: Explored) -> Markup:
    lines = [Markup("<p><b>{} / {}</b></p>").format(shown.value.zh, shown.value.en)]
    key = Markup(
        '<p><svg width="26" height="16"><rect x="1" y="1" width="24" height="14" fill="url(#class-{})" '
        'stroke="#1d2326"/></svg>{}</p>'
    )
    if shown.classes is not None:
        bounds = shown.classes.bounds(shown.digits)
        lines += [key.format(shown.classes.tone(number), told) for number, told in enumerate(bounds)]
    if any(one.value is None for one in shown.grids):
        lines.append(key.format("none", f"{NO_VALUE.zh} / {NO_VALUE.en}"))
    words = () if shown.classes is None else (shown.classes.words,)
    lines += [Markup("<p>{}<br>{}</p>").format(text.zh, text.en) for text in (*words, *shown.notes)]
    return Markup("").join(lines)
