"""The desk's pages: server-rendered lists, forms and figures; they call services, never the API."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Bring the pages into an application."""
    from web.desk import (
        beats,
        bodies,
        boundary_files,
        bulk,
        cases,
        field,
        forecasts,
        grid_card,
        handover,
        imports,
        lists,
        live,
        official_forms,
        order,
        photos,
        projects,
        records,
        reports,
        rosters,
        route,
        screening,
        sources,
        town,
        town_rules,
        work,
    )

    for bp in (
        lists.bp,
        bulk.bp,
        cases.bp,
        photos.bp,
        town.bp,
        handover.bp,
        live.bp,
        route.bp,
        order.bp,
        rosters.bp,
        beats.bp,
        screening.bp,
        field.bp,
        imports.bp,
        sources.bp,
        boundary_files.bp,
        records.bp,
        projects.bp,
        bodies.bp,
        town_rules.bp,
        grid_card.bp,
        official_forms.bp,
        reports.bp,
        forecasts.bp,
        work.bp,
    ):
        app.register_blueprint(bp)
