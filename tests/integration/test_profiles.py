"""Profiles of source systems and the incoming folder: proposed from a file, asked, imported once, answered."""

from __future__ import annotations

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.profiles import Profile
from gridmap.errors import Forbidden, InvalidInput, NotFound
from gridmap.services.cases import desk
from gridmap.services.ground.gridbook import GridBook, ordinal
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import incoming, profiles
from gridmap.services.imports.profile_checks import check
from gridmap.services.imports.profile_files import read_profile, write_profile
from gridmap.storage.database import Database
from gridmap.storage.embedded import mounts
from tests.conftest import MakeDatabase

KEEPER = Actor.at_the_machine()
INCIDENTS = IMPORT_KINDS["incidents"]
HEAD = "工单号,大类,来电时间,受理渠道,所在网格,描述\n"
ROWS = (
    "P-1,矛盾纠纷,2026-10-05 09:00,网格员上报,枫源村,楼上漏水\n"
    "P-2,矛盾纠纷,2026-10-06 10:30,网格员上报,枫源村,门前堆物\n"
    "P-3,矛盾纠纷,2026-10-07 11:00,心灵驿站,枫源村,田埂界线\n"
)
SAID = {
    "工单号": "uid",
    "大类": "domain",
    "来电时间": "occurred_at",
    "受理渠道": "channel",
    "所在网格": "village_name",
    "描述": "summary",
}


@pytest.fixture
def town(make_database: MakeDatabase) -> Database:
    return make_database("villages")


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "工单.csv"
    path.write_text(HEAD + ROWS, "utf-8")
    return path


def drop(town: Database, profile: str, name: str, text: str) -> Path:
    folder = incoming.folder_of(town.settings.home, profile)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder


def run(town: Database) -> list[incoming.Answered]:
    return incoming.run(town, KEEPER, IMPORT_KINDS, quiet_s=0)


def test_a_file_shows_what_each_column_is_how_full_and_which_values_are_unknown(
    town: Database, sheet: Path
) -> None:
    bare = profiles.propose(town, Scope.whole(), INCIDENTS, sheet, Profile("-"))
    # Every heading is one that the product knows; one of the source's words is not.
    assert (bare.missing, bare.valid) == (None, 2)
    assert {c.heading: c.filled for c in bare.columns} == dict.fromkeys(SAID, 3)
    said = profiles.propose(town, Scope.whole(), INCIDENTS, sheet, Profile("省平台", mapping=SAID))
    assert (said.missing, said.total, said.valid, said.refused) == (None, 3, 2, 1)
    channel = next(c for c in said.columns if c.heading == "受理渠道")
    assert (channel.field, dict(channel.unknown)) == ("channel", {"心灵驿站": 1})
    mapped = SAID | {"channel=心灵驿站": "visit"}
    known = profiles.propose(town, Scope.whole(), INCIDENTS, sheet, Profile("省平台", mapping=mapped))
    assert (known.valid, known.refused) == (3, 0)


def test_what_a_platform_calls_its_columns_is_proposed_and_binds_nobody_until_it_is_said(
    town: Database, tmp_path: Path
) -> None:
    path = tmp_path / "平台.csv"
    path.write_text(
        "事件编号,一级分类,二级分类,上报时间,所属网格\nA1,矛盾纠纷,邻里纠纷,2026-10-20 10:00,枫源村\n",
        "utf-8",
    )
    found = profiles.propose(town, Scope.whole(), INCIDENTS, path, Profile("-"))
    assert (found.valid, found.refused, found.missing) == (1, 0, None)
    assert dict(found.likely) == {"一级分类": "domain", "二级分类": "kind", "上报时间": "occurred_at"}
    done = profiles.bring(town, Scope.whole(), INCIDENTS, path, Profile("省平台", unknown="refuse"))
    assert (done.inserted, done.refused) == (0, 1)
    # What the profile says goes before what is likely.
    said = Profile("-", mapping={"一级分类": "", "domain": "=dispute", "上报时间": "reported_at"})
    assert dict(profiles.propose(town, Scope.whole(), INCIDENTS, path, said).likely) == {"二级分类": "kind"}


def test_how_full_a_column_is_counts_records_and_no_line_of_totals(town: Database, tmp_path: Path) -> None:
    path = tmp_path / "月报.csv"
    path.write_text(
        "事件编号,领域,类型,发生时间,所属网格\nA1,矛盾纠纷,邻里纠纷,2026-10-20,枫源村\n"
        "A2,矛盾纠纷,,2026-10-21,枫源村\n合计,2,,,\n",
        "utf-8",
    )
    found = profiles.propose(town, Scope.whole(), INCIDENTS, path, Profile("-"))
    assert (found.total, found.valid) == (2, 2)
    assert [(c.filled, c.total) for c in found.columns] == [(2, 2), (2, 2), (1, 2), (2, 2), (2, 2)]


@pytest.mark.parametrize(("unknown", "inserted"), [("ask", 0), ("refuse", 2)])
def test_unknown_values_are_asked_about_or_refuse_their_rows_alone(
    town: Database, sheet: Path, unknown: str, inserted: int
) -> None:
    mapping = SAID | {"channel=网格员上报": "patrol"}
    profile = Profile("省平台", mapping=mapping, unknown=unknown)  # type: ignore[arg-type]
    if unknown == "ask":
        with pytest.raises(InvalidInput, match="心灵驿站（1）"):
            profiles.bring(town, Scope.whole(), INCIDENTS, sheet, profile)
        with pytest.raises(NotFound):
            desk.find(town, KEEPER, "P-1")
    else:
        done = profiles.bring(town, Scope.whole(), INCIDENTS, sheet, profile)
        assert (done.inserted, done.refused) == (inserted, 1)


def test_unknown_kinds_are_taken_as_others_where_the_profile_says_so(town: Database, tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text(
        "number,domain,kind,occurred_at,village_name\nK-1,dispute,邻里,2026-10-05,枫源村\n"
        "K-2,dispute,彩礼返还,2026-10-05,枫源村\n",
        "utf-8",
    )
    mapping = {"number": "uid", "kind=邻里": "02"}
    profile = Profile("旧台账", mapping=mapping, unknown="other")
    assert profiles.bring(town, Scope.whole(), INCIDENTS, path, profile).inserted == 2
    assert desk.find(town, KEEPER, "K-1").row.kind == "02"
    assert desk.find(town, KEEPER, "K-2").row.kind == "99"


def test_a_dropped_file_is_imported_once_and_answered_in_its_own_columns(town: Database) -> None:
    mapping = SAID | {"channel=网格员上报": "patrol"}
    profiles.save(town, KEEPER, Profile("省平台", mapping=mapping, unknown="refuse"))
    folder = drop(town, "省平台", "十月.csv", HEAD + ROWS)
    (answer,) = run(town)
    assert (answer.outcome, answer.inserted, answer.refused) == ("imported", 2, 1)
    assert [p.name for p in folder.glob("*.csv")] == []
    assert len(list((folder / "done").glob("*十月.csv"))) == 1
    lines = list(openpyxl.load_workbook(answer.result).active.iter_rows(values_only=True))
    assert lines[0] == ("行 row", *SAID, "结果 result", "原因 reason")
    assert [line[-2].split()[0] for line in lines[1:]] == ["已导入", "已导入", "退回"]
    assert lines[1][1] == "P-1"
    assert "受理渠道" in lines[3][-1]
    # The same bytes under another name are no second file.
    drop(town, "省平台", "十月-再发.csv", HEAD + ROWS)
    (again,) = run(town)
    assert again.outcome == "again"
    assert "再发" in again.result.name
    assert "次导入时已收" in str(read(again.result)[1][-2])
    assert run(town) == []


def read(path: Path | None) -> list[tuple[str | None, ...]]:
    assert path is not None
    return list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))


def test_a_file_whose_answer_was_lost_with_the_service_is_answered_and_not_imported_again(
    town: Database,
) -> None:
    profile = Profile("省平台", mapping=SAID, unknown="refuse")
    profiles.save(town, KEEPER, profile)
    folder = drop(town, "省平台", "十月.csv", HEAD + ROWS)
    # The rows were written, and the service ended before it answered.
    profiles.bring(town, Scope.whole(), INCIDENTS, folder / "十月.csv", profile, actor=KEEPER)
    (answer,) = run(town)
    assert (answer.outcome, answer.inserted) == ("again", 0)
    lines = read(answer.result)
    assert [str(line[-2])[:2] for line in lines[1:]] == ["第 ", "第 ", "退回"]
    # The sender finds a refused row by its number; the other cells of such a row stay out.
    assert [line[1] for line in lines[1:]] == ["P-1", "P-2", "P-3"]
    assert lines[3][2:-2] == (None,) * 5
    assert not (folder / "十月.csv").exists()


def test_an_answer_keeps_the_sender_s_words_and_goes_back_in_and_no_answer_takes_another_s_place(
    town: Database,
) -> None:
    profiles.save(town, KEEPER, Profile("省平台", mapping=SAID, unknown="refuse"))
    for n in ("", "改"):
        drop(town, "省平台", "十月.csv", f"{HEAD.strip()},小类\n{ROWS.splitlines()[0]}{n},邻里纠纷\n")
        (answer,) = run(town)
        assert answer.result is not None
        assert read(answer.result)[1][-3] == "邻里纠纷"
    results = answer.result.parent
    assert sorted(p.name for p in results.iterdir()) == ["十月-result-2.xlsx", "十月-result.xlsx"]
    back = results.parent / "回传.xlsx"
    back.write_bytes(answer.result.read_bytes())
    (again,) = run(town)
    assert (again.outcome, again.unchanged, again.refused) == ("imported", 1, 0)


def test_what_is_still_written_or_locked_waits_and_a_clock_that_is_ahead_delays_nothing(
    town: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles.save(town, KEEPER, Profile("省平台", mapping=SAID, unknown="refuse"))
    folder = drop(town, "省平台", "钟快.csv", HEAD + ROWS)
    os.utime(folder / "钟快.csv", (4e9, 4e9))
    for name in ("写着.csv", "锁着.csv", "下载.csv.part", "~$开着.xlsx"):
        drop(town, "省平台", name, HEAD + ROWS)

    def waiting() -> list[str]:
        return [found.path.name for found in incoming.waiting(town, quiet_s=1e-9)]

    with (folder / "写着.csv").open("a"), (folder / "锁着.csv").open("rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        assert waiting() == ["钟快.csv"]
        # On another machine's disk it cannot be known who writes, and nothing waits for ever.
        table = tmp_path / "mountinfo"
        table.write_text(f"40 22 0:50 / {folder.resolve().parent} rw - nfs4 server:/export rw\n", "utf-8")
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(mounts, "TABLE", table)
            assert sorted(waiting()) == sorted(["钟快.csv", "写着.csv"])
    assert sorted(waiting()) == sorted(["钟快.csv", "写着.csv", "锁着.csv"])


def test_whatever_is_dropped_is_answered_and_folders_and_links_are_told(town: Database) -> None:
    profiles.save(town, KEEPER, Profile("省平台", mapping=SAID, unknown="refuse"))
    folder = drop(town, "省平台", "通知.docx", "x")
    drop(town, "省平台", "半截.xlsx", "PK\x03\x04")
    (folder / "子目录").mkdir()
    (folder / "链接.csv").symlink_to("/etc/hostname")
    assert sorted((a.file_name, a.outcome) for a in run(town)) == [
        ("半截.xlsx", "refused"),
        ("通知.docx", "refused"),
    ]
    assert "可能没有传完" in (folder / "results" / "半截.xlsx.txt").read_text("utf-8")
    assert ".docx" in (folder / "results" / "通知.docx.txt").read_text("utf-8")
    assert incoming.overlooked(town) == ["省平台/子目录", "省平台/链接.csv"]


def test_a_path_of_grids_is_read_however_its_parts_are_parted(town: Database) -> None:
    book = GridBook.of(town, Scope.whole())
    village = book.named("枫源村")
    assert village != 0
    for sign in ("→", "_", ";", "，", ".", "·", "|", "——", "->", " > ", ""):
        path = f"枫桥镇{sign}枫源村"
        assert (path, book.named(path)) == (path, village)
        assert (path, book.named(f"枫桥镇{sign}无此村")) == (path, 0)
    assert book.named("浙江省绍兴市诸暨市枫桥镇枫源村村委会") == village


@pytest.mark.parametrize(
    ("told", "number"), [("3", 3), ("三", 3), ("十", 10), ("十二", 12), ("二十", 20), ("一百零三", 103)]
)
def test_a_grid_s_number_is_read_in_digits_and_in_words(told: str, number: int) -> None:
    assert ordinal(told) == number


def test_two_who_work_the_folder_off_at_once_take_each_file_once(town: Database) -> None:
    profiles.save(town, KEEPER, Profile("省平台", mapping=SAID, unknown="refuse"))
    for n in range(3):
        drop(town, "省平台", f"{n}.csv", HEAD + ROWS.replace("P-", f"Q{n}-"))
    with ThreadPoolExecutor(2) as two:
        done = [answered for part in two.map(lambda _: run(town), range(2)) for answered in part]
    assert sorted(a.file_name for a in done) == ["0.csv", "1.csv", "2.csv"]
    assert {(a.outcome, a.inserted, a.refused) for a in done} == {("imported", 2, 1)}


def test_a_file_that_is_refused_as_a_whole_is_kept_apart_with_its_reason(town: Database) -> None:
    profiles.save(town, KEEPER, Profile("省平台", mapping=SAID))
    folder = drop(town, "省平台", "坏.csv", "甲,乙\n1,2\n")
    person = drop(
        town, "省平台", "人.csv", "工单号,姓名,大类,来电时间,所在网格\nP-9,张三,矛盾纠纷,2026-10-05,枫源村\n"
    )
    assert [a.outcome for a in run(town)] == ["refused", "refused"]
    assert len(list((folder / "refused").iterdir())) == 2
    said = (folder / "results" / "坏.csv.txt").read_text("utf-8")
    assert "表头有：甲、乙" in said
    assert "张三" not in (person / "results" / "人.csv.txt").read_text("utf-8")


def test_the_answer_holds_no_cell_that_was_refused_and_no_column_that_was_not_read(town: Database) -> None:
    profiles.save(
        town, KEEPER, Profile("省平台", mapping=SAID | {"channel=网格员上报": "patrol"}, unknown="refuse")
    )
    text = HEAD.replace("描述", "描述,备用") + ROWS.splitlines()[0] + ",内部编码7788\n"
    text += "P-4,矛盾纠纷,2026-10-07,网格员上报,枫源村,联系13800138000,9\n"
    folder = drop(town, "省平台", "含号码.csv", text)
    (answer,) = run(town)
    assert (answer.inserted, answer.refused) == (1, 1)
    cells = [
        str(c)
        for line in openpyxl.load_workbook(answer.result).active.iter_rows(values_only=True)
        for c in line
    ]
    assert not any("13800138000" in cell or "7788" in cell for cell in cells)
    assert folder.is_dir()


def test_a_sample_is_left_alone_until_the_profile_imports_by_itself(town: Database) -> None:
    mapping = SAID | {"channel=网格员上报": "patrol"}
    profiles.save(town, KEEPER, Profile("省平台", mapping=mapping, unknown="refuse"))
    drop(town, "省平台", "样表.csv", HEAD + ROWS)
    assert incoming.run(town, KEEPER, IMPORT_KINDS, quiet_s=0, automatic=True) == []
    assert len(incoming.waiting(town, quiet_s=0)) == 1
    assert incoming.waiting(town, quiet_s=3600) == [], "a file may still be on its way"
    profiles.save(town, KEEPER, Profile("省平台", mapping=mapping, unknown="refuse", automatic=True))
    (answer,) = incoming.run(town, KEEPER, IMPORT_KINDS, quiet_s=0, automatic=True)
    assert answer.inserted == 2


def test_a_profile_s_name_fields_and_owner_are_held(town: Database) -> None:
    for name in ("", "../x", "a/b", "x" * 41):
        with pytest.raises(InvalidInput, match="配置名称"):
            profiles.save(town, KEEPER, Profile(name))
    with pytest.raises(InvalidInput, match="没有字段"):
        profiles.save(town, KEEPER, Profile("省平台", mapping={"甲": "nothing"}))
    one, other = (Actor(name, Role.KEEPER, Scope.whole()) for name in ("数据岗一", "数据岗二"))
    profiles.save(town, one, Profile("省平台", mapping=SAID))
    with pytest.raises(Forbidden):
        profiles.save(town, other, Profile("省平台"))
    with pytest.raises(Forbidden):
        profiles.remove(town, other, "省平台")
    assert profiles.find(town, "省平台").mapping == SAID


def test_a_profile_goes_to_another_town_as_a_file_and_does_not_import_there_by_itself(
    town: Database, sheet: Path, tmp_path: Path
) -> None:
    said = SAID | {"channel=心灵驿站": "visit"}
    made = Profile("省平台", mapping=said, unknown="refuse", dayfirst=True, layer="甲", automatic=True)
    profiles.save(town, KEEPER, made)
    profiles.remember_headings(town, replace(made, layer=None), sheet)
    kept = profiles.find(town, "省平台")
    write_profile(kept, tmp_path / "省平台.json")
    read = read_profile(tmp_path / "省平台.json", "别镇")
    assert read == replace(kept, name="别镇", automatic=False, owner=None)
    assert read.headings == tuple(SAID)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("{", "第 1 行"),
        ("[]", "JSON 对象"),
        ('{"name": "x", "colour": 1}', "没有这一项：colour"),
        ('{"name": "x", "mapping": {"values": []}}', "mapping 应为对象"),
        ('{"name": "x", "mapping": {"甲": 3}}', "“甲”应为文字"),
        ('{"name": "x", "sheet": 5}', "sheet 应为文字"),
        ('{"name": null}', "name 应为文字"),
        ('{"name": "x", "dayfirst": "yes"}', "dayfirst"),
        ('{"name": "x", "headings": "甲"}', "headings"),
        ('{"name": "x", "noun": "cars"}', "没有“cars”"),
        ('{"name": "x", "mapping": {"values": {"channel": {"甲": "zzz"}}}}', "列表中没有"),
        ('{"name": "x", "mapping": {"domain": "=乱"}}', "列表中没有"),
        ("{}", "配置名称"),
        ('{"name": "x", "mapping": {"\\u0000": "uid"}}', "空字符"),
        ('{"name": "x", "sheet": "\\ud83d\\ude00\\ud800"}', "半个字符"),
        ('{"name": "x", "encoding": "utf-9"}', "没有编码"),
        ('{"name": "x", "encoding": "zip"}', "没有编码"),
        ('{"name": "x", "encoding": "\\u0000"}', "空字符"),
        ('{"name": "x", "crs": "EPSG:99999999"}', "不认识坐标系"),
    ],
)
def test_a_profile_that_was_edited_wrongly_is_refused_with_the_entry_that_is_wrong(
    tmp_path: Path, wrong: str, told: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(wrong, "utf-8")
    with pytest.raises(InvalidInput) as refused:
        check(read_profile(file))
    assert told in refused.value.zh


def test_what_a_post_has_imported_from_the_folder_stays_within_its_scope(town: Database) -> None:
    profiles.save(
        town, KEEPER, Profile("省平台", mapping=SAID | {"channel=网格员上报": "patrol"}, unknown="refuse")
    )
    drop(town, "省平台", "十月.csv", HEAD + ROWS)
    with town.scoped_session(Scope.whole()) as session:
        from gridmap.storage.ground import grids

        other = next(
            int(row["grid_key"])
            for row in grids.list_grids(session, level=3, geometry=False)
            if row["name_zh"] != "枫源村"
        )
    village = Actor("别村", Role.TOWN_DESK, Scope.of_grid(other))
    (answer,) = incoming.run(town, village, IMPORT_KINDS, quiet_s=0)
    assert (answer.outcome, answer.inserted) == ("refused", 0)
    with pytest.raises(NotFound):
        desk.find(town, KEEPER, "P-1")
