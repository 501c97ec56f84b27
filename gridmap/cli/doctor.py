"""``gridmap doctor``: what is not in order, and what to do."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sys

import click

from gridmap.cli.common import console
from gridmap.services.doctor.examination import examine
from gridmap.settings import load_settings

_SIGNS = {"good": "✓", "note": "·", "bad": "✗"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="JSON.")
def command(*, as_json: bool) -> None:
    """体检：哪里不正常，该怎么办 / what is not in order, and what to do.

    Ends with 1 when something must be done.
    """
    found = examine(load_settings(), dt.datetime.now(dt.UTC))
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(one) for one in found], ensure_ascii=False, indent=1))
    else:
        for one in found:
            console.print(f"{_SIGNS[one.state]} {one.name}: {one.zh}", highlight=False)
            if one.en != one.zh:
                console.print(f"  {one.en}", highlight=False)
    sys.exit(1 if any(one.state == "bad" for one in found) else 0)
