"""Words and definitions of the labels that hotspot methods give, for legends."""

from __future__ import annotations

from dataclasses import asdict

from gridmap.analysis.emerging import CLASSES, EmergingClass

_GI = (
    EmergingClass(
        "hot",
        "热点",
        "Hot spot",
        "本格与相邻网格合计的接报量显著多于全域平均（控制错误发现率后）。",
        "The grid and its neighbours together have significantly more reports than the average (false discoveries "
        "controlled).",
    ),
    EmergingClass(
        "cold",
        "冷点",
        "Cold spot",
        "本格与相邻网格合计的接报量显著少于全域平均。",
        "The grid and its neighbours together have significantly fewer reports than the average.",
    ),
)
_MORAN = (
    EmergingClass(
        "HH", "高-高聚集", "High among high", "高值，被高值包围。", "A high value among high values."
    ),
    EmergingClass(
        "HL", "高-低异常", "High among low", "高值，被低值包围。", "A high value among low values."
    ),
    EmergingClass("LL", "低-低聚集", "Low among low", "低值，被低值包围。", "A low value among low values."),
    EmergingClass(
        "LH", "低-高异常", "Low among high", "低值，被高值包围。", "A low value among high values."
    ),
)
_SCAN = (
    EmergingClass(
        "cluster",
        "显著聚集区",
        "Significant cluster",
        "在随机重复中很少出现这样强的聚集；编号为排名。",
        "So strong a cluster is rare among random replications; the number is its rank.",
    ),
    EmergingClass(
        "candidate",
        "未达显著",
        "Not significant",
        "排名靠前，但偶然也会出现，不作为热点。",
        "Ranked, but chance alone makes such clusters; no hotspot.",
    ),
)
_EXPECTED = (
    EmergingClass(
        "cluster",
        "显著多于自己以往",
        "Significantly above its own past",
        "近期件数超过这一带自己以往的水平，随机重复中很少见；编号为排名。",
        "More of late than this ground's own past lets expect, as is rare among random replications; the number is its "
        "rank.",
    ),
    _SCAN[1],
)
_KDE = tuple(
    EmergingClass(
        f"top{share}",
        f"含 {share}% 接报量的最小区域",
        f"Smallest area with {share} % of the reports",
        "按核密度由高到低取面积，直到包含这一比例。",
        "The densest land, taken until it holds this share.",
    )
    for share in (25, 50, 75)
)
_NETWORK = (
    EmergingClass(
        "stretch",
        "接报密集路段",
        "Dense stretch of road",
        "按路网核密度由高到低取路段，直到包含一半的接报量。",
        "The densest roads by the network kernel, taken until they hold half of the reports.",
    ),
)
_OF_METHOD = {
    "gi": _GI,
    "moran": _MORAN,
    "scan": _SCAN,
    "space-time-scan": _SCAN,
    "expected-scan": _EXPECTED,
    "kde": _KDE,
    "network-kde": _NETWORK,
    "emerging": CLASSES,
    "near-repeat": (),
}


def classes_of(method: str) -> list[dict[str, str]]:
    """Labels of a method in the order of a legend: code, zh, en, definition_zh, definition_en."""
    return [asdict(label) for label in _OF_METHOD[method]]
