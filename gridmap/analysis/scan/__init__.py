"""Scan statistics: where, and when, there are more cases than chance puts there."""

from gridmap.analysis.scan._search import Cluster, ScanResult
from gridmap.analysis.scan.expectation import expectation
from gridmap.analysis.scan.statistic import space_time, spatial

__all__ = ["Cluster", "ScanResult", "expectation", "space_time", "spatial"]
