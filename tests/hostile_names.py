"""Forty names that would do harm in a sink that takes text for something else, each with the kind of its harm."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, text

from gridmap.storage.database import Database
from gridmap.storage.models.accounts import Post
from gridmap.storage.models.cases import Incident, IncidentStep
from gridmap.storage.models.grid_posts import GridPost
from gridmap.storage.models.grids import Grid
from gridmap.storage.models.ground import BasemapFeature, Road
from gridmap.storage.models.patrols import FixedPoint
from gridmap.storage.models.tasks import Clinic, Task
from gridmap.storage.models.teams import MigrantCluster, Organisation, Team
from gridmap.storage.models.workspace import ImportMapping, ImportRun

MARK = "x5s"
"""Stands in every element, attribute, handler or address that a name would make, in nothing of the product's own."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """A name, and whether it holds what cannot be seen: then no door takes it."""

    kind: str
    text: str
    is_unseen: bool = False


NAMES = (
    Hostile("an element", "<x5s>队</x5s>"),
    Hostile("a handler", '<img src=x5s onerror="window.x5s=1">'),
    Hostile("an unclosed element", "<x5s onfocus=window.x5s=1 autofocus "),
    Hostile("the end of an attribute", '" onmouseover="window.x5s=1" x5s="'),
    Hostile("the end of a quoted attribute", "' onmouseover='window.x5s=1' x5s='"),
    Hostile("the end of a bare attribute", "x onmouseover=window.x5s=1 x5s"),
    Hostile("an address that runs", "javascript:window.x5s=1//"),
    Hostile("a link", "<a href='javascript:window.x5s=1' x5s>点我</a>"),
    Hostile("a form", "<form action=//x5s.invalid><input name=password type=password x5s></form>"),
    Hostile("a drawing", "<svg x5s onload=window.x5s=1><script>window.x5s=1</script></svg>"),
    Hostile("a foreign object", "</text></svg><foreignObject><x5s/></foreignObject>"),
    Hostile("the end of a script", "</script><script x5s>window.x5s=1</script>"),
    Hostile("the end of a style", "</style><style x5s>*{display:none}</style>"),
    Hostile("the end of a title", "</title></textarea><x5s>"),
    Hostile("a comment", "--><x5s><!--"),
    Hostile("a section of characters", "]]><x5s/><![CDATA["),
    Hostile("entities", "&lt;x5s&gt; &#60;x5s&#62; &x5s; %x5s;"),
    Hostile("a declaration", '<?xml version="1.0"?><!DOCTYPE x5s [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
    Hostile("a template", "{{7*7}}{% raw %}${7*7}#{7*7}<%= 7*7 %>"),
    Hostile("a template's object", "{{ config.items() }}{{ ''.__class__ }}"),
    Hostile("a format", "%s%n%(x5s)s {0.__class__} {x5s!r} %d"),
    Hostile("the end of a statement", "'); drop table teams; --"),
    Hostile("a quoted end", "\\'; select pg_sleep(9); -- \" $$ :x5s"),
    Hostile("a script's string", "';window.x5s=1;'\\u0027;window.x5s=1;//"),
    Hostile("a script's template", "`${window.x5s=1}`"),
    Hostile("markup of the terminal", "bad [/x5s] [red]x5s[/red] [link=http://x5s.invalid]x[/link] :smile:"),
    Hostile("a formula", '=HYPERLINK("http://x5s.invalid","x")'),
    Hostile("a formula with a sign", "-2+3+cmd|' /C calc'!A0"),
    Hostile("a formula of an address", "@SUM(1+1)*cmd|'x5s'!A0"),
    Hostile("a formula after separators", "甲;=1+1,+1+1;@x5s|-1+1"),
    Hostile("a formula after a quote", '甲;"=1+1",\'=1+1'),
    Hostile("a formula after a tab", "甲\t=1+1\n+1+1"),
    Hostile("a formula in full width", "＝1+1；＋1;＠x5s"),
    Hostile("a path", "../../../../etc/x5s/..\\..\\x5s"),
    Hostile("a name of a device", "CON:x5s.PRN|<>?*NUL"),
    Hostile("a header", "x5s\r\nSet-Cookie: x5s=1\r\n\r\n<x5s>"),
    Hostile("escapes of a terminal", "\x1b[31mx5s\x1b[0m\x1b]0;x5s\x07\x9b2J", is_unseen=True),
    Hostile("another direction", "队\u202e三一\u2066x5s\u200b\u200f", is_unseen=True),
    Hostile("lines of scripts", "x5s\u2028window.x5s=1\u2029\ufeff", is_unseen=True),
    Hostile("other scripts", "👮🏽فريق 巡逻 ﷽ Z͑ͫ̓ͪ̂a̴̵̞l" + "长" * 40),
)
"""Text as PostgreSQL can hold it, so that it is put below every door, too."""

REFUSED_EVERYWHERE = (
    Hostile("NUL", "队\x00x5s", is_unseen=True),
    Hostile("half a character", "队\ud800x5s", is_unseen=True),
    Hostile("a very long text", "长" * 100_000),
)
"""What no table can hold, or nobody can mean."""

TEXTS = [name.text for name in NAMES]
TOWN = 33068110900000000


def spoil(town: Database) -> None:
    """Give everything that has a name one of the forty, below every door."""
    with town.owner_engine() as engine, engine.begin() as at:
        at.execute(text("select set_config('gridmap.scope_lo', '0', true)"))
        at.execute(text(f"select set_config('gridmap.scope_hi', '{2**63 - 1}', true)"))
        for model, key in (
            (Team, "team_id"),
            (Organisation, "organisation_id"),
            (MigrantCluster, "cluster_id"),
        ):
            table = model.__table__
            copied = [c.name for c in table.columns if c.name not in {key, "code"}]
            row = at.execute(select(table).order_by(table.c[key])).mappings().first()
            assert row is not None
            at.execute(
                insert(table),
                [{c: row[c] for c in copied} | {"code": f"HX{n:02}"} for n in range(len(NAMES))],
            )
            _spread(at, table, key, *(c for c in ("name_zh", "name_en") if c in table.c))
        _spread(at, Grid.__table__, "grid_key", "name_zh", "name_en")
        _spread(at, Incident.__table__, "incident_id", "summary", "place")
        _spread(at, IncidentStep.__table__, "step_id", "note", "post")
        _spread(at, Task.__table__, "task_id", "text", "made_by", "result")
        for number, name in enumerate(TEXTS):
            at.execute(insert(Post), {"name": name, "role": "grid_post", "grid_key": 0})
            at.execute(insert(ImportMapping), {"noun": "teams", "name": name, "columns": {name: "code"}})
            at.execute(
                text(
                    "insert into gridmap.screening_rounds (name, text, level, root_key, begins_on, ends_on, made_by)"
                    " values (:name, :name, 3, :root, current_date, current_date, :name)"
                ),
                {"name": name, "root": TOWN},
            )
            posts_name = f"{number} {name}"
            at.execute(
                text(
                    "insert into gridmap.api_tokens (secret_hash, name, role, grid_key, made_by, ends_at)"
                    " values (:hash, :name, 'liaison', 0, :name, now() + interval '1 day')"
                ),
                {"hash": uuid.uuid4().bytes, "name": posts_name},
            )


def spoil_the_rest(town: Database) -> None:
    """Give what the demonstration town has few or none of one of the forty each: places, projects, papers, files."""
    with town.owner_engine() as engine, engine.begin() as at:
        at.execute(text("select set_config('gridmap.scope_lo', '0', true)"))
        at.execute(text(f"select set_config('gridmap.scope_hi', '{2**63 - 1}', true)"))
        for number, name in enumerate(TEXTS):
            for statement in _REST.split(";\n"):
                at.execute(text(statement), {"code": f"HX{number:02}", "name": name, "root": TOWN})
        for model, columns in (
            (FixedPoint, ("name_zh", "name_en")),
            (Road, ("name_zh",)),
            (BasemapFeature, ("name_zh", "name_en")),
            (GridPost, ("title",)),
            (Clinic, ("place", "text")),
            (ImportRun, ("file_name", "post", "undone_why")),
        ):
            _spread(at, model.__table__, "ctid", *columns)


_REST = """
insert into gridmap.fixed_points (code, name_zh, kind, times, in_use, grid_key, placed_by, geom)
  select :code, :name, 'school', 1, true, :root, 'coordinate', label_point
  from gridmap.grids where grid_key = :root and valid_to is null;
insert into gridmap.projects (code, name_zh, name_en, kind, lead, decision_note, follow_up, grid_key, geom)
  select :code, :name, :name, 'land', :name, :name, :name, :root, st_multi(st_buffer(label_point, 0.001))
  from gridmap.grids where grid_key = :root and valid_to is null;
insert into gridmap.rulings (code, on_day, question, ruling, ruled_by, words, grid_key)
  values (:code, current_date, :name, :name, :name, :name, :root);
insert into gridmap.report_runs (kind, scope_lo, scope_hi, since, until, seed, purpose, parameters, data_sha256,
  file_sha256, version, owner)
  values ('hotspots', :root, :root, '2026-01-01', '2026-02-01', 0, :name, '{}', 'h', 'h', '0', :name);
insert into gridmap.import_profiles (name, noun, options, unknown, owner)
  values (:name, 'incidents', '{}', 'ask', :name);
insert into gridmap.audit (post, role, action, object, outcome, details)
  values (:name, 'auditor', 'see_case', :name, 'done', jsonb_build_object('said', cast(:name as text)))
"""


def _spread(at: Any, table: Any, key: str, *columns: str) -> None:
    """Give every row one of the names in each of its columns, in turn."""
    for shift, column in enumerate(columns):
        chosen = "(cast(:names as text[]))[1 + (n + :shift) % :count]"
        at.execute(
            text(
                f"update {table} set {column} = {chosen} from "
                f"(select {key} k, row_number() over (order by {key}) n from {table}) o where {key} = k"
            ).bindparams(names=TEXTS, shift=7 * shift, count=len(TEXTS))
        )
