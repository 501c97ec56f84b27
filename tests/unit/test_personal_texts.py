"""What points at a person is refused or starred out, however it is spelled, and ordinary words come in."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import InvalidInput
from gridmap.ingest.free_text import checked_text, tidied
from gridmap.ingest.personal import (
    find_in,
    find_personal,
    marks,
    personal_in,
    refuse_personal_headers,
    star_out,
    starred,
)
from gridmap.ingest.personal.plain import plain

_DATA = Path(__file__).parents[2] / "data" / "boundaries"

# No region has the digits 330000 and nobody alive was born then; 138 0013 8000 belongs to nobody.
REFUSED = (
    "330000190001010013",
    "330000 19000101 0013",
    "330000（1900.01.01）0013",
    "330000 1900年01月01日 0013",
    "33000019000101003Х",
    "33OOOO19OOO1O1OO13",
    "330000，19000101，0013",
    "3300 0019 0001 0100 13",
    "330000.19000101.0013",
    "3 3 0 0 0 0 1 9 0 0 0 1 0 1 0 0 1 3",
    "330000-1900-01-01-0013",
    "330000\u200b190001010013",
    "sfz330000190001010013",
    "330000190001010021x号",
    "330000_190001010013",
    "三三〇〇〇〇一九〇〇〇一〇一〇〇一三",
    "３３００００１９０００１０１００１３",
    "330000190001010016",
    "330000\n190001010013",
    "330000400101001",
    "33000019000101003x",
    "身份证号330000190001010013电话13800138000",
    "13800138000",
    "138 0013 8000",
    "1380 013 8000",
    "138 001 38000",
    "138.0013.8000",
    "138，0013，8000",
    "138、00138000",
    "一三八OO一三八○○○",
    "l38OO138000",
    "❶❸❽⓿⓿❶❸❽⓿⓿⓿",
    "+86 575 20000000",
    "86-575-20000000",
    "138—0013—8000",
    "138\u200b00138000",
    "(138)00138000",
    "一三八〇〇一三八〇〇〇",
    "壹叁捌零零壹叁捌零零零",
    "①③⑧⓪⓪①③⑧⓪⓪⓪",
    "1️⃣3️⃣8️⃣00138000",
    "138*0013*8000",
    "١٣٨٠٠١٣٨٠٠٠",
    "+86 13800138000",
    "008613800138000",
    "电话13800138000",
    "0575-20000000",
    "057520000000",
    "（0575）20000000",
    "座机20000000",
    "联系电话：2000 0000",
    "+852 9000 0000",
)
STARRED = (
    ("自称HIV阳性", "自称***阳性"),
    ("虚拟网600000", "虚拟网******"),
    ("虚拟号：600000", "虚拟号：******"),
    ("浙 D 0 0 0 0 0停在路口", "* * * * * * *停在路口"),
    ("电动车牌照绍兴000000", "电动车牌照********"),
    ("weixin: example0000", "weixin: ***********"),
    ("Q Q：10000", "Q Q：*****"),
    ("zhangsan(at)example.com", "***********************"),
    ("驾驶证号330000000000", "驾驶证号************"),
    ("6222.0200.0000.0000.000", "***********************"),
    ("住三幢二单元五零一室", "住*********"),
    ("住 3 幢 2 单元 501 室", "住 * * * ** *** *"),
    ("中心路12号501漏水", "中心路******漏水"),
    ("3#楼501与楼上争执", "******与楼上争执"),
    ("老张与老李吵架", "**与**吵架"),
    ("小王来访", "**来访"),
    ("张姓村民来访", "**村民来访"),
    ("其子张小三打人", "其子***打人"),
    ("Ms. Li反映", "Ms. **反映"),
    ("户籍安徽", "户籍**"),
    ("与安徽阜阳人打架", "与*****打架"),
    ("某县籍民工", "***民工"),
    ("信仰基督教", "*****"),
    ("有犯罪记录", "有****"),
    ("曾因盗窃被判刑", "*******"),
    ("患有高血压", "患有***"),
    ("乙肝炎患者", "***患者"),
    ("车牌浙D00000的货车堵路", "车牌*******的货车堵路"),
    ("浙AD00000", "********"),
    ("浙 D00000停在路口", "* ******停在路口"),
    ("浙 D·00000停在路口", "* *******停在路口"),
    ("住8号楼2单元301", "住*********"),
    ("户主：王小明", "户主：***"),
    ("联系人:王小明，反映漏水", "联系人:***，反映漏水"),
    ("微信号wxid_example0000反映", "微信号****************反映"),
    ("QQ 10000", "QQ *****"),
    ("写信到zhangsan@example.com", "写信到********************"),
    ("护照E00000000持有人报案", "护照*********持有人报案"),
    ("6222020000000000000", "*******************"),
    ("住中心路12号3幢2单元501室", "住中心路************"),
    ("张三与李四因宅基地发生争执", "**与**因宅基地发生争执"),
    ("被告人王某某（王五）", "被告人***（**）"),
    ("村民王小明反映邻居漏水", "村民***反映邻居漏水"),
    ("王女士反映楼上漏水", "***反映楼上漏水"),
    ("某省籍务工人员打架", "***务工人员打架"),
    ("甲族民工与乙族民工", "**民工与**民工"),
    ("有吸毒前科", "有****"),
    ("精神病人李某滋事", "******滋事"),
)
ORDINARY = (
    "设备编码qhivp已更换",
    "网格33068110901008039内积水",
    "第330681109008039号微网格",
    "案号2026101234567890",
    "事件3306811092026112800123已移送",
    "枫政发〔2026〕12号",
    "拖欠工资120000元",
    "120.4176,29.7894附近",
    "131.4176 29.7894附近",
    "20261020",
    "2026年10月20日10时30分",
    "2026-10-20 10:30:15",
    "经12345热线转来",
    "8号楼下堆物",
    "负责人：何时到场",
    "拨打110",
    "统一社会信用代码91330681MA00000000",
    "陈家社区与张家村交界处",
    "李家与张家因排水发生争执",
    "枫桥派出所、枫桥法庭到场",
    "G60高速与103县道路口",
    "涉及38人，7户",
    "开放8:00-17:30",
    "高空抛物，方案不一，任务完成",
    "浙江人民医院门口停车",
    "民族团结广场、水族馆",
    "精神卫生中心门前",
    "向南和向北，马上反映到镇里，何人反映不详",
    "施工方拒绝整改",
    "12345热线2026102012345",
    "发票号码00000000",
    "订单号2026102000000000",
    "东北人行道、江西路行人、浙江诸暨人民法院",
    "急性病虫害",
    "天主教堂门口停车",
    "IO模块OK",
)


@pytest.mark.parametrize("text", REFUSED)
def test_a_number_of_a_person_refuses_the_text_however_it_is_written(text: str) -> None:
    assert personal_in(text) is not None
    assert personal_in(f"居民反映{text}，请处理") is not None
    with pytest.raises(InvalidInput) as caught:
        checked_text(text)
    assert caught.value.code == "text-personal"
    assert text not in caught.value.zh + caught.value.en


@pytest.mark.parametrize(("text", "shown"), STARRED)
def test_words_that_point_at_a_person_are_starred_out(text: str, shown: str) -> None:
    assert personal_in(text) is None
    assert tidied(text).text == shown
    assert find_in(shown) == []
    with pytest.raises(InvalidInput) as caught:
        checked_text(text)
    assert caught.value.code == "text-points-at-person"
    assert shown in caught.value.zh
    assert text not in caught.value.zh + caught.value.en


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_are_kept(text: str) -> None:
    assert find_in(text) == []
    assert checked_text(text) == text


def test_no_text_of_the_demonstration_is_touched() -> None:
    looked = 0
    for name, columns in {
        "incidents": ("summary",),
        "incident_steps": ("note",),
        "teams": ("name_zh", "name_en"),
        "organisations": ("name_zh", "name_en"),
        "migrant_clusters": ("name_zh",),
    }.items():
        with (_DATA / f"{name}.csv").open(encoding="utf-8-sig") as file:
            texts = {row.get(c, "") for row in csv.DictReader(file) for c in columns}
        looked += len(texts)
        assert [t for t in texts if find_in(t)] == []
    assert looked > 100


def test_a_column_is_searched_as_each_text_is() -> None:
    texts = [*REFUSED, *(t for t, _ in STARRED), *ORDINARY, None, ""]
    found = star_out(pa.chunked_array([texts[:40], texts[40:]], pa.string()))
    held = [i for i, t in enumerate(texts) if t and find_in(t)]
    assert found.rows.tolist() == held
    assert [found.column[i].as_py() for i in held] == [
        starred(texts[i] or "", find_in(texts[i] or "")) for i in held
    ]
    assert found.column[len(texts) - 2].as_py() is None


def test_a_process_that_reads_one_short_column_after_the_other_searches_each_as_a_long_one() -> None:
    texts = [*REFUSED, *(t for t, _ in STARRED), *ORDINARY, None, ""]
    assert len(texts) > 40
    while not marks.rules_are_compiled():
        pass
    for first in range(0, len(texts), 7):
        short = texts[first : first + 7]
        found = star_out(pa.chunked_array([short], pa.string()))
        held = [i for i, t in enumerate(short) if t and find_in(t)]
        assert found.rows.tolist() == held
        assert found.column.to_pylist() == [t and starred(t, find_in(t)) for t in short]
        identity, phone = find_personal(pa.chunked_array([short], pa.string()))
        kinds = [personal_in(t) if t else None for t in short]
        assert identity.tolist() == [i for i, kind in enumerate(kinds) if kind == "identity"]
        assert phone.tolist() == [i for i, kind in enumerate(kinds) if kind == "phone"]


@pytest.mark.parametrize("heading", ["关注类型", "危险性评估", "四史", "人员标签", "信访老户"])
def test_columns_that_flag_persons_are_refused_with_the_reason(heading: str) -> None:
    with pytest.raises(InvalidInput, match="合法反映") as caught:
        refuse_personal_headers(["uid", heading], "a.csv")
    assert caught.value.code == "person-flag-column"
    assert heading in caught.value.zh


def test_the_cases_found_in_use_come_out_right(found_in_use: Path) -> None:
    with (found_in_use / "personal" / "texts.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 60
    came = {
        row["uid"]: "refuse"
        if personal_in(row["summary"])
        else "mask"
        if find_in(row["summary"])
        else "accept"
        for row in rows
    }
    assert came == {row["uid"]: row["right"] for row in rows}


def test_what_a_rule_is_not_compiled_for_holds_nothing_that_it_finds() -> None:
    texts = (
        *(text for text, _ in STARRED),
        "护照E12345678，QQ 12345678，内线 6612，车牌浙A12345",
        "\ud800李大山反映隔壁3幢402室",
    )
    found = 0
    for rule in marks.EVERY:
        compiled = re.compile(rule.pattern, re.IGNORECASE)
        for text in texts:
            copy = plain(text)
            read = copy.digits if rule.figured else copy.text
            if compiled.search(read):
                found += 1
                assert rule.may_hold(read), (rule.kind, text)
    assert found >= len(texts)
    plainly = "村道路灯不亮，要求尽快修好"
    assert sum(rule.may_hold(plainly) for rule in marks.EVERY) < len(marks.EVERY) / 4


@given(st.text(st.characters(codec="ascii"), max_size=30))
def test_a_text_of_ascii_reads_the_same_alone_as_before_a_full_stop(text: str) -> None:
    alone, among = plain(text), plain(f"{text}。")
    assert f"{alone.text}。" == among.text
    assert f"{alone.digits}。" == among.digits
    assert (*alone.places, len(text)) == among.places
