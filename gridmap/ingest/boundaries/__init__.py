"""Boundaries: files of grids to a draft hierarchy, what is wrong with it, and mending what is small."""

from gridmap.ingest.boundaries.check import check_boundaries
from gridmap.ingest.boundaries.draft import BoundaryDraft
from gridmap.ingest.boundaries.findings import Finding, write_findings_gpkg
from gridmap.ingest.boundaries.mend import MendReport, mend_slivers
from gridmap.ingest.boundaries.read import read_boundaries

__all__ = [
    "BoundaryDraft",
    "Finding",
    "MendReport",
    "check_boundaries",
    "mend_slivers",
    "read_boundaries",
    "write_findings_gpkg",
]
