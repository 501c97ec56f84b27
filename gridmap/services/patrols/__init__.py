"""Patrols: plans for a shift from a hotspot run, on the roads, kept so that they can be repeated."""
