"""Commands that put single records right, move, merge and withdraw them, with a reason."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from gridmap.cli.common import NOTHING, actor, console, workspace
from gridmap.domain.records import NOUNS
from gridmap.errors import InvalidInput
from gridmap.services.imports import acts
from gridmap.services.imports.kinds import ImportKind

_note = click.option("--note", required=True, help="原因 / why.")


def add_acts(group: click.Group, kind: ImportKind, zh: str) -> None:
    """Add the commands ``change``, ``move``, ``merge``, ``withdraw``, ``restore`` and ``withdrawn`` to a group."""
    for command in (
        _change(kind, zh),
        _move(kind, zh),
        _merge(kind, zh),
        *_marks(kind, zh),
        _withdrawn(kind, zh),
    ):
        group.add_command(command)


def _said(run_id: int | None) -> None:
    console.print(f"已办理 / done. 撤销 / take it back: gridmap imports undo {run_id} --note …")


def _change(kind: ImportKind, zh: str) -> click.Command:
    names = {spelled: f.name for f in NOUNS[kind.noun].fields for spelled in (f.name, f.zh)}

    @click.command(
        "change",
        help=f"更改一条{zh}：字段=值，空值清空 / change a record: FIELD=VALUE, an empty value clears.",
    )
    @click.argument("key")
    @click.argument("values", nargs=-1, required=True)
    @_note
    def command(key: str, values: tuple[str, ...], note: str) -> None:
        told = {}
        for text in values:
            name, sign, value = text.partition("=")
            if not sign or name.strip() not in names:
                fields = "、".join(dict.fromkeys(names))
                raise InvalidInput(
                    "act-field-unknown",
                    f"“{text}”应为 字段=值。字段有：{fields}。",
                    f"{text!r} is no FIELD=VALUE; the fields are {', '.join(dict.fromkeys(names.values()))}.",
                )
            told[names[name.strip()]] = value.strip()
        with workspace() as database:
            _said(acts.change(database, actor(database), kind, key, told, note).run_id)

    return command


def _move(kind: ImportKind, zh: str) -> click.Command:
    axes = [f.name for f in NOUNS[kind.noun].fields if f.kind in {"x", "y"}]

    @click.command(
        "move", help=f"移动一条{zh} / move a record: to a place (EPSG:4326), or to a grid by its code."
    )
    @click.argument("key")
    @click.option("--to", "place", help="经度,纬度 / lon,lat.")
    @click.option("--grid", "grid_code", help="网格编码 / code of a grid.")
    @_note
    def command(key: str, place: str | None, grid_code: str | None, note: str) -> None:
        told = {} if grid_code is None else {"grid_code": grid_code}
        if place is not None:
            lon, _, lat = place.replace("，", ",").partition(",")
            told |= dict(zip(axes, (lon.strip(), lat.strip()), strict=True))
        if not told:
            raise InvalidInput(
                "act-no-place", "请写明 --to 经度,纬度 或 --grid 编码。", "Say --to LON,LAT or --grid CODE."
            )
        with workspace() as database:
            _said(acts.change(database, actor(database), kind, key, told, note).run_id)

    return command


def _merge(kind: ImportKind, zh: str) -> click.Command:
    @click.command(
        "merge", help=f"把同一{zh}的另一条并入：前者保留，后者撤销 / merge the second record into the first."
    )
    @click.argument("stays")
    @click.argument("goes")
    @_note
    def command(stays: str, goes: str, note: str) -> None:
        with workspace() as database:
            _said(acts.merge(database, actor(database), kind, stays, goes, note))

    return command


def _marks(kind: ImportKind, zh: str) -> tuple[click.Command, click.Command]:
    @click.command(
        "withdraw",
        help=f"撤销一条{zh}：保留、标记、不再有效 / withdraw a record: kept, marked, not in force.",
    )
    @click.argument("key")
    @_note
    def withdraw(key: str, note: str) -> None:
        with workspace() as database:
            _said(acts.withdraw(database, actor(database), kind, key, note))

    @click.command("restore", help=f"恢复一条已撤销的{zh} / put a withdrawn record back into force.")
    @click.argument("key")
    @_note
    def restore(key: str, note: str) -> None:
        with workspace() as database:
            _said(acts.restore(database, actor(database), kind, key, note))

    return withdraw, restore


def _withdrawn(kind: ImportKind, zh: str) -> click.Command:
    @click.command("withdrawn", help=f"列出已撤销的{zh} / list withdrawn records.")
    def command() -> None:
        with workspace() as database:
            found = acts.list_withdrawn(database, actor(database), kind)
            zone = ZoneInfo(database.settings.timezone)
        for row in found:
            at = f"{row.at.astimezone(zone):%Y-%m-%d %H:%M}"
            console.print(f"{row.key}  {row.name or ''}  {at}  {row.why}", markup=False)
        if not found:
            console.print(NOTHING)

    return command
