"""Limits that a process sets on itself before it looks at what somebody else wrote."""

from __future__ import annotations

import resource


def apply(memory_bytes: int, cpu_s: int, file_bytes: int) -> None:
    """Bound memory, processor time and the size of written files of this process, for good.

    Parameters
    ----------
    memory_bytes : int
        Of data; what libraries map to run is not counted.
    cpu_s : int
    file_bytes : int
    """
    for kind, most in (
        (resource.RLIMIT_DATA, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))
