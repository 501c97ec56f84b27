"""Profiles of source systems as files: written by one workspace, read by another, or by a person."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from gridmap.domain.accounts import Actor
from gridmap.domain.profiles import Profile
from gridmap.domain.records import NOUNS
from gridmap.errors import InvalidInput
from gridmap.files.atomic import replacing
from gridmap.ingest.rows.headers import noun_of
from gridmap.services.imports import profiles
from gridmap.services.imports.incoming import folder_of
from gridmap.storage.database import Database

_MOST_BYTES = 1 << 20
_UNKEPT = re.compile("[\\0\ud800-\udfff]")
"""No database holds these."""
_LONGEST_NAME = 60
_OF_TOWN = ("owner", "automatic")
"""What another town says for itself: whose the profile is, and whether its files are imported unasked."""


def told_of(profile: Profile) -> dict[str, object]:
    """Return a profile as its file tells it: without what another town says for itself."""
    told = {name: value for name, value in asdict(profile).items() if name not in _OF_TOWN}
    headings, values = _parted(profile)
    return told | {"mapping": {**headings, **({"values": values} if values else {})}}


def text_of(profile: Profile) -> str:
    """Return a profile as the text of its file (JSON)."""
    return json.dumps(told_of(profile), ensure_ascii=False, indent=1) + "\n"


def write_profile(profile: Profile, path: Path) -> None:
    """Write a profile as JSON; the file appears whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text_of(profile), "utf-8")


def take_in(database: Database, actor: Actor, profile: Profile) -> Path:
    """Keep a profile that came as a file, and make the folder into which its source's files are dropped.

    Raises
    ------
    InvalidInput
        When its fields or values are not those of its records.
    Forbidden
        When it is another post's.
    """
    profiles.save(database, actor, profile)
    folder = folder_of(database.settings.home, profile.name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def parse_profile(text: str, called: str) -> Profile:
    """Read a profile from the text of its file, as :func:`read_profile` does.

    Parameters
    ----------
    text : str
    called : str
        What the file is called, for errors.
    """
    with tempfile.TemporaryDirectory(prefix="gridmap-profile-") as folder:
        plain = re.sub(r"[^\w. ()（）-]", "", called).lstrip(".")[-_LONGEST_NAME:]
        path = Path(folder) / (plain or "profile.json")
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return read_profile(path)


def _parted(profile: Profile) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Part a mapping as people write it: headings in the order of the source's files, and words by field."""
    fields = {f.name for f in NOUNS[profile.noun].fields}
    headings = {h: profile.mapping[h] for h in profile.headings if h in profile.mapping}
    values: dict[str, dict[str, str]] = {}
    for left, right in sorted(profile.mapping.items()):
        field, sign, word = left.partition("=")
        if sign and field in fields:
            values.setdefault(field, {})[word] = right
        else:
            headings.setdefault(left, right)
    return headings, values


def read_profile(path: Path, name: str | None = None) -> Profile:
    """Read a profile from a file; whoever keeps it has its fields and values checked.

    Parameters
    ----------
    path : Path
    name : str, optional
        In place of the one that the file says.

    Raises
    ------
    InvalidInput
        When it is none, or an entry of it is not what it should be: the entry is named.
    """
    told = _told(path)
    known = asdict(Profile(""))
    if unknown := sorted(set(told) - set(known)):
        raise _wrong(path, f"没有这一项：{'、'.join(unknown)}", f"there is no entry {', '.join(unknown)}")
    mapping = told.get("mapping", {})
    values = mapping.pop("values", {}) if isinstance(mapping, dict) else None
    if isinstance(values, dict) and all(isinstance(words, dict) for words in values.values()):
        mapping |= {
            f"{field}={word}": code for field, words in values.items() for word, code in words.items()
        }
    else:
        raise _wrong(path, "mapping 应为对象", "mapping is an object")
    if wrong := [left for left, right in mapping.items() if not isinstance(right, str)]:
        raise _wrong(path, f"mapping 中“{wrong[0]}”应为文字", f"{wrong[0]!r} in mapping is a text")
    headings = told.get("headings", [])
    if not isinstance(headings, list) or not all(isinstance(h, str) for h in headings):
        raise _wrong(path, "headings 应为文字的列表", "headings is a list of texts")
    for entry in ("name", "noun", "unknown", "crs", "sheet", "layer", "encoding"):
        may_lack = known[entry] is None
        if not isinstance(told.get(entry, known[entry]), str | (type(None) if may_lack else str)):
            raise _wrong(path, f"{entry} 应为文字", f"{entry} is a text")
    if not isinstance(told.get("dayfirst"), bool | type(None)):
        raise _wrong(path, "dayfirst 应为 true、false 或 null", "dayfirst is true, false or null")
    noun_of(told.get("noun", known["noun"]))
    told = {entry: value for entry, value in told.items() if entry not in _OF_TOWN}
    profile = Profile(**({"name": ""} | told | {"mapping": mapping, "headings": tuple(headings)}))
    return replace(profile, name=name or profile.name)


def _told(path: Path) -> Any:
    try:
        text = path.read_text("utf-8-sig") if path.stat().st_size <= _MOST_BYTES else ""
        told = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        line = f"（第 {error.lineno} 行）" if isinstance(error, json.JSONDecodeError) else ""
        at = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise _wrong(path, f"不是 JSON{line}", f"it is not JSON{at}") from None
    if not isinstance(told, dict):
        raise _wrong(path, "不是 JSON 对象", "it is not a JSON object")
    for entry, value in told.items():
        if any(_UNKEPT.search(one) for one in (entry, *_texts(value))):
            raise _wrong(path, f"{entry!a} 中有空字符或半个字符", f"{entry!a} holds NUL or half a character")
    return told


def _texts(value: object) -> Iterator[str]:
    """Walk all texts of what JSON holds, names of entries too."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one


def _wrong(path: Path, zh: str, en: str) -> InvalidInput:
    return InvalidInput(
        "profile-file",
        f"{path.name} 不是来源配置：{zh}。请用 gridmap profiles export 写出的文件，改动后核对这一处。",
        f"{path.name} is no profile: {en}. Use a file that gridmap profiles export wrote, and look at that entry.",
    )
