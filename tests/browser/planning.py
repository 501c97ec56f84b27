"""Plans made for pages to show."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

PLANS = "/api/v1/patrol-plans"
RUNS = "/api/v1/hotspot-runs"
YEAR = {"from": "2025-11-01", "to": "2026-10-31"}


def ask(base: str, path: str, method: str = "GET", body: Any = None) -> Any:
    """Ask the server for JSON."""
    headers = {} if body is None else {"Content-Type": "application/json"}
    sent = urllib.request.Request(  # noqa: S310 - its own address
        base + path, method=method, headers=headers, data=None if body is None else json.dumps(body).encode()
    )
    with urllib.request.urlopen(sent, timeout=300) as answer:  # noqa: S310 - its own address
        return json.load(answer)


def made(base: str, path: str, body: dict[str, Any]) -> int:
    """Start a job and wait for it; return the number of what it made."""
    job = ask(base, path, "POST", body)
    while job["state"] in {"queued", "running"}:
        time.sleep(0.2)
        job = ask(base, f"/api/v1/jobs/{job['job_id']}")
    assert job["state"] == "done", job
    return int(job["run_id"])


def planned(base: str, run_id: int, on: str = "2026-11-01") -> int:
    """Make a plan for a night."""
    return made(base, PLANS, {"on": on, "hotspot_run_id": run_id, "seed": 7, "seconds": 1})
