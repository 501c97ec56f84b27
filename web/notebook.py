"""Maps for notebooks on the machine itself: ``gridmap.explore()``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

import folium

from gridmap.domain.accounts import Actor
from gridmap.reporting.classes import Scheme
from gridmap.reporting.explore_map import explore_map
from gridmap.reporting.page import with_images
from gridmap.services.reports.building import map_library
from gridmap.services.reports.exploring import Per, Wanted, explored
from gridmap.settings import Settings, load_settings
from gridmap.storage.database import Database
from web.assets import vendor_folder


def explore(
    home: Path | str | None = None,
    *,
    level: int = 3,
    since: dt.date | None = None,
    until: dt.date | None = None,
    domain: str | None = None,
    per: Per = "grid",
    scheme: Scheme = "fisher_jenks",
    classes: int = 5,
    run: int | Literal["newest"] | None = "newest",
) -> folium.Map:
    """Return a map of grids, incidents and hotspots that opens without a network.

    Grids are coloured and hatched by how many incidents they had; the legend names the scheme and the breaks. Numbers
    are true, sealed cases are left out, as everywhere that the workspace's keeper reads layers.

    Parameters
    ----------
    home : path, optional
        The workspace's folder; that of ``GRIDMAP_HOME`` by default.
    level : int
        Of the grids: 1 town, 2 area, 3 village, 4 micro-grid.
    since, until : date, optional
        First and last local day of the incidents.
    domain : str, optional
        Code of the incidents' domain.
    per : {'grid', 'km2', 'people'}
        Incidents of a grid, these to a square kilometre, or to 1,000 people.
    scheme : {'fisher_jenks', 'quantiles', 'equal_interval'}
        How the classes are made (mapclassify).
    classes : int
        2 to 5.
    run : int, 'newest' or None
        Hotspots of which run; of the newest one by default, none where there is no run yet.

    Returns
    -------
    folium.Map
        EPSG:4326 in, drawn in Web Mercator. A notebook shows it; ``.save("map.html")`` writes one page that asks
        nothing of another host; layers of folium's own may be added.

    Raises
    ------
    InvalidInput
        When there are no grids of the level, an argument is none of those, or the map library is missing.
    NotFound
        When there is no such run.

    Examples
    --------
    >>> gridmap.explore(level=4, domain="dispute", per="people").save("disputes.html")
    """
    wanted = Wanted(level, since, until, domain, per, scheme, classes, run)
    script, style, images = map_library(vendor_folder())
    settings = load_settings() if home is None else Settings(home=Path(home))
    with Database(settings) as database:
        shown = explored(database, Actor.at_the_machine(), wanted)
    return explore_map(shown, leaflet_js=script, leaflet_css=with_images(style, images))
