"""Personal data at the door: headings that mean a person, numbers that no record holds, and what is starred out."""

from gridmap.ingest.personal.columns import find_personal, star_out
from gridmap.ingest.personal.headings import is_personal_header, refuse_personal_headers
from gridmap.ingest.personal.marks import KINDS, named_kinds
from gridmap.ingest.personal.numbers import is_identity_number
from gridmap.ingest.personal.texts import find_in, mask, personal_in, starred

__all__ = [
    "KINDS",
    "find_in",
    "find_personal",
    "is_identity_number",
    "is_personal_header",
    "mask",
    "named_kinds",
    "personal_in",
    "refuse_personal_headers",
    "star_out",
    "starred",
]
