"""KML and KMZ: looked over before GDAL reads them, with the values that GDAL does not name."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
from defusedxml import DefusedXmlException, ElementTree

from gridmap.ingest.isolated.frame import Refused, declares_entities
from gridmap.ingest.isolated.zipped import checked_members, open_zip, too_big

_OF_PLACEMARKS = frozenset({"Name", "name", "description", "Description"})
_NOISE = frozenset(
    "timestamp|begin|end|altitudeMode|tessellate|extrude|visibility|drawOrder|icon|snippet".split("|")  # noqa: SIM905
)
_SHAPES = frozenset({"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry"})
_BLOCK = 1 << 20
# A shape within ten folders within each other has 20.
_MOST_DEEP = 200


def unpack_kmz(path: Path, limits: dict[str, int]) -> Path:
    """Unpack the KML of a KMZ archive beside it.

    Raises
    ------
    Refused
        When it has none.
    """
    with open_zip(path) as archive:
        members = [m for m in checked_members(archive, limits) if m.filename.lower().endswith(".kml")]
        if not members:
            raise Refused("kmz-no-kml", "KMZ 压缩包里没有 .kml。", "the KMZ archive holds no .kml.")
        members.sort(key=lambda m: (m.filename != "doc.kml", m.filename))
        target = path.with_suffix(".kml")
        size = 0
        try:
            with archive.open(members[0]) as source, target.open("xb") as out:
                while block := source.read(_BLOCK):
                    size += len(block)
                    if size > limits["text_bytes"]:
                        raise too_big()
                    out.write(block)
        # zipfile says NotImplementedError of a file whose compression or version it does not know.
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError):
            raise Refused(
                "zip-broken", "压缩文件已损坏。请重新打包。", "the archive is damaged. Pack it again."
            ) from None
    return target


def check_kml(path: Path) -> list[dict[str, str]]:
    """Refuse entities and document types, what is not KML, and links to other files; collect untyped values.

    Returns
    -------
    list of dict
        Of each placemark with a shape the values of its ``Data`` elements, in the order of the file.

    Raises
    ------
    Refused
    """
    refused = Refused(
        "not-kml",
        "内容不是 KML（可能只是改了扩展名）。请重新导出为 KML。",
        "its content is not KML (perhaps only its name was changed). Export it as KML.",
    )
    found = _Placemarks()
    root = None
    depth = 0
    try:
        for event, element in ElementTree.iterparse(path, events=("start", "end"), forbid_dtd=True):
            name = str(element.tag).rpartition("}")[2]
            root = root or name
            if root != "kml":
                raise refused
            depth += 1 if event == "start" else -1
            if depth > _MOST_DEEP:
                raise Refused(
                    "xml-too-deep",
                    f"文件夹或元素嵌套超过 {_MOST_DEEP} 层，不是正常的 KML。请把图层放在一个文件夹里重新导出。",
                    f"its folders or elements are nested more than {_MOST_DEEP} deep. Put the layer "
                    "into one folder and export it again.",
                )
            if event == "end":
                found.take(name, element)
    except DefusedXmlException:
        raise declares_entities() from None
    except ElementTree.ParseError:
        raise refused from None
    return found.done


class _Placemarks:
    """Collects the values of placemarks with a shape."""

    def __init__(self) -> None:
        self.done: list[dict[str, str]] = []
        self._values: dict[str, str] = {}
        self._shaped = False

    def take(self, name: str, element: Any) -> None:
        """Take an element that is complete, and empty it."""
        if name == "NetworkLink":
            raise Refused(
                "kml-link",
                "KML 引用了网络链接（NetworkLink），拒绝读取。请导出实际的图形。",
                "it refers to a network link and is not read. Export the shapes themselves.",
            )
        if name == "value":
            # Kept until its Data is complete.
            return
        if name == "Data" and element.get("name"):
            self._values[str(element.get("name"))] = next((str(v.text or "") for v in element), "")
        self._shaped = self._shaped or name in _SHAPES
        if name == "Placemark":
            if self._shaped:
                self.done.append(self._values)
            self._values, self._shaped = {}, False
        element.clear()


def with_untyped(table: pa.Table, placemarks: list[dict[str, str]]) -> pa.Table:
    """Give a table the values that have names in the file but no schema: GDAL makes underscores of Chinese names.

    Parameters
    ----------
    table : pyarrow.Table of string
        As GDAL reads the only layer of the file.
    placemarks : list of dict
        As :func:`check_kml` collects them.
    """
    # Every placemark has room for a name and a description; what none of them says is no column.
    untold = {c for c in _OF_PLACEMARKS if c in table.column_names and not any(table[c].to_pylist())}
    table = table.drop_columns([c for c in table.column_names if c in _NOISE or c in untold])
    if len(placemarks) != table.num_rows or not any(placemarks):
        return table
    names = list(dict.fromkeys(name for values in placemarks for name in values))
    table = table.drop_columns([c for c in table.column_names if c in names or not c.strip("_")])
    for name in names:
        texts = pa.array([values.get(name) or None for values in placemarks], pa.string())
        table = table.append_column(name, texts)
    return table
