"""The first page: the places of a report as one goes to them, hotspots and clusters of one place together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.domain.protection import band_text
from gridmap.reporting.model import NO_TIMES, Cluster, Hotspot, HotspotReport, Text
from gridmap.reporting.words import place_change_text

_SHARED = 0.25
_MUCH = 0.5


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of the first page.

    Attributes
    ----------
    labels : str
        Numbers of hotspots and letters of clusters, as on the map.
    go_to, streets, villages : Text
    at : str
        Latitude and longitude of where to go, for a telephone's map.
    village_names : tuple of Text
    what, since, against : tuple of Text
        A line for each hotspot or cluster.
    brief : tuple of Text
        What in few words, as the first page has it.
    proposals, who : tuple of Text
    """

    labels: str
    go_to: Text
    at: str
    streets: Text
    villages: Text
    what: tuple[Text, ...]
    since: tuple[Text, ...]
    against: tuple[Text, ...]
    proposals: tuple[Text, ...]
    who: tuple[Text, ...]
    village_names: tuple[Text, ...]
    brief: tuple[Text, ...]


def spots(report: HotspotReport) -> tuple[Spot, ...]:
    """Join what lies on one place, hotspots first.

    Two belong together where they share a quarter of the smaller one.

    Parameters
    ----------
    report : HotspotReport
    """
    found: list[Hotspot | Cluster] = [*report.hotspots, *report.clusters]
    found = [one for one in found if one.notes is not None]
    if not found:
        return ()
    shapes = np.array([shapely.from_geojson(json.dumps(one.geometry)) for one in found], dtype=object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    least = np.minimum(shapely.area(shapes[one]), shapely.area(shapes[other]))
    near = shapely.area(shapely.intersection(shapes[one], shapes[other])) >= _SHARED * least
    links = coo_array((np.ones(near.sum()), (one[near], other[near])), shape=(len(found), len(found)))
    _, part = connected_components(links, directed=False)
    groups = [[found[i] for i in np.flatnonzero(part == n)] for n in dict.fromkeys(part.tolist())]
    return tuple(_spot(group, report) for group in groups)


def by_village(report: HotspotReport) -> tuple[tuple[Text, str], ...]:
    """List the villages that have places, with their labels.

    Parameters
    ----------
    report : HotspotReport
    """
    told: dict[Text, list[str]] = {}
    found: list[Hotspot | Cluster] = [*report.hotspots, *report.clusters]
    for one in found:
        for village in one.notes.villages if one.notes is not None else ():
            told.setdefault(village, []).append(_label(one))
    return tuple((village, " ".join(labels)) for village, labels in sorted(told.items()))


def can_compare(report: HotspotReport) -> bool:
    """Tell whether the records of the period before, or of the same season last year, are whole."""
    return "known" in (report.before, report.last_year)


def _label(one: Hotspot | Cluster) -> str:
    return str(one.number) if isinstance(one, Hotspot) else one.letter


def _spot(group: list[Hotspot | Cluster], report: HotspotReport) -> Spot:
    notes = [one.notes for one in group if one.notes is not None]
    main = notes[0]
    villages = tuple(dict.fromkeys(v for n in notes for v in n.villages))
    lon, lat = main.at
    spots_, clusters = (
        [one for one in group if isinstance(one, Hotspot)],
        [one for one in group if isinstance(one, Cluster)],
    )
    return Spot(
        labels=" ".join(_label(one) for one in group),
        go_to=main.go_to,
        at=f"{lat:.5f}, {lon:.5f}",
        streets=_joined(Text(name, name) for name in main.streets),
        villages=_joined(villages),
        what=(*(_what(one) for one in group), *(t for one in spots_ if (t := _looked(one)) is not None)),
        since=(spots_[0].since,) if len(group) == len(spots_) == 1 else tuple(_since(one) for one in group),
        against=tuple(_against(one, report) for one in spots_ if can_compare(report)),
        proposals=tuple(dict.fromkeys(one.proposal for one in spots_ or notes)),
        who=tuple(dict.fromkeys(n.who for n in notes)),
        village_names=villages,
        brief=tuple(_brief(one) for one in spots_ or clusters),
    )


def _joined(texts: Iterable[Text]) -> Text:
    parts = list(texts)
    return Text("、".join(t.zh for t in parts), ", ".join(t.en for t in parts))


def _brief(one: Hotspot | Cluster) -> Text:
    notes = one.notes
    zh = f"{_label(one)} {one.domain.zh} {band_text(one.observed)} 件"
    en = f"{_label(one)} {one.domain.en}: {band_text(one.observed)} reported"
    if notes is None:
        return Text(zh, en)
    kinds = _joined(notes.kinds)
    if kinds.zh:
        zh, en = f"{zh}，主要是{kinds.zh}", f"{en}, mostly {kinds.en}"
    if notes.when.zh and not notes.when.zh.startswith(NO_TIMES.zh):
        zh, en = f"{zh}；{notes.when.zh}", f"{en}; {notes.when.en}"
    return Text(zh, en)


def _what(one: Hotspot | Cluster) -> Text:
    notes = one.notes
    zh = f"{_label(one)} {one.domain.zh}，{one.cells} 格共接报 {band_text(one.observed)} 件"
    en = f"{_label(one)} {one.domain.en}: {band_text(one.observed)} reported in {one.cells} grids"
    if notes is None:
        return Text(zh, en)
    if notes.core_observed is not None and notes.core_observed < one.observed:
        zh += f"，其中核心 {notes.core_cells} 格（{notes.core.zh}）{band_text(notes.core_observed)} 件"
        en += (
            f", {band_text(notes.core_observed)} of them in its core of {notes.core_cells} ({notes.core.en})"
        )
    elif notes.core_observed is not None:
        # Each number has its own noise: a part may be told as more than the whole.
        zh += f"，大多在核心 {notes.core_cells} 格（{notes.core.zh}）"
        en += f", most of them in its core of {notes.core_cells} ({notes.core.en})"
    kinds = _joined(notes.kinds)
    if kinds.zh:
        zh, en = f"{zh}；主要是{kinds.zh}", f"{en}; mostly {kinds.en}"
    if notes.when.zh:
        zh, en = f"{zh}；{notes.when.zh}", f"{en}; {notes.when.en}"
    return Text(zh, en)


def _looked(spot: Hotspot) -> Text | None:
    """Tell how much a place is looked at: where one looks one finds."""
    zh, en = [], []
    if spot.found_share is not None:
        share = f"{spot.found_share:.0%}"
        few = spot.found_share == 0
        zh.append("巡防、排查发现的很少" if few else f"约 {share} 由巡防、排查发现")
        en.append(
            "few found by patrols and screening" if few else f"about {share} found by patrols and screening"
        )
    if spot.patrol_h is not None:
        zh.append(f"期间巡防停留 {spot.patrol_h:g} 小时")
        en.append(f"teams were there for {spot.patrol_h:g} h")
    if not zh:
        return None
    if spot.found_share is not None and spot.found_share >= _MUCH:
        zh.append("去得多也见得多，不一定多发")
        en.append("who looks more finds more")
    return Text(f"{spot.number} " + "；".join(zh), f"{spot.number} " + "; ".join(en))


def _since(one: Hotspot | Cluster) -> Text:
    """Tell since when by its own analysis, under its own label: a hotspot's and a cluster's dates may differ."""
    if isinstance(one, Hotspot):
        return Text(f"{one.number} {one.since.zh}", f"{one.number} {one.since.en}")
    cluster = one
    if cluster.whole:
        return Text(f"{cluster.letter} 一直都多", f"{cluster.letter} high all along")
    zh, en = f"{cluster.letter} 自 {cluster.first} 起", f"{cluster.letter} since {cluster.first}"
    if cluster.ongoing:
        return Text(f"{zh}，期末仍在持续", f"{en}, still going on at the end")
    return Text(f"{zh}，至 {cluster.last} 已结束", f"{en}, over by {cluster.last}")


def _against(spot: Hotspot, report: HotspotReport) -> Text:
    parts = []
    for zh, en, state, number in (
        ("比前期", "against the period before", report.before, spot.before),
        ("比去年同期", "against the same season last year", report.last_year, spot.last_year),
    ):
        if state != "known":
            parts.append(Text(f"{zh}：没有完整记录", f"{en}: no whole records"))
        else:
            change = place_change_text(spot.observed, number)
            parts.append(Text(f"{zh}：{change.zh}", f"{en}: {change.en}"))
    return Text(
        f"{spot.number} " + "；".join(p.zh for p in parts), f"{spot.number} " + "; ".join(p.en for p in parts)
    )
