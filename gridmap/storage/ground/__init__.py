"""Grids, boundaries, roads and tiles in the database."""
