"""Columns that say what and where something is, whatever it is."""

from __future__ import annotations

from gridmap.domain import terms
from gridmap.domain.fields import Field

GRID = Field(
    "grid_code",
    "key",
    "网格编码",
    ("网格代码", "网格编号", "所属网格编码", "grid", "village_code", "村代码", "grid_key", "网格键"),
)
VILLAGE = Field(
    "village_name",
    "text",
    "村名",
    (
        "village",
        "村",
        "所属村",
        "行政村",
        "村居",
        "村社区",
        "所在村",
        "所属网格",
        "所在网格",
        "发生网格",
        "网格路径",
    ),
    max_chars=60,
)
LON = Field("lon", "x", "经度", ("longitude", "lng", "long", "x", "东经", "x坐标", "lon_wgs84", "横坐标"))
LAT = Field("lat", "y", "纬度", ("latitude", "y", "北纬", "y坐标", "lat_wgs84", "纵坐标"))
ACCURACY = Field(
    "accuracy_m",
    "number",
    "定位精度",
    ("accuracy", "精度", "精度米", "定位精度米"),
    low=terms.ACCURACY.low,
    high=terms.ACCURACY.high,
)
NAME_EN = Field("name_en", "text", "英文名称", ("english_name", "英文名"), max_chars=120, persons="refused")


def code_field(zh: str, *spellings: str) -> Field:
    """Return the column of a record's own number, which has a length."""
    return Field("code", "key", zh, spellings, required=True, max_chars=terms.LONGEST["code"])


def name_field(*spellings: str, required: bool = True) -> Field:
    """Return the column of the name of a place, a body or a thing; never a person's."""
    return Field("name_zh", "text", "名称", spellings, required=required, max_chars=120, persons="refused")
