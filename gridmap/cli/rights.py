"""What each command asks for when it is run for a post (``--as``); one that is not here is the keeper's alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gridmap.domain.roles import Action

A = Action
_RECORDS = ("teams", "migrants", "organisations", "fixed-points")
_ACTS = ("change", "move", "merge", "withdraw", "restore", "withdrawn")
"""What is done to single records of these kinds."""

KEEPER_ONLY = frozenset(
    {
        *(f"db {name}" for name in ("start", "stop", "status", "url", "upgrade", "check")),
        *(f"db {name}" for name in ("backup", "backups", "restore", "drill", "backup-key")),
        "audit trim",
        "cases expire",
        "demo load",
        "doctor",
        "jobs work",
        "serve",
    }
)
"""Done at the machine itself, for no post."""

ASKED: Mapping[str, A] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "grids import",
                "grids name-region",
                "incidents import",
                "incident-steps import",
                "teams import",
                "team-positions import",
                "migrants import",
                "organisations import",
                "fixed-points import",
                "roads import",
                *(f"{noun} {act}" for noun in _RECORDS for act in _ACTS),
                "projects import",
                "rulings import",
                "grids correct",
                "imports list",
                "imports show",
                "imports undo",
                "profiles list",
                "profiles show",
                "profiles propose",
                "profiles save",
                "profiles export",
                "profiles load",
                "profiles import",
                "profiles remove",
                "incoming list",
                "incoming run",
            ),
            A.IMPORT,
        ),
        **dict.fromkeys(
            (
                "grids export",
                "incidents export",
                "teams export",
                "migrants export",
                "organisations export",
                "fixed-points export",
                "projects export",
                "rulings export",
                "roads export",
            ),
            A.EXPORT,
        ),
        **dict.fromkeys(
            (
                "cases find",
                "cases list",
                "incidents list",
                "cases show",
                "cases tasks",
                "cases lists",
                "projects list",
                "projects show",
                "rulings list",
                "cases screening list",
                "cases screening show",
                "limits show",
                "photos show",
                "cases bodies",
                "cases handover list",
                "limits save",
            ),
            A.SEE_CASES,
        ),
        "cases open": A.SEE_SEALED,
        **dict.fromkeys(("cases record", "cases handover give", "cases handover take"), A.RECORD_CASE),
        **dict.fromkeys(("lake write", "lake share", "lake check"), A.EXPORT),
        **dict.fromkeys(("incidents withdraw", "incidents restore"), A.ACT_ON_CASE),
        **dict.fromkeys(
            (
                *(
                    f"cases {name}"
                    for name in (
                        "route",
                        "sign",
                        "return",
                        "mediate",
                        "handle",
                        "confer",
                        "transfer",
                        "pause",
                        "resume",
                        "defer",
                        "resolve",
                        "end-unsolved",
                        "follow-up",
                        "archive",
                        "reopen",
                        "assess",
                        "note",
                        "correct",
                        "link",
                        "withdraw",
                        "edit",
                        "merge",
                        "undo",
                        "restore",
                        "done",
                    )
                ),
                *(
                    f"{noun} {act}"
                    for noun in ("projects", "rulings")
                    for act in ("add", "change", "withdraw", "undo")
                ),
                "cases posts put",
                "cases posts remove",
                "cases posts volunteers",
                "cases clinics announce",
                "cases clinics off",
                "cases screening begin",
                "cases screening answer",
                "limits load",
                "limits undo",
                "photos off",
                "photos on",
            ),
            A.ACT_ON_CASE,
        ),
        **dict.fromkeys(("grids list", "roads check", "roads route", "roads isochrone"), A.SEE_MAP),
        **dict.fromkeys(("migrants groups", "cases posts show", "cases clinics list"), A.SEE_SERVICES),
        **dict.fromkeys(
            (
                "hotspots run",
                "hotspots delete",
                "hotspots effect",
                "forecast keep",
                "forecast weeks",
                "forecast end",
            ),
            A.RUN_HOTSPOTS,
        ),
        **dict.fromkeys(
            (
                "hotspots list",
                "hotspots show",
                "hotspots compare",
                "hotspots export",
                "hotspots rates",
                "hotspots hours",
                "patrols hours",
                "forecast score",
                "forecast next",
            ),
            A.SEE_HOTSPOTS,
        ),
        **dict.fromkeys(
            (
                "patrols plan",
                "patrols replan",
                "patrols delete",
                "patrols issue",
                "shifts load",
                "beats make",
                "beats undo",
                *(f"rosters {act}" for act in ("make", "set", "undo", "delete")),
            ),
            A.PLAN_PATROLS,
        ),
        **dict.fromkeys(
            (
                "fixed-points list",
                "fixed-points template",
                "patrols compare",
                "patrols list",
                "patrols show",
                "patrols export",
                "patrols visits",
                "patrols orders",
                "patrols next",
                "patrols week",
                "patrols live",
                "patrols effect",
                "beats show",
                "beats export",
                "shifts show",
                "shifts save",
                "rosters show",
                "rosters export",
            ),
            A.SEE_PLANS,
        ),
        **dict.fromkeys(("patrols check-in", "patrols noted"), A.CHECK_IN),
        **dict.fromkeys(
            ("dispatch nearest", "dispatch send", "dispatch arrived", "dispatch finish", "dispatch cancel"),
            A.SEND_TEAM,
        ),
        **dict.fromkeys(("dispatch list", "dispatch times", "coverage near", "coverage show"), A.SEE_TEAMS),
        "coverage site": A.PLACE_SERVICES,
        **dict.fromkeys(
            (
                "reports build",
                "reports list",
                "reports verify",
                "reports schedule",
                "reports schedules",
                "reports unschedule",
            ),
            A.REPORT,
        ),
        **dict.fromkeys(
            (
                "forms show",
                "forms make",
                "forms hand-in",
                "forms list",
                "forms places",
                "projects papers",
                "projects places",
                "rulings book",
            ),
            A.MAKE_FORMS,
        ),
        **dict.fromkeys(("reports meeting", "reports village"), A.MAKE_FORMS),
        "forms papers": A.ACT_ON_CASE,
        "reports services": A.SEE_SERVICES,
        "reports templates": A.IMPORT,
        **dict.fromkeys(("jobs list", "jobs show", "jobs cancel"), A.SEE_JOBS),
        **dict.fromkeys(
            (
                "users list",
                "users add",
                "users role",
                "users scope",
                "users sealed",
                "users lock",
                "users unlock",
                "users reset",
                "users handover",
                "users link",
                "users wall",
                "tokens add",
                "tokens list",
                "tokens revoke",
            ),
            A.MANAGE_POSTS,
        ),
        **dict.fromkeys(
            ("audit verify", "audit list", "audit head", "audit export", "users terms"), A.SEE_AUDIT
        ),
    }
)

WRITTEN_DOWN = frozenset(
    name
    for name, action in ASKED.items()
    if action in {A.IMPORT, A.EXPORT, A.RUN_HOTSPOTS, A.PLAN_PATROLS, A.CHECK_IN, A.PLACE_SERVICES}
    or name.endswith((" export", " build"))
    or name
    in {
        "forms show",
        "forms make",
        "forms papers",
        "projects papers",
        "projects places",
        "rulings book",
        "reports meeting",
        "reports village",
        "reports services",
        "reports verify",
    }
    or name in {"reports schedule", "reports unschedule"}
    or (name.startswith(("projects ", "rulings ")) and action == A.ACT_ON_CASE)
    or name in {"dispatch send", "dispatch arrived", "dispatch finish", "dispatch cancel", "jobs cancel"}
) - {"audit export"}
"""Commands that change something or hand something out, and so leave a row in the audit; accounts leave their own."""
