"""Headings of ordinary tallies and boundary files are let in; the same words beside a person are not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from gridmap.ingest.personal import is_personal_header

_DATA = Path(__file__).parents[2] / "data" / "boundaries"
TALLIES = (
    "婚姻家庭纠纷",
    "婚姻家庭",
    "婚姻纠纷",
    "婚姻家庭纠纷数",
    "婚姻家庭矛盾",
    "邪教案件",
    "邪教案件数",
    "涉邪教线索",
    "median_age",
    "medianAge",
    "mean_age",
    "average_age",
    "avg_age",
    "sex_ratio",
    "sexRatio",
    "gender_ratio",
    "gender_gap",
    "性别比",
    "性别比例",
    "平均年龄",
    "年龄中位数",
    "年龄构成",
    "出生率",
    "出生人数",
    "出生人口",
    "age_0_14",
    "age_15_64",
    "age_65_plus",
    "pop_age_65",
    "population_age_0_14",
    "male_age_20_24",
    "median_age_male",
    "dependency_ratio",
    "社区矫正对象数",
    "刑满释放人员数",
    "吸毒人员数",
    "邻里纠纷",
    "宅基地纠纷",
    "劳资纠纷",
    "交通事故",
    "盗窃案件",
    "诈骗案件",
    "治安案件",
    "户籍人口",
    "常住人口",
    "流动人口",
    "男性人口",
    "女性人口",
    "60岁以上人口",
    "人口密度",
    "household_size",
    "births",
    "deaths",
    "pop_total",
    "land_area",
    "geoid",
    "statefp",
    "countyfp",
    "namelsad",
    "aland",
    "awater",
    "网格面积",
    "行政区划代码",
    "village_age_index",
    "building_age",
    "coverage",
    "voltage",
    "percentage",
    "message",
    "page",
    "sextant",
    "age_adjusted_rate",
    "age_standardised_rate",
    "house_age",
    "persons_age_65_plus",
    "people_age_0_14",
    "working_age_population",
    "school_age",
    "age_structure",
    "sex_offences",
    "avg_age_at_death",
    "female_age_15_49",
    "tree_age",
)
OF_A_PERSON = (
    "婚姻",
    "婚姻状况",
    "婚姻家庭状况",
    "邪教人员",
    "邪教",
    "涉邪教人员",
    "性别",
    "年龄",
    "年龄(岁)",
    "age",
    "sex",
    "gender",
    "Age",
    "SEX",
    "age_group",
    "age_range",
    "victim_age",
    "vic_age",
    "VIC_SEX",
    "perp_age_group",
    "PERP_SEX",
    "suspect_gender",
    "person_age",
    "driver_sex",
    "age_of_driver",
    "sex_of_victim",
    "age_years",
    "age_at_incident",
    "applicantAge",
    "child_age",
    "age1",
    "victim1_age",
    "age_in_years",
    "sex_code",
    "gender_code",
    "subject_age",
    "subject_gender",
    "arrestee_sex",
    "inmate_age",
    "age_yr",
    "sex_cd",
    "gender_id",
    "SubjectAge",
    "reported_age",
    "vehicle_driver_age",
    "出生",
    "出生日期",
    "出生年月",
    "出生地",
)


def test_headings_of_tallies_and_boundary_files_are_let_in() -> None:
    assert [heading for heading in TALLIES if is_personal_header(heading)] == []


def test_the_same_words_of_a_person_are_refused() -> None:
    assert [heading for heading in OF_A_PERSON if not is_personal_header(heading)] == []


def test_no_heading_of_the_demonstration_is_refused() -> None:
    headings: set[str] = set()
    for file in _DATA.glob("*.geojson"):
        features = json.loads(file.read_text("utf-8"))["features"]
        headings |= {key for feature in features for key in feature["properties"]}
    for table in _DATA.glob("*.csv"):
        with table.open(encoding="utf-8-sig") as rows:
            headings |= set(next(csv.reader(rows)))
    assert len(headings) > 20
    assert [heading for heading in sorted(headings) if is_personal_header(heading)] == []
