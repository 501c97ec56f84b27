"""An embedded database that ends as a machine that stops does."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from gridmap.storage.embedded import EmbeddedCluster


def kill_cluster(cluster: EmbeddedCluster) -> None:
    """End every process of a running cluster at once."""
    pid = cluster.status().pid
    assert pid is not None
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for number in (pid, *map(int, children)):
        # Its children end by themselves where they see first that it is gone.
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
