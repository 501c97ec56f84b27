"""One's own account: password, second factor, where one is signed in."""

from __future__ import annotations

import segno
from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answer

from gridmap.errors import GridmapError, InvalidInput
from gridmap.services.accounts import desk, own
from web.access import signed_in
from web.accounts.blueprint import bp, show
from web.context import database


def _page(failed: GridmapError | None = None, secret: str | None = None) -> Response:
    mine = signed_in()
    secret = secret or own.new_second_factor()
    address = own.second_factor_address(mine.post, secret)
    return show(
        "accounts/own.html",
        failed=failed,
        sessions=own.own_sessions(database(), mine),
        trial=desk.demonstration_posts(database()),
        secret=secret,
        code_image=segno.make(address, error="m").svg_inline(
            scale=4, border=2, light="#ffffff", dark="#000000", svgclass="qr", lineclass=None
        ),
    )


@bp.get("/account")
def own_page() -> Response:
    """Answer one's own page."""
    return _page()


@bp.post("/account/password")
def change_password() -> Answer:
    """Change the password; every other session of the post ends."""
    new, again = request.form.get("new", ""), request.form.get("again", "")
    try:
        if new != again:
            raise _differ()
        own.change_password(database(), signed_in(), request.form.get("old", ""), new)
    except GridmapError as error:
        return _page(error)
    return redirect("/account?told=password_changed", 303)


@bp.post("/account/sessions/<session_id>/end")
def end_session(session_id: str) -> Answer:
    """End one of one's own sessions."""
    try:
        own.end_own_session(database(), signed_in(), session_id)
    except GridmapError as error:
        return _page(error)
    return redirect("/account?told=session_ended", 303)


@bp.post("/account/code")
def turn_on_code() -> Answer:
    """Turn the second factor on."""
    secret = request.form.get("secret", "")
    try:
        own.turn_on_second_factor(database(), signed_in(), secret, request.form.get("code", ""))
    except GridmapError as error:
        return _page(error, secret if error.code == "code-wrong" else None)
    return redirect("/account?told=code_turned_on", 303)


@bp.post("/account/code/off")
def turn_off_code() -> Answer:
    """Turn the second factor off."""
    try:
        own.turn_off_second_factor(database(), signed_in(), request.form.get("password", ""))
    except GridmapError as error:
        return _page(error)
    return redirect("/account?told=code_turned_off", 303)


def _differ() -> InvalidInput:
    return InvalidInput(
        "password-differs",
        "两次输入的新密码不一致。请重新输入。",
        "The two entries of the new password differ. Enter it again.",
    )
