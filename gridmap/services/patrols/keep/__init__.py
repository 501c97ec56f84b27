"""Plans as they are kept, compared and written to files."""
