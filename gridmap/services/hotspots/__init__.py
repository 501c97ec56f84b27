"""Hotspots: runs of the analysis methods over the incidents of a scope, kept so that they can be repeated."""
