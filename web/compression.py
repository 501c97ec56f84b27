"""Answers are compressed where the browser takes that and it is worth the work."""

from __future__ import annotations

import gzip

from flask import Response, request

_SMALLEST = 1000
"""Bytes under which the headers would cost what is saved."""
_LEVEL = 5
_TYPES = frozenset(
    {
        "application/json",
        "application/geo+json",
        "application/problem+json",
        "text/html",
        "text/css",
        "text/csv",
        "text/javascript",
        "application/javascript",
        "image/svg+xml",
    }
)


def compress(answer: Response) -> Response:
    """Compress an answer's body with gzip.

    Streams and files are sent as they are, and so is what is compressed already or shorter than a kilobyte. A strong
    ETag becomes one of its own for the compressed body.

    Parameters
    ----------
    answer : Response
        As made.

    Returns
    -------
    Response
        The same.
    """
    if answer.mimetype not in _TYPES or answer.is_streamed or answer.direct_passthrough:
        return answer
    answer.vary.add("Accept-Encoding")
    if answer.content_encoding or answer.status_code not in {200, 404, 409, 422}:
        return answer
    if not request.accept_encodings["gzip"] > 0:
        return answer
    body = answer.get_data()
    if len(body) < _SMALLEST:
        return answer
    answer.set_data(gzip.compress(body, _LEVEL, mtime=0))
    answer.content_encoding = "gzip"
    tag, weak = answer.get_etag()
    if tag and not weak:
        answer.set_etag(f"{tag}-gzip")
    return answer
