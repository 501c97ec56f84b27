"""Kernel densities: over the plane on a raster, and along roads.

Planar coordinates of any unit; a density is events per squared unit, or per unit of length along roads.
"""

from gridmap.analysis.density._bandwidth import bandwidth
from gridmap.analysis.density.network import LineGraph, NetworkDensity, line_graph, network_kde
from gridmap.analysis.density.plane import Density, density_at, kde

__all__ = [
    "Density",
    "LineGraph",
    "NetworkDensity",
    "bandwidth",
    "density_at",
    "kde",
    "line_graph",
    "network_kde",
]
