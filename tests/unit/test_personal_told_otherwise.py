"""What points at a person is found in other words for the same thing; ordinary texts of the desk pass."""

from __future__ import annotations

import pytest

from gridmap.errors import InvalidInput
from gridmap.ingest.free_text import checked_text
from gridmap.ingest.personal import find_in

TOLD = {
    "record": ("吸过毒", "吸了毒", "吸食过冰毒", "劳教过", "拘留过两次", "犯过罪"),
    "health": ("腿脚残疾", "肢残人员", "听力残疾", "一名残疾人"),
    "name": (
        "小李老板",
        "阿李老板",
        "小陈医生",
        "隔壁老王报警",
        "楼上小张反映",
        "李姓老人",
        "陈姓夫妇",
        "赵奶奶",
        "李大嫂",
        "周大伯",
    ),
    "document": (
        "军官证 南字第1234567号",
        "士兵证 北字第0012345号",
        "警官证0123456",
        "学生证 20201234",
        "退役证01234567",
    ),
    "short": ("手机尾数8000", "尾号8000的手机", "支付宝138****8000", "138****8000"),
    "room": ("8号楼东单元301", "甲幢1203", "西单元 502", "1单元东户", "三单元西户"),
    "phone": ("联系 87012345", "回电87012345", "请回拨：8701234"),
}
"""Every text by what of it points at a person."""

ORDINARY = (
    "省道S211 K12+350处塌方",
    "国道k289+300",
    "K0+120至K0+450路段",
    "7:30-8:15巡查",
    "8:00至17:30",
    "2024-11-30 08:15",
    "赔偿12,500.00元",
    "欠款138000元",
    "补偿1380013元/亩",
    "地块编号3306811090320012",
    "宗地330681109032JC00138",
    "《民法典》第1165条",
    "《治安管理处罚法》第43条第1款",
    "浙政发〔2023〕12号",
    "枫综治〔2024〕138号",
    "诸市监罚〔2024〕1380号",
    "工单号 202411300812345",
    "案件编号33068110920261201",
    "东经120.3988北纬29.7630",
    "10kV枫源123线35号杆",
    "水表号12345678",
    "发票号码12345678",
    "5#井盖",
    "8#-10#桩",
    "5幢外墙渗水",
    "12345热线转来",
    "联系12345转办",
    "联系110联动",
    "联系 20241130 的会议",
    "处罚过轻",
    "处罚过重",
    "拘留过程中",
    "犯过错",
    "残疾人停车位被占",
    "残疾人通道堵塞",
    "肢残联活动",
    "东单元外墙脱落",
    "西单元电梯停运",
    "南北两幢之间",
    "甲乙双方",
    "东户型图",
    "来电时间 20241130",
    "总经理办公室",
    "小方桌",
    "小区主任会议",
    "奶奶庙会",
    "大伯公庙",
    "村里老人",
    "同姓老人协会",
    "尾号为双的车辆",
    "学生证办理",
)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in TOLD.items() for text in texts])
def test_what_points_at_a_person_is_found_in_other_words(kind: str, text: str) -> None:
    assert kind in {found.kind for found in find_in(text)}
    with pytest.raises(InvalidInput):
        checked_text(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_text_is_taken_as_it_is(text: str) -> None:
    assert checked_text(text) == text
