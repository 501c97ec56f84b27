"""Every hostile file ends in a refusal that names it, quickly and in little memory."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import sqlite3
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import xlsxwriter

from gridmap.errors import InvalidInput
from gridmap.ingest.model import MIB, Limits
from gridmap.ingest.reading import read_raw

pytestmark = pytest.mark.usefixtures("cold_start")
Maker = Callable[[Path], Path]
BOX = shapely.box(120.40, 29.78, 120.41, 29.79)
SECRET = "secret-of-another-file"
HEAD = "uid,domain,occurred_at,lon,lat\n"


def _write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def _vrt(folder: Path) -> str:
    secret = _write(folder / "other.csv", f'WKT,v\n"POINT(1 2)",{SECRET}\n')
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="other"><SrcDataSource>{secret}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )


def vrt_geojson(folder: Path) -> Path:
    return _write(folder / "vrt.geojson", _vrt(folder))


def vrt_kml(folder: Path) -> Path:
    return _write(folder / "vrt.kml", _vrt(folder))


def vrt_gpkg(folder: Path) -> Path:
    return _write(folder / "vrt.gpkg", _vrt(folder))


def vrt_in_zip(folder: Path) -> Path:
    path = folder / "vrt.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for end in ("shp", "shx", "dbf"):
            archive.writestr(f"a.{end}", _vrt(folder))
    return path


def xxe_kml(folder: Path) -> Path:
    secret = _write(folder / "other.txt", SECRET)
    return _write(
        folder / "xxe.kml",
        f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file://{secret}">]>'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&x;</name>'
        "<Point><coordinates>120,29</coordinates></Point></Placemark></Document></kml>",
    )


def billion_laughs_kml(folder: Path) -> Path:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    return _write(
        folder / "laughs.kml",
        f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY l0 "ha">{entities}]><kml><name>&l9;</name></kml>',
    )


def deep_kml(folder: Path) -> Path:
    deep = 12_000
    return _write(
        folder / "deep.kml",
        '<kml xmlns="http://www.opengis.net/kml/2.2">' + "<Folder>" * deep + "</Folder>" * deep + "</kml>",
    )


def entities_xlsx(folder: Path) -> Path:
    """A workbook whose shared texts are declared as entities, behind a comment."""
    plain = folder / "plain.xlsx"
    with xlsxwriter.Workbook(plain) as book:
        book.add_worksheet().write_column(0, 0, ["uid", "T1"])
    path = folder / "entities.xlsx"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            if name == "xl/sharedStrings.xml":
                head, tail = text.split(b"?>", 1)
                text = head + b'?><!-- x --><!DOCTYPE sst [<!ENTITY a "AAAAAAAAAA">]>' + tail
            target.writestr(name, text)
    return path


def network_link_kml(folder: Path) -> Path:
    return _write(
        folder / "link.kml",
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>http://127.0.0.1:9/a.kml'
        "</href></Link></NetworkLink></Document></kml>",
    )


def bomb_zip(folder: Path) -> Path:
    path = folder / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for end in ("shp", "shx", "dbf"):
            with archive.open(f"a.{end}", "w") as member:
                for _ in range(30):
                    member.write(bytes(MIB))
    return path


def lying_zip(folder: Path) -> Path:
    """A bomb whose directory understates its size."""
    data = bytearray(bomb_zip(folder).read_bytes())
    for start in (b"PK\x01\x02", b"PK\x03\x04"):
        at = data.find(start)
        while at >= 0:
            struct.pack_into("<I", data, at + (24 if start[2] == 1 else 22), 1000)
            at = data.find(start, at + 4)
    return _write(folder / "lying.zip", bytes(data))


def traversal_zip(folder: Path) -> Path:
    path = folder / "up.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escaped.shp", b"x")
        archive.writestr("../../escaped.dbf", b"x")
    return path


def link_zip(folder: Path) -> Path:
    path = folder / "link.zip"
    member = zipfile.ZipInfo("a.shp")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "/etc/passwd")
    return path


def nested_zip(folder: Path) -> Path:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.shp", b"x")
    path = folder / "nested.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    return path


def not_a_zip(folder: Path) -> Path:
    return _write(folder / "not.zip", b"PK\x03\x04 but no more")


def nan_geojson(folder: Path) -> Path:
    return _write(
        folder / "nan.geojson",
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        '"geometry":{"type":"Point","coordinates":[NaN,29.7]}}]}',
    )


def deep_geojson(folder: Path) -> Path:
    return _write(folder / "deep.geojson", '{"type":"FeatureCollection","features":' + "[" * 500_000)


def wide_geojson(folder: Path) -> Path:
    """Small on disk, gigabytes as lists."""
    return _write(folder / "wide.geojson", '{"type":"x","features":[' + "[[]]," * (15 * MIB) + "[]]}")


def twice_geojson(folder: Path) -> Path:
    return _write(folder / "twice.geojson", '{"type":"FeatureCollection","features":[],"features":[]}')


def latin_geojson(folder: Path) -> Path:
    return _write(folder / "latin.geojson", '{"type":"FeatureCollection","features":[]}é'.encode("latin-1"))


def huge_number_geojson(folder: Path) -> Path:
    return _write(folder / "number.geojson", '{"type":"FeatureCollection","n":' + "9" * 100_000 + "}")


def truncated_gpkg(folder: Path) -> Path:
    path = folder / "cut.gpkg"
    gpd.GeoDataFrame({"code": ["01"] * 500}, geometry=[BOX] * 500, crs=4326).to_file(path, layer="g")
    return _write(path, path.read_bytes()[:40_000])


def scrambled_gpkg(folder: Path) -> Path:
    path = folder / "scrambled.gpkg"
    gpd.GeoDataFrame({"code": ["01"] * 500}, geometry=[BOX] * 500, crs=4326).to_file(path, layer="g")
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    return _write(path, bytes(data))


def view_gpkg(folder: Path) -> Path:
    path = folder / "view.gpkg"
    gpd.GeoDataFrame({"code": ["01"]}, geometry=[BOX], crs=4326).to_file(path, layer="g")
    database = sqlite3.connect(path)
    database.execute("CREATE VIEW v AS SELECT fid, geom, ogr_geocode(code) AS code FROM g")
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('v', 'features', 4326)"
    )
    database.commit()
    database.close()
    return path


def unlisted_view_gpkg(folder: Path) -> Path:
    """A view that never ends and that gpkg_contents does not name, beside a table."""
    path = folder / "unlisted.gpkg"
    gpd.GeoDataFrame({"code": ["01"]}, geometry=[BOX], crs=4326).to_file(path, layer="g")
    database = sqlite3.connect(path)
    database.execute(
        "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS code FROM n"
    )
    database.commit()
    database.close()
    return path


def wal_gpkg(folder: Path) -> Path:
    """A GeoPackage that was copied while a program had it open: its newest row stands in the log."""
    path, copy = folder / "open.gpkg", folder / "copy.gpkg"
    gpd.GeoDataFrame({"code": ["01"]}, geometry=[BOX], crs=4326).to_file(path, layer="g")
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    copy.write_bytes(path.read_bytes())
    database.close()
    path.unlink()
    return copy


def surrogate_geojson(folder: Path) -> Path:
    feature = '{"type":"Feature","properties":{"code":"\\ud800"},"geometry":null}'
    return _write(folder / "surrogate.geojson", f'{{"type":"FeatureCollection","features":[{feature}]}}')


def zeros_pbf(folder: Path) -> Path:
    """Blobs of OpenStreetMap that unpack to a thousand times their size."""
    packed = zlib.compress(b"\0" * 30_000_000)

    def varint(value: int) -> bytes:
        out = b""
        while value > 127:
            out += bytes([value & 127 | 128])
            value >>= 7
        return out + bytes([value])

    blob = b"\x10" + varint(30_000_000) + b"\x1a" + varint(len(packed)) + packed
    header = b"\x0a\x07OSMData\x18" + varint(len(blob))
    frame = struct.pack(">I", len(header)) + header + blob
    return _write(folder / "zeros.osm.pbf", frame * 9)


def empty_csv(folder: Path) -> Path:
    return _write(folder / "empty.csv", b"")


def headings_only_csv(folder: Path) -> Path:
    return _write(folder / "head.csv", HEAD)


def nul_csv(folder: Path) -> Path:
    return _write(folder / "nul.csv", HEAD + "a\0b,dispute,2026-01-05,120.4,29.7\n")


def utf16_csv(folder: Path) -> Path:
    return _write(folder / "utf16.csv", (HEAD + "a,dispute,2026-01-05,120.4,29.7\n").encode("utf-16"))


def broken_encoding_csv(folder: Path) -> Path:
    return _write(folder / "bytes.csv", HEAD.encode() + b"\xff\xfe\x81\xff,dispute,2026-01-05,120.4,29.7\n")


def million_columns_csv(folder: Path) -> Path:
    return _write(folder / "wide.csv", ",".join(f"c{i}" for i in range(1_000_000)) + "\n")


def million_cells_csv(folder: Path) -> Path:
    return _write(folder / "row.csv", HEAD + "," * 1_000_000 + "\n")


def endless_quote_csv(folder: Path) -> Path:
    return _write(folder / "quote.csv", HEAD + '"never closed,dispute\n' + "a,dispute,2026,1,2\n" * 100_000)


def endless_line_csv(folder: Path) -> Path:
    return _write(folder / "line.csv", "x" * (20 * MIB))


def bomb_xlsx(folder: Path) -> Path:
    path = folder / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as member:
            for _ in range(40):
                member.write(b" " * MIB)
    return path


def far_cell_xlsx(folder: Path) -> Path:
    """Two cells that span seventeen thousand million."""
    path = folder / "far.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "uid")
        sheet.write(1_048_575, 16_383, "x")
    return path


def not_xlsx(folder: Path) -> Path:
    return _write(folder / "text.xlsx", HEAD)


def gzip_as_gpkg(folder: Path) -> Path:
    return _write(folder / "zipped.gpkg", gzip.compress(b"SQLite format 3\0"))


def folder_as_file(folder: Path) -> Path:
    path = folder / "folder.csv"
    path.mkdir()
    return path


def link_as_file(folder: Path) -> Path:
    path = folder / "link.csv"
    path.symlink_to("/etc/passwd")
    return path


def pipe_as_file(folder: Path) -> Path:
    path = folder / "pipe.geojson"
    os.mkfifo(path)
    return path


def device_like_name(folder: Path) -> Path:
    return folder / "missing.csv"


def program(folder: Path) -> Path:
    return _write(folder / "run.exe", b"MZ")


CORPUS: list[tuple[Maker, str]] = [
    (vrt_geojson, "not-geojson"),
    (vrt_kml, "not-kml"),
    (vrt_gpkg, "not-gpkg"),
    (vrt_in_zip, "file-broken"),
    (xxe_kml, "xml-entities"),
    (billion_laughs_kml, "xml-entities"),
    (deep_kml, "xml-too-deep"),
    (entities_xlsx, "xml-entities"),
    (network_link_kml, "kml-link"),
    (bomb_zip, "zip-too-big"),
    (lying_zip, "zip-broken"),
    (traversal_zip, "zip-path"),
    (link_zip, "zip-link"),
    (nested_zip, "zip-nested"),
    (not_a_zip, "zip-broken"),
    (nan_geojson, "json-not-a-number"),
    (deep_geojson, "json-too-deep"),
    (wide_geojson, "file-needs-too-much"),
    (twice_geojson, "json-duplicate-key"),
    (latin_geojson, "encoding-unknown"),
    (huge_number_geojson, "not-geojson"),
    (truncated_gpkg, "file-broken"),
    (scrambled_gpkg, "file-broken"),
    (view_gpkg, "gpkg-view"),
    (unlisted_view_gpkg, "gpkg-view"),
    (wal_gpkg, "gpkg-open"),
    (surrogate_geojson, "text-broken"),
    (zeros_pbf, "pbf-too-big"),
    (empty_csv, "file-empty"),
    (headings_only_csv, "no-rows"),
    (nul_csv, "csv-nul"),
    (broken_encoding_csv, "encoding-unknown"),
    (million_columns_csv, "headings-too-long"),
    (million_cells_csv, "csv-uneven"),
    (endless_quote_csv, "csv-quote-open"),
    (endless_line_csv, "headings-too-long"),
    (bomb_xlsx, "zip-too-big"),
    (far_cell_xlsx, "file-needs-too-much"),
    (not_xlsx, "not-xlsx"),
    (gzip_as_gpkg, "not-gpkg"),
    (folder_as_file, "file-not-regular"),
    (link_as_file, "file-not-regular"),
    (pipe_as_file, "file-not-regular"),
    (device_like_name, "file-missing"),
    (program, "format-unknown"),
]
NAMES = [m.__name__ for m, _ in CORPUS]


@pytest.mark.parametrize(("make", "code"), CORPUS, ids=NAMES)
def test_a_hostile_file_is_refused_by_name(make: Maker, code: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(InvalidInput) as caught:
        read_raw(path)
    assert caught.value.code == code
    assert path.name in caught.value.zh
    assert path.name in caught.value.en
    assert SECRET not in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_no_hostile_file_takes_more_than_half_a_gigabyte(tmp_path: Path) -> None:
    paths = []
    for make, _ in CORPUS:
        folder = tmp_path / make.__name__
        folder.mkdir()
        paths.append(str(make(folder)))
    script = (
        "import json, re, resource, sys\n"
        "from pathlib import Path\n"
        "from gridmap.errors import InvalidInput\n"
        "from gridmap.ingest.reading import read_raw\n"
        "peaks = {}\n"
        "for path in json.load(sys.stdin):\n"
        "    try:\n"
        "        read_raw(path)\n"
        "        peaks[path] = -1\n"
        "    except InvalidInput:\n"
        "        # What getrusage says of this process itself includes the peak of its parent.\n"
        "        own = int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
        "        peaks[path] = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        "print(json.dumps(peaks))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(paths),
        capture_output=True,
        text=True,
        timeout=800,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    peaks = json.loads(done.stdout)
    assert all(0 < peak * 1024 <= 512 * MIB for peak in peaks.values()), peaks


def test_a_file_over_the_size_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(3 << 40)
    with pytest.raises(InvalidInput, match=r"huge\.csv") as caught:
        read_raw(path)
    assert caught.value.code == "file-too-large"


def test_more_features_or_vertices_than_allowed_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.gpkg"
    gpd.GeoDataFrame({"code": ["1"] * 50}, geometry=[BOX] * 50, crs=4326).to_file(path, layer="g")
    for limits, code in (
        (Limits(features=49), "too-many-features"),
        (Limits(vertices=249), "too-many-vertices"),
    ):
        with pytest.raises(InvalidInput) as caught:
            read_raw(path, limits=limits)
        assert caught.value.code == code
    assert read_raw(path, limits=Limits(features=50, vertices=250)).table.num_rows == 50


def test_a_reader_that_does_not_end_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "slow.geojson"
    features = ",".join(
        json.dumps({"type": "Feature", "properties": {"a": i}, "geometry": None}) for i in range(100_000)
    )
    path.write_text('{"type":"FeatureCollection","features":[' + features + "]}")
    with pytest.raises(InvalidInput) as caught:
        read_raw(path, limits=Limits(wall_s=0))
    assert caught.value.code == "file-needs-too-much"
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0


def test_open_rings_are_closed_and_said(tmp_path: Path) -> None:
    path = tmp_path / "open.geojson"
    ring = [[120.4, 29.7], [120.5, 29.7], [120.5, 29.8]]
    path.write_text(
        json.dumps(
            {
                "type": "Feature",
                "properties": {"code": 1},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    )
    raw = read_raw(path)
    assert raw.geometry is not None
    assert raw.geometry[0].exterior.is_closed
    assert [n.code for n in raw.notices] == ["rings-closed"]


def test_heights_and_measures_are_dropped_and_said(tmp_path: Path) -> None:
    geojson = tmp_path / "high.geojson"
    geojson.write_text(
        json.dumps(
            {
                "type": "Feature",
                "properties": {"code": 1},
                "geometry": {"type": "Point", "coordinates": [120.4, 29.7, 31.0]},
            }
        )
    )
    gpkg = tmp_path / "high.gpkg"
    line = shapely.from_wkt("LINESTRING ZM (120.4 29.7 1 2, 120.5 29.8 3 4)")
    gpd.GeoDataFrame(
        {"code": ["1"]}, geometry=[shapely.force_3d(shapely.force_2d(line), 5.0)], crs=4326
    ).to_file(gpkg, layer="g")
    for path in (geojson, gpkg):
        raw = read_raw(path)
        assert raw.geometry is not None
        assert not shapely.has_z(raw.geometry).any()
        assert [n.code for n in raw.notices] == ["heights-dropped"]


def test_a_damaged_shape_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "some.geojson"
    shapes = [
        {"type": "Point", "coordinates": [120.4, 29.7]},
        {"type": "Point", "coordinates": ["x", True]},
        None,
    ]
    features = [{"type": "Feature", "properties": {"n": i}, "geometry": g} for i, g in enumerate(shapes)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    raw = read_raw(path)
    assert raw.geometry is not None
    assert [g is not None for g in raw.geometry] == [True, False, False]
    assert [(n.code, "2" in n.en) for n in raw.notices] == [("geometries-broken", True)]


def test_formulas_and_links_in_a_workbook_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "formula.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["uid", "summary"])
        sheet.write_string(1, 0, "A1")
        sheet.write_formula(1, 1, "='[/etc/passwd]Sheet1'!A1", value="saved")
    raw = read_raw(path)
    assert raw.table.to_pylist() == [{"uid": "A1", "summary": "saved"}]
    assert "formulas-not-computed" in [n.code for n in raw.notices]


def test_the_reading_process_knows_one_driver_only(tmp_path: Path) -> None:
    from gridmap.ingest.reading.sandbox import _environment

    script = "import pyogrio; print(sorted(pyogrio.list_drivers()))"
    for driver in ("GPKG", "ESRI Shapefile", "LIBKML"):
        done = subprocess.run(
            [sys.executable, "-I", "-c", script],
            env=_environment(tmp_path, (driver,)),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == str([driver])


def test_the_hostile_files_found_in_use_end_as_tabled(found_in_use: Path) -> None:
    expected = {
        "unlisted_view.gpkg": "gpkg-view",
        "endless_view.gpkg": "gpkg-view",
        "wal_left_behind.gpkg": "gpkg-open",
        "pbf_empty_blobs.osm.pbf": "pbf-too-big",
        "lone_surrogate.geojson": "text-broken",
    }
    for name, code in expected.items():
        with pytest.raises(InvalidInput) as caught:
            read_raw(found_in_use / "hostile" / name)
        assert caught.value.code == code
