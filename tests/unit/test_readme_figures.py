"""What README shows of runs and reports holds no figure: the demonstration's last day is today, and so they change."""

from __future__ import annotations

import re
from pathlib import Path

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
MADE_OF_CASES = re.compile(r"\$ gridmap (hotspots|reports|forecast) ")


def test_no_figure_of_a_run_or_a_report_is_documented_that_a_reader_would_not_find() -> None:
    blocks = [
        block
        for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
        if MADE_OF_CASES.search(block)
    ]
    assert len(blocks) >= 5
    shown = [line for block in blocks for line in block.splitlines() if not line.startswith("$")]
    assert len(shown) >= 15
    assert [line for line in shown if re.search(r"\d", line)] == []
