"""A file of boundaries beside those in force: what it would do, and whether it is imported or put aside."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Response, jsonify, redirect, request, url_for

from gridmap.errors import Conflict, InvalidInput
from gridmap.services.ground import arrivals
from gridmap.services.ground.arrivals import Arrived
from gridmap.services.ground.boundaries import BoundaryOptions
from gridmap.services.imports.records import MOST_COMPARED
from web import context
from web.desk import forms, told_rows
from web.desk.forms import Form
from web.desk.offered import on_page, refusal
from web.desk.shown import page

bp = Blueprint("arrivals", __name__)

_REFUSED = (InvalidInput, Conflict)
_COLUMNS = {"name_column": "name_zh", "code_column": "code"}
_TYPED = ("crs", *_COLUMNS, "town_code", "town_name", "layer", "level", "valid_from")
_TICKED = ("join", "mend")


@bp.get("/boundaries")
def compare() -> Response:
    """Answer what a file would do to the boundaries in force; nothing is written."""
    file = request.args.get("file", "")
    if not file:
        return redirect(url_for("sources.show"), 303)  # type: ignore[return-value]
    return _compare(file, request.args)


def _compare(file: str, asked: Form, problem: InvalidInput | Conflict | None = None) -> Response:
    found: Arrived | None = None
    try:
        found = arrivals.compare(context.database(), context.actor(), file, _options(asked))
    except _REFUSED as error:
        problem = problem or error
    done = None if found is None else found.result
    farthest = max(done.moved.items(), key=lambda item: item[1], default=None) if done else None
    return page(
        "desk/boundary_file.html",
        "imports",
        status=problem.status if problem else 200,
        problem=refusal(problem),
        file=file,
        found=found,
        done=done,
        asked={name: asked.get(name, "").strip() for name in (*_TYPED, *_TICKED)},
        farthest=farthest,
        most=MOST_COMPARED,
        on_page=on_page,
        **told_rows.words_of("grids"),
    )


def _options(asked: Form) -> BoundaryOptions:
    """Read how the file is to be read: from the address of the comparison, or from its form."""
    mapping = {
        heading: field for name, field in _COLUMNS.items() if (heading := forms.text(asked, name)) is not None
    }
    return BoundaryOptions(
        crs=forms.text(asked, "crs"),
        mapping=mapping or None,
        level=forms.read(asked, "level", int, "outlines_level"),
        layer=forms.text(asked, "layer"),
        town_code=forms.text(asked, "town_code"),
        town_name=forms.text(asked, "town_name"),
        valid_from=forms.read(asked, "valid_from", dt.date.fromisoformat, "outlines_valid_from"),
        join="join" in asked,
        mend="mend" in asked,
        accept_shift="accept_shift" in asked,
        accept_ended="accept_ended" in asked,
    )


@bp.post("/boundaries")
def accept() -> Response:
    """Put the boundaries of a file into force as they were compared."""
    form = forms.own_form()
    file = form.get("file", "")
    try:
        done = arrivals.accept(
            context.database(),
            context.actor(),
            file,
            _options(form),
            seen=form.get("seen", ""),
            again="again" in form,
        )
    except _REFUSED as error:
        return _compare(file, form, error)
    return redirect(url_for("brought.one", number=done.run_id, told="import_made"), 303)  # type: ignore[return-value]


@bp.post("/boundaries/aside")
def put_aside() -> Response:
    """Put a file aside that is not to be imported."""
    form = forms.own_form()
    file = form.get("file", "")
    try:
        arrivals.put_aside(context.database(), context.actor(), file)
    except Conflict as error:
        return _compare(file, form, error)
    return redirect(url_for("sources.show", told="import_put_aside"), 303)  # type: ignore[return-value]


@bp.post("/boundaries/files/<file>")
def receive(file: str) -> Response:
    """Take a part of a file that is handed over on the page; tell its name once it is whole."""
    whole_as = arrivals.receive(
        context.database(),
        context.actor(),
        file,
        number=request.args.get("number", ""),
        offset=request.args.get("offset", -1, int),
        whole=request.args.get("whole", 0, int),
        part=request.get_data(),
    )
    return jsonify({"name": whole_as})
