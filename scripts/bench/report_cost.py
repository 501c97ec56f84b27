"""Processor seconds and bytes of a month's hotspot report: its PDF by itself, and the whole command.

Run: python -m scripts.bench.report_cost [FIRST LAST] with GRIDMAP_HOME of a workspace whose database runs, as
``gridmap demo load; gridmap db start`` make it. The best of three; a command's seconds are those of its children, too.
Aimed at: 5 s and 1 MB a month of the town for the PDF.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gridmap import __version__
from gridmap.domain.gridkey import Scope
from gridmap.reporting import page
from gridmap.reporting.figures import figures
from gridmap.reporting.paper import can_lay_out, to_pdf
from gridmap.services.reports.content import hotspot_report
from gridmap.services.reports.request import ReportRequest
from gridmap.settings import load_settings
from gridmap.storage.database import Database

ROUNDS = 3


def paper(since: dt.date, until: dt.date) -> tuple[float, int, int]:
    """Seconds and bytes of the PDF, and how many places the report has."""
    request = ReportRequest(since, until, level=4, by="rate", seed=1, languages="both", permutations=999)
    with Database(load_settings()) as database:
        report, _ = hotspot_report(database, Scope.whole(), request, lambda *_: None)
    can_lay_out()
    spent, made = [], b""
    for _ in range(ROUNDS):
        begin = time.process_time()
        made = to_pdf(page.render_paper(report, "both"), json.dumps({"figures": figures(report)}))
        spent.append(time.process_time() - begin)
    return min(spent), len(made), len(report.hotspots) + len(report.clusters)


def command(since: dt.date, until: dt.date) -> float:
    """Seconds of the whole command."""
    spent = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "report.html"
            words = ["--from", since.isoformat(), "--to", until.isoformat(), "--seed", "1", "--out", str(out)]
            argv = ["reports", "build", "hotspots", *words]
            with subprocess.Popen(
                [sys.executable, "-c", "from gridmap.cli import main; main()", *argv],
                stdout=subprocess.DEVNULL,
            ) as process:
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0
            spent.append(used.ru_utime + used.ru_stime)
    return min(spent)


def main() -> None:
    """Print the line of a period."""
    given = [dt.date.fromisoformat(day) for day in sys.argv[1:3]]
    since, until = given or (dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    seconds, size, places = paper(since, until)
    load = os.getloadavg()[0]
    print(f"{dt.date.today()}, gridmap {__version__}, load {load:.0f}, best of {ROUNDS}, {since} to {until}")  # noqa: DTZ011
    print(f"PDF in both languages, {places} places: {seconds:.1f} CPU s, {size / 1e6:.2f} MB")
    print(f"whole command, HTML, PDF, tables and layers: {command(since, until):.1f} CPU s")


if __name__ == "__main__":
    main()
