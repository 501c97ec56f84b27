"""Which staging columns fill which columns of a table, and the statements made from that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

POINT = "case when lon is null or lat is null then null else ST_SetSRID(ST_MakePoint(lon, lat), 4326) end"


@dataclass(frozen=True)
class Load:
    """How rows get into a table.

    Attributes
    ----------
    table : str
    staging : tuple of (str, str)
        Columns of the staging table and their types.
    key : tuple of str
        Columns that name a row; a conflict on them is an update.
    values : dict
        Column of the table to SQL expression over the staging row ``s``; staging columns of the same name need none.
    insert_only : dict
        Columns that an update leaves alone.
    source : str
        FROM clause; for rows that refer to others by name.
    has_run : bool
        Whether the table remembers the import run.
    """

    table: str
    staging: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    values: dict[str, str]
    insert_only: dict[str, str]
    source: str = ""
    has_run: bool = True

    @property
    def staging_table(self) -> str:
        """Name of the temporary table."""
        return f"staging_{self.table}"

    @cached_property
    def staging_sql(self) -> str:
        """Make the staging table, empty, for this transaction."""
        columns = ", ".join(f'"{name}" {kind}' for name, kind in self.staging)
        return (
            f"create temporary table if not exists {self.staging_table} ({columns}) on commit drop;"
            f" truncate {self.staging_table}"
        )

    @property
    def _from(self) -> str:
        return self.source or f"{self.staging_table} s"

    @cached_property
    def known_sql(self) -> str:
        """Tell whether a row of the staging table is in the table already."""
        same = " and ".join(f"old.{c} = {self.values[c]}" for c in self.key)
        return f"select exists (select from {self._from} join {self.table} old on {same})"  # noqa: S608 - own names

    def _insert_sql(self) -> str:
        columns = {**self.values, **self.insert_only}
        if self.has_run:
            columns["import_run_id"] = "cast(:run as bigint)"
        return (
            f"insert into {self.table} as t ({', '.join(columns)})"  # noqa: S608 - names are this module's own
            f" select {', '.join(columns.values())} from {self._from}"
        )

    @cached_property
    def insert_sql(self) -> str:
        """Insert from the staging table, where no row is known; gives rows inserted and rows touched."""
        return (
            f"with merged as ({self._insert_sql()} returning 1)"  # noqa: S608 - names are this module's own
            " select count(*), count(*) from merged"
        )

    @cached_property
    def merge_sql(self) -> str:
        """Insert or update from the staging table; gives rows inserted and rows touched."""
        changing = [c for c in self.values if c not in self.key]
        updates = ", ".join(
            f"{c} = excluded.{c}" for c in [*changing, *(["import_run_id"] if self.has_run else [])]
        )
        old = ", ".join(f"t.{c}" for c in changing)
        new = ", ".join(f"excluded.{c}" for c in changing)
        return (
            f"with merged as ({self._insert_sql()}"  # noqa: S608 - names are this module's own
            f" on conflict ({', '.join(self.key)}) do update set {updates}"
            f" where ({old}) is distinct from ({new})"
            " returning (xmax = 0) as fresh)"
            " select count(*) filter (where fresh), count(*) from merged"
        )


def same(*names: str) -> dict[str, str]:
    """Columns that are filled from staging columns of the same names."""
    return {name: f's."{name}"' for name in names}


PLACE = (
    ("lon", "double precision"),
    ("lat", "double precision"),
    ("grid_key", "bigint"),
    ("tile_key", "bigint"),
    ("placed_by", "text"),
)
