"""How the server-rendered pages are shown: language, words, names of grids, times of the workspace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from flask import Response, current_app, g, make_response, render_template, request

from gridmap.domain.cases import lists as closed_lists
from gridmap.domain.cases import task_words
from gridmap.domain.cases.actions import ACTION_WORDS, Stage, read_action
from gridmap.domain.cases.directory import week_of
from gridmap.domain.cases.hours import say_week
from gridmap.domain.cases.limits import warning
from gridmap.domain.cases.model import CaseRow
from gridmap.domain.cases.rules import GROUND_LISTS
from gridmap.domain.codes import Code, code_list
from gridmap.domain.gridkey import LEVELS, UNASSIGNED, VILLAGE, ancestor, level_of
from gridmap.domain.roles import may
from gridmap.errors import GridmapError
from gridmap.services.cases.places import GridLine, Places, name_of, places_of
from gridmap.storage.cases.tasks import BodyRow
from web import assets, context, look
from web.desk.words import FOR_SCRIPTS, WORDS, say
from web.rights import ASKED

NAVIGATION = (
    ("desk", "desk.show"),
    ("new", "case.new"),
    ("map", "pages.map_page"),
    ("town", "town.show"),
    ("tasks", "task.listed"),
    ("handover", "handover.show"),
    ("forms", "official.show"),
    ("reports", "made.show"),
    ("forecasts", "foretold.show"),
    ("projects", "projects.show"),
    ("screening", "screening.show"),
    ("bodies", "bodies.show"),
    ("imports", "brought.show"),
    ("field", "phone.show"),
)
_AT_ONCE = 7
"""Sections that stand side by side on the narrowest desk; the others open below one word."""


def now() -> dt.datetime:
    """Return the moment of the request: one for all that a page shows."""
    if "now" not in g:
        g.now = dt.datetime.now(dt.UTC)
    moment: dt.datetime = g.now
    return moment


def zone() -> ZoneInfo:
    """Return the workspace's time zone."""
    return ZoneInfo(context.database().settings.timezone)


def local(at: dt.datetime) -> dt.datetime:
    """Return a moment in the workspace's zone."""
    return at.astimezone(zone())


def today() -> dt.date:
    """Return the workspace's day."""
    return local(now()).date()


def places() -> Places:
    """Return the names and outlines of the grids that whoever asks sees."""
    if "places" not in g:
        g.places = places_of(context.database(), context.scope())
    found: Places = g.places
    return found


class Say:
    """What a template says in the language of the request."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def text(self, key: str, **values: object) -> str:
        """Return a sentence."""
        return say(key, self.lang, **values)

    def pair(self, zh: str | None, en: str | None) -> str:
        """Return one of two names; the other where it is missing."""
        first, second = (en, zh) if self.lang == "en" else (zh, en)
        return first or second or ""

    def grid(self, key: int | None) -> str:
        """Return a grid's name."""
        if not key:
            return self.text("outside_grids") if key == UNASSIGNED else ""
        return self.pair(*name_of(places().names, key))

    def grids(self) -> tuple[GridLine, ...]:
        """Return the grids that a form offers."""
        return places().grids

    def village(self, key: int) -> str:
        """Return the name of the village that a grid lies in; of the grid itself where it is a larger one."""
        deep = key != UNASSIGNED and level_of(key) > VILLAGE
        return self.grid(ancestor(key, VILLAGE) if deep else key)

    def label(self, name: str, code: str | None) -> str:
        """Return the name of an entry of a code list, or of a closed list of the desk."""
        if not code:
            return ""
        known = code_list(name) if name in _CODE_LISTS else closed_lists.choices(name, untold=True)
        found = next((c for c in known if c.code == code), None)
        return self.pair(found.zh, found.en) if found else code

    def kind(self, domain: str, kind: str | None) -> str:
        """Return the name of a kind of case."""
        found = places().kinds.get((domain, kind or ""))
        return self.pair(*found) if found else self.label("domain", domain)

    def task(self, text: str | None) -> str:
        """Return what a task says."""
        return task_words.sentence(text or "", english=self.lang == "en")

    def ending(self, result: str | None) -> str:
        """Return how a task ended."""
        return task_words.ending(result, english=self.lang == "en")

    def action(self, name: str) -> str:
        """Return the name of a step; a source's own word as it is."""
        known = read_action(name)
        return self.pair(*ACTION_WORDS[known][:2]) if known else name

    def ground(self, name: str, code: str) -> str:
        """Return the name of a step's ground."""
        known = read_action(name)
        listed = GROUND_LISTS.get(known) if known else None
        return self.label(listed, code) if listed else code

    def body(self, code: str | None, directory: list[BodyRow]) -> str:
        """Return the name of a body of the directory."""
        found = next((b for b in directory if b["code"] == code), None)
        return self.pair(found["name_zh"], found["name_en"]) if found else (code or "")

    def week(self, hours: Any, opens: str | None = None) -> str:
        """Return weekly hours, as the directory keeps them or as their words say."""
        return say_week(week_of(hours, opens), english=self.lang == "en")

    def instant(self, told: str) -> dt.datetime:
        """Return a time that is kept as ISO text."""
        return dt.datetime.fromisoformat(told)

    def when(self, at: dt.datetime | None) -> str:
        """Return month, day and time; the year where it is another one."""
        if at is None:
            return "–"
        here = local(at)
        return f"{here:%m-%d %H:%M}" if here.year == today().year else f"{here:%Y-%m-%d}"

    def day(self, at: dt.datetime | None) -> str:
        """Return month and day; the year before them where it is another one."""
        if at is None:
            return "–"
        here = local(at)
        return f"{here:%m-%d}" if here.year == today().year else f"{here:%y-%m-%d}"

    def clock(self, at: dt.datetime) -> str:
        """Return the time of day."""
        return f"{local(at):%H:%M}"

    def date(self, day: dt.date) -> str:
        """Return month and day; the year before them where it is another one."""
        return f"{day:%m-%d}" if day.year == today().year else f"{day:%Y-%m-%d}"

    def days(self, day: dt.date) -> str:
        """Return how many days are left until a day, or how many it is past."""
        days = (day - today()).days
        if days == 0:
            return self.text("day_today")
        return self.text("day_left", n=days) if days > 0 else self.text("day_late", n=-days)

    def left(self, due: dt.datetime | None) -> str:
        """Return how many days are left until a moment, or how many it is past."""
        if due is None:
            return "–"
        days = (local(due).date() - today()).days
        if due < now():
            return self.text("days_late", n=max(1, -days)) if days < 0 else self.text("late_today")
        return self.text("days_left", n=days) if days else self.text("due_today_at", time=self.clock(due))

    def is_past(self, at: dt.datetime) -> bool:
        """Tell whether a moment is past."""
        return at <= now()

    def warned(self, row: CaseRow) -> str:
        """Return how much of an open case's time is used, from the first warning until it is past; else nothing."""
        if not row.is_open or (row.paused_until is not None and row.paused_until > now()):
            return ""
        since = row.close_since or row.accepted_at or row.reported_at or row.occurred_at
        return _USED.get(warning(since, row.due_at, now()), "")

    def pressed(self, row: CaseRow) -> StepWarned | None:
        """Return the limit of signing or acting that an open case waits under, from the first warning on."""
        if row.signer_key is not None:
            name, since, due = "sign", row.sign_since, row.sign_due_at
        elif row.stage == Stage.ACCEPTED.value:
            name, since, due = "act", row.act_since or row.accepted_at, row.act_due_at
        else:
            return None
        found = "none" if due is None else warning(since or due, due, now())
        return None if found == "none" else StepWarned(name, _USED.get(found))


class StepWarned(NamedTuple):
    """A limit of signing or acting that presses.

    Attributes
    ----------
    name : {'sign', 'act'}
    used : str or None
        Share of its time; None when it is past.
    """

    name: str
    used: str | None


_USED = {"half": "50%", "soon": "80%"}
"""Words of the warnings that `WARN_SHARES` begins."""


_CODE_LISTS = frozenset(
    {"domain", "dispute_kind", "stage", "channel", "scale", "team_kind", "level", "grid_level"}
)


def kinds_by_domain(
    known: Mapping[tuple[str, str], tuple[str, str]],
) -> dict[str, list[tuple[str, tuple[str, str]]]]:
    """Return what a form offers as kinds, by domain: the value that it sends, and both names."""
    out: dict[str, list[tuple[str, tuple[str, str]]]] = {}
    for (domain, kind), names in known.items():
        out.setdefault(domain, []).append((f"{domain}:{kind}", names))
    return out


def chain(key: int) -> list[int]:
    """Return the keys of a grid and of those above it, the town first."""
    return [] if key == UNASSIGNED else [ancestor(key, lv) for lv in LEVELS if lv <= level_of(key)]


def may_open(endpoint: str) -> bool:
    """Tell whether whoever asks may open a page; nobody who has not signed in may."""
    known = "actor" in g and endpoint in current_app.view_functions
    return known and may(context.actor().role, ASKED[endpoint])


_TELLING = frozenset(
    {
        "step_made",
        "step_taken_back",
        "case_recorded",
        "handover_given",
        "handover_taken",
        "answer_kept",
        "import_undone",
        "import_made",
        "import_put_aside",
        "kept",
        "photo_removed",
        "form_handed_in",
        "incoming_begun",
        "report_begun",
        "report_cancelled",
        "password_changed",
        "session_ended",
        "code_turned_on",
        "code_turned_off",
    }
)
"""Sentences that an address may have a page tell: what was just done."""


def _told() -> str | None:
    asked = request.args.get("told")
    return asked if asked in _TELLING else None


def page(template: str, here: str, *, status: int = 200, live: bool = True, **values: Any) -> Response:
    """Make a page.

    Parameters
    ----------
    template : str
    here : str
        Name of its place in the navigation.
    status : int
    live : bool
        Whether the page renews when the data has changed, and says of when it is.
    **values
        For the template.
    """
    lang = look.language()
    words = Say(lang)
    sections = [(n, e) for n, e in NAVIGATION if may_open(e)]
    other = request.args.to_dict(flat=False) | {"lang": ["zh" if lang == "en" else "en"]}
    answer = make_response(
        render_template(
            template,
            lang=lang,
            theme=look.theme(),
            built=assets.built(),
            mark=quote(look.MARK),
            here=here,
            navigation=sections,
            at_once=_AT_ONCE if len(sections) > _AT_ONCE + 1 else len(sections),
            may_open=may_open,
            live=live and may_open("live.revision"),
            as_of=now(),
            other_language_url=f"{request.path}?{urlencode(other, doseq=True)}",
            page_words={key: say(key, lang) for key in FOR_SCRIPTS},
            say=words,
            t=words.text,
            clock=words.clock,
            code_list=code_list,
            choices=closed_lists.choices,
            told_choices=_told_choices,
            known_words=WORDS,
            mine=g.get("signed_in"),
            told=_told(),
            zone_name=zone().key,
            chain=chain,
            **values,
        ),
        status,
    )
    g.keep_fresh = True
    return look.remember(answer)


def _told_choices() -> dict[str, tuple[Code, ...]]:
    """Entries that the forms of projects and rulings offer, by field: a project's kind is no kind of dispute."""
    project = request.path.startswith("/projects")
    return {
        "kind": closed_lists.choices("project_kind") if project else code_list("dispute_kind"),
        "risk": closed_lists.choices("risk"),
        "decision": closed_lists.choices("project_decision"),
        "domain": code_list("domain"),
    }


def error_page(error: GridmapError, *, status: int | None = None) -> Response:
    """Show an error as a page that says what can be done; with a status of its own where the error has another."""
    return page("error.html", "", status=status or error.status, problem=error.as_dict())


def wants_page() -> bool:
    """Tell whether whoever asks looks at pages: a browser, not a program, and not the API."""
    if request.path.startswith(("/api/", "/tiles/", "/static/", "/healthz")):
        return False
    return "text/html" in request.headers.get("Accept", "")


_OFFICE = "application/vnd.openxmlformats-officedocument"
_TYPES = {
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "pdf": "application/pdf",
    "json": "application/json",
}


def download(content: bytes, name: str) -> Response:
    """Answer a document under its name (``.xlsx``, ``.docx``, ``.pdf``, ``.json``)."""
    answer = Response(content, content_type=_TYPES[name.rpartition(".")[2]])
    # A name may be of a file or form: none leads to another folder, or shows other letters than it has.
    safe = "".join(c if c.isprintable() and c not in '\\/:*?"<>|' else "_" for c in name)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(safe, safe='')}"
    return answer
