"""The register of reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.storage.models import ReportRun


def add_report(session: Session, report: dict[str, Any]) -> int:
    """Enter a report in the register; return its number."""
    row = ReportRun(**report)
    session.add(row)
    session.flush()
    return row.report_id


def list_reports(session: Session, limit: int = 50) -> list[dict[str, Any]]:
    """Return the register of reports, newest first."""
    query = (
        select(*ReportRun.__table__.columns)
        .order_by(ReportRun.created_at.desc(), ReportRun.report_id)
        .limit(limit)
    )
    return [dict(row) for row in session.execute(query).mappings()]


def find_report(session: Session, sha256: str) -> ReportRun | None:
    """Find the newest entry of a file, HTML or PDF, by the hash of its bytes; None where there is none."""
    query = (
        select(ReportRun)
        .where((ReportRun.file_sha256 == sha256) | (ReportRun.parameters["pdf_sha256"].astext == sha256))
        .order_by(ReportRun.created_at.desc(), ReportRun.report_id)
        .limit(1)
    )
    return session.execute(query).scalar()
