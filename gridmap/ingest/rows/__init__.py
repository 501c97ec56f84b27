"""Tables of records: headings, dates, places and codes as people write them, each refusal with its reason."""

from gridmap.ingest.rows.known import KnownGrids
from gridmap.ingest.rows.parse import parse_table
from gridmap.ingest.rows.refused import write_refused

__all__ = ["KnownGrids", "parse_table", "write_refused"]
