"""Commands about grids and roads."""
