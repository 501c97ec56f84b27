"""Safe reading of tables and vector files into a neutral form."""

from gridmap.ingest.reading.entry import list_layers, read_raw

__all__ = ["list_layers", "read_raw"]
