"""What points at a person is found though it is written apart, and ordinary numbers with separators are not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from gridmap.errors import InvalidInput
from gridmap.ingest.free_text import checked_text
from gridmap.ingest.personal import find_in, star_out, starred

PARTED = (
    ("浙 D · 0 0 0 0 0", "* * * * * * * *"),
    ("浙D·0·0·0·0·0", "************"),
    ("浙D-123-45", "*********"),
    ("浙 D 1-2-3-4-5", "* * *********"),
    ("浙(D)00000", "*********"),
    ("浙【D】00000", "*********"),
    ("浙D（00000）", "********）"),
    ("浙D/00000", "********"),
    ("浙D:12345", "********"),
    ("浙D，1，2，3，4，5", "************"),
    ("浙 D * 1 2 3 4 5", "* * * * * * * *"),
    ("浙 A · D 1 2 3 4 5", "* * * * * * * * *"),
    ("浙D“12345”", "********”"),
    ("车牌 D 1 2 3 4 5", "车牌 * * * * * *"),
    ("车牌号：D·1·2·3·4·5", "车牌号：***********"),
    ("沪A D·12345", "** *******"),
    ("zhang san @ qq . com", "***** *** * ** * ***"),
    ("zhangsan at qq dot com", "******** ** ** *** ***"),
    ("zhangsan @ qq . com", "******** * ** * ***"),
    ("z h a n g s a n @ q q . c o m", "* * * * * * * * * * * * * * *"),
    ("zhangsan＠qq。com", "***************"),
    ("zhangsan AT qq DOT com", "******** ** ** *** ***"),
    ("zhang.san at qq.com", "********* ** ******"),
    ("zhangsan at qq点com", "******** ** ******"),
    ("zhangsan(at)qq(dot)com", "**********************"),
    ("zhangsan # qq . com", "******** * ** * ***"),
    ("123456 @ qq . com", "****** * ** * ***"),
    ("123456@qq,com", "*************"),
    ("123456 艾特 qq 点 com", "****** ** ** * ***"),
    ("zhangsan·at·qq·dot·com", "**********************"),
    ("zhangsan_at_qq_dot_com", "**********************"),
    ("zhangsan-at-qq-dot-com", "**********************"),
    ("zhangsan [ at ] qq [ dot ] com", "******** * ** * ** * *** * ***"),
    ("zhangsan(a)qq.com", "*****************"),
    ("zhangsan小老鼠qq点com", "*****************"),
    ("zhangsan圈a163点com", "*****************"),
    ("邮箱 zhangsan 艾特163", "邮箱 ******** *****"),
    ("8#1-302", "*******"),
    ("8＃1－302", "*******"),
    ("8号1-302", "*******"),
    ("8幢-1-302", "********"),
    ("8#-1-302", "********"),
    ("8#楼1-302", "********"),
    ("8#302", "*****"),
    ("8#302室", "******"),
    ("8 # 1 - 302", "* * * * ***"),
    ("8—1—302室", "********"),
    ("8幢1单元-302", "*********"),
    ("8幢/1单元/302", "**********"),
    ("8.1.302室", "********"),
    ("3 0 2 室", "* * * *"),
    ("微 信 号 ： z h a n g s a n", "微 信 号 ： * * * * * * * *"),
    ("wei xin zhangsan88", "wei xin **********"),
    ("Q Q 1 2 3 4 5 6 7 8", "Q Q * * * * * * * *"),
    ("Q-Q：12345678", "Q-Q：********"),
    ("q.q 12345678", "q.q ********"),
    ("护 照 E 0 0 0 0 0 0 0 0", "护 照 * * * * * * * * *"),
    ("护照:E-0000-0000", "护照:***********"),
    ("护照E·0000·0000", "护照***********"),
    ("银行卡6222.0212.3456.7890.123", "银行卡***********************"),
    ("微信号 ： zhang_san_88", "微信号 ： ************"),
    ("微-信 zhangsan88", "微-信 **********"),
    ("w x ： zhangsan88", "w x ： **********"),
    ("抖 音 号 zhangsan88", "抖 音 号 **********"),
    ("手机尾 号 1 2 3 4", "手机尾 号 * * * *"),
    ("4111/1111/1111/1111", "*******************"),
    ("4111 - 1111 - 1111 - 1111", "**** * **** * **** * ****"),
    ("业主8#302反映漏水", "业主*****反映漏水"),
    ("浙 D · 0 0 0 0 0 乱停", "* * * * * * * * 乱停"),
    ("联系 zhangsan at qq dot com 处理", "联系 ******** ** ** *** *** 处理"),
    ("枫源村8#1-302漏水", "枫源村*******漏水"),
)
ORDINARY = (
    "新A区1、2、3、4、5号地块",
    "方案新A 2026-11-29 公示",
    "贵A级景区1-2-3-4号停车场",
    "K12+345处塌方",
    "浙K12+345",
    "S308 K12+345 至 K13+120 段",
    "G60沪昆高速 K 1 2 + 3 4 5",
    "地块8-1-302",
    "地号 12-3-45 面积 0.5亩",
    "宗地号 330681-109-030",
    "3#200kVA变压器",
    "2#380V线路",
    "1#2-300平方米厂房",
    "泵站3#1203井",
    "电表箱3#201开关",
    "1#、2#、3#楼电梯停运",
    "8#1-3层停水",
    "5号1-200米路段",
    "11月5号1-300人聚集",
    "11月5号8-1001人",
    "12号10-1100元补助",
    "上午8 : 30 至 11 : 30",
    "8:30-11:30 二楼会议室",
    "2026-11-29 会议室",
    "11-29 14:30 3会议室",
    "第1、2、3 教室",
    "教室 1 2 3",
    "合计 1 2 3 4 5 6 7 8 元",
    "1 + 2 + 3 = 6",
    "3 × 4 = 12 平方米",
    "坐标 120.4321, 29.8765",
    "路线 1-2-3-4-5-6",
    "面积 1 234.56 平方米",
    "1,234,567 元",
    "look at www.zhuji.gov.cn",
    "see the notice at zhuji.gov.cn",
    "meet at 10.30 at village hall",
    "arrived at dot point",
    "works at qq building",
    "网址 www.163.com",
    "登录 https://www.zjzwfw.gov.cn",
    "官网 zhuji.gov.cn 公示",
    "微信 APP 故障",
    "微信 V 8 版本",
    "快手 直播 扰民",
    "抖音 APP 直播扰民",
    "云A1座1-5号窗口",
    "川 A B C D 三类",
    "苏A类 1 2 3 项",
    "晋级A组 1 2 3 4 5",
    "新A、B、C、D、E、F六区",
    "辽D1234次列车",
    "新 2 1 0 3 0 0",
    "6201/6202/6203/6204",
    "1#、3# 1-2-300",
    "枫源村 3 组 12-1-201 树木",
    "楼栋 1-2-3 单元",
    "10号1-3单元停水",
    "5号9-11时停电",
    "第3号2-101条",
    "室内 2 3 度",
    "26-28 室外温度",
    "3#楼 2-5层",
    "8#302路公交",
    "2#101国道",
    "3#105米深井",
    "1#101机组",
    "老鼠咬断网线",
    "小老鼠 多",
    "加@所有人",
    "转发@qq群",
    "WiFi 6 at home",
)
"""Kilometre marks, times, sums, parcels, equipment, trains, classes and sites' addresses."""


def test_what_is_written_apart_is_starred_out_in_a_text() -> None:
    assert [(text, starred(text, find_in(text))) for text, _ in PARTED] == list(PARTED)
    assert len(PARTED) > 60


@pytest.mark.parametrize("text", [text for text, _ in PARTED])
def test_a_form_asks_about_what_is_written_apart(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked_text(f"反映情况，{text}")
    assert text not in caught.value.zh + caught.value.en


def test_a_column_finds_what_is_written_apart() -> None:
    texts = [*(text for text, _ in PARTED), *ORDINARY]
    found = star_out(pa.chunked_array([texts], pa.string()))
    assert found.rows.tolist() == list(range(len(PARTED)))
    assert found.column.to_pylist()[: len(PARTED)] == [shown for _, shown in PARTED]


def test_ordinary_numbers_with_separators_come_in_as_they_are() -> None:
    assert [text for text in ORDINARY if find_in(text)] == []
