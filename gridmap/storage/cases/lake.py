"""Parts of a lake: which months of which counties there are, and whether they have changed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Part:
    """The cases of a county in a month.

    Attributes
    ----------
    county : int
        Six digits; 0 for cases in no grid.
    month : str
        ``YYYY-MM`` of when they happened, in the workspace's zone.
    rows : int
    fingerprint : str
        Another one as soon as any field of any of them is, or the code of its grid.
    """

    county: int
    month: str
    rows: int
    fingerprint: str


_PARTS = text(
    """
    select i.grid_key / 100000000000 as county,
      to_char(i.occurred_at at time zone :zone, 'YYYY-MM') as month,
      count(*) as rows, sum(hashtextextended(i::text || coalesce(g.code, ''), 0)::numeric)::text as fingerprint
    from incidents i left join grids g on g.grid_key = i.grid_key and g.valid_to is null
    where i.withdrawn_at is null and not i.sealed
      and i.grid_key between current_setting('gridmap.scope_lo')::bigint and current_setting('gridmap.scope_hi')::bigint
    group by 1, 2 order by 1, 2
    """
)


def parts(session: Session, zone: str) -> list[Part]:
    """List the parts of the scope, by county and month."""
    return [Part(**row) for row in session.execute(_PARTS, {"zone": zone}).mappings()]
