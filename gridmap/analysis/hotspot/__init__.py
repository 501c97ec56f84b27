"""Local and global statistics of clustering, with p-values that are calibrated on noise.

The usual packages fold one tail of a permutation distribution and ignore ties; both make p-values too small. Here every
p-value is two-sided, twice the smaller tail of a null distribution that fits the data, and says which one it was.
"""

from gridmap.analysis.hotspot.counts import local_counts
from gridmap.analysis.hotspot.gi import local_gi
from gridmap.analysis.hotspot.moran import eb_moran, global_moran, local_moran
from gridmap.analysis.hotspot.results import GlobalResult, LocalCounts, LocalMoran, LocalResult
from gridmap.analysis.hotspot.surroundings import surroundings, weights_around
from gridmap.analysis.hotspot.world import global_g, global_geary

__all__ = [
    "GlobalResult",
    "LocalCounts",
    "LocalMoran",
    "LocalResult",
    "eb_moran",
    "global_g",
    "global_geary",
    "global_moran",
    "local_counts",
    "local_gi",
    "local_moran",
    "surroundings",
    "weights_around",
]
