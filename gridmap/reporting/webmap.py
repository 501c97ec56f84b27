"""The interactive map: folium's, with nothing from elsewhere and with names that stay the same."""

from __future__ import annotations

from typing import Any

import folium
from markupsafe import Markup, escape

from gridmap.domain.geojson import Shape
from gridmap.reporting.markup import in_languages
from gridmap.reporting.model import HotspotReport, Text
from gridmap.reporting.web_parts import Named, North, Scale, Words
from gridmap.reporting.words import counts_text, course_of, hotspot_words, p_text, sureness

ACCENT = "#4b3b9b"
INK = "#1d2326"
ROAD = "#c9ccc6"


def interactive_map(report: HotspotReport, languages: tuple[str, ...]) -> tuple[Markup, Markup]:
    """Draw the map.

    Parameters
    ----------
    report : HotspotReport
    languages : tuple of str
        Of the popups.

    Returns
    -------
    html, script : Markup
        The map's element, and what draws it; the page brings leaflet and the patterns ``gi-0`` to ``gi-2``.
    """
    named = Named()
    west, south, east, north = report.ground.bounds
    chart = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=12,
        attribution_control=False,
        scroll_wheel_zoom=False,
        zoom_snap=0.25,
        max_zoom=19,
    )
    named(chart)
    chart.default_js, chart.default_css = [], []
    figure: Any = chart.get_root()
    named(figure)
    for layer in (*_roads(report, named), *_outlines(report, named)):
        layer.add_to(chart)
    for layer in (*_hotspots(report, named, languages), *_clusters(report, named, languages)):
        layer.add_to(chart)
    named(Scale()).add_to(chart)
    named(North()).add_to(chart)
    chart.add_child(named(folium.FitBounds([[south, west], [north, east]], padding=(28, 28))))
    figure.render()
    return Markup(figure.html.render()), Markup(figure.script.render())  # noqa: S704 - folium escapes what it is given


def _layer(named: Named, geometry: Shape, style: dict[str, Any], *, interactive: bool = False) -> Any:
    feature = {"type": "Feature", "id": "0", "properties": {}, "geometry": geometry}
    shape = folium.GeoJson(
        {"type": "FeatureCollection", "features": [feature]},
        style_function=lambda _, style=style: style,
        control=False,
        smooth_factor=0.5,
        interactive=interactive,
    )
    return named(shape)


def _roads(report: HotspotReport, named: Named) -> list[Any]:
    drawn = ((report.ground.minor_roads, 0.8), (report.ground.major_roads, 1.8))
    return [
        _layer(named, lines, {"color": ROAD, "weight": width, "fill": False})
        for lines, width in drawn
        if lines is not None
    ]


def _outlines(report: HotspotReport, named: Named) -> list[Any]:
    weight = {1: 2.4, 2: 1.6, 3: 0.8, 4: 0.4}
    return [
        _layer(
            named, o.geometry, {"color": "#5b6168", "weight": weight[o.level], "opacity": 0.8, "fill": False}
        )
        for o in report.ground.outlines
    ]


def _hotspots(report: HotspotReport, named: Named, languages: tuple[str, ...]) -> list[Any]:
    def both(text: Text) -> Markup:
        return in_languages(text, languages)

    layers = []
    for spot in report.hotspots:
        style = {
            "color": ACCENT,
            "weight": 1.6,
            "fillColor": f"url(#gi-{sureness(spot.q)})",
            "fillOpacity": 1,
        }
        popup = Markup("<b>{}. {}</b><br>{}<br>{}<br><i>{}</i>").format(
            spot.number, both(spot.name), both(spot.domain), both(hotspot_words(spot)), both(spot.proposal)
        )
        area = _layer(named, spot.geometry, style, interactive=True)
        named(Words(str(popup))).add_to(area)
        layers += [area, *_marker(named, spot.point, str(spot.number), "spot", popup)]
    return layers


def _clusters(report: HotspotReport, named: Named, languages: tuple[str, ...]) -> list[Any]:
    def both(text: Text) -> Markup:
        return in_languages(text, languages)

    layers = []
    for cluster in report.clusters:
        style = {"color": INK, "weight": 2.2, "dashArray": "7 5", "fill": False}
        counts, course = counts_text(cluster.observed, cluster.expected), course_of(cluster)
        words = Text(
            f"时空聚集：{counts.zh}，p {p_text(cluster.p)}；{course.zh}。",
            f"Cluster in space and time: {counts.en}, p {p_text(cluster.p)}; {course.en}.",
        )
        popup = Markup("<b>{}. {}</b><br>{}<br>{}").format(
            cluster.letter, both(cluster.name), both(cluster.domain), both(words)
        )
        layers += [
            _layer(named, cluster.geometry, style),
            *_marker(named, cluster.point, cluster.letter, "cluster", popup),
        ]
    return layers


def _marker(
    named: Named, point: tuple[float, float], label: str, kind: str, popup: Markup
) -> tuple[Any, Any]:
    # A letter stands above the edge of its cluster, a number in the middle of its hotspot.
    anchor = (12, 26) if kind == "cluster" else (12, 12)
    icon = named(
        folium.DivIcon(
            html=str(escape(label)), class_name=f"tag {kind}", icon_size=(24, 24), icon_anchor=anchor
        )
    )
    marker = named(folium.Marker([point[1], point[0]], title=label))
    # Set afterwards, as folium does, the marker would first ask for the library's own picture.
    marker.options["icon"] = icon
    named(Words(str(popup))).add_to(marker)
    return icon, marker
