"""Emerging hotspots: where clustering is new, growing, lasting or gone."""

from gridmap.analysis.emerging._classes import CLASSES, EmergingClass
from gridmap.analysis.emerging.classification import Emerging, classify

__all__ = ["CLASSES", "Emerging", "EmergingClass", "classify"]
