"""What holds for any input."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import crs
from gridmap.domain.gridkey import level_of
from gridmap.errors import InvalidInput
from gridmap.files.cells import escape_cell, restore_cells
from gridmap.ingest.boundaries.keys import assign_keys
from gridmap.ingest.personal import is_identity_number, mask, personal_in
from gridmap.ingest.rows import parse_table
from gridmap.ingest.rows.dates import read_instants

ZONE = ZoneInfo("Asia/Shanghai")
MOMENTS = st.integers(700_000_000, 2_800_000_000).map(
    lambda s: dt.datetime.fromtimestamp(s, ZONE).replace(tzinfo=None)
)
WAYS = (
    lambda d: d.isoformat(),
    lambda d: d.isoformat(" "),
    lambda d: f"{d.year}-{d.month}-{d.day} {d.hour}:{d.minute}:{d.second}",
    lambda d: f"{d.year}/{d.month}/{d.day} {d.hour:02d}:{d.minute:02d}:{d.second:02d}",
    lambda d: f"{d.year}.{d.month:02d}.{d.day} {d.hour}:{d.minute:02d}:{d.second:02d}",
    lambda d: f"{d.year}年{d.month}月{d.day}日 {d.hour}时{d.minute}分{d.second}秒",
    lambda d: f"{d.year}年{d.month:02d}月{d.day:02d}日{d.hour:02d}:{d.minute:02d}:{d.second:02d}",
    lambda d: f"{d:%Y%m%d%H%M%S}",
    lambda d: d.replace(tzinfo=ZONE).isoformat(),
    lambda d: d.replace(tzinfo=ZONE).astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ"),
    lambda d: (
        f"{d.year}年{d.month}月{d.day}日 {'上午' if d.hour < 12 else '下午'}"
        f"{d.hour if d.hour <= 12 else d.hour - 12}点{d.minute}分{d.second}秒"
    ),
)


@settings(deadline=None)
@given(st.lists(st.tuples(MOMENTS, st.sampled_from(range(len(WAYS)))), min_size=1, max_size=30))
def test_a_moment_is_read_the_same_in_whatever_way_it_is_written(
    items: list[tuple[dt.datetime, int]],
) -> None:
    column = pa.chunked_array([[WAYS[way](moment) for moment, way in items]])
    read = read_instants(column, "Asia/Shanghai")
    expected = [m.replace(tzinfo=ZONE).astimezone(dt.UTC).replace(tzinfo=None) for m, _ in items]
    assert read.problems == {}
    assert read.values.tolist() == expected


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=20))
def test_any_text_is_a_date_empty_or_refused(texts: list[str]) -> None:
    read = read_instants(pa.chunked_array([texts]), "Asia/Shanghai")
    refused = np.zeros(len(texts), dtype=bool)
    for rows in read.problems.values():
        refused[rows] = True
    assert (refused == np.isnat(read.values)).all()


@settings(deadline=None)
@given(st.text(max_size=40) | st.text("=+-@'＝＋,;|\t\r\n1a", max_size=12))
def test_escaped_text_is_no_formula_whatever_separates_cells_and_comes_back(text: str) -> None:
    text = text.replace("\0", "")
    escaped = escape_cell(text)
    for part in re.split(r"[;,|\t\r\n]", escaped):
        if part[:1] in set("=+-@＝＋－＠"):
            float(part.replace("＋", "x").replace("－", "x"))
    assert restore_cells(pa.chunked_array([[escaped]])).to_pylist() == [text]


@settings(deadline=None)
@given(
    st.floats(73.7, 134.9),
    st.floats(18.3, 53.4),
    st.sampled_from(["GCJ-02", "BD-09", "EPSG:4490"]),
)
def test_shifted_coordinates_come_back_within_a_centimetre(lon: float, lat: float, system: str) -> None:
    back = crs.to_wgs84(*crs.from_wgs84(lon, lat, system), system)
    assert crs.distance_m(lon, lat, *back)[0] < 0.01


@settings(deadline=None)
@given(st.integers(0, 10**17), st.text("abc甲乙，。 ", max_size=5))
def test_short_codes_are_never_identity_numbers(number: int, around: str) -> None:
    assert personal_in(str(number)[:14], identifier=True) in {None, "phone"}
    assert not is_identity_number(str(number)[:17])
    assert str(number) not in mask(around + str(number)) or number < 10**6


@st.composite
def _tables(draw: st.DrawFn) -> list[list[str]]:
    cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)
    width = draw(st.integers(2, 5))
    return draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=5))


@settings(max_examples=60, deadline=None)
@given(_tables(), st.sampled_from(["utf-8", "gb18030"]))
def test_any_csv_file_is_read_or_refused_and_every_row_is_accounted_for(
    table: list[list[str]], encoding: str
) -> None:
    import csv

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["occurred_at", "domain", "grid_code", "summary", "kind"][: len(table[0])])
            writer.writerows(table)
        try:
            parsed = parse_table(path, "incidents")
        except InvalidInput:
            # That refusals of whole files name the file is tested with the hostile ones.
            return
    assert parsed.accepted_rows + parsed.refused["row"].nunique() == parsed.total_rows
    assert set(parsed.rows["row"]).isdisjoint(parsed.refused["row"])
    assert parsed.refused["reason_zh"].str.len().min() > 0 or parsed.refused.empty


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 3), st.sampled_from(["", "x", "330681109001", "330681109999", "007", "000"])
        ),
        max_size=40,
    )
)
def test_keys_are_unique_and_of_their_level(villages: list[tuple[int, str]]) -> None:
    import pandas as pd
    import shapely

    levels = [1, 2, 2, 2] + [3] * len(villages)
    grids = pd.DataFrame(
        {
            "level": levels,
            "code": [None, "01", None, "33068110902", *[c or None for _, c in villages]],
            "given_key": None,
            "parent_row": [-1, 0, 0, 0, *[a for a, _ in villages]],
            "geometry": [shapely.Point(i % 7, i // 7) for i in range(len(levels))],
        }
    )
    keyed = assign_keys(grids, "330681109")
    keys = keyed["grid_key"].tolist()
    assert len(set(keys)) == len(keys)
    assert [level_of(k) for k in keys] == levels
    assert all(keyed["parent_key"].iloc[i] == keys[p] for i, p in enumerate(grids["parent_row"]) if p >= 0)
