"""Reports: documents of a period and a scope that can be made again to the byte, and the register of them."""

from gridmap.services.reports.building import build_hotspot_report, list_reports
from gridmap.services.reports.request import ReportRequest

__all__ = ["ReportRequest", "build_hotspot_report", "list_reports"]
