"""Which staging columns fill which columns of a table, and the statements made from that."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

POINT = "case when lon is null or lat is null then null else ST_SetSRID(ST_MakePoint(lon, lat), 4326) end"
_OF_POINT = frozenset({"geom", "tile_key", "raw_x", "raw_y", "source_crs"})
_OF_ACCURACY = frozenset({"accuracy_m", "needs_confirmation"})
_AXES = (("lon", "ST_X"), ("lat", "ST_Y"))


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
    place : tuple of str
        Columns that say where a row lies. They change together, where the file says where, and not one by one.
    placed : str
        SQL condition over ``excluded`` that the file says where.
    shape : str
        Column of a shape that the place follows: where a stored row has one, a file that tells none moves nothing.
    derived : dict
        Column that keeps what a source told to the column that is derived from it: a file that tells what is derived,
        as an export does, tells nothing new.
    closed : str
        SQL condition over the stored row ``t``: what it tells in words has expired, and no file brings it back.
    expiring : tuple of str
        The columns that hold such words, and the place.
    marked : bool
        Whether its rows can be withdrawn: kept, with the time and the reason, and in force no longer.
    by_desk : str
        SQL condition over a row ``{t}``: a person has changed it since, so that the undoing of its import leaves it.
    kept_where : dict
        Column to a SQL condition over ``t`` and ``excluded`` under which an update leaves it alone.
    """

    table: str
    staging: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    values: dict[str, str]
    insert_only: dict[str, str]
    source: str = ""
    has_run: bool = True
    place: tuple[str, ...] = ()
    placed: str = "true"
    shape: str = ""
    derived: dict[str, str] = field(default_factory=dict)
    closed: str = ""
    expiring: tuple[str, ...] = ()
    marked: bool = False
    by_desk: str = ""
    kept_where: dict[str, str] = field(default_factory=dict)

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

    @cached_property
    def written_sql(self) -> str:
        """Count the rows of the staging table that an import has inserted or changed."""
        same = " and ".join(f"t.{c} = {self.values[c]}" for c in self.key)
        return f"select count(*) from {self._from} join {self.table} t on {same} where t.import_run_id = :run"  # noqa: S608 - own names

    @cached_property
    def complete_sql(self) -> str:
        """Fill empty columns of staged rows from the rows that they will update; a place as a whole, or not at all."""
        staged = {name for name, _ in self.staging}
        plain = [c for c, source in self.values.items() if source == f's."{c}"' and c in staged]
        nowhere = next(
            (
                condition
                for column, condition in (
                    ("placed_by", "s.placed_by is null"),
                    ("wkb", "s.wkb is null"),
                    ("grid_key", "coalesce(s.grid_key, 0) = 0"),
                )
                if column in staged
            ),
            "true",
        )
        if self.shape:
            nowhere = f"({nowhere} or {self._by_shape('s')})"
        filled = [
            f"{c} = case when {nowhere} then t.{c} else s.{c} end"
            if c in self.place
            else f"{c} = coalesce(s.{c}, t.{c})"
            for c in plain
        ]
        if "geom" in self.place and {"lon", "lat"} <= staged:
            filled += [
                f"{axis} = case when {nowhere} then {of}(t.geom) else s.{axis} end" for axis, of in _AXES
            ]
        if {"base_lon", "base_lat"} <= staged:
            filled += [f"base_{axis} = coalesce(s.base_{axis}, {of}(t.base))" for axis, of in _AXES]
        if "wkb" in staged and "geom" in self.place:
            filled.append("wkb = coalesce(s.wkb, encode(ST_AsBinary(t.geom), 'hex'))")
        same = " and ".join(f"t.{k} = s.{k}" for k in self.key)
        return f"update {self.staging_table} s set {', '.join(filled)} from {self.table} t where {same}"  # noqa: S608 - own names

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

    def _by_shape(self, told: str) -> str:
        """Ask in SQL whether a stored row lies where its shape does, of which the row `told` says nothing."""
        return f"({told}.{self.shape} is null and t.{self.shape} is not null)"

    @property
    def _says_where(self) -> str:
        return f"({self.placed} and not {self._by_shape('excluded')})" if self.shape else self.placed

    def columns_of(self, fields: Collection[str]) -> set[str]:
        """Return the columns that are filled from these fields alone."""
        sources = {spelled for f in fields for spelled in (f's."{f}"', f"s.{f}", f's."road_{f}"')}
        return {column for column, source in self.values.items() if source in sources}

    def _updated(self, column: str) -> str:
        """Value of a column after an update: an empty cell changes nothing, and nothing comes back that has expired."""
        if column in self.expiring:
            return f"case when {self.closed} then t.{column} else {self._told(column)} end"
        return self._told(column)

    def _told(self, column: str) -> str:
        if column == "placed_by":
            # Whoever names the village of a record by its code places it nowhere else.
            same = "(excluded.grid_key, excluded.geom) is not distinct from (t.grid_key, t.geom)"
            new = f"not ({same}) and {self._says_where}"
            return f"case when {new} then excluded.placed_by else t.placed_by end"
        if column in self.derived:
            now = f"excluded.{column} is not distinct from t.{self.derived[column]}"
            return f"case when {now} then t.{column} else coalesce(excluded.{column}, t.{column}) end"
        if column in _OF_POINT and column in self.place:
            # The same place, as an export writes it: what was measured first, and in which system, is kept.
            # Two outlines that touch are no distance apart.
            drawn = any(name == "wkb" for name, _ in self.staging)
            here = "ST_Equals(excluded.geom, t.geom)" if drawn else "ST_DWithin(excluded.geom, t.geom, 1e-8)"
            return f"case when {here} or not ({self._says_where}) then t.{column} else excluded.{column} end"
        if column in _OF_ACCURACY and column in self.place:
            # The same point again, and no word of how sure it is.
            same = "excluded.accuracy_m is null and ST_DWithin(excluded.geom, t.geom, 1e-8)"
            kept = f"({same}) is true or not ({self._says_where})"
            return f"case when {kept} then t.{column} else excluded.{column} end"
        if column in self.place:
            return f"case when {self._says_where} then excluded.{column} else t.{column} end"
        if column in self.kept_where:
            stays = self.kept_where[column]
            return f"case when {stays} then t.{column} else coalesce(excluded.{column}, t.{column}) end"
        return f"coalesce(excluded.{column}, t.{column})"

    def merge_sql(self, kept: Collection[str] = ()) -> str:
        """Insert or update from the staging table; gives rows inserted and rows touched.

        Parameters
        ----------
        kept : collection of str
            Columns that the file does not have and whose default is for new rows only.
        """
        changing = {c: self._updated(c) for c in self.values if c not in self.key and c not in kept}
        # What a person changes one by one is no import: the row stays that of the import that brought it.
        run = {"import_run_id": "coalesce(excluded.import_run_id, t.import_run_id)"} if self.has_run else {}
        updates = ", ".join(f"{c} = {new}" for c, new in (changing | run).items())
        old = ", ".join(f"t.{c}" for c in changing)
        new = ", ".join(changing.values())
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
