"""Hotspot runs as jobs."""

from __future__ import annotations

from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.jobs.kinds import JobKind, Outcome, Work


def _run(spec: HotspotSpec, work: Work) -> Outcome:
    run = run_hotspots(work.database, work.scope, spec, owner=work.owner, on_progress=work.tell)
    return Outcome({"number": run.run_id})


HOTSPOT_RUN = JobKind("hotspot-run", "热点分析", "hotspot run", HotspotSpec, _run)
