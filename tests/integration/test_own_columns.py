"""Cases in other people's columns: what a source brings goes out in its own columns, and changes nothing back in."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.profiles import Profile
from gridmap.errors import InvalidInput
from gridmap.services.cases import desk, own_columns
from gridmap.services.house import EXPORT_LAYERS, IMPORT_KINDS
from gridmap.services.imports import profiles
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.services.workspace.exports import export_layer
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase

KEEPER = Actor.at_the_machine()
WHOLE = Scope.whole()
INCIDENTS = IMPORT_KINDS["incidents"]
NATIONAL = (
    "事件编号,事件名称,发生网格,发生日期,发生地点,事件规模,事件类别,涉及人数,事件简述,涉及单位,化解时限,化解方式,"
    "化解组织,化解是否成功,化解情况,考评日期,考评意见,经度,纬度\n"
    "N-1,宅基地争议,枫一社区,2026-10-20,村口,个体性事件,房屋宅基地纠纷,2,滴水位置,,2026-11-20,人民调解,"
    "枫源村人民调解委员会,成功,双方签订协议,2026-11-01,同意,120.4176,29.7894\n"
    "N-2,合同争议,枫源村,2026-10-21,,个体性事件,合同纠纷,3,供货,,2026-11-21,,,未成功,,,,,\n"
)


@pytest.fixture
def town(make_database: MakeDatabase) -> Database:
    return make_database("villages")


def bring(town: Database, path: Path, **options: object) -> ImportResult:
    return import_records(town, WHOLE, INCIDENTS, path, ImportOptions(**options), actor=KEEPER)  # type: ignore[arg-type]


def kept(town: Database, folder: Path) -> list[dict[str, str]]:
    """Read all that an export tells but the numbers for life, which a town draws."""
    file = folder / "kept.csv"
    export_layer(town, WHOLE, EXPORT_LAYERS["incidents"], file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [{k: v for k, v in row.items() if k != "number"} for row in csv.DictReader(lines)]


def test_the_outcome_half_of_the_national_template_is_kept_and_goes_out_in_its_columns(
    town: Database, make_database: MakeDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "国标.csv"
    file.write_text(NATIONAL, "utf-8")
    assert bring(town, file).inserted == 2
    told = desk.find(town, KEEPER, "N-1").told
    assert (told.told_method, told.told_body) == ("人民调解", "枫源村人民调解委员会")
    assert (told.told_result, str(told.evaluated_on), told.evaluation) == (
        "双方签订协议",
        "2026-11-01",
        "同意",
    )
    assert (told.people_count, told.place) == (2, "村口")
    out = tmp_path / "出.csv"
    columns = own_columns.columns_of(town, "gbt31000")
    assert own_columns.write_columns(town, WHOLE, columns, out).rows == 2
    with out.open(encoding="utf-8-sig", newline="") as lines:
        first, second = csv.DictReader(lines)
    assert (first["事件类别"], first["化解是否成功"], first["发生网格"]) == (
        "宅基地使用",
        "成功",
        "枫桥镇/枫一社区",
    )
    assert (second["事件类别"], second["化解是否成功"]) == ("合同及相关纠纷", "未成功")
    again = bring(town, out)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 2)
    other = make_database("villages")
    assert bring(other, out).inserted == 2
    here, there = kept(town, tmp_path), kept(other, tmp_path)
    # There the standard is what the source spoke; here it was the words of practice.
    assert [row.pop("source_kind") for row in there + here] == [
        "gbt31000-2015:0902",
        "gbt31000-2015:06",
        "",
        "",
    ]
    assert there == here


def test_a_week_s_file_goes_out_in_the_source_s_own_columns_and_in_again_with_nothing_lost(
    town: Database, make_database: MakeDatabase, tmp_path: Path
) -> None:
    week = tmp_path / "周报.csv"
    week.write_text(
        "流水,备用,大类,小类,来电时间,受理渠道,所在网格,描述,经度,纬度,状态\n"
        "W-1,,矛盾,邻里,2026-10-05 09:00,流动哨,枫桥镇/枫源村,楼上漏水,,,处理中\n"
        "W-2,,矛盾,邻里,2026-10-06 10:30:15,来电,枫源村,门前堆物,120.4221,29.7871,已办结\n",
        "gb18030",
    )
    profile = Profile(
        "省平台",
        mapping={"流水": "uid", "大类": "domain", "小类": "kind", "channel=流动哨": "patrol"}
        | {"domain=矛盾": "dispute", "kind=邻里": "02"},
        unknown="refuse",
        crs="GCJ-02",
        encoding="gb18030",
    )
    out = tmp_path / "出.csv"
    profiles.save(town, KEEPER, profile)
    assert profiles.bring(town, WHOLE, INCIDENTS, week, profile, actor=KEEPER).inserted == 2
    bring(town, _other_domain(tmp_path))
    columns = own_columns.columns_of(town, "省平台")
    done = own_columns.write_columns(town, WHOLE, columns, out)
    lines = list(csv.reader(out.read_text("gb18030").splitlines()))
    assert done.rows == 3
    assert lines[0] == week.read_text("gb18030").splitlines()[0].split(",")
    assert lines[1][1:6] == ["", "矛盾", "邻里", "2026-10-05 09:00:00", "流动哨"]
    assert lines[2][8:10] == ["120.4221", "29.7871"], "as the source gave them"
    known = profiles.find(town, "省平台")
    again = profiles.bring(town, WHOLE, INCIDENTS, out, known, actor=KEEPER, dry_run=True)
    assert (again.inserted, again.updated, again.unchanged, again.refused) == (0, 0, 3, 0)
    other = make_database("villages")
    assert profiles.bring(other, WHOLE, INCIDENTS, out, known, actor=KEEPER).inserted == 3
    assert kept(other, tmp_path)[:2] == kept(town, tmp_path)[:2]


def _other_domain(folder: Path) -> Path:
    file = folder / "别的.csv"
    file.write_text("uid,domain,occurred_at,village_name\nL-1,land,2026-10-07,枫源村\n", "utf-8")
    return file


def test_cases_that_a_source_s_columns_cannot_tell_are_left_out_and_counted(
    town: Database, tmp_path: Path
) -> None:
    profile = Profile("热线", mapping={"时间点": "occurred_at", "domain": "=矛盾", "村": "village_name"})
    profiles.save(town, KEEPER, profile)
    bring(town, _other_domain(tmp_path))
    out = tmp_path / "出.xlsx"
    done = own_columns.write_columns(town, WHOLE, own_columns.columns_of(town, "热线"), out)
    assert (done.rows, done.elsewhere) == (0, 1)
    # Without a number a row could not be told from another when it comes back.
    assert next(openpyxl.load_workbook(out).active.iter_rows(values_only=True)) == (
        "时间点",
        "村",
        "事件编号",
    )
    profiles.save(town, KEEPER, Profile("一村", mapping={"号": "uid", "village_name": "=枫源村"}))
    profiles.save(
        town, KEEPER, Profile("别村", mapping={"号": "uid", "village_name": "=枫一社区", "severity": "=9"})
    )
    for name, rows in (("一村", 1), ("别村", 0)):
        columns = own_columns.columns_of(town, name)
        assert own_columns.write_columns(town, WHOLE, columns, out) == own_columns.Written(rows, 1 - rows)
    assert own_columns.sources(town)[0] == "gbt31000"
    assert set(own_columns.sources(town)[1:]) == {"一村", "别村", "热线"}
    with pytest.raises(InvalidInput, match="没有名为"):
        own_columns.columns_of(town, "别处")
    with pytest.raises(InvalidInput, match=r"\.xlsx"):
        own_columns.write_columns(
            town, WHOLE, own_columns.columns_of(town, "gbt31000"), tmp_path / "x.geojson"
        )


def test_a_file_that_says_less_precisely_where_a_case_is_takes_no_point_and_no_accuracy(
    town: Database, tmp_path: Path
) -> None:
    head = "uid,domain,occurred_at,lon,lat,accuracy_m,village_name\n"
    for name, row in (
        ("一", "A,dispute,2026-10-05,120.4176,29.7894,8,"),
        ("二", "A,dispute,2026-10-05,,,,枫一社区"),
        ("三", "A,dispute,2026-10-05,120.4176,29.7894,,"),
    ):
        file = tmp_path / f"{name}.csv"
        file.write_text(head + row + "\n", "utf-8")
        bring(town, file)
    told = desk.find(town, KEEPER, "A").told
    assert (told.lon, told.lat, told.accuracy_m) == (120.4176, 29.7894, 8)
    (tmp_path / "四.csv").write_text(head + "A,dispute,2026-10-05,,,,枫源村\n", "utf-8")
    bring(town, tmp_path / "四.csv", accept_doubtful=True)
    assert desk.find(town, KEEPER, "A").told.lon is None, "another village is another place"
