"""The code that a phone reads to open a page."""

from __future__ import annotations

import io

import segno
from flask import Response, url_for


def code_of(endpoint: str, **values: str | int) -> Response:
    """Answer the code of a page's whole address, as a drawing."""
    drawn = io.BytesIO()
    segno.make_qr(url_for(endpoint, _external=True, **values), error="m").save(  # type: ignore[arg-type]
        drawn, kind="svg", scale=3, border=2, xmldecl=False
    )
    return Response(drawn.getvalue(), mimetype="image/svg+xml")
