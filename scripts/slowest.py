"""Print the slowest tests of several reports in JUnit's format: slowest.py COUNT FILE..."""

from __future__ import annotations

import sys
from pathlib import Path

from defusedxml.ElementTree import parse


def times(path: Path) -> list[tuple[float, str]]:
    """Seconds and name of each test, setting up and tearing down included."""
    found = []
    for case in parse(path).iter("testcase"):
        file = case.get("classname", "").replace(".", "/")
        found.append((float(case.get("time", 0)), f"{file}.py::{case.get('name')}"))
    return found


if __name__ == "__main__":
    count, *files = sys.argv[1:]
    every = [row for file in files for row in times(Path(file))]
    print(f"slowest {min(int(count), len(every))} of {len(every)} tests")
    for seconds, name in sorted(every, reverse=True)[: int(count)]:
        print(f"{seconds:8.1f} s  {name}")
