"""Source systems: their profiles, the files that wait, and the wizard that says what each column is."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from flask import Blueprint, Response, jsonify, redirect, request, url_for

from gridmap.domain.codes import code_list
from gridmap.domain.profiles import UNKNOWN, UNKNOWN_WORDS, Profile, Proposal
from gridmap.domain.records import NOUNS
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, NotFound
from gridmap.services.ground import arrivals
from gridmap.services.house import IMPORT_KINDS, INCOMING
from gridmap.services.imports import comparing, incoming, profile_files, profiles, receiving
from gridmap.services.imports.comparing import Compared
from gridmap.services.imports.incoming import IncomingRequest, Waiting
from gridmap.services.imports.records import MOST_COMPARED
from gridmap.services.jobs import desk as jobs
from web import context
from web.desk import forms, shown, told_rows
from web.desk.offered import on_page, refusal
from web.desk.shown import page

bp = Blueprint("sources", __name__)

_REFUSED = (InvalidInput, NotFound, Forbidden)
_NOT_READ = "-"
_MOST_WRONG = 50
"""Refused cells that a comparison lists; the sender's answer has all."""


@bp.get("/sources")
def show() -> Response:
    """Answer the profiles and the files that wait."""
    return _page()


def _page(problem: GridmapError | None = None, told: str = "") -> Response:
    database = context.database()
    return page(
        "desk/sources.html",
        "imports",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        profiles=profiles.list_profiles(database),
        waiting=incoming.waiting(database, quiet_s=0),
        overlooked=incoming.overlooked(database),
        folder=str(incoming.folder_of(database.settings.home)),
        outlines=arrivals.waiting(database),
        outlines_folder=str(arrivals.folder_of(database.settings.home)),
        endings=",".join(sorted(incoming.ENDINGS)),
        nouns=NOUNS,
        offered=[noun for noun in IMPORT_KINDS if noun != "roads"],
        unknown_words=UNKNOWN_WORDS,
        pasted=told,
    )


@bp.post("/sources")
def make() -> Response:
    """Make a profile with its folder; its columns are said in the wizard."""
    form = forms.own_form()
    database = context.database()
    try:
        profile = Profile(form.get("name", "").strip(), form.get("noun", "incidents"))
        profiles.save(database, context.actor(), profile)
    except _REFUSED as error:
        return _page(error)
    incoming.folder_of(database.settings.home, profile.name).mkdir(parents=True, exist_ok=True)
    return redirect(url_for("sources.wizard", name=profile.name), 303)  # type: ignore[return-value]


@bp.post("/sources/from/file")
def load() -> Response:
    """Take in a profile that another town wrote; its files wait until somebody has them imported."""
    form = forms.own_form()
    told = form.get("file", "").strip()
    try:
        read = profile_files.parse_profile(told, form.get("file_name", "").strip() or "profile.json")
        profile_files.take_in(context.database(), context.actor(), read)
    except _REFUSED as error:
        return _page(error, told)
    return redirect(url_for("sources.wizard", name=read.name), 303)  # type: ignore[return-value]


@bp.get("/sources/<name>/profile.json")
def profile_file(name: str) -> Response:
    """Answer a profile as a file that another town can load."""
    told = profile_files.text_of(profiles.find(context.database(), name))
    return shown.download(told.encode(), f"{name}.json")


@bp.post("/sources/run")
def run() -> Response:
    """Have the files that wait imported now."""
    forms.own_form()
    jobs.submit(context.database(), context.scope(), INCOMING, IncomingRequest(), owner=context.actor().post)
    return redirect(url_for("sources.show", told="incoming_begun"), 303)  # type: ignore[return-value]


@bp.post("/sources/<name>/removed")
def remove(name: str) -> Response:
    """Remove a profile."""
    forms.own_form()
    try:
        profiles.remove(context.database(), context.actor(), name)
    except _REFUSED as error:
        return _page(error)
    return redirect(url_for("sources.show", told="kept"), 303)  # type: ignore[return-value]


@bp.get("/sources/<name>")
def wizard(name: str) -> Response:
    """Answer a profile beside a file that waits: what each column is, how full, and what is unknown."""
    return _wizard(profiles.find(context.database(), name), request.args.get("file"))


def _wizard(profile: Profile, file: str | None, problem: GridmapError | None = None) -> Response:
    database = context.database()
    here = [found for found in incoming.waiting(database, quiet_s=0) if found.profile == profile.name]
    chosen = next((found for found in here if found.path.name == file), here[0] if here else None)
    found: Proposal | None = None
    if chosen is not None:
        found, problem = _looked_at(profile, chosen, problem)
    return page(
        "desk/source.html",
        "imports",
        status=problem.status if problem else 200,
        problem=refusal(problem),
        profile=profile,
        noun=NOUNS[profile.noun],
        field_names={f.name: (f.zh, f.name) for f in NOUNS[profile.noun].fields},
        files=here,
        chosen=chosen,
        found=found,
        folder=str(incoming.folder_of(database.settings.home, profile.name)),
        endings=",".join(sorted(incoming.ENDINGS)),
        unknown=UNKNOWN,
        unknown_words=UNKNOWN_WORDS,
        not_read=_NOT_READ,
        choices_of=_choices,
        said_words=_said_words(profile),
        constants=[
            field
            for field in sorted(NOUNS[profile.noun].fields, key=lambda f: not f.required)
            if field.codes and not (found and any(c.field == field.name for c in found.columns))
        ],
    )


def _said_words(profile: Profile) -> list[tuple[str, str, str, str]]:
    """Return the words that the profile explains: their entry, field, word and code."""
    named = {f.name for f in NOUNS[profile.noun].fields}
    parts = [(entry, *entry.partition("=")[::2], code) for entry, code in sorted(profile.mapping.items())]
    return [said for said in parts if said[1] in named and "=" in said[0]]


def _looked_at(
    profile: Profile, chosen: Waiting, problem: GridmapError | None
) -> tuple[Proposal | None, GridmapError | None]:
    try:
        kind = IMPORT_KINDS[profile.noun]
        return profiles.propose(context.database(), context.scope(), kind, chosen.path, profile), problem
    except InvalidInput as error:
        return None, problem or error


def _choices(noun: str, field: str | None) -> list[tuple[str, str]]:
    """Return codes of a field with the spelling that is listed first."""
    if field == "kind" and noun == "incidents":
        return [(code.code, code.zh) for code in code_list("dispute_kind")]
    known = next((f for f in NOUNS[noun].fields if f.name == field), None)
    out: dict[str, str] = {}
    for spelling, code in (known.codes or {}).items() if known else ():
        if not spelling.isascii():
            out.setdefault(code, spelling)
    return list(out.items())


@bp.get("/sources/<name>/compared/<file>")
def compare(name: str, file: str) -> Response:
    """Answer what a file that waits would do beside what is stored; nothing is written."""
    return _compare(name, file, doubtful="doubtful" in request.args)


def _compare(
    name: str, file: str, problem: GridmapError | None = None, *, doubtful: bool = False
) -> Response:
    database = context.database()
    profile = profiles.find(database, name)
    found: Compared | None = None
    try:
        found = comparing.compare(
            database, context.actor(), IMPORT_KINDS, name, file, accept_doubtful=doubtful
        )
    except (InvalidInput, Conflict) as error:
        problem = problem or error
    refused = None if found is None or found.result.parsed is None else found.result.parsed.refused
    return page(
        "desk/compared.html",
        "imports",
        status=problem.status if problem else 200,
        problem=refusal(problem),
        profile=profile,
        file=file,
        noun=NOUNS[profile.noun],
        found=found,
        doubtful=doubtful,
        wrong=[] if refused is None else list(refused.head(_MOST_WRONG).itertuples()),
        wrong_in_all=0 if refused is None else len(refused),
        most=MOST_COMPARED,
        on_page=on_page,
        **told_rows.words_of(profile.noun),
    )


@bp.post("/sources/<name>/compared/<file>")
def accept(name: str, file: str) -> Response:
    """Import a file as it was compared."""
    form = forms.own_form()
    doubtful = "doubtful" in form
    try:
        done = comparing.accept(
            context.database(),
            context.actor(),
            IMPORT_KINDS,
            name,
            file,
            seen=form.get("seen", ""),
            accept_valid="valid" in form,
            accept_doubtful=doubtful,
        )
    except (InvalidInput, Conflict) as error:
        return _compare(name, file, error, doubtful=doubtful)
    return redirect(url_for("brought.one", number=done.run_id, told="import_made"), 303)  # type: ignore[return-value]


@bp.post("/sources/<name>/compared/<file>/aside")
def put_aside(name: str, file: str) -> Response:
    """Put a file aside that is not to be imported."""
    forms.own_form()
    try:
        comparing.put_aside(context.database(), context.actor(), name, file)
    except Conflict as error:
        return _compare(name, file, error)
    return redirect(url_for("sources.show", told="import_put_aside"), 303)  # type: ignore[return-value]


@bp.post("/sources/<name>/files/<file>")
def receive(name: str, file: str) -> Response:
    """Take a part of a file that is handed over on the page; tell its name once it is whole."""
    whole_as = receiving.receive(
        context.database(),
        context.actor(),
        name,
        file,
        number=request.args.get("number", ""),
        offset=request.args.get("offset", -1, int),
        whole=request.args.get("whole", 0, int),
        part=request.get_data(),
    )
    return jsonify({"name": whole_as})


@bp.post("/sources/<name>")
def save(name: str) -> Response:
    """Keep what was said of the columns and of unknown values."""
    form = forms.own_form()
    database, actor = context.database(), context.actor()
    known = profiles.find(database, name)
    mapping = dict(known.mapping)
    for key, value in form.items():
        part, _, which = key.partition(":")
        if part == "column" and which:
            _say(mapping, which, value)
        elif part == "value" and "=" in which and value == _NOT_READ:
            mapping.pop(which, None)
        elif part == "value" and "=" in which and value:
            mapping[which] = value
        elif part == "constant" and value:
            mapping[which] = f"={value}"
        elif part == "constant" and mapping.get(which, "").startswith("="):
            del mapping[which]
    profile = replace(
        known,
        mapping=mapping,
        unknown=form.get("unknown", known.unknown),  # type: ignore[arg-type]
        crs=forms.text(form, "crs"),
        sheet=forms.text(form, "sheet"),
        layer=forms.text(form, "layer"),
        encoding=forms.text(form, "encoding"),
        dayfirst={"day": True, "month": False}.get(form.get("dayfirst", "")),
        automatic="automatic" in form,
    )
    file = form.get("file") or None
    try:
        profiles.save(database, actor, profile)
    except _REFUSED as error:
        return _wizard(profile, file, error)
    here = incoming.waiting(database, quiet_s=0)
    chosen = next((f for f in here if f.profile == name and f.path.name == file), None)
    if chosen is not None:
        with contextlib.suppress(InvalidInput):
            profiles.remember_headings(database, profile, chosen.path)
    return redirect(url_for("sources.wizard", name=name, file=file, told="kept"), 303)  # type: ignore[return-value]


def _say(mapping: dict[str, str], heading: str, field: str) -> None:
    """Write what a column is: as found where nothing is said, a field, or that it is not read."""
    if not field:
        mapping.pop(heading, None)
    else:
        mapping[heading] = "" if field == _NOT_READ else field
