"""``gridmap incidents|incident-steps``: import and export."""

from __future__ import annotations

from gridmap.cli.cases import desk
from gridmap.cli.imports.records import record_group
from gridmap.services.cases import exports, imports

incidents = record_group(imports.INCIDENTS, "事件", exports.INCIDENTS)
incidents.add_command(desk.list_open, "list")
incidents.add_command(desk.group.commands["withdraw"], "withdraw")
incidents.add_command(desk.restore, "restore")
incident_steps = record_group(imports.INCIDENT_STEPS, "事件步骤")
