"""``gridmap incidents|incident-steps``: import and export."""

from __future__ import annotations

from gridmap.cli.imports.records import record_group
from gridmap.services.cases import exports, imports

incidents = record_group(imports.INCIDENTS, "事件", exports.INCIDENTS)
incident_steps = record_group(imports.INCIDENT_STEPS, "事件步骤")
