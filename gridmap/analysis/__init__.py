"""Pure analysis: arrays and GeoDataFrames in, dataclasses out."""
