"""What somebody is told whose request waited too long and was not answered: a page that tries again by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import Any

from werkzeug.wrappers import Request

from gridmap.errors import GridmapError, Unavailable
from web import assets
from web.desk.words import say
from web.look import language_of, theme_of

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def refused(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Answer a request without the application, which is busy: JSON to programs, words to people.

    A page that was asked for is asked for again by the browser; a form is not, since whoever sent it does that.
    """
    error = Unavailable(
        "server-behind",
        "服务器正忙，请求等待过久，没有处理。请稍后再试；若经常如此，请调大 GRIDMAP_THREADS 或减少同时的导出。",
        "The server is busy: the request waited too long and was not answered. Try again in a moment; where this "
        "happens often, raise GRIDMAP_THREADS or ask for fewer exports at once.",
    )
    told = {
        "Retry-After": str(error.retry_after_s),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    request = Request(environ)
    if _is_looked_at(request):
        text = _page(request, error.retry_after_s)
        told |= {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": _POLICY}
    else:
        text = json.dumps(error.as_dict(), ensure_ascii=False)
        told["Content-Type"] = "application/json"
    body = text.encode()
    start("503 Service Unavailable", [*told.items(), ("Content-Length", str(len(body)))])
    return [] if request.method == "HEAD" else [body]


def _is_looked_at(request: Request) -> bool:
    """Tell whether a person sees the answer: a page or a part of one, and not what a script asks for."""
    if request.path.startswith(("/api/", "/tiles/", "/static/")):
        return False
    return "text/html" in request.headers.get("Accept", "") or "HX-Request" in request.headers


def _page(request: Request, seconds: int) -> str:
    lang = language_of(request)
    reading = request.method in {"GET", "HEAD"}
    title = escape(say("behind_title", lang))
    then = escape(say("behind_then" if reading else "behind_sent", lang, s=seconds))
    if "HX-Request" in request.headers:
        return f'<p class="notice bad" role="alert">{title} {then}</p>'
    again = f'<meta http-equiv="refresh" content="{seconds}">' if reading else ""
    link = (
        f'<p class="actions"><a class="button" href="">{escape(say("try_again", lang))}</a></p>'
        if reading
        else ""
    )
    return (
        f'<!doctype html><html lang="{"en" if lang == "en" else "zh-CN"}" data-theme="{theme_of(request)}">'
        f'<head><meta charset="utf-8">{again}<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title>{_files()}</head>'
        f'<body><main id="main"><section class="sheet narrow"><h1>{title}</h1><p role="status">{then}</p>{link}'
        "</section></main></body></html>"
    )


def _files() -> str:
    """Return what shows the page in its look and light; files are light requests, which are answered meanwhile."""
    try:
        built = assets.built()
    except GridmapError:
        return ""
    return (
        f'<script src="/static/built/{escape(built.theme)}"></script>'
        f'<link rel="stylesheet" href="/static/built/{escape(built.desk_style)}">'
    )
