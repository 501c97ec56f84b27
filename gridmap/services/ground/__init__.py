"""The ground: grids, boundaries and who took over from whom, roads, tiles."""
